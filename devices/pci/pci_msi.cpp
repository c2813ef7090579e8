// SPDX-License-Identifier: Apache-2.0
#include "devices/pci/pci_msi.h"

#include <array>

namespace saffron::pci {

namespace {

constexpr std::uint8_t kMsiId = 0x05;
// Offsets in the capability with 64-bit address and masking (6.8.1).
constexpr unsigned kControl = 2;
constexpr unsigned kAddress = 4;
constexpr unsigned kUpperAddress = 8;
constexpr unsigned kData = 0xc;
constexpr unsigned kMask = 0x10;
constexpr unsigned kPending = 0x14;

constexpr std::uint16_t kEnable = 1u << 0;

std::vector<std::unique_ptr<core::MsiVector>> only(std::unique_ptr<core::MsiVector> vector) {
  std::vector<std::unique_ptr<core::MsiVector>> vectors;
  vectors.push_back(std::move(vector));
  return vectors;
}

unsigned append(PciConfigSpace& config) {
  std::array<std::uint8_t, 22> body{};
  std::array<std::uint8_t, 22> writable{};
  // Body starts at kControl. 64-bit capable (bit 7), maskable (bit 8); one vector, so Multiple Message Capable is 0.
  body[0] = 0x80;
  body[1] = 0x01;
  writable[0] = 0x71;  // Enable, Multiple Message Enable.
  const auto allow = [&](unsigned offset, std::uint32_t mask) {
    for (unsigned i = 0; i < 4; ++i) {
      writable[offset - kControl + i] = static_cast<std::uint8_t>(mask >> (8 * i));
    }
  };
  allow(kAddress, 0xfffffffc);
  allow(kUpperAddress, 0xffffffff);
  allow(kData, 0x0000ffff);
  allow(kMask, 1);
  return config.add_capability(kMsiId, body, writable);
}

}  // namespace

MsiCapability::MsiCapability(PciConfigSpace& config, std::unique_ptr<core::MsiVector> vector)
    : offset_(append(config)), vectors_(only(std::move(vector))) {}

void MsiCapability::load(const PciConfigSpace& config) {
  const bool enabled = (config.value(offset_ + kControl, 2) & kEnable) != 0;
  const bool masked = (config.value(offset_ + kMask, 4) & 1) != 0;
  const bool bus_master = (config.value(kConfigCommand, 2) & kCommandBusMaster) != 0;
  vectors_.set_enabled(enabled);
  if (!enabled || masked || !bus_master) {
    vectors_.want(0, std::nullopt);
    return;
  }
  const std::uint64_t upper = config.value(offset_ + kUpperAddress, 4);
  vectors_.want(0,
                core::MsiMessage{upper << 32 | config.value(offset_ + kAddress, 4), config.value(offset_ + kData, 4)});
}

void MsiCapability::show_pending(PciConfigSpace& config) const {
  config.set_value(offset_ + kPending, 4, vectors_.pending(0) ? 1 : 0);
}

}  // namespace saffron::pci
