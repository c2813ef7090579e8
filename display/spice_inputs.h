// SPDX-License-Identifier: Apache-2.0
// SPICE's keyboard, mouse and tablet, on the machine's input ports.
//
// Models: keys with LEDs back; a relative mouse, always; an absolute tablet for as long as the guest listens to its
// own (SPICE's "client" mouse mode); five buttons and the vertical wheel.
// Missing: horizontal wheel (not in the protocol).
// Follows: spice-server 0.15 spice-input.h; button bits as its inputs channel hands them to devices (see kButtonBits).
#pragma once

#include <spice.h>

#include <cstdint>
#include <functional>

#include "display/set1_decoder.h"
#include "display/spice_core.h"
#include "display/spice_display.h"

namespace saffron::spice {

/// Control thread only. Detach before the library's server is destroyed.
class SpiceInputs {
 public:
  /// `wake` is called for each input.
  SpiceInputs(SpiceCore& spice_core, InputPorts ports, std::function<void()> wake);

  core::Result<void> attach(::SpiceServer* server);
  void detach();
  /// Lets go of what is held down, e.g. when the last client has gone.
  void release_buttons();

  // What SPICE's callbacks do; public for tests.
  void key_byte(std::uint8_t byte);
  std::uint8_t leds() const;
  void mouse_motion(int dx, int dy, int dz, std::uint32_t buttons);
  void mouse_buttons(std::uint32_t buttons);
  void tablet_size(int width, int height);
  void tablet_position(int x, int y, std::uint32_t buttons);
  void tablet_wheel(int dz, std::uint32_t buttons);
  void tablet_buttons(std::uint32_t buttons);

 private:
  struct Keyboard : SpiceKbdInstance {
    SpiceInputs* inputs = nullptr;
  };
  struct Mouse : SpiceMouseInstance {
    SpiceInputs* inputs = nullptr;
  };
  struct Tablet : SpiceTabletInstance {
    SpiceInputs* inputs = nullptr;
  };

  static SpiceKbdInterface make_keyboard_interface();
  static SpiceMouseInterface make_mouse_interface();
  static SpiceTabletInterface make_tablet_interface();
  void set_leds(ports::KeyboardLeds leds);
  void set_tablet_active(bool active);

  SpiceCore& spice_core_;
  InputPorts ports_;
  std::function<void()> wake_;
  ::SpiceServer* server_ = nullptr;
  const SpiceKbdInterface keyboard_interface_;
  const SpiceMouseInterface mouse_interface_;
  const SpiceTabletInterface tablet_interface_;
  Keyboard keyboard_{};
  Mouse mouse_{};
  Tablet tablet_{};
  bool tablet_attached_ = false;
  Set1Decoder decoder_;
  ports::KeyboardLeds leds_;
  std::uint32_t mouse_held_ = 0;
  std::uint32_t tablet_held_ = 0;
  int tablet_width_ = 0;
  int tablet_height_ = 0;
};

}  // namespace saffron::spice
