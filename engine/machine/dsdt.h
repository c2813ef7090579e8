// SPDX-License-Identifier: Apache-2.0
// The DSDT, compiled from resources/acpi/dsdt.asl when the engine is built.
#pragma once

#include <cstdint>
#include <span>

namespace saffron::machine {

std::span<const std::uint8_t> compiled_dsdt();

}  // namespace saffron::machine
