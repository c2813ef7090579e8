// SPDX-License-Identifier: Apache-2.0
// IrqChip: how interrupts get into KVM's PIC, IOAPIC and LAPICs: wires (GSI 0..23) and MSI vectors (irqfd).
#pragma once

#include "engine/kvm/kvm_abi.h"

#include <array>
#include <map>
#include <memory>
#include <mutex>

#include "engine/core/irq.h"
#include "engine/kvm/vm.h"

namespace saffron::kvm {

/// Any thread.
class IrqChip final : public core::MsiController {
 public:
  static constexpr unsigned kWires = 24;     // IOAPIC pins; 0..15 are ISA interrupts and reach the PIC too.
  static constexpr unsigned kMaxMsi = 1024;  // KVM's table has 4096 entries; no machine of ours comes near.

  static core::Result<std::unique_ptr<IrqChip>> create(Vm& vm);
  ~IrqChip() override;

  /// GSI 0..23. ISA interrupt n is wire n; interrupt 0 (the PIT) reaches IOAPIC pin 2, as the MADT says.
  core::IrqLine& wire(unsigned gsi) { return *wires_.at(gsi); }
  core::Result<std::unique_ptr<core::MsiVector>> allocate(std::string_view name) override;

 private:
  class Wire;
  class Vector;
  explicit IrqChip(Vm& vm);
  core::Result<void> commit_routes();  // With mutex_ held.
  core::Result<void> route(unsigned gsi, const core::MsiMessage& message);
  void release(unsigned gsi);

  Vm& vm_;
  std::array<std::unique_ptr<core::IrqLine>, kWires> wires_;
  std::mutex mutex_;                                              // Leaf lock; guards what follows.
  std::map<unsigned, std::optional<core::MsiMessage>> messages_;  // By GSI, 24 and up.
};

}  // namespace saffron::kvm
