// SPDX-License-Identifier: Apache-2.0
// Where everything is in the guest's physical address space. One place: firmware, ACPI and devices must agree.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/core/guest_memory.h"

namespace saffron::machine {

inline constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

inline constexpr std::uint64_t kVgaWindow = 0xa0000;  // To 0xbffff: the VGA's, or SMRAM.
inline constexpr std::uint64_t kPamStart = 0xc0000;   // To 0xfffff: RAM or ROM, as the PAM registers say.
inline constexpr std::uint64_t kEcamBase =
    0xb0000000;  // 256 MiB of PCIe configuration space, unless firmware moves it.
inline constexpr std::uint64_t kEcamSize = 256 * kMiB;
inline constexpr std::uint64_t kPciLowStart = 0xc0000000;  // PCI memory below 4 GiB.
inline constexpr std::uint64_t kPciLowEnd = 0xfebfffff;    // Last byte; the IOAPIC follows.
inline constexpr std::uint64_t kFirmwareTop = 4 * kGiB;

/// The ECAM below 4 GiB, as PCIEXBAR says: SeaBIOS and a direct boot leave it where it is here, other firmware does
/// not.
struct EcamPlace {
  std::uint64_t base = kEcamBase;
  std::uint64_t size = kEcamSize;
};

/// First and last address; both 0: there is none.
struct AddressWindow {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

/// RAM below and above 4 GiB, and the PCI window above it.
struct MemoryLayout {
  std::uint64_t low_size = 0;   // From 0.
  std::uint64_t high_size = 0;  // From 4 GiB.
  std::uint64_t pci_high_start = 0;
  std::uint64_t pci_high_end = 0;  // Last byte; 0: the processor's addresses have no room for a window.

  /// `total` bytes of RAM, on a processor with `address_bits`. RAM below 4 GiB ends under ECAM, or at 2 GiB if there
  /// is more than fits there: then the 32-bit PCI window keeps its full size and RAM stays naturally aligned.
  static MemoryLayout of(std::uint64_t total, unsigned address_bits);

  std::vector<core::GuestRegion> regions() const;
  /// What PCI devices may use below 4 GiB: before and after the ECAM; the first may be none.
  std::array<AddressWindow, 2> pci_low_windows(const EcamPlace& ecam) const;
  /// One past the last byte of RAM.
  std::uint64_t ram_end() const { return high_size != 0 ? 4 * kGiB + high_size : low_size; }
};

/// One entry of the BIOS memory map (ACPI 6.4, 15.1), as fw_cfg's etc/e820 and Linux' boot_params have it.
struct [[gnu::packed]] E820Entry {
  std::uint64_t address;
  std::uint64_t size;
  std::uint32_t type;
};
static_assert(sizeof(E820Entry) == 20);
inline constexpr std::uint32_t kE820Ram = 1;
inline constexpr std::uint32_t kE820Reserved = 2;

/// For firmware: all RAM, and what is taken at the top of the first 4 GiB. It keeps its own low memory for itself, and
/// adds the ECAM that it places.
std::vector<E820Entry> firmware_memory_map(const MemoryLayout& layout);
/// For a direct boot: the same with the first MiB as a BIOS would leave it.
std::vector<E820Entry> direct_boot_memory_map(const MemoryLayout& layout);

}  // namespace saffron::machine
