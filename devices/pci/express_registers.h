// SPDX-License-Identifier: Apache-2.0
// Offsets and values in the PCI Express capability (PCIe 4.0, 7.5.3), relative to the capability.
#pragma once

#include <cstdint>

namespace saffron::pci {

inline constexpr std::uint8_t kExpressId = 0x10;
inline constexpr unsigned kExpressBodySize = 0x3a;  // Version 2, without id and next.

inline constexpr unsigned kExpressFlags = 0x02;
inline constexpr unsigned kExpressDeviceCapabilities = 0x04;
inline constexpr unsigned kExpressDeviceControl = 0x08;
inline constexpr unsigned kExpressLinkCapabilities = 0x0c;
inline constexpr unsigned kExpressLinkControl = 0x10;
inline constexpr unsigned kExpressLinkStatus = 0x12;
inline constexpr unsigned kExpressSlotCapabilities = 0x14;
inline constexpr unsigned kExpressSlotStatus = 0x1a;
inline constexpr unsigned kExpressRootControl = 0x1c;
inline constexpr unsigned kExpressLinkCapabilities2 = 0x2c;
inline constexpr unsigned kExpressLinkControl2 = 0x30;

// Capabilities register (7.5.3.2): version, device/port type in bits 7:4, slot implemented.
inline constexpr unsigned kExpressVersion = 2;
inline constexpr unsigned kExpressEndpoint = 0;
inline constexpr unsigned kExpressRootPort = 4;
inline constexpr unsigned kExpressIntegratedEndpoint = 9;
inline constexpr unsigned kExpressSlotImplemented = 1u << 8;

inline constexpr std::uint32_t kRoleBasedErrors = 1u << 15;  // Device capabilities: required (7.5.3.3).
// Device control (7.5.3.4): relaxed ordering and no-snoop on, reads of 512 bytes. Extended tags, phantom functions and
// payloads above 128 bytes are not supported, so those bits are hardwired to 0.
inline constexpr std::uint16_t kDeviceControlReset = 0x2810;
inline constexpr std::uint16_t kDeviceControlWritable = 0x781f;

// Links (7.5.3.6, 7.5.3.8, 7.5.3.18): 16 GT/s, 16 lanes, so that drivers see no bottleneck; nothing here has one.
inline constexpr std::uint32_t kLinkSpeed16 = 4;
inline constexpr std::uint32_t kLinkWidth16 = 16u << 4;
inline constexpr std::uint32_t kLinkSpeedsTo16 = 0x1e;
inline constexpr std::uint32_t kLinkActiveReporting = 1u << 20;
inline constexpr std::uint32_t kLinkActive = 1u << 13;

inline constexpr std::uint32_t kSlotPresence = 1u << 6;  // Slot status (7.5.3.11).

}  // namespace saffron::pci
