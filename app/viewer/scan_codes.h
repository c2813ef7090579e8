// SPDX-License-Identifier: Apache-2.0
// From what Qt says about a key to what SPICE sends: through Linux key codes (linux/input-event-codes.h), which on X11
// and Wayland are the native code less 8.
//
// Follows: scan code set 1 ("Keyboard Scan Code Specification", Microsoft, 1.3a); a SPICE client writes E0 xx as 1xx.
#pragma once

#include <QtCore/qnamespace.h>
#include <cstdint>
#include <optional>

namespace saffron::viewer {

/// 0x01..0x7f, or 0x101..0x17f for keys with the E0 prefix; nothing for keys that no PC keyboard has.
std::optional<unsigned> spice_scan_code(std::uint16_t evdev_code);

/// 0 if `native` is no X11 or Wayland key code.
std::uint16_t evdev_from_native(std::uint32_t native);

/// By the key's meaning on a US keyboard, for events without a native code (on-screen keyboards, tests); 0: unknown.
std::uint16_t evdev_from_qt(int key, Qt::KeyboardModifiers modifiers);

}  // namespace saffron::viewer
