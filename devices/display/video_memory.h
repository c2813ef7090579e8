// SPDX-License-Identifier: Apache-2.0
// VideoMemory: the bytes that the guest draws into, and which 4 KiB pages the engine itself wrote on its behalf.
// (Pages that the guest writes through its own mapping are known to the memory slot.)
//
// Layout: the four planes are interleaved. Byte p of plane n is byte 4 * p + n here, so that chain-4 and linear modes
// are plain memory, and one 32-bit load gives all planes.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

namespace saffron::display {

/// Any thread. Accesses are single relaxed loads and stores: a vCPU may write while the control thread draws, and a
/// torn picture lasts until the next refresh.
class VideoMemory {
 public:
  static constexpr std::uint64_t kPageSize = 4096;

  /// `bytes`: page aligned, a multiple of 256 KiB long; must outlive this.
  explicit VideoMemory(std::span<std::uint8_t> bytes) : bytes_(bytes), dirty_((bytes.size() / kPageSize + 63) / 64) {}

  std::span<std::uint8_t> bytes() const { return bytes_; }
  std::uint64_t size() const { return bytes_.size(); }
  std::uint64_t words() const { return bytes_.size() / 4; }
  std::size_t bitmap_words() const { return dirty_.size(); }

  /// Outside of the memory: reads as all ones, writes go nowhere.
  std::uint8_t load_byte(std::uint64_t offset) const {
    return offset < bytes_.size() ? __atomic_load_n(&bytes_[offset], __ATOMIC_RELAXED) : 0xff;
  }
  void store_byte(std::uint64_t offset, std::uint8_t value) {
    if (offset < bytes_.size()) {
      __atomic_store_n(&bytes_[offset], value, __ATOMIC_RELAXED);
      mark_dirty(offset);
    }
  }
  std::uint32_t load_word(std::uint64_t index) const {
    return index < words() ? __atomic_load_n(word(index), __ATOMIC_RELAXED) : ~std::uint32_t{0};
  }
  /// Writes the bits of `mask`.
  void store_word(std::uint64_t index, std::uint32_t value, std::uint32_t mask) {
    if (index < words() && mask != 0) {
      const std::uint32_t old = __atomic_load_n(word(index), __ATOMIC_RELAXED);
      __atomic_store_n(word(index), (old & ~mask) | (value & mask), __ATOMIC_RELAXED);
      mark_dirty(index * 4);
      if ((mask & kFontPlane) != 0) {
        font_plane_written_.store(true, std::memory_order_relaxed);
      }
    }
  }
  /// Copies [offset, offset + to.size()); what is outside of the memory reads as zero.
  void copy_out(std::uint64_t offset, std::span<std::uint8_t> to) const;
  /// Zeroes the first `length` bytes (as many as there are).
  void clear(std::uint64_t length);

  /// ORs the pages that were written since the last call into `bitmap` (of bitmap_words()), and forgets them.
  bool collect_dirty(std::span<std::uint64_t> bitmap);
  /// Whether plane 2, which holds the fonts in text modes, was written since the last call.
  bool take_font_plane_written() { return font_plane_written_.exchange(false, std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t kFontPlane = 0x00ff0000;

  // The mapping is page aligned, so every word is too; and -fno-strict-aliasing is on.
  std::uint32_t* word(std::uint64_t index) const { return reinterpret_cast<std::uint32_t*>(bytes_.data()) + index; }
  void mark_dirty(std::uint64_t offset) {
    const std::uint64_t page = offset / kPageSize;
    dirty_[page / 64].fetch_or(std::uint64_t{1} << (page % 64), std::memory_order_release);
  }

  std::span<std::uint8_t> bytes_;
  std::vector<std::atomic<std::uint64_t>> dirty_;
  std::atomic<bool> font_plane_written_{false};
};

}  // namespace saffron::display
