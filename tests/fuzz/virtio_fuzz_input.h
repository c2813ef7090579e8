// SPDX-License-Identifier: Apache-2.0
// A fuzzer's input as a stream of numbers; zeroes when it has run dry.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saffron::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  bool empty() const { return size_ == 0; }
  std::uint8_t byte() {
    if (size_ == 0) {
      return 0;
    }
    --size_;
    return *data_++;
  }
  std::uint16_t u16() { return static_cast<std::uint16_t>(byte() | byte() << 8); }
  std::uint32_t u32() { return u16() | static_cast<std::uint32_t>(u16()) << 16; }
  std::uint64_t u64() { return u32() | static_cast<std::uint64_t>(u32()) << 32; }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

}  // namespace saffron::fuzz
