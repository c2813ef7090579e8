// SPDX-License-Identifier: Apache-2.0
#include "devices/display/screen_layout.h"

#include <algorithm>

#include "devices/display/dispi.h"

namespace saffron::display {
namespace {

std::uint32_t dac_color(const VgaRegisters& vga, unsigned index) {
  const std::uint8_t* entry = &vga.dac[(index & vga.dac_mask) * 3u];
  std::uint32_t color = 0;
  for (unsigned i = 0; i < 3; ++i) {
    // 6 bits fill 8 by repeating the high ones, so that full stays full.
    const std::uint32_t level =
        vga.dac_8bit ? entry[i] : static_cast<std::uint8_t>((entry[i] << 2) | ((entry[i] & 0x3f) >> 4));
    color = (color << 8) | level;
  }
  return color;
}

Palette decode_palette(const VgaRegisters& vga) {
  Palette palette;
  for (unsigned i = 0; i < 256; ++i) {
    palette.dac[i] = dac_color(vga, i);
  }
  const unsigned color_select = vga.attribute[0x14];
  for (unsigned i = 0; i < 16; ++i) {
    // Color plane enable takes planes away before the palette.
    unsigned index = vga.attribute[i & vga.attribute[0x12] & 0x0f];
    if ((vga.attribute[0x10] & 0x80) != 0) {
      index = (index & 0x0f) | ((color_select & 0x03) << 4);
    }
    palette.attribute[i] = dac_color(vga, index | ((color_select & 0x0c) << 4));
  }
  return palette;
}

// Sequencer 3: three bits choose one of eight 8 KiB fonts, in an order that kept the EGA's four where they were.
std::uint32_t font_address(const VgaRegisters& vga, unsigned low_bits, unsigned high_bit) {
  if ((vga.sequencer[4] & 0x02) == 0) {
    return 0;  // Without extended memory there is one.
  }
  return low_bits * 0x4000u + high_bit * 0x2000u;
}

void decode_text(const VgaRegisters& vga, ScreenLayout& layout) {
  const unsigned map_select = vga.sequencer[3];
  const unsigned attribute_mode = vga.attribute[0x10];
  layout.format = PixelFormat::kText;
  layout.cell_width = (vga.sequencer[1] & 0x01) != 0 ? 8 : 9;
  layout.font_b = font_address(vga, map_select & 3, (map_select >> 4) & 1);
  layout.font_a = font_address(vga, (map_select >> 2) & 3, (map_select >> 5) & 1);
  layout.line_graphics = (attribute_mode & 0x04) != 0;
  layout.blink = (attribute_mode & 0x08) != 0;
  layout.underline_row = vga.crtc[0x14] & 0x1f;
  const unsigned pan = vga.attribute[0x13] & 0x0f;
  // Nine-dot cells count from 8: "8" is no shift, 0 to 7 are one to eight dots.
  layout.panning = static_cast<std::uint8_t>(layout.cell_width == 8 ? pan & 7 : pan >= 8 ? 0 : pan + 1);
}

void decode_graphics(const VgaRegisters& vga, ScreenLayout& layout) {
  const unsigned shift_mode = (vga.graphics[5] >> 5) & 3;
  const unsigned pan = vga.attribute[0x13] & 7;
  layout.panning = static_cast<std::uint8_t>(pan);
  if (shift_mode >= 2) {
    layout.format = PixelFormat::kPlanar256;
    // Two dots a pixel: four pixels a character clock. Doubleword addressing belongs to chain-4, whose bytes are
    // packed here (see memory_window.h), so the counter addresses words as it is.
    layout.panning = static_cast<std::uint8_t>(pan / 2);
    if ((vga.crtc[0x14] & 0x40) != 0) {
      layout.word_mode = false;
    }
  } else {
    layout.format = shift_mode == 1 ? PixelFormat::kCga : PixelFormat::kPlanar;
  }
}

void decode_vga(const VgaRegisters& vga, ScreenLayout& layout) {
  const auto& crtc = vga.crtc;
  const unsigned overflow = crtc[0x07];
  layout.columns = crtc[0x01] + 1u;
  layout.double_width = (vga.sequencer[1] & 0x08) != 0;
  layout.height = crtc[0x12] + ((overflow & 0x02) << 7) + ((overflow & 0x40) << 3) + 1u;
  const unsigned byte_panning = (crtc[0x08] >> 5) & 3;
  layout.start = ((crtc[0x0c] << 8) | crtc[0x0d]) + byte_panning;
  layout.stride = crtc[0x13] * 2u;
  layout.line_compare = static_cast<std::uint16_t>(crtc[0x18] | ((overflow & 0x10) << 4) | ((crtc[0x09] & 0x40) << 3));
  layout.row_height = static_cast<std::uint8_t>((crtc[0x09] & 0x1f) + 1);
  layout.double_scan = (crtc[0x09] & 0x80) != 0;
  layout.preset_row_scan = crtc[0x08] & 0x1f;
  layout.panning_ends_at_split = (vga.attribute[0x10] & 0x20) != 0;
  layout.word_mode = (crtc[0x17] & 0x40) == 0;
  layout.word_mode_bit15 = (crtc[0x17] & 0x20) != 0;
  layout.row_bank_13 = (crtc[0x17] & 0x01) == 0;
  layout.row_bank_14 = (crtc[0x17] & 0x02) == 0;
  if ((vga.graphics[6] & 0x01) == 0) {
    decode_text(vga, layout);
  } else {
    decode_graphics(vga, layout);
  }
  layout.width = layout.columns * layout.cell_width * (layout.double_width ? 2 : 1);
}

void decode_dispi(const DispiRegisters& dispi, std::uint64_t memory_bytes, ScreenLayout& layout) {
  const DispiMode mode = resolve_mode(dispi, memory_bytes);
  layout.width = mode.width;
  layout.height = mode.height;
  layout.start = mode.start;
  layout.stride = mode.stride;
  layout.columns = mode.width / 8;
  layout.address_mask = static_cast<std::uint32_t>(memory_bytes / 4 - 1);
  switch (mode.bits_per_pixel) {
    case 4:
      layout.format = PixelFormat::kPlanar;
      break;
    case 15:
      layout.format = PixelFormat::kLinear15;
      break;
    case 16:
      layout.format = PixelFormat::kLinear16;
      break;
    case 24:
      layout.format = PixelFormat::kLinear24;
      break;
    case 32:
      layout.format = PixelFormat::kLinear32;
      break;
    default:
      layout.format = PixelFormat::kLinear8;
      break;
  }
}

TextCursor decode_cursor(const VgaRegisters& vga, const ScreenLayout& layout) {
  const auto& crtc = vga.crtc;
  TextCursor cursor;
  cursor.first_row = crtc[0x0a] & 0x1f;
  cursor.last_row = crtc[0x0b] & 0x1f;
  const unsigned skew = (crtc[0x0b] >> 5) & 3;
  cursor.position = (((crtc[0x0e] << 8) | crtc[0x0f]) + skew) & 0xffff;
  // A start below the end shows nothing on a VGA (it wrapped around on an EGA).
  cursor.visible = layout.format == PixelFormat::kText && (crtc[0x0a] & 0x20) == 0 &&
                   cursor.first_row <= cursor.last_row && cursor.first_row < layout.row_height;
  return cursor;
}

}  // namespace

ScreenState decode_screen(const VgaRegisters& vga, const DispiRegisters& dispi, std::uint64_t memory_bytes) {
  ScreenState state;
  state.palette = decode_palette(vga);
  const bool palette_shown = (vga.attribute_index & 0x20) != 0;
  // "Screen off" is the sequencer's, which dispi modes pass by; palette address source blanks both (the Linux driver
  // blanks and unblanks with it).
  const bool screen_off = (vga.sequencer[1] & 0x20) != 0 && !dispi.enabled();
  if (!palette_shown || screen_off) {
    return state;
  }
  if (dispi.enabled()) {
    decode_dispi(dispi, memory_bytes, state.layout);
  } else {
    decode_vga(vga, state.layout);
  }
  state.cursor = decode_cursor(vga, state.layout);
  return state;
}

std::vector<ScanLine> walk_scan_lines(const ScreenLayout& layout) {
  std::vector<ScanLine> lines(layout.height);
  if (layout.address_mask != 0xffff) {
    // Dispi planar: no character rows, no split.
    for (std::uint32_t y = 0; y < layout.height; ++y) {
      lines[y].counter = layout.start + y * layout.stride;
    }
    return lines;
  }
  std::uint32_t row_start = layout.start;
  std::uint8_t row_scan = std::min<std::uint8_t>(layout.preset_row_scan, layout.row_height - 1);
  std::uint8_t panning = layout.panning;
  bool second_of_pair = false;
  for (std::uint32_t y = 0; y < layout.height; ++y) {
    lines[y] = {row_start & 0xffff, row_scan, panning};
    const bool row_clock = !layout.double_scan || second_of_pair;
    second_of_pair = layout.double_scan && !second_of_pair;
    if (y == layout.line_compare) {
      // Split screen: from the next line on, the picture starts again at address 0.
      row_start = 0;
      row_scan = 0;
      second_of_pair = false;
      if (layout.panning_ends_at_split) {
        panning = 0;
      }
    } else if (row_clock && ++row_scan == layout.row_height) {
      row_scan = 0;
      row_start += layout.stride;
    }
  }
  return lines;
}

}  // namespace saffron::display
