// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/ps2_scan_codes.h"

#include <linux/input-event-codes.h>

#include <algorithm>

namespace saffron::legacy {
namespace {

// Set 2 codes 0x00 to 0x7f; above that, only 0x83 and 0x84 change.
constexpr std::array<std::uint8_t, 128> kSet2ToSet1 = {
    0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,  // 00
    0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,  // 10
    0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,  // 20
    0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,  // 30
    0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,  // 40
    0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,  // 50
    0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,  // 60
    0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,  // 70
};

struct Key {
  std::uint16_t evdev;
  std::uint8_t set2;
  std::uint8_t set3;      // 0: the key is not in set 3.
  bool extended = false;  // E0 before it, in sets 1 and 2.
};

constexpr bool kExtended = true;

// Sorted by evdev code, for the search.
constexpr Key kKeys[] = {
    {KEY_ESC, 0x76, 0x08},
    {KEY_1, 0x16, 0x16},
    {KEY_2, 0x1e, 0x1e},
    {KEY_3, 0x26, 0x26},
    {KEY_4, 0x25, 0x25},
    {KEY_5, 0x2e, 0x2e},
    {KEY_6, 0x36, 0x36},
    {KEY_7, 0x3d, 0x3d},
    {KEY_8, 0x3e, 0x3e},
    {KEY_9, 0x46, 0x46},
    {KEY_0, 0x45, 0x45},
    {KEY_MINUS, 0x4e, 0x4e},
    {KEY_EQUAL, 0x55, 0x55},
    {KEY_BACKSPACE, 0x66, 0x66},
    {KEY_TAB, 0x0d, 0x0d},
    {KEY_Q, 0x15, 0x15},
    {KEY_W, 0x1d, 0x1d},
    {KEY_E, 0x24, 0x24},
    {KEY_R, 0x2d, 0x2d},
    {KEY_T, 0x2c, 0x2c},
    {KEY_Y, 0x35, 0x35},
    {KEY_U, 0x3c, 0x3c},
    {KEY_I, 0x43, 0x43},
    {KEY_O, 0x44, 0x44},
    {KEY_P, 0x4d, 0x4d},
    {KEY_LEFTBRACE, 0x54, 0x54},
    {KEY_RIGHTBRACE, 0x5b, 0x5b},
    {KEY_ENTER, 0x5a, 0x5a},
    {KEY_LEFTCTRL, 0x14, 0x11},
    {KEY_A, 0x1c, 0x1c},
    {KEY_S, 0x1b, 0x1b},
    {KEY_D, 0x23, 0x23},
    {KEY_F, 0x2b, 0x2b},
    {KEY_G, 0x34, 0x34},
    {KEY_H, 0x33, 0x33},
    {KEY_J, 0x3b, 0x3b},
    {KEY_K, 0x42, 0x42},
    {KEY_L, 0x4b, 0x4b},
    {KEY_SEMICOLON, 0x4c, 0x4c},
    {KEY_APOSTROPHE, 0x52, 0x52},
    {KEY_GRAVE, 0x0e, 0x0e},
    {KEY_LEFTSHIFT, 0x12, 0x12},
    {KEY_BACKSLASH, 0x5d, 0x5c},
    {KEY_Z, 0x1a, 0x1a},
    {KEY_X, 0x22, 0x22},
    {KEY_C, 0x21, 0x21},
    {KEY_V, 0x2a, 0x2a},
    {KEY_B, 0x32, 0x32},
    {KEY_N, 0x31, 0x31},
    {KEY_M, 0x3a, 0x3a},
    {KEY_COMMA, 0x41, 0x41},
    {KEY_DOT, 0x49, 0x49},
    {KEY_SLASH, 0x4a, 0x4a},
    {KEY_RIGHTSHIFT, 0x59, 0x59},
    {KEY_KPASTERISK, 0x7c, 0x7e},
    {KEY_LEFTALT, 0x11, 0x19},
    {KEY_SPACE, 0x29, 0x29},
    {KEY_CAPSLOCK, 0x58, 0x14},
    {KEY_F1, 0x05, 0x07},
    {KEY_F2, 0x06, 0x0f},
    {KEY_F3, 0x04, 0x17},
    {KEY_F4, 0x0c, 0x1f},
    {KEY_F5, 0x03, 0x27},
    {KEY_F6, 0x0b, 0x2f},
    {KEY_F7, 0x83, 0x37},
    {KEY_F8, 0x0a, 0x3f},
    {KEY_F9, 0x01, 0x47},
    {KEY_F10, 0x09, 0x4f},
    {KEY_NUMLOCK, 0x77, 0x76},
    {KEY_SCROLLLOCK, 0x7e, 0x5f},
    {KEY_KP7, 0x6c, 0x6c},
    {KEY_KP8, 0x75, 0x75},
    {KEY_KP9, 0x7d, 0x7d},
    {KEY_KPMINUS, 0x7b, 0x84},
    {KEY_KP4, 0x6b, 0x6b},
    {KEY_KP5, 0x73, 0x73},
    {KEY_KP6, 0x74, 0x74},
    {KEY_KPPLUS, 0x79, 0x7c},
    {KEY_KP1, 0x69, 0x69},
    {KEY_KP2, 0x72, 0x72},
    {KEY_KP3, 0x7a, 0x7a},
    {KEY_KP0, 0x70, 0x70},
    {KEY_KPDOT, 0x71, 0x71},
    {KEY_ZENKAKUHANKAKU, 0x5f, 0},
    {KEY_102ND, 0x61, 0x13},
    {KEY_F11, 0x78, 0x56},
    {KEY_F12, 0x07, 0x5e},
    {KEY_RO, 0x51, 0x51},
    {KEY_KATAKANA, 0x63, 0},
    {KEY_HIRAGANA, 0x62, 0},
    {KEY_HENKAN, 0x64, 0x86},
    {KEY_KATAKANAHIRAGANA, 0x13, 0x87},
    {KEY_MUHENKAN, 0x67, 0x85},
    {KEY_KPJPCOMMA, 0x27, 0},
    {KEY_KPENTER, 0x5a, 0x79, kExtended},
    {KEY_RIGHTCTRL, 0x14, 0x58, kExtended},
    {KEY_KPSLASH, 0x4a, 0x77, kExtended},
    {KEY_SYSRQ, 0x7c, 0x57, kExtended},
    {KEY_RIGHTALT, 0x11, 0x39, kExtended},
    {KEY_HOME, 0x6c, 0x6e, kExtended},
    {KEY_UP, 0x75, 0x63, kExtended},
    {KEY_PAGEUP, 0x7d, 0x6f, kExtended},
    {KEY_LEFT, 0x6b, 0x61, kExtended},
    {KEY_RIGHT, 0x74, 0x6a, kExtended},
    {KEY_END, 0x69, 0x65, kExtended},
    {KEY_DOWN, 0x72, 0x60, kExtended},
    {KEY_PAGEDOWN, 0x7a, 0x6d, kExtended},
    {KEY_INSERT, 0x70, 0x67, kExtended},
    {KEY_DELETE, 0x71, 0x64, kExtended},
    {KEY_MUTE, 0x23, 0x9c, kExtended},
    {KEY_VOLUMEDOWN, 0x21, 0x9d, kExtended},
    {KEY_VOLUMEUP, 0x32, 0x95, kExtended},
    {KEY_POWER, 0x37, 0, kExtended},
    {KEY_KPEQUAL, 0x0f, 0},
    {KEY_PAUSE, 0x00, 0x62},  // Sets 1 and 2: see special_sequence.
    {KEY_KPCOMMA, 0x6d, 0x7b},
    {KEY_HANGEUL, 0xf2, 0},
    {KEY_HANJA, 0xf1, 0},
    {KEY_YEN, 0x6a, 0x5d},
    {KEY_LEFTMETA, 0x1f, 0x8b, kExtended},
    {KEY_RIGHTMETA, 0x27, 0x8c, kExtended},
    {KEY_COMPOSE, 0x2f, 0x8d, kExtended},
    {KEY_STOP, 0x28, 0, kExtended},
    {KEY_CALC, 0x2b, 0, kExtended},
    {KEY_SLEEP, 0x3f, 0, kExtended},
    {KEY_WAKEUP, 0x5e, 0, kExtended},
    {KEY_MAIL, 0x48, 0, kExtended},
    {KEY_BOOKMARKS, 0x18, 0, kExtended},
    {KEY_COMPUTER, 0x40, 0, kExtended},
    {KEY_BACK, 0x38, 0, kExtended},
    {KEY_FORWARD, 0x30, 0, kExtended},
    {KEY_NEXTSONG, 0x4d, 0x93, kExtended},
    {KEY_PLAYPAUSE, 0x34, 0, kExtended},
    {KEY_PREVIOUSSONG, 0x15, 0x94, kExtended},
    {KEY_STOPCD, 0x3b, 0x98, kExtended},
    {KEY_HOMEPAGE, 0x3a, 0x97, kExtended},
    {KEY_REFRESH, 0x20, 0, kExtended},
    {KEY_F13, 0x08, 0},
    {KEY_F14, 0x10, 0},
    {KEY_F15, 0x18, 0},
    {KEY_F16, 0x20, 0},
    {KEY_F17, 0x28, 0},
    {KEY_F18, 0x30, 0},
    {KEY_F19, 0x38, 0},
    {KEY_F20, 0x40, 0},
    {KEY_F21, 0x48, 0},
    {KEY_F22, 0x50, 0},
    {KEY_F23, 0x57, 0},
    {KEY_F24, 0x5f, 0},
    {KEY_SEARCH, 0x10, 0x99, kExtended},
    {KEY_MEDIA, 0x50, 0, kExtended},
};

static_assert(std::is_sorted(std::begin(kKeys), std::end(kKeys),
                             [](const Key& a, const Key& b) { return a.evdev < b.evdev; }));

const Key* find_key(std::uint16_t evdev_code) {
  const auto* found = std::lower_bound(std::begin(kKeys), std::end(kKeys), evdev_code,
                                       [](const Key& key, std::uint16_t code) { return key.evdev < code; });
  return found != std::end(kKeys) && found->evdev == evdev_code ? found : nullptr;
}

using Bytes = std::initializer_list<std::uint8_t>;

ScanSequence make_sequence(Bytes bytes) {
  ScanSequence sequence;
  for (std::uint8_t byte : bytes) {
    sequence.append(byte);
  }
  return sequence;
}

// Print Screen and Pause send more than a code, and other codes with Alt or Control ("Scan Code Specification",
// notes 4 and 5). Only set 2; set 1 is translated from it.
bool special_sequence(std::uint16_t code, bool pressed, KeyModifiers modifiers, ScanSequence& sequence) {
  if (code == KEY_PAUSE) {
    if (!pressed) {
      return true;  // Pause has no break code: its press sends both.
    }
    sequence = modifiers.control ? make_sequence({0xe0, 0x7e, 0xe0, 0xf0, 0x7e})
                                 : make_sequence({0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77});
    return true;
  }
  if (code != KEY_SYSRQ) {
    return false;
  }
  if (modifiers.alt) {
    sequence = pressed ? make_sequence({0x84}) : make_sequence({0xf0, 0x84});
  } else if (modifiers.control || modifiers.shift) {
    sequence = pressed ? make_sequence({0xe0, 0x7c}) : make_sequence({0xe0, 0xf0, 0x7c});
  } else {
    sequence = pressed ? make_sequence({0xe0, 0x12, 0xe0, 0x7c}) : make_sequence({0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12});
  }
  return true;
}

ScanSequence set2_sequence(const Key& key, bool pressed, KeyModifiers modifiers) {
  ScanSequence sequence;
  if (special_sequence(key.evdev, pressed, modifiers, sequence)) {
    return sequence;
  }
  const bool korean = key.evdev == KEY_HANGEUL || key.evdev == KEY_HANJA;
  if (korean && !pressed) {
    return sequence;  // These two have no break code.
  }
  if (key.extended) {
    sequence.append(0xe0);
  }
  if (!pressed) {
    sequence.append(0xf0);
  }
  sequence.append(key.set2);
  return sequence;
}

ScanSequence to_set1(const ScanSequence& set2) {
  ScanSequence result;
  bool released = false;
  for (std::uint8_t byte : set2.bytes()) {
    if (byte == 0xf0) {
      released = true;
      continue;
    }
    const bool prefix = byte == 0xe0 || byte == 0xe1;
    result.append(static_cast<std::uint8_t>(translate_set2(byte) | (released && !prefix ? 0x80 : 0)));
    released = released && prefix;
  }
  return result;
}

}  // namespace

std::uint8_t translate_set2(std::uint8_t code) {
  if (code < kSet2ToSet1.size()) {
    return kSet2ToSet1[code];
  }
  switch (code) {
    case 0x83:
      return 0x41;  // F7
    case 0x84:
      return 0x54;  // Alt+Print Screen
    default:
      return code;
  }
}

ScanSequence scan_sequence(std::uint16_t evdev_code, bool pressed, unsigned set, KeyModifiers modifiers) {
  const Key* key = find_key(evdev_code);
  if (key == nullptr) {
    return {};
  }
  if (set == 3) {
    if (key->set3 == 0) {
      return {};
    }
    return pressed ? make_sequence({key->set3}) : make_sequence({0xf0, key->set3});
  }
  const ScanSequence sequence = set2_sequence(*key, pressed, modifiers);
  return set == 1 ? to_set1(sequence) : sequence;
}

std::uint8_t set3_code(std::uint16_t evdev_code) {
  const Key* key = find_key(evdev_code);
  return key == nullptr ? std::uint8_t{0} : key->set3;
}

}  // namespace saffron::legacy
