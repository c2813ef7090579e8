// SPDX-License-Identifier: Apache-2.0
// The 256 words of IDENTIFY (PACKET) DEVICE (ACS-3, 7.12 and 7.13).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace saffron::storage {

class IdentifyData {
 public:
  void set(unsigned word, std::uint16_t value);
  void set32(unsigned word, std::uint32_t value);
  void set64(unsigned word, std::uint64_t value);
  /// Two characters a word, first one high, padded with spaces; characters that ATA does not allow become spaces.
  void set_string(unsigned word, unsigned words, std::string_view text);
  /// Fills the words that PIO and DMA drives of Serial ATA have in common.
  void set_transfer_modes(unsigned ultra_dma_mode);
  /// Word 255: the checksum (7.12.7.87). Last.
  std::span<const std::uint8_t> seal();

 private:
  std::array<std::uint8_t, 512> bytes_{};
};

}  // namespace saffron::storage
