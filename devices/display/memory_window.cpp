// SPDX-License-Identifier: Apache-2.0
#include "devices/display/memory_window.h"

namespace saffron::display {
namespace {

constexpr std::uint8_t kRamEnable = 0x02;     // Miscellaneous output, bit 1.
constexpr std::uint8_t kSequential = 0x04;    // Sequencer 4, bit 2: odd/even off for writes.
constexpr std::uint8_t kChain4 = 0x08;        // Sequencer 4, bit 3.
constexpr std::uint8_t kHostOddEven = 0x10;   // Graphics 5, bit 4: odd/even for reads.
constexpr std::uint8_t kReadMode1 = 0x08;     // Graphics 5, bit 3.
constexpr std::uint8_t kChainOddEven = 0x02;  // Graphics 6, bit 1: address bit 0 selects a plane, not a byte.

std::uint32_t replicate(std::uint8_t byte) {
  return byte * 0x01010101u;
}

// Each bit of a plane set as a byte of ones.
std::uint32_t expand_planes(std::uint8_t planes) {
  std::uint32_t mask = 0;
  for (unsigned plane = 0; plane < 4; ++plane) {
    if ((planes & (1u << plane)) != 0) {
      mask |= 0xffu << (8 * plane);
    }
  }
  return mask;
}

std::uint8_t rotate_right(std::uint8_t value, unsigned count) {
  return static_cast<std::uint8_t>((value >> count) | (value << (8 - count)));
}

}  // namespace

std::optional<std::uint64_t> MemoryWindow::decode(std::uint64_t offset) const {
  if (offset >= kSize || (registers_.miscellaneous & kRamEnable) == 0) {
    return std::nullopt;
  }
  if (dispi_.enabled()) {
    // Bochs VBE modes use the 64 KiB at 0xA0000 and banks, whatever the map select says.
    return offset < 0x10000 ? std::optional(offset + (std::uint64_t{dispi_.bank} << 16)) : std::nullopt;
  }
  switch ((registers_.graphics[6] >> 2) & 3) {
    case 0:
      return offset;
    case 1:
      return offset < 0x10000 ? std::optional(offset) : std::nullopt;
    case 2:
      return offset >= 0x10000 && offset < 0x18000 ? std::optional(offset - 0x10000) : std::nullopt;
    default:
      return offset >= 0x18000 ? std::optional(offset - 0x18000) : std::nullopt;
  }
}

std::uint8_t MemoryWindow::read(std::uint64_t offset) {
  const std::optional<std::uint64_t> address = decode(offset);
  if (!address) {
    return 0xff;
  }
  if (dispi_.enabled() && !dispi_.planar()) {
    return memory_.load_byte(*address);
  }
  VgaRegisters& r = registers_;
  std::uint64_t word = *address;
  unsigned plane = r.graphics[4] & 3;
  if (dispi_.enabled()) {
    // Planar dispi: every address is a byte of all planes.
  } else if ((r.sequencer[4] & kChain4) != 0) {
    plane = *address & 3;
    word = *address >> 2;
  } else if ((r.graphics[5] & kHostOddEven) != 0) {
    plane = (plane & 2) | (*address & 1);
    word = (r.graphics[6] & kChainOddEven) != 0 ? *address & ~std::uint64_t{1} : *address;
  }
  if (!dispi_.enabled()) {
    word &= 0xffff;  // 64 KiB a plane.
  }
  r.latches = memory_.load_word(word);
  if ((r.graphics[5] & kReadMode1) == 0) {
    return static_cast<std::uint8_t>(r.latches >> (8 * plane));
  }
  // Read mode 1: a 1 for each pixel whose planes, where "color don't care" has a 1, equal "color compare".
  const std::uint32_t difference = (r.latches ^ expand_planes(r.graphics[2])) & expand_planes(r.graphics[7]);
  const std::uint32_t folded = difference | (difference >> 16);
  return static_cast<std::uint8_t>(~(folded | (folded >> 8)));
}

MemoryWindow::Target MemoryWindow::write_target(std::uint64_t address) const {
  const VgaRegisters& r = registers_;
  if (dispi_.enabled()) {
    return {address, 0x0f};
  }
  if ((r.sequencer[4] & kChain4) != 0) {
    return {(address >> 2) & 0xffff, static_cast<std::uint8_t>(1u << (address & 3))};
  }
  if ((r.sequencer[4] & kSequential) == 0) {
    const std::uint64_t word = (r.graphics[6] & kChainOddEven) != 0 ? address & ~std::uint64_t{1} : address;
    return {word & 0xffff, static_cast<std::uint8_t>((address & 1) != 0 ? 0x0a : 0x05)};
  }
  return {address & 0xffff, 0x0f};
}

std::uint32_t MemoryWindow::apply_logic(std::uint32_t value) const {
  switch ((registers_.graphics[3] >> 3) & 3) {
    case 0:
      return value;
    case 1:
      return value & registers_.latches;
    case 2:
      return value | registers_.latches;
    default:
      return value ^ registers_.latches;
  }
}

std::uint32_t MemoryWindow::planar_value(std::uint8_t value) const {
  const VgaRegisters& r = registers_;
  const unsigned rotation = r.graphics[3] & 7;
  std::uint8_t bit_mask = r.graphics[8];
  std::uint32_t planes = 0;
  switch (r.graphics[5] & 3) {
    case 0: {
      const std::uint32_t enabled = expand_planes(r.graphics[1]);
      planes = (replicate(rotate_right(value, rotation)) & ~enabled) | (expand_planes(r.graphics[0]) & enabled);
      break;
    }
    case 1:
      return r.latches;
    case 2:
      planes = expand_planes(value & 0x0f);
      break;
    default:
      // Write mode 3: the rotated byte, and the bit mask, choose the pixels that get the set/reset colour.
      bit_mask &= rotate_right(value, rotation);
      planes = expand_planes(r.graphics[0]);
      break;
  }
  const std::uint32_t mask = replicate(bit_mask);
  return (apply_logic(planes) & mask) | (r.latches & ~mask);
}

void MemoryWindow::write(std::uint64_t offset, std::uint8_t value) {
  const std::optional<std::uint64_t> address = decode(offset);
  if (!address) {
    return;
  }
  if (dispi_.enabled() && !dispi_.planar()) {
    // Packed pixels pass by the graphics controller: drivers leave it as the last planar mode had it.
    memory_.store_byte(*address, value);
    return;
  }
  const Target target = write_target(*address);
  const std::uint8_t planes = target.planes & registers_.sequencer[2];
  memory_.store_word(target.word, planar_value(value), expand_planes(planes));
}

}  // namespace saffron::display
