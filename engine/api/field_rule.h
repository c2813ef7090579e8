// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: the rules of a field, and which shapes members have.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/core/result.h"

namespace saffron::api {

/// What holds for a field beyond its type.
struct FieldRule {
  bool required = false;
  std::int64_t minimum = 0;  // Integers: value; texts: bytes; lists: elements. For a list of texts, of the list.
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
  const char* unit = "";
  const char* help = "";
  /// A text's further rule; its error gets the field's path as subject.
  core::Result<void> (*check)(std::string_view text) = nullptr;
};

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsMap : std::false_type {};
template <typename T>
struct IsMap<std::map<std::string, T>> : std::true_type {};

}  // namespace saffron::api
