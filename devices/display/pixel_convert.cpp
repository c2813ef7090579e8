// SPDX-License-Identifier: Apache-2.0
#include "devices/display/pixel_convert.h"

#include <array>
#include <cstring>

namespace saffron::display {
namespace {

// spread_bits[b]: byte i is bit 7 - i of b, so that eight pixels of a plane are one addition away from each other.
constexpr std::array<std::uint64_t, 256> make_spread_bits() {
  std::array<std::uint64_t, 256> table{};
  for (unsigned value = 0; value < 256; ++value) {
    for (unsigned i = 0; i < 8; ++i) {
      table[value] |= std::uint64_t{(value >> (7 - i)) & 1u} << (8 * i);
    }
  }
  return table;
}
constexpr std::array<std::uint64_t, 256> kSpreadBits = make_spread_bits();

// The eight (or four) pixel values of one character clock.
using Dots = std::array<std::uint8_t, 8>;

Dots planar_dots(std::uint32_t word) {
  const std::uint64_t spread = kSpreadBits[word & 0xff] | (kSpreadBits[(word >> 8) & 0xff] << 1) |
                               (kSpreadBits[(word >> 16) & 0xff] << 2) | (kSpreadBits[word >> 24] << 3);
  Dots dots;
  std::memcpy(dots.data(), &spread, sizeof(spread));
  return dots;
}

// Graphics mode register, "shift register": two bits a pixel, planes 0 and 2 first, then planes 1 and 3.
Dots cga_dots(std::uint32_t word) {
  Dots dots;
  for (unsigned i = 0; i < 8; ++i) {
    const unsigned shift = 6 - 2 * (i & 3);
    const unsigned low = (i < 4 ? word : word >> 8) >> shift;
    const unsigned high = (i < 4 ? word >> 16 : word >> 24) >> shift;
    dots[i] = static_cast<std::uint8_t>((low & 3) | ((high & 3) << 2));
  }
  return dots;
}

// Writes pixels from the left, after skipping `skip` of them, until the line is full.
class LineWriter {
 public:
  LineWriter(std::span<std::uint32_t> to, unsigned skip, unsigned repeat) : to_(to), skip_(skip), repeat_(repeat) {}
  bool full() const { return position_ == to_.size(); }
  void put(std::uint32_t color) {
    if (skip_ != 0) {
      --skip_;
      return;
    }
    for (unsigned i = 0; i < repeat_ && position_ < to_.size(); ++i) {
      to_[position_++] = color;
    }
  }

 private:
  std::span<std::uint32_t> to_;
  unsigned skip_;
  unsigned repeat_;
  std::size_t position_ = 0;
};

// 5 or 6 bits to 8, full stays full.
constexpr std::uint32_t widen5(std::uint32_t value) {
  return (value << 3) | (value >> 2);
}
constexpr std::uint32_t widen6(std::uint32_t value) {
  return (value << 2) | (value >> 4);
}

void convert_16_bit(const std::uint8_t* from, bool five_six_five, std::span<std::uint32_t> to) {
  for (std::uint32_t& pixel : to) {
    const std::uint32_t value = from[0] | (std::uint32_t{from[1]} << 8);
    from += 2;
    if (five_six_five) {
      pixel = (widen5(value >> 11) << 16) | (widen6((value >> 5) & 0x3f) << 8) | widen5(value & 0x1f);
    } else {
      pixel = (widen5((value >> 10) & 0x1f) << 16) | (widen5((value >> 5) & 0x1f) << 8) | widen5(value & 0x1f);
    }
  }
}

}  // namespace

std::uint32_t pixel_bytes(PixelFormat format) {
  switch (format) {
    case PixelFormat::kLinear15:
    case PixelFormat::kLinear16:
      return 2;
    case PixelFormat::kLinear24:
      return 3;
    case PixelFormat::kLinear32:
      return 4;
    default:
      return 1;
  }
}

void convert_vga_line(const ScreenLayout& layout, const ScanLine& line, const Palette& palette,
                      const VideoMemory& memory, std::span<std::uint32_t> to) {
  const bool wide_pixels = layout.format == PixelFormat::kPlanar256;
  const unsigned repeat = (wide_pixels ? 2 : 1) * (layout.double_width ? 2 : 1);
  LineWriter writer(to, line.panning, repeat);
  // One more clock than columns: panning shows the start of what is right of the screen.
  for (std::uint32_t column = 0; column <= layout.columns && !writer.full(); ++column) {
    const std::uint32_t word = memory.load_word(plane_address(layout, line.counter + column, line.row_scan));
    if (wide_pixels) {
      for (unsigned i = 0; i < 4; ++i) {
        writer.put(palette.dac[(word >> (8 * i)) & 0xff]);
      }
      continue;
    }
    const Dots dots = layout.format == PixelFormat::kCga ? cga_dots(word) : planar_dots(word);
    for (const std::uint8_t dot : dots) {
      writer.put(palette.attribute[dot]);
    }
  }
}

void convert_linear_line(const ScreenLayout& layout, std::uint32_t row, const Palette& palette,
                         const VideoMemory& memory, std::vector<std::uint8_t>& scratch, std::span<std::uint32_t> to) {
  scratch.resize(std::size_t{layout.width} * pixel_bytes(layout.format));
  memory.copy_out(std::uint64_t{layout.start} + std::uint64_t{row} * layout.stride, scratch);
  const std::uint8_t* from = scratch.data();
  switch (layout.format) {
    case PixelFormat::kLinear15:
    case PixelFormat::kLinear16:
      convert_16_bit(from, layout.format == PixelFormat::kLinear16, to);
      break;
    case PixelFormat::kLinear24:
      for (std::uint32_t& pixel : to) {
        pixel = from[0] | (std::uint32_t{from[1]} << 8) | (std::uint32_t{from[2]} << 16);
        from += 3;
      }
      break;
    case PixelFormat::kLinear32:
      for (std::uint32_t& pixel : to) {
        std::memcpy(&pixel, from, 4);
        pixel &= 0x00ffffff;
        from += 4;
      }
      break;
    default:
      for (std::uint32_t& pixel : to) {
        pixel = palette.dac[*from++];
      }
      break;
  }
}

}  // namespace saffron::display
