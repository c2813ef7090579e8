// SPDX-License-Identifier: Apache-2.0
#include "devices/display/video_memory.h"

#include <algorithm>
#include <cstring>

namespace saffron::display {

void VideoMemory::copy_out(std::uint64_t offset, std::span<std::uint8_t> to) const {
  std::size_t done = 0;
  while (done < to.size()) {
    const std::uint64_t position = offset + done;
    if (position >= bytes_.size()) {
      std::fill(to.begin() + static_cast<std::ptrdiff_t>(done), to.end(), std::uint8_t{0});
      return;
    }
    // Whole aligned words, so that these loads match those of the window's stores.
    const std::uint32_t value = load_word(position / 4);
    const std::size_t skip = position % 4;
    const std::size_t count = std::min<std::size_t>(4 - skip, to.size() - done);
    const std::uint32_t shifted = value >> (8 * skip);
    std::memcpy(to.data() + done, &shifted, count);
    done += count;
  }
}

void VideoMemory::clear(std::uint64_t length) {
  const std::uint64_t count = std::min<std::uint64_t>(length, bytes_.size()) / 4;
  for (std::uint64_t index = 0; index < count; ++index) {
    // Most of it is zero already when a mode is set; not writing it saves half of the memory traffic.
    if (__atomic_load_n(word(index), __ATOMIC_RELAXED) != 0) {
      __atomic_store_n(word(index), 0u, __ATOMIC_RELAXED);
    }
  }
  const std::uint64_t pages = (count * 4 + kPageSize - 1) / kPageSize;
  for (std::uint64_t page = 0; page < pages; ++page) {
    mark_dirty(page * kPageSize);
  }
}

bool VideoMemory::collect_dirty(std::span<std::uint64_t> bitmap) {
  bool any = false;
  for (std::size_t i = 0; i < dirty_.size() && i < bitmap.size(); ++i) {
    if (dirty_[i].load(std::memory_order_relaxed) == 0) {
      continue;
    }
    const std::uint64_t bits = dirty_[i].exchange(0, std::memory_order_acquire);
    bitmap[i] |= bits;
    any = any || bits != 0;
  }
  return any;
}

}  // namespace saffron::display
