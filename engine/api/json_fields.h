// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: structs to and from JSON. Each struct has one describe(visitor, struct) that names its
// members with their rules; the visitors here read, write and list through it, so that these can never disagree.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/api/enum_names.h"
#include "engine/api/json_document.h"
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

/// What a JSON value is, for messages.
inline const char* json_kind(const Json& json) {
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

/// Reads a document into a struct; stops caring at the first error.
class JsonReader {
 public:
  /// Not strict: unknown fields are skipped.
  explicit JsonReader(bool strict) : strict_(strict) {}

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
    const auto found = object_->find(name);
    if (strict_) {
      names_.emplace_back(name);
    }
    const std::size_t length = enter(name);
    if (found != object_->end()) {
      value(*found, member, rule);
    } else if (rule.required) {
      fail(core::ErrorCode::kInvalidArgument, "The field is missing");
    }
    path_.resize(length);
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
      integer(json, to, rule);
    } else if constexpr (std::is_floating_point_v<T>) {
      if (expect(json.is_number(), json, "a number")) {
        to = json.get<T>();
      }
    } else if constexpr (std::is_same_v<T, std::string>) {
      text(json, to, rule);
    } else if constexpr (std::is_enum_v<T>) {
      choice(json, to);
    } else {
      object(json, to);
    }
  }

  template <typename T>
  void list(const Json& json, std::vector<T>& to, const FieldRule& rule) {
    to.clear();
    if (!expect(json.is_array(), json, "a list") ||
        !in_range(static_cast<std::int64_t>(json.size()), rule, "elements")) {
      return;
    }
    for (const Json& element : json) {
      const std::size_t length = path_.size();
      path_ += fmt::format("[{}]", to.size());
      value(element, to.emplace_back(), {});
      path_.resize(length);
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
  void integer(const Json& json, T& to, const FieldRule& rule) {
    if (!expect(json.is_number_integer(), json, "an integer")) {
      return;
    }
    // The document holds a number above INT64_MAX as unsigned; no field of ours goes there, save counters.
    if (json.is_number_unsigned() && json.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) {
      if (std::is_same_v<T, std::uint64_t> && rule.maximum == INT64_MAX) {
        to = static_cast<T>(json.get<std::uint64_t>());
        return;
      }
      in_range(INT64_MAX, {.maximum = std::min<std::int64_t>(rule.maximum, INT64_MAX - 1)}, "");
      return;
    }
    const auto number = json.get<std::int64_t>();
    FieldRule limits = rule;
    if constexpr (sizeof(T) < sizeof(std::int64_t)) {
      limits.minimum = std::max<std::int64_t>(rule.minimum, std::numeric_limits<T>::min());
      limits.maximum = std::min<std::int64_t>(rule.maximum, std::numeric_limits<T>::max());
    }
    if (in_range(number, limits, "")) {
      to = static_cast<T>(number);
    }
  }
  void text(const Json& json, std::string& to, const FieldRule& rule) {
    if (!expect(json.is_string(), json, "a text")) {
      return;
    }
    to = json.get<std::string>();
    if (rule.minimum > 0 && to.empty()) {
      fail(core::ErrorCode::kInvalidArgument, "The text must not be empty");
      return;
    }
    if (in_range(static_cast<std::int64_t>(to.size()), rule, "bytes") && rule.check != nullptr) {
      auto checked = rule.check(to);
      if (!checked.ok()) {
        fail(checked.error().code, checked.error().message);
      }
    }
  }
  template <typename E>
  void choice(const Json& json, E& to) {
    if (!expect(json.is_string(), json, "a text")) {
      return;
    }
    if (const auto named = value_named<E>(json.get_ref<const std::string&>())) {
      to = *named;
      return;
    }
    std::string all;
    for (std::string_view name : EnumNames<E>::kNames) {
      all += fmt::format("{}\"{}\"", all.empty() ? "" : ", ", name);
    }
    fail(core::ErrorCode::kInvalidArgument, fmt::format("The value must be one of {}", all));
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
  void reject_unknown(const Json& json) {
    for (const auto& item : json.items()) {
      if (std::find(names_.begin(), names_.end(), item.key()) == names_.end()) {
        const std::size_t length = enter(std::string_view(item.key()).substr(0, 64));
        fail(core::ErrorCode::kInvalidArgument, "There is no such field");
        path_.resize(length);
        return;
      }
    }
  }

  bool expect(bool right, const Json& json, const char* wanted) {
    if (!right) {
      fail(core::ErrorCode::kInvalidArgument, fmt::format("The value must be {}, not {}", wanted, json_kind(json)));
    }
    return right;
  }
  bool in_range(std::int64_t number, const FieldRule& rule, std::string_view unit) {
    const char* const space = unit.empty() ? "" : " ";
    if (number < rule.minimum) {
      fail(core::ErrorCode::kOutOfRange, fmt::format("The value must be at least {}{}{}", rule.minimum, space, unit));
      return false;
    }
    if (number > rule.maximum) {
      fail(core::ErrorCode::kOutOfRange, fmt::format("The value must be at most {}{}{}", rule.maximum, space, unit));
      return false;
    }
    return true;
  }
  std::size_t enter(std::string_view name) {
    const std::size_t length = path_.size();
    if (!path_.empty()) {
      path_ += '.';
    }
    path_ += name;
    return length;
  }
  void fail(core::ErrorCode code, std::string message) {
    if (!error_) {
      error_ = core::Error{code, std::move(message), path_};
    }
  }

  bool strict_;
  std::string path_;
  const Json* object_ = nullptr;
  std::vector<std::string_view> names_;  // Described so far in the current object.
  std::optional<core::Error> error_;
};

/// Writes a struct as a document, members in the order of describe().
class JsonWriter {
 public:
  template <typename T>
  static Json write(const T& from) {
    if constexpr (IsOptional<T>::value) {
      return from ? write(*from) : Json(nullptr);
    } else if constexpr (IsVector<T>::value) {
      Json list = Json::array();
      for (const auto& element : from) {
        list.push_back(write(element));
      }
      return list;
    } else if constexpr (IsMap<T>::value) {
      Json object = Json::object();
      for (const auto& [name, element] : from) {
        object[name] = element;
      }
      return object;
    } else if constexpr (std::is_enum_v<T>) {
      return Json(std::string(name_of(from)));
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
      return Json(from);
    } else {
      JsonWriter writer;
      // describe() is shared with the reader and so takes a mutable struct; this visitor only looks.
      describe(writer, const_cast<T&>(from));
      return std::move(writer.object_);
    }
  }
  template <typename T>
  void operator()(const char* name, const T& member, const FieldRule& = {}) {
    object_[name] = write(member);
  }

 private:
  Json object_ = Json::object();
};

}  // namespace saffron::api
