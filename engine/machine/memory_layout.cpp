// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/memory_layout.h"

#include <algorithm>
#include <utility>

#include "engine/kvm/vm.h"

namespace saffron::machine {

namespace {

constexpr std::uint64_t kHighWindowAlignment = 32 * kGiB;  // So that large BARs find their natural alignment.

void add_reserved_top(std::vector<E820Entry>& map) {
  // KVM's own pages and the BIOS image.
  map.push_back({kvm::kIdentityMapAddress, 0x4000, kE820Reserved});
  map.push_back({kFirmwareTop - 256 * 1024, 256 * 1024, kE820Reserved});
}

}  // namespace

MemoryLayout MemoryLayout::of(std::uint64_t total, unsigned address_bits) {
  MemoryLayout layout;
  layout.low_size = total > kEcamBase ? 2 * kGiB : total;
  layout.high_size = total - layout.low_size;
  const std::uint64_t limit = std::uint64_t{1} << std::min(address_bits, 52U);
  const std::uint64_t after_ram = std::max(4 * kGiB, layout.ram_end());
  const std::uint64_t start = (after_ram + kHighWindowAlignment - 1) / kHighWindowAlignment * kHighWindowAlignment;
  if (start < limit) {
    layout.pci_high_start = start;
    // All of it: newer firmware puts BARs at the top of what the processor can address.
    layout.pci_high_end = limit - 1;
  }
  return layout;
}

std::vector<core::GuestRegion> MemoryLayout::regions() const {
  std::vector<core::GuestRegion> result{{{0}, low_size}};
  if (high_size != 0) {
    result.push_back({{4 * kGiB}, high_size});
  }
  return result;
}

std::array<AddressWindow, 2> MemoryLayout::pci_low_windows(const EcamPlace& ecam) const {
  std::array<AddressWindow, 2> windows;
  const std::uint64_t end = ecam.base + ecam.size;
  if (ecam.base > kPciLowStart) {
    // Firmware that puts it up there begins its BARs at 2 GiB, or where RAM ends.
    windows[0] = {std::max(low_size, 2 * kGiB), std::min(ecam.base - 1, kPciLowEnd)};
  }
  const std::uint64_t after = std::max(end, kPciLowStart);
  if (after < kPciLowEnd) {
    windows[1] = {after, kPciLowEnd};
  } else {
    std::swap(windows[0], windows[1]);
  }
  return windows;
}

std::vector<E820Entry> firmware_memory_map(const MemoryLayout& layout) {
  std::vector<E820Entry> map{{0, layout.low_size, kE820Ram}};
  if (layout.high_size != 0) {
    map.push_back({4 * kGiB, layout.high_size, kE820Ram});
  }
  add_reserved_top(map);
  return map;
}

std::vector<E820Entry> direct_boot_memory_map(const MemoryLayout& layout) {
  std::vector<E820Entry> map{
      {0, 0x9fc00, kE820Ram},             // The EBDA of a BIOS would follow.
      {0x9fc00, 0x400, kE820Reserved},    //
      {0xe0000, 0x20000, kE820Reserved},  // ACPI and SMBIOS tables.
      {kMiB, layout.low_size - kMiB, kE820Ram},
  };
  map.push_back({kEcamBase, kEcamSize, kE820Reserved});  // Where a BIOS would have put and reserved it.
  add_reserved_top(map);
  if (layout.high_size != 0) {
    map.push_back({4 * kGiB, layout.high_size, kE820Ram});
  }
  return map;
}

}  // namespace saffron::machine
