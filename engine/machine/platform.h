// SPDX-License-Identifier: Apache-2.0
// Platform: what every machine has: RAM, the VM, buses, interrupt controllers, the Q35 chipset and its PCI root.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "devices/pci/ich9_lpc.h"
#include "devices/pci/ich9_smbus.h"
#include "devices/pci/pci_root.h"
#include "devices/pci/q35_mch.h"
#include "engine/core/bus.h"
#include "engine/core/event_loop.h"
#include "engine/core/guest_memory.h"
#include "engine/kvm/irq_chip.h"
#include "engine/kvm/vcpu_set.h"
#include "engine/machine/firmware_memory.h"
#include "engine/machine/memory_layout.h"

namespace saffron::machine {

struct PlatformOptions {
  std::uint64_t memory_bytes = 0;
  unsigned cpu_count = 1;
  std::span<const std::uint8_t> bios;  // Empty: a direct boot.
};

/// The machine's skeleton. Device families are put onto it by the add_* files; it does not know them. Control thread;
/// members marked so may be used from others. Destroy the devices' users (vCPUs) first, then devices, then this.
class Platform {
 public:
  static core::Result<std::unique_ptr<Platform>> create(const PlatformOptions& options, core::EventLoop& control);
  ~Platform();

  core::EventLoop& control;
  MemoryLayout layout;
  core::Bus io{"io", 16};        // Any thread.
  core::Bus memory_bus{"mmio"};  // Any thread.
  std::unique_ptr<core::GuestMemory> ram;
  std::unique_ptr<kvm::System> system;
  std::unique_ptr<kvm::Vm> vm;
  std::unique_ptr<kvm::IrqChip> interrupts;
  std::unique_ptr<pci::Ich9Lpc> lpc;
  std::unique_ptr<pci::PciRoot> pci;

  /// The next free slot of bus 0 for a device: 1 to 30 (31 is the chipset's). kExhausted.
  core::Result<unsigned> take_slot();
  /// Plugs `device` into the next free slot; the root owns it. Returns the slot.
  core::Result<unsigned> plug(std::unique_ptr<pci::PciDevice> device);
  /// Makes the vCPUs, once all else is there.
  core::Result<std::unique_ptr<kvm::VcpuSet>> create_vcpus(kvm::VcpuListener listener);
  /// What firmware would do to the chipset before a kernel runs (direct boot): ECAM, ACPI block, RAM everywhere.
  void play_firmware();
  /// Machine reset, vCPUs parked: interrupt controllers and PCI.
  void reset();
  /// Where firmware has put the ECAM; where the layout has it while it is off, or above 4 GiB. Any thread.
  EcamPlace ecam_place() const;
  /// The processor's name, for SMBIOS.
  std::string processor() const;
  /// The guest's processors have VMX.
  bool has_vmx() const;
  unsigned cpu_count() const { return cpu_count_; }

 private:
  explicit Platform(core::EventLoop& loop) : control(loop) {}
  core::Result<void> build(const PlatformOptions& options);
  core::Result<void> map_ram();
  core::Result<void> build_chipset();

  pci::Q35Mch* mch_ = nullptr;  // The root's.
  unsigned cpu_count_ = 1;
  unsigned next_slot_ = 1;
  std::vector<std::unique_ptr<core::MemorySlot>> ram_slots_;
  std::unique_ptr<FirmwareMemory> firmware_memory_;
};

}  // namespace saffron::machine
