// SPDX-License-Identifier: Apache-2.0
#include "devices/pci/pcie_root_port.h"

#include <utility>

#include "devices/pci/express_registers.h"
#include "devices/pci/pci_config_space.h"

namespace saffron::pci {

namespace {

// The type 1 header (PCIe 4.0, 7.5.1.3).
constexpr unsigned kSecondaryBus = 0x19;
constexpr unsigned kSubordinateBus = 0x1a;

/// The id that drivers know as a generic root port.
constexpr PciIdentity kIdentity{.vendor = 0x1b36,
                                .device = 0x000c,
                                .subsystem_vendor = 0,  // Not in a type 1 header.
                                .subsystem = 0,
                                .class_code = 0x060400,
                                .revision = 0,
                                .interrupt_pin = 1,
                                .multifunction = false};

}  // namespace

/// A pin of the port, as the wire of the bus below ends at it. The port's own socket is known only once it is plugged.
class PcieRootPort::UpstreamLine final : public core::IrqLine {
 public:
  UpstreamLine(PcieRootPort& port, std::uint8_t pin) : port_(port), pin_(pin) {}
  void set_level(bool asserted) override {
    if (PciSocket* socket = port_.socket(); socket != nullptr) {
      socket->interrupt_line(pin_).set_level(asserted);
    }
  }

 private:
  PcieRootPort& port_;
  const std::uint8_t pin_;
};

PcieRootPort::PcieRootPort(std::string name, std::uint16_t slot_number, core::Bus& io_bus, core::Bus& memory_bus)
    : PciDevice(std::move(name), kIdentity),
      bus_({.io_bus = io_bus,
            .memory_bus = memory_bus,
            .wire_of = [this](unsigned slot, std::uint8_t pin) -> WiredOr& { return *wires_[(slot + pin - 1) % 4]; },
            .address_space_freed =
                [this] {
                  if (socket() != nullptr) {
                    socket()->address_space_freed();
                  }
                },
            .link = true}) {
  for (unsigned i = 0; i < 4; ++i) {
    upstream_[i] = std::make_unique<UpstreamLine>(*this, static_cast<std::uint8_t>(i + 1));
    wires_[i] = std::make_unique<WiredOr>(upstream_[i].get());
  }
  define_header();
  define_express_capability(slot_number);
}

PcieRootPort::~PcieRootPort() = default;

void PcieRootPort::define_header() {
  set_register(kConfigHeaderType, 1, 1, 0);
  set_register(0x10, 4, 0, 0);
  set_register(0x18, 4, 0, 0x00ffffff);           // Bus numbers; the secondary latency timer is hardwired to 0.
  set_register(0x1c, 2, 0x0000, 0xf0f0);          // I/O window, 16 bits.
  set_register(0x20, 4, 0, 0xfff0fff0);           // Memory window.
  set_register(0x24, 4, 0x00010001, 0xfff0fff0);  // Prefetchable window, 64 bits.
  set_register(0x28, 8, 0, 0xffffffffffffffff);
  set_register(0x30, 4, 0, 0);
  set_register(0x38, 4, 0, 0);  // No expansion ROM.
  // Bridge control (7.5.1.3.13): parity, SERR, ISA, VGA and its 16-bit decode, secondary bus reset.
  set_register(0x3e, 2, 0, 0x005f);
}

void PcieRootPort::define_express_capability(std::uint16_t slot_number) {
  std::array<std::uint8_t, kExpressBodySize> body{};
  express_offset_ = add_capability(kExpressId, body);
  const auto define = [this](unsigned offset, unsigned size, std::uint32_t value, std::uint32_t writable) {
    set_register(express_offset_ + offset, size, value, writable);
  };
  define(kExpressFlags, 2, kExpressVersion | kExpressRootPort << 4 | kExpressSlotImplemented, 0);
  define(kExpressDeviceCapabilities, 4, kRoleBasedErrors, 0);
  define(kExpressDeviceControl, 2, kDeviceControlReset, kDeviceControlWritable);
  define(kExpressLinkCapabilities, 4, kLinkSpeed16 | kLinkWidth16 | kLinkActiveReporting, 0);
  // Read completion boundary is 64 bytes; retrain and disable have no effect, and are not writable.
  define(kExpressLinkControl, 2, 0, 0x00c3);
  define(kExpressLinkStatus, 2, kLinkSpeed16 | kLinkWidth16, 0);
  define(kExpressSlotCapabilities, 4, std::uint32_t{slot_number} << 19, 0);  // No hotplug, no power controller.
  define(kExpressRootControl, 2, 0, 0x000f);
  define(kExpressLinkCapabilities2, 4, kLinkSpeedsTo16, 0);
  define(kExpressLinkControl2, 2, kLinkSpeed16, 0x000f);
}

core::Result<void> PcieRootPort::add(unsigned function, PciDevice& device) {
  SAFFRON_TRY(bus_.add(0, function, device));
  set_register(express_offset_ + kExpressLinkStatus, 2, kLinkSpeed16 | kLinkWidth16 | kLinkActive, 0);
  set_register(express_offset_ + kExpressSlotStatus, 2, kSlotPresence, 0);
  return {};
}

std::uint8_t PcieRootPort::secondary_number() const {
  return static_cast<std::uint8_t>(config_value(kSecondaryBus, 1));
}

std::uint8_t PcieRootPort::subordinate_number() const {
  return static_cast<std::uint8_t>(config_value(kSubordinateBus, 1));
}

}  // namespace saffron::pci
