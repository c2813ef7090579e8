// SPDX-License-Identifier: Apache-2.0
// Ich9Lpc: the LPC bridge of ICH9, device 00:1f.0: what decodes the chipset's own blocks, and where PIRQs go.
// Models: PMBASE and ACPI_CNTL (ACPI block, SCI), PIRQ routing to ISA interrupts and to IOAPIC inputs 16..23, RCBA
// with its register block, GEN_PMCON and its lock. Storage without effect: LPC I/O decode ranges, GPIOBASE, SERIRQ,
// firmware hub decode, BIOS_CNTL, most of RCBA. DxxIP and DxxIR are read only at their defaults, as PciRoot wires
// pins by them. Missing: the feature-detection capability, GPIO ports, HPET, TCO.
// Follows: Intel I/O Controller Hub 9 datasheet (316972), 10 (chipset configuration) and 13 (LPC, device 31 function
// 0).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "devices/pci/movable_range.h"
#include "devices/pci/pci_device.h"
#include "devices/pci/wired_or.h"

namespace saffron::pci {

class Ich9Lpc final : public PciDevice {
 public:
  static constexpr unsigned kGsiCount = 24;
  static constexpr unsigned kPirqCount = 8;
  /// Registers that a boot without firmware must set (`PciRoot::write_config`): 0x601 and 0x80 are usual.
  static constexpr unsigned kPmBase = 0x40;
  static constexpr unsigned kAcpiControl = 0x44;
  static constexpr std::uint64_t kAcpiBlockSize = 128;

  /// `gsis`: the interrupt controllers' inputs; 0..15 reach PIC and IOAPIC, 16..23 the IOAPIC. Null: goes nowhere.
  /// All must outlive the vCPUs.
  Ich9Lpc(core::Bus& io_bus, core::Bus& memory_bus, const std::array<core::IrqLine*, kGsiCount>& gsis);
  ~Ich9Lpc() override;

  /// Machine construction, once: the ACPI block (128 ports), which is on the I/O bus where PMBASE says while
  /// ACPI_CNTL enables it.
  void connect_acpi_block(core::BusDevice& block);

  /// PIRQA..PIRQH, for PciRoot.
  std::array<core::IrqLine*, kPirqCount> pirq_lines();
  /// The system control interrupt: goes where ACPI_CNTL says (GSI 9 after reset). For the ACPI block.
  core::IrqLine& sci_line();
  /// An input of its own on GSI 0..15, for each ISA device: use these rather than the GSI itself, as PIRQs and the
  /// SCI share the wires. Machine construction; the line lives as long as the bridge. Out of range is taken modulo 16.
  core::IrqLine& add_isa_line(unsigned irq);

 protected:
  void on_config_write(unsigned offset, unsigned size) override;
  void on_reset() override;

 private:
  class Router;
  class ChipsetBlock;

  void define_registers();
  void follow_blocks();
  void follow_routes();

  std::array<std::unique_ptr<WiredOr>, kGsiCount> gsis_;
  std::array<std::unique_ptr<Router>, kPirqCount> pirqs_;
  std::unique_ptr<Router> sci_;
  std::vector<std::unique_ptr<WiredInput>> isa_lines_;
  std::unique_ptr<ChipsetBlock> chipset_block_;
  core::Bus& io_bus_;
  std::unique_ptr<MovableRange> acpi_range_;
  MovableRange chipset_range_;
};

}  // namespace saffron::pci
