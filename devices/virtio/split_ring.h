// SPDX-License-Identifier: Apache-2.0
// The split virtqueue's layout in guest memory (virtio 1.2, 2.7.5 to 2.7.8). All little-endian.
#pragma once

#include <bit>
#include <cstdint>

#include "devices/virtio/virtqueue.h"

namespace saffron::virtio {

static_assert(std::endian::native == std::endian::little, "ring structures are copied as they are");

/// virtq_desc (2.7.5).
struct RingDescriptor {
  std::uint64_t address = 0;
  std::uint32_t length = 0;
  std::uint16_t flags = 0;
  std::uint16_t next = 0;
};
static_assert(sizeof(RingDescriptor) == 16);

inline constexpr std::uint16_t kDescriptorNext = 1;
inline constexpr std::uint16_t kDescriptorWrite = 2;
inline constexpr std::uint16_t kDescriptorIndirect = 4;

/// virtq_used_elem (2.7.8).
struct RingUsedElement {
  std::uint32_t id = 0;
  std::uint32_t length = 0;
};
static_assert(sizeof(RingUsedElement) == 8);

inline constexpr std::uint16_t kAvailableNoInterrupt = 1;  // In the available ring's flags (2.7.6).
inline constexpr std::uint16_t kUsedNoNotify = 1;          // In the used ring's flags (2.7.8).

/// The largest split queue that the specification knows (2.7).
inline constexpr std::uint32_t kMaxRingSize = 32768;

inline constexpr std::uint64_t descriptor_table_size(std::uint16_t size) {
  return 16ULL * size;
}
/// Flags, index, ring, used_event.
inline constexpr std::uint64_t driver_area_size(std::uint16_t size) {
  return 6 + 2ULL * size;
}
/// Flags, index, ring, avail_event.
inline constexpr std::uint64_t device_area_size(std::uint16_t size) {
  return 6 + 8ULL * size;
}

inline core::GuestAddress available_flags(const VirtqueueLayout& layout) {
  return layout.driver_area;
}
inline core::GuestAddress available_index(const VirtqueueLayout& layout) {
  return layout.driver_area + 2;
}
inline core::GuestAddress available_entry(const VirtqueueLayout& layout, std::uint16_t index) {
  return layout.driver_area + 4 + 2ULL * (index % layout.size);
}
inline core::GuestAddress used_event(const VirtqueueLayout& layout) {
  return layout.driver_area + 4 + 2ULL * layout.size;
}
inline core::GuestAddress used_flags(const VirtqueueLayout& layout) {
  return layout.device_area;
}
inline core::GuestAddress used_index(const VirtqueueLayout& layout) {
  return layout.device_area + 2;
}
inline core::GuestAddress used_entry(const VirtqueueLayout& layout, std::uint16_t index) {
  return layout.device_area + 4 + 8ULL * (index % layout.size);
}
inline core::GuestAddress available_event(const VirtqueueLayout& layout) {
  return layout.device_area + 4 + 8ULL * layout.size;
}

}  // namespace saffron::virtio
