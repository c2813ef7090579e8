// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: structs to JSON, through their describe().
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "engine/api/enum_names.h"
#include "engine/api/field_rule.h"
#include "engine/api/json_document.h"

namespace saffron::api {

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
