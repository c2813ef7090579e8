// SPDX-License-Identifier: Apache-2.0
#include "devices/display/damage.h"

#include <algorithm>
#include <bit>

#include "devices/display/video_memory.h"

namespace saffron::display {
namespace {

constexpr std::uint64_t kPage = VideoMemory::kPageSize;

// The first dirty page at or after `page` and below `limit`, or `limit`.
std::uint64_t next_dirty_page(std::span<const std::uint64_t> bitmap, std::uint64_t page, std::uint64_t limit) {
  const std::uint64_t end = std::min<std::uint64_t>(limit, bitmap.size() * 64);
  while (page < end) {
    const std::uint64_t word = bitmap[page / 64] >> (page % 64);
    if (word != 0) {
      page += static_cast<unsigned>(std::countr_zero(word));
      return page < end ? page : limit;
    }
    page = (page / 64 + 1) * 64;
  }
  return limit;
}

}  // namespace

void RowDamage::reset(std::uint32_t width, std::uint32_t height) {
  width_ = width;
  height_ = height;
  first_row_ = height;
  last_row_ = 0;
  rows_.assign(height, Span{});
}

void RowDamage::add(std::uint32_t row, std::uint32_t first, std::uint32_t last) {
  last = std::min(last, width_);
  if (row >= height_ || first >= last) {
    return;
  }
  Span& span = rows_[row];
  if (span.first >= span.last) {
    span = {first, last};
  } else {
    span = {std::min(span.first, first), std::max(span.last, last)};
  }
  first_row_ = std::min(first_row_, row);
  last_row_ = std::max(last_row_, row + 1);
}

void RowDamage::add_rows(std::uint32_t first_row, std::uint32_t last_row) {
  last_row = std::min(last_row, height_);
  for (std::uint32_t row = first_row; row < last_row; ++row) {
    add(row, 0, width_);
  }
}

std::vector<ports::Rect> RowDamage::merge(std::uint32_t waste_percent, std::uint32_t gap) const {
  struct Block {
    std::uint32_t top, bottom, first, last;
    std::uint64_t used;  // Pixels in it that are really dirty.
  };
  std::vector<ports::Rect> rects;
  Block block{};
  const auto flush = [&] {
    if (block.used != 0) {
      rects.push_back({static_cast<std::int32_t>(block.first), static_cast<std::int32_t>(block.top),
                       static_cast<std::int32_t>(block.last - block.first),
                       static_cast<std::int32_t>(block.bottom - block.top)});
    }
  };
  for (std::uint32_t row = first_row_; row < last_row_; ++row) {
    const Span& span = rows_[row];
    if (span.first >= span.last) {
      continue;
    }
    const std::uint32_t length = span.last - span.first;
    if (block.used != 0 && row - block.bottom <= gap) {
      const std::uint32_t first = std::min(block.first, span.first);
      const std::uint32_t last = std::max(block.last, span.last);
      const std::uint64_t area = std::uint64_t{last - first} * (row + 1 - block.top);
      const std::uint64_t used = block.used + length;
      if (area * 100 <= used * (100 + waste_percent)) {
        block = {block.top, row + 1, first, last, used};
        continue;
      }
    }
    flush();
    block = {row, row + 1, span.first, span.last, length};
  }
  flush();
  return rects;
}

std::vector<ports::Rect> RowDamage::rects() const {
  if (empty()) {
    return {};
  }
  // From exact to generous, until there are few enough; the last one is a single rectangle.
  constexpr std::uint32_t kUnlimited = 0xffffffff;
  std::vector<ports::Rect> result = merge(25, 0);
  if (result.size() > kMaxRects) {
    result = merge(300, 16);
  }
  if (result.size() > kMaxRects) {
    result = merge(kUnlimited - 100, kUnlimited);
  }
  return result;
}

void add_dirty_pages(const LinearPicture& picture, std::span<const std::uint64_t> bitmap, RowDamage& damage) {
  if (picture.height == 0 || picture.stride == 0) {
    return;
  }
  const std::uint64_t line = std::uint64_t{picture.width} * picture.pixel_bytes;
  const std::uint64_t end = picture.start + std::uint64_t{picture.stride} * (picture.height - 1) + line;
  const std::uint64_t last_page = (end + kPage - 1) / kPage;
  std::uint64_t page = next_dirty_page(bitmap, picture.start / kPage, last_page);
  while (page < last_page) {
    // Runs of pages, so that a fully dirty screen does not cost more than its lines.
    std::uint64_t run_end = page + 1;
    while (run_end < last_page && next_dirty_page(bitmap, run_end, run_end + 1) == run_end) {
      ++run_end;
    }
    const std::uint64_t first = std::max(page * kPage, picture.start) - picture.start;
    const std::uint64_t last = std::min(run_end * kPage, end) - picture.start;
    for (std::uint64_t row = first / picture.stride; row <= (last - 1) / picture.stride; ++row) {
      const std::uint64_t row_start = row * picture.stride;
      const std::uint64_t from = std::max(first, row_start) - row_start;
      const std::uint64_t to = std::min(last - row_start, line);
      if (from < to) {
        damage.add(static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(from / picture.pixel_bytes),
                   static_cast<std::uint32_t>((to + picture.pixel_bytes - 1) / picture.pixel_bytes));
      }
    }
    page = next_dirty_page(bitmap, run_end, last_page);
  }
}

bool any_page_dirty(std::span<const std::uint64_t> bitmap, std::uint64_t first, std::uint64_t last) {
  if (first >= last) {
    return false;
  }
  const std::uint64_t limit = (last + kPage - 1) / kPage;
  return next_dirty_page(bitmap, first / kPage, limit) < limit;
}

}  // namespace saffron::display
