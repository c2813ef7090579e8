// SPDX-License-Identifier: Apache-2.0
// SMBIOS tables: what dmidecode and Windows show of the machine. Source: DMTF DSP0134 (SMBIOS) 2.8.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/machine/memory_layout.h"

namespace saffron::machine {

struct SmbiosFacts {
  std::string machine_name;
  std::string uuid;  // 8-4-4-4-12.
  std::string processor;
  std::string version;
  unsigned cpu_count = 1;
  MemoryLayout memory;
};

struct SmbiosTables {
  std::vector<std::uint8_t> anchor;  // 31 bytes; the address of `structures` at offset 24 is still 0.
  std::vector<std::uint8_t> structures;
};
SmbiosTables make_smbios(const SmbiosFacts& facts);

/// A UUID as SMBIOS has it: its first three fields are little-endian (7.2.1). 16 bytes.
std::vector<std::uint8_t> make_smbios_uuid(const std::string& text);

/// For a direct boot: puts the structures' address into the anchor and mends its checksums.
void set_smbios_address(std::vector<std::uint8_t>& anchor, std::uint32_t address);

}  // namespace saffron::machine
