// SPDX-License-Identifier: Apache-2.0
// The replies of a CD/DVD drive that depend on nothing but the disc and the drive's state (MMC-6, SPC-3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace saffron::storage::atapi {

using Bytes = std::vector<std::uint8_t>;

/// A sector's user data.
inline constexpr std::uint32_t kSectorSize = 2048;
/// The longest CD: 79:59.73 and some over-burning. Longer images are DVDs.
inline constexpr std::uint32_t kMaxCdSectors = 80 * 60 * 75;

enum class Profile : std::uint16_t { kNone = 0x0000, kCdRom = 0x0008, kDvdRom = 0x0010 };

/// What a drive shows of itself.
struct DriveFacts {
  std::uint32_t sectors = 0;  // 0: no medium.
  bool tray_open = false;
  bool locked = false;

  Profile profile() const {
    return sectors == 0 ? Profile::kNone : sectors > kMaxCdSectors ? Profile::kDvdRom : Profile::kCdRom;
  }
};

/// Sense key, additional sense code and qualifier (SPC-3, 4.5).
struct Sense {
  std::uint8_t key = 0;
  std::uint8_t code = 0;
  std::uint8_t qualifier = 0;
  bool operator==(const Sense&) const = default;
};
inline constexpr Sense kNoSense{0, 0, 0};
inline constexpr Sense kTrayClosedEmpty{2, 0x3a, 1};
inline constexpr Sense kTrayOpen{2, 0x3a, 2};
inline constexpr Sense kReadError{3, 0x11, 0};
inline constexpr Sense kInvalidOpcode{5, 0x20, 0};
inline constexpr Sense kAddressOutOfRange{5, 0x21, 0};
inline constexpr Sense kInvalidField{5, 0x24, 0};
inline constexpr Sense kInvalidParameter{5, 0x26, 0};
inline constexpr Sense kIncompatibleMedium{5, 0x30, 0};
inline constexpr Sense kSavingNotSupported{5, 0x39, 0};
inline constexpr Sense kRemovalPrevented{5, 0x53, 2};
inline constexpr Sense kWrongTrackMode{5, 0x64, 0};
inline constexpr Sense kMediumChanged{6, 0x28, 0};
inline constexpr Sense kPowerOn{6, 0x29, 0};
inline constexpr Sense kHostReadFailure{4, 0x08, 0};

/// SPC-3, 4.5.3: fixed format, 18 bytes.
Bytes sense_data(const Sense& sense);
/// SPC-3, 6.4. Vital product data: pages 00h, 80h and 83h, or nothing.
Bytes inquiry(std::string_view vendor, std::string_view product, std::string_view revision);
std::optional<Bytes> vital_product_data(std::uint8_t page, std::string_view serial);
/// MMC-6, 6.25. Formats 0 (TOC), 1 (sessions) and 2 (raw); nothing for a format or track that there is not.
std::optional<Bytes> table_of_contents(const DriveFacts& facts, unsigned format, bool msf, unsigned first);
/// MMC-6, 7 and SPC-3, 7.4: pages 01h, 0Dh, 0Eh, 1Ah, 2Ah, or 3Fh for all; `changeable`: masks in place of values.
std::optional<Bytes> mode_pages(const DriveFacts& facts, unsigned page, bool changeable);
/// MMC-6, 6.6: the features whose number is at least `first`: `request_type` 0 all, 1 current ones, 2 only `first`.
Bytes configuration(const DriveFacts& facts, unsigned request_type, std::uint16_t first);
/// MMC-6, 6.21.
Bytes disc_information();
/// MMC-6, 6.26.
Bytes track_information(const DriveFacts& facts);
/// MMC-6, 6.22.3: formats 00h (physical), 01h (copyright), 04h (manufacturing), FFh (list).
std::optional<Bytes> dvd_structure(const DriveFacts& facts, unsigned format);
/// MMC-6, 6.10.
Bytes mechanism_status(const DriveFacts& facts);
/// MMC-6, 6.23.
Bytes format_capacities(const DriveFacts& facts);
/// ECMA-130, 14: sync, header and user data of a mode 1 sector, to be followed by 288 bytes of error correction.
void raw_sector_header(std::uint32_t lba, std::uint8_t* sixteen_bytes);

}  // namespace saffron::storage::atapi
