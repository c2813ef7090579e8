// SPDX-License-Identifier: Apache-2.0
// RowDamage: which part of each line changed, and the few rectangles that cover it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "devices/ports/display_sink.h"

namespace saffron::display {

/// One dirty span a line, merged into disjoint rectangles. Control thread.
class RowDamage {
 public:
  /// More rectangles than this cost a sink more than the pixels that they save.
  static constexpr std::size_t kMaxRects = 32;

  /// Forgets everything; coordinates are below `width` and `height` from now on.
  void reset(std::uint32_t width, std::uint32_t height);
  /// Pixels [first, last) of line `row` changed. Clipped to the screen.
  void add(std::uint32_t row, std::uint32_t first, std::uint32_t last);
  void add_rows(std::uint32_t first_row, std::uint32_t last_row);
  void add_all() { add_rows(0, height_); }
  bool empty() const { return first_row_ >= last_row_; }
  bool row_dirty(std::uint32_t row) const { return row < height_ && rows_[row].first < rows_[row].last; }

  /// Disjoint rectangles, top to bottom, at most kMaxRects, that cover all that was added.
  std::vector<ports::Rect> rects() const;

 private:
  struct Span {
    std::uint32_t first = 0;
    std::uint32_t last = 0;  // One past; empty if not above first.
  };
  std::vector<ports::Rect> merge(std::uint32_t waste_percent, std::uint32_t gap) const;

  std::uint32_t width_ = 0;
  std::uint32_t height_ = 0;
  std::uint32_t first_row_ = 0;  // Rows outside of [first_row_, last_row_) are clean.
  std::uint32_t last_row_ = 0;
  std::vector<Span> rows_;
};

/// Adds to `damage` what the dirty pages of `bitmap` (one bit per 4 KiB) show of a linear picture: `height` lines of
/// `width` pixels of `pixel_bytes`, `stride` apart, from byte `start`.
struct LinearPicture {
  std::uint64_t start = 0;
  std::uint32_t stride = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t pixel_bytes = 0;
};
void add_dirty_pages(const LinearPicture& picture, std::span<const std::uint64_t> bitmap, RowDamage& damage);

/// Whether any page of bytes [first, last) is marked. Pages beyond the bitmap are clean.
bool any_page_dirty(std::span<const std::uint64_t> bitmap, std::uint64_t first, std::uint64_t last);

}  // namespace saffron::display
