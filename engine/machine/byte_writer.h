// SPDX-License-Identifier: Apache-2.0
// ByteWriter: builds little-endian tables in memory.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace saffron::machine {

class ByteWriter {
 public:
  std::size_t size() const { return bytes_.size(); }
  std::vector<std::uint8_t>& bytes() { return bytes_; }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

  template <typename T>
  ByteWriter& put(T value) {
    static_assert(std::is_integral_v<T>);
    for (unsigned i = 0; i < sizeof(T); ++i) {
      bytes_.push_back(static_cast<std::uint8_t>(static_cast<std::make_unsigned_t<T>>(value) >> (i * 8)));
    }
    return *this;
  }
  ByteWriter& u8(std::uint64_t value) { return put(static_cast<std::uint8_t>(value)); }
  ByteWriter& u16(std::uint64_t value) { return put(static_cast<std::uint16_t>(value)); }
  ByteWriter& u32(std::uint64_t value) { return put(static_cast<std::uint32_t>(value)); }
  ByteWriter& u64(std::uint64_t value) { return put(value); }
  ByteWriter& zeros(std::size_t count) { return bytes_.insert(bytes_.end(), count, 0), *this; }
  ByteWriter& raw(std::span<const std::uint8_t> data) {
    return bytes_.insert(bytes_.end(), data.begin(), data.end()), *this;
  }
  /// `text` cut or padded to `width` bytes.
  ByteWriter& text(std::string_view text, std::size_t width, char padding = '\0') {
    for (std::size_t i = 0; i < width; ++i) {
      bytes_.push_back(static_cast<std::uint8_t>(i < text.size() ? text[i] : padding));
    }
    return *this;
  }
  ByteWriter& align(std::size_t alignment) {
    while (bytes_.size() % alignment != 0) {
      bytes_.push_back(0);
    }
    return *this;
  }
  void patch_u32(std::size_t offset, std::uint32_t value) {
    for (unsigned i = 0; i < 4; ++i) {
      bytes_.at(offset + i) = static_cast<std::uint8_t>(value >> (i * 8));
    }
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace saffron::machine
