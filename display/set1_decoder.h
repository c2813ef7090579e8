// SPDX-License-Identifier: Apache-2.0
// From the bytes of a PC keyboard (scan code set 1, as SPICE's keyboard interface speaks it) to Linux key codes.
//
// Models: plain codes, the E0 prefix, the E1 Pause sequence, the fake shifts around navigation keys (dropped).
// Missing: nothing known; codes that no Linux key has are dropped.
// Follows: "Keyboard Scan Code Specification", Microsoft, revision 1.3a, appendix A; linux/input-event-codes.h.
#pragma once

#include <cstdint>
#include <optional>

namespace saffron::spice {

struct KeyEvent {
  std::uint16_t evdev_code = 0;
  bool pressed = false;
  bool operator==(const KeyEvent&) const = default;
};

class Set1Decoder {
 public:
  /// The event that `byte` completes, if any.
  std::optional<KeyEvent> feed(std::uint8_t byte);

 private:
  enum class State { kPlain, kExtended, kPauseFirst, kPauseSecond };
  State state_ = State::kPlain;
};

}  // namespace saffron::spice
