// SPDX-License-Identifier: Apache-2.0
// Where a serial port's bytes go, and come from. The engine connects it to a socket and a log file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace saffron::ports {

/// A byte stream in both directions, each bounded. Neither side calls the other with a lock of its own held.
///
/// Output: with a reader attached, a backend whose buffer is full takes nothing more and says `writable` later; the
/// guest waits, so nothing is lost. With no reader at all it takes everything, and keeps at most a bounded tail.
class CharacterBackend {
 public:
  virtual ~CharacterBackend() = default;

  /// The device's side. Any thread.
  struct Callbacks {
    /// How many bytes the device can take now. Asked before each receive().
    std::function<std::size_t()> room;
    /// At most room() bytes.
    std::function<void(std::span<const std::uint8_t>)> receive;
    /// write() may be tried again.
    std::function<void()> writable;
  };
  /// Before the machine runs, once.
  virtual void attach(Callbacks callbacks) = 0;

  /// Any thread. Takes some of `bytes`, from the start; returns how many. After fewer than all, it calls `writable`
  /// once there is room: never from inside write().
  virtual std::size_t write(std::span<const std::uint8_t> bytes) = 0;
  /// Any thread. room() has become positive after it was 0. Must not call `receive` from inside.
  virtual void resume_receive() = 0;
};

}  // namespace saffron::ports
