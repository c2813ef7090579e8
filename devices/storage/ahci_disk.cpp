// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/ahci_disk.h"

#include <algorithm>
#include <utility>

namespace saffron::storage {

using ports::BlockOperation;

namespace {

constexpr std::uint64_t kSector = 512;
constexpr std::uint8_t kLbaMode = 0x40;
constexpr std::uint8_t kFuaBit = 0x80;
/// Blocks of ranges that one TRIM takes; word 105 says so.
constexpr std::uint16_t kMaxTrimBlocks = 8;

bool is_queued(const AtaCommand& command) {
  return command.registers.command >= 0x60 && command.registers.command <= 0x65;
}

}  // namespace

core::Result<std::unique_ptr<AhciDisk>> AhciDisk::create(const AhciDiskOptions& options, ports::BlockBackend& backend,
                                                         core::EventLoop& loop) {
  if (backend.geometry().block_size > kSector) {
    return core::Error{core::ErrorCode::kUnsupported, "a SATA disk needs an image with 512-byte blocks", "disk"};
  }
  std::unique_ptr<AhciDisk> disk(new AhciDisk(options, backend.geometry()));
  disk->queue_ = SAFFRON_TRY(backend.open_queue(loop));
  return disk;
}

AhciDisk::AhciDisk(const AhciDiskOptions& options, const ports::BlockGeometry& geometry)
    : options_(options), geometry_(geometry) {
  clear_error_log();
}

void AhciDisk::reset() {
  // ACS-3, 6.1: settings go back to their defaults.
  multiple_ = 16;
  heads_ = 16;
  track_sectors_ = 63;
  write_cache_ = true;
  look_ahead_ = true;
  clear_error_log();
}

void AhciDisk::clear_error_log() {
  error_log_ = {};
  error_log_[0] = 0x80;  // NQ: the last error was of no queued command.
  error_log_[511] = 0x80;
}

void AhciDisk::execute(AtaCommand& command) {
  if (!execute_transfer(command)) {
    execute_other(command);
  }
}

bool AhciDisk::execute_transfer(AtaCommand& command) {
  constexpr auto kRead = BlockOperation::kRead;
  constexpr auto kWrite = BlockOperation::kWrite;
  switch (command.registers.command) {
    case 0x20:  // READ SECTORS
    case 0x21:
    case 0xc4:  // READ MULTIPLE
      start_transfer(command, {kRead, AtaTransfer::kPioIn, false, false});
      return true;
    case 0x24:  // READ SECTORS EXT
    case 0x29:  // READ MULTIPLE EXT
      start_transfer(command, {kRead, AtaTransfer::kPioIn, true, false});
      return true;
    case 0x25:  // READ DMA EXT
      start_transfer(command, {kRead, AtaTransfer::kDma, true, false});
      return true;
    case 0xc8:  // READ DMA
    case 0xc9:
      start_transfer(command, {kRead, AtaTransfer::kDma, false, false});
      return true;
    case 0x30:  // WRITE SECTORS
    case 0x31:
    case 0xc5:  // WRITE MULTIPLE
      start_transfer(command, {kWrite, AtaTransfer::kPioOut, false, false});
      return true;
    case 0x34:  // WRITE SECTORS EXT
    case 0x39:  // WRITE MULTIPLE EXT
      start_transfer(command, {kWrite, AtaTransfer::kPioOut, true, false});
      return true;
    case 0xce:  // WRITE MULTIPLE FUA EXT
      start_transfer(command, {kWrite, AtaTransfer::kPioOut, true, true});
      return true;
    case 0x35:  // WRITE DMA EXT
      start_transfer(command, {kWrite, AtaTransfer::kDma, true, false});
      return true;
    case 0x3d:  // WRITE DMA FUA EXT
      start_transfer(command, {kWrite, AtaTransfer::kDma, true, true});
      return true;
    case 0xca:  // WRITE DMA
    case 0xcb:
      start_transfer(command, {kWrite, AtaTransfer::kDma, false, false});
      return true;
    case 0x60:  // READ FPDMA QUEUED: all reads are of the newest data, so that FUA asks for nothing more.
      start_transfer(command, {kRead, AtaTransfer::kQueued, true, false});
      return true;
    case 0x61:  // WRITE FPDMA QUEUED
      start_transfer(command, {kWrite, AtaTransfer::kQueued, true, (command.registers.device & kFuaBit) != 0});
      return true;
    default:
      return false;
  }
}

void AhciDisk::execute_other(AtaCommand& command) {
  switch (command.registers.command) {
    case 0x06:
      return trim(command);
    case 0x27:
      return read_native_max(command, true);
    case 0xf8:
      return read_native_max(command, false);
    case 0x2f:
      return read_log(command);
    case 0x40:
    case 0x41:
      return verify(command, false);
    case 0x42:
      return verify(command, true);
    case 0xb0:
      return smart(command);
    case 0xc6:  // SET MULTIPLE MODE
      if ((command.registers.count & 0xff) > 16 || (command.registers.count & (command.registers.count - 1)) != 0) {
        return abort(command);
      }
      multiple_ = command.registers.count & 0xff;
      return done(command);
    case 0x91:  // INITIALIZE DEVICE PARAMETERS (of old firmware)
      heads_ = (command.registers.device & 0xf) + 1u;
      track_sectors_ = std::max(command.registers.count & 0xff, 1);
      return done(command);
    case 0xe5: {  // CHECK POWER MODE: active.
      AtaReply reply = command.reply();
      reply.count = 0xff;
      return command.finish(reply);
    }
    case 0x90: {  // EXECUTE DEVICE DIAGNOSTIC: passed, and the signature.
      AtaReply reply = command.reply();
      reply.error = 1;
      reply.count = 1;
      reply.lba = 1;
      return command.finish(reply);
    }
    case 0xe7:  // FLUSH CACHE
    case 0xea:  // FLUSH CACHE EXT
      return flush(command, AtaTransfer::kNone);
    case 0xec:
      return send_identify(command);
    case 0xef:
      return set_features(command);
    case 0x10:  // RECALIBRATE
    case 0x70:  // SEEK
    case 0xe0:  // STANDBY IMMEDIATE
    case 0xe1:  // IDLE IMMEDIATE
    case 0xe2:  // STANDBY
    case 0xe3:  // IDLE
    case 0xe6:  // SLEEP
      return done(command);
    default:
      return abort(command);
  }
}

std::uint64_t AhciDisk::chs_to_lba(const AtaRegisters& registers) const {
  const std::uint64_t sector = registers.lba & 0xff;
  const std::uint64_t cylinder = (registers.lba >> 8) & 0xffff;
  const std::uint64_t head = registers.device & 0xf;
  // Sector 0 does not exist; the wrap makes it out of range.
  return (cylinder * heads_ + head) * track_sectors_ + sector - 1;
}

bool AhciDisk::decode_range(const AtaCommand& command, bool lba48, std::uint64_t& lba, std::uint64_t& count) const {
  const AtaRegisters& registers = command.registers;
  if (is_queued(command)) {
    lba = registers.lba;
    count = registers.features == 0 ? 65536 : registers.features;
  } else if (lba48) {
    lba = registers.lba;
    count = registers.count == 0 ? 65536 : registers.count;
  } else {
    lba = (registers.device & kLbaMode) == 0
              ? chs_to_lba(registers)
              : (registers.lba & 0xffffff) | (static_cast<std::uint64_t>(registers.device & 0xf) << 24);
    count = (registers.count & 0xff) == 0 ? 256 : registers.count & 0xff;
  }
  return lba < sectors() && count <= sectors() - lba;
}

void AhciDisk::start_transfer(AtaCommand& command, const Transfer& transfer) {
  transfers_[command.slot] = transfer;
  std::uint64_t lba = 0;
  std::uint64_t count = 0;
  const bool inside = decode_range(command, transfer.lba48, lba, count);
  command.offset = lba * kSector;
  command.remaining = count * kSector;
  if (transfer.kind == AtaTransfer::kQueued && (command.registers.count >> 3) != command.slot) {
    return fail_transfer(command, kAtaReady | kAtaError, kAtaAbort);  // The tag is the slot's (AHCI 1.3.1, 5.6.4).
  }
  if (!inside) {
    return fail_transfer(command, kAtaReady | kAtaError, kAtaIdNotFound);
  }
  if (transfer.operation == BlockOperation::kWrite && geometry_.read_only) {
    return fail_transfer(command, kAtaReady | kAtaError, kAtaAbort);
  }
  next_piece(command);
}

void AhciDisk::next_piece(AtaCommand& command) {
  ports::BlockRequest request;
  request.operation = transfers_[command.slot].operation;
  request.offset = command.offset;
  request.length = command.data.take(command.remaining, kSector, request.buffers);
  if (request.length == 0) {
    AtaReply reply = command.reply();
    reply.transfer = transfers_[command.slot].kind;
    reply.overflow = true;
    return command.finish(reply);
  }
  command.offset += request.length;
  command.remaining -= request.length;
  request.done = [this, raw = &command](int error) { piece_done(*raw, error); };
  queue_->submit(std::move(request));
}

void AhciDisk::piece_done(AtaCommand& command, int error) {
  const Transfer& transfer = transfers_[command.slot];
  if (error != 0) {
    if (transfer.operation == BlockOperation::kRead) {
      return fail_transfer(command, kAtaReady | kAtaError, kAtaUncorrectable);
    }
    return fail_transfer(command, kAtaReady | kAtaDeviceFault | kAtaError, kAtaAbort);
  }
  if (command.remaining != 0) {
    next_piece(command);
    queue_->commit();
    return;
  }
  if (transfer.operation == BlockOperation::kWrite && (transfer.force_unit_access || !write_cache_)) {
    flush(command, transfer.kind);
    queue_->commit();
    return;
  }
  transfer_done(command);
}

void AhciDisk::transfer_done(AtaCommand& command) {
  AtaReply reply = command.reply();
  reply.transfer = transfers_[command.slot].kind;
  command.finish(reply);
}

void AhciDisk::fail_transfer(AtaCommand& command, std::uint8_t status, std::uint8_t error) {
  AtaReply reply = command.reply();
  reply.transfer = transfers_[command.slot].kind;
  reply.status = status;
  reply.error = error;
  if (reply.transfer == AtaTransfer::kQueued) {
    // Page 10h, the queued error log (ACS-3, 9.13), for the driver's recovery.
    error_log_ = {};
    error_log_[0] = static_cast<std::uint8_t>(command.slot);
    error_log_[2] = status;
    error_log_[3] = error;
    for (unsigned index = 0; index < 3; ++index) {
      error_log_[4 + index] = static_cast<std::uint8_t>(reply.lba >> (8 * index));
      error_log_[8 + index] = static_cast<std::uint8_t>(reply.lba >> (8 * index + 24));
    }
    error_log_[7] = reply.device;
    error_log_[12] = static_cast<std::uint8_t>(reply.count);
    error_log_[13] = static_cast<std::uint8_t>(reply.count >> 8);
    unsigned sum = 0;
    for (unsigned index = 0; index < 511; ++index) {
      sum += error_log_[index];
    }
    error_log_[511] = static_cast<std::uint8_t>(-sum);
  }
  command.finish(reply);
}

void AhciDisk::flush(AtaCommand& command, AtaTransfer kind) {
  ports::BlockRequest request;
  request.operation = BlockOperation::kFlush;
  transfers_[command.slot].kind = kind;
  transfers_[command.slot].operation = BlockOperation::kFlush;
  request.done = [this, raw = &command](int error) {
    if (error != 0) {
      return fail_transfer(*raw, kAtaReady | kAtaDeviceFault | kAtaError, kAtaAbort);
    }
    transfer_done(*raw);
  };
  queue_->submit(std::move(request));
}

void AhciDisk::verify(AtaCommand& command, bool lba48) {
  std::uint64_t lba = 0;
  std::uint64_t count = 0;
  if (decode_range(command, lba48, lba, count)) {
    return done(command);
  }
  AtaReply reply = command.reply();
  reply.status = kAtaReady | kAtaError;
  reply.error = kAtaIdNotFound;
  command.finish(reply);
}

void AhciDisk::trim(AtaCommand& command) {
  // DATA SET MANAGEMENT (ACS-3, 7.10): blocks of 64 ranges, each 48 bits of address and 16 of length.
  const std::uint16_t blocks = command.registers.count;
  if ((command.registers.features & 0xff) != 1 || blocks == 0 || blocks > kMaxTrimBlocks || geometry_.read_only) {
    return abort(command);
  }
  std::vector<std::uint8_t> ranges(blocks * kSector);
  if (command.data.copy_from_guest(ranges) != ranges.size()) {
    AtaReply reply = command.reply();
    reply.overflow = true;
    return command.finish(reply);
  }
  trim_ranges_.clear();
  for (std::size_t at = 0; at < ranges.size(); at += 8) {
    std::uint64_t lba = 0;
    for (unsigned index = 0; index < 6; ++index) {
      lba |= std::uint64_t{ranges[at + index]} << (8 * index);
    }
    const std::uint64_t count = ranges[at + 6] | (ranges[at + 7] << 8);
    if (count == 0) {
      continue;
    }
    if (lba >= sectors() || count > sectors() - lba) {
      return abort(command);
    }
    trim_ranges_.push_back({lba * kSector, count * kSector});
  }
  std::reverse(trim_ranges_.begin(), trim_ranges_.end());
  trim_next(command);
}

void AhciDisk::trim_next(AtaCommand& command) {
  if (trim_ranges_.empty() || !geometry_.can_discard) {
    AtaReply reply = command.reply();
    reply.transfer = AtaTransfer::kDma;
    return command.finish(reply);
  }
  ports::BlockRequest request;
  request.operation = BlockOperation::kDiscard;
  request.offset = trim_ranges_.back().offset;
  request.length = trim_ranges_.back().length;
  trim_ranges_.pop_back();
  request.done = [this, raw = &command](int error) {
    if (error != 0) {
      return abort(*raw);
    }
    trim_next(*raw);
    queue_->commit();
  };
  queue_->submit(std::move(request));
}

void AhciDisk::done(AtaCommand& command) {
  command.finish(command.reply());
}

void AhciDisk::abort(AtaCommand& command) {
  AtaReply reply = command.reply();
  reply.status = kAtaReady | kAtaError;
  reply.error = kAtaAbort;
  if (is_queued(command)) {
    transfers_[command.slot].kind = AtaTransfer::kQueued;
    return fail_transfer(command, reply.status, reply.error);
  }
  command.finish(reply);
}

}  // namespace saffron::storage
