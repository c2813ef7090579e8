// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/release_key.h"

#include <linux/input-event-codes.h>

#include <QtCore/QCoreApplication>
#include <algorithm>

namespace saffron::viewer {

const std::vector<ReleaseKey::Choice>& ReleaseKey::choices() {
  static const std::vector<Choice> kChoices{
      {"right-ctrl", QT_TRANSLATE_NOOP("ReleaseKey", "Right Ctrl"), {KEY_RIGHTCTRL}},
      {"right-alt", QT_TRANSLATE_NOOP("ReleaseKey", "Right Alt"), {KEY_RIGHTALT}},
      {"right-shift", QT_TRANSLATE_NOOP("ReleaseKey", "Right Shift"), {KEY_RIGHTSHIFT}},
      {"ctrl-alt", QT_TRANSLATE_NOOP("ReleaseKey", "Ctrl+Alt"), {KEY_LEFTCTRL, KEY_LEFTALT}},
      {"scroll-lock", QT_TRANSLATE_NOOP("ReleaseKey", "Scroll Lock"), {KEY_SCROLLLOCK}},
      {"pause", QT_TRANSLATE_NOOP("ReleaseKey", "Pause"), {KEY_PAUSE}},
  };
  return kChoices;
}

std::optional<ReleaseKey> ReleaseKey::from_id(const QString& id) {
  for (std::size_t i = 0; i < choices().size(); ++i) {
    if (id == choices()[i].id) {
      return ReleaseKey(i);
    }
  }
  return std::nullopt;
}

ReleaseKey::ReleaseKey() = default;

QString ReleaseKey::id() const {
  return choices()[choice_].id;
}
QString ReleaseKey::label() const {
  return QCoreApplication::translate("ReleaseKey", choices()[choice_].label);
}

bool ReleaseKey::is_part(std::uint16_t code) const {
  const std::vector<std::uint16_t>& codes = choices()[choice_].codes;
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

ReleaseKey::Outcome ReleaseKey::feed(KeyStroke stroke) {
  Outcome outcome;
  const auto flush = [&] {
    for (const std::uint16_t code : held_back_) {
      outcome.forward.push_back({code, true});
      forwarded_.insert(code);
    }
    held_back_.clear();
    complete_ = false;
  };
  if (stroke.pressed && is_part(stroke.evdev_code) && !forwarded_.contains(stroke.evdev_code)) {
    const bool repeated = std::find(held_back_.begin(), held_back_.end(), stroke.evdev_code) != held_back_.end();
    if (!repeated) {
      swallowed_.erase(stroke.evdev_code);
      held_back_.push_back(stroke.evdev_code);
    }
    complete_ = held_back_.size() == choices()[choice_].codes.size();
    return outcome;
  }
  if (stroke.pressed) {
    flush();  // A combination with another key is the guest's.
    outcome.forward.push_back(stroke);
    return outcome;
  }
  const auto held = std::find(held_back_.begin(), held_back_.end(), stroke.evdev_code);
  if (held != held_back_.end() && complete_) {
    outcome.release = true;
    held_back_.erase(held);
    swallowed_.insert(held_back_.begin(), held_back_.end());
    held_back_.clear();
    complete_ = false;
    return outcome;
  }
  if (swallowed_.erase(stroke.evdev_code) != 0) {
    return outcome;
  }
  flush();  // A part alone (Ctrl of Ctrl+Alt) was the guest's after all.
  forwarded_.erase(stroke.evdev_code);
  outcome.forward.push_back(stroke);
  return outcome;
}

void ReleaseKey::reset() {
  held_back_.clear();
  swallowed_.clear();
  forwarded_.clear();
  complete_ = false;
}

}  // namespace saffron::viewer
