// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/ahci_port.h"

#include <utility>

namespace saffron::storage {

using namespace ahci;

AhciPort::AhciPort(AhciShared& shared) : shared_(shared), self_(std::make_shared<AhciPort*>(this)) {}

AhciPort::~AhciPort() {
  *self_ = nullptr;
}

void AhciPort::unplug() {
  {
    const std::lock_guard lock(shared_.mutex);
    command_ = 0;
    stop();
  }
  if (device_) {
    device_->drain();
    device_.reset();
  }
}

void AhciPort::attach(std::unique_ptr<AtaDevice> device) {
  device_ = std::move(device);
  const std::lock_guard lock(shared_.mutex);
  sata_status_ = kSstsLinkUp;
  sata_error_ = kSerrExchanged;
  signature_pending_ = true;
}

void AhciPort::post(void (AhciPort::*work)()) {
  // The pointer is cleared on the loop's thread, or while the loop does not run.
  shared_.loop.post([self = self_, work] {
    if (*self != nullptr) {
      ((*self)->*work)();
    }
  });
}

void AhciPort::post_run() {
  if (!std::exchange(run_posted_, true)) {
    post(&AhciPort::run);
  }
}

void AhciPort::kick() {
  const std::lock_guard lock(shared_.mutex);
  if ((issued_ & ~running_) != 0) {
    post_run();
  }
}

std::uint32_t AhciPort::interrupt_status() const {
  // PxIS.PCS and PRCS say what PxSERR says, until that is cleared (3.3.5).
  return latched_ | ((sata_error_ & kSerrExchanged) != 0 ? kIsPortConnectChange : 0) |
         ((sata_error_ & kSerrPhyReadyChange) != 0 ? kIsPhyReadyChange : 0);
}

std::uint32_t AhciPort::read(std::uint32_t offset) const {
  switch (offset) {
    case kPxClb:
      return static_cast<std::uint32_t>(command_list_);
    case kPxClbu:
      return static_cast<std::uint32_t>(command_list_ >> 32);
    case kPxFb:
      return static_cast<std::uint32_t>(received_fis_);
    case kPxFbu:
      return static_cast<std::uint32_t>(received_fis_ >> 32);
    case kPxIs:
      return interrupt_status();
    case kPxIe:
      return interrupt_enable_;
    case kPxCmd: {
      // No staggered spin-up, no cold presence detection: SUD and POD are always set (3.3.7).
      std::uint32_t value = command_ | kCmdSpinUp | kCmdPowerOn;
      value |= (command_ & kCmdFisReceive) != 0 ? kCmdFisRunning : 0;
      value |= (command_ & kCmdStart) != 0 || stopping_ ? kCmdListRunning | (current_slot_ << 8) : 0;
      return value;
    }
    case kPxTfd:
      return task_file_;
    case kPxSig:
      return signature_;
    case kPxSsts:
      return sata_status_;
    case kPxSctl:
      return sata_control_;
    case kPxSerr:
      return sata_error_;
    case kPxSact:
      return active_;
    case kPxCi:
      return issued_;
    default:
      return 0;
  }
}

void AhciPort::write(std::uint32_t offset, std::uint32_t value, std::uint32_t mask) {
  const auto merge_low = [&](std::uint64_t old, std::uint32_t fixed) {
    return (old & ~std::uint64_t{mask}) | (value & mask & ~fixed);
  };
  const auto merge_high = [&](std::uint64_t old) {
    return (old & ~(std::uint64_t{mask} << 32)) | (std::uint64_t{value & mask} << 32);
  };
  switch (offset) {
    case kPxClb:
      command_list_ = merge_low(command_list_, 0x3ff);
      break;
    case kPxClbu:
      command_list_ = merge_high(command_list_);
      break;
    case kPxFb:
      received_fis_ = merge_low(received_fis_, 0xff);
      break;
    case kPxFbu:
      received_fis_ = merge_high(received_fis_);
      break;
    case kPxIs:
      latched_ &= ~(value & mask);
      break;
    case kPxIe:
      interrupt_enable_ = ((interrupt_enable_ & ~mask) | (value & mask)) & kIeWritable;
      break;
    case kPxCmd:
      write_command(value, mask);
      break;
    case kPxSctl:
      write_control(value, mask);
      break;
    case kPxSerr:
      sata_error_ &= ~(value & mask);
      break;
    case kPxSact:
      if ((command_ & kCmdStart) != 0) {  // 3.3.13: ignored otherwise.
        active_ |= value & mask;
      }
      break;
    case kPxCi:
      if ((command_ & kCmdStart) != 0) {  // 3.3.14
        issued_ |= value & mask;
        if ((issued_ & ~running_) != 0) {
          post_run();
        }
      }
      break;
    default:
      break;
  }
}

void AhciPort::write_command(std::uint32_t value, std::uint32_t mask) {
  const std::uint32_t old = command_;
  command_ = ((command_ & ~mask) | (value & mask)) & kCmdWritable;
  if ((value & mask & kCmdListOverride) != 0 && (old & kCmdStart) == 0) {
    task_file_ &= ~std::uint32_t{kAtaBusy | kAtaDataRequest};  // 3.3.7 CLO, done at once.
  }
  if ((command_ & kCmdFisReceive) != 0 && signature_pending_ && resets_ == 0) {
    send_signature();
  }
  if ((old & kCmdStart) != 0 && (command_ & kCmdStart) == 0) {
    stop();
  }
}

void AhciPort::stop() {
  issued_ = 0;
  active_ = 0;
  halted_ = false;
  current_slot_ = 0;
  search_from_ = 0;
  aborted_ |= running_;
  if (running_ != 0 && !stopping_) {
    // The guest may reuse its memory when CR reads 0 (10.3.2): not before the host has finished with it.
    stopping_ = true;
    post(&AhciPort::settle);
  }
}

void AhciPort::settle() {
  if (device_) {
    device_->drain();
  }
  {
    const std::lock_guard lock(shared_.mutex);
    stopping_ = false;
  }
  run();
}

void AhciPort::write_control(std::uint32_t value, std::uint32_t mask) {
  const std::uint32_t old_detection = sata_control_ & 0xf;
  sata_control_ = ((sata_control_ & ~mask) | (value & mask)) & kSctlWritable;
  const std::uint32_t detection = sata_control_ & 0xf;
  if (!device_ || detection == old_detection) {
    return;
  }
  if (detection == 1 || detection == 4) {  // COMRESET for as long as it is set; or offline (3.3.11).
    stop();
    sata_status_ = detection == 4 ? kSstsOffline : 0;
    task_file_ = 0x7f;
    signature_ = 0xffffffff;
    signature_pending_ = false;
  } else if (detection == 0) {
    sata_status_ = kSstsLinkUp;
    sata_error_ |= kSerrExchanged | kSerrPhyReadyChange;
    task_file_ = kAtaBusy;
    reset_drive(nullptr);
  }
}

void AhciPort::host_reset(std::function<void()> done) {
  stop();
  latched_ = 0;
  interrupt_enable_ = 0;
  command_ = 0;
  sata_control_ = 0;
  sata_error_ = device_ ? kSerrExchanged : 0;
  sata_status_ = device_ ? kSstsLinkUp : 0;
  signature_ = 0xffffffff;
  task_file_ = device_ ? kAtaBusy : 0x7f;
  soft_reset_ = false;
  reset_drive(std::move(done));
}

void AhciPort::forget_lists() {
  command_list_ = 0;
  received_fis_ = 0;
}

void AhciPort::reset_drive(std::function<void()> done) {
  signature_pending_ = false;
  const bool plain = !done;
  if (plain && plain_reset_waits_) {
    return;  // One that has not begun does for this one too: a guest cannot make the queue of tasks grow.
  }
  plain_reset_waits_ = plain_reset_waits_ || plain;
  ++resets_;
  shared_.loop.post([self = self_, plain, done = std::move(done)] {
    if (*self != nullptr) {
      if (plain) {
        const std::lock_guard lock((*self)->shared_.mutex);
        (*self)->plain_reset_waits_ = false;
      }
      (*self)->finish_reset();
      if (done) {
        done();
      }
    }
  });
}

void AhciPort::finish_reset() {
  if (device_) {
    device_->drain();
    device_->reset();
  }
  {
    const std::lock_guard lock(shared_.mutex);
    // Of several resets, the last one ends with a signature; none if the link went down again meanwhile.
    if (--resets_ == 0 && device_ && sata_status_ == kSstsLinkUp) {
      signature_pending_ = true;
      if ((command_ & kCmdFisReceive) != 0) {
        send_signature();
      }
    }
  }
  shared_.interrupts_changed();
  run();
}

void AhciPort::send_signature() {
  // 5.2: the D2H register FIS after a reset carries the signature, and no interrupt bit.
  signature_pending_ = false;
  signature_ = device_->signature();
  AtaReply reply;
  reply.status = device_->reset_status();
  reply.error = 1;  // Diagnostics passed.
  reply.count = signature_ & 0xff;
  reply.lba = signature_ >> 8;
  receive_register_fis(reply, false);
}

void AhciPort::receive(std::uint64_t area, std::span<const std::uint8_t> fis) {
  if ((command_ & kCmdFisReceive) == 0) {
    return;
  }
  if (!shared_.memory.write({received_fis_ + area}, fis).ok()) {
    shared_.complaint.warning(shared_.name, "the guest receives FISes at {:#x}, which is not RAM", received_fis_);
    halt(kIsHostBusFatal);
  }
}

void AhciPort::receive_register_fis(const AtaReply& reply, bool interrupt) {
  std::array<std::uint8_t, 20> fis{};
  fis[0] = kFisTypeDeviceToHost;
  fis[1] = interrupt ? kFisInterruptBit : 0;
  fis[2] = reply.status;
  fis[3] = reply.error;
  for (unsigned index = 0; index < 3; ++index) {
    fis[4 + index] = static_cast<std::uint8_t>(reply.lba >> (8 * index));
    fis[8 + index] = static_cast<std::uint8_t>(reply.lba >> (8 * index + 24));
  }
  fis[7] = reply.device;
  fis[12] = static_cast<std::uint8_t>(reply.count);
  fis[13] = static_cast<std::uint8_t>(reply.count >> 8);
  receive(kFisRegister, fis);
  task_file_ = reply.status | (std::uint32_t{reply.error} << 8);
  latched_ |= interrupt ? kIsDeviceToHost : 0;
}

void AhciPort::receive_pio_setup(const AtaReply& reply, std::uint64_t bytes) {
  std::array<std::uint8_t, 20> fis{};
  const bool in = reply.transfer == AtaTransfer::kPioIn;
  fis[0] = kFisTypePioSetup;
  fis[1] = in ? kFisDirectionIn | kFisInterruptBit : 0;
  fis[2] = kAtaReady | kAtaSeekComplete | kAtaDataRequest;
  for (unsigned index = 0; index < 3; ++index) {
    fis[4 + index] = static_cast<std::uint8_t>(reply.lba >> (8 * index));
    fis[8 + index] = static_cast<std::uint8_t>(reply.lba >> (8 * index + 24));
  }
  fis[7] = reply.device;
  fis[12] = static_cast<std::uint8_t>(reply.count);
  fis[13] = static_cast<std::uint8_t>(reply.count >> 8);
  fis[15] = reply.status;  // The status at the end of the data (Serial ATA 3.1, 10.5.11).
  fis[16] = static_cast<std::uint8_t>(bytes);
  fis[17] = static_cast<std::uint8_t>(bytes >> 8);
  receive(kFisPioSetup, fis);
  latched_ |= in ? kIsPioSetup : 0;
  task_file_ = reply.status | (std::uint32_t{reply.error} << 8);
}

void AhciPort::halt(std::uint32_t cause) {
  latched_ |= cause;
  halted_ = true;
}

}  // namespace saffron::storage
