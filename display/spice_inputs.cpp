// SPDX-License-Identifier: Apache-2.0
#include "display/spice_inputs.h"

#include <algorithm>
#include <array>
#include <utility>

namespace saffron::spice {

using core::Error;
using core::ErrorCode;
using core::Result;
using ports::PointerButton;

namespace {

/// The library swaps the protocol's middle and right bits on their way to devices, and moves what follows up by one.
constexpr std::array<std::pair<std::uint32_t, PointerButton>, 5> kButtonBits{{
    {0x01, PointerButton::kLeft},
    {0x02, PointerButton::kRight},
    {0x04, PointerButton::kMiddle},
    {0x40, PointerButton::kSide},
    {0x80, PointerButton::kExtra},
}};

/// Ports take 0..32767 over the whole screen.
constexpr int kTabletMaximum = 32767;

template <typename Port>
void change_buttons(Port& port, std::uint32_t& held, std::uint32_t buttons) {
  const std::uint32_t changed = held ^ buttons;
  held = buttons;
  for (const auto& [bit, button] : kButtonBits) {
    if ((changed & bit) != 0) {
      port.button(button, (buttons & bit) != 0);
    }
  }
}

std::uint16_t scale(int position, int size) {
  if (size <= 1) {
    return 0;
  }
  const std::int64_t inside = std::clamp(position, 0, size - 1);
  // The middle of the pixel, so that scaling back to pixels by truncation gives the same one.
  return static_cast<std::uint16_t>((inside * 2 + 1) * kTabletMaximum / (std::int64_t{2} * size));
}

}  // namespace

SpiceKbdInterface SpiceInputs::make_keyboard_interface() {
  SpiceKbdInterface interface {};
  interface.base = {SPICE_INTERFACE_KEYBOARD, "saffron keyboard", SPICE_INTERFACE_KEYBOARD_MAJOR,
                    SPICE_INTERFACE_KEYBOARD_MINOR};
  interface.push_scan_freg = [](SpiceKbdInstance* instance, std::uint8_t byte) {
    static_cast<Keyboard*>(instance)->inputs->key_byte(byte);
  };
  interface.get_leds = [](SpiceKbdInstance* instance) { return static_cast<Keyboard*>(instance)->inputs->leds(); };
  return interface;
}

SpiceMouseInterface SpiceInputs::make_mouse_interface() {
  SpiceMouseInterface interface {};
  interface.base = {SPICE_INTERFACE_MOUSE, "saffron mouse", SPICE_INTERFACE_MOUSE_MAJOR, SPICE_INTERFACE_MOUSE_MINOR};
  interface.motion = [](SpiceMouseInstance* instance, int dx, int dy, int dz, std::uint32_t buttons) {
    static_cast<Mouse*>(instance)->inputs->mouse_motion(dx, dy, dz, buttons);
  };
  interface.buttons = [](SpiceMouseInstance* instance, std::uint32_t buttons) {
    static_cast<Mouse*>(instance)->inputs->mouse_buttons(buttons);
  };
  return interface;
}

SpiceTabletInterface SpiceInputs::make_tablet_interface() {
  SpiceTabletInterface interface {};
  interface.base = {SPICE_INTERFACE_TABLET, "saffron tablet", SPICE_INTERFACE_TABLET_MAJOR,
                    SPICE_INTERFACE_TABLET_MINOR};
  interface.set_logical_size = [](SpiceTabletInstance* instance, int width, int height) {
    static_cast<Tablet*>(instance)->inputs->tablet_size(width, height);
  };
  interface.position = [](SpiceTabletInstance* instance, int x, int y, std::uint32_t buttons) {
    static_cast<Tablet*>(instance)->inputs->tablet_position(x, y, buttons);
  };
  interface.wheel = [](SpiceTabletInstance* instance, int dz, std::uint32_t buttons) {
    static_cast<Tablet*>(instance)->inputs->tablet_wheel(dz, buttons);
  };
  interface.buttons = [](SpiceTabletInstance* instance, std::uint32_t buttons) {
    static_cast<Tablet*>(instance)->inputs->tablet_buttons(buttons);
  };
  return interface;
}

SpiceInputs::SpiceInputs(SpiceCore& spice_core, InputPorts ports, std::function<void()> wake)
    : spice_core_(spice_core),
      ports_(ports),
      wake_(std::move(wake)),
      keyboard_interface_(make_keyboard_interface()),
      mouse_interface_(make_mouse_interface()),
      tablet_interface_(make_tablet_interface()) {
  keyboard_.base.sif = &keyboard_interface_.base;
  keyboard_.inputs = this;
  mouse_.base.sif = &mouse_interface_.base;
  mouse_.inputs = this;
  tablet_.base.sif = &tablet_interface_.base;
  tablet_.inputs = this;
}

Result<void> SpiceInputs::attach(::SpiceServer* server) {
  server_ = server;
  const SpiceCore::Scope scope(spice_core_);
  if ((ports_.keyboard != nullptr && spice_server_add_interface(server, &keyboard_.base) != 0) ||
      (ports_.mouse != nullptr && spice_server_add_interface(server, &mouse_.base) != 0)) {
    return Error{ErrorCode::kInternal, "the SPICE library refused the input devices", {}};
  }
  if (ports_.keyboard != nullptr) {
    ports_.keyboard->set_led_listener([this](ports::KeyboardLeds leds) { set_leds(leds); });
  }
  if (ports_.tablet != nullptr) {
    ports_.tablet->set_active_listener([this](bool active) { set_tablet_active(active); });
    set_tablet_active(ports_.tablet->active());
  }
  return {};
}

void SpiceInputs::detach() {
  if (server_ == nullptr) {
    return;
  }
  if (ports_.keyboard != nullptr) {
    ports_.keyboard->set_led_listener(nullptr);
  }
  if (ports_.tablet != nullptr) {
    ports_.tablet->set_active_listener(nullptr);
  }
  release_buttons();
  set_tablet_active(false);
  server_ = nullptr;
}

void SpiceInputs::release_buttons() {
  if (ports_.mouse != nullptr) {
    change_buttons(*ports_.mouse, mouse_held_, 0);
  }
  if (ports_.tablet != nullptr) {
    change_buttons(*ports_.tablet, tablet_held_, 0);
  }
}

void SpiceInputs::set_leds(ports::KeyboardLeds leds) {
  if (leds_ == leds || server_ == nullptr) {
    return;
  }
  leds_ = leds;
  const SpiceCore::Scope scope(spice_core_);
  spice_server_kbd_leds(&keyboard_, this->leds());
}

std::uint8_t SpiceInputs::leds() const {
  return static_cast<std::uint8_t>((leds_.scroll_lock ? SPICE_KEYBOARD_MODIFIER_FLAGS_SCROLL_LOCK : 0) |
                                   (leds_.num_lock ? SPICE_KEYBOARD_MODIFIER_FLAGS_NUM_LOCK : 0) |
                                   (leds_.caps_lock ? SPICE_KEYBOARD_MODIFIER_FLAGS_CAPS_LOCK : 0));
}

void SpiceInputs::set_tablet_active(bool active) {
  if (active == tablet_attached_ || server_ == nullptr) {
    return;
  }
  const SpiceCore::Scope scope(spice_core_);
  if (active) {
    tablet_attached_ = spice_server_add_interface(server_, &tablet_.base) == 0;
  } else {
    change_buttons(*ports_.tablet, tablet_held_, 0);
    spice_server_remove_interface(&tablet_.base);
    tablet_attached_ = false;
  }
}

void SpiceInputs::key_byte(std::uint8_t byte) {
  wake_();
  if (const auto event = decoder_.feed(byte); event && ports_.keyboard != nullptr) {
    ports_.keyboard->key(event->evdev_code, event->pressed);
  }
}

void SpiceInputs::mouse_motion(int dx, int dy, int dz, std::uint32_t buttons) {
  wake_();
  if (ports_.mouse != nullptr) {
    change_buttons(*ports_.mouse, mouse_held_, buttons);
    ports_.mouse->move(dx, dy, -dz);  // SPICE counts wheel steps towards the user.
  }
}

void SpiceInputs::mouse_buttons(std::uint32_t buttons) {
  wake_();
  if (ports_.mouse != nullptr) {
    change_buttons(*ports_.mouse, mouse_held_, buttons);
  }
}

void SpiceInputs::tablet_size(int width, int height) {
  tablet_width_ = width;
  tablet_height_ = height;
}

void SpiceInputs::tablet_position(int x, int y, std::uint32_t buttons) {
  wake_();
  if (ports_.tablet != nullptr) {
    // The pointer goes first: a press belongs to the new place.
    ports_.tablet->position(scale(x, tablet_width_), scale(y, tablet_height_));
    change_buttons(*ports_.tablet, tablet_held_, buttons);
  }
}

void SpiceInputs::tablet_wheel(int dz, std::uint32_t buttons) {
  wake_();
  if (ports_.tablet != nullptr) {
    change_buttons(*ports_.tablet, tablet_held_, buttons);
    ports_.tablet->wheel(-dz);
  }
}

void SpiceInputs::tablet_buttons(std::uint32_t buttons) {
  wake_();
  if (ports_.tablet != nullptr) {
    change_buttons(*ports_.tablet, tablet_held_, buttons);
  }
}

}  // namespace saffron::spice
