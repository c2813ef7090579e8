// SPDX-License-Identifier: Apache-2.0
// ScreenRenderer: keeps a picture of 0x00RRGGBB pixels equal to what the guest shows, and says what changed.
//
// Lines that may have changed (their pages were written) are converted and compared with the picture, so damage is
// exact. Only 32-bit linear modes have no copy here: their source is video memory itself and damage has the
// granularity of pages. A shadow to compare with would cost the memory of the screen and a second pass over each
// dirty pixel; a sink that wants finer damage compares tiles on its own copy.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "devices/display/damage.h"
#include "devices/display/screen_layout.h"
#include "devices/display/text_renderer.h"
#include "devices/display/video_memory.h"
#include "devices/ports/display_sink.h"

namespace saffron::display {

/// Control thread.
class ScreenRenderer {
 public:
  struct Changes {
    std::span<const std::uint64_t> dirty_pages;  // One bit per 4 KiB of video memory.
    bool fonts = false;                          // Plane 2 was written.
    bool everything = false;                     // Draw and report all of it.
    BlinkPhase phase;
  };

  explicit ScreenRenderer(const VideoMemory& memory) : memory_(memory) {}

  /// Draws `state`. `state.layout` has a size (a blank screen too). `damage` is reset to that size and filled.
  void draw(const ScreenState& state, const Changes& changes, RowDamage& damage);
  /// The picture as of the last draw. Valid until the next one.
  ports::SurfaceView view() const;
  /// A copy of the picture as of the last draw; the next draw starts over.
  ports::Frame take_frame();
  /// Whether the picture has something that blinks.
  bool blinks() const;

 private:
  bool is_scrolled(const ScreenLayout& next) const;
  void take_layout(bool scrolled);
  void draw_blank(bool changed, RowDamage& damage);
  void draw_direct(const Changes& changes, bool all, RowDamage& damage);
  void draw_vga(const Changes& changes, bool look_at_all, RowDamage& damage);
  void draw_linear(const Changes& changes, bool look_at_all, RowDamage& damage);
  void update_line(std::uint32_t row, bool force, RowDamage& damage);
  bool line_dirty(const ScanLine& line, std::span<const std::uint64_t> dirty_pages) const;

  const VideoMemory& memory_;
  ScreenState state_;
  BlinkPhase phase_;
  bool valid_ = false;
  std::vector<ScanLine> lines_;
  std::vector<std::uint32_t> pixels_;  // At most 3840 * 2160 (dispi) or 4608 * 1024 (VGA) pixels.
  std::vector<std::uint32_t> line_;
  std::vector<std::uint8_t> scratch_;
  RowDamage dirty_rows_;
  TextRenderer text_;
};

}  // namespace saffron::display
