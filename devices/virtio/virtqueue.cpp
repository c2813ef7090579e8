// SPDX-License-Identifier: Apache-2.0
#include "devices/virtio/virtqueue.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

#include "devices/virtio/split_ring.h"

namespace saffron::virtio {
namespace {

// A chain's list of buffers is used again for later chains, to spare an allocation per request. Kept few, because a
// guest decides how long each list gets (16 bytes for each of up to `size` descriptors).
constexpr std::size_t kMaxSpareBuffers = 64;

bool ring_size_legal(std::uint16_t size) {
  return std::has_single_bit(size) && size <= kMaxRingSize;
}

bool aligned(core::GuestAddress address, std::uint64_t alignment) {
  return address.value % alignment == 0;
}

/// The three areas are RAM and aligned as 2.7 demands.
bool rings_legal(const core::GuestMemory& memory, const VirtqueueLayout& layout) {
  return ring_size_legal(layout.size) && aligned(layout.descriptors, 16) && aligned(layout.driver_area, 2) &&
         aligned(layout.device_area, 4) &&
         memory.span(layout.descriptors, descriptor_table_size(layout.size)).has_value() &&
         memory.span(layout.driver_area, driver_area_size(layout.size)).has_value() &&
         memory.span(layout.device_area, device_area_size(layout.size)).has_value();
}

}  // namespace

struct Virtqueue::Descriptor : RingDescriptor {};

Virtqueue::Virtqueue(const core::GuestMemory& memory, const VirtqueueLayout& layout, int kick_fd,
                     std::function<void()> interrupt, std::function<void(std::string_view)> broken)
    : memory_(memory),
      layout_(layout),
      kick_fd_(kick_fd),
      interrupt_(std::move(interrupt)),
      report_broken_(std::move(broken)) {
  if (rings_legal(memory, layout)) {
    table_ = *memory.span(layout.descriptors, descriptor_table_size(layout.size));
  }
}

/// How many chains wait to be popped; empty (and the queue is broken) if the index is nonsense.
std::optional<std::uint16_t> Virtqueue::pending() {
  if (table_.empty()) {
    fail("a ring is misaligned or outside of memory");
    return std::nullopt;
  }
  const auto index = memory_.load_acquire_u16(available_index(layout_));  // Before the ring and the descriptors.
  if (!index.ok()) {
    fail("the available ring is outside of memory");
    return std::nullopt;
  }
  const auto count = static_cast<std::uint16_t>(index.value() - next_available_);
  // Each chain that is under way owns at least one descriptor, so both together cannot exceed the table.
  if (count + outstanding_ > layout_.size) {
    fail("the available index is more than a queue's size ahead");
    return std::nullopt;
  }
  return count;
}

/// Makes the driver's next chain bring a kick (2.7.10), as far as what was seen now. False: broken.
bool Virtqueue::arm_kick() {
  if (layout_.event_index) {
    const auto count = pending();
    if (!count) {
      return false;
    }
    const auto event = static_cast<std::uint16_t>(next_available_ + *count);
    if (!memory_.store_release_u16(available_event(layout_), event).ok()) {
      return fail("the used ring is outside of memory");
    }
  } else if (!memory_.store_release_u16(used_flags(layout_), 0).ok()) {
    return fail("the used ring is outside of memory");
  }
  // The store must be seen before the index is looked at again, or a chain could slip in between without a kick.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return true;
}

std::optional<DescriptorChain> Virtqueue::pop() {
  if (broken_) {
    return std::nullopt;
  }
  auto count = pending();
  if (count == std::uint16_t{0} && kicks_enabled_ && layout_.event_index && arm_kick()) {
    count = pending();
  }
  if (broken_ || !count || *count == 0) {
    return std::nullopt;
  }
  const auto head = memory_.load_acquire_u16(available_entry(layout_, next_available_));
  if (!head.ok() || head.value() >= layout_.size) {
    fail("the available ring names a descriptor beyond the table");
    return std::nullopt;
  }
  DescriptorChain chain;
  if (!spare_buffers_.empty()) {
    chain.buffers_ = std::move(spare_buffers_.back());
    spare_buffers_.pop_back();
  }
  if (!fetch(head.value(), chain)) {
    return std::nullopt;
  }
  chain.head_ = head.value();
  chain.owned_ = true;
  ++next_available_;
  ++outstanding_;
  if (put_back_ != 0) {
    --put_back_;
  }
  return chain;
}

/// Walks a chain. Each descriptor is copied once, and the copy is checked and used.
bool Virtqueue::fetch(std::uint16_t head, DescriptorChain& chain) {
  std::span<const std::uint8_t> table = table_;
  bool indirect = false;
  std::uint16_t index = head;
  std::uint32_t count = 0;
  while (true) {
    if (index >= table.size() / sizeof(Descriptor)) {
      return fail("a descriptor's next is beyond its table");
    }
    Descriptor descriptor;
    std::memcpy(&descriptor, table.subspan(index * sizeof(Descriptor)).data(), sizeof(Descriptor));
    if ((descriptor.flags & kDescriptorIndirect) != 0) {
      if (!enter_indirect(descriptor, indirect, table)) {
        return false;
      }
      indirect = true;
      index = 0;  // 2.7.5.3.2: the first descriptor is at the table's start.
      continue;
    }
    // 2.7.5.3.1: no longer than the queue's size, indirect or not. It is also what ends a loop.
    if (++count > layout_.size) {
      return fail("a descriptor chain is longer than the queue, or a loop");
    }
    if (!append(descriptor, chain)) {
      return false;
    }
    if ((descriptor.flags & kDescriptorNext) == 0) {
      return true;
    }
    index = descriptor.next;
  }
}

/// 2.7.5.3: an indirect descriptor ends the chain in the queue's table; the rest is in the table that it names. Its
/// write flag means nothing (2.7.5.3.2).
bool Virtqueue::enter_indirect(const Descriptor& descriptor, bool already_indirect,
                               std::span<const std::uint8_t>& table) {
  if (!layout_.indirect) {
    return fail("an indirect descriptor was not negotiated");
  }
  if (already_indirect) {
    return fail("an indirect descriptor inside of an indirect table");
  }
  if ((descriptor.flags & kDescriptorNext) != 0) {
    return fail("an indirect descriptor with a next one");
  }
  if (descriptor.length == 0 || descriptor.length % sizeof(Descriptor) != 0) {
    return fail("an indirect table's length is not a multiple of 16");
  }
  const auto found = memory_.span({descriptor.address}, descriptor.length);
  if (!found) {
    return fail("an indirect table is outside of memory");
  }
  table = *found;
  return true;
}

bool Virtqueue::append(const Descriptor& descriptor, DescriptorChain& chain) {
  if (descriptor.length == 0) {
    return true;  // Says nothing; some drivers send one where there is no data. Its address is not looked at.
  }
  const bool writable = (descriptor.flags & kDescriptorWrite) != 0;
  if (!writable && chain.buffers_.size() > chain.readable_count_) {
    return fail("a readable descriptor after a writable one");  // 2.7.4.2
  }
  // 2.7.5: at most 2^32 bytes; one less here, so that the used length can tell.
  if (chain.readable_size_ + chain.writable_size_ + descriptor.length > UINT32_MAX) {
    return fail("a descriptor chain of 4 GiB or more");
  }
  if (!append_buffer({descriptor.address}, descriptor.length, chain)) {
    return fail("a buffer is outside of memory");
  }
  if (writable) {
    chain.writable_size_ += descriptor.length;
  } else {
    chain.readable_size_ += descriptor.length;
    chain.readable_count_ = chain.buffers_.size();
  }
  return true;
}

/// One buffer is one view, or several where it crosses from one region of RAM into an adjacent one.
bool Virtqueue::append_buffer(core::GuestAddress address, std::uint64_t length, DescriptorChain& chain) {
  if (const auto view = memory_.span(address, length)) {
    chain.buffers_.push_back({view->data(), view->size()});
    return true;
  }
  for (const core::GuestRegion& region : memory_.regions()) {  // Sorted, so one pass follows the buffer.
    const std::uint64_t offset = address.value - region.base.value;
    if (address < region.base || offset >= region.size) {
      continue;
    }
    const std::uint64_t piece = std::min(length, region.size - offset);
    const auto view = memory_.span(address, piece);
    if (!view) {
      return false;
    }
    chain.buffers_.push_back({view->data(), view->size()});
    address = address + piece;
    length -= piece;
    if (length == 0) {
      return true;
    }
  }
  return false;
}

void Virtqueue::recycle(DescriptorChain& chain) {
  assert(chain.owned_ && outstanding_ != 0 && "a chain that this queue did not give");
  chain.owned_ = false;
  --outstanding_;
  if (spare_buffers_.size() < kMaxSpareBuffers) {
    chain.buffers_.clear();
    spare_buffers_.push_back(std::move(chain.buffers_));
  }
}

void Virtqueue::undo_pop(DescriptorChain chain) {
  recycle(chain);
  --next_available_;
  ++put_back_;
}

void Virtqueue::push(DescriptorChain chain, std::uint32_t written) {
  assert(written <= chain.writable_size_);
  const RingUsedElement element{chain.head_, written};
  recycle(chain);
  if (broken_) {
    return;  // The rings are not to be trusted; the driver has to reset the device anyway.
  }
  if (!memory_.write_object(used_entry(layout_, next_used_), element).ok()) {
    fail("the used ring is outside of memory");
    return;
  }
  ++next_used_;
  ++unnotified_;
  // 2.7.8.2: the element, and the data in the buffers, are seen before the index.
  if (!memory_.store_release_u16(used_index(layout_), next_used_).ok()) {
    fail("the used ring is outside of memory");
  }
}

void Virtqueue::notify() {
  const std::uint32_t pushed = std::exchange(unnotified_, 0);
  if (pushed == 0 || broken_) {
    return;
  }
  // The used index must be seen before the driver's wish is read, or both sides could wait (2.7.7.2).
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const auto wish = memory_.load_acquire_u16(layout_.event_index ? used_event(layout_) : available_flags(layout_));
  if (!wish.ok()) {
    fail("the available ring is outside of memory");
    return;
  }
  // 2.7.7.2: with event indices, exactly if the element at used_event is among the pushed ones; else by the flag.
  const bool wanted = layout_.event_index ? static_cast<std::uint16_t>(next_used_ - wish.value() - 1) < pushed
                                          : (wish.value() & kAvailableNoInterrupt) == 0;
  if (wanted) {
    interrupt_();
  }
}

void Virtqueue::disable_kicks() {
  kicks_enabled_ = false;
  // 2.7.10: with event indices the flag stays 0; an avail_event that is not moved on does it.
  if (!broken_ && !table_.empty() && !layout_.event_index &&
      !memory_.store_release_u16(used_flags(layout_), kUsedNoNotify).ok()) {
    fail("the used ring is outside of memory");
  }
}

bool Virtqueue::enable_kicks() {
  kicks_enabled_ = true;
  if (broken_ || !arm_kick()) {
    return false;
  }
  const auto count = pending();
  return count && *count > put_back_;
}

/// Always false, for the callers' sake.
bool Virtqueue::fail(std::string_view reason) {
  if (!std::exchange(broken_, true)) {
    report_broken_(reason);
  }
  return false;
}

}  // namespace saffron::virtio
