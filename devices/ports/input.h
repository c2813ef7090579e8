// SPDX-License-Identifier: Apache-2.0
// Input devices as the outside sees them. Keys are Linux evdev codes (linux/input-event-codes.h). Control thread only.
#pragma once

#include <cstdint>
#include <functional>

namespace saffron::ports {

struct KeyboardLeds {
  bool scroll_lock = false;
  bool num_lock = false;
  bool caps_lock = false;
  bool operator==(const KeyboardLeds&) const = default;
};

/// A guest keyboard.
class KeyboardPort {
 public:
  virtual ~KeyboardPort() = default;
  /// Whether the guest has a driver listening.
  virtual bool active() const = 0;
  virtual void key(std::uint16_t evdev_code, bool pressed) = 0;
  /// Called on the control thread whenever the guest changes its LEDs.
  virtual void set_led_listener(std::function<void(KeyboardLeds)> listener) = 0;
};

enum class PointerButton : std::uint8_t { kLeft, kMiddle, kRight, kSide, kExtra };

/// A relative pointer: a mouse.
class MousePort {
 public:
  virtual ~MousePort() = default;
  virtual bool active() const = 0;
  /// Counts; positive is right and down. `wheel`: detents, positive is away from the user (scroll up).
  virtual void move(std::int32_t dx, std::int32_t dy, std::int32_t wheel) = 0;
  virtual void button(PointerButton button, bool pressed) = 0;
};

/// An absolute pointer: a tablet.
class TabletPort {
 public:
  virtual ~TabletPort() = default;
  virtual bool active() const = 0;
  /// Called on the control thread whenever active() may have changed.
  virtual void set_active_listener(std::function<void(bool)> listener) = 0;
  /// 0..32767 over the whole screen, each way.
  virtual void position(std::uint16_t x, std::uint16_t y) = 0;
  virtual void wheel(std::int32_t detents) = 0;
  virtual void button(PointerButton button, bool pressed) = 0;
};

}  // namespace saffron::ports
