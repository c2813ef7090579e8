// SPDX-License-Identifier: Apache-2.0
// A split virtqueue's rings as bytes in guest memory: for what a good driver would never write, too.
#pragma once

#include <atomic>
#include <cstdint>

#include "devices/virtio/split_ring.h"
#include "devices/virtio/virtqueue.h"
#include "tests/fakes/guest_arena.h"

namespace saffron::fakes {

/// One thread at a time.
class RawRing {
 public:
  /// Puts the rings into `arena`; 28 bytes per entry and some.
  RawRing(const core::GuestMemory& memory, GuestArena& arena, std::uint16_t size, bool event_index, bool indirect)
      : memory_(memory) {
    layout_.size = size;
    layout_.descriptors = arena.allocate(virtio::descriptor_table_size(size), 16);
    layout_.driver_area = arena.allocate(virtio::driver_area_size(size), 2);
    layout_.device_area = arena.allocate(virtio::device_area_size(size), 4);
    layout_.event_index = event_index;
    layout_.indirect = indirect;
  }

  const virtio::VirtqueueLayout& layout() const { return layout_; }

  void set_descriptor(std::uint16_t index, const virtio::RingDescriptor& descriptor) {
    write(layout_.descriptors + 16ULL * index, descriptor);
  }
  void make_available(std::uint16_t head) {
    write(virtio::available_entry(layout_, next_available_), head);
    set_available_index(static_cast<std::uint16_t>(next_available_ + 1));
  }
  void set_available_index(std::uint16_t index) {
    next_available_ = index;
    store(virtio::available_index(layout_), index);
  }
  void set_no_interrupt(bool on) {
    store(virtio::available_flags(layout_), on ? virtio::kAvailableNoInterrupt : std::uint16_t{0});
  }
  void set_used_event(std::uint16_t index) { store(virtio::used_event(layout_), index); }

  std::uint16_t available_index() const { return next_available_; }
  std::uint16_t used_index() const { return load(virtio::used_index(layout_)); }
  std::uint16_t used_flags() const { return load(virtio::used_flags(layout_)); }
  std::uint16_t available_event() const { return load(virtio::available_event(layout_)); }

  /// Whether the device wants a kick for the chains made available since `old_index` (2.7.10).
  bool kick_wanted(std::uint16_t old_index) const {
    std::atomic_thread_fence(std::memory_order_seq_cst);  // The index is out before the device's wish is read.
    if (!layout_.event_index) {
      return (used_flags() & virtio::kUsedNoNotify) == 0;
    }
    const auto behind = static_cast<std::uint16_t>(next_available_ - available_event() - 1);
    return behind < static_cast<std::uint16_t>(next_available_ - old_index);
  }

 protected:
  template <typename T>
  void write(core::GuestAddress address, const T& object) const {
    require(memory_.write_object(address, object).ok());
  }
  void store(core::GuestAddress address, std::uint16_t value) const {
    require(memory_.store_release_u16(address, value).ok());
  }
  std::uint16_t load(core::GuestAddress address) const {
    const auto value = memory_.load_acquire_u16(address);
    require(value.ok());
    return value.value();
  }

  const core::GuestMemory& memory_;
  virtio::VirtqueueLayout layout_;
  std::uint16_t next_available_ = 0;
};

}  // namespace saffron::fakes
