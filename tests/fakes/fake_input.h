// SPDX-License-Identifier: Apache-2.0
// Input devices that remember what they were told. For one thread, like the real ones; a test on another thread looks
// through EventLoop::run_sync.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "devices/ports/input.h"

namespace saffron::fakes {

class FakeKeyboard final : public ports::KeyboardPort {
 public:
  bool active() const override { return true; }
  void key(std::uint16_t evdev_code, bool pressed) override { keys.emplace_back(evdev_code, pressed); }
  void set_led_listener(std::function<void(ports::KeyboardLeds)> listener) override {
    led_listener = std::move(listener);
  }

  std::vector<std::pair<std::uint16_t, bool>> keys;
  std::function<void(ports::KeyboardLeds)> led_listener;
};

class FakeMouse final : public ports::MousePort {
 public:
  bool active() const override { return true; }
  void move(std::int32_t dx, std::int32_t dy, std::int32_t wheel_detents) override {
    x += dx;
    y += dy;
    wheel += wheel_detents;
  }
  void button(ports::PointerButton which, bool pressed) override { buttons.emplace_back(which, pressed); }

  std::int32_t x = 0;
  std::int32_t y = 0;
  std::int32_t wheel = 0;
  std::vector<std::pair<ports::PointerButton, bool>> buttons;
};

class FakeTablet final : public ports::TabletPort {
 public:
  bool active() const override { return active_; }
  void set_active_listener(std::function<void(bool)> listener) override { listener_ = std::move(listener); }
  void position(std::uint16_t new_x, std::uint16_t new_y) override { positions.emplace_back(new_x, new_y); }
  void wheel(std::int32_t detents) override { wheel_detents += detents; }
  void button(ports::PointerButton which, bool pressed) override { buttons.emplace_back(which, pressed); }

  void set_active(bool active) {
    active_ = active;
    if (listener_) {
      listener_(active);
    }
  }

  std::vector<std::pair<std::uint16_t, std::uint16_t>> positions;
  std::vector<std::pair<ports::PointerButton, bool>> buttons;
  std::int32_t wheel_detents = 0;

 private:
  bool active_ = false;
  std::function<void(bool)> listener_;
};

}  // namespace saffron::fakes
