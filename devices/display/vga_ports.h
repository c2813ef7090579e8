// SPDX-License-Identifier: Apache-2.0
// VgaPorts: the VGA's I/O ports 0x3b0-0x3df.
//
// Models: miscellaneous output, sequencer, graphics controller, CRTC (with write protection), attribute controller
// (with its flip-flop), DAC (6 and 8 bits), input status 0 and 1 with retrace derived from the CRTC's own timing, and
// the mono/colour move of the CRTC by miscellaneous output bit 0.
// Missing: light pen, the vertical retrace interrupt (PCI VGAs don't have it), sequencer reset's loss of data,
// 0x3c3 turning off decoding (it is only stored). The vertical retrace bit stays set until the frame ends, so that a
// slow poller sees it.
// Document: IBM PS/2 Hardware Interface Technical Reference, Video Subsystem (VGA), register chapter.
#pragma once

#include <cstdint>

#include "devices/display/vga_registers.h"

namespace saffron::display {

/// Not thread safe: the adapter holds its lock around each call.
class VgaPorts {
 public:
  static constexpr std::uint16_t kFirstPort = 0x3b0;
  static constexpr std::uint16_t kLastPort = 0x3df;

  explicit VgaPorts(VgaRegisters& registers) : registers_(registers) {}

  /// Byte accesses; ports that are not ours read as 0xff. `now_ns` drives input status 1. `always_colour`: the
  /// access came through a place that has no mono/colour move (the PCI register window), so 0x3dx always answers.
  std::uint8_t read(std::uint16_t port, std::int64_t now_ns, bool always_colour = false);
  VgaEffect write(std::uint16_t port, std::uint8_t value, bool always_colour = false);

 private:
  bool crtc_answers(std::uint16_t port, bool always_colour) const;
  std::uint8_t read_crtc() const;
  std::uint8_t read_dac();
  std::uint8_t input_status_1(std::int64_t now_ns) const;
  VgaEffect write_attribute(std::uint8_t value);
  VgaEffect write_sequencer(std::uint8_t value);
  VgaEffect write_graphics(std::uint8_t value);
  VgaEffect write_crtc(std::uint8_t value);
  VgaEffect write_dac(std::uint8_t value);

  VgaRegisters& registers_;
};

/// Gives all DAC entries their other width, keeping their colours (Bochs VBE: 8BIT_DAC).
void set_dac_width(VgaRegisters& registers, bool eight_bits);

}  // namespace saffron::display
