// SPDX-License-Identifier: Apache-2.0
#include "devices/pci/pci_config_space.h"

#include <algorithm>

#include "devices/pci/pci_device.h"
#include "engine/core/log.h"

namespace saffron::pci {

PciConfigSpace::PciConfigSpace(const PciIdentity& identity) {
  define32(0x00, identity.vendor | std::uint32_t{identity.device} << 16, 0);
  // I/O enable stays writable without an I/O BAR: VGA's legacy ports hang on it. Special cycles, snooping and fast
  // back-to-back are hardwired to 0 (PCIe 4.0, 7.5.1.1.3).
  define32(kConfigCommand, 0,
           kCommandIo | kCommandMemory | kCommandBusMaster | kCommandParityResponse | kCommandSerr |
               kCommandInterruptDisable);
  define32(0x08, identity.revision | (identity.class_code & 0xffffff) << 8, 0);
  // Cache line size is writable for software's sake; the latency timer is hardwired to 0 (7.5.1.1.7, 7.5.1.1.8).
  define32(0x0c, identity.multifunction ? 0x00800000u : 0u, 0x000000ff);
  define32(0x2c, identity.subsystem_vendor | std::uint32_t{identity.subsystem} << 16, 0);
  define32(kConfigInterruptLine, std::uint32_t{identity.interrupt_pin} << 8, 0x000000ff);
}

bool PciConfigSpace::legal(unsigned offset, unsigned size) {
  return (size == 1 || size == 2 || size == 4) && offset % size == 0 && offset < kSize;
}

std::uint32_t PciConfigSpace::value(unsigned offset, unsigned size) const {
  std::uint32_t result = 0;
  for (unsigned i = 0; i < size && offset + i < kSize; ++i) {
    result |= std::uint32_t{bytes_[offset + i]} << (8 * i);
  }
  return result;
}

void PciConfigSpace::set_value(unsigned offset, unsigned size, std::uint32_t value) {
  for (unsigned i = 0; i < size && offset + i < kSize; ++i) {
    bytes_[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

void PciConfigSpace::write(unsigned offset, unsigned size, std::uint32_t value) {
  for (unsigned i = 0; i < size && offset + i < kSize; ++i) {
    const std::uint8_t mask = write_mask_[offset + i];
    const auto byte = static_cast<std::uint8_t>(value >> (8 * i));
    bytes_[offset + i] = static_cast<std::uint8_t>((bytes_[offset + i] & ~mask) | (byte & mask));
  }
}

void PciConfigSpace::define(unsigned offset, std::span<const std::uint8_t> value,
                            std::span<const std::uint8_t> write_mask) {
  for (unsigned i = 0; i < value.size() && offset + i < kSize; ++i) {
    bytes_[offset + i] = value[i];
    reset_bytes_[offset + i] = value[i];
    write_mask_[offset + i] = i < write_mask.size() ? write_mask[i] : std::uint8_t{0};
  }
}

void PciConfigSpace::define32(unsigned offset, std::uint32_t value, std::uint32_t write_mask) {
  std::array<std::uint8_t, 4> bytes;
  std::array<std::uint8_t, 4> mask;
  for (unsigned i = 0; i < 4; ++i) {
    bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
    mask[i] = static_cast<std::uint8_t>(write_mask >> (8 * i));
  }
  define(offset, bytes, mask);
}

std::uint8_t PciConfigSpace::add_capability(std::uint8_t id, std::span<const std::uint8_t> body,
                                            std::span<const std::uint8_t> write_mask) {
  const unsigned offset = next_capability_;
  if (offset + 2 + body.size() > kExtendedSpace) {
    core::log_error("pci", "capability {:#x} does not fit below 0x100", id);
    return 0;
  }
  const std::array<std::uint8_t, 2> header = {id, 0};
  define(offset, header, {});
  define(offset + 2, body, write_mask);
  const std::array<std::uint8_t, 1> link = {static_cast<std::uint8_t>(offset)};
  define(last_link_, link, {});
  last_link_ = offset + 1;
  next_capability_ = (offset + 2 + static_cast<unsigned>(body.size()) + 3) & ~3u;
  const std::array<std::uint8_t, 2> status = {kStatusCapabilities, 0};
  define(kConfigStatus, status, {});
  return static_cast<std::uint8_t>(offset);
}

void PciConfigSpace::reserve_below(unsigned end) {
  next_capability_ = std::max(next_capability_, (end + 3) & ~3u);
}

}  // namespace saffron::pci
