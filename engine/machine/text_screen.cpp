// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/text_screen.h"

#include <algorithm>
#include <array>

#include "engine/machine/memory_layout.h"

namespace saffron::machine {

namespace {

constexpr std::size_t kCharacters = 256;
constexpr std::size_t kRows = 16;
constexpr unsigned kCells = 80 * 25;
constexpr std::uint64_t kTextMemory = 0xb8000;
constexpr std::uint64_t kEmptyCell = 0x0720;  // A space, light grey on black.
constexpr std::uint64_t kGlyphStride = 32;    // Bytes of plane 2 for a character.

// Ports; each index register is followed by its data.
constexpr std::uint16_t kAttribute = 0x3c0;
constexpr std::uint16_t kMiscellaneous = 0x3c2;
constexpr std::uint16_t kSequencer = 0x3c4;
constexpr std::uint16_t kDacMask = 0x3c6;
constexpr std::uint16_t kDacIndex = 0x3c8;
constexpr std::uint16_t kDacData = 0x3c9;
constexpr std::uint16_t kGraphics = 0x3ce;
constexpr std::uint16_t kCrtc = 0x3d4;
constexpr std::uint16_t kStatus = 0x3da;

// Mode 3: 720x400 dots of 9x16, 28 MHz, memory at 0xb8000 with characters and attributes in planes 0 and 1.
constexpr std::uint8_t kMode3Miscellaneous = 0x67;
constexpr std::array<std::uint8_t, 5> kMode3Sequencer{0x03, 0x00, 0x03, 0x00, 0x02};
constexpr std::array<std::uint8_t, 25> kMode3Crtc{0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00,
                                                  0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e,
                                                  0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff};
constexpr std::array<std::uint8_t, 9> kMode3Graphics{0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff};
// The 16 colours of text in the palette of 64, where bit 5..3 are the dark and 2..0 the bright part of red, green,
// blue.
constexpr std::array<std::uint8_t, 21> kMode3Attribute{0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a,
                                                       0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00};
constexpr std::uint8_t kScreenOn = 0x20;  // Attribute index: the palette belongs to the screen again.

class Vga {
 public:
  Vga(const core::Bus& io, const core::Bus& memory) : io_(io), memory_(memory) {}

  void out(std::uint16_t port, std::uint8_t value) { io_.write(port, 1, value); }
  void set(std::uint16_t index_port, std::uint8_t index, std::uint8_t value) {
    out(index_port, index);
    out(static_cast<std::uint16_t>(index_port + 1), value);
  }
  void set_attribute(std::uint8_t index, std::uint8_t value) {
    out(kAttribute, index);
    out(kAttribute, value);
  }
  /// The next write to the attribute controller is an index.
  void reset_attribute() {
    std::uint64_t ignored = 0;
    io_.read(kStatus, 1, ignored);
  }
  void poke(std::uint64_t address, unsigned size, std::uint64_t value) { memory_.write(address, size, value); }

 private:
  const core::Bus& io_;
  const core::Bus& memory_;
};

void set_registers(Vga& vga) {
  vga.reset_attribute();
  vga.out(kAttribute, 0);  // Screen off meanwhile.
  vga.out(kMiscellaneous, kMode3Miscellaneous);
  for (std::uint8_t i = 0; i < kMode3Sequencer.size(); ++i) {
    vga.set(kSequencer, i, kMode3Sequencer[i]);
  }
  constexpr std::uint8_t kVerticalRetraceEnd = 0x11;
  vga.set(kCrtc, kVerticalRetraceEnd, 0);  // Its bit 7 protects the first registers.
  for (std::uint8_t i = 0; i < kMode3Crtc.size(); ++i) {
    vga.set(kCrtc, i, kMode3Crtc[i]);
  }
  for (std::uint8_t i = 0; i < kMode3Graphics.size(); ++i) {
    vga.set(kGraphics, i, kMode3Graphics[i]);
  }
  vga.reset_attribute();
  for (std::uint8_t i = 0; i < kMode3Attribute.size(); ++i) {
    vga.set_attribute(i, kMode3Attribute[i]);
  }
}

void set_palette(Vga& vga) {
  vga.out(kDacMask, 0xff);
  vga.out(kDacIndex, 0);
  for (unsigned color = 0; color < 64; ++color) {
    for (unsigned part = 3; part-- > 0;) {  // Red is the highest bit of each three.
      const unsigned bright = (color >> part) & 1;
      const unsigned dark = (color >> (part + 3)) & 1;
      vga.out(kDacData, static_cast<std::uint8_t>(bright * 0x2a + dark * 0x15));
    }
  }
}

/// Plane 2 holds the characters' dots: for a moment it is written like any memory.
void load_font(Vga& vga, std::span<const std::uint8_t> font) {
  vga.set(kSequencer, 2, 0x04);  // Plane 2 only
  vga.set(kSequencer, 4, 0x06);  // without odd and even,
  vga.set(kGraphics, 5, 0x00);
  vga.set(kGraphics, 6, 0x04);  // at 0xa0000.
  for (std::size_t character = 0; character < kCharacters; ++character) {
    for (std::size_t row = 0; row < kRows; ++row) {
      vga.poke(kVgaWindow + character * kGlyphStride + row, 1, font[character * kRows + row]);
    }
  }
  vga.set(kSequencer, 2, kMode3Sequencer[2]);
  vga.set(kSequencer, 4, kMode3Sequencer[4]);
  vga.set(kGraphics, 5, kMode3Graphics[5]);
  vga.set(kGraphics, 6, kMode3Graphics[6]);
}

}  // namespace

std::optional<std::vector<std::uint8_t>> find_text_font(std::span<const std::uint8_t> vga_bios) {
  // Characters 0 (empty) and 1 (a face) of code page 437, as IBM drew them and everybody after.
  constexpr std::array<std::uint8_t, 2 * kRows> kBeginning{
      0, 0, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0, 0, 0, 0,
      0, 0, 0x7e, 0x81, 0xa5, 0x81, 0x81, 0xbd, 0x99, 0x81, 0x81, 0x7e, 0, 0, 0, 0};
  const auto found = std::search(vga_bios.begin(), vga_bios.end(), kBeginning.begin(), kBeginning.end());
  if (vga_bios.end() - found < static_cast<std::ptrdiff_t>(kCharacters * kRows)) {
    return std::nullopt;
  }
  return std::vector<std::uint8_t>(found, found + static_cast<std::ptrdiff_t>(kCharacters * kRows));
}

void show_text_screen(const core::Bus& io, const core::Bus& memory, std::span<const std::uint8_t> font) {
  Vga vga(io, memory);
  set_registers(vga);
  set_palette(vga);
  load_font(vga, font);
  for (unsigned cell = 0; cell < kCells; ++cell) {
    vga.poke(kTextMemory + cell * 2, 2, kEmptyCell);
  }
  vga.out(kAttribute, kScreenOn);
}

}  // namespace saffron::machine
