// SPDX-License-Identifier: Apache-2.0
// The few pieces of AML that must be made at run time (ACPI 6.4, 20.2). The rest is ASL, compiled at build time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace saffron::machine::aml {

using Bytes = std::vector<std::uint8_t>;

/// Name (name, value). `name` is four characters, or "\" and four (root).
Bytes name_integer(std::string_view name, std::uint64_t value);
Bytes name_string(std::string_view name, std::string_view value);
/// Scope (name) { body }; Device (name) { body }.
Bytes scope(std::string_view name, const Bytes& body);
Bytes device(std::string_view name, const Bytes& body);

}  // namespace saffron::machine::aml
