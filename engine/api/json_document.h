// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: strict JSON text to a document. Not included by other folders.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace saffron::api {

using Json = nlohmann::ordered_json;

/// Nothing of ours nests deeper than 6; the cap bounds the recursion of whoever walks a hostile document.
inline constexpr std::size_t kMaxJsonDepth = 16;

/// kProtocol with line and column if `text` is not one JSON value in UTF-8, nests too deep, or an object has a name
/// twice (the subject is that name: readers would disagree which one counts).
core::Result<Json> parse_json(std::string_view text);

/// Compact, valid UTF-8 whatever the strings hold.
std::string dump_json(const Json& json);

}  // namespace saffron::api
