// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/ata_identify.h"

#include <numeric>

namespace saffron::storage {

void IdentifyData::set(unsigned word, std::uint16_t value) {
  bytes_[2 * word] = static_cast<std::uint8_t>(value);
  bytes_[2 * word + 1] = static_cast<std::uint8_t>(value >> 8);
}

void IdentifyData::set32(unsigned word, std::uint32_t value) {
  set(word, static_cast<std::uint16_t>(value));
  set(word + 1, static_cast<std::uint16_t>(value >> 16));
}

void IdentifyData::set64(unsigned word, std::uint64_t value) {
  set32(word, static_cast<std::uint32_t>(value));
  set32(word + 2, static_cast<std::uint32_t>(value >> 32));
}

void IdentifyData::set_string(unsigned word, unsigned words, std::string_view text) {
  for (unsigned index = 0; index < 2 * words; ++index) {
    const char wanted = index < text.size() ? text[index] : ' ';
    const bool printable = wanted >= 0x20 && wanted <= 0x7e;
    bytes_[2 * word + (index ^ 1)] = static_cast<std::uint8_t>(printable ? wanted : ' ');
  }
}

void IdentifyData::set_transfer_modes(unsigned ultra_dma_mode) {
  set(49, 0x0f00);  // DMA, LBA, IORDY.
  set(50, 0x4000);
  set(53, 0x0006);  // Words 64 to 70, and 88, are valid.
  set(63, 0x0007);  // Multiword DMA 0 to 2.
  set(64, 0x0003);  // PIO 3 and 4.
  for (unsigned word = 65; word <= 68; ++word) {
    set(word, 120);  // Nanoseconds.
  }
  set(77, 0x0006);                                                                 // Now at 6 Gbit/s.
  set(88, static_cast<std::uint16_t>(0x007f | (0x100u << (ultra_dma_mode & 7))));  // Ultra DMA 0 to 6.
  set(222, 0x107f);                                                                // Serial ATA up to 3.1.
}

std::span<const std::uint8_t> IdentifyData::seal() {
  bytes_[510] = 0xa5;
  bytes_[511] = 0;
  const unsigned sum = std::accumulate(bytes_.begin(), bytes_.end(), 0u);
  bytes_[511] = static_cast<std::uint8_t>(-sum);
  return bytes_;
}

}  // namespace saffron::storage
