// SPDX-License-Identifier: Apache-2.0
// PciConfigSpace: the 4096 bytes of a function's configuration space, and which of their bits a guest may write
// (PCI 3.0, 6.1 and 6.7; PCIe 4.0, 7.5).
// Models: a type 0 header, the capability list, read-only and read-write bits, the values after reset. Type 1 headers
// are made by overwriting (see PcieRootPort). Missing: write-one-to-clear bits (no device here ever sets one), the
// power management capability.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace saffron::pci {

struct PciIdentity;

// Registers of the header (PCI 3.0, 6.1).
inline constexpr unsigned kConfigCommand = 0x04;
inline constexpr unsigned kConfigStatus = 0x06;
inline constexpr unsigned kConfigHeaderType = 0x0e;
inline constexpr unsigned kConfigBar0 = 0x10;
inline constexpr unsigned kConfigRom = 0x30;
inline constexpr unsigned kConfigCapabilities = 0x34;
inline constexpr unsigned kConfigInterruptLine = 0x3c;

// Command register (6.2.2).
inline constexpr std::uint16_t kCommandIo = 1u << 0;
inline constexpr std::uint16_t kCommandMemory = 1u << 1;
inline constexpr std::uint16_t kCommandBusMaster = 1u << 2;
inline constexpr std::uint16_t kCommandParityResponse = 1u << 6;
inline constexpr std::uint16_t kCommandSerr = 1u << 8;
inline constexpr std::uint16_t kCommandInterruptDisable = 1u << 10;

// Status register (6.2.3).
inline constexpr std::uint16_t kStatusInterrupt = 1u << 3;
inline constexpr std::uint16_t kStatusCapabilities = 1u << 4;

/// No lock of its own: the device that owns it locks.
class PciConfigSpace {
 public:
  static constexpr unsigned kSize = 4096;
  static constexpr unsigned kFirstCapability = 0x40;
  static constexpr unsigned kExtendedSpace = 0x100;

  explicit PciConfigSpace(const PciIdentity& identity);

  /// Whether a cycle is one that hardware can make: 1, 2 or 4 bytes, naturally aligned, inside the space.
  static bool legal(unsigned offset, unsigned size);

  /// Little-endian value of `size` bytes, whatever a guest may do with them. `legal` cycles only.
  std::uint32_t value(unsigned offset, unsigned size) const;
  void set_value(unsigned offset, unsigned size, std::uint32_t value);
  /// A guest's write: changes the writable bits only.
  void write(unsigned offset, unsigned size, std::uint32_t value);

  /// Sets bytes and what the guest may write there, now and after each reset. An empty mask is read only.
  /// What lies outside the space is cut off.
  void define(unsigned offset, std::span<const std::uint8_t> value, std::span<const std::uint8_t> write_mask);
  void define32(unsigned offset, std::uint32_t value, std::uint32_t write_mask);

  /// Appends to the capability list; returns the offset, or 0 when there is no room below 0x100 (our defect; logged).
  std::uint8_t add_capability(std::uint8_t id, std::span<const std::uint8_t> body,
                              std::span<const std::uint8_t> write_mask);
  /// Keeps add_capability out of [0x40, end): chipset registers live there.
  void reserve_below(unsigned end);

  void reset() { bytes_ = reset_bytes_; }

 private:
  std::array<std::uint8_t, kSize> bytes_{};
  std::array<std::uint8_t, kSize> reset_bytes_{};
  std::array<std::uint8_t, kSize> write_mask_{};
  unsigned next_capability_ = kFirstCapability;
  unsigned last_link_ = kConfigCapabilities;  // Where the offset of the next capability is to be written.
};

}  // namespace saffron::pci
