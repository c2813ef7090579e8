// SPDX-License-Identifier: Apache-2.0
// The driver's side of a split virtqueue: lays it out in guest memory, builds chains, makes them available and collects
// what the device returns. Malformed chains: see its base, RawRing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "tests/fakes/raw_ring.h"

namespace saffron::fakes {

/// A good driver. One thread at a time.
class VirtqueueDriver : public RawRing {
 public:
  struct Buffer {
    core::GuestAddress address;
    std::uint32_t length = 0;
    bool writable = false;
  };
  struct Used {
    std::uint16_t head = 0;
    std::uint32_t written = 0;
  };

  /// Puts the rings into `arena`; 28 bytes per entry and some.
  VirtqueueDriver(const core::GuestMemory& memory, GuestArena& arena, std::uint16_t size, bool event_index = false,
                  bool indirect = true)
      : RawRing(memory, arena, size, event_index, indirect), in_use_(size, false) {}

  /// Builds a chain from free descriptors, makes it available and returns its head; asserts that there are enough.
  std::uint16_t add(std::span<const Buffer> buffers) {
    const std::vector<std::uint16_t> indices = take_descriptors(buffers.size());
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const bool last = i + 1 == indices.size();
      set_descriptor(indices[i], describe(buffers[i], last ? std::optional<std::uint16_t>() : indices[i + 1]));
    }
    chains_[indices[0]] = indices;
    make_available(indices[0]);
    return indices[0];
  }
  std::uint16_t add(std::initializer_list<Buffer> buffers) { return add(std::span(buffers.begin(), buffers.size())); }

  /// As add(), with the buffers in an indirect table (placed into `arena`): one descriptor of the queue's own.
  std::uint16_t add_indirect(GuestArena& arena, std::span<const Buffer> buffers) {
    const core::GuestAddress table = arena.allocate(16 * buffers.size());
    for (std::size_t i = 0; i < buffers.size(); ++i) {
      const auto next = static_cast<std::uint16_t>(i + 1);
      write(table + 16 * i, describe(buffers[i], next == buffers.size() ? std::optional<std::uint16_t>() : next));
    }
    const std::vector<std::uint16_t> indices = take_descriptors(1);
    const auto length = static_cast<std::uint32_t>(16 * buffers.size());
    set_descriptor(indices[0], {table.value, length, virtio::kDescriptorIndirect, 0});
    chains_[indices[0]] = indices;
    make_available(indices[0]);
    return indices[0];
  }
  std::uint16_t add_indirect(GuestArena& arena, std::initializer_list<Buffer> buffers) {
    return add_indirect(arena, std::span(buffers.begin(), buffers.size()));
  }

  /// The next returned chain, if any; its descriptors are free again.
  std::optional<Used> take_used() {
    if (used_index() == next_used_) {
      return std::nullopt;
    }
    const auto element = memory_.read_object<virtio::RingUsedElement>(virtio::used_entry(layout_, next_used_));
    require(element.ok());
    ++next_used_;
    const auto head = static_cast<std::uint16_t>(element.value().id);
    if (const auto chain = chains_.find(head); chain != chains_.end()) {
      for (const std::uint16_t index : chain->second) {
        in_use_[index] = false;
      }
      chains_.erase(chain);
    }
    return Used{head, element.value().length};
  }
  std::size_t free_descriptors() const {
    return static_cast<std::size_t>(std::count(in_use_.begin(), in_use_.end(), false));
  }

 private:
  static virtio::RingDescriptor describe(const Buffer& buffer, std::optional<std::uint16_t> next) {
    const int flags = (buffer.writable ? virtio::kDescriptorWrite : 0) | (next ? virtio::kDescriptorNext : 0);
    return {buffer.address.value, buffer.length, static_cast<std::uint16_t>(flags), next.value_or(0)};
  }
  std::vector<std::uint16_t> take_descriptors(std::size_t count) {
    std::vector<std::uint16_t> indices;
    for (std::uint16_t i = 0; i < layout_.size && indices.size() < count; ++i) {
      if (!in_use_[i]) {
        in_use_[i] = true;
        indices.push_back(i);
      }
    }
    require(count != 0 && indices.size() == count);
    return indices;
  }
  std::vector<bool> in_use_;
  std::map<std::uint16_t, std::vector<std::uint16_t>> chains_;
  std::uint16_t next_used_ = 0;
};

}  // namespace saffron::fakes
