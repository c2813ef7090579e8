// SPDX-License-Identifier: Apache-2.0
#include "engine/api/json_reader_state.h"

#include <fmt/core.h>

#include <algorithm>

namespace saffron::api {

using core::ErrorCode;

namespace {

constexpr std::size_t kMaxShownName = 64;  // Of a name that the document made up.

/// What a JSON value is, for messages.
const char* json_kind(const Json& json) {
  switch (json.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::boolean:
      return "true or false";
    case Json::value_t::string:
      return "a text";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::number_float:
      return "a fraction";
    default:
      return "an integer";
  }
}

}  // namespace

bool JsonReaderState::expect(bool right, const Json& json, const char* wanted) {
  if (!right) {
    fail(ErrorCode::kInvalidArgument, fmt::format("The value must be {}, not {}", wanted, json_kind(json)));
  }
  return right;
}

bool JsonReaderState::in_range(std::int64_t number, const FieldRule& rule, std::string_view unit) {
  const char* const space = unit.empty() ? "" : " ";
  if (number < rule.minimum) {
    fail(ErrorCode::kOutOfRange, fmt::format("The value must be at least {}{}{}", rule.minimum, space, unit));
    return false;
  }
  if (number > rule.maximum) {
    fail(ErrorCode::kOutOfRange, fmt::format("The value must be at most {}{}{}", rule.maximum, space, unit));
    return false;
  }
  return true;
}

bool JsonReaderState::integer(const Json& json, const FieldRule& rule, bool to_unsigned, std::uint64_t& to) {
  if (!expect(json.is_number_integer(), json, "an integer")) {
    return false;
  }
  if (json.is_number_unsigned() && json.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) {
    // Only counters, which have no limit of their own, may be as large.
    FieldRule limits = rule;
    if (to_unsigned && rule.maximum == INT64_MAX) {
      to = json.get<std::uint64_t>();
      return true;
    }
    limits.maximum = std::min<std::int64_t>(rule.maximum, INT64_MAX - 1);
    return in_range(INT64_MAX, limits, "");
  }
  const auto number = json.get<std::int64_t>();
  to = static_cast<std::uint64_t>(number);
  return in_range(number, rule, "");
}

void JsonReaderState::text(const Json& json, std::string& to, const FieldRule& rule) {
  if (!expect(json.is_string(), json, "a text")) {
    return;
  }
  to = json.get<std::string>();
  if (rule.minimum > 0 && to.empty()) {
    fail(ErrorCode::kInvalidArgument, "The text must not be empty");
    return;
  }
  if (in_range(static_cast<std::int64_t>(to.size()), rule, "bytes") && rule.check != nullptr) {
    const auto checked = rule.check(to);
    if (!checked.ok()) {
      fail(checked.error().code, checked.error().message);
    }
  }
}

std::optional<std::size_t> JsonReaderState::choice(const Json& json, const std::string_view* names, std::size_t count) {
  if (!expect(json.is_string(), json, "a text")) {
    return std::nullopt;
  }
  const std::string_view* const found = std::find(names, names + count, json.get_ref<const std::string&>());
  if (found != names + count) {
    return static_cast<std::size_t>(found - names);
  }
  std::string all;
  for (std::size_t index = 0; index < count; ++index) {
    all += fmt::format("{}\"{}\"", all.empty() ? "" : ", ", names[index]);
  }
  fail(ErrorCode::kInvalidArgument, fmt::format("The value must be one of {}", all));
  return std::nullopt;
}

void JsonReaderState::reject_unknown(const Json& json) {
  for (const auto& item : json.items()) {
    if (std::find(names_.begin(), names_.end(), item.key()) == names_.end()) {
      const std::size_t length = enter(std::string_view(item.key()).substr(0, kMaxShownName));
      fail(ErrorCode::kInvalidArgument, "There is no such field");
      leave(length);
      return;
    }
  }
}

std::size_t JsonReaderState::enter(std::string_view name) {
  const std::size_t length = path_.size();
  if (!path_.empty()) {
    path_ += '.';
  }
  path_ += name;
  return length;
}

std::size_t JsonReaderState::enter(std::size_t index) {
  const std::size_t length = path_.size();
  path_ += fmt::format("[{}]", index);
  return length;
}

void JsonReaderState::fail(ErrorCode code, std::string message) {
  if (!error_) {
    error_ = core::Error{code, std::move(message), path_};
  }
}

}  // namespace saffron::api
