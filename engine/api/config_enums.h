// SPDX-License-Identifier: Apache-2.0
// The choices of machine.json, with their names in the file.
#pragma once

#include "engine/api/enum_names.h"

namespace saffron::api {

enum class FirmwareKind { kBios };
enum class BootDevice { kDisk, kCdrom, kNetwork };
enum class DiskBus { kVirtio, kSata };
enum class NetworkMode { kUser, kNone };
enum class ForwardProtocol { kTcp, kUdp };
enum class DisplayDevice { kVga, kNone };
enum class KeyboardKind { kPs2, kVirtio };
/// What the engine does when the guest reports a panic (pvpanic).
enum class PanicAction { kPause, kReset, kStop };

template <>
struct EnumNames<FirmwareKind> {
  static constexpr std::array<std::string_view, 1> kNames{"bios"};
};
template <>
struct EnumNames<BootDevice> {
  static constexpr std::array<std::string_view, 3> kNames{"disk", "cdrom", "network"};
};
template <>
struct EnumNames<DiskBus> {
  static constexpr std::array<std::string_view, 2> kNames{"virtio", "sata"};
};
template <>
struct EnumNames<NetworkMode> {
  static constexpr std::array<std::string_view, 2> kNames{"user", "none"};
};
template <>
struct EnumNames<ForwardProtocol> {
  static constexpr std::array<std::string_view, 2> kNames{"tcp", "udp"};
};
template <>
struct EnumNames<DisplayDevice> {
  static constexpr std::array<std::string_view, 2> kNames{"vga", "none"};
};
template <>
struct EnumNames<KeyboardKind> {
  static constexpr std::array<std::string_view, 2> kNames{"ps2", "virtio"};
};
template <>
struct EnumNames<PanicAction> {
  static constexpr std::array<std::string_view, 3> kNames{"pause", "reset", "stop"};
};

}  // namespace saffron::api
