// SPDX-License-Identifier: Apache-2.0
// What an AHCI port and the drive behind it say to each other: ATA commands and their replies, without FISes.
// Follows ACS-3 (ATA/ATAPI Command Set) for registers, AHCI 1.3.1, 4.2.3 for the physical region descriptor table.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <sys/uio.h>

#include "engine/core/guest_memory.h"

namespace saffron::storage {

/// Bits of the status and error registers (ACS-3, 6).
inline constexpr std::uint8_t kAtaBusy = 0x80;
inline constexpr std::uint8_t kAtaReady = 0x40;
inline constexpr std::uint8_t kAtaDeviceFault = 0x20;
inline constexpr std::uint8_t kAtaSeekComplete = 0x10;
inline constexpr std::uint8_t kAtaDataRequest = 0x08;
inline constexpr std::uint8_t kAtaError = 0x01;
inline constexpr std::uint8_t kAtaAbort = 0x04;
inline constexpr std::uint8_t kAtaIdNotFound = 0x10;
inline constexpr std::uint8_t kAtaUncorrectable = 0x40;

/// Walks a command's physical region descriptor table in guest memory. Guest nonsense ends the walk.
class PrdtCursor {
 public:
  PrdtCursor() = default;
  PrdtCursor(const core::GuestMemory& memory, core::GuestAddress table, std::uint32_t entries)
      : memory_(&memory), table_(table), entries_(entries) {}

  /// Appends views of the next bytes to `to`: at most `bytes`, at most what one system call takes, a multiple of
  /// `block`. Returns how many; 0 at the table's end.
  std::uint64_t take(std::uint64_t bytes, std::uint64_t block, std::vector<iovec>& to);
  /// Copies to or from the next bytes; returns how many the table had room for.
  std::uint64_t copy_to_guest(std::span<const std::uint8_t> from);
  std::uint64_t copy_from_guest(std::span<std::uint8_t> to);

  /// An entry pointed outside of RAM.
  bool failed() const { return failed_; }
  /// An entry with the interrupt bit has been used up (PxIS.DPS).
  bool wants_interrupt() const { return wants_interrupt_; }
  std::uint64_t transferred() const { return transferred_; }

 private:
  /// The next run of at most `limit` bytes; empty at the end.
  std::span<std::uint8_t> next(std::uint64_t limit);

  const core::GuestMemory* memory_ = nullptr;
  core::GuestAddress table_;
  std::uint32_t entries_ = 0;
  std::uint32_t index_ = 0;
  std::span<std::uint8_t> current_;
  bool current_interrupts_ = false;
  // Given back by take() to end at a block boundary, the next run last: less than a block, in runs of a byte or more.
  std::vector<std::span<std::uint8_t>> returned_;
  std::uint64_t transferred_ = 0;
  bool failed_ = false;
  bool wants_interrupt_ = false;
};

/// The task file of a command. 28-bit commands use the low parts.
struct AtaRegisters {
  std::uint8_t command = 0;
  std::uint8_t device = 0;
  std::uint8_t control = 0;
  std::uint16_t features = 0;
  std::uint16_t count = 0;
  std::uint64_t lba = 0;  // 48 bits.
};

enum class AtaTransfer { kNone, kPioIn, kPioOut, kDma, kQueued };

struct AtaReply {
  std::uint8_t status = kAtaReady | kAtaSeekComplete;
  std::uint8_t error = 0;
  std::uint8_t device = 0;
  std::uint16_t count = 0;
  std::uint64_t lba = 0;
  AtaTransfer transfer = AtaTransfer::kNone;
  bool overflow = false;  // More data than the descriptor table holds (PxIS.OFS).
};

struct AtaCommand;

/// Whoever sent a command.
class AtaHost {
 public:
  virtual ~AtaHost() = default;
  virtual void finished(AtaCommand& command, const AtaReply& reply) = 0;
};

/// A command under way. Owned by the host, valid until finished().
struct AtaCommand {
  AtaHost* host = nullptr;
  unsigned slot = 0;
  AtaRegisters registers;
  std::array<std::uint8_t, 16> packet{};
  PrdtCursor data;
  // The device's own, while it works on the command.
  std::uint64_t offset = 0;
  std::uint64_t remaining = 0;

  AtaReply reply() const {
    AtaReply reply;
    reply.device = registers.device;
    reply.count = registers.count;
    reply.lba = registers.lba;
    return reply;
  }
  void finish(const AtaReply& reply) { host->finished(*this, reply); }
};

/// A drive. All calls on the I/O loop's thread, but for the constants.
class AtaDevice {
 public:
  virtual ~AtaDevice() = default;
  /// PxSIG after a reset (ACS-3, table 206), and the status that goes with it. Constant.
  virtual std::uint32_t signature() const = 0;
  virtual std::uint8_t reset_status() const = 0;
  /// Carries out a command; finish() comes once, perhaps from inside. Queued commands come together, others alone.
  virtual void execute(AtaCommand& command) = 0;
  /// Sends on what execute() has prepared.
  virtual void commit() = 0;
  /// Returns when each command has finished.
  virtual void drain() = 0;
  /// COMRESET or software reset; nothing is under way.
  virtual void reset() = 0;
};

}  // namespace saffron::storage
