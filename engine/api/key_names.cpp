// SPDX-License-Identifier: Apache-2.0
#include "engine/api/key_names.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "engine/api/key_table.h"

namespace saffron::api {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr std::size_t kMaxComboKeys = 8;
constexpr std::size_t kMaxTextBytes = 64 << 10;  // Hours of typing; bounds what a job holds.

struct TypedKey {
  std::uint16_t code = 0;
  bool shifted = false;
};

/// The US layout: the characters of each row, plain and shifted, in the order of the codes below them.
std::optional<TypedKey> us_key(char character) {
  constexpr std::string_view kPlain = "`1234567890-=[]\\;',./";
  constexpr std::string_view kShifted = "~!@#$%^&*()_+{}|:\"<>?";
  switch (character) {
    case '\n':
      return TypedKey{KEY_ENTER, false};
    case '\t':
      return TypedKey{KEY_TAB, false};
    case '\b':
      return TypedKey{KEY_BACKSPACE, false};
    case '\x1b':
      return TypedKey{KEY_ESC, false};
    default:
      break;
  }
  bool shifted = false;
  char plain = character;
  if (character >= 'A' && character <= 'Z') {
    shifted = true;
    plain = static_cast<char>(character - 'A' + 'a');
  } else if (const std::size_t at = kShifted.find(character); at != std::string_view::npos) {
    shifted = true;
    plain = kPlain[at];
  }
  const auto code = key_code(std::string_view(&plain, 1));
  if (!code) {
    return std::nullopt;
  }
  return TypedKey{static_cast<std::uint16_t>(*code), shifted};
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

/// Splits at '-' and '+'; one that stands where a name should begin is a name itself ("ctrl--", "+").
std::vector<std::string> combo_names(std::string_view combo) {
  std::vector<std::string> names;
  std::size_t at = 0;
  while (at < combo.size()) {
    const std::size_t end = std::min(combo.find_first_of("-+", at + 1), combo.size());
    names.push_back(lower(combo.substr(at, end - at)));
    at = end + 1;
  }
  if (!names.empty() && combo.size() > 1 && at == combo.size()) {
    names.emplace_back();  // Ends with a separator that separates from nothing.
  }
  return names;
}

}  // namespace

std::optional<std::uint32_t> key_code(std::string_view name) {
  const std::string wanted = lower(name);
  const auto* const found =
      std::find_if(std::begin(kKeyTable), std::end(kKeyTable), [&](const KeyName& key) { return key.name == wanted; });
  if (found == std::end(kKeyTable)) {
    return std::nullopt;
  }
  return found->code;
}

std::string_view key_name(std::uint32_t code) {
  for (const KeyName& key : kKeyTable) {
    if (key.code == code) {
      return key.name;
    }
  }
  return {};
}

std::vector<std::string_view> key_names() {
  std::vector<std::string_view> names;
  for (const KeyName& key : kKeyTable) {
    if (key_name(key.code) == key.name) {
      names.push_back(key.name);
    }
  }
  return names;
}

Result<std::vector<KeyEvent>> combo_to_keys(std::string_view combo) {
  // Names have at most 11 characters: a longer text is no combination.
  if (combo.empty() || combo.size() > 128) {
    return Error{ErrorCode::kInvalidArgument, "A key combination looks like ctrl-alt-delete", {}};
  }
  std::vector<KeyEvent> events;
  for (const std::string& name : combo_names(combo)) {
    auto code = key_code(name);
    if (!code && (name == "plus" || name == "+")) {
      // The main keyboard's plus is shift and equal; as a key of a combination, people mean that key.
      code = KEY_EQUAL;
    }
    if (!code) {
      return Error{ErrorCode::kInvalidArgument, fmt::format("There is no key named \"{}\"", name), name};
    }
    const KeyEvent down{*code, true};
    if (std::find(events.begin(), events.end(), down) != events.end()) {
      return Error{ErrorCode::kInvalidArgument, "A key stands twice in the combination", name};
    }
    events.push_back(down);
  }
  if (events.size() > kMaxComboKeys) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("A combination has at most {} keys", kMaxComboKeys), {}};
  }
  for (std::size_t index = events.size(); index-- > 0;) {
    events.push_back({events[index].code, false});
  }
  return events;
}

Result<std::vector<KeyEvent>> text_to_keys(std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    return Error{ErrorCode::kOutOfRange, fmt::format("At most {} bytes can be typed at once", kMaxTextBytes), "text"};
  }
  std::vector<KeyEvent> events;
  bool shift_down = false;
  const auto set_shift = [&](bool down) {
    if (down != shift_down) {
      events.push_back({KEY_LEFTSHIFT, down});
      shift_down = down;
    }
  };
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (text[index] == '\r' && index + 1 < text.size() && text[index + 1] == '\n') {
      continue;  // A line end of two characters is one Enter.
    }
    const auto key = us_key(text[index] == '\r' ? '\n' : text[index]);
    if (!key) {
      return Error{ErrorCode::kInvalidArgument, "A US keyboard cannot type this character",
                   fmt::format("text[{}]", index)};
    }
    set_shift(key->shifted);
    events.push_back({key->code, true});
    events.push_back({key->code, false});
  }
  set_shift(false);
  return events;
}

}  // namespace saffron::api
