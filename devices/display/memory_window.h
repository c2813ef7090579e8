// SPDX-License-Identifier: Apache-2.0
// MemoryWindow: what the CPU sees at 0xA0000-0xBFFFF.
//
// Models: the four memory maps, write modes 0-3, read modes 0-1, latches, set/reset, rotate, logic operations, bit
// mask, map mask, odd/even and chain-4 addressing, and the 64 KiB banks of dispi modes (linear and planar).
// Differences from the hardware: chain-4 addresses are packed (CPU byte n is byte n of the memory, as in every SVGA),
// not spread over each fourth byte of a plane; programs only see it if they change between chain-4 and planar access
// without clearing. In odd/even addressing, plane address bit 0 is always 0 (the page bit of 128 KiB maps is ignored).
// Document: IBM PS/2 Hardware Interface Technical Reference, Video Subsystem (VGA), graphics controller and sequencer.
#pragma once

#include <cstdint>
#include <optional>

#include "devices/display/vga_registers.h"
#include "devices/display/video_memory.h"

namespace saffron::display {

/// Not thread safe: the adapter holds its lock around each call.
class MemoryWindow {
 public:
  static constexpr std::uint64_t kBase = 0xa0000;
  static constexpr std::uint64_t kSize = 0x20000;

  MemoryWindow(VgaRegisters& registers, const DispiRegisters& dispi, VideoMemory& memory)
      : registers_(registers), dispi_(dispi), memory_(memory) {}

  /// One byte; `offset` is relative to kBase. Parts that are not decoded read as all ones.
  std::uint8_t read(std::uint64_t offset);
  void write(std::uint64_t offset, std::uint8_t value);

 private:
  // Where a byte lands: a word of four planes, and which of them.
  struct Target {
    std::uint64_t word = 0;
    std::uint8_t planes = 0;
  };

  std::optional<std::uint64_t> decode(std::uint64_t offset) const;
  Target write_target(std::uint64_t address) const;
  std::uint32_t apply_logic(std::uint32_t value) const;
  std::uint32_t planar_value(std::uint8_t value) const;

  VgaRegisters& registers_;
  const DispiRegisters& dispi_;
  VideoMemory& memory_;
};

}  // namespace saffron::display
