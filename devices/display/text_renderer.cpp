// SPDX-License-Identifier: Apache-2.0
#include "devices/display/text_renderer.h"

#include <algorithm>

namespace saffron::display {
namespace {

// Cell keys: character 0-7, attribute 8-15, then these.
constexpr std::uint32_t kCharacterHidden = 1u << 16;
constexpr std::uint32_t kCursorShown = 1u << 17;
constexpr unsigned kCursorFirstShift = 18;
constexpr unsigned kCursorLastShift = 23;
constexpr std::uint32_t kNeverDrawn = ~std::uint32_t{0};

constexpr unsigned kGlyphBytes = 32;

}  // namespace

void TextRenderer::set_layout(const ScreenLayout& layout, const std::vector<ScanLine>& lines, bool scrolled) {
  const std::size_t old_rows = rows_.size();
  lines_ = lines;
  rows_.clear();
  for (std::uint32_t y = 0; y < lines.size(); ++y) {
    const bool continues = y != 0 && lines[y].counter == lines[y - 1].counter &&
                           lines[y].row_scan >= lines[y - 1].row_scan && lines[y].panning == lines[y - 1].panning;
    if (continues) {
      ++rows_.back().line_count;
    } else {
      rows_.push_back({y, 1, lines[y].counter, lines[y].panning});
    }
  }
  // Panning shows a part of one more cell. At most 1024 lines of 257 cells: 1 MB.
  cells_per_row_ = layout.columns + 1;
  // An offset of 0 joins rows, so a start address can change their number.
  if (!scrolled || rows_.size() != old_rows) {
    cells_.assign(std::size_t{cells_per_row_} * rows_.size(), kNeverDrawn);
  }
}

void TextRenderer::load_fonts(const ScreenLayout& layout, const VideoMemory& memory) {
  const std::array<std::uint32_t, 2> starts = {layout.font_b, layout.font_a};
  for (std::size_t font = 0; font < fonts_.size(); ++font) {
    for (std::uint32_t i = 0; i < fonts_[font].size(); ++i) {
      fonts_[font][i] = static_cast<std::uint8_t>(memory.load_word(starts[font] + i) >> 16);
    }
  }
}

TextRenderer::CellKey TextRenderer::cell_key(const ScreenState& state, const BlinkPhase& phase, std::uint32_t counter,
                                             const VideoMemory& memory) {
  CellKey key = memory.load_word(plane_address(state.layout, counter, 0)) & 0xffff;
  if (state.layout.blink && (key & 0x8000) != 0) {
    has_blinking_characters_ = true;
    if (!phase.characters) {
      key |= kCharacterHidden;
    }
  }
  if (state.cursor.visible && phase.cursor && (counter & 0xffff) == state.cursor.position) {
    key |= kCursorShown | (std::uint32_t{state.cursor.first_row} << kCursorFirstShift) |
           (std::uint32_t{state.cursor.last_row} << kCursorLastShift);
  }
  return key;
}

void TextRenderer::draw_cell(const ScreenState& state, const Row& row, std::uint32_t column, CellKey key,
                             std::span<std::uint32_t> pixels, RowDamage& damage) const {
  const ScreenLayout& layout = state.layout;
  const unsigned character = key & 0xff;
  const unsigned attribute = (key >> 8) & 0xff;
  const std::uint32_t foreground = state.palette.attribute[attribute & 0x0f];
  const std::uint32_t background = state.palette.attribute[(attribute >> 4) & (layout.blink ? 0x07 : 0x0f)];
  const std::uint8_t* glyph = &fonts_[(attribute >> 3) & 1][character * kGlyphBytes];
  const unsigned cursor_first = (key >> kCursorFirstShift) & 0x1f;
  const unsigned cursor_last = (key >> kCursorLastShift) & 0x1f;
  const bool repeat_last_dot = layout.line_graphics && character >= 0xc0 && character <= 0xdf;
  const unsigned scale = layout.double_width ? 2 : 1;
  // In pixels of the picture; the first cell may start left of it.
  const std::int64_t left = (std::int64_t{column} * layout.cell_width - row.panning) * scale;
  const std::int64_t first = std::max<std::int64_t>(left, 0);
  const std::int64_t last = std::min<std::int64_t>(left + layout.cell_width * scale, layout.width);
  if (first >= last) {
    return;
  }
  for (std::uint32_t i = 0; i < row.line_count; ++i) {
    const std::uint32_t y = row.first_line + i;
    const unsigned row_scan = lines_[y].row_scan;
    // Nine dots, the leftmost in bit 8.
    unsigned dots = (key & kCharacterHidden) != 0 ? 0 : glyph[row_scan] * 2u;
    if (repeat_last_dot) {
      dots |= (dots >> 1) & 1;
    }
    // Underline is an attribute of monochrome screens: foreground 1, background 0.
    const bool underline = row_scan == layout.underline_row && (attribute & 0x77) == 0x01;
    const bool cursor = (key & kCursorShown) != 0 && row_scan >= cursor_first && row_scan <= cursor_last;
    if (underline || cursor) {
      dots = 0x1ff;
    }
    std::uint32_t* out = &pixels[std::size_t{y} * layout.width];
    for (std::int64_t x = first; x < last; ++x) {
      const auto dot = static_cast<unsigned>(x - left) / scale;
      out[x] = ((dots >> (8 - dot)) & 1) != 0 ? foreground : background;
    }
    damage.add(y, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last));
  }
}

void TextRenderer::draw(const ScreenState& state, const BlinkPhase& phase, bool everything, const VideoMemory& memory,
                        std::span<std::uint32_t> pixels, RowDamage& damage) {
  has_blinking_characters_ = false;
  if (everything) {
    load_fonts(state.layout, memory);
  }
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    for (std::uint32_t column = 0; column < cells_per_row_; ++column) {
      const CellKey key = cell_key(state, phase, row.counter + column, memory);
      CellKey& drawn = cells_[i * cells_per_row_ + column];
      if (everything || key != drawn) {
        drawn = key;
        draw_cell(state, row, column, key, pixels, damage);
      }
    }
  }
}

}  // namespace saffron::display
