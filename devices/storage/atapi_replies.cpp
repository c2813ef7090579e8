// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/atapi_replies.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace saffron::storage::atapi {

namespace {

constexpr std::uint8_t kDataTrack = 0x14;  // ADR 1; a data track, copy protected.
constexpr std::uint8_t kLeadOut = 0xaa;

void put16(Bytes& bytes, std::size_t at, std::uint32_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

void put32(Bytes& bytes, std::size_t at, std::uint32_t value) {
  put16(bytes, at, value >> 16);
  put16(bytes, at + 2, value);
}

/// Fills a length field that counts the bytes after itself.
Bytes with_length16(Bytes bytes) {
  put16(bytes, 0, static_cast<std::uint32_t>(bytes.size() - 2));
  return bytes;
}

std::array<std::uint8_t, 3> minute_second_frame(std::uint32_t lba) {
  const std::uint32_t frames = lba + 150;  // Two seconds of pre-gap.
  return {static_cast<std::uint8_t>(frames / 75 / 60), static_cast<std::uint8_t>(frames / 75 % 60),
          static_cast<std::uint8_t>(frames % 75)};
}

void put_address(Bytes& bytes, std::size_t at, std::uint32_t lba, bool msf) {
  if (!msf) {
    put32(bytes, at, lba);
    return;
  }
  const auto time = minute_second_frame(lba);
  bytes[at] = 0;
  std::copy(time.begin(), time.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at) + 1);
}

void append(Bytes& bytes, std::initializer_list<unsigned> values) {
  for (const unsigned value : values) {
    bytes.push_back(static_cast<std::uint8_t>(value));
  }
}

void append_text(Bytes& bytes, std::string_view text, std::size_t width) {
  for (std::size_t index = 0; index < width; ++index) {
    bytes.push_back(static_cast<std::uint8_t>(index < text.size() ? text[index] : ' '));
  }
}

std::uint8_t binary_coded(std::uint8_t value) {
  return static_cast<std::uint8_t>((value / 10 << 4) | value % 10);
}

std::optional<Bytes> plain_toc(const DriveFacts& facts, bool msf, unsigned first) {
  if (first > 1 && first != kLeadOut) {
    return {};
  }
  Bytes bytes{0, 0, 1, 1};
  const auto add = [&](unsigned track, std::uint32_t lba) {
    append(bytes, {0, kDataTrack, track, 0, 0, 0, 0, 0});
    put_address(bytes, bytes.size() - 4, lba, msf);
  };
  if (first <= 1) {
    add(1, 0);
  }
  add(kLeadOut, facts.sectors);
  return with_length16(std::move(bytes));
}

Bytes raw_toc(const DriveFacts& facts, bool msf) {
  Bytes bytes{0, 0, 1, 1};
  const auto add = [&](unsigned point, std::initializer_list<unsigned> address) {
    append(bytes, {1, kDataTrack, 0, point, 0, 0, 0});
    append(bytes, address);
  };
  add(0xa0, {0, 1, 0, 0});  // First track; disc type CD-ROM.
  add(0xa1, {0, 1, 0, 0});  // Last track.
  for (const auto& [point, lba] : {std::pair{0xa2u, facts.sectors}, std::pair{1u, 0u}}) {
    add(point, {0, 0, 0, 0});
    put_address(bytes, bytes.size() - 4, lba, msf);
  }
  return with_length16(std::move(bytes));
}

}  // namespace

Bytes sense_data(const Sense& sense) {
  Bytes bytes(18);
  bytes[0] = 0x70;
  bytes[2] = sense.key;
  bytes[7] = 10;
  bytes[12] = sense.code;
  bytes[13] = sense.qualifier;
  return bytes;
}

Bytes inquiry(std::string_view vendor, std::string_view product, std::string_view revision) {
  // A removable CD/DVD; version 0 and ATAPI's response format, as MMC drives on ATA have it.
  Bytes bytes{0x05, 0x80, 0x00, 0x32, 31, 0, 0, 0};
  append_text(bytes, vendor, 8);
  append_text(bytes, product, 16);
  append_text(bytes, revision, 4);
  return bytes;
}

std::optional<Bytes> vital_product_data(std::uint8_t page, std::string_view serial) {
  Bytes bytes{0x05, page, 0, 0};
  if (page == 0x00) {
    append(bytes, {0x00, 0x80, 0x83});
  } else if (page == 0x80) {
    append_text(bytes, serial, 20);
  } else if (page == 0x83) {
    append(bytes, {0x02, 0x01, 0x00, 28});  // T10 vendor identification, ASCII.
    append_text(bytes, "SAFFRON", 8);
    append_text(bytes, serial, 20);
  } else {
    return {};
  }
  bytes[3] = static_cast<std::uint8_t>(bytes.size() - 4);
  return bytes;
}

std::optional<Bytes> table_of_contents(const DriveFacts& facts, unsigned format, bool msf, unsigned first) {
  switch (format) {
    case 0:
      return plain_toc(facts, msf, first);
    case 1: {
      Bytes bytes{0, 0x0a, 1, 1, 0, kDataTrack, 1, 0, 0, 0, 0, 0};
      put_address(bytes, 8, 0, msf);
      return bytes;
    }
    case 2:
      return raw_toc(facts, msf);
    default:
      return {};
  }
}

std::optional<Bytes> mode_pages(const DriveFacts& facts, unsigned page, bool changeable) {
  struct Page {
    unsigned code;
    Bytes bytes;
  };
  const unsigned locked = facts.locked ? 0x02 : 0;
  Bytes capabilities{0x2a, 0x14, 0x3b, 0x00, 0x71, 0x60, 0x29, 0x00};
  capabilities[6] |= static_cast<std::uint8_t>(locked);
  append(capabilities, {0x15, 0x90, 0, 2, 2, 0, 0x15, 0x90, 0, 0, 0, 0, 0, 0});  // 5520 KiB/s; 512 KiB of buffer.
  const std::array<Page, 5> pages{
      Page{0x01, {0x01, 0x0a, 0, 5, 0, 0, 0, 0, 5, 0, 0, 0}},                   // Error recovery: five tries.
      Page{0x0d, {0x0d, 0x06, 0, 0, 0, 60, 0, 75}},                             // MSF units.
      Page{0x0e, {0x0e, 0x0e, 4, 0, 0, 0, 0, 75, 1, 255, 2, 255, 0, 0, 0, 0}},  // Audio control.
      Page{0x1a, {0x1a, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},                   // Power conditions: none.
      Page{0x2a, capabilities},
  };
  Bytes result;
  for (const Page& one : pages) {
    if (page == one.code || page == 0x3f) {
      result.insert(result.end(), one.bytes.begin(), one.bytes.end());
      if (changeable) {
        std::fill(result.end() - static_cast<std::ptrdiff_t>(one.bytes.size()) + 2, result.end(), std::uint8_t{0});
      }
    }
  }
  if (result.empty()) {
    return {};
  }
  return result;
}

Bytes configuration(const DriveFacts& facts, unsigned request_type, std::uint16_t first) {
  const Profile profile = facts.profile();
  const unsigned dvd = profile == Profile::kDvdRom ? 1 : 0;
  const unsigned cd = profile == Profile::kCdRom ? 1 : 0;
  const unsigned medium = facts.sectors != 0 ? 1 : 0;
  struct Feature {
    std::uint16_t code;
    unsigned version_persistent_current;  // MMC-6, 5.2.2: version << 2, persistent << 1, current.
    std::vector<unsigned> data;
  };
  const std::array<Feature, 10> features{
      Feature{0x0000, 3, {0, 0x10, dvd, 0, 0, 0x08, cd, 0}},     // Profiles.
      Feature{0x0001, 0x0b, {0, 0, 0, 2, 1, 0, 0, 0}},           // Core, on ATAPI; device busy events.
      Feature{0x0002, 0x07, {2, 0, 0, 0}},                       // Morphing: operational change events.
      Feature{0x0003, 0x03, {0x39, 0, 0, 0}},                    // Removable: tray, ejects, locks, loads.
      Feature{0x0010, 0x00 | medium, {0, 0, 8, 0, 0, 1, 0, 0}},  // Random readable, 2048 bytes.
      Feature{0x001d, 0x00 | cd, {}},                            // Multi-read.
      Feature{0x001e, 0x08 | cd, {0, 0, 0, 0}},                  // CD read.
      Feature{0x001f, 0x00 | dvd, {}},                           // DVD read.
      Feature{0x0100, 0x03, {}},                                 // Power management.
      Feature{0x0105, 0x03, {}},                                 // Timeout.
  };
  Bytes bytes(8);
  put16(bytes, 6, static_cast<std::uint16_t>(profile));
  for (const Feature& feature : features) {
    const bool current = (feature.version_persistent_current & 1) != 0;
    const bool wanted =
        request_type == 2 ? feature.code == first : feature.code >= first && (request_type == 0 || current);
    if (wanted) {
      append(bytes, {static_cast<unsigned>(feature.code >> 8), feature.code & 0xffu, feature.version_persistent_current,
                     static_cast<unsigned>(feature.data.size())});
      for (const unsigned value : feature.data) {
        bytes.push_back(static_cast<std::uint8_t>(value));
      }
    }
  }
  put32(bytes, 0, static_cast<std::uint32_t>(bytes.size() - 4));
  return bytes;
}

Bytes disc_information() {
  Bytes bytes(34);
  put16(bytes, 0, 32);
  bytes[2] = 0x0e;  // A complete last session; a finalized disc.
  bytes[3] = 1;     // First track.
  bytes[4] = 1;     // Sessions.
  bytes[5] = 1;     // First and last track of the last session.
  bytes[6] = 1;
  bytes[7] = 0x20;                                         // Unrestricted use.
  std::fill_n(bytes.begin() + 16, 8, std::uint8_t{0xff});  // No further session.
  return bytes;
}

Bytes track_information(const DriveFacts& facts) {
  Bytes bytes(36);
  put16(bytes, 0, 34);
  bytes[2] = 1;  // Track.
  bytes[3] = 1;  // Session.
  bytes[5] = 4;  // Track mode: data.
  bytes[6] = 1;  // Data mode 1.
  put32(bytes, 24, facts.sectors);
  return bytes;
}

std::optional<Bytes> dvd_structure(const DriveFacts& facts, unsigned format) {
  Bytes bytes(4);
  switch (format) {
    case 0x00:
      bytes.resize(4 + 2048);
      bytes[4] = 0x01;            // DVD-ROM, part version 1.
      bytes[5] = 0x0f;            // 120 mm; no maximum rate.
      bytes[6] = 0x01;            // One layer, read only.
      put32(bytes, 8, 0x030000);  // First physical sector of the data area.
      put32(bytes, 12, 0x030000 + facts.sectors - 1);
      break;
    case 0x01:
      bytes.resize(8);  // No copyright protection, all regions.
      break;
    case 0x04:
      bytes.resize(4 + 2048);
      break;
    case 0xff:
      for (const auto& [code, length] : {std::pair{0x00u, 2052u}, std::pair{0x01u, 8u}, std::pair{0x04u, 2052u}}) {
        append(bytes, {code, 0x40, length >> 8, length & 0xff});
      }
      break;
    default:
      return {};
  }
  return with_length16(std::move(bytes));
}

Bytes mechanism_status(const DriveFacts& facts) {
  Bytes bytes(8);
  bytes[1] = facts.tray_open ? 0x10 : 0;
  bytes[5] = 1;  // One slot, without a table.
  return bytes;
}

Bytes format_capacities(const DriveFacts& facts) {
  Bytes bytes(12);
  bytes[3] = 8;
  put32(bytes, 4, facts.sectors);
  put32(bytes, 8, kSectorSize);
  bytes[8] = facts.sectors != 0 ? 2 : 3;  // Formatted, or no medium.
  return bytes;
}

void raw_sector_header(std::uint32_t lba, std::uint8_t* sixteen_bytes) {
  std::memset(sixteen_bytes, 0xff, 12);
  sixteen_bytes[0] = 0;
  sixteen_bytes[11] = 0;
  const auto time = minute_second_frame(lba);
  for (unsigned index = 0; index < 3; ++index) {
    sixteen_bytes[12 + index] = binary_coded(time[index]);
  }
  sixteen_bytes[15] = 1;  // Mode 1.
}

}  // namespace saffron::storage::atapi
