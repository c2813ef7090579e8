// SPDX-License-Identifier: Apache-2.0
// Register values of the standard VGA modes. Values: IBM PS/2 Hardware Interface Technical Reference, Video Subsystem,
// and what the video BIOS documents for each mode.
#pragma once

#include <array>
#include <cstdint>

namespace saffron::fakes {

struct VgaModeTable {
  std::uint8_t miscellaneous;
  std::array<std::uint8_t, 5> sequencer;
  std::array<std::uint8_t, 25> crtc;
  std::array<std::uint8_t, 9> graphics;
  std::array<std::uint8_t, 21> attribute;
};

/// Only what differs between modes is written per mode; the register groups repeat.
namespace vga_tables {
using Crtc = std::array<std::uint8_t, 25>;
using Attribute = std::array<std::uint8_t, 21>;

inline constexpr Attribute with_mode(Attribute table, std::uint8_t mode, std::uint8_t plane_enable) {
  table[0x10] = mode;
  table[0x12] = plane_enable;
  return table;
}
inline constexpr Attribute kColors16 = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a,
                                        0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x00, 0x00, 0x0f, 0x00, 0x00};
// Nine-dot characters: a panning of 8 is none.
inline constexpr Attribute kText16 = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a,
                                      0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00};
inline constexpr Attribute kIdentity = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0x0f, 0, 0};
inline constexpr Attribute kCga = {0x00, 0x13, 0x15, 0x17, 0x02, 0x04, 0x06, 0x07, 0x10, 0x11, 0x12,
                                   0x13, 0x14, 0x15, 0x16, 0x17, 0x00, 0x00, 0x03, 0x00, 0x00};
inline constexpr Attribute kTwoColors = {0x00, 0x3f, 0x00, 0x3f, 0x00, 0x3f, 0x00, 0x3f, 0x00, 0x3f, 0x00,
                                         0x3f, 0x00, 0x3f, 0x00, 0x3f, 0x00, 0x00, 0x0f, 0x00, 0x00};
inline constexpr Attribute kMono = {0x00, 0x08, 0x08, 0x08, 0x08, 0x08, 0x08, 0x08, 0x10, 0x18, 0x18,
                                    0x18, 0x18, 0x18, 0x18, 0x18, 0x0e, 0x00, 0x0f, 0x08, 0x00};

// Horizontal timing (0-5), then the vertical part by number of lines.
inline constexpr Crtc lines400(std::array<std::uint8_t, 6> h, std::uint8_t max_scan, std::uint8_t offset,
                               std::uint8_t underline, std::uint8_t mode) {
  return {h[0], h[1], h[2], h[3], h[4], h[5], 0xbf,   0x1f,      0x00, max_scan, 0x0d, 0x0e, 0,
          0,    0,    0,    0x9c, 0x8e, 0x8f, offset, underline, 0x96, 0xb9,     mode, 0xff};
}
inline constexpr Crtc lines480(std::array<std::uint8_t, 6> h, std::uint8_t mode) {
  return {h[0], h[1], h[2], h[3], h[4], h[5], 0x0b, 0x3e, 0x00, 0x40, 0,    0,   0,
          0,    0,    0,    0xea, 0x8c, 0xdf, 0x28, 0x00, 0xe7, 0x04, mode, 0xff};
}
inline constexpr Crtc lines350(std::array<std::uint8_t, 6> h) {
  return {h[0], h[1], h[2], h[3], h[4], h[5], 0xbf, 0x1f, 0x00, 0x40, 0,    0,   0,
          0,    0,    0,    0x83, 0x85, 0x5d, 0x28, 0x0f, 0x63, 0xba, 0xe3, 0xff};
}
inline constexpr std::array<std::uint8_t, 6> kText80 = {0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81};
inline constexpr std::array<std::uint8_t, 6> kGraphics80 = {0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80};
inline constexpr std::array<std::uint8_t, 6> kText40 = {0x2d, 0x27, 0x28, 0x90, 0x2b, 0xa0};
inline constexpr std::array<std::uint8_t, 6> kGraphics40 = {0x2d, 0x27, 0x28, 0x90, 0x2b, 0x80};
}  // namespace vga_tables

/// Modes of the CGA and MDA; unknown numbers give 80x25 text.
inline VgaModeTable low_vga_mode_table(unsigned mode) {
  using namespace vga_tables;
  switch (mode) {
    case 0x01:
      return {0x67,
              {3, 0x08, 3, 0, 2},
              lines400(kText40, 0x4f, 0x14, 0x1f, 0xa3),
              {0, 0, 0, 0, 0, 0x10, 0x0e, 0, 0xff},
              kText16};
    case 0x04:
      return {0x63,
              {3, 0x09, 3, 0, 2},
              lines400(kGraphics40, 0xc1, 0x14, 0x00, 0xa2),
              {0, 0, 0, 0, 0, 0x30, 0x0f, 0, 0xff},
              with_mode(kCga, 0x01, 0x03)};
    case 0x06:
      return {0x63,
              {3, 0x01, 1, 0, 6},
              lines400(kGraphics80, 0xc1, 0x28, 0x00, 0xc2),
              {0, 0, 0, 0, 0, 0x00, 0x0d, 0, 0xff},
              with_mode(kTwoColors, 0x01, 0x01)};
    case 0x07:
      return {0x66,
              {3, 0x00, 3, 0, 2},
              lines400(kText80, 0x4f, 0x28, 0x0d, 0xa3),
              {0, 0, 0, 0, 0, 0x10, 0x0a, 0, 0xff},
              kMono};
    default:
      return {0x67,
              {3, 0x00, 3, 0, 2},
              lines400(kText80, 0x4f, 0x28, 0x1f, 0xa3),
              {0, 0, 0, 0, 0, 0x10, 0x0e, 0, 0xff},
              kText16};
  }
}

/// Modes of the EGA and VGA: 0dh, 0eh and 10h to 12h; any other number gives 13h.
inline VgaModeTable high_vga_mode_table(unsigned mode) {
  using namespace vga_tables;
  switch (mode) {
    case 0x0d:
      return {0x63,
              {3, 0x09, 15, 0, 6},
              lines400(kGraphics40, 0xc0, 0x14, 0x00, 0xe3),
              {0, 0, 0, 0, 0, 0x00, 0x05, 0x0f, 0xff},
              with_mode(kColors16, 0x01, 0x0f)};
    case 0x0e:
      return {0x63,
              {3, 0x01, 15, 0, 6},
              lines400(kGraphics80, 0xc0, 0x28, 0x00, 0xe3),
              {0, 0, 0, 0, 0, 0x00, 0x05, 0x0f, 0xff},
              with_mode(kColors16, 0x01, 0x0f)};
    case 0x10:
      return {0xa3,
              {3, 0x01, 15, 0, 6},
              lines350(kGraphics80),
              {0, 0, 0, 0, 0, 0x00, 0x05, 0x0f, 0xff},
              with_mode(kColors16, 0x01, 0x0f)};
    case 0x11:
      return {0xe3,
              {3, 0x01, 15, 0, 6},
              lines480(kGraphics80, 0xc3),
              {0, 0, 0, 0, 0, 0x00, 0x05, 0x01, 0xff},
              with_mode(kTwoColors, 0x01, 0x0f)};
    case 0x12:
      return {0xe3,
              {3, 0x01, 15, 0, 6},
              lines480(kGraphics80, 0xe3),
              {0, 0, 0, 0, 0, 0x00, 0x05, 0x0f, 0xff},
              with_mode(kColors16, 0x01, 0x0f)};
    default:
      return {0x63,
              {3, 0x01, 15, 0, 14},
              lines400(kGraphics80, 0x41, 0x28, 0x40, 0xa3),
              {0, 0, 0, 0, 0, 0x40, 0x05, 0x0f, 0xff},
              with_mode(kIdentity, 0x41, 0x0f)};
  }
}

/// A BIOS mode number to its registers.
inline VgaModeTable vga_mode_table(unsigned mode) {
  return mode >= 0x0d && mode <= 0x13 ? high_vga_mode_table(mode) : low_vga_mode_table(mode);
}

}  // namespace saffron::fakes
