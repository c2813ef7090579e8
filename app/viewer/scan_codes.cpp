// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/scan_codes.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace saffron::viewer {

using namespace std::string_view_literals;

namespace {

struct Pair {
  std::uint16_t evdev;
  std::uint16_t other;
};

/// Keys whose code in set 1 is not their Linux number; sorted by that number.
constexpr std::array kScanCodes{
    Pair{KEY_ZENKAKUHANKAKU, 0x76},
    Pair{KEY_102ND, 0x56},
    Pair{KEY_F11, 0x57},
    Pair{KEY_F12, 0x58},
    Pair{KEY_RO, 0x73},
    Pair{KEY_KATAKANA, 0x78},
    Pair{KEY_HIRAGANA, 0x77},
    Pair{KEY_HENKAN, 0x79},
    Pair{KEY_KATAKANAHIRAGANA, 0x70},
    Pair{KEY_MUHENKAN, 0x7b},
    Pair{KEY_KPENTER, 0x11c},
    Pair{KEY_RIGHTCTRL, 0x11d},
    Pair{KEY_KPSLASH, 0x135},
    Pair{KEY_SYSRQ, 0x137},
    Pair{KEY_RIGHTALT, 0x138},
    Pair{KEY_HOME, 0x147},
    Pair{KEY_UP, 0x148},
    Pair{KEY_PAGEUP, 0x149},
    Pair{KEY_LEFT, 0x14b},
    Pair{KEY_RIGHT, 0x14d},
    Pair{KEY_END, 0x14f},
    Pair{KEY_DOWN, 0x150},
    Pair{KEY_PAGEDOWN, 0x151},
    Pair{KEY_INSERT, 0x152},
    Pair{KEY_DELETE, 0x153},
    Pair{KEY_MUTE, 0x120},
    Pair{KEY_VOLUMEDOWN, 0x12e},
    Pair{KEY_VOLUMEUP, 0x130},
    Pair{KEY_POWER, 0x15e},
    Pair{KEY_KPEQUAL, 0x59},
    Pair{KEY_PAUSE, 0x146},
    Pair{KEY_KPCOMMA, 0x7e},
    Pair{KEY_HANGEUL, 0x72},
    Pair{KEY_HANJA, 0x71},
    Pair{KEY_YEN, 0x7d},
    Pair{KEY_LEFTMETA, 0x15b},
    Pair{KEY_RIGHTMETA, 0x15c},
    Pair{KEY_COMPOSE, 0x15d},
    Pair{KEY_STOP, 0x168},
    Pair{KEY_CALC, 0x121},
    Pair{KEY_SLEEP, 0x15f},
    Pair{KEY_WAKEUP, 0x163},
    Pair{KEY_MAIL, 0x16c},
    Pair{KEY_BOOKMARKS, 0x166},
    Pair{KEY_COMPUTER, 0x16b},
    Pair{KEY_BACK, 0x16a},
    Pair{KEY_FORWARD, 0x169},
    Pair{KEY_NEXTSONG, 0x119},
    Pair{KEY_PLAYPAUSE, 0x122},
    Pair{KEY_PREVIOUSSONG, 0x110},
    Pair{KEY_STOPCD, 0x124},
    Pair{KEY_HOMEPAGE, 0x132},
    Pair{KEY_REFRESH, 0x167},
    Pair{KEY_F13, 0x64},
    Pair{KEY_F14, 0x65},
    Pair{KEY_F15, 0x66},
    Pair{KEY_F16, 0x67},
    Pair{KEY_F17, 0x68},
    Pair{KEY_F18, 0x69},
    Pair{KEY_F19, 0x6a},
    Pair{KEY_F20, 0x6b},
    Pair{KEY_F21, 0x6c},
    Pair{KEY_F22, 0x6d},
    Pair{KEY_F23, 0x6e},
    Pair{KEY_F24, 0x76},
    Pair{KEY_SEARCH, 0x165},
    Pair{KEY_MEDIA, 0x16d},
};
static_assert(std::is_sorted(kScanCodes.begin(), kScanCodes.end(),
                             [](const Pair& a, const Pair& b) { return a.evdev < b.evdev; }));

struct QtPair {
  int key;
  std::uint16_t evdev;
};

constexpr std::array kQtKeys{
    QtPair{Qt::Key_Escape, KEY_ESC},
    QtPair{Qt::Key_Tab, KEY_TAB},
    QtPair{Qt::Key_Backtab, KEY_TAB},
    QtPair{Qt::Key_Backspace, KEY_BACKSPACE},
    QtPair{Qt::Key_Return, KEY_ENTER},
    QtPair{Qt::Key_Enter, KEY_KPENTER},
    QtPair{Qt::Key_Insert, KEY_INSERT},
    QtPair{Qt::Key_Delete, KEY_DELETE},
    QtPair{Qt::Key_Pause, KEY_PAUSE},
    QtPair{Qt::Key_Print, KEY_SYSRQ},
    QtPair{Qt::Key_SysReq, KEY_SYSRQ},
    QtPair{Qt::Key_Home, KEY_HOME},
    QtPair{Qt::Key_End, KEY_END},
    QtPair{Qt::Key_Left, KEY_LEFT},
    QtPair{Qt::Key_Up, KEY_UP},
    QtPair{Qt::Key_Right, KEY_RIGHT},
    QtPair{Qt::Key_Down, KEY_DOWN},
    QtPair{Qt::Key_PageUp, KEY_PAGEUP},
    QtPair{Qt::Key_PageDown, KEY_PAGEDOWN},
    QtPair{Qt::Key_Shift, KEY_LEFTSHIFT},
    QtPair{Qt::Key_Control, KEY_LEFTCTRL},
    QtPair{Qt::Key_Meta, KEY_LEFTMETA},
    QtPair{Qt::Key_Super_L, KEY_LEFTMETA},
    QtPair{Qt::Key_Super_R, KEY_RIGHTMETA},
    QtPair{Qt::Key_Alt, KEY_LEFTALT},
    QtPair{Qt::Key_AltGr, KEY_RIGHTALT},
    QtPair{Qt::Key_CapsLock, KEY_CAPSLOCK},
    QtPair{Qt::Key_NumLock, KEY_NUMLOCK},
    QtPair{Qt::Key_ScrollLock, KEY_SCROLLLOCK},
    QtPair{Qt::Key_Menu, KEY_COMPOSE},
};

/// The keys of a US keyboard in Linux's order, from KEY_1 on: without and with Shift. '\0': not a character.
constexpr std::string_view kCharacters = "1234567890-=\0\0QWERTYUIOP[]\0\0ASDFGHJKL;'`\0\\ZXCVBNM,./\0*\0 "sv;
constexpr std::string_view kShifted = "!@#$%^&*()_+\0\0QWERTYUIOP{}\0\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 "sv;

}  // namespace

std::optional<unsigned> spice_scan_code(std::uint16_t evdev_code) {
  if (evdev_code >= KEY_ESC && evdev_code <= KEY_KPDOT) {
    return evdev_code;  // The set where Linux took its first numbers from.
  }
  const auto found = std::lower_bound(kScanCodes.begin(), kScanCodes.end(), evdev_code,
                                      [](const Pair& pair, std::uint16_t code) { return pair.evdev < code; });
  if (found == kScanCodes.end() || found->evdev != evdev_code) {
    return std::nullopt;
  }
  return found->other;
}

std::uint16_t evdev_from_native(std::uint32_t native) {
  // X11's key codes start at 8 (X protocol, "Keyboards"); its evdev driver, XKB's "evdev" map and Wayland keep to it.
  return native > 8 && native < 8 + KEY_MAX ? static_cast<std::uint16_t>(native - 8) : std::uint16_t{0};
}

std::uint16_t evdev_from_qt(int key, Qt::KeyboardModifiers modifiers) {
  if (key >= Qt::Key_F1 && key <= Qt::Key_F10) {
    return static_cast<std::uint16_t>(KEY_F1 + (key - Qt::Key_F1));
  }
  if (key >= Qt::Key_F11 && key <= Qt::Key_F12) {
    return static_cast<std::uint16_t>(KEY_F11 + (key - Qt::Key_F11));
  }
  if (key >= Qt::Key_F13 && key <= Qt::Key_F24) {
    return static_cast<std::uint16_t>(KEY_F13 + (key - Qt::Key_F13));
  }
  if (modifiers.testFlag(Qt::KeypadModifier) && key >= Qt::Key_0 && key <= Qt::Key_9) {
    constexpr std::array<std::uint16_t, 10> kKeypad{KEY_KP0, KEY_KP1, KEY_KP2, KEY_KP3, KEY_KP4,
                                                    KEY_KP5, KEY_KP6, KEY_KP7, KEY_KP8, KEY_KP9};
    return kKeypad[static_cast<std::size_t>(key - Qt::Key_0)];
  }
  for (const QtPair& pair : kQtKeys) {
    if (pair.key == key) {
      return pair.evdev;
    }
  }
  if (key >= Qt::Key_Space && key <= Qt::Key_AsciiTilde) {
    // Qt's numbers for these are their characters', letters as capitals.
    for (const std::string_view characters : {kCharacters, kShifted}) {
      const auto at = characters.find(static_cast<char>(key));
      if (at != std::string_view::npos) {
        return static_cast<std::uint16_t>(KEY_1 + at);
      }
    }
  }
  return 0;
}

}  // namespace saffron::viewer
