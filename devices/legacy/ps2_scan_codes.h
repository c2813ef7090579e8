// SPDX-License-Identifier: Apache-2.0
// Scan codes: which bytes a PS/2 keyboard sends for a key, and the controller's translation of them.
// Covers the keys of a PC keyboard, the Japanese and Korean extra keys, F13 to
// F24, and the media keys. Source: Microsoft "Keyboard Scan Code Specification" 1.3a; IBM PS/2 keyboard reference.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace saffron::legacy {

/// A set 2 code as the keyboard controller turns it into set 1 (the break bit is not its business).
std::uint8_t translate_set2(std::uint8_t code);

/// The keys that change what other keys send.
struct KeyModifiers {
  bool shift = false;
  bool control = false;
  bool alt = false;
};

/// What one press or release sends: at most 8 bytes (Pause).
class ScanSequence {
 public:
  void append(std::uint8_t byte) {
    if (size_ < bytes_.size()) {
      bytes_[size_++] = byte;
    }
  }
  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }

 private:
  std::array<std::uint8_t, 8> bytes_{};
  std::size_t size_ = 0;
};

/// The sequence for an evdev key in scan code set 1, 2 or 3; empty where the keyboard has no such key, or says nothing
/// (the release of Pause).
ScanSequence scan_sequence(std::uint16_t evdev_code, bool pressed, unsigned set, KeyModifiers modifiers);

/// The set 3 code of a key, or 0.
std::uint8_t set3_code(std::uint16_t evdev_code);

}  // namespace saffron::legacy
