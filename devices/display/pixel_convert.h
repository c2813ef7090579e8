// SPDX-License-Identifier: Apache-2.0
// Converts one line of video memory into 0x00RRGGBB pixels. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "devices/display/screen_layout.h"
#include "devices/display/video_memory.h"

namespace saffron::display {

/// Draws one scan line of a kPlanar, kCga or kPlanar256 picture; `to` has layout.width pixels.
void convert_vga_line(const ScreenLayout& layout, const ScanLine& line, const Palette& palette,
                      const VideoMemory& memory, std::span<std::uint32_t> to);

/// Draws line `row` of a linear picture (kLinear8 to kLinear32). `scratch` is reused between calls.
void convert_linear_line(const ScreenLayout& layout, std::uint32_t row, const Palette& palette,
                         const VideoMemory& memory, std::vector<std::uint8_t>& scratch, std::span<std::uint32_t> to);

/// Bytes a pixel of a linear format.
std::uint32_t pixel_bytes(PixelFormat format);

}  // namespace saffron::display
