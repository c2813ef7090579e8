// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/result.h"

namespace saffron::machine {

/// The whole of a small regular file (a firmware image). Errors have `field` as their subject: missing, unreadable, a
/// directory, empty, larger than `limit` bytes.
core::Result<std::vector<std::uint8_t>> read_file_bytes(const std::string& path, std::size_t limit, std::string field);

}  // namespace saffron::machine
