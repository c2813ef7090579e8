// SPDX-License-Identifier: Apache-2.0
#include "engine/kvm/posted_writes.h"

#include <cstring>

#include "engine/kvm/system.h"

namespace saffron::kvm {

namespace {

constexpr std::size_t kPageSize = 4096;
constexpr std::uint32_t kEntries = (kPageSize - sizeof(kvm_coalesced_mmio_ring)) / sizeof(kvm_coalesced_mmio);

}  // namespace

void PostedWrites::allow(const System& system, const KvmFd& vm, std::uint16_t port, std::uint16_t size) {
  if (system.capability(KVM_CAP_COALESCED_PIO) <= 0) {
    return;
  }
  kvm_coalesced_mmio_zone zone{};
  zone.addr = port;
  zone.size = size;
  zone.pio = 1;
  vm.raw(KVM_REGISTER_COALESCED_MMIO, &zone);
}

void PostedWrites::use_map(const System& system, std::span<std::uint8_t> vcpu_map) {
  // The capability's value is the page of the mapping where the ring is.
  const int page = system.capability(KVM_CAP_COALESCED_MMIO);
  if (ring_ == nullptr && page > 0 && (static_cast<std::size_t>(page) + 1) * kPageSize <= vcpu_map.size()) {
    // The kernel's structure, page aligned in a mapping that it sized.
    ring_ = reinterpret_cast<kvm_coalesced_mmio_ring*>(vcpu_map.data() + static_cast<std::size_t>(page) * kPageSize);
  }
}

void PostedWrites::perform(const core::Bus& io) {
  if (ring_ == nullptr) {
    return;
  }
  // The kernel adds at `last`. `first` moves only after a write is done, so who sees the ring empty comes after it.
  std::atomic_ref<std::uint32_t> first(ring_->first);
  std::atomic_ref<std::uint32_t> last(ring_->last);
  if (first.load(std::memory_order_acquire) == last.load(std::memory_order_acquire)) {
    return;
  }
  const std::lock_guard lock(mutex_);
  for (std::uint32_t next = first.load(std::memory_order_relaxed); next != last.load(std::memory_order_acquire);) {
    const kvm_coalesced_mmio& entry = ring_->coalesced_mmio[next % kEntries];
    std::uint64_t value = 0;
    const unsigned size = entry.len <= sizeof(entry.data) ? entry.len : 0;
    std::memcpy(&value, entry.data, size);
    if (entry.pio != 0 && (size == 1 || size == 2 || size == 4)) {
      io.write(entry.phys_addr, size, value);
    }
    next = (next + 1) % kEntries;
    first.store(next, std::memory_order_release);
  }
}

}  // namespace saffron::kvm
