// SPDX-License-Identifier: Apache-2.0
// VirtioTablet: an absolute pointer with five buttons and a wheel (virtio 1.2, 5.8).
//
// Models: position, buttons, vertical wheel in detents. Missing: horizontal wheel, high-resolution wheel, pen and
// touch.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "devices/ports/input.h"
#include "devices/virtio/virtio_input.h"

namespace saffron::virtio {

/// The port's methods on the loop's thread.
class VirtioTablet final : public VirtioInput, public ports::TabletPort {
 public:
  static constexpr std::uint16_t kMaxPosition = 32767;
  /// Detents that a slow guest can be behind; more are lost.
  static constexpr std::int32_t kMaxWheel = 100;

  VirtioTablet(std::string name, core::EventLoop& loop);

  bool active() const override { return driver_listens(); }
  void set_active_listener(std::function<void(bool)> listener) override;
  void position(std::uint16_t x, std::uint16_t y) override;
  void wheel(std::int32_t detents) override;
  void button(ports::PointerButton button, bool pressed) override;

 private:
  static constexpr std::size_t kButtons = 5;
  struct Position {
    std::uint16_t x = 0;
    std::uint16_t y = 0;
    bool operator==(const Position&) const = default;
  };
  struct State {
    std::optional<Position> position;
    std::array<bool, kButtons> buttons{};
  };

  void catch_up() override;
  void on_driver(bool listens) override;
  void tell();

  State state_;             // What is so.
  State told_;              // What the guest was told.
  std::int32_t wheel_ = 0;  // Detents that it was not told.
  bool listened_ = false;   // What the listener knows.
  std::function<void(bool)> active_listener_;
};

}  // namespace saffron::virtio
