// SPDX-License-Identifier: Apache-2.0
// Registers and memory structures of the Serial ATA Advanced Host Controller Interface, revision 1.3.1.
#pragma once

#include <array>
#include <cstdint>

namespace saffron::storage::ahci {

// 3.1: generic host control.
inline constexpr std::uint32_t kRegCapabilities = 0x00;
inline constexpr std::uint32_t kRegControl = 0x04;
inline constexpr std::uint32_t kRegInterruptStatus = 0x08;
inline constexpr std::uint32_t kRegPortsImplemented = 0x0c;
inline constexpr std::uint32_t kRegVersion = 0x10;
inline constexpr std::uint32_t kPortsBase = 0x100;
inline constexpr std::uint32_t kPortSize = 0x80;

inline constexpr std::uint32_t kControlReset = 1u << 0;
inline constexpr std::uint32_t kControlInterruptEnable = 1u << 1;
inline constexpr std::uint32_t kControlAhciEnable = 1u << 31;

// 3.1.1 CAP: 64-bit addresses, native command queuing, command list override, AHCI only, 6 Gbit/s, 32 slots.
inline constexpr std::uint32_t kCapabilities =
    (1u << 31) | (1u << 30) | (1u << 24) | (3u << 20) | (1u << 18) | (31u << 8);
inline constexpr std::uint32_t kVersion = 0x00010301;

// 3.3: port registers.
enum PortRegister : std::uint32_t {
  kPxClb = 0x00,
  kPxClbu = 0x04,
  kPxFb = 0x08,
  kPxFbu = 0x0c,
  kPxIs = 0x10,
  kPxIe = 0x14,
  kPxCmd = 0x18,
  kPxTfd = 0x20,
  kPxSig = 0x24,
  kPxSsts = 0x28,
  kPxSctl = 0x2c,
  kPxSerr = 0x30,
  kPxSact = 0x34,
  kPxCi = 0x38,
};

// 3.3.5 PxIS.
inline constexpr std::uint32_t kIsDeviceToHost = 1u << 0;
inline constexpr std::uint32_t kIsPioSetup = 1u << 1;
inline constexpr std::uint32_t kIsSetDeviceBits = 1u << 3;
inline constexpr std::uint32_t kIsDescriptorProcessed = 1u << 5;
inline constexpr std::uint32_t kIsPortConnectChange = 1u << 6;  // Mirrors PxSERR.DIAG.X.
inline constexpr std::uint32_t kIsPhyReadyChange = 1u << 22;    // Mirrors PxSERR.DIAG.N.
inline constexpr std::uint32_t kIsOverflow = 1u << 24;
inline constexpr std::uint32_t kIsInterfaceFatal = 1u << 27;
inline constexpr std::uint32_t kIsHostBusFatal = 1u << 29;
inline constexpr std::uint32_t kIsTaskFileError = 1u << 30;
inline constexpr std::uint32_t kIeWritable = 0xfdc000ff;

// 3.3.7 PxCMD.
inline constexpr std::uint32_t kCmdStart = 1u << 0;
inline constexpr std::uint32_t kCmdSpinUp = 1u << 1;
inline constexpr std::uint32_t kCmdPowerOn = 1u << 2;
inline constexpr std::uint32_t kCmdListOverride = 1u << 3;
inline constexpr std::uint32_t kCmdFisReceive = 1u << 4;
inline constexpr std::uint32_t kCmdFisRunning = 1u << 14;
inline constexpr std::uint32_t kCmdListRunning = 1u << 15;
inline constexpr std::uint32_t kCmdAtapi = 1u << 24;
inline constexpr std::uint32_t kCmdDriveLed = 1u << 25;
inline constexpr std::uint32_t kCmdWritable = kCmdStart | kCmdFisReceive | kCmdAtapi | kCmdDriveLed;

// 3.3.10 PxSSTS: device present and communicating, generation 3, active.
inline constexpr std::uint32_t kSstsLinkUp = 0x133;
inline constexpr std::uint32_t kSstsOffline = 0x4;
inline constexpr std::uint32_t kSctlWritable = 0x00000fff;
// 3.3.12 PxSERR.
inline constexpr std::uint32_t kSerrPhyReadyChange = 1u << 16;
inline constexpr std::uint32_t kSerrExchanged = 1u << 26;

// 4.2.1: received FIS area.
inline constexpr std::uint64_t kFisPioSetup = 0x20;
inline constexpr std::uint64_t kFisRegister = 0x40;
inline constexpr std::uint64_t kFisSetDeviceBits = 0x58;

/// 4.2.2: command header.
struct CommandHeader {
  std::uint16_t flags;
  std::uint16_t descriptor_count;
  std::uint32_t byte_count;
  std::uint64_t table;
  std::array<std::uint32_t, 4> reserved;
};
static_assert(sizeof(CommandHeader) == 32);
inline constexpr std::uint16_t kHeaderAtapi = 1u << 5;
inline constexpr std::uint16_t kHeaderClearBusy = 1u << 10;
inline constexpr std::uint64_t kTablePacket = 0x40;
inline constexpr std::uint64_t kTableDescriptors = 0x80;

// Frame information structures (Serial ATA 3.1, 10.5).
inline constexpr std::uint8_t kFisTypeHostToDevice = 0x27;
inline constexpr std::uint8_t kFisTypeDeviceToHost = 0x34;
inline constexpr std::uint8_t kFisTypePioSetup = 0x5f;
inline constexpr std::uint8_t kFisTypeSetDeviceBits = 0xa1;
inline constexpr std::uint8_t kFisCommandBit = 0x80;
inline constexpr std::uint8_t kFisInterruptBit = 0x40;
inline constexpr std::uint8_t kFisDirectionIn = 0x20;
inline constexpr std::uint8_t kControlSoftReset = 0x04;

}  // namespace saffron::storage::ahci
