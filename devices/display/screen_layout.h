// SPDX-License-Identifier: Apache-2.0
// What the registers mean: size, pixel format, where each line is in video memory, and the colours.
//
// Models: text (8 or 9 dots, any height, two fonts, underline, blink, cursor with skew), 16-colour planes, the CGA's
// 2-bit pixels, 256 colours (mode 13h and "mode X"), and dispi modes. Start address, offset, preset row scan, line
// compare, pixel and byte panning, double scan, dot clock / 2, byte and word addressing, CGA and Hercules row banks.
// Missing: memory address counter divided by 2 or 4 (CRTC 0x14 bit 5, 0x17 bit 3), vertical doubling (0x17 bit 2),
// interlace, overscan border, blink in graphics modes, colour plane readback.
// Document: IBM PS/2 Hardware Interface Technical Reference, Video Subsystem (VGA), CRT controller.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "devices/display/vga_registers.h"

namespace saffron::display {

enum class PixelFormat : std::uint8_t {
  kBlank,  // The screen is off: black, in the size that it had.
  kText,
  kPlanar,     // 4 planes, a bit each.
  kCga,        // 2 bits a pixel, even bytes in plane 0, odd bytes in plane 1.
  kPlanar256,  // 256 colours: byte n of a line is plane n % 4.
  kLinear8,    // Dispi modes from here on.
  kLinear15,
  kLinear16,
  kLinear24,
  kLinear32,
};

/// Everything that decides where pixels come from. A change means that the whole picture must be looked at again.
struct ScreenLayout {
  PixelFormat format = PixelFormat::kBlank;
  std::uint32_t width = 0;  // Of the picture, in pixels.
  std::uint32_t height = 0;
  std::uint32_t start = 0;   // VGA: address counter of the first line; dispi: byte in video memory (of a plane).
  std::uint32_t stride = 0;  // VGA: counts a character row; dispi: bytes a line (of a plane).

  // The rest is for VGA formats.
  std::uint32_t columns = 0;  // Character clocks a line.
  std::uint8_t cell_width = 8;
  bool double_width = false;  // Dot clock / 2: each dot is two pixels.
  std::uint16_t line_compare = 0x3ff;
  std::uint8_t row_height = 1;  // Scan lines a character row, before doubling.
  bool double_scan = false;
  std::uint8_t preset_row_scan = 0;
  std::uint8_t panning = 0;  // Pixels (before double_width).
  bool panning_ends_at_split = false;
  bool word_mode = false;
  bool word_mode_bit15 = false;  // Word mode's address bit 0 is counter bit 15, not 13.
  bool row_bank_13 = false;      // Row scan bit 0 replaces address bit 13 (CGA).
  bool row_bank_14 = false;      // Row scan bit 1 replaces address bit 14 (Hercules).
  std::uint32_t address_mask = 0xffff;

  // Text only.
  std::uint32_t font_a = 0;  // Byte in plane 2; for characters with attribute bit 3 set.
  std::uint32_t font_b = 0;
  bool line_graphics = false;  // The ninth dot of 0xc0-0xdf repeats the eighth.
  bool blink = false;          // Attribute bit 7 blinks instead of brightening the background.
  std::uint8_t underline_row = 0x1f;

  bool operator==(const ScreenLayout&) const = default;
  bool is_linear() const { return format >= PixelFormat::kLinear8; }
};

struct TextCursor {
  bool visible = false;
  std::uint32_t position = 0;  // Address counter.
  std::uint8_t first_row = 0;
  std::uint8_t last_row = 0;
  bool operator==(const TextCursor&) const = default;
};

/// Colours as 0x00RRGGBB.
struct Palette {
  std::array<std::uint32_t, 256> dac{};       // After the pixel mask: what an 8-bit pixel shows.
  std::array<std::uint32_t, 16> attribute{};  // What a 4-bit pixel shows.
  bool operator==(const Palette&) const = default;
};

struct ScreenState {
  ScreenLayout layout;
  TextCursor cursor;
  Palette palette;
};

/// `memory_bytes`: size of video memory. The width and height of a blank screen are 0.
ScreenState decode_screen(const VgaRegisters& vga, const DispiRegisters& dispi, std::uint64_t memory_bytes);

/// One scan line of a VGA picture: the address counter at its start, and the row inside the character row.
struct ScanLine {
  std::uint32_t counter = 0;
  std::uint8_t row_scan = 0;
  std::uint8_t panning = 0;
};
/// The CRTC's walk over one frame; layout.height entries. Only for formats that are not linear.
std::vector<ScanLine> walk_scan_lines(const ScreenLayout& layout);

/// The plane address that an address counter drives (CRTC mode control, 0x17).
inline std::uint32_t plane_address(const ScreenLayout& layout, std::uint32_t counter, std::uint8_t row_scan) {
  std::uint32_t address = counter;
  if (layout.word_mode) {
    const unsigned wrapped_bit = layout.word_mode_bit15 ? 15 : 13;
    address = (counter << 1) | ((counter >> wrapped_bit) & 1);
  }
  if (layout.row_bank_13) {
    address = (address & ~0x2000u) | ((row_scan & 1u) << 13);
  }
  if (layout.row_bank_14) {
    address = (address & ~0x4000u) | ((row_scan & 2u) << 13);
  }
  return address & layout.address_mask;
}

}  // namespace saffron::display
