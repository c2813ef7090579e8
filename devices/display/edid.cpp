// SPDX-License-Identifier: Apache-2.0
#include "devices/display/edid.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string_view>

namespace saffron::display {
namespace {

constexpr std::uint32_t kDotsPerInch = 96;

// CVT 1.2, section 3.4: reduced blanking, version 1.
struct Timing {
  std::uint32_t width, height;
  std::uint32_t horizontal_blank, horizontal_front, horizontal_sync;
  std::uint32_t vertical_blank, vertical_front, vertical_sync;
  std::uint32_t clock_10khz;
};

// CVT 1.2, table 3-2: the width of the vertical sync names the aspect ratio.
std::uint32_t vertical_sync_lines(std::uint32_t width, std::uint32_t height) {
  if (height * 4 == width * 3) {
    return 4;
  }
  if (height * 16 == width * 9) {
    return 5;
  }
  if (height * 16 == width * 10) {
    return 6;
  }
  if (height * 5 == width * 4 || height * 15 == width * 9) {
    return 7;
  }
  return 10;
}

Timing reduced_blanking(std::uint32_t width, std::uint32_t height) {
  constexpr std::uint32_t kRefresh = 60;
  constexpr std::uint32_t kMinBlankMicroseconds = 460;
  constexpr std::uint32_t kVerticalFront = 3;
  constexpr std::uint32_t kMinVerticalBack = 6;
  Timing timing{.width = width,
                .height = height,
                .horizontal_blank = 160,
                .horizontal_front = 48,
                .horizontal_sync = 32,
                .vertical_blank = 0,
                .vertical_front = kVerticalFront,
                .vertical_sync = vertical_sync_lines(width, height),
                .clock_10khz = 0};
  // Lines that take the minimum blanking time, at the line rate that the rest of the frame leaves.
  const std::uint64_t frame_ns = 1'000'000'000 / kRefresh;
  const std::uint64_t line_ns = (frame_ns - kMinBlankMicroseconds * 1000) / height;
  const auto blank = static_cast<std::uint32_t>(kMinBlankMicroseconds * 1000 / line_ns + 1);
  timing.vertical_blank = std::max(blank, kVerticalFront + timing.vertical_sync + kMinVerticalBack);
  const std::uint64_t pixels =
      std::uint64_t{width + timing.horizontal_blank} * (height + timing.vertical_blank) * kRefresh;
  timing.clock_10khz = static_cast<std::uint32_t>(pixels / 250'000 * 25);  // In steps of 0.25 MHz.
  return timing;
}

std::uint8_t low(std::uint32_t value) {
  return static_cast<std::uint8_t>(value & 0xff);
}

// EDID 1.4, 3.10.2: detailed timing descriptor.
void put_detailed_timing(std::uint8_t* to, const Timing& t, std::uint32_t width_mm, std::uint32_t height_mm) {
  to[0] = low(t.clock_10khz);
  to[1] = low(t.clock_10khz >> 8);
  to[2] = low(t.width);
  to[3] = low(t.horizontal_blank);
  to[4] = low(((t.width >> 8) << 4) | (t.horizontal_blank >> 8));
  to[5] = low(t.height);
  to[6] = low(t.vertical_blank);
  to[7] = low(((t.height >> 8) << 4) | (t.vertical_blank >> 8));
  to[8] = low(t.horizontal_front);
  to[9] = low(t.horizontal_sync);
  to[10] = low((t.vertical_front << 4) | t.vertical_sync);
  to[11] = 0;
  to[12] = low(width_mm);
  to[13] = low(height_mm);
  to[14] = low(((width_mm >> 8) << 4) | (height_mm >> 8));
  to[15] = 0;
  to[16] = 0;
  to[17] = 0x1a;  // Digital separate sync; horizontal positive, vertical negative, as reduced blanking has it.
}

// EDID 1.4, 3.10.3: display descriptors.
void put_descriptor(std::uint8_t* to, std::uint8_t tag, std::string_view text) {
  std::memset(to, 0, 5);
  to[3] = tag;
  std::memset(to + 5, ' ', 13);
  std::memcpy(to + 5, text.data(), std::min<std::size_t>(text.size(), 13));
  if (text.size() < 13) {
    to[5 + text.size()] = '\n';
  }
}

void put_range_limits(std::uint8_t* to) {
  // 3.10.3.3: vertical 48-76 Hz, horizontal 15-160 kHz, clock up to 600 MHz, no timing formula.
  constexpr std::array<std::uint8_t, 18> kLimits = {0,  0, 0,    0xfd, 0,    48,   76,   15,   160,
                                                    60, 1, 0x0a, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20};
  std::memcpy(to, kLimits.data(), kLimits.size());
}

void put_standard_timings(std::uint8_t* to) {
  enum Aspect : std::uint8_t { k16By10 = 0, k4By3 = 1, k5By4 = 2, k16By9 = 3 };
  struct Standard {
    std::uint16_t width;
    Aspect aspect;
  };
  constexpr std::array<Standard, 8> kModes = {{{1920, k16By9},
                                               {1680, k16By10},
                                               {1600, k4By3},
                                               {1440, k16By10},
                                               {1280, k5By4},
                                               {1280, k16By10},
                                               {1280, k16By9},
                                               {1152, k4By3}}};
  for (const Standard& mode : kModes) {
    *to++ = static_cast<std::uint8_t>(mode.width / 8 - 31);
    *to++ = static_cast<std::uint8_t>(mode.aspect << 6);  // 60 Hz is 0.
  }
}

}  // namespace

std::array<std::uint8_t, kEdidSize> make_edid(std::uint32_t width, std::uint32_t height) {
  width = std::clamp<std::uint32_t>(width, 320, 3840);
  height = std::clamp<std::uint32_t>(height, 200, 2160);
  const std::uint32_t width_mm = width * 254 / (10 * kDotsPerInch);
  const std::uint32_t height_mm = height * 254 / (10 * kDotsPerInch);

  std::array<std::uint8_t, kEdidSize> edid{};
  // Header; manufacturer "SAF" as three 5-bit letters; product 1; no serial number; model year 2024; EDID 1.4.
  constexpr std::array<std::uint8_t, 20> kHead = {0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x4c, 0x26,
                                                  0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 34,   1,    4};
  std::copy(kHead.begin(), kHead.end(), edid.begin());
  edid[20] = 0xa5;                // Digital, 8 bits a colour, DisplayPort.
  edid[21] = low(width_mm / 10);  // Centimetres.
  edid[22] = low(height_mm / 10);
  edid[23] = 120;   // Gamma 2.2.
  edid[24] = 0x06;  // sRGB; the first detailed timing is the preferred mode.
  constexpr std::array<std::uint8_t, 10> kSrgb = {0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54};
  std::copy(kSrgb.begin(), kSrgb.end(), edid.begin() + 25);
  edid[35] = 0x21;  // 640x480 and 800x600 at 60 Hz.
  edid[36] = 0x08;  // 1024x768 at 60 Hz.
  put_standard_timings(&edid[38]);
  put_detailed_timing(&edid[54], reduced_blanking(width, height), width_mm, height_mm);
  put_range_limits(&edid[72]);
  put_descriptor(&edid[90], 0xfc, "Saffron");
  put_descriptor(&edid[108], 0xfe, "saffron-vga");
  edid[127] = low(0u - std::accumulate(edid.begin(), edid.end() - 1, 0u));
  return edid;
}

}  // namespace saffron::display
