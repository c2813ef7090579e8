// SPDX-License-Identifier: Apache-2.0
#include "devices/pci/pci_device.h"

#include <algorithm>
#include <utility>

#include "devices/pci/express_registers.h"
#include "devices/pci/pci_bars.h"
#include "devices/pci/pci_config_space.h"
#include "devices/pci/pci_msi.h"
#include "devices/pci/pci_msix.h"
#include "engine/core/log.h"

namespace saffron::pci {

namespace {

constexpr std::uint8_t kMsixId = 0x11;
constexpr std::uint16_t kMsixEnable = 1u << 15;  // PCI 3.0, 6.8.2.3.
constexpr std::uint16_t kMsixFunctionMask = 1u << 14;

void put32(std::span<std::uint8_t> bytes, unsigned offset, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) {
    bytes[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

}  // namespace

/// Lock order: the locks of bars_ and of MessageVectors' routes, then mutex_, then those of msix_ and of vectors.
class PciDevice::Impl {
 public:
  Impl(PciDevice& owner, const PciIdentity& identity)
      : config_(identity), bars_(owner.name()), interrupt_pin_(identity.interrupt_pin), owner_(owner) {}

  std::uint32_t read(unsigned offset, unsigned size);
  /// Changes the registers, and lets messages, wires and BARs follow.
  void write(unsigned offset, unsigned size, std::uint32_t value);
  void reset();
  void follow_bars();
  /// Drives the wire as the device's state and the registers say.
  void drive_intx();

  /// mutex_ is held. Passes what the registers say on to MSI, MSI-X and the cached command register. Returns whether
  /// sync_messages() is due.
  bool load_controls();
  bool message_interrupts() const {
    return (msi_ != nullptr && msi_->enabled()) || (msix_ != nullptr && msix_->vectors().enabled());
  }
  void sync_messages();

  mutable std::mutex mutex_;  // Guards config_, intx_*_ and the noting (not the routing) of messages.
  PciConfigSpace config_;
  PciBars bars_;
  std::atomic<std::uint16_t> command_{0};
  std::unique_ptr<MsiCapability> msi_;
  std::unique_ptr<MsixTable> msix_;
  unsigned msix_offset_ = 0;
  unsigned express_offset_ = 0;
  PciSocket* socket_ = nullptr;
  const std::uint8_t interrupt_pin_;
  bool intx_asserted_ = false;  // What the device says.
  bool intx_driven_ = false;    // What the wire was told.
  bool intx_driving_ = false;   // A thread is telling it.

 private:
  PciDevice& owner_;
};

std::uint32_t PciDevice::Impl::read(unsigned offset, unsigned size) {
  const std::lock_guard lock(mutex_);
  // Interrupt Status follows the device, whatever Interrupt Disable says (6.2.3). It is about INTx: not while MSI is
  // on.
  const bool status = intx_asserted_ && !message_interrupts();
  config_.set_value(
      kConfigStatus, 1,
      (config_.value(kConfigStatus, 1) & ~std::uint32_t{kStatusInterrupt}) | (status ? kStatusInterrupt : 0u));
  if (msi_ != nullptr) {
    msi_->show_pending(config_);
  }
  return config_.value(offset, size);
}

bool PciDevice::Impl::load_controls() {
  bool changed = false;
  const auto command = static_cast<std::uint16_t>(config_.value(kConfigCommand, 2));
  command_ = command;
  if (msi_ != nullptr) {
    msi_->load(config_);
    changed = true;
  }
  if (msix_ != nullptr) {
    const std::uint32_t control = config_.value(msix_offset_ + 2, 2);
    changed |= msix_->set_control((control & kMsixEnable) != 0, (control & kMsixFunctionMask) != 0,
                                  (command & kCommandBusMaster) != 0);
  }
  return changed;
}

void PciDevice::Impl::sync_messages() {
  if (msi_ != nullptr) {
    msi_->vectors().sync_all();
  }
  if (msix_ != nullptr) {
    msix_->vectors().sync_all();
  }
}

void PciDevice::Impl::write(unsigned offset, unsigned size, std::uint32_t value) {
  // Only the command register and the capabilities steer interrupts; BAR writes come in storms at boot.
  const bool steers =
      offset < kConfigBar0 || (offset >= PciConfigSpace::kFirstCapability && offset < PciConfigSpace::kExtendedSpace);
  bool messages = false;
  {
    const std::lock_guard lock(mutex_);
    config_.write(offset, size, value);
    messages = steers && load_controls();
  }
  if (messages) {
    sync_messages();
  }
  if (steers) {
    drive_intx();
  }
  if (PciBars::concerns(offset, size)) {
    follow_bars();
  }
}

void PciDevice::Impl::follow_bars() {
  const bool freed = bars_.update(
      [this] {
        const std::lock_guard lock(mutex_);
        return bars_.wanted(config_);
      },
      [this](unsigned index, std::optional<std::uint64_t> address) { owner_.on_bar_changed(index, address); });
  if (freed) {
    socket_->address_space_freed();
  }
}

void PciDevice::Impl::drive_intx() {
  if (socket_ == nullptr || interrupt_pin_ == 0) {
    return;
  }
  std::unique_lock lock(mutex_);
  if (intx_driving_) {
    return;  // That thread looks again before it leaves.
  }
  intx_driving_ = true;
  for (;;) {
    const bool enabled = (command_ & kCommandInterruptDisable) == 0 && !message_interrupts();
    const bool level = intx_asserted_ && enabled;
    if (level == intx_driven_) {
      break;
    }
    intx_driven_ = level;
    lock.unlock();
    socket_->interrupt_line(interrupt_pin_).set_level(level);
    lock.lock();
  }
  intx_driving_ = false;
}

void PciDevice::Impl::reset() {
  {
    const std::lock_guard lock(mutex_);
    config_.reset();
    intx_asserted_ = false;
    if (msix_ != nullptr) {
      msix_->reset();
    }
    (void)load_controls();
  }
  sync_messages();
  drive_intx();
  follow_bars();
}

PciDevice::PciDevice(std::string name, const PciIdentity& identity)
    : name_(std::move(name)), impl_(std::make_unique<Impl>(*this, identity)) {}

PciDevice::~PciDevice() = default;

std::uint32_t PciDevice::read_config(unsigned offset, unsigned size) {
  if (!PciConfigSpace::legal(offset, size)) {
    return 0xffffffff;
  }
  on_config_read(offset, size);
  return impl_->read(offset, size);
}

void PciDevice::write_config(unsigned offset, unsigned size, std::uint32_t value) {
  if (!PciConfigSpace::legal(offset, size)) {
    return;
  }
  impl_->write(offset, size, value);
  on_config_write(offset, size);
}

void PciDevice::plug(PciSocket& socket) {
  impl_->socket_ = &socket;
  impl_->bars_.plug(socket);
  if (impl_->express_offset_ != 0 && socket.on_link()) {
    set_register(impl_->express_offset_ + kExpressFlags, 2, kExpressVersion | kExpressEndpoint << 4, 0);
    set_register(impl_->express_offset_ + kExpressLinkCapabilities, 4, kLinkSpeed16 | kLinkWidth16, 0);
    set_register(impl_->express_offset_ + kExpressLinkStatus, 2, kLinkSpeed16 | kLinkWidth16, 0);
    set_register(impl_->express_offset_ + kExpressLinkCapabilities2, 4, kLinkSpeedsTo16, 0);
  }
}

PciSocket* PciDevice::socket() const {
  return impl_->socket_;
}

void PciDevice::set_multifunction() {
  const std::lock_guard lock(impl_->mutex_);
  const std::uint8_t type = static_cast<std::uint8_t>(impl_->config_.value(kConfigHeaderType, 1) | 0x80);
  impl_->config_.define(kConfigHeaderType, {&type, 1}, {});
}

void PciDevice::retry_decoding() {
  if (impl_->bars_.blocked()) {
    impl_->follow_bars();
  }
}

void PciDevice::reset() {
  impl_->reset();
  on_reset();
}

std::optional<std::uint64_t> PciDevice::bar_address(unsigned index) const {
  return impl_->bars_.address(index);
}

void PciDevice::add_bar(PciBarSpec spec) {
  impl_->bars_.add(std::move(spec), impl_->config_);
}

std::uint8_t PciDevice::add_capability(std::uint8_t id, std::span<const std::uint8_t> body,
                                       std::span<const std::uint8_t> write_mask) {
  return impl_->config_.add_capability(id, body, write_mask);
}

void PciDevice::add_express_endpoint_capability() {
  // PCIe 4.0, 7.5.3; body offsets are two less. Version 2, root complex integrated endpoint: no link, no slot
  // (7.5.3.2).
  std::array<std::uint8_t, kExpressBodySize> body{};
  std::array<std::uint8_t, kExpressBodySize> writable{};
  body[0] = kExpressVersion | kExpressIntegratedEndpoint << 4;
  put32(body, kExpressDeviceCapabilities - 2, kRoleBasedErrors);
  put32(body, kExpressDeviceControl - 2, kDeviceControlReset);
  put32(writable, kExpressDeviceControl - 2, kDeviceControlWritable);
  impl_->express_offset_ = add_capability(kExpressId, body, writable);
}

void PciDevice::add_msi(std::unique_ptr<core::MsiVector> vector) {
  impl_->msi_ = std::make_unique<MsiCapability>(impl_->config_, std::move(vector));
}

void PciDevice::add_msix(unsigned bar, std::uint64_t table_offset, std::uint64_t pba_offset,
                         std::vector<std::unique_ptr<core::MsiVector>> vectors) {
  if (vectors.empty() || vectors.size() > MsixTable::kMaxVectors || bar > 5 || table_offset % 8 != 0 ||
      pba_offset % 8 != 0) {
    core::log_error("pci", "{}: MSI-X with {} vectors in BAR {} is against the rules; left out", name_, vectors.size(),
                    bar);
    return;
  }
  std::array<std::uint8_t, 10> body{};
  std::array<std::uint8_t, 10> writable{};
  const std::size_t last = vectors.size() - 1;
  body[0] = static_cast<std::uint8_t>(last);
  body[1] = static_cast<std::uint8_t>(last >> 8);
  writable[1] = (kMsixEnable | kMsixFunctionMask) >> 8;
  put32(body, 2, static_cast<std::uint32_t>(table_offset) | bar);
  put32(body, 6, static_cast<std::uint32_t>(pba_offset) | bar);
  impl_->msix_offset_ = add_capability(kMsixId, body, writable);
  impl_->msix_ = std::make_unique<MsixTable>(name_, std::move(vectors));
  MsixTable& table = *impl_->msix_;
  impl_->bars_.add_window(
      bar, {.offset = table_offset, .size = table.table_size(), .handler = &table.table_window(), .device_offset = 0});
  impl_->bars_.add_window(
      bar,
      {.offset = pba_offset, .size = table.pending_size(), .handler = &table.pending_window(), .device_offset = 0});
}

void PciDevice::set_config(unsigned offset, std::span<const std::uint8_t> value,
                           std::span<const std::uint8_t> write_mask) {
  const std::lock_guard lock(impl_->mutex_);
  impl_->config_.define(offset, value, write_mask);
}

void PciDevice::set_register(unsigned offset, unsigned size, std::uint64_t value, std::uint64_t write_mask) {
  std::array<std::uint8_t, 8> bytes;
  std::array<std::uint8_t, 8> writable;
  for (unsigned i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
    writable[i] = static_cast<std::uint8_t>(write_mask >> (8 * i));
  }
  set_config(offset, {bytes.data(), std::min(size, 8u)}, {writable.data(), std::min(size, 8u)});
}

void PciDevice::set_intx(bool asserted) {
  {
    const std::lock_guard lock(impl_->mutex_);
    impl_->intx_asserted_ = asserted;
  }
  impl_->drive_intx();
}

bool PciDevice::msi_enabled() const {
  return impl_->msi_ != nullptr && impl_->msi_->enabled();
}

void PciDevice::signal_msi() {
  if (impl_->msi_ != nullptr) {
    impl_->msi_->vectors().signal(0);
  }
}

bool PciDevice::msix_enabled() const {
  return impl_->msix_ != nullptr && impl_->msix_->vectors().enabled();
}

void PciDevice::signal_msix(unsigned index) {
  if (impl_->msix_ != nullptr) {
    impl_->msix_->vectors().signal(index);
  }
}

int PciDevice::msix_event_fd(unsigned index) const {
  return impl_->msix_ != nullptr ? impl_->msix_->vectors().event_fd(index) : -1;
}

bool PciDevice::bus_master_enabled() const {
  return (impl_->command_ & kCommandBusMaster) != 0;
}

bool PciDevice::memory_decoding_enabled() const {
  return (impl_->command_ & kCommandMemory) != 0;
}

std::uint32_t PciDevice::config_value(unsigned offset, unsigned size) const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->config_.value(offset, size);
}

void PciDevice::set_config_value(unsigned offset, unsigned size, std::uint32_t value) {
  const std::lock_guard lock(impl_->mutex_);
  impl_->config_.set_value(offset, size, value);
}

}  // namespace saffron::pci
