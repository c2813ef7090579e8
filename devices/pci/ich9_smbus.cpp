// SPDX-License-Identifier: Apache-2.0
#include "devices/pci/ich9_smbus.h"

namespace saffron::pci {

namespace {

// Configuration.
constexpr unsigned kHostConfig = 0x40;
constexpr std::uint8_t kHostEnable = 1u << 0;
constexpr std::uint8_t kSoftReset = 1u << 3;

// Registers of the block.
constexpr unsigned kHostStatus = 0x00;
constexpr unsigned kHostControl = 0x02;
constexpr unsigned kBlockData = 0x07;
constexpr unsigned kAuxStatus = 0x0c;
constexpr unsigned kAuxControl = 0x0d;
constexpr unsigned kSmlinkPins = 0x0e;
constexpr unsigned kSmbusPins = 0x0f;
constexpr unsigned kSlaveStatus = 0x10;

// Host status.
constexpr std::uint8_t kStatusInterruptDone = 1u << 1;
constexpr std::uint8_t kStatusDeviceError = 1u << 2;
constexpr std::uint8_t kStatusBusError = 1u << 3;
constexpr std::uint8_t kStatusFailed = 1u << 4;
constexpr std::uint8_t kStatusInUse = 1u << 6;
constexpr std::uint8_t kStatusByteDone = 1u << 7;
constexpr std::uint8_t kStatusInterruptCauses =
    kStatusInterruptDone | kStatusDeviceError | kStatusBusError | kStatusFailed | kStatusByteDone;

// Host control.
constexpr std::uint8_t kControlInterruptEnable = 1u << 0;
constexpr std::uint8_t kControlKill = 1u << 1;
constexpr std::uint8_t kControlStart = 1u << 6;

constexpr PciIdentity kIdentity{.vendor = 0x8086,
                                .device = 0x2930,
                                .subsystem_vendor = 0x1af4,
                                .subsystem = 0x1100,
                                .class_code = 0x0c0500,
                                .revision = 2,
                                .interrupt_pin = 1,
                                .multifunction = true};

}  // namespace

Ich9Smbus::Ich9Smbus() : PciDevice("smbus", kIdentity) {
  constexpr std::uint64_t kMemoryBarSize = 256;
  add_bar({.index = 0,
           .kind = PciBarKind::kMemory64,
           .prefetchable = false,
           .size = kMemoryBarSize,
           .windows = {{.offset = 0, .size = kBlockSize, .handler = &registers_}}});
  add_bar({.index = 4,
           .kind = PciBarKind::kIo,
           .prefetchable = false,
           .size = kBlockSize,
           .windows = {{.offset = 0, .size = kBlockSize, .handler = &registers_}}});
  set_register(kHostConfig, 1, 0, 0x0f);
  const std::lock_guard lock(mutex_);
  reset_registers();
}

void Ich9Smbus::reset_registers() {
  bytes_.fill(0);
  bytes_[kSmlinkPins] = 0x07;  // Both wires are pulled up, and the clock is not held low.
  bytes_[kSmbusPins] = 0x07;
  block_.fill(0);
  block_index_ = 0;
}

bool Ich9Smbus::interrupt_level() {
  const std::lock_guard lock(mutex_);
  return (bytes_[kHostControl] & kControlInterruptEnable) != 0 && (bytes_[kHostStatus] & kStatusInterruptCauses) != 0;
}

void Ich9Smbus::update_interrupt() {
  bool level = false;
  // Looking again after telling the wire keeps the last word true, whichever of two threads has it.
  do {
    level = interrupt_level();
    set_intx(level);
  } while (level != interrupt_level());
}

/// Registers that are storage here: command, address, data, packet error check, slave address and the like.
std::uint8_t* Ich9Smbus::plain_register(std::uint64_t offset) {
  constexpr std::uint32_t kPlain =
      1u << 0x03 | 1u << 0x04 | 1u << 0x05 | 1u << 0x06 | 1u << 0x08 | 1u << 0x09 | 1u << kAuxControl | 1u << 0x11;
  return offset < kBlockSize && (kPlain >> offset & 1) != 0 ? &bytes_[offset] : nullptr;
}

void Ich9Smbus::write_control(std::uint8_t value) {
  // START is write only, and so the register keeps the rest.
  bytes_[kHostControl] = value & static_cast<std::uint8_t>(~kControlStart);
  if ((value & kControlKill) != 0) {
    bytes_[kHostStatus] |= kStatusFailed;
    return;
  }
  if ((value & kControlStart) != 0 && host_enabled_) {
    // Nobody acknowledges any address (Unclaimed cycle: the transaction ends with DEV_ERR).
    bytes_[kHostStatus] |= kStatusDeviceError;
    block_index_ = 0;
  }
}

std::uint64_t Ich9Smbus::Registers::read(std::uint64_t offset, unsigned) {
  const std::lock_guard lock(owner_.mutex_);
  if (offset >= kBlockSize) {
    return 0;
  }
  const std::uint8_t value = owner_.bytes_[offset];
  if (offset == kHostStatus) {
    owner_.bytes_[kHostStatus] |= kStatusInUse;  // The read takes the semaphore (INUSE_STS).
  } else if (offset == kHostControl) {
    owner_.block_index_ = 0;  // Reading the control register rewinds the block buffer.
  } else if (offset == kBlockData) {
    const std::uint8_t byte = owner_.block_[owner_.block_index_];
    owner_.block_index_ = (owner_.block_index_ + 1) % owner_.block_.size();
    return byte;
  }
  return value;
}

void Ich9Smbus::Registers::write(std::uint64_t offset, unsigned, std::uint64_t value) {
  const auto byte = static_cast<std::uint8_t>(value);
  {
    const std::lock_guard lock(owner_.mutex_);
    switch (offset) {
      case kHostStatus:
      case kAuxStatus:
      case kSlaveStatus:
        owner_.bytes_[offset] &= static_cast<std::uint8_t>(~byte);  // Write one to clear.
        break;
      case kHostControl:
        owner_.write_control(byte);
        break;
      case kBlockData:
        owner_.block_[owner_.block_index_] = byte;
        owner_.block_index_ = (owner_.block_index_ + 1) % owner_.block_.size();
        break;
      default:
        if (std::uint8_t* storage = owner_.plain_register(offset); storage != nullptr) {
          *storage = byte;
        }
        break;
    }
  }
  owner_.update_interrupt();
}

void Ich9Smbus::on_config_write(unsigned offset, unsigned) {
  if ((offset & ~3u) != kHostConfig) {
    return;
  }
  const std::uint32_t config = config_value(kHostConfig, 1);
  {
    const std::lock_guard lock(mutex_);
    host_enabled_ = (config & kHostEnable) != 0;
    if ((config & kSoftReset) != 0) {
      reset_registers();
    }
  }
  if ((config & kSoftReset) != 0) {
    set_config_value(kHostConfig, 1, config & ~std::uint32_t{kSoftReset});  // SSRESET clears itself.
  }
  update_interrupt();
}

void Ich9Smbus::on_reset() {
  const std::lock_guard lock(mutex_);
  host_enabled_ = false;
  reset_registers();
}

}  // namespace saffron::pci
