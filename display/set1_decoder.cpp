// SPDX-License-Identifier: Apache-2.0
#include "display/set1_decoder.h"

#include <linux/input-event-codes.h>

#include <array>
#include <utility>

namespace saffron::spice {

namespace {

using KeyTable = std::array<std::uint16_t, 128>;

constexpr KeyTable make_plain_table() {
  KeyTable table{};
  // Linux took its first key codes from this very set: 1 (Escape) to 0x53 (keypad period) are the same numbers.
  for (std::uint16_t code = KEY_ESC; code <= KEY_KPDOT; ++code) {
    table[code] = code;
  }
  table[0x54] = KEY_SYSRQ;  // Alt+Print.
  table[0x56] = KEY_102ND;
  table[0x57] = KEY_F11;
  table[0x58] = KEY_F12;
  table[0x59] = KEY_KPEQUAL;
  for (std::uint16_t i = 0; i <= KEY_F23 - KEY_F13; ++i) {
    table[0x64u + i] = static_cast<std::uint16_t>(KEY_F13 + i);
  }
  table[0x70] = KEY_KATAKANAHIRAGANA;
  table[0x71] = KEY_HANJA;
  table[0x72] = KEY_HANGEUL;
  table[0x73] = KEY_RO;
  table[0x76] = KEY_F24;
  table[0x77] = KEY_HIRAGANA;
  table[0x78] = KEY_KATAKANA;
  table[0x79] = KEY_HENKAN;
  table[0x7b] = KEY_MUHENKAN;
  table[0x7d] = KEY_YEN;
  table[0x7e] = KEY_KPCOMMA;
  return table;
}

constexpr KeyTable make_extended_table() {
  KeyTable table{};
  // 0x2a and 0x36 stay empty: they are the fake shifts that a real keyboard sends around navigation keys.
  table[0x10] = KEY_PREVIOUSSONG;
  table[0x19] = KEY_NEXTSONG;
  table[0x1c] = KEY_KPENTER;
  table[0x1d] = KEY_RIGHTCTRL;
  table[0x20] = KEY_MUTE;
  table[0x21] = KEY_CALC;
  table[0x22] = KEY_PLAYPAUSE;
  table[0x24] = KEY_STOPCD;
  table[0x2e] = KEY_VOLUMEDOWN;
  table[0x30] = KEY_VOLUMEUP;
  table[0x32] = KEY_HOMEPAGE;
  table[0x35] = KEY_KPSLASH;
  table[0x37] = KEY_SYSRQ;
  table[0x38] = KEY_RIGHTALT;
  table[0x46] = KEY_PAUSE;  // Ctrl+Pause; SPICE clients send it for Pause alone.
  table[0x47] = KEY_HOME;
  table[0x48] = KEY_UP;
  table[0x49] = KEY_PAGEUP;
  table[0x4b] = KEY_LEFT;
  table[0x4d] = KEY_RIGHT;
  table[0x4f] = KEY_END;
  table[0x50] = KEY_DOWN;
  table[0x51] = KEY_PAGEDOWN;
  table[0x52] = KEY_INSERT;
  table[0x53] = KEY_DELETE;
  table[0x5b] = KEY_LEFTMETA;
  table[0x5c] = KEY_RIGHTMETA;
  table[0x5d] = KEY_COMPOSE;
  table[0x5e] = KEY_POWER;
  table[0x5f] = KEY_SLEEP;
  table[0x63] = KEY_WAKEUP;
  table[0x65] = KEY_SEARCH;
  table[0x66] = KEY_BOOKMARKS;
  table[0x67] = KEY_REFRESH;
  table[0x68] = KEY_STOP;
  table[0x69] = KEY_FORWARD;
  table[0x6a] = KEY_BACK;
  table[0x6b] = KEY_COMPUTER;
  table[0x6c] = KEY_MAIL;
  table[0x6d] = KEY_MEDIA;
  return table;
}

constexpr KeyTable kPlain = make_plain_table();
constexpr KeyTable kExtended = make_extended_table();

std::optional<KeyEvent> look_up(const KeyTable& table, std::uint8_t byte) {
  const std::uint16_t code = table[byte & 0x7f];
  if (code == KEY_RESERVED) {
    return std::nullopt;
  }
  return KeyEvent{code, (byte & 0x80) == 0};
}

}  // namespace

std::optional<KeyEvent> Set1Decoder::feed(std::uint8_t byte) {
  // A prefix starts over wherever it comes: a client that died in the middle must not spoil the next one's keys.
  if (byte == 0xe0) {
    state_ = State::kExtended;
    return std::nullopt;
  }
  if (byte == 0xe1) {
    state_ = State::kPauseFirst;
    return std::nullopt;
  }
  switch (std::exchange(state_, State::kPlain)) {
    case State::kPlain:
      return look_up(kPlain, byte);
    case State::kExtended:
      return look_up(kExtended, byte);
    case State::kPauseFirst:
      // Pause is E1 1D 45, released E1 9D C5.
      if ((byte & 0x7f) == 0x1d) {
        state_ = State::kPauseSecond;
      }
      return std::nullopt;
    case State::kPauseSecond:
      if ((byte & 0x7f) == 0x45) {
        return KeyEvent{KEY_PAUSE, (byte & 0x80) == 0};
      }
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace saffron::spice
