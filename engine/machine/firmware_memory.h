// SPDX-License-Identifier: Apache-2.0
// FirmwareMemory: the BIOS image below 4 GiB, and 0xc0000..0xfffff as the PAM registers have it: RAM or ROM.
// Models: all four settings of a region. Reads of a disabled region see the BIOS (its last 128 KiB at 0xe0000) or
// nothing; writes that may only be written reach RAM through the MMIO path, as KVM has no write-only memory.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <vector>

#include "devices/pci/q35_mch.h"
#include "engine/core/bus.h"
#include "engine/core/guest_memory.h"
#include "engine/core/log.h"
#include "engine/core/memory_slot.h"

namespace saffron::machine {

class FirmwareMemory final : public pci::PamListener, public core::BusDevice {
 public:
  static constexpr std::size_t kMaxImage = 8 * 1024 * 1024;  // The largest flash that boards of this kind have.

  /// `image`: 64 KiB to 8 MiB, whole 64 KiB blocks (kInvalidArgument otherwise), or empty for a boot without firmware.
  /// Everything must outlive it.
  static core::Result<std::unique_ptr<FirmwareMemory>> create(const core::GuestMemory& ram,
                                                              core::MemorySlotFactory& slots,
                                                              std::span<const std::uint8_t> image);

  /// vCPU threads, in order (see PamListener).
  void pam_changed(std::span<const pci::PamRegion> regions) override;

  // The MMIO path for 0xc0000..0xfffff: what no slot takes. Any thread.
  std::string_view name() const override { return "pam"; }
  core::AccessSizes access_sizes() const override { return {1, 2, 4, 8}; }
  std::uint64_t read(std::uint64_t offset, unsigned size) override;
  void write(std::uint64_t offset, unsigned size, std::uint64_t value) override;

 private:
  struct Area {
    pci::PamRegion region;
    std::unique_ptr<core::MemorySlot> ram;
    std::unique_ptr<core::MemorySlot> ram_read_only;
    std::unique_ptr<core::MemorySlot> rom;
  };

  explicit FirmwareMemory(const core::GuestMemory& ram) : ram_(ram) {}
  core::Result<void> add_image(core::MemorySlotFactory& slots, std::span<const std::uint8_t> image);
  core::Result<void> add_areas(core::MemorySlotFactory& slots);
  void show(Area& area);

  const core::GuestMemory& ram_;
  std::unique_ptr<core::SharedMemory> image_;
  std::unique_ptr<core::MemorySlot> top_;
  std::mutex mutex_;  // Guards the areas' state. Taken before the VM's locks.
  std::vector<Area> areas_;
  core::LogOnce map_failed_;
};

}  // namespace saffron::machine
