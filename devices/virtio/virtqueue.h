// SPDX-License-Identifier: Apache-2.0
// Virtqueue: the device's side of a split virtqueue (virtio 1.2, 2.7). One gate checks each chain whole, and copies
// each descriptor once; devices see bounded host spans, never guest addresses.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <sys/uio.h>

#include "engine/core/guest_memory.h"

namespace saffron::virtio {

class Virtqueue;

/// The buffers of one request: first those that the device reads, then those that it writes (2.7.4.2). Move-only; it
/// must be returned with Virtqueue::push: destroying one that was not is an assertion in debug builds.
class DescriptorChain {
 public:
  DescriptorChain(DescriptorChain&& other) noexcept;
  DescriptorChain& operator=(DescriptorChain&& other) noexcept;
  ~DescriptorChain();

  /// Bounded host views of guest RAM; the guest may change them meanwhile.
  std::span<const iovec> readable() const { return {buffers_.data(), readable_count_}; }
  std::span<const iovec> writable() const { return std::span(buffers_).subspan(readable_count_); }
  std::uint64_t readable_size() const { return readable_size_; }
  std::uint64_t writable_size() const { return writable_size_; }

 private:
  friend class Virtqueue;
  DescriptorChain() = default;
  std::uint16_t head_ = 0;
  bool owned_ = false;
  std::size_t readable_count_ = 0;
  std::uint64_t readable_size_ = 0;
  std::uint64_t writable_size_ = 0;
  std::vector<iovec> buffers_;
};

/// Copies out of the readable part, in order. Each byte is fetched once.
class ChainReader {
 public:
  explicit ChainReader(const DescriptorChain& chain);
  std::uint64_t remaining() const { return remaining_; }
  /// All or nothing: false if fewer bytes remain.
  bool read(std::span<std::uint8_t> to);
  bool skip(std::uint64_t bytes);
  template <typename T>
  bool read_object(T& object) {
    static_assert(std::is_trivially_copyable_v<T>);
    return read({reinterpret_cast<std::uint8_t*>(&object), sizeof(T)});
  }
  /// Views of the next `bytes`, which are consumed; false (and nothing appended) if fewer remain.
  bool take(std::uint64_t bytes, std::vector<iovec>& to);

 private:
  std::span<const iovec> buffers_;
  std::size_t index_ = 0;
  std::size_t offset_ = 0;
  std::uint64_t remaining_ = 0;
};

/// Copies into the writable part, in order; counts what it wrote (the `used` length).
class ChainWriter {
 public:
  explicit ChainWriter(const DescriptorChain& chain);
  std::uint64_t remaining() const { return remaining_; }
  std::uint32_t written() const { return written_; }
  bool write(std::span<const std::uint8_t> from);
  template <typename T>
  bool write_object(const T& object) {
    static_assert(std::is_trivially_copyable_v<T>);
    return write({reinterpret_cast<const std::uint8_t*>(&object), sizeof(T)});
  }
  /// As ChainReader::take; the taken bytes count as written.
  bool take(std::uint64_t bytes, std::vector<iovec>& to);

 private:
  std::span<const iovec> buffers_;
  std::size_t index_ = 0;
  std::size_t offset_ = 0;
  std::uint64_t remaining_ = 0;
  std::uint32_t written_ = 0;
};

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
  /// Puts a popped chain back, to be popped again next (a receive queue without room). Only the last one popped.
  void undo_pop(DescriptorChain chain);
  /// Returns a chain with `written` bytes, at most its writable size; the driver is told by notify().
  void push(DescriptorChain chain, std::uint32_t written);
  /// Interrupts the driver if it wants that (2.7.7, 2.7.10) for what was pushed since the last call.
  void notify();

  /// Asks the driver not to kick while the device polls, and to kick again. After enabling, returns whether chains
  /// came meanwhile (then go on popping).
  void disable_kicks();
  bool enable_kicks();
  bool broken() const { return broken_; }

 private:
  bool fetch(std::uint16_t head, DescriptorChain& chain);
  void fail(std::string_view reason);

  const core::GuestMemory& memory_;
  VirtqueueLayout layout_;
  int kick_fd_;
  std::function<void()> interrupt_;
  std::function<void(std::string_view)> report_broken_;
  std::uint16_t next_available_ = 0;
  std::uint16_t next_used_ = 0;
  std::uint16_t last_notified_used_ = 0;
  std::uint32_t outstanding_ = 0;
  bool broken_ = false;
};

}  // namespace saffron::virtio
