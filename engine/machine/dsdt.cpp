// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/dsdt.h"

namespace saffron::machine {

namespace {
#include "acpi/dsdt.hex"
}  // namespace

std::span<const std::uint8_t> compiled_dsdt() {
  return dsdt_aml_code;
}

}  // namespace saffron::machine
