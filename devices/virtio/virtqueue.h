// SPDX-License-Identifier: Apache-2.0
// Virtqueue: the device's side of a split virtqueue (virtio 1.2, 2.7). One gate checks each chain whole, and copies
// each descriptor once; devices see bounded host spans, never guest addresses. Models indirect tables and event
// indices; missing: packed queues (2.8), in-order use (2.7.9), reset of a single queue (2.6.1).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "devices/virtio/descriptor_chain.h"
#include "engine/core/guest_memory.h"

namespace saffron::virtio {

struct VirtqueueLayout {
  std::uint16_t size = 0;
  core::GuestAddress descriptors;
  core::GuestAddress driver_area;  // Available ring.
  core::GuestAddress device_area;  // Used ring.
  bool event_index = false;        // VIRTIO_F_EVENT_IDX negotiated.
  bool indirect = false;           // VIRTIO_F_INDIRECT_DESC negotiated.
};

/// A live queue. All calls on one thread: the one that the device works on. It never changes its layout: the
/// transport makes a new one for each activation.
class Virtqueue {
 public:
  /// `interrupt` raises the queue's interrupt; `broken` is told once when the driver breaks the rules (the device
  /// then needs a reset; pop() returns nothing from then on).
  Virtqueue(const core::GuestMemory& memory, const VirtqueueLayout& layout, int kick_fd,
            std::function<void()> interrupt, std::function<void(std::string_view)> broken);

  std::uint16_t size() const { return layout_.size; }
  /// The eventfd that the driver's notification signals.
  int kick_fd() const { return kick_fd_; }

  /// The next available chain, if any. At most `size` descriptors in all (2.7.5.3.1), bounds and direction checked.
  std::optional<DescriptorChain> pop();
  /// Puts a popped chain back, to be popped again next (a receive queue without room). Only the last one popped;
  /// several go back last first. Call enable_kicks() before waiting for more.
  void undo_pop(DescriptorChain chain);
  /// Returns a chain with `written` bytes, at most its writable size; the driver is told by notify().
  void push(DescriptorChain chain, std::uint32_t written);
  /// Interrupts the driver if it wants that (2.7.7, 2.7.10) for what was pushed since the last call.
  void notify();

  /// Asks the driver not to kick while the device polls, and to kick again. After enabling, returns whether there are
  /// chains beyond those that were put back (then go on popping). While kicks are enabled, as they are at first, a
  /// pop() that finds nothing has made sure that the next chain brings a kick.
  void disable_kicks();
  bool enable_kicks();
  bool broken() const { return broken_; }

 private:
  struct Descriptor;
  bool fetch(std::uint16_t head, DescriptorChain& chain);
  bool enter_indirect(const Descriptor& descriptor, bool already_indirect, std::span<const std::uint8_t>& table);
  bool append(const Descriptor& descriptor, DescriptorChain& chain);
  bool append_buffer(core::GuestAddress address, std::uint64_t length, DescriptorChain& chain);
  std::optional<std::uint16_t> pending();
  bool arm_kick();
  bool fail(std::string_view reason);
  void recycle(DescriptorChain& chain);

  const core::GuestMemory& memory_;
  VirtqueueLayout layout_;
  int kick_fd_;
  std::function<void()> interrupt_;
  std::function<void(std::string_view)> report_broken_;
  std::span<const std::uint8_t> table_;  // The descriptor table in host memory; empty if the rings are nowhere.
  std::vector<std::vector<iovec>> spare_buffers_;
  std::uint16_t next_available_ = 0;
  std::uint16_t next_used_ = 0;
  std::uint16_t put_back_ = 0;     // Chains from next_available_ on that undo_pop returned.
  std::uint32_t unnotified_ = 0;   // Pushed since the last notify().
  std::uint32_t outstanding_ = 0;  // Popped, not yet pushed.
  bool kicks_enabled_ = true;
  bool broken_ = false;
};

}  // namespace saffron::virtio
