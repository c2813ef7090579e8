// SPDX-License-Identifier: Apache-2.0
#include "devices/display/dispi.h"

#include <algorithm>

namespace saffron::display {
namespace {

enum Index : unsigned {
  kId = 0,
  kXres = 1,
  kYres = 2,
  kBpp = 3,
  kEnable = 4,
  kBank = 5,
  kVirtualWidth = 6,
  kVirtualHeight = 7,
  kXOffset = 8,
  kYOffset = 9,
  kVideoMemory64K = 10,
};

constexpr std::uint16_t kFirstId = 0xb0c0;
constexpr std::uint16_t kLastId = 0xb0c5;
constexpr std::uint16_t kMaxBpp = 32;

bool is_depth(std::uint16_t bits) {
  return bits == 4 || bits == 8 || bits == 15 || bits == 16 || bits == 24 || bits == 32;
}

// Bytes of one line of `width` pixels; of one plane for planar modes.
std::uint32_t line_bytes(std::uint32_t width, std::uint32_t bits_per_pixel) {
  if (bits_per_pixel == 4) {
    return width / 8;
  }
  return width * ((bits_per_pixel + 7) / 8);
}

}  // namespace

DispiMode resolve_mode(const DispiRegisters& registers, std::uint64_t memory_bytes) {
  DispiMode mode;
  mode.bits_per_pixel = registers.bits_per_pixel;
  const bool planar = mode.bits_per_pixel == 4;
  const std::uint64_t memory = planar ? memory_bytes / 4 : memory_bytes;
  const std::uint32_t step = planar ? 8 : 1;  // Planar lines are whole bytes of 8 pixels.

  mode.width = std::clamp<std::uint32_t>(registers.width, 8, kMaxWidth) / step * step;
  mode.height = std::clamp<std::uint32_t>(registers.height, 1, kMaxHeight);
  // Memory holds at least one line: 3840 * 4 bytes is far less than the 1 MiB minimum.
  const std::uint32_t visible_line = line_bytes(mode.width, mode.bits_per_pixel);
  mode.height = static_cast<std::uint32_t>(std::min<std::uint64_t>(mode.height, memory / visible_line));

  mode.virtual_width = std::max<std::uint32_t>(registers.virtual_width / step * step, mode.width);
  mode.stride = line_bytes(mode.virtual_width, mode.bits_per_pixel);
  if (std::uint64_t{mode.stride} * mode.height > memory) {
    // A virtual width with which the screen does not fit is refused.
    mode.virtual_width = mode.width;
    mode.stride = visible_line;
  }
  mode.virtual_height = static_cast<std::uint32_t>(std::min<std::uint64_t>(memory / mode.stride, 0xffff));

  // Drivers place a second buffer anywhere and split its address into lines and pixels, so an x offset beyond the
  // line is legal as long as the last pixel is still in memory.
  const std::uint64_t start = std::uint64_t{registers.y_offset} * mode.stride +
                              line_bytes(registers.x_offset / step * step, mode.bits_per_pixel);
  const std::uint64_t extent = std::uint64_t{mode.stride} * (mode.height - 1) + visible_line;
  mode.start = static_cast<std::uint32_t>(std::min(start, memory - extent));
  return mode;
}

std::uint16_t Dispi::capability(unsigned index) const {
  switch (index) {
    case kXres:
      return kMaxWidth;
    case kYres:
      return kMaxHeight;
    default:
      return kMaxBpp;
  }
}

std::uint16_t Dispi::read(unsigned index) const {
  const DispiRegisters& r = registers_;
  const bool capabilities = (r.enable & DispiRegisters::kGetCapabilities) != 0;
  if (capabilities && (index == kXres || index == kYres || index == kBpp)) {
    return capability(index);
  }
  switch (index) {
    case kId:
      return r.id;
    case kXres:
      return r.width;
    case kYres:
      return r.height;
    case kBpp:
      return r.bits_per_pixel;
    case kEnable:
      return r.enable;
    case kBank:
      return r.bank;
    case kVirtualWidth:
      return static_cast<std::uint16_t>(r.enabled() ? resolve_mode(r, memory_bytes_).virtual_width : r.virtual_width);
    case kVirtualHeight:
      return static_cast<std::uint16_t>(resolve_mode(r, memory_bytes_).virtual_height);
    case kXOffset:
      return r.x_offset;
    case kYOffset:
      return r.y_offset;
    case kVideoMemory64K:
      return static_cast<std::uint16_t>(memory_bytes_ >> 16);
    default:
      return 0;
  }
}

Dispi::WriteResult Dispi::write_enable(std::uint16_t value) {
  DispiRegisters& r = registers_;
  const bool was_enabled = r.enabled();
  const bool enabled = (value & DispiRegisters::kEnabled) != 0;
  WriteResult result;
  // GETCAPS alone shows nothing else; drivers set and clear it around a query.
  result.effect = was_enabled || enabled ? VgaEffect::kMode : VgaEffect::kNone;
  r.enable = value;
  if (!enabled) {
    r.bank = 0;
    return result;
  }
  if (!was_enabled) {
    r.virtual_width = 0;
    r.x_offset = 0;
    r.y_offset = 0;
    r.bank = 0;
    const DispiMode mode = resolve_mode(r, memory_bytes_);
    r.width = static_cast<std::uint16_t>(mode.width);
    r.height = static_cast<std::uint16_t>(mode.height);
    r.virtual_width = r.width;
    if ((value & DispiRegisters::kNoClearMemory) == 0) {
      result.clear_bytes = std::uint64_t{mode.stride} * mode.height * (r.planar() ? 4 : 1);
    }
  }
  return result;
}

Dispi::WriteResult Dispi::write(unsigned index, std::uint16_t value) {
  DispiRegisters& r = registers_;
  const VgaEffect mode_effect = r.enabled() ? VgaEffect::kMode : VgaEffect::kNone;
  switch (index) {
    case kId:
      // The driver asks for a version; the answer stays if we know it.
      if (value >= kFirstId && value <= kLastId) {
        r.id = value;
      }
      return {.unknown_value = r.id != value};
    case kXres:
      r.width = std::min(value, kMaxWidth);
      if (r.enabled()) {
        r.virtual_width = 0;  // Follows the new width until it is set again.
      }
      return {.effect = mode_effect};
    case kYres:
      r.height = std::min(value, kMaxHeight);
      return {.effect = mode_effect};
    case kBpp:
      r.bits_per_pixel = is_depth(value) ? value : 8;
      return {.effect = mode_effect, .unknown_value = !is_depth(value) && value != 0};
    case kEnable:
      return write_enable(value);
    case kBank: {
      // A bank is 64 KiB of what the CPU sees: of one plane in planar modes.
      const std::uint64_t banks = (memory_bytes_ >> 16) / (r.planar() ? 4 : 1);
      r.bank = static_cast<std::uint16_t>(value & (banks - 1));
      return {};
    }
    case kVirtualWidth:
      r.virtual_width = value;
      if (r.enabled()) {
        r.virtual_width = static_cast<std::uint16_t>(resolve_mode(r, memory_bytes_).virtual_width);
      }
      return {.effect = mode_effect};
    case kXOffset:
      r.x_offset = value;
      return {.effect = r.enabled() ? VgaEffect::kContent : VgaEffect::kNone};
    case kYOffset:
      r.y_offset = value;
      return {.effect = r.enabled() ? VgaEffect::kContent : VgaEffect::kNone};
    default:
      return {};  // Read only, or nothing there.
  }
}

}  // namespace saffron::display
