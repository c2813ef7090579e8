// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: the part of JsonReader that does not depend on the type that is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/field_rule.h"
#include "engine/api/json_document.h"
#include "engine/core/result.h"

namespace saffron::api {

/// What the reader does for all types: where it is, what went wrong first, and the checks.
class JsonReaderState {
 protected:
  explicit JsonReaderState(bool strict) : strict_(strict) {}

  bool expect(bool right, const Json& json, const char* wanted);
  bool in_range(std::int64_t number, const FieldRule& rule, std::string_view unit);
  /// False, with an error, if it is none or out of `rule`'s limits. `to_unsigned`: the target holds all 64 bits.
  bool integer(const Json& json, const FieldRule& rule, bool to_unsigned, std::uint64_t& to);
  void text(const Json& json, std::string& to, const FieldRule& rule);
  /// The index in `names` of the text in `json`.
  std::optional<std::size_t> choice(const Json& json, const std::string_view* names, std::size_t count);
  void reject_unknown(const Json& json);
  /// Adds a step to the path; returns its former length, for leave().
  std::size_t enter(std::string_view name);
  std::size_t enter(std::size_t index);
  void leave(std::size_t length) { path_.resize(length); }
  void fail(core::ErrorCode code, std::string message);

  bool strict_;
  std::string path_;
  const Json* object_ = nullptr;
  std::vector<std::string_view> names_;  // Described so far in the current object.
  std::optional<core::Error> error_;
};

}  // namespace saffron::api
