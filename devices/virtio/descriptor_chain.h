// SPDX-License-Identifier: Apache-2.0
// DescriptorChain: the buffers of one request, checked and as host views; with a reader and a writer
// (virtio 1.2, 2.7.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <sys/uio.h>

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
  bool owned_ = false;  // Popped, and not yet returned.
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

}  // namespace saffron::virtio
