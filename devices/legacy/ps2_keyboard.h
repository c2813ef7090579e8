// SPDX-License-Identifier: Apache-2.0
// Ps2Keyboard: a 102-key PS/2 keyboard behind the controller.
// Models: scan code sets 1, 2 and 3 (with set 3's per-key make, break and repeat modes), LEDs, identification, echo,
// resend, enable, disable, defaults, reset with its self test. Typematic rate and delay are accepted and have no
// effect: whoever types repeats a held key by pressing it again, as SPICE clients and desktops do, so that a slow
// connection cannot make a key run away. Missing: the shift codes that some keyboards send around grey keys while Num
// Lock is on (no driver needs them). Sources: IBM PS/2 Technical Reference "Keyboards"; Microsoft "Scan Code Spec."
#pragma once

#include <bitset>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "devices/legacy/ps2_device.h"
#include "devices/legacy/ps2_scan_codes.h"
#include "devices/ports/input.h"
#include "engine/core/clock.h"

namespace saffron::legacy {

/// Ps2Device calls come on vCPU threads, KeyboardPort calls on the control thread.
///
/// The guest sees at most kFifoBytes of keys at once, as drivers that drain a keyboard count on. What is typed faster
/// waits in a bounded backlog and follows a little later; past that, whole events are dropped.
class Ps2Keyboard final : public Ps2Device, public ports::KeyboardPort {
 public:
  static constexpr std::size_t kFifoBytes = 16;
  static constexpr std::size_t kMaxBacklog = 256;  // Events: a paste of about a hundred characters.

  /// `control_timers` is the control thread's service: LED changes are told there.
  explicit Ps2Keyboard(core::TimerService& control_timers);
  ~Ps2Keyboard() override;

  void receive(std::uint8_t byte) override;
  std::optional<std::uint8_t> take() override;
  void set_output_listener(std::function<void()> listener) override;

  bool active() const override;
  void key(std::uint16_t evdev_code, bool pressed) override;
  void set_led_listener(std::function<void(ports::KeyboardLeds)> listener) override;

  /// Any thread. As at power on, but without the self test's answer.
  void reset();

 private:
  struct Event {
    std::uint16_t code;
    bool pressed;
    KeyModifiers modifiers;  // At its time.
  };

  void handle_command(std::uint8_t command);
  void handle_parameter(std::uint8_t command, std::uint8_t value);
  void respond(std::uint8_t byte);
  void set_defaults();
  void clear_keys();
  bool move_to_fifo(const Event& event);
  void set_leds(std::uint8_t bits);
  void note_modifier(std::uint16_t code, bool pressed);
  void refill();
  void tell_leds();

  core::Clock& clock_;
  std::function<void()> output_listener_;
  std::function<void(ports::KeyboardLeds)> led_listener_;  // Control thread only.
  ports::KeyboardLeds told_leds_;                          // Control thread only.

  mutable std::mutex mutex_;  // Guards what follows. No listener runs under it.
  std::deque<std::uint8_t> responses_;
  std::deque<std::uint8_t> fifo_;         // At most kFifoBytes, of whole events
  std::deque<std::uint8_t> event_sizes_;  // of these sizes;
  unsigned event_bytes_left_ = 0;         // so much is left of the one that the host has begun to take.
  std::deque<Event> backlog_;
  KeyModifiers modifiers_;
  std::bitset<256> make_only_;  // Set 3 codes without a break code.
  ports::KeyboardLeds leds_;
  std::uint8_t pending_command_ = 0;
  std::uint8_t last_sent_ = 0;
  std::uint8_t scan_set_ = 2;
  bool scanning_ = true;
  std::unique_ptr<core::Timer> refill_timer_;
  std::unique_ptr<core::Timer> led_timer_;
};

}  // namespace saffron::legacy
