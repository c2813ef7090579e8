// SPDX-License-Identifier: Apache-2.0
// VgaGuest: what a guest does to a VGA: sets standard and dispi modes, loads fonts, writes text and pixels.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "devices/display/vga_adapter.h"
#include "tests/fakes/vga_mode_tables.h"

namespace saffron::fakes {

/// Drives an adapter through its ports and window. Single-threaded.
class VgaGuest {
 public:
  explicit VgaGuest(display::VgaAdapter& adapter) : adapter_(adapter) {}

  void out(std::uint16_t port, std::uint8_t value) { adapter_.write_port(port, value); }
  std::uint8_t in(std::uint16_t port) { return adapter_.read_port(port); }
  void sequencer(std::uint8_t index, std::uint8_t value) { out(0x3c4, index), out(0x3c5, value); }
  void graphics(std::uint8_t index, std::uint8_t value) { out(0x3ce, index), out(0x3cf, value); }
  void crtc(std::uint8_t index, std::uint8_t value) {
    const std::uint16_t base = (in(0x3cc) & 1) != 0 ? 0x3d4 : 0x3b4;
    out(base, index), out(static_cast<std::uint16_t>(base + 1), value);
  }
  void attribute(std::uint8_t index, std::uint8_t value) {
    in(0x3da);
    out(0x3c0, index), out(0x3c0, value), out(0x3c0, 0x20);
  }
  void dac(std::uint8_t index, std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
    out(0x3c8, index), out(0x3c9, red), out(0x3c9, green), out(0x3c9, blue);
  }
  void dispi(unsigned index, std::uint16_t value) { adapter_.write_dispi(index, value); }
  void poke(std::uint64_t address, std::uint8_t value) { adapter_.write_window(address - 0xa0000, 1, value); }
  std::uint8_t peek(std::uint64_t address) {
    return static_cast<std::uint8_t>(adapter_.read_window(address - 0xa0000, 1));
  }

  /// As a BIOS sets it: screen off, registers, palette, screen on. Video memory is left alone.
  void set_mode(unsigned mode) {
    const VgaModeTable table = vga_mode_table(mode);
    dispi(4, 0);
    in(0x3da);
    out(0x3c0, 0);
    in(0x3da);
    out(0x3c2, table.miscellaneous);
    for (std::uint8_t i = 0; i < table.sequencer.size(); ++i) {
      sequencer(i, table.sequencer[i]);
    }
    crtc(0x11, 0);
    for (std::uint8_t i = 0; i < table.crtc.size(); ++i) {
      crtc(i, table.crtc[i]);
    }
    for (std::uint8_t i = 0; i < table.graphics.size(); ++i) {
      graphics(i, table.graphics[i]);
    }
    in(0x3da);
    for (std::uint8_t i = 0; i < table.attribute.size(); ++i) {
      out(0x3c0, i), out(0x3c0, table.attribute[i]);
    }
    out(0x3c6, 0xff);
    for (unsigned i = 0; i < 256; ++i) {
      const std::array<std::uint8_t, 3> color = dac_entry(i);
      dac(static_cast<std::uint8_t>(i), color[0], color[1], color[2]);
    }
    out(0x3c0, 0x20);
  }

  /// A 32-bit-per-pixel (or other) dispi mode with a linear framebuffer.
  void set_dispi_mode(std::uint16_t width, std::uint16_t height, std::uint16_t bits, std::uint16_t flags = 0x41) {
    in(0x3da);
    out(0x3c0, 0x20);
    dispi(4, 0);
    dispi(1, width), dispi(2, height), dispi(3, bits);
    dispi(4, flags);
  }

  /// Loads one glyph (8 dots a row) into font block `block`, as the BIOS does: planar access to plane 2.
  void load_glyph(unsigned block, std::uint8_t character, std::span<const std::uint8_t> rows) {
    sequencer(2, 4), sequencer(4, 6), graphics(4, 2), graphics(5, 0), graphics(6, 4);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      poke(0xa0000 + block * 0x4000 + character * 32u + i, rows[i]);
    }
    sequencer(2, 3), sequencer(4, 2), graphics(4, 0), graphics(5, 0x10), graphics(6, 0x0e);
  }
  /// Writes cells of a colour text screen.
  void text(unsigned cell, std::string_view characters, std::uint8_t attribute_byte) {
    for (const char character : characters) {
      poke(0xb8000 + cell * 2u, static_cast<std::uint8_t>(character));
      poke(0xb8000 + cell * 2u + 1, attribute_byte);
      ++cell;
    }
  }

  /// The test palette: entry i is (i, 63 - i, i * 5) modulo 64; entry 0 is black.
  static std::array<std::uint8_t, 3> dac_entry(unsigned i) {
    if (i == 0) {
      return {0, 0, 0};
    }
    return {static_cast<std::uint8_t>(i & 63), static_cast<std::uint8_t>(63 - (i & 63)),
            static_cast<std::uint8_t>(i * 5 & 63)};
  }
  /// What DAC entry i of the test palette shows, as 0x00RRGGBB.
  static std::uint32_t dac_color(unsigned i) {
    std::uint32_t color = 0;
    for (const std::uint8_t level : dac_entry(i)) {
      color = (color << 8) | static_cast<std::uint32_t>((level << 2) | (level >> 4));
    }
    return color;
  }

 private:
  display::VgaAdapter& adapter_;
};

}  // namespace saffron::fakes
