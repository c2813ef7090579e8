// SPDX-License-Identifier: Apache-2.0
// VirtioKeyboard: a keyboard with three LEDs (virtio 1.2, 5.8). The guest repeats keys by itself.
//
// Models: all of Linux's key codes from 1 to 248. Missing: scan codes (EV_MSC), codes above 248, setting the repeat
// rate.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <string>

#include "devices/ports/input.h"
#include "devices/virtio/virtio_input.h"

namespace saffron::virtio {

/// The port's methods on the loop's thread.
class VirtioKeyboard final : public VirtioInput, public ports::KeyboardPort {
 public:
  static constexpr std::uint16_t kLastKey = 248;  // KEY_MICMUTE; above begin mouse buttons and the like.

  VirtioKeyboard(std::string name, core::EventLoop& loop);

  bool active() const override { return driver_listens(); }
  void key(std::uint16_t evdev_code, bool pressed) override;
  void set_led_listener(std::function<void(ports::KeyboardLeds)> listener) override;

 private:
  void catch_up() override;
  void on_status(const InputEvent& event) override;
  void on_driver(bool listens) override;
  void report_leds();

  using Keys = std::bitset<kLastKey + 1>;
  Keys pressed_;  // What is so.
  Keys told_;     // What the guest was told.
  ports::KeyboardLeds leds_;
  bool report_due_ = false;  // A report is posted: a guest cannot make them pile up.
  std::function<void(ports::KeyboardLeds)> led_listener_;
};

}  // namespace saffron::virtio
