// SPDX-License-Identifier: Apache-2.0
#include "devices/pci/pci_bus.h"

#include <fmt/core.h>

#include <utility>

namespace saffron::pci {

/// Where one device is plugged.
class PciBus::Socket final : public PciSocket {
 public:
  Socket(PciBus& bus, unsigned slot)
      : bus_(bus),
        lines_{WiredInput(bus.wiring_.wire_of(slot, 1)), WiredInput(bus.wiring_.wire_of(slot, 2)),
               WiredInput(bus.wiring_.wire_of(slot, 3)), WiredInput(bus.wiring_.wire_of(slot, 4))} {}

  core::Bus& io_bus() override { return bus_.wiring_.io_bus; }
  core::Bus& memory_bus() override { return bus_.wiring_.memory_bus; }
  core::IrqLine& interrupt_line(std::uint8_t pin) override { return lines_[(pin - 1u) % 4]; }
  void address_space_freed() override { bus_.wiring_.address_space_freed(); }
  bool on_link() const override { return bus_.wiring_.link; }

 private:
  PciBus& bus_;
  std::array<WiredInput, 4> lines_;
};

PciBus::PciBus(Wiring wiring) : wiring_(std::move(wiring)) {}

PciBus::~PciBus() = default;

core::Result<void> PciBus::add(unsigned slot, unsigned function, PciDevice& device) {
  if (slot >= kSlots || function >= kFunctions) {
    return core::Error{core::ErrorCode::kOutOfRange, fmt::format("There is no PCI slot {:02x}.{}", slot, function),
                       device.name()};
  }
  PciDevice*& place = devices_[slot * kFunctions + function];
  if (place != nullptr) {
    return core::Error{core::ErrorCode::kAlreadyExists,
                       fmt::format("PCI slot {:02x}.{} is taken by {}", slot, function, place->name()), place->name()};
  }
  place = &device;
  sockets_.push_back(std::make_unique<Socket>(*this, slot));
  device.plug(*sockets_.back());
  if (auto* bridge = dynamic_cast<PciBridge*>(&device); bridge != nullptr) {
    bridges_.push_back(bridge);
  }
  // Software looks past function 0 only if its header says so (PCI 3.0, 6.2.1).
  bool others = false;
  for (unsigned i = 1; i < kFunctions; ++i) {
    others |= devices_[slot * kFunctions + i] != nullptr;
  }
  if (PciDevice* first = devices_[slot * kFunctions]; first != nullptr && others) {
    first->set_multifunction();
  }
  return {};
}

PciDevice* PciBus::find(std::uint8_t own_number, std::uint8_t bus, std::uint8_t device_function) const {
  if (bus == own_number) {
    return devices_[device_function];
  }
  for (PciBridge* bridge : bridges_) {
    const std::uint8_t secondary = bridge->secondary_number();
    // The check against our own number ends the walk where a guest numbered buses in a circle.
    if (secondary > own_number && bus >= secondary && bus <= bridge->subordinate_number()) {
      return bridge->secondary_bus().find(secondary, bus, device_function);
    }
  }
  return nullptr;
}

void PciBus::for_each(const std::function<void(PciDevice&)>& visit) const {
  for (PciDevice* device : devices_) {
    if (device != nullptr) {
      visit(*device);
    }
  }
  for (PciBridge* bridge : bridges_) {
    bridge->secondary_bus().for_each(visit);
  }
}

}  // namespace saffron::pci
