// SPDX-License-Identifier: Apache-2.0
// Dispi: the Bochs VBE extension registers (id 0xb0c5), which set linear modes without a BIOS.
//
// Models: all registers 0..10, 4 (planar), 8, 15, 16, 24 and 32 bits per pixel, panning, virtual size, 64 KiB banks,
// 8-bit DAC, capability query, no-clear. Sizes may also change while a mode is on, as newer drivers expect.
// Missing: separate read and write banks and 32 KiB granularity (later Bochs only).
// Document: Bochs, "VBE display interface" (vbe_display_api.txt), versions 0xb0c0 to 0xb0c5.
#pragma once

#include <cstdint>

#include "devices/display/vga_registers.h"

namespace saffron::display {

/// Largest mode, each way: 4K UHD. Bounds the converted picture at 33 MB.
inline constexpr std::uint16_t kMaxWidth = 3840;
inline constexpr std::uint16_t kMaxHeight = 2160;

/// A dispi mode with every value made consistent with the amount of video memory.
struct DispiMode {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t bits_per_pixel = 0;
  std::uint32_t virtual_width = 0;
  std::uint32_t virtual_height = 0;
  std::uint32_t stride = 0;  // Bytes between lines; of one plane in planar modes.
  std::uint32_t start = 0;   // Byte of the first pixel; of each plane in planar modes.
};

/// Not thread safe: the adapter holds its lock around each call.
class Dispi {
 public:
  struct WriteResult {
    VgaEffect effect = VgaEffect::kNone;
    std::uint64_t clear_bytes = 0;  // Video memory to zero, from its start.
    bool unknown_value = false;     // Not of the interface: worth a line in the log.
  };

  /// `video_memory_bytes`: a power of two, 1 MiB at least.
  Dispi(DispiRegisters& registers, std::uint64_t video_memory_bytes)
      : registers_(registers), memory_bytes_(video_memory_bytes) {}

  /// Registers by number, as the memory-mapped window has them.
  std::uint16_t read(unsigned index) const;
  WriteResult write(unsigned index, std::uint16_t value);

  std::uint64_t video_memory_bytes() const { return memory_bytes_; }

 private:
  WriteResult write_enable(std::uint16_t value);
  std::uint16_t capability(unsigned index) const;

  DispiRegisters& registers_;
  const std::uint64_t memory_bytes_;
};

/// What `registers` show with `memory_bytes` of video memory. Every pixel of the result lies inside the memory.
DispiMode resolve_mode(const DispiRegisters& registers, std::uint64_t memory_bytes);

}  // namespace saffron::display
