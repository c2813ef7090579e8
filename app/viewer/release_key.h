// SPDX-License-Identifier: Apache-2.0
// The key, or combination, that gives keyboard and pointer back to the host.
#pragma once

#include <QtCore/QString>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace saffron::viewer {

struct KeyStroke {
  std::uint16_t evdev_code = 0;
  bool pressed = false;
  bool operator==(const KeyStroke&) const = default;
};

/// Pressed and let go by itself it releases the grab, and the guest does not hear of it. Together with another key it
/// is an ordinary key of the guest: nothing that the user's keyboard has is lost.
class ReleaseKey {
 public:
  struct Choice {
    const char* id;     // In settings and on the command line.
    const char* label;  // English; translated in context "ReleaseKey".
    std::vector<std::uint16_t> codes;
  };
  static const std::vector<Choice>& choices();
  /// Nothing for an unknown id.
  static std::optional<ReleaseKey> from_id(const QString& id);

  ReleaseKey();  // Right Ctrl.

  QString id() const;
  QString label() const;

  struct Outcome {
    std::vector<KeyStroke> forward;  // To the guest, in order.
    bool release = false;
  };
  Outcome feed(KeyStroke stroke);
  /// Focus has gone: forget what was held.
  void reset();

 private:
  explicit ReleaseKey(std::size_t choice) : choice_(choice) {}
  bool is_part(std::uint16_t code) const;

  std::size_t choice_ = 0;
  std::vector<std::uint16_t> held_back_;  // Parts that are pressed and not forwarded yet, in order.
  bool complete_ = false;                 // All parts were down, and nothing else.
  std::set<std::uint16_t> forwarded_;     // Parts that the guest holds, as they were combined with another key.
  std::set<std::uint16_t> swallowed_;     // Parts whose release must not reach the guest.
};

}  // namespace saffron::viewer
