// SPDX-License-Identifier: Apache-2.0
// The packet commands of AhciCdrom (MMC-6, SPC-3).
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "devices/storage/ahci_cdrom.h"

namespace saffron::storage {

namespace {

constexpr std::uint64_t kRawSectorSize = 2352;
/// Raw reads go through a buffer of 37 KiB, so that a long one needs no long allocation.
constexpr std::uint64_t kRawSectors = 16;
constexpr std::uint8_t kMediaEvents = 4;  // Class of events (MMC-6, table 277).

std::uint32_t get16(const AtaCommand& command, std::size_t at) {
  return (std::uint32_t{command.packet[at]} << 8) | command.packet[at + 1];
}
std::uint32_t get24(const AtaCommand& command, std::size_t at) {
  return (std::uint32_t{command.packet[at]} << 16) | get16(command, at + 1);
}
std::uint32_t get32(const AtaCommand& command, std::size_t at) {
  return (get16(command, at) << 16) | get16(command, at + 2);
}

}  // namespace

const AhciCdrom::PacketEntry* AhciCdrom::find_packet(std::uint8_t code) {
  static constexpr std::array<PacketEntry, 27> kPackets{{
      {0x00, true, false, &AhciCdrom::test_unit_ready},
      {0x03, false, true, &AhciCdrom::request_sense},
      {0x12, false, true, &AhciCdrom::inquiry},
      {0x15, false, false, &AhciCdrom::mode_select},  // MODE SELECT(6)
      {0x1a, false, false, &AhciCdrom::mode_sense},   // MODE SENSE(6)
      {0x1b, false, false, &AhciCdrom::start_stop},
      {0x1e, false, false, &AhciCdrom::prevent_removal},
      {0x23, false, false, &AhciCdrom::read_format_capacities},
      {0x25, true, false, &AhciCdrom::read_capacity},
      {0x28, true, false, &AhciCdrom::read_blocks},       // READ(10)
      {0x2b, true, false, &AhciCdrom::seek},              // SEEK(10)
      {0x2f, true, false, &AhciCdrom::seek},              // VERIFY(10)
      {0x35, false, false, &AhciCdrom::test_unit_ready},  // SYNCHRONIZE CACHE
      {0x42, true, false, &AhciCdrom::read_subchannel},
      {0x43, true, false, &AhciCdrom::read_toc},
      {0x46, false, true, &AhciCdrom::get_configuration},
      {0x4a, false, true, &AhciCdrom::get_event},
      {0x51, true, false, &AhciCdrom::read_disc_information},
      {0x52, true, false, &AhciCdrom::read_track_information},
      {0x55, false, false, &AhciCdrom::mode_select},  // MODE SELECT(10)
      {0x5a, false, false, &AhciCdrom::mode_sense},   // MODE SENSE(10)
      {0xa8, true, false, &AhciCdrom::read_blocks},   // READ(12)
      {0xad, true, false, &AhciCdrom::read_dvd_structure},
      {0xb9, true, false, &AhciCdrom::read_cd},           // READ CD MSF
      {0xbb, false, false, &AhciCdrom::test_unit_ready},  // SET CD SPEED
      {0xbd, false, false, &AhciCdrom::mechanism_status},
      {0xbe, true, false, &AhciCdrom::read_cd},
  }};
  const auto found =
      std::lower_bound(kPackets.begin(), kPackets.end(), code,
                       [](const PacketEntry& entry, std::uint8_t wanted) { return entry.code < wanted; });
  return found != kPackets.end() && found->code == code ? &*found : nullptr;
}

void AhciCdrom::test_unit_ready(AtaCommand& command) {
  succeed(command, AtaTransfer::kNone);
}

void AhciCdrom::request_sense(AtaCommand& command) {
  // SPC-3, 6.27: without sense data, a pending unit attention is reported here.
  if (sense_ == atapi::kNoSense && !attentions_.empty()) {
    sense_ = attentions_.front();
    attentions_.pop_front();
  }
  const auto bytes = atapi::sense_data(std::exchange(sense_, atapi::kNoSense));
  send(command, bytes, command.packet[4]);
}

void AhciCdrom::inquiry(AtaCommand& command) {
  const std::uint32_t allocation = get16(command, 3);
  if ((command.packet[1] & 1) == 0) {
    if (command.packet[2] != 0) {
      return fail(command, atapi::kInvalidField);
    }
    return send(command, atapi::inquiry("SAFFRON", "DVD-ROM", "1.0"), allocation);
  }
  const auto page = atapi::vital_product_data(command.packet[2], options_.serial);
  page ? send(command, *page, allocation) : fail(command, atapi::kInvalidField);
}

void AhciCdrom::mode_sense(AtaCommand& command) {
  const bool ten = command.packet[0] == 0x5a;
  const unsigned control = command.packet[2] >> 6;
  if (control == 3) {
    return fail(command, atapi::kSavingNotSupported);
  }
  const auto pages = atapi::mode_pages(facts(), command.packet[2] & 0x3f, control == 1);
  if (!pages) {
    return fail(command, atapi::kInvalidField);
  }
  atapi::Bytes bytes(ten ? 8 : 4);  // No block descriptors.
  bytes.insert(bytes.end(), pages->begin(), pages->end());
  // SFF-8020i's medium type: a 120 mm data disc, an empty drive, or an open tray.
  const std::uint8_t type = readable() ? 0x01 : tray_open_ ? 0x71 : 0x70;
  if (ten) {
    bytes[1] = static_cast<std::uint8_t>(bytes.size() - 2);
    bytes[2] = type;
  } else {
    bytes[0] = static_cast<std::uint8_t>(bytes.size() - 1);
    bytes[1] = type;
  }
  send(command, bytes, ten ? get16(command, 7) : command.packet[4]);
}

void AhciCdrom::mode_select(AtaCommand& command) {
  // Nothing can be changed: what arrives must have the form of mode pages that exist, and has no effect.
  const bool ten = command.packet[0] == 0x55;
  const std::size_t header = ten ? 8 : 4;
  const std::size_t length = ten ? get16(command, 7) : command.packet[4];
  atapi::Bytes bytes(length);  // At most 64 KiB: the field has 16 bits.
  if (command.data.copy_from_guest(bytes) != length || (length != 0 && length < header)) {
    return fail(command, atapi::kInvalidParameter);
  }
  std::size_t at = header;
  if (length != 0) {
    at += ten ? (std::size_t{bytes[6]} << 8) | bytes[7] : bytes[3];
  }
  while (at + 2 <= length) {
    const auto page = atapi::mode_pages(facts(), bytes[at] & 0x3f, false);
    if (!page || (bytes[at] & 0x3f) == 0x3f || page->size() < 2 || bytes[at + 1] > (*page)[1]) {
      return fail(command, atapi::kInvalidParameter);
    }
    at += std::size_t{bytes[at + 1]} + 2;
  }
  succeed(command, AtaTransfer::kPioOut);
}

void AhciCdrom::start_stop(AtaCommand& command) {
  const bool load_eject = (command.packet[4] & 2) != 0;
  const bool start = (command.packet[4] & 1) != 0;
  if ((command.packet[4] & 0xf0) != 0 || !load_eject) {
    return succeed(command, AtaTransfer::kNone);  // A power condition, or spinning: nothing spins.
  }
  if (!start && locked_) {
    return fail(command, atapi::kRemovalPrevented);
  }
  const bool open = !start;
  if (open != tray_open_) {
    tray_open_ = open;
    media_event_ = open ? 3 : medium_ ? 2 : 0;
    if (!open && medium_) {
      std::erase(attentions_, atapi::kMediumChanged);
      attentions_.push_back(atapi::kMediumChanged);
    }
    if (options_.tray_moved) {
      options_.tray_moved(open);
    }
  }
  succeed(command, AtaTransfer::kNone);
}

void AhciCdrom::prevent_removal(AtaCommand& command) {
  locked_ = (command.packet[4] & 1) != 0;
  succeed(command, AtaTransfer::kNone);
}

void AhciCdrom::read_capacity(AtaCommand& command) {
  atapi::Bytes bytes(8);
  const std::uint32_t last = facts().sectors - 1;
  for (unsigned index = 0; index < 4; ++index) {
    bytes[index] = static_cast<std::uint8_t>(last >> (24 - 8 * index));
  }
  bytes[6] = atapi::kSectorSize >> 8;
  send(command, bytes, bytes.size());
}

void AhciCdrom::read_blocks(AtaCommand& command) {
  const bool ten = command.packet[0] == 0x28;
  start_read(command, get32(command, 2), ten ? get16(command, 7) : get32(command, 6), false);
}

void AhciCdrom::read_cd(AtaCommand& command) {
  std::uint64_t lba = get32(command, 2);
  std::uint64_t count = get24(command, 6);
  if (command.packet[0] == 0xb9) {  // READ CD MSF: from, and up to but not including.
    const auto position = [&](std::size_t at) {
      const std::int64_t frames =
          (std::int64_t{command.packet[at]} * 60 + command.packet[at + 1]) * 75 + command.packet[at + 2];
      return frames - 150;
    };
    if (position(3) < 0 || position(6) < position(3)) {
      return fail(command, atapi::kInvalidField);
    }
    lba = static_cast<std::uint64_t>(position(3));
    count = static_cast<std::uint64_t>(position(6) - position(3));
  }
  const unsigned expected = (command.packet[1] >> 2) & 7;
  if (expected > 2) {
    return fail(command, atapi::kInvalidField);
  }
  if (expected == 1) {
    return fail(command, atapi::kWrongTrackMode);  // The track is no audio track.
  }
  if (command.packet[10] != 0) {
    return fail(command, atapi::kInvalidField);  // Sub-channels.
  }
  switch (command.packet[9] & 0xfe) {
    case 0x00:
      return succeed(command, AtaTransfer::kNone);
    case 0x10:
      return start_read(command, lba, count, false);
    case 0xf8:
      return start_read(command, lba, count, true);
    default:
      return fail(command, atapi::kInvalidField);
  }
}

void AhciCdrom::start_read(AtaCommand& command, std::uint64_t lba, std::uint64_t count, bool raw) {
  const std::uint64_t sectors = facts().sectors;
  if (lba > sectors || count > sectors - lba || (lba == sectors && count != 0)) {
    return fail(command, atapi::kAddressOutOfRange);
  }
  if (count == 0) {
    return succeed(command, AtaTransfer::kNone);
  }
  raw_ = raw;
  command.offset = lba * atapi::kSectorSize;
  command.remaining = count * atapi::kSectorSize;
  raw ? next_raw_piece(command) : next_piece(command);
}

void AhciCdrom::next_piece(AtaCommand& command) {
  ports::BlockRequest request;
  request.offset = command.offset;
  request.length = command.data.take(command.remaining, medium_->geometry().block_size, request.buffers);
  if (request.length == 0) {
    AtaReply reply = command.reply();
    reply.overflow = true;
    return command.finish(reply);
  }
  command.offset += request.length;
  command.remaining -= request.length;
  request.done = [this, raw = &command](int error) { piece_done(*raw, error); };
  queue_->submit(std::move(request));
}

void AhciCdrom::piece_done(AtaCommand& command, int error) {
  if (error != 0) {
    return fail(command, atapi::kReadError);
  }
  if (command.remaining == 0) {
    return succeed(command, AtaTransfer::kPioIn);
  }
  next_piece(command);
  queue_->commit();
}

void AhciCdrom::next_raw_piece(AtaCommand& command) {
  ports::BlockRequest request;
  request.offset = command.offset;
  request.length = std::min<std::uint64_t>(command.remaining, kRawSectors * atapi::kSectorSize);
  bounce_.resize(request.length);
  request.buffers.push_back({bounce_.data(), bounce_.size()});
  request.done = [this, raw = &command](int error) { raw_piece_done(*raw, error); };
  queue_->submit(std::move(request));
}

void AhciCdrom::raw_piece_done(AtaCommand& command, int error) {
  if (error != 0) {
    return fail(command, atapi::kReadError);
  }
  for (std::size_t at = 0; at < bounce_.size(); at += atapi::kSectorSize) {
    std::array<std::uint8_t, kRawSectorSize> sector{};
    atapi::raw_sector_header(static_cast<std::uint32_t>(command.offset / atapi::kSectorSize), sector.data());
    std::memcpy(sector.data() + 16, bounce_.data() + at, atapi::kSectorSize);
    if (command.data.copy_to_guest(sector) != sector.size()) {
      AtaReply reply = command.reply();
      reply.overflow = true;
      return command.finish(reply);
    }
    command.offset += atapi::kSectorSize;
    command.remaining -= atapi::kSectorSize;
  }
  if (command.remaining == 0) {
    return succeed(command, AtaTransfer::kPioIn);
  }
  next_raw_piece(command);
  queue_->commit();
}

void AhciCdrom::seek(AtaCommand& command) {
  if (get32(command, 2) >= facts().sectors) {
    return fail(command, atapi::kAddressOutOfRange);
  }
  succeed(command, AtaTransfer::kNone);
}

void AhciCdrom::read_toc(AtaCommand& command) {
  // Old drivers put the format into the control byte (SFF-8020i, 10.8.20).
  const unsigned format = (command.packet[2] & 0xf) != 0 ? command.packet[2] & 0xf : command.packet[9] >> 6;
  const auto bytes = atapi::table_of_contents(facts(), format, (command.packet[1] & 2) != 0, command.packet[6]);
  bytes ? send(command, *bytes, get16(command, 7)) : fail(command, atapi::kInvalidField);
}

void AhciCdrom::read_subchannel(AtaCommand& command) {
  atapi::Bytes bytes{0, 0x15, 0, 0};  // No audio status.
  if ((command.packet[2] & 0x40) != 0) {
    if (command.packet[3] == 1) {  // The position: before the start.
      bytes.resize(16);
      bytes[4] = 1;
      bytes[5] = 0x14;
    } else if (command.packet[3] == 2 || command.packet[3] == 3) {  // No catalogue number, no ISRC.
      bytes.resize(24);
      bytes[4] = command.packet[3];
    } else {
      return fail(command, atapi::kInvalidField);
    }
    bytes[3] = static_cast<std::uint8_t>(bytes.size() - 4);
  }
  send(command, bytes, get16(command, 7));
}

void AhciCdrom::get_configuration(AtaCommand& command) {
  const unsigned type = command.packet[1] & 3;
  if (type == 3) {
    return fail(command, atapi::kInvalidField);
  }
  const auto bytes = atapi::configuration(facts(), type, static_cast<std::uint16_t>(get16(command, 2)));
  send(command, bytes, get16(command, 7));
}

void AhciCdrom::get_event(AtaCommand& command) {
  if ((command.packet[1] & 1) == 0) {
    return fail(command, atapi::kInvalidField);  // Events must be polled (MMC-6, 6.7.1).
  }
  atapi::Bytes bytes{0, 2, 0x80, 1u << kMediaEvents};  // NEA: none of the classes asked for.
  if ((command.packet[4] & (1u << kMediaEvents)) != 0) {
    const std::uint8_t presence = static_cast<std::uint8_t>((tray_open_ ? 1 : 0) | (readable() ? 2 : 0));
    const std::size_t allocation = get16(command, 7);
    bytes = {0, 6, kMediaEvents, 1u << kMediaEvents, media_event_, presence, 0, 0};
    if (allocation > 4) {
      media_event_ = 0;  // Told.
    }
  }
  send(command, bytes, get16(command, 7));
}

void AhciCdrom::read_disc_information(AtaCommand& command) {
  if ((command.packet[1] & 7) != 0) {
    return fail(command, atapi::kInvalidField);
  }
  send(command, atapi::disc_information(), get16(command, 7));
}

void AhciCdrom::read_track_information(AtaCommand& command) {
  const unsigned type = command.packet[1] & 3;
  const std::uint32_t number = get32(command, 2);
  const bool exists = type == 0 ? number < facts().sectors : type < 3 && number == 1;
  exists ? send(command, atapi::track_information(facts()), get16(command, 7)) : fail(command, atapi::kInvalidField);
}

void AhciCdrom::read_dvd_structure(AtaCommand& command) {
  const unsigned format = command.packet[7];
  if (facts().profile() != atapi::Profile::kDvdRom && format != 0xff) {
    return fail(command, atapi::kIncompatibleMedium);
  }
  const auto bytes = command.packet[6] == 0 ? atapi::dvd_structure(facts(), format) : std::nullopt;
  bytes ? send(command, *bytes, get16(command, 8)) : fail(command, atapi::kInvalidField);
}

void AhciCdrom::mechanism_status(AtaCommand& command) {
  send(command, atapi::mechanism_status(facts()), get16(command, 8));
}

void AhciCdrom::read_format_capacities(AtaCommand& command) {
  send(command, atapi::format_capacities(facts()), get16(command, 7));
}

}  // namespace saffron::storage
