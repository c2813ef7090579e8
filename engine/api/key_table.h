// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: key names and codes. A code's first entry is its main name.
#pragma once

#include <linux/input-event-codes.h>

#include <cstdint>
#include <string_view>

namespace saffron::api {

struct KeyName {
  std::string_view name;
  std::uint16_t code;
};

// clang-format off
inline constexpr KeyName kKeyTable[] = {
    {"escape", KEY_ESC}, {"esc", KEY_ESC},
    {"1", KEY_1}, {"2", KEY_2}, {"3", KEY_3}, {"4", KEY_4}, {"5", KEY_5},
    {"6", KEY_6}, {"7", KEY_7}, {"8", KEY_8}, {"9", KEY_9}, {"0", KEY_0},
    {"minus", KEY_MINUS}, {"-", KEY_MINUS}, {"equal", KEY_EQUAL}, {"=", KEY_EQUAL},
    {"backspace", KEY_BACKSPACE}, {"tab", KEY_TAB},
    {"q", KEY_Q}, {"w", KEY_W}, {"e", KEY_E}, {"r", KEY_R}, {"t", KEY_T},
    {"y", KEY_Y}, {"u", KEY_U}, {"i", KEY_I}, {"o", KEY_O}, {"p", KEY_P},
    {"leftbrace", KEY_LEFTBRACE}, {"[", KEY_LEFTBRACE}, {"rightbrace", KEY_RIGHTBRACE}, {"]", KEY_RIGHTBRACE},
    {"enter", KEY_ENTER}, {"return", KEY_ENTER}, {"ret", KEY_ENTER},
    {"ctrl", KEY_LEFTCTRL}, {"control", KEY_LEFTCTRL}, {"leftctrl", KEY_LEFTCTRL},
    {"a", KEY_A}, {"s", KEY_S}, {"d", KEY_D}, {"f", KEY_F}, {"g", KEY_G},
    {"h", KEY_H}, {"j", KEY_J}, {"k", KEY_K}, {"l", KEY_L},
    {"semicolon", KEY_SEMICOLON}, {";", KEY_SEMICOLON}, {"apostrophe", KEY_APOSTROPHE}, {"'", KEY_APOSTROPHE},
    {"grave", KEY_GRAVE}, {"`", KEY_GRAVE},
    {"shift", KEY_LEFTSHIFT}, {"leftshift", KEY_LEFTSHIFT},
    {"backslash", KEY_BACKSLASH}, {"\\", KEY_BACKSLASH},
    {"z", KEY_Z}, {"x", KEY_X}, {"c", KEY_C}, {"v", KEY_V}, {"b", KEY_B}, {"n", KEY_N}, {"m", KEY_M},
    {"comma", KEY_COMMA}, {",", KEY_COMMA}, {"dot", KEY_DOT}, {".", KEY_DOT}, {"slash", KEY_SLASH}, {"/", KEY_SLASH},
    {"rightshift", KEY_RIGHTSHIFT},
    {"alt", KEY_LEFTALT}, {"leftalt", KEY_LEFTALT},
    {"space", KEY_SPACE}, {" ", KEY_SPACE}, {"capslock", KEY_CAPSLOCK},
    {"f1", KEY_F1}, {"f2", KEY_F2}, {"f3", KEY_F3}, {"f4", KEY_F4}, {"f5", KEY_F5}, {"f6", KEY_F6},
    {"f7", KEY_F7}, {"f8", KEY_F8}, {"f9", KEY_F9}, {"f10", KEY_F10}, {"f11", KEY_F11}, {"f12", KEY_F12},
    {"numlock", KEY_NUMLOCK}, {"scrolllock", KEY_SCROLLLOCK},
    {"kp0", KEY_KP0}, {"kp1", KEY_KP1}, {"kp2", KEY_KP2}, {"kp3", KEY_KP3}, {"kp4", KEY_KP4},
    {"kp5", KEY_KP5}, {"kp6", KEY_KP6}, {"kp7", KEY_KP7}, {"kp8", KEY_KP8}, {"kp9", KEY_KP9},
    {"kpminus", KEY_KPMINUS}, {"kpplus", KEY_KPPLUS}, {"kpdot", KEY_KPDOT}, {"kpenter", KEY_KPENTER},
    {"kpslash", KEY_KPSLASH}, {"kpasterisk", KEY_KPASTERISK}, {"kpequal", KEY_KPEQUAL},
    {"102nd", KEY_102ND},
    {"rightctrl", KEY_RIGHTCTRL}, {"rightalt", KEY_RIGHTALT}, {"altgr", KEY_RIGHTALT},
    {"printscreen", KEY_SYSRQ}, {"print", KEY_SYSRQ}, {"sysrq", KEY_SYSRQ},
    {"home", KEY_HOME}, {"up", KEY_UP}, {"pageup", KEY_PAGEUP}, {"pgup", KEY_PAGEUP},
    {"left", KEY_LEFT}, {"right", KEY_RIGHT}, {"end", KEY_END}, {"down", KEY_DOWN},
    {"pagedown", KEY_PAGEDOWN}, {"pgdn", KEY_PAGEDOWN},
    {"insert", KEY_INSERT}, {"ins", KEY_INSERT}, {"delete", KEY_DELETE}, {"del", KEY_DELETE},
    {"pause", KEY_PAUSE}, {"break", KEY_PAUSE},
    {"super", KEY_LEFTMETA}, {"meta", KEY_LEFTMETA}, {"win", KEY_LEFTMETA}, {"leftmeta", KEY_LEFTMETA},
    {"rightmeta", KEY_RIGHTMETA}, {"menu", KEY_COMPOSE}, {"compose", KEY_COMPOSE},
    {"mute", KEY_MUTE}, {"volumedown", KEY_VOLUMEDOWN}, {"volumeup", KEY_VOLUMEUP}, {"power", KEY_POWER},
};
// clang-format on

}  // namespace saffron::api
