// SPDX-License-Identifier: Apache-2.0
// Ps2Device: a keyboard or mouse as the keyboard controller sees it, byte by byte.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace saffron::legacy {

/// Lock order: the controller's lock, then the device's. So a device never calls its listener with its lock held,
/// nor from receive() or take(), after which the controller looks by itself.
class Ps2Device {
 public:
  virtual ~Ps2Device() = default;
  /// A command or parameter byte from the host.
  virtual void receive(std::uint8_t byte) = 0;
  /// The next byte for the host, if there is one.
  virtual std::optional<std::uint8_t> take() = 0;
  /// `listener` is called, on any thread, when a byte has become ready. Set once, before the machine runs.
  virtual void set_output_listener(std::function<void()> listener) = 0;
};

}  // namespace saffron::legacy
