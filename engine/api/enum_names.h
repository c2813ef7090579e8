// SPDX-License-Identifier: Apache-2.0
// Names of enum values as they stand in machine.json and on the wire: one array an enum, in the enum's order.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace saffron::api {

/// Specialized beside each enum: `static constexpr std::array kNames{std::string_view("..."), ...};`
template <typename E>
struct EnumNames;

/// The wire name of `value`. Any thread.
template <typename E>
constexpr std::string_view name_of(E value) {
  const auto index = static_cast<std::size_t>(value);
  return index < EnumNames<E>::kNames.size() ? EnumNames<E>::kNames[index] : std::string_view("invalid");
}

/// The value with that wire name. Any thread.
template <typename E>
constexpr std::optional<E> value_named(std::string_view name) {
  for (std::size_t index = 0; index < EnumNames<E>::kNames.size(); ++index) {
    if (EnumNames<E>::kNames[index] == name) {
      return static_cast<E>(index);
    }
  }
  return std::nullopt;
}

}  // namespace saffron::api
