// SPDX-License-Identifier: Apache-2.0
// What AhciDisk says about itself: IDENTIFY DEVICE, SMART, logs, and the settings that show there.
#include <algorithm>
#include <array>
#include <numeric>

#include "devices/storage/ahci_disk.h"

namespace saffron::storage {

namespace {

constexpr std::uint64_t kMaxLba28 = 0x0fffffff;
constexpr std::uint16_t kTrimBlocks = 8;  // As in ahci_disk.cpp.
constexpr std::uint64_t kSmartSignature = 0xc24f00;

/// A World Wide Name of the locally assigned kind (NAA 3), steady for a serial number (FNV-1a).
std::uint64_t world_wide_name(std::string_view serial) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char letter : serial) {
    hash = (hash ^ static_cast<std::uint8_t>(letter)) * 0x100000001b3;
  }
  return (std::uint64_t{3} << 60) | (hash >> 4);
}

}  // namespace

void AhciDisk::send_identify(AtaCommand& command) {
  IdentifyData data;
  const std::uint64_t cylinders = std::min<std::uint64_t>(sectors() / (16 * 63), 16383);
  const std::uint64_t now_cylinders = std::min<std::uint64_t>(sectors() / (heads_ * track_sectors_), 65535);
  data.set(0, 0x0040);
  data.set(1, static_cast<std::uint16_t>(cylinders));
  data.set(3, 16);
  data.set(6, 63);
  data.set_string(10, 10, options_.serial);
  data.set_string(23, 4, "1.0");
  data.set_string(27, 20, options_.model);
  data.set(47, 0x8010);  // READ MULTIPLE: up to 16 sectors.
  data.set(48, 0x4000);
  data.set_transfer_modes(ultra_dma_mode_);
  data.set(53, 0x0007);
  data.set(54, static_cast<std::uint16_t>(now_cylinders));
  data.set(55, static_cast<std::uint16_t>(heads_));
  data.set(56, static_cast<std::uint16_t>(track_sectors_));
  data.set32(57, static_cast<std::uint32_t>(now_cylinders * heads_ * track_sectors_));
  data.set(59, static_cast<std::uint16_t>(multiple_ == 0 ? 0 : 0x100 | multiple_));
  data.set32(60, static_cast<std::uint32_t>(std::min(sectors(), kMaxLba28)));
  data.set(75, 31);      // Queue depth 32.
  data.set(76, 0x010e);  // NCQ; 1.5, 3 and 6 Gbit/s.
  data.set(80, 0x03f0);  // ATA/ATAPI-4 to ACS-2.
  const unsigned enabled = (smart_enabled_ ? 0x01u : 0) | (write_cache_ ? 0x20u : 0) | (look_ahead_ ? 0x40u : 0);
  data.set(82, 0x4069);  // NOP, look-ahead, write cache, power management, SMART.
  data.set(83, 0x7400);  // FLUSH CACHE (EXT), 48-bit.
  data.set(84, 0x4160);  // World Wide Name, FUA, general purpose logging.
  data.set(85, static_cast<std::uint16_t>(0x4008 | enabled));
  data.set(86, 0x3400);
  data.set(87, 0x4160);
  data.set64(100, sectors());
  data.set(106, geometry_.physical_block_size >= 4096 ? 0x6003 : 0x4000);
  const std::uint64_t name = world_wide_name(options_.serial);
  for (unsigned word = 0; word < 4; ++word) {
    data.set(108 + word, static_cast<std::uint16_t>(name >> (48 - 16 * word)));
  }
  if (geometry_.can_discard) {
    data.set(105, kTrimBlocks);
    data.set(169, 1);
  }
  data.set(209, 0x4000);  // Aligned.
  data.set(217, 1);       // Does not rotate.
  send_data(command, data.seal());
}

void AhciDisk::send_data(AtaCommand& command, std::span<const std::uint8_t> data) {
  AtaReply reply = command.reply();
  reply.transfer = AtaTransfer::kPioIn;
  reply.overflow = command.data.copy_to_guest(data) != data.size();
  command.finish(reply);
}

void AhciDisk::set_features(AtaCommand& command) {
  const std::uint16_t count = command.registers.count & 0xff;
  switch (command.registers.features & 0xff) {
    case 0x02:
      write_cache_ = true;
      return done(command);
    case 0x82:
      write_cache_ = false;
      return flush(command, AtaTransfer::kNone);  // What is in the cache must not be lost (ACS-3, 7.45.6).
    case 0x03:                                    // Transfer mode.
      if ((count >> 3) == 8) {
        if ((count & 7) > 6) {
          return abort(command);
        }
        ultra_dma_mode_ = count & 7;
      } else if ((count >> 3) > 4 || (count & 7) > 4) {
        return abort(command);
      }
      return done(command);
    case 0x55:
    case 0xaa:
      look_ahead_ = (command.registers.features & 0xff) == 0xaa;
      return done(command);
    case 0x66:  // Keep, and do not keep, settings over a software reset.
    case 0xcc:
      return done(command);
    default:
      return abort(command);
  }
}

void AhciDisk::smart(AtaCommand& command) {
  const unsigned feature = command.registers.features & 0xff;
  if ((command.registers.lba & 0xffff00) != kSmartSignature || (!smart_enabled_ && feature != 0xd8)) {
    return abort(command);
  }
  std::array<std::uint8_t, 512> page{};
  switch (feature) {
    case 0xd0:  // READ DATA
    case 0xd1:  // READ THRESHOLDS (of older drivers)
      page[0] = 0x10;
      page[362] = feature == 0xd0 ? 0x02 : 0;  // No off-line collection was ever started.
      page[368] = feature == 0xd0 ? 0x03 : 0;  // Saves its data.
      page[511] = static_cast<std::uint8_t>(-std::accumulate(page.begin(), page.end(), 0));
      return send_data(command, page);
    case 0xd2:  // Attribute autosave
    case 0xd3:  // Save attribute values
      return done(command);
    case 0xd8:
    case 0xd9:
      smart_enabled_ = feature == 0xd8;
      return done(command);
    case 0xda: {  // RETURN STATUS: the registers stay as they are in a drive that is well.
      AtaReply reply = command.reply();
      reply.lba = kSmartSignature;
      return command.finish(reply);
    }
    default:
      return abort(command);
  }
}

void AhciDisk::read_log(AtaCommand& command) {
  // READ LOG EXT (ACS-3, 7.22): the directory, and the queued error log.
  const unsigned log = command.registers.lba & 0xff;
  if (command.registers.count != 1 || (command.registers.lba >> 8 & 0xff) != 0) {
    return abort(command);
  }
  if (log == 0x10) {
    const auto page = error_log_;
    clear_error_log();  // Reading it ends the error (9.13).
    return send_data(command, page);
  }
  if (log == 0) {
    std::array<std::uint8_t, 512> directory{};
    directory[0] = 1;
    directory[2 * 0x10] = 1;
    return send_data(command, directory);
  }
  abort(command);
}

void AhciDisk::read_native_max(AtaCommand& command, bool lba48) {
  AtaReply reply = command.reply();
  const std::uint64_t last = sectors() - 1;
  if (lba48) {
    reply.lba = last;
  } else {
    const std::uint64_t low = std::min(last, kMaxLba28);
    reply.lba = low & 0xffffff;
    reply.device = static_cast<std::uint8_t>((reply.device & 0xf0) | (low >> 24));
  }
  command.finish(reply);
}

}  // namespace saffron::storage
