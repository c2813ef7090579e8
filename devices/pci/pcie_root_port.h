// SPDX-License-Identifier: Apache-2.0
// PcieRootPort: a PCI Express root port, with one link below it (PCIe 4.0, 7.5.1.3 and 7.5.3; PCI-to-PCI Bridge 1.2,
// 3). Models: the type 1 header, bus numbers, a link that is always up when a device was added, the slot's presence.
// Devices below get pins swizzled onto the port's own (PCI-to-PCI Bridge 1.2, 9.1).
// Missing: the windows and enable bits do not filter (a BAR below the port is decoded where it says), secondary bus
// reset, hotplug, power management events, AER; so the port itself never interrupts.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "devices/pci/pci_bus.h"
#include "devices/pci/pci_device.h"
#include "devices/pci/wired_or.h"

namespace saffron::pci {

class PcieRootPort final : public PciDevice, public PciBridge {
 public:
  /// `slot_number`: the physical slot's number as a user sees it, unique in the machine, 1..8191.
  /// The buses are those of the root.
  PcieRootPort(std::string name, std::uint16_t slot_number, core::Bus& io_bus, core::Bus& memory_bus);
  ~PcieRootPort() override;

  /// Machine construction. Puts a function of the one device that a link has behind the port; it must outlive the
  /// vCPUs. Errors as PciBus::add.
  core::Result<void> add(unsigned function, PciDevice& device);

  PciBus& secondary_bus() override { return bus_; }
  std::uint8_t secondary_number() const override;
  std::uint8_t subordinate_number() const override;

 private:
  class UpstreamLine;

  void define_header();
  void define_express_capability(std::uint16_t slot_number);

  unsigned express_offset_ = 0;
  std::array<std::unique_ptr<UpstreamLine>, 4> upstream_;
  std::array<std::unique_ptr<WiredOr>, 4> wires_;
  PciBus bus_;
};

}  // namespace saffron::pci
