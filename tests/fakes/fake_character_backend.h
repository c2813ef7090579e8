// SPDX-License-Identifier: Apache-2.0
// FakeCharacterBackend: a serial line whose other end is a test.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "devices/ports/character_backend.h"

namespace saffron::fakes {

/// Single-threaded.
class FakeCharacterBackend final : public ports::CharacterBackend {
 public:
  void attach(Callbacks new_callbacks) override { callbacks = std::move(new_callbacks); }
  std::size_t write(std::span<const std::uint8_t> bytes) override {
    const std::size_t taken = std::min(bytes.size(), space);
    output.append(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    space -= taken;
    return taken;
  }
  void resume_receive() override { ++resumes; }

  /// Gives the device what it has room for, as a backend does; returns what is left.
  std::string offer(std::string bytes) {
    const std::size_t count = std::min(bytes.size(), callbacks.room());
    if (count != 0) {
      callbacks.receive({reinterpret_cast<const std::uint8_t*>(bytes.data()), count});
    }
    return bytes.substr(count);
  }
  /// The reader has taken some: there is room for `bytes` more.
  void make_space(std::size_t bytes) {
    space += bytes;
    callbacks.writable();
  }

  Callbacks callbacks;
  std::string output;
  std::size_t space = SIZE_MAX;
  unsigned resumes = 0;
};

}  // namespace saffron::fakes
