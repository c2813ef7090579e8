// SPDX-License-Identifier: Apache-2.0
// PciBus: up to 32 slots of 8 functions, and the buses behind bridges among them (PCI 3.0, 3.2.2.3).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "devices/pci/pci_device.h"
#include "devices/pci/wired_or.h"
#include "engine/core/bus.h"
#include "engine/core/result.h"

namespace saffron::pci {

class PciBus;

/// What a PciDevice that is a bridge also implements; PciBus::add finds out by itself.
class PciBridge {
 public:
  virtual ~PciBridge() = default;
  virtual PciBus& secondary_bus() = 0;
  /// The registers Secondary and Subordinate Bus Number. Any thread.
  virtual std::uint8_t secondary_number() const = 0;
  virtual std::uint8_t subordinate_number() const = 0;
};

/// Devices are added while the machine is built; from then on any thread may look them up.
class PciBus {
 public:
  static constexpr unsigned kSlots = 32;
  static constexpr unsigned kFunctions = 8;

  struct Wiring {
    core::Bus& io_bus;
    core::Bus& memory_bus;
    /// The wire of pin 1..4 of a slot.
    std::function<WiredOr&(unsigned slot, std::uint8_t pin)> wire_of;
    /// A BAR of some device left its place.
    std::function<void()> address_space_freed;
    /// Whether this bus is a PCIe link below a port.
    bool link = false;
  };

  explicit PciBus(Wiring wiring);
  ~PciBus();
  PciBus(const PciBus&) = delete;
  PciBus& operator=(const PciBus&) = delete;

  /// Plugs a device, which must outlive the bus's users. Errors: kOutOfRange (no such slot or function),
  /// kAlreadyExists (taken; the subject names the device there).
  core::Result<void> add(unsigned slot, unsigned function, PciDevice& device);

  /// The function that answers cycles to `bus`, where this bus has the number `own_number`; null if there is none.
  PciDevice* find(std::uint8_t own_number, std::uint8_t bus, std::uint8_t device_function) const;
  /// Calls `visit` for each device here and behind bridges, bridges first.
  void for_each(const std::function<void(PciDevice&)>& visit) const;

 private:
  class Socket;

  Wiring wiring_;
  std::array<PciDevice*, kSlots * kFunctions> devices_{};
  std::vector<std::unique_ptr<Socket>> sockets_;
  std::vector<PciBridge*> bridges_;
};

}  // namespace saffron::pci
