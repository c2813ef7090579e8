// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: JSON to structs, through their describe().
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/api/enum_names.h"
#include "engine/api/field_rule.h"
#include "engine/api/json_document.h"
#include "engine/api/json_reader_state.h"
#include "engine/core/result.h"

namespace saffron::api {

/// Reads a document into a struct; stops caring at the first error.
class JsonReader : private JsonReaderState {
 public:
  /// Not strict: unknown fields are skipped.
  explicit JsonReader(bool strict) : JsonReaderState(strict) {}

  template <typename T>
  core::Result<void> read(const Json& json, T& to) {
    value(json, to, {});
    if (error_) {
      return *std::move(error_);
    }
    return {};
  }

  /// Called by describe().
  template <typename T>
  void operator()(const char* name, T& member, const FieldRule& rule = {}) {
    if (error_) {
      return;
    }
    names_.emplace_back(name);
    const auto found = object_->find(name);
    const std::size_t length = enter(std::string_view(name));
    if (found != object_->end()) {
      value(*found, member, rule);
    } else if (rule.required) {
      fail(core::ErrorCode::kInvalidArgument, "The field is missing");
    }
    leave(length);
  }

 private:
  template <typename T>
  void value(const Json& json, T& to, const FieldRule& rule) {
    if constexpr (IsOptional<T>::value) {
      to.reset();
      if (!json.is_null()) {
        value(json, to.emplace(), rule);
      }
    } else if constexpr (IsVector<T>::value) {
      list(json, to, rule);
    } else if constexpr (IsMap<T>::value) {
      map(json, to);
    } else if constexpr (std::is_same_v<T, bool>) {
      if (expect(json.is_boolean(), json, "true or false")) {
        to = json.get<bool>();
      }
    } else if constexpr (std::is_integral_v<T>) {
      std::uint64_t bits = 0;
      if (integer(json, narrowed<T>(rule), std::is_same_v<T, std::uint64_t>, bits)) {
        to = static_cast<T>(bits);
      }
    } else if constexpr (std::is_floating_point_v<T>) {
      if (expect(json.is_number(), json, "a number")) {
        to = json.get<T>();
      }
    } else if constexpr (std::is_same_v<T, std::string>) {
      text(json, to, rule);
    } else if constexpr (std::is_enum_v<T>) {
      if (const auto index = choice(json, EnumNames<T>::kNames.data(), EnumNames<T>::kNames.size())) {
        to = static_cast<T>(*index);
      }
    } else {
      object(json, to);
    }
  }

  /// The rule, within what the type holds.
  template <typename T>
  static FieldRule narrowed(FieldRule rule) {
    if constexpr (sizeof(T) < sizeof(std::int64_t)) {
      rule.minimum = std::max<std::int64_t>(rule.minimum, std::numeric_limits<T>::min());
      rule.maximum = std::min<std::int64_t>(rule.maximum, std::numeric_limits<T>::max());
    }
    return rule;
  }
  template <typename T>
  void list(const Json& json, std::vector<T>& to, const FieldRule& rule) {
    to.clear();
    if (!expect(json.is_array(), json, "a list") ||
        !in_range(static_cast<std::int64_t>(json.size()), rule, "elements")) {
      return;
    }
    for (const Json& element : json) {
      const std::size_t length = enter(to.size());
      value(element, to.emplace_back(), {});
      leave(length);
      if (error_) {
        return;
      }
    }
  }
  template <typename T>
  void map(const Json& json, std::map<std::string, T>& to) {
    to.clear();
    if (expect(json.is_object(), json, "an object")) {
      for (const auto& [name, element] : json.items()) {
        value(element, to[name], {});
      }
    }
  }
  template <typename T>
  void object(const Json& json, T& to) {
    if (!expect(json.is_object(), json, "an object")) {
      return;
    }
    const Json* const outer_object = std::exchange(object_, &json);
    std::vector<std::string_view> outer_names = std::exchange(names_, {});
    describe(*this, to);
    if (strict_ && !error_) {
      reject_unknown(json);
    }
    names_ = std::move(outer_names);
    object_ = outer_object;
  }
};

}  // namespace saffron::api
