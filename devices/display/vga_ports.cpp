// SPDX-License-Identifier: Apache-2.0
#include "devices/display/vga_ports.h"

#include <algorithm>

namespace saffron::display {
namespace {

constexpr std::uint8_t kPaletteAddressSource = 0x20;
constexpr std::uint8_t kCrtcProtect = 0x80;  // CRTC 0x11, bit 7.

// The bits that exist; others read back as zero.
constexpr std::array<std::uint8_t, VgaRegisters::kSequencerCount> kSequencerBits = {0x03, 0x3d, 0x0f, 0x3f, 0x0e};
constexpr std::array<std::uint8_t, VgaRegisters::kGraphicsCount> kGraphicsBits = {0x0f, 0x0f, 0x0f, 0x1f, 0x03,
                                                                                  0x7b, 0x0f, 0x0f, 0xff};

std::uint8_t attribute_bits(unsigned index) {
  if (index < 0x10) {
    return 0x3f;
  }
  constexpr std::array<std::uint8_t, 5> kModeBits = {0xef, 0xff, 0x3f, 0x0f, 0x0f};
  return kModeBits[index - 0x10];
}

// Cursor shape and place and the start address: they move the picture, they don't change its size or format.
bool crtc_is_content(unsigned index) {
  return index >= 0x0a && index <= 0x0f;
}

// The frame as the CRTC's registers time it.
struct FrameTiming {
  std::int64_t line_ns = 0;
  std::int64_t visible_line_ns = 0;
  std::int64_t lines = 0;
  std::int64_t visible_lines = 0;
  std::int64_t retrace_line = 0;
};

FrameTiming frame_timing(const VgaRegisters& registers) {
  const auto& crtc = registers.crtc;
  const unsigned overflow = crtc[0x07];
  FrameTiming timing;
  timing.lines = crtc[0x06] + ((overflow & 0x01) << 8) + ((overflow & 0x20) << 4) + 2;
  timing.visible_lines = crtc[0x12] + ((overflow & 0x02) << 7) + ((overflow & 0x40) << 3) + 1;
  timing.retrace_line = crtc[0x10] + ((overflow & 0x04) << 6) + ((overflow & 0x80) << 2);
  const std::int64_t characters = crtc[0x00] + 5;
  const std::int64_t visible_characters = crtc[0x01] + 1;
  const std::int64_t dots = (registers.sequencer[1] & 0x01) != 0 ? 8 : 9;
  const std::int64_t clock_divider = (registers.sequencer[1] & 0x08) != 0 ? 2 : 1;
  const std::int64_t dot_clock_khz = (registers.miscellaneous & 0x0c) == 0x04 ? 28322 : 25175;
  timing.line_ns = characters * dots * clock_divider * 1'000'000 / dot_clock_khz;
  timing.visible_line_ns = timing.line_ns * visible_characters / characters;
  const bool sane = timing.lines >= 100 && timing.visible_lines < timing.lines && timing.retrace_line < timing.lines &&
                    characters >= 40 && visible_characters < characters;
  if (!sane) {
    // Unprogrammed or driven through dispi: the timing of 640x480 at 60 Hz.
    timing = {.line_ns = 31778, .visible_line_ns = 25422, .lines = 525, .visible_lines = 480, .retrace_line = 490};
  }
  return timing;
}

}  // namespace

bool VgaPorts::crtc_answers(std::uint16_t port, bool always_colour) const {
  const bool colour_port = port >= 0x3d0;
  const bool colour = always_colour || (registers_.miscellaneous & 0x01) != 0;
  return colour_port == colour;
}

std::uint8_t VgaPorts::input_status_1(std::int64_t now_ns) const {
  const FrameTiming timing = frame_timing(registers_);
  const std::int64_t in_frame = std::max<std::int64_t>(now_ns, 0) % (timing.line_ns * timing.lines);
  const std::int64_t line = in_frame / timing.line_ns;
  const bool vertical_blank = line >= timing.visible_lines;
  const bool horizontal_blank = in_frame % timing.line_ns >= timing.visible_line_ns;
  std::uint8_t status = 0;
  if (vertical_blank || horizontal_blank) {
    status |= 0x01;
  }
  // The pulse is only two lines long on hardware. Ours lasts until the frame ends: an exit to user space can take
  // longer than two lines, and a guest that polls for the pulse must not miss it frame after frame.
  if (line >= timing.retrace_line) {
    status |= 0x08;
  }
  return status;
}

std::uint8_t VgaPorts::read_crtc() const {
  const unsigned index = registers_.crtc_index;
  if (index < VgaRegisters::kCrtcCount) {
    return registers_.crtc[index];
  }
  // Three registers that IBM does not document and that diagnostics read: latch, flip-flop, attribute index.
  switch (index) {
    case 0x22:
      return static_cast<std::uint8_t>(registers_.latches >> (8 * (registers_.graphics[4] & 3)));
    case 0x24:
      return registers_.attribute_data_next ? 0x80 : 0x00;
    case 0x26:
      return registers_.attribute_index;
    default:
      return 0xff;
  }
}

std::uint8_t VgaPorts::read_dac() {
  const std::uint8_t value = registers_.dac[registers_.dac_read_index * 3u + registers_.dac_component];
  if (++registers_.dac_component == 3) {
    registers_.dac_component = 0;
    ++registers_.dac_read_index;
  }
  return value;
}

std::uint8_t VgaPorts::read(std::uint16_t port, std::int64_t now_ns, bool always_colour) {
  VgaRegisters& r = registers_;
  switch (port) {
    case 0x3c0:
      return r.attribute_index;
    case 0x3c1: {
      const unsigned index = r.attribute_index & 0x1f;
      return index < r.attribute.size() ? r.attribute[index] : 0;
    }
    case 0x3c2:
      return 0x10;  // Input status 0: switch sense says a colour monitor; no retrace interrupt.
    case 0x3c3:
      return r.subsystem_enable;
    case 0x3c4:
      return r.sequencer_index;
    case 0x3c5:
      return r.sequencer_index < r.sequencer.size() ? r.sequencer[r.sequencer_index] : 0;
    case 0x3c6:
      return r.dac_mask;
    case 0x3c7:
      return r.dac_state;
    case 0x3c8:
      return r.dac_write_index;
    case 0x3c9:
      return read_dac();
    case 0x3ca:
      return r.feature_control;
    case 0x3cc:
      return r.miscellaneous;
    case 0x3ce:
      return r.graphics_index;
    case 0x3cf:
      return r.graphics_index < r.graphics.size() ? r.graphics[r.graphics_index] : 0;
    case 0x3b4:
    case 0x3d4:
      return crtc_answers(port, always_colour) ? r.crtc_index : 0xff;
    case 0x3b5:
    case 0x3d5:
      return crtc_answers(port, always_colour) ? read_crtc() : 0xff;
    case 0x3ba:
    case 0x3da:
      // Either place resets the flip-flop: SeaBIOS reads 0x3da also in monochrome modes.
      r.attribute_data_next = false;
      return crtc_answers(port, always_colour) ? input_status_1(now_ns) : 0xff;
    default:
      return 0xff;
  }
}

VgaEffect VgaPorts::write_attribute(std::uint8_t value) {
  VgaRegisters& r = registers_;
  if (!r.attribute_data_next) {
    r.attribute_data_next = true;
    const std::uint8_t old = r.attribute_index;
    r.attribute_index = value & 0x3f;
    return ((old ^ r.attribute_index) & kPaletteAddressSource) != 0 ? VgaEffect::kMode : VgaEffect::kNone;
  }
  r.attribute_data_next = false;
  const unsigned index = r.attribute_index & 0x1f;
  if (index >= r.attribute.size()) {
    return VgaEffect::kNone;
  }
  r.attribute[index] = value & attribute_bits(index);
  return index == 0x10 ? VgaEffect::kMode : VgaEffect::kContent;
}

VgaEffect VgaPorts::write_sequencer(std::uint8_t value) {
  VgaRegisters& r = registers_;
  if (r.sequencer_index >= r.sequencer.size()) {
    return VgaEffect::kNone;
  }
  std::uint8_t& target = r.sequencer[r.sequencer_index];
  const std::uint8_t old = target;
  target = value & kSequencerBits[r.sequencer_index];
  switch (r.sequencer_index) {
    case 1:
      return target != old ? VgaEffect::kMode : VgaEffect::kNone;
    case 3:
    case 4:  // Fonts, and the extended memory bit that they depend on.
      return target != old ? VgaEffect::kContent : VgaEffect::kNone;
    default:
      return VgaEffect::kNone;  // Reset, and the map mask, which planar drawing writes all the time.
  }
}

VgaEffect VgaPorts::write_graphics(std::uint8_t value) {
  VgaRegisters& r = registers_;
  if (r.graphics_index >= r.graphics.size()) {
    return VgaEffect::kNone;
  }
  std::uint8_t& target = r.graphics[r.graphics_index];
  const std::uint8_t old = target;
  target = value & kGraphicsBits[r.graphics_index];
  const std::uint8_t shown = r.graphics_index == 5 ? 0x60 : r.graphics_index == 6 ? 0x01 : 0x00;
  return ((old ^ target) & shown) != 0 ? VgaEffect::kMode : VgaEffect::kNone;
}

VgaEffect VgaPorts::write_crtc(std::uint8_t value) {
  VgaRegisters& r = registers_;
  const unsigned index = r.crtc_index;
  if (index >= r.crtc.size()) {
    return VgaEffect::kNone;
  }
  const std::uint8_t old = r.crtc[index];
  if ((r.crtc[0x11] & kCrtcProtect) != 0 && index <= 7) {
    // "Protect Registers 0-7": only line compare bit 8 stays writable.
    if (index == 7) {
      r.crtc[7] = static_cast<std::uint8_t>((old & ~0x10u) | (value & 0x10u));
    }
  } else {
    r.crtc[index] = value;
  }
  if (r.crtc[index] == old) {
    return VgaEffect::kNone;
  }
  return crtc_is_content(index) ? VgaEffect::kContent : VgaEffect::kMode;
}

VgaEffect VgaPorts::write_dac(std::uint8_t value) {
  VgaRegisters& r = registers_;
  const std::uint8_t masked = r.dac_8bit ? value : value & 0x3f;
  if (r.dac_component < 2) {
    r.dac_pending[r.dac_component++] = masked;
    return VgaEffect::kNone;
  }
  // An entry changes as a whole, when its blue arrives.
  std::uint8_t* entry = &r.dac[r.dac_write_index * 3u];
  entry[0] = r.dac_pending[0];
  entry[1] = r.dac_pending[1];
  entry[2] = masked;
  r.dac_component = 0;
  ++r.dac_write_index;
  return VgaEffect::kContent;
}

VgaEffect VgaPorts::write(std::uint16_t port, std::uint8_t value, bool always_colour) {
  VgaRegisters& r = registers_;
  switch (port) {
    case 0x3c0:
      return write_attribute(value);
    case 0x3c2: {
      const std::uint8_t old = r.miscellaneous;
      r.miscellaneous = value & 0xef;
      return r.miscellaneous != old ? VgaEffect::kContent : VgaEffect::kNone;
    }
    case 0x3c3:
      r.subsystem_enable = value & 0x01;
      return VgaEffect::kNone;
    case 0x3c4:
      r.sequencer_index = value & 0x07;
      return VgaEffect::kNone;
    case 0x3c5:
      return write_sequencer(value);
    case 0x3c6:
      r.dac_mask = value;
      return VgaEffect::kContent;
    case 0x3c7:
      r.dac_read_index = value;
      r.dac_component = 0;
      r.dac_state = 3;
      return VgaEffect::kNone;
    case 0x3c8:
      r.dac_write_index = value;
      r.dac_component = 0;
      r.dac_state = 0;
      return VgaEffect::kNone;
    case 0x3c9:
      return write_dac(value);
    case 0x3ce:
      r.graphics_index = value & 0x0f;
      return VgaEffect::kNone;
    case 0x3cf:
      return write_graphics(value);
    case 0x3b4:
    case 0x3d4:
      if (crtc_answers(port, always_colour)) {
        r.crtc_index = value & 0x3f;
      }
      return VgaEffect::kNone;
    case 0x3b5:
    case 0x3d5:
      return crtc_answers(port, always_colour) ? write_crtc(value) : VgaEffect::kNone;
    case 0x3ba:
    case 0x3da:
      if (crtc_answers(port, always_colour)) {
        r.feature_control = value & 0x03;
      }
      return VgaEffect::kNone;
    default:
      return VgaEffect::kNone;
  }
}

void set_dac_width(VgaRegisters& registers, bool eight_bits) {
  if (registers.dac_8bit == eight_bits) {
    return;
  }
  registers.dac_8bit = eight_bits;
  for (std::uint8_t& component : registers.dac) {
    component = static_cast<std::uint8_t>(eight_bits ? (component << 2) | (component >> 4) : component >> 2);
  }
}

}  // namespace saffron::display
