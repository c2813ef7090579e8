// SPDX-License-Identifier: Apache-2.0
#include "devices/display/screen_renderer.h"

#include <algorithm>
#include <cstring>

#include "devices/display/pixel_convert.h"

namespace saffron::display {
namespace {

// All of what a plain VGA can address; dispi modes use more.
constexpr std::uint64_t kVgaBytes = 0x40000;

LinearPicture linear_picture(const ScreenLayout& layout) {
  return {.start = layout.start,
          .stride = layout.stride,
          .width = layout.width,
          .height = layout.height,
          .pixel_bytes = pixel_bytes(layout.format)};
}

}  // namespace

void ScreenRenderer::draw(const ScreenState& state, const Changes& changes, RowDamage& damage) {
  const ScreenLayout& layout = state.layout;
  const bool layout_changed = !valid_ || layout != state_.layout;
  const bool palette_changed = !valid_ || state.palette != state_.palette;
  const bool cells_may_differ = layout_changed || state.cursor != state_.cursor || changes.phase != phase_ ||
                                any_page_dirty(changes.dirty_pages, 0, kVgaBytes);
  const bool resized = !valid_ || layout.width != state_.layout.width || layout.height != state_.layout.height;
  const bool picture_lost = valid_ && layout_changed && state_.layout.format == PixelFormat::kLinear32;
  const bool scrolled = is_scrolled(layout);
  state_ = state;
  phase_ = changes.phase;
  valid_ = true;
  damage.reset(layout.width, layout.height);

  Changes todo = changes;
  todo.everything = changes.everything || resized || picture_lost;
  if (layout_changed) {
    take_layout(scrolled);
  }
  const bool look_at_all = todo.everything || layout_changed || palette_changed;
  switch (layout.format) {
    case PixelFormat::kBlank:
      draw_blank(todo.everything || layout_changed, damage);
      break;
    case PixelFormat::kLinear32:
      draw_direct(todo, todo.everything || layout_changed, damage);
      break;
    case PixelFormat::kText:
      todo.everything = todo.everything || palette_changed || changes.fonts || (layout_changed && !scrolled);
      if (todo.everything || cells_may_differ) {
        text_.draw(state_, phase_, todo.everything, memory_, pixels_, damage);
      }
      break;
    case PixelFormat::kPlanar:
    case PixelFormat::kCga:
    case PixelFormat::kPlanar256:
      draw_vga(todo, look_at_all, damage);
      break;
    default:
      draw_linear(todo, look_at_all, damage);
      break;
  }
}

bool ScreenRenderer::is_scrolled(const ScreenLayout& next) const {
  ScreenLayout moved = state_.layout;
  moved.start = next.start;
  return valid_ && moved == next;
}

void ScreenRenderer::take_layout(bool scrolled) {
  const ScreenLayout& layout = state_.layout;
  lines_.clear();
  if (layout.format == PixelFormat::kLinear32) {
    pixels_ = {};  // Direct: gives the memory back.
    return;
  }
  pixels_.resize(std::size_t{layout.width} * layout.height);
  line_.resize(layout.width);
  if (!layout.is_linear() && layout.format != PixelFormat::kBlank) {
    lines_ = walk_scan_lines(layout);
  }
  if (layout.format == PixelFormat::kText) {
    text_.set_layout(layout, lines_, scrolled);
  }
}

void ScreenRenderer::draw_direct(const Changes& changes, bool all, RowDamage& damage) {
  if (all) {
    damage.add_all();
  } else {
    add_dirty_pages(linear_picture(state_.layout), changes.dirty_pages, damage);
  }
}

ports::SurfaceView ScreenRenderer::view() const {
  const ScreenLayout& layout = state_.layout;
  ports::SurfaceView view{.width = layout.width, .height = layout.height, .stride = layout.width * 4, .bytes = {}};
  if (layout.format == PixelFormat::kLinear32) {
    view.stride = layout.stride;
    const std::size_t extent = std::size_t{layout.stride} * (layout.height - 1) + std::size_t{layout.width} * 4;
    view.bytes = memory_.bytes().subspan(layout.start, extent);
  } else {
    // Pixels as bytes: the port's type is bytes because its other source is guest memory.
    view.bytes = {reinterpret_cast<const std::uint8_t*>(pixels_.data()), pixels_.size() * 4};
  }
  return view;
}

bool ScreenRenderer::blinks() const {
  return state_.layout.format == PixelFormat::kText && (state_.cursor.visible || text_.has_blinking_characters());
}

void ScreenRenderer::draw_blank(bool changed, RowDamage& damage) {
  if (changed) {
    std::fill(pixels_.begin(), pixels_.end(), 0u);
    damage.add_all();
  }
}

ports::Frame ScreenRenderer::take_frame() {
  const ScreenLayout& layout = state_.layout;
  ports::Frame frame{.width = layout.width, .height = layout.height, .pixels = {}};
  if (layout.format != PixelFormat::kLinear32) {
    frame.pixels = std::move(pixels_);
  } else {
    frame.pixels.resize(std::size_t{layout.width} * layout.height);
    for (std::uint32_t row = 0; row < layout.height; ++row) {
      convert_linear_line(layout, row, state_.palette, memory_, scratch_,
                          std::span(frame.pixels).subspan(std::size_t{row} * layout.width, layout.width));
    }
  }
  valid_ = false;
  pixels_ = {};
  return frame;
}

// Puts line_ into the picture; what differs is damage.
void ScreenRenderer::update_line(std::uint32_t row, bool force, RowDamage& damage) {
  const std::span<std::uint32_t> shown(&pixels_[std::size_t{row} * state_.layout.width], line_.size());
  std::size_t first = 0;
  std::size_t last = line_.size();
  if (!force) {
    if (std::memcmp(shown.data(), line_.data(), line_.size() * 4) == 0) {
      return;
    }
    while (shown[first] == line_[first]) {
      ++first;
    }
    while (shown[last - 1] == line_[last - 1]) {
      --last;
    }
  }
  std::copy(line_.begin() + static_cast<std::ptrdiff_t>(first), line_.begin() + static_cast<std::ptrdiff_t>(last),
            shown.begin() + static_cast<std::ptrdiff_t>(first));
  damage.add(row, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last));
}

bool ScreenRenderer::line_dirty(const ScanLine& line, std::span<const std::uint64_t> dirty_pages) const {
  const ScreenLayout& layout = state_.layout;
  const std::uint64_t step = layout.word_mode ? 2 : 1;
  const std::uint64_t first = plane_address(layout, line.counter, line.row_scan);
  const std::uint64_t last = first + (layout.columns + 1) * step;
  if (last > layout.address_mask || layout.row_bank_13 || layout.row_bank_14) {
    // The line wraps around, or its address bits are swapped: any page may be meant.
    return any_page_dirty(dirty_pages, 0, (std::uint64_t{layout.address_mask} + 1) * 4);
  }
  return any_page_dirty(dirty_pages, first * 4, last * 4);
}

void ScreenRenderer::draw_vga(const Changes& changes, bool look_at_all, RowDamage& damage) {
  const ScanLine* converted = nullptr;
  for (std::uint32_t row = 0; row < lines_.size(); ++row) {
    const ScanLine& line = lines_[row];
    if (!look_at_all && !line_dirty(line, changes.dirty_pages)) {
      continue;
    }
    const bool same_as_last = converted != nullptr && converted->counter == line.counter &&
                              converted->row_scan == line.row_scan && converted->panning == line.panning;
    if (!same_as_last) {
      convert_vga_line(state_.layout, line, state_.palette, memory_, line_);
      converted = &line;
    }
    update_line(row, changes.everything, damage);
  }
}

void ScreenRenderer::draw_linear(const Changes& changes, bool look_at_all, RowDamage& damage) {
  const ScreenLayout& layout = state_.layout;
  dirty_rows_.reset(layout.width, layout.height);
  if (look_at_all) {
    dirty_rows_.add_all();
  } else {
    add_dirty_pages(linear_picture(layout), changes.dirty_pages, dirty_rows_);
  }
  for (std::uint32_t row = 0; row < layout.height; ++row) {
    if (dirty_rows_.row_dirty(row)) {
      convert_linear_line(layout, row, state_.palette, memory_, scratch_, line_);
      update_line(row, changes.everything, damage);
    }
  }
}

}  // namespace saffron::display
