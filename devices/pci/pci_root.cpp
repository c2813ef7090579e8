// SPDX-License-Identifier: Apache-2.0
#include "devices/pci/pci_root.h"

#include <utility>

#include "devices/pci/pci_config_space.h"

namespace saffron::pci {

namespace {

constexpr std::uint64_t kConfigAddressPort = 0xcf8;
constexpr std::uint64_t kConfigPorts = 8;
constexpr unsigned kResetRegister = 1;  // 0xCF9, relative to the address port.
constexpr unsigned kConfigData = 4;     // 0xCFC.

constexpr std::uint32_t all_ones(unsigned size) {
  return size >= 4 ? ~0u : (1u << (8 * size)) - 1;
}

}  // namespace

/// Ports 0xCF8..0xCFF.
class PciRoot::ConfigPorts final : public core::BusDevice {
 public:
  ConfigPorts(PciRoot& root, core::BusDevice* reset_register) : root_(root), reset_register_(reset_register) {}

  std::string_view name() const override { return "pci-config"; }
  core::AccessSizes access_sizes() const override { return {1, 2, 4}; }

  std::uint64_t read(std::uint64_t offset, unsigned size) override {
    if (offset >= kConfigData) {
      const std::uint32_t address = address_;
      return (address & kEnable) == 0
                 ? all_ones(size)
                 : root_.read_config(bus_of(address), function_of(address), register_of(address, offset), size);
    }
    if (offset == 0 && size == 4) {
      return address_;
    }
    // Narrower accesses to the address register are not its own: they pass on to the I/O bus (3.2.2.3.2).
    return offset == kResetRegister && size == 1 && reset_register_ != nullptr ? reset_register_->read(0, 1)
                                                                               : all_ones(size);
  }

  void write(std::uint64_t offset, unsigned size, std::uint64_t value) override {
    if (offset >= kConfigData) {
      const std::uint32_t address = address_;
      if ((address & kEnable) != 0) {
        root_.write_config(bus_of(address), function_of(address), register_of(address, offset), size,
                           static_cast<std::uint32_t>(value));
      }
    } else if (offset == 0 && size == 4) {
      address_ = static_cast<std::uint32_t>(value) & kWritable;
    } else if (offset == kResetRegister && size == 1 && reset_register_ != nullptr) {
      reset_register_->write(0, 1, value);
    }
  }

  void reset() { address_ = 0; }

 private:
  static constexpr std::uint32_t kEnable = 1u << 31;
  static constexpr std::uint32_t kWritable = 0x80fffffc;  // Bits 30:24 and 1:0 are reserved.

  static std::uint8_t bus_of(std::uint32_t address) { return static_cast<std::uint8_t>(address >> 16); }
  static std::uint8_t function_of(std::uint32_t address) { return static_cast<std::uint8_t>(address >> 8); }
  static unsigned register_of(std::uint32_t address, std::uint64_t offset) {
    return (address & 0xfc) + (static_cast<unsigned>(offset) - kConfigData);
  }

  PciRoot& root_;
  core::BusDevice* const reset_register_;
  std::atomic<std::uint32_t> address_{0};
};

class PciRoot::Ecam final : public core::BusDevice {
 public:
  explicit Ecam(PciRoot& root) : root_(root) {}
  std::string_view name() const override { return "pci-ecam"; }
  core::AccessSizes access_sizes() const override { return {1, 2, 4}; }
  std::uint64_t read(std::uint64_t offset, unsigned size) override {
    return root_.read_config(static_cast<std::uint8_t>(offset >> 20), static_cast<std::uint8_t>(offset >> 12),
                             static_cast<unsigned>(offset & 0xfff), size);
  }
  void write(std::uint64_t offset, unsigned size, std::uint64_t value) override {
    root_.write_config(static_cast<std::uint8_t>(offset >> 20), static_cast<std::uint8_t>(offset >> 12),
                       static_cast<unsigned>(offset & 0xfff), size, static_cast<std::uint32_t>(value));
  }

 private:
  PciRoot& root_;
};

PciRoot::PciRoot(core::Bus& io_bus, core::Bus& memory_bus, const std::array<core::IrqLine*, kPirqCount>& pirqs)
    : io_bus_(io_bus),
      bus_({.io_bus = io_bus,
            .memory_bus = memory_bus,
            .wire_of = [this](unsigned slot, std::uint8_t pin) -> WiredOr& { return *pirqs_[pirq_of(slot, pin)]; },
            .address_space_freed = [this] { retry_decoding(); },
            .link = false}),
      ecam_(std::make_unique<Ecam>(*this)) {
  for (unsigned i = 0; i < kPirqCount; ++i) {
    pirqs_[i] = std::make_unique<WiredOr>(pirqs[i]);
  }
}

PciRoot::~PciRoot() = default;

core::Result<void> PciRoot::add(unsigned slot, unsigned function, std::unique_ptr<PciDevice> device) {
  SAFFRON_TRY(bus_.add(slot, function, *device));
  owned_.push_back(std::move(device));
  return {};
}

core::Result<void> PciRoot::connect_config_ports(core::BusDevice* reset_register) {
  if (config_ports_ != nullptr) {
    return core::Error{core::ErrorCode::kInvalidState, "The PCI configuration ports are connected already", "pci"};
  }
  config_ports_ = std::make_unique<ConfigPorts>(*this, reset_register);
  return io_bus_.insert({kConfigAddressPort, kConfigPorts, 0}, *config_ports_);
}

core::BusDevice& PciRoot::ecam() {
  return *ecam_;
}

void PciRoot::reset() {
  if (config_ports_ != nullptr) {
    config_ports_->reset();
  }
  bus_.for_each([](PciDevice& device) { device.reset(); });
}

std::uint32_t PciRoot::read_config(std::uint8_t bus, std::uint8_t device_function, unsigned offset, unsigned size) {
  PciDevice* device = bus_.find(0, bus, device_function);
  if (device == nullptr) {
    return all_ones(size);
  }
  if (PciConfigSpace::legal(offset, size)) {
    return device->read_config(offset, size);
  }
  std::uint32_t value = 0;
  for (unsigned i = 0; i < size; ++i) {
    value |= (device->read_config(offset + i, 1) & 0xff) << (8 * i);
  }
  return value;
}

void PciRoot::write_config(std::uint8_t bus, std::uint8_t device_function, unsigned offset, unsigned size,
                           std::uint32_t value) {
  PciDevice* device = bus_.find(0, bus, device_function);
  if (device == nullptr) {
    return;
  }
  if (PciConfigSpace::legal(offset, size)) {
    device->write_config(offset, size, value);
    return;
  }
  for (unsigned i = 0; i < size; ++i) {
    device->write_config(offset + i, 1, (value >> (8 * i)) & 0xff);
  }
}

PciDevice* PciRoot::find(std::uint8_t bus, unsigned slot, unsigned function) const {
  if (slot >= PciBus::kSlots || function >= PciBus::kFunctions) {
    return nullptr;
  }
  return bus_.find(0, bus, static_cast<std::uint8_t>(slot << 3 | function));
}

unsigned PciRoot::pirq_of(unsigned slot, std::uint8_t pin) {
  constexpr unsigned kFirstChipsetSlot = 25;
  const unsigned index = pin - 1u;
  return slot < kFirstChipsetSlot ? 4 + (slot + index) % 4 : index % 4;
}

void PciRoot::retry_decoding() {
  bus_.for_each([](PciDevice& device) { device.retry_decoding(); });
}

}  // namespace saffron::pci
