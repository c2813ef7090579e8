// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "engine/core/result.h"

namespace saffron::machine {

/// The same error, about a field of machine.json: devices name files and themselves, users know fields.
inline core::Error about(core::Error error, std::string field) {
  error.subject = std::move(field);
  return error;
}

}  // namespace saffron::machine
