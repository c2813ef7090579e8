// SPDX-License-Identifier: Apache-2.0
#include "devices/virtio/virtio_keyboard.h"

#include <linux/input-event-codes.h>

#include <array>
#include <utility>

namespace saffron::virtio {
namespace {

InputDescription describe() {
  InputDescription description;
  description.name = "Saffron Keyboard";
  description.product = 1;
  auto& keys = description.events[EV_KEY];
  for (unsigned code = 1; code <= VirtioKeyboard::kLastKey; ++code) {
    set_bit(keys, code);
  }
  auto& leds = description.events[EV_LED];
  set_bit(leds, LED_NUML);
  set_bit(leds, LED_CAPSL);
  set_bit(leds, LED_SCROLLL);
  auto& repeat = description.events[EV_REP];  // The guest makes the repeats: see key().
  set_bit(repeat, REP_DELAY);
  set_bit(repeat, REP_PERIOD);
  return description;
}

}  // namespace

VirtioKeyboard::VirtioKeyboard(std::string name, core::EventLoop& loop)
    : VirtioInput(std::move(name), describe(), loop) {}

void VirtioKeyboard::key(std::uint16_t evdev_code, bool pressed) {
  // A key that goes down again while it is down is the host's repeat, which the guest does not need.
  if (evdev_code == 0 || evdev_code > kLastKey || !active() || pressed_[evdev_code] == pressed) {
    return;
  }
  pressed_[evdev_code] = pressed;
  catch_up();
}

/// Releases first, so that a guest that missed something does not see chords that nobody played.
void VirtioKeyboard::catch_up() {
  for (const bool value : {false, true}) {
    const Keys news = value ? pressed_ & ~told_ : told_ & ~pressed_;
    for (std::uint16_t code = 1; news.any() && code <= kLastKey; ++code) {
      const std::array<InputEvent, 1> packet{InputEvent{EV_KEY, code, value ? 1U : 0U}};
      if (news[code]) {
        if (!send(packet)) {
          return;
        }
        told_[code] = value;
      }
    }
  }
}

void VirtioKeyboard::on_status(const InputEvent& event) {
  if (event.type != EV_LED) {
    return;
  }
  ports::KeyboardLeds leds = leds_;
  switch (event.code) {
    case LED_NUML:
      leds.num_lock = event.value != 0;
      break;
    case LED_CAPSL:
      leds.caps_lock = event.value != 0;
      break;
    case LED_SCROLLL:
      leds.scroll_lock = event.value != 0;
      break;
    default:
      break;
  }
  if (leds != leds_) {
    leds_ = leds;
    report_leds();
  }
}

/// Not from inside of work, as the listener may do anything.
void VirtioKeyboard::report_leds() {
  if (std::exchange(report_due_, true)) {
    return;
  }
  post([this] {
    report_due_ = false;
    if (led_listener_) {
      led_listener_(leds_);
    }
  });
}

void VirtioKeyboard::on_driver(bool listens) {
  (void)listens;
  pressed_.reset();
  told_.reset();
  if (leds_ != ports::KeyboardLeds{}) {
    leds_ = {};
    report_leds();
  }
}

void VirtioKeyboard::set_led_listener(std::function<void(ports::KeyboardLeds)> listener) {
  led_listener_ = std::move(listener);
}

}  // namespace saffron::virtio
