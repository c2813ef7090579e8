// SPDX-License-Identifier: Apache-2.0
// PciRoot: the root complex's bus 0, and the two ways in: configuration mechanism #1 (ports 0xCF8 and 0xCFC; PCI 3.0,
// 3.2.2.3.2) and ECAM (PCIe 4.0, 7.2.2). Interrupt pins go to eight PIRQ wires as on an ICH9.
// Missing: hotplug on bus 0; peer buses (a second root); configuration mechanism #2 (long dead).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "devices/pci/pci_bus.h"
#include "devices/pci/pci_device.h"
#include "devices/pci/wired_or.h"
#include "engine/core/bus.h"
#include "engine/core/irq.h"
#include "engine/core/result.h"

namespace saffron::pci {

class PciRoot {
 public:
  static constexpr unsigned kPirqCount = 8;                      // PIRQA..PIRQH.
  static constexpr std::uint64_t kEcamBytesPerBus = 1ull << 20;  // 256 functions of 4096 bytes.

  /// `pirqs`: PIRQA..PIRQH (Ich9Lpc::pirq_lines()); null where a wire goes nowhere. All must outlive the root, and the
  /// buses too.
  PciRoot(core::Bus& io_bus, core::Bus& memory_bus, const std::array<core::IrqLine*, kPirqCount>& pirqs);
  ~PciRoot();

  /// Machine construction. The device must outlive the vCPUs; errors as PciBus::add.
  core::Result<void> add(unsigned slot, unsigned function, PciDevice& device) {
    return bus_.add(slot, function, device);
  }
  /// The same, and the root owns the device.
  core::Result<void> add(unsigned slot, unsigned function, std::unique_ptr<PciDevice> device);

  /// Machine construction: claims ports 0xCF8..0xCFF. Byte accesses to 0xCF9 go to `reset_register` (offset 0), as
  /// the chipset's reset register lies inside the address register; null: nobody answers there.
  core::Result<void> connect_config_ports(core::BusDevice* reset_register);
  /// Configuration space as memory: offset = bus << 20 | slot << 15 | function << 12 | register. The host bridge maps
  /// it.
  core::BusDevice& ecam();

  /// Machine reset, vCPUs stopped: the address register, and every device.
  void reset();

  /// Any thread. Cycles to functions that are not there read as all ones and write nothing (PCI 3.0, 6.1).
  /// `size` is 1, 2 or 4; an access that is not naturally aligned is made byte by byte.
  std::uint32_t read_config(std::uint8_t bus, std::uint8_t device_function, unsigned offset, unsigned size);
  void write_config(std::uint8_t bus, std::uint8_t device_function, unsigned offset, unsigned size,
                    std::uint32_t value);
  PciDevice* find(std::uint8_t bus, unsigned slot, unsigned function) const;

  /// The PIRQ (0: A .. 7: H) behind pin 1..4 of a slot of bus 0; the DSDT's _PRT must say the same. Slots 0..24:
  /// E + (slot + pin - 1) % 4. Slots 25..31: pin INTA to A .. INTD to D, the reset value 0x3210 of ICH9's D31IR..D25IR.
  static unsigned pirq_of(unsigned slot, std::uint8_t pin);

 private:
  class ConfigPorts;
  class Ecam;

  void retry_decoding();

  core::Bus& io_bus_;
  std::array<std::unique_ptr<WiredOr>, kPirqCount> pirqs_;
  PciBus bus_;
  std::unique_ptr<ConfigPorts> config_ports_;
  std::unique_ptr<Ecam> ecam_;
  std::vector<std::unique_ptr<PciDevice>> owned_;
};

}  // namespace saffron::pci
