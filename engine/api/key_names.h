// SPDX-License-Identifier: Apache-2.0
// Names of keys, combinations such as "ctrl-alt-delete", and text as keys of a US keyboard. Codes are Linux evdev's.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/core/result.h"

namespace saffron::api {

/// One key going down or up.
struct KeyEvent {
  std::uint32_t code = 0;  // KEY_* of linux/input-event-codes.h.
  bool pressed = false;
  bool operator==(const KeyEvent&) const = default;
};

/// The code of a key's name: "a", "f1", "enter", "left", "kp5", "ctrl", "rightalt", "printscreen"...; case does not
/// matter. Names and codes: docs/control-protocol.md. Any thread.
std::optional<std::uint32_t> key_code(std::string_view name);
/// The main name of a code; empty if it has none.
std::string_view key_name(std::uint32_t code);
/// All main names, for help and completion.
std::vector<std::string_view> key_names();

/// "ctrl-alt-delete" or "ctrl+alt+delete": all keys down in order, then up in reverse. At most 8 keys. A lone "-" or
/// "+" is that key. kInvalidArgument; the subject is the unknown name.
core::Result<std::vector<KeyEvent>> combo_to_keys(std::string_view combo);

/// What a person with a US keyboard would press: printable ASCII, newline (Enter), tab, backspace, escape. Shift is
/// held for as long as neighbours need it. kInvalidArgument; the subject is "text[BYTE OFFSET]". At most 64 KiB.
core::Result<std::vector<KeyEvent>> text_to_keys(std::string_view text);

}  // namespace saffron::api
