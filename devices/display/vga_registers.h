// SPDX-License-Identifier: Apache-2.0
// The state of a VGA's register file, as plain data: what ports write, and what the renderers read a copy of.
// Names follow the IBM VGA reference (IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem").
#pragma once

#include <array>
#include <cstdint>

namespace saffron::display {

/// What a guest's access did to the picture, so that the refresh timer is only disturbed as much as needed.
enum class VgaEffect : std::uint8_t {
  kNone,
  kContent,  // The picture may have changed: cursor, palette, start address, video memory.
  kMode,     // Size or pixel format may have changed.
};

struct VgaRegisters {
  static constexpr unsigned kSequencerCount = 5;
  static constexpr unsigned kGraphicsCount = 9;
  static constexpr unsigned kCrtcCount = 25;
  static constexpr unsigned kAttributeCount = 21;

  std::uint8_t miscellaneous = 0;
  std::uint8_t feature_control = 0;
  std::uint8_t subsystem_enable = 1;
  std::uint8_t sequencer_index = 0;
  std::uint8_t graphics_index = 0;
  std::uint8_t crtc_index = 0;
  std::uint8_t attribute_index = 0;  // With bit 5, palette address source: 1 shows the screen, 0 blanks it.
  bool attribute_data_next = false;  // The flip-flop of port 0x3c0.
  std::array<std::uint8_t, kSequencerCount> sequencer{};
  std::array<std::uint8_t, kGraphicsCount> graphics{};
  std::array<std::uint8_t, kCrtcCount> crtc{};
  std::array<std::uint8_t, kAttributeCount> attribute{};

  std::uint8_t dac_mask = 0xff;
  std::uint8_t dac_state = 0;  // What 0x3c7 reads: 0 after a write address, 3 after a read address.
  std::uint8_t dac_read_index = 0;
  std::uint8_t dac_write_index = 0;
  std::uint8_t dac_component = 0;             // 0 red, 1 green, 2 blue.
  std::array<std::uint8_t, 2> dac_pending{};  // Red and green until blue completes the entry.
  bool dac_8bit = false;                      // Entries are 8 bits wide instead of 6 (Bochs VBE, 8BIT_DAC).
  std::array<std::uint8_t, 768> dac{};

  std::uint32_t latches = 0;  // Plane 0 in bits 0-7, plane 3 in bits 24-31.
};

/// The Bochs VBE "dispi" registers, version 0xb0c5 (Bochs, bios/VBE_README and vbe display interface).
struct DispiRegisters {
  static constexpr std::uint16_t kEnabled = 0x01;
  static constexpr std::uint16_t kGetCapabilities = 0x02;
  static constexpr std::uint16_t k8BitDac = 0x20;
  static constexpr std::uint16_t kLinearFramebuffer = 0x40;
  static constexpr std::uint16_t kNoClearMemory = 0x80;

  std::uint16_t index = 0;
  std::uint16_t id = 0xb0c5;
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  std::uint16_t bits_per_pixel = 8;
  std::uint16_t enable = 0;
  std::uint16_t bank = 0;
  std::uint16_t virtual_width = 0;
  std::uint16_t x_offset = 0;
  std::uint16_t y_offset = 0;

  bool enabled() const { return (enable & kEnabled) != 0; }
  bool planar() const { return bits_per_pixel == 4; }
};

}  // namespace saffron::display
