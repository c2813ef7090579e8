// SPDX-License-Identifier: Apache-2.0
// A command as an AHCI driver puts it into guest memory (AHCI 1.3.1, 4.2.2 and 4.2.3).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "engine/core/guest_memory.h"

namespace saffron::fakes {

struct AhciSegment {
  std::uint64_t address = 0;
  std::uint32_t bytes = 0;
};

struct AhciCommand {
  std::uint8_t command = 0;
  std::uint64_t lba = 0;
  std::uint16_t count = 0;
  std::uint16_t features = 0;
  std::uint8_t device = 0x40;
  std::vector<AhciSegment> data;
  std::vector<std::uint8_t> packet;
};

/// The register FIS of `command`.
inline std::array<std::uint8_t, 20> ahci_fis(const AhciCommand& command) {
  std::array<std::uint8_t, 20> fis{};
  fis[0] = 0x27;
  fis[1] = 0x80;
  fis[2] = command.command;
  fis[3] = static_cast<std::uint8_t>(command.features);
  fis[11] = static_cast<std::uint8_t>(command.features >> 8);
  for (unsigned index = 0; index < 3; ++index) {
    fis[4 + index] = static_cast<std::uint8_t>(command.lba >> (8 * index));
    fis[8 + index] = static_cast<std::uint8_t>(command.lba >> (8 * index + 24));
  }
  fis[7] = command.device;
  fis[12] = static_cast<std::uint8_t>(command.count);
  fis[13] = static_cast<std::uint8_t>(command.count >> 8);
  return fis;
}

/// Writes the command header at `header`, and the command table at `table`. Addresses outside of memory are ignored.
inline void write_ahci_command(const core::GuestMemory& memory, std::uint64_t header, std::uint64_t table,
                               const AhciCommand& command) {
  const auto put = [&memory](std::uint64_t address, const auto& object) {
    static_cast<void>(memory.write_object({address}, object).ok());
  };
  put(table, ahci_fis(command));
  if (!command.packet.empty()) {
    std::array<std::uint8_t, 16> packet{};
    std::copy(command.packet.begin(), command.packet.end(), packet.begin());
    put(table + 0x40, packet);
  }
  std::uint64_t at = table + 0x80;
  for (const AhciSegment& segment : command.data) {
    put(at, std::array<std::uint64_t, 2>{segment.address, std::uint64_t{segment.bytes - 1} << 32});
    at += 16;
  }
  const auto flags = static_cast<std::uint32_t>(5 | (command.packet.empty() ? 0 : 0x20) | (command.data.size() << 16));
  put(header, std::array<std::uint32_t, 4>{flags, 0, static_cast<std::uint32_t>(table), 0});
}

}  // namespace saffron::fakes
