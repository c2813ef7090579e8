// SPDX-License-Identifier: Apache-2.0
// TextRenderer: draws a text screen's characters, only those that changed.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "devices/display/damage.h"
#include "devices/display/screen_layout.h"
#include "devices/display/video_memory.h"

namespace saffron::display {

/// The phases of what blinks: true shows it.
struct BlinkPhase {
  bool cursor = true;
  bool characters = true;
  bool operator==(const BlinkPhase&) const = default;
};

/// Control thread.
class TextRenderer {
 public:
  /// Takes another layout. `scrolled`: only the start address differs, so cells that look the same stay; otherwise
  /// the next draw() draws every cell.
  void set_layout(const ScreenLayout& layout, const std::vector<ScanLine>& lines, bool scrolled);
  /// Brings `pixels` (layout.width * layout.height) up to date with video memory; adds what it drew to `damage`.
  /// `everything`: also cells that did not change (other colours or fonts).
  void draw(const ScreenState& state, const BlinkPhase& phase, bool everything, const VideoMemory& memory,
            std::span<std::uint32_t> pixels, RowDamage& damage);
  /// Whether anything on the screen blinks besides the cursor (as of the last draw).
  bool has_blinking_characters() const { return has_blinking_characters_; }

 private:
  // Consecutive scan lines of one character row.
  struct Row {
    std::uint32_t first_line = 0;
    std::uint32_t line_count = 0;
    std::uint32_t counter = 0;
    std::uint8_t panning = 0;
  };
  // All that decides how a cell looks, apart from colours and fonts.
  using CellKey = std::uint32_t;

  CellKey cell_key(const ScreenState& state, const BlinkPhase& phase, std::uint32_t counter, const VideoMemory& memory);
  void draw_cell(const ScreenState& state, const Row& row, std::uint32_t column, CellKey key,
                 std::span<std::uint32_t> pixels, RowDamage& damage) const;
  void load_fonts(const ScreenLayout& layout, const VideoMemory& memory);

  std::vector<ScanLine> lines_;
  std::vector<Row> rows_;
  std::uint32_t cells_per_row_ = 0;
  std::vector<CellKey> cells_;
  std::array<std::array<std::uint8_t, 8192>, 2> fonts_{};  // Font B, font A: 256 glyphs of 32 bytes.
  bool has_blinking_characters_ = false;
};

}  // namespace saffron::display
