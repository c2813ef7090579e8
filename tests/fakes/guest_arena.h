// SPDX-License-Identifier: Apache-2.0
// Guest memory for tests, and pieces of it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>

#include "engine/core/guest_memory.h"

namespace saffron::fakes {

/// An assertion for fakes, in every build: a test that goes on with a broken fixture proves nothing.
inline void require(bool condition) {
  if (!condition) {
    std::fputs("a fake was used wrongly\n", stderr);
    std::abort();
  }
}

/// RAM of `size` bytes (a multiple of 4096) at address 0. Asserts that it could be had.
inline std::unique_ptr<core::GuestMemory> make_guest_memory(std::uint64_t size) {
  const core::GuestRegion region{core::GuestAddress{0}, size, 0};
  auto memory = core::GuestMemory::create({&region, 1});
  require(memory.ok());
  return std::move(memory).value();
}

/// Hands out pieces of guest memory, front to back.
class GuestArena {
 public:
  GuestArena(const core::GuestMemory& memory, core::GuestAddress base, std::uint64_t size)
      : memory_(memory), base_(base.value), next_(base.value), end_(base.value + size) {}

  /// Zeroed. Asserts that there is room: a test knows what it needs.
  core::GuestAddress allocate(std::uint64_t bytes, std::uint64_t alignment = 16) {
    const std::uint64_t address = (next_ + alignment - 1) / alignment * alignment;
    require(address + bytes <= end_);
    next_ = address + bytes;
    require(memory_.fill({address}, 0, bytes).ok());
    return {address};
  }
  core::GuestAddress place(std::span<const std::uint8_t> bytes) {
    const core::GuestAddress address = allocate(bytes.size());
    require(memory_.write(address, bytes).ok());
    return address;
  }
  /// Forgets everything that was handed out.
  void clear() { next_ = base_; }

 private:
  const core::GuestMemory& memory_;
  std::uint64_t base_;
  std::uint64_t next_;
  std::uint64_t end_;
};

}  // namespace saffron::fakes
