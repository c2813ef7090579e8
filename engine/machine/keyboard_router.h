// SPDX-License-Identifier: Apache-2.0
// KeyboardRouter: one keyboard to the outside, of the PS/2 and the virtio one: the one that the guest's driver uses.
#pragma once

#include <set>

#include "devices/ports/input.h"

namespace saffron::machine {

/// Control thread.
class KeyboardRouter final : public ports::KeyboardPort {
 public:
  /// `preferred` may be null. Both must outlive the router.
  KeyboardRouter(ports::KeyboardPort& fallback, ports::KeyboardPort* preferred)
      : fallback_(fallback), preferred_(preferred) {
    fallback_.set_led_listener([this](ports::KeyboardLeds leds) { leds_changed(fallback_, leds); });
    if (preferred_ != nullptr) {
      preferred_->set_led_listener([this](ports::KeyboardLeds leds) { leds_changed(*preferred_, leds); });
    }
  }

  ~KeyboardRouter() override {
    fallback_.set_led_listener(nullptr);
    if (preferred_ != nullptr) {
      preferred_->set_led_listener(nullptr);
    }
  }

  bool active() const override { return target().active(); }
  void key(std::uint16_t evdev_code, bool pressed) override {
    ports::KeyboardPort& now = target();
    if (last_ != nullptr && last_ != &now) {
      // The guest changed its driver with keys down: they go up where they went down.
      for (const std::uint16_t held : held_) {
        last_->key(held, false);
      }
      held_.clear();
    }
    last_ = &now;
    if (pressed) {
      held_.insert(evdev_code);
    } else {
      held_.erase(evdev_code);
    }
    now.key(evdev_code, pressed);
  }
  void set_led_listener(std::function<void(ports::KeyboardLeds)> listener) override { listener_ = std::move(listener); }
  ports::KeyboardLeds leds() const { return leds_; }
  /// A second listener, the engine's own.
  void set_status_listener(std::function<void()> listener) { status_listener_ = std::move(listener); }

 private:
  ports::KeyboardPort& target() const {
    return preferred_ != nullptr && preferred_->active() ? *preferred_ : fallback_;
  }
  void leds_changed(const ports::KeyboardPort& from, ports::KeyboardLeds leds) {
    if (&from != &target()) {
      return;
    }
    leds_ = leds;
    if (listener_) {
      listener_(leds);
    }
    if (status_listener_) {
      status_listener_();
    }
  }

  ports::KeyboardPort& fallback_;
  ports::KeyboardPort* preferred_;
  ports::KeyboardPort* last_ = nullptr;
  std::set<std::uint16_t> held_;
  ports::KeyboardLeds leds_;
  std::function<void(ports::KeyboardLeds)> listener_;
  std::function<void()> status_listener_;
};

}  // namespace saffron::machine
