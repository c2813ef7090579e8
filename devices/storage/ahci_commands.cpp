// SPDX-License-Identifier: Apache-2.0
// The I/O loop's half of AhciPort: fetching commands and ending them.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

#include "devices/storage/ahci_port.h"

namespace saffron::storage {

using namespace ahci;

namespace {

/// Commands that one visit of the loop starts, so that a guest that issues without pause starves nobody else there.
constexpr unsigned kStartsPerVisit = 64;
/// The largest data block of a PIO Setup FIS; its count has 16 bits.
constexpr std::uint64_t kMaxPioBlock = 8192;

/// Native queued commands (ACS-3, 7.16, 7.23, 7.44, 7.55, 7.63).
bool is_queued(std::uint8_t command) {
  return command >= 0x60 && command <= 0x65;
}

}  // namespace

void AhciPort::run() {
  {
    const std::lock_guard lock(shared_.mutex);
    run_posted_ = false;
  }
  if (in_run_ || !device_) {
    return;  // Called from a completion inside execute() or commit(): the outer loop goes on.
  }
  in_run_ = true;
  unsigned started = 0;
  bool any = true;
  while (any && started < kStartsPerVisit) {
    any = false;
    while (started < kStartsPerVisit) {
      AtaCommand* command = pick();
      if (command == nullptr) {
        break;
      }
      any = true;
      ++started;
      device_->execute(*command);
    }
    device_->commit();
  }
  in_run_ = false;
  if (started >= kStartsPerVisit) {
    const std::lock_guard lock(shared_.mutex);
    post_run();
  }
  shared_.interrupts_changed();
}

std::optional<unsigned> AhciPort::next_slot() const {
  const std::uint32_t waiting = issued_ & ~running_;
  if ((command_ & kCmdStart) == 0 || halted_ || stopping_ || resets_ != 0 || exclusive_ || waiting == 0 ||
      sata_status_ != kSstsLinkUp) {
    return {};
  }
  // 5.3.4, P:SelectCmd: after the slot of the last command, in a circle.
  const std::uint32_t rotated = std::rotr(waiting, static_cast<int>(search_from_));
  return (static_cast<unsigned>(std::countr_zero(rotated)) + search_from_) % 32;
}

AtaCommand* AhciPort::pick() {
  if (!shared_.bus_master_enabled()) {
    return nullptr;
  }
  const std::lock_guard lock(shared_.mutex);
  for (unsigned tries = 0; tries < commands_.size(); ++tries) {
    const auto slot = next_slot();
    if (!slot) {
      return nullptr;
    }
    const auto before = issued_;
    AtaCommand* command = load(*slot);
    if (command != nullptr || before == issued_) {
      return command;
    }
  }
  return nullptr;
}

AtaCommand* AhciPort::load(unsigned slot) {
  const auto header = shared_.memory.read_object<CommandHeader>({command_list_ + slot * sizeof(CommandHeader)});
  if (!header.ok()) {
    halt(kIsHostBusFatal);
    return nullptr;
  }
  const core::GuestAddress table{header->table & ~std::uint64_t{0x7f}};
  const auto fis = shared_.memory.read_object<std::array<std::uint8_t, 20>>(table);
  if (!fis.ok()) {
    halt(kIsHostBusFatal);
    return nullptr;
  }
  const auto& bytes = *fis;
  if (bytes[0] != kFisTypeHostToDevice || (header->flags & 0x1f) < 4) {
    shared_.complaint.warning(shared_.name, "the guest sends a FIS of type {:#x}", bytes[0]);
    halt(kIsInterfaceFatal);
    return nullptr;
  }
  if ((bytes[1] & kFisCommandBit) == 0) {
    control_fis(slot, *header, bytes[15]);
    return nullptr;
  }
  const bool queued = is_queued(bytes[2]);
  if (!queued && running_ != 0) {
    return nullptr;  // Waits until the queued ones are done.
  }
  AtaCommand& command = commands_[slot];
  command.host = this;
  command.slot = slot;
  command.registers.command = bytes[2];
  command.registers.features = static_cast<std::uint16_t>(bytes[3] | (bytes[11] << 8));
  command.registers.lba = bytes[4] | (std::uint64_t{bytes[5]} << 8) | (std::uint64_t{bytes[6]} << 16) |
                          (std::uint64_t{bytes[8]} << 24) | (std::uint64_t{bytes[9]} << 32) |
                          (std::uint64_t{bytes[10]} << 40);
  command.registers.device = bytes[7];
  command.registers.count = static_cast<std::uint16_t>(bytes[12] | (bytes[13] << 8));
  command.registers.control = bytes[15];
  command.packet = {};
  if ((header->flags & kHeaderAtapi) != 0) {
    // Beside the FIS in the same 4 KiB; if not RAM, the packet is all zeroes: TEST UNIT READY.
    static_cast<void>(shared_.memory.read(table + kTablePacket, command.packet).ok());
  }
  command.data = PrdtCursor(shared_.memory, table + kTableDescriptors, header->descriptor_count);
  current_slot_ = slot;
  search_from_ = (slot + 1) % 32;
  running_ |= 1u << slot;
  if (queued) {
    issued_ &= ~(1u << slot);  // The drive takes it at once, and releases the bus (Serial ATA 3.1, 13.6.3).
    task_file_ = kAtaReady | kAtaSeekComplete;
  } else {
    exclusive_ = true;
    task_file_ = kAtaBusy | (task_file_ & 0xff00);
  }
  return &command;
}

void AhciPort::control_fis(unsigned slot, const CommandHeader& header, std::uint8_t control) {
  // 10.4.1: a software reset is two control FISes; the second one lets the drive go on, with its signature.
  issued_ &= ~(1u << slot);
  current_slot_ = slot;
  const bool reset = (control & kControlSoftReset) != 0;
  if (reset) {
    task_file_ = (header.flags & kHeaderClearBusy) != 0 ? (task_file_ & ~std::uint32_t{kAtaBusy}) : kAtaBusy;
  } else if (soft_reset_) {
    task_file_ = kAtaBusy;
    reset_drive(nullptr);
  }
  soft_reset_ = reset;
}

void AhciPort::finished(AtaCommand& command, const AtaReply& reply) {
  {
    const std::lock_guard lock(shared_.mutex);
    const std::uint32_t bit = 1u << command.slot;
    const bool aborted = (aborted_ & bit) != 0;
    aborted_ &= ~bit;
    running_ &= ~bit;
    exclusive_ = false;
    if (!aborted && (command_ & kCmdStart) != 0) {
      complete(command, reply);
    }
    if ((issued_ & ~running_) != 0) {
      // In a turn of its own: a guest that refills its slots would else keep this thread among completions for ever.
      post_run();
    }
  }
  if (!in_run_) {
    shared_.interrupts_changed();
  }
}

void AhciPort::complete(AtaCommand& command, const AtaReply& reply) {
  const std::uint32_t bit = 1u << command.slot;
  if (command.data.failed()) {
    shared_.complaint.warning(shared_.name, "the guest moves data outside of its RAM");
    halt(kIsHostBusFatal);
    return;
  }
  if (reply.overflow) {
    halt(kIsOverflow);
    return;
  }
  latched_ |= command.data.wants_interrupt() ? kIsDescriptorProcessed : 0;
  if (reply.transfer == AtaTransfer::kQueued) {
    complete_queued(command, reply);
    return;
  }
  const auto count = static_cast<std::uint32_t>(command.data.transferred());
  // A list that was RAM when the command was fetched still is.
  static_cast<void>(
      shared_.memory
          .write_object({command_list_ + command.slot * sizeof(CommandHeader) + offsetof(CommandHeader, byte_count)},
                        count)
          .ok());
  const bool failed = (reply.status & (kAtaError | kAtaDeviceFault)) != 0;
  const bool packet = command.registers.command == 0xa0;
  if (count != 0 && (reply.transfer == AtaTransfer::kPioIn || reply.transfer == AtaTransfer::kPioOut)) {
    receive_pio_setup(reply, std::min<std::uint64_t>(count, kMaxPioBlock));
  }
  // Data that comes in by PIO ends with the status of its last PIO Setup FIS; all else with a register FIS
  // (Serial ATA 3.1, 11.7; 11.11 for packets).
  if (reply.transfer != AtaTransfer::kPioIn || failed || packet || count == 0) {
    receive_register_fis(reply, true);
  }
  if (failed) {
    halt(kIsTaskFileError);  // 6.2.2.1: the command stays in PxCI.
  } else {
    issued_ &= ~bit;
  }
}

void AhciPort::complete_queued(AtaCommand& command, const AtaReply& reply) {
  const bool failed = (reply.status & (kAtaError | kAtaDeviceFault)) != 0;
  if (halted_) {
    return;  // After an error the drive has aborted all others: their bits stay in PxSACT (6.2.2.2).
  }
  const std::uint32_t bit = failed ? 0 : 1u << command.slot;
  std::array<std::uint8_t, 8> fis{};
  fis[0] = kFisTypeSetDeviceBits;
  fis[1] = kFisInterruptBit;
  fis[2] = reply.status & 0x77;
  fis[3] = reply.error;
  for (unsigned index = 0; index < 4; ++index) {
    fis[4 + index] = static_cast<std::uint8_t>(bit >> (8 * index));
  }
  receive(kFisSetDeviceBits, fis);
  task_file_ = (task_file_ & 0x88) | (reply.status & 0x77) | (std::uint32_t{reply.error} << 8);
  active_ &= ~bit;
  latched_ |= kIsSetDeviceBits;
  if (failed) {
    halt(kIsTaskFileError);
  }
}

}  // namespace saffron::storage
