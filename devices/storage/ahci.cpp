// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/ahci.h"

#include <utility>

namespace saffron::storage {

using namespace ahci;

namespace {

constexpr unsigned kIndexRegister = 0x10;
constexpr unsigned kDataRegister = 0x14;
constexpr std::uint64_t kRegisterSpace = 4096;

pci::PciIdentity identity() {
  pci::PciIdentity result;
  result.vendor = 0x8086;
  result.device = 0x2922;  // ICH9, AHCI mode, six ports.
  result.subsystem_vendor = 0x1af4;
  result.subsystem = 0x1100;
  result.class_code = 0x010601;
  result.revision = 2;
  result.interrupt_pin = 1;
  return result;
}

}  // namespace

AhciController::AhciController(std::string name, const core::GuestMemory& memory, core::EventLoop& io_loop,
                               std::unique_ptr<core::MsiVector> msi)
    : PciDevice(std::move(name), identity()), shared_{memory,
                                                      io_loop,
                                                      PciDevice::name(),
                                                      [this] { return bus_master_enabled(); },
                                                      [this] { update_interrupt(); },
                                                      {},
                                                      {}} {
  for (auto& port : ports_) {
    port = std::make_unique<AhciPort>(shared_);
  }
  add_configuration(std::move(msi));
}

AhciController::~AhciController() {
  shared_.loop.run_sync([this] {
    for (auto& port : ports_) {
      port->unplug();
    }
    for (auto& port : ports_) {
      port.reset();
    }
  });
}

void AhciController::add_configuration(std::unique_ptr<core::MsiVector> msi) {
  add_bar({4, pci::PciBarKind::kIo, false, 32, {{0, 32, &index_data_, 0, nullptr}}});
  add_bar({5, pci::PciBarKind::kMemory32, false, kRegisterSpace, {{0, kRegisterSpace, &registers_, 0, nullptr}}});
  add_msi(std::move(msi));
  // SATA capability 1.0 (10.14): the index/data pair is in BAR 4, at double word 4.
  const std::array<std::uint8_t, 6> body{0x10, 0x00, 0x08 | (4u << 4), 0x00, 0x00, 0x00};
  add_capability(0x12, body);
  const std::array<std::uint8_t, 1> port_map{0x40};  // MAP: AHCI, all ports here (ICH9 14.1.29).
  set_config(0x90, port_map);
}

core::Result<AhciPort*> AhciController::free_port(unsigned port) {
  if (port >= kPorts) {
    return core::Error{core::ErrorCode::kInvalidArgument, "the SATA controller has ports 0 to 5", name()};
  }
  if (ports_[port]->device() != nullptr) {
    return core::Error{core::ErrorCode::kAlreadyExists, fmt::format("SATA port {} has a drive already", port), name()};
  }
  return ports_[port].get();
}

core::Result<void> AhciController::attach_disk(unsigned port, const AhciDiskOptions& options,
                                               ports::BlockBackend& backend) {
  AhciPort* target = SAFFRON_TRY(free_port(port));
  core::Result<void> result;
  shared_.loop.run_sync([&] {
    auto disk = AhciDisk::create(options, backend, shared_.loop);
    if (disk.ok()) {
      target->attach(std::move(disk).value());
    } else {
      result = std::move(disk).error();
    }
  });
  return result;
}

core::Result<AhciCdrom*> AhciController::attach_cdrom(unsigned port, const AhciCdromOptions& options,
                                                      std::unique_ptr<ports::BlockBackend> medium) {
  AhciPort* target = SAFFRON_TRY(free_port(port));
  core::Result<AhciCdrom*> result{nullptr};
  shared_.loop.run_sync([&] {
    auto drive = AhciCdrom::create(options, std::move(medium), shared_.loop);
    if (drive.ok()) {
      result = drive->get();
      target->attach(std::move(drive).value());
    } else {
      result = std::move(drive).error();
    }
  });
  return result;
}

std::uint64_t AhciController::Registers::read(std::uint64_t offset, unsigned size) {
  std::uint64_t value = owner_.read_register(static_cast<std::uint32_t>(offset & ~std::uint64_t{3}));
  const unsigned shift = 8 * (offset & 3);
  if (shift + 8 * size > 32) {  // Not aligned: the rest is in the next register.
    value |= std::uint64_t{owner_.read_register(static_cast<std::uint32_t>((offset & ~std::uint64_t{3}) + 4))} << 32;
  }
  return (value >> shift) & ((std::uint64_t{1} << (8 * size)) - 1);
}

void AhciController::Registers::write(std::uint64_t offset, unsigned size, std::uint64_t value) {
  const unsigned shift = 8 * (offset & 3);
  const std::uint64_t mask = ((std::uint64_t{1} << (8 * size)) - 1) << shift;
  value <<= shift;
  const auto base = static_cast<std::uint32_t>(offset & ~std::uint64_t{3});
  owner_.write_register(base, static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(mask));
  if ((mask >> 32) != 0) {
    owner_.write_register(base + 4, static_cast<std::uint32_t>(value >> 32), static_cast<std::uint32_t>(mask >> 32));
  }
}

std::uint64_t AhciController::IndexData::read(std::uint64_t offset, unsigned) {
  if (offset == kIndexRegister) {
    return index_;
  }
  return offset == kDataRegister ? owner_.read_register(index_) : 0;
}

void AhciController::IndexData::write(std::uint64_t offset, unsigned, std::uint64_t value) {
  if (offset == kIndexRegister) {
    index_ = static_cast<std::uint32_t>(value) & (kRegisterSpace - 4);
  } else if (offset == kDataRegister) {
    owner_.write_register(index_, static_cast<std::uint32_t>(value), 0xffffffff);
  }
}

std::uint32_t AhciController::read_register(std::uint32_t offset) {
  const std::lock_guard lock(shared_.mutex);
  if (offset >= kPortsBase) {
    const unsigned port = (offset - kPortsBase) / kPortSize;
    return port < kPorts ? ports_[port]->read((offset - kPortsBase) % kPortSize) : 0;
  }
  switch (offset) {
    case kRegCapabilities:
      return kCapabilities | (kPorts - 1);
    case kRegControl:
      return kControlAhciEnable | (interrupt_enable_ ? kControlInterruptEnable : 0) |
             (resetting_ports_ != 0 ? kControlReset : 0);
    case kRegInterruptStatus:
      return interrupt_status_;
    case kRegPortsImplemented:
      return (1u << kPorts) - 1;
    case kRegVersion:
      return kVersion;
    default:
      return 0;
  }
}

void AhciController::write_register(std::uint32_t offset, std::uint32_t value, std::uint32_t mask) {
  {
    const std::lock_guard lock(shared_.mutex);
    if (offset >= kPortsBase) {
      const unsigned port = (offset - kPortsBase) / kPortSize;
      if (port < kPorts) {
        ports_[port]->write((offset - kPortsBase) % kPortSize, value, mask);
      }
    } else if (offset == kRegInterruptStatus) {
      interrupt_status_ &= ~(value & mask);
      signal_again_ = true;
    } else if (offset == kRegControl) {
      write_host_control(value, mask);
    }
  }
  update_interrupt();
}

void AhciController::write_host_control(std::uint32_t value, std::uint32_t mask) {
  if ((mask & kControlInterruptEnable) != 0) {
    interrupt_enable_ = (value & kControlInterruptEnable) != 0;
  }
  if ((value & mask & kControlReset) == 0 || resetting_ports_ != 0) {
    return;
  }
  // 10.4.3
  interrupt_enable_ = false;
  interrupt_status_ = 0;
  resetting_ports_ = kPorts;
  for (auto& port : ports_) {
    port->host_reset([this] {
      const std::lock_guard lock(shared_.mutex);
      --resetting_ports_;
    });
  }
}

void AhciController::collect_pending() {
  for (unsigned index = 0; index < kPorts; ++index) {
    if (ports_[index]->interrupt_pending()) {
      interrupt_status_ |= 1u << index;
    }
  }
}

void AhciController::update_interrupt() {
  std::unique_lock lock(shared_.mutex);
  if (delivering_) {
    line_again_ = true;  // Whoever delivers looks once more.
    return;
  }
  delivering_ = true;
  for (;;) {
    collect_pending();
    const bool level = interrupt_enable_ && interrupt_status_ != 0;
    const bool message = level && (!asserted_ || signal_again_);
    const bool changed = level != asserted_ || std::exchange(line_again_, false);
    signal_again_ = false;
    if (!changed && !message) {
      break;
    }
    asserted_ = level;
    lock.unlock();
    if (message && msi_enabled()) {
      signal_msi();
    }
    set_intx(level);  // Nothing while MSI is on.
    lock.lock();
  }
  delivering_ = false;
}

void AhciController::on_config_write(unsigned, unsigned) {
  {
    const std::lock_guard lock(shared_.mutex);
    line_again_ = true;
  }
  update_interrupt();
  for (auto& port : ports_) {
    port->kick();  // Bus mastering may have been enabled.
  }
}

void AhciController::on_reset() {
  {
    const std::lock_guard lock(shared_.mutex);
    interrupt_enable_ = false;
    interrupt_status_ = 0;
    for (auto& port : ports_) {
      port->host_reset(nullptr);
      port->forget_lists();
    }
  }
  shared_.loop.run_sync([] {});  // What was under way has ended; drives are reset.
  update_interrupt();
}

}  // namespace saffron::storage
