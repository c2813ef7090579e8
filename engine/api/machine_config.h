// SPDX-License-Identifier: Apache-2.0
// MachineConfig: what machine.json says. Each default stands at its member and nowhere else; each field's name and
// limits stand once, in machine_config_fields.h. docs/machine-file.md explains the file to people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/config_enums.h"
#include "engine/core/result.h"

namespace saffron::api {

struct FirmwareConfig {
  FirmwareKind kind = FirmwareKind::kBios;
  std::optional<std::string> path;  // Absolute; overrides the system's bios-256k.bin.
  bool operator==(const FirmwareConfig&) const = default;
};

/// With `kernel`, the machine boots it directly (bzImage or PVH) again after each reset, and `order` plays no part.
/// Paths here and in disks and cdroms are absolute, or relative to the machine's directory: see resolve_path().
struct BootConfig {
  std::vector<BootDevice> order{BootDevice::kDisk, BootDevice::kCdrom};  // Each at most once.
  bool menu = false;
  std::optional<std::string> kernel;
  std::optional<std::string> initrd;  // Only with kernel.
  std::string command_line;           // Only with kernel.
  bool operator==(const BootConfig&) const = default;
};

struct DiskConfig {
  std::string id;    // Unique among disks, cdroms and networks: a-z, 0-9, '-' and '_', at most 32.
  std::string path;  // A raw image or a block device.
  DiskBus bus = DiskBus::kVirtio;
  bool read_only = false;
  bool discard = true;       // Guest discards punch holes.
  std::uint32_t queues = 1;  // virtio only.
  std::string serial;        // What the guest sees, at most 20 printable ASCII characters; empty: the id.
  bool operator==(const DiskConfig&) const = default;
};

struct CdromConfig {
  std::string id;
  std::optional<std::string> path;  // Empty optional: no medium.
  bool operator==(const CdromConfig&) const = default;
};

struct ForwardConfig {
  ForwardProtocol protocol = ForwardProtocol::kTcp;
  std::string host_address = "127.0.0.1";
  std::uint32_t host_port = 0;
  std::uint32_t guest_port = 0;
  bool operator==(const ForwardConfig&) const = default;
};

struct NetworkConfig {
  std::string id;
  NetworkMode mode = NetworkMode::kUser;
  std::optional<std::string> mac;  // "52:54:00:12:34:56", unicast; empty optional: see effective_mac().
  std::vector<ForwardConfig> forwards;
  bool operator==(const NetworkConfig&) const = default;
};

struct SpiceTcpConfig {
  std::string address = "127.0.0.1";  // Numeric IPv4 or IPv6.
  std::uint32_t port = 5930;
  bool operator==(const SpiceTcpConfig&) const = default;
};

struct SpiceConfig {
  std::optional<SpiceTcpConfig> tcp;  // The Unix socket is always there.
  std::optional<std::string> ticket;  // Required when tcp listens beyond loopback. At most 60 printable ASCII.
  bool operator==(const SpiceConfig&) const = default;
};

struct DisplayConfig {
  DisplayDevice device = DisplayDevice::kVga;
  std::uint32_t video_memory_mib = 32;  // A power of two: it is a PCI BAR. 3840x2160x4 needs 32.
  std::uint32_t width = 1280;           // What the guest is told to prefer, pixels.
  std::uint32_t height = 800;
  SpiceConfig spice;
  bool operator==(const DisplayConfig&) const = default;
};

struct InputConfig {
  KeyboardKind keyboard = KeyboardKind::kPs2;  // PS/2 is always there, for firmware; kVirtio adds a virtio keyboard.
  bool tablet = true;
  bool operator==(const InputConfig&) const = default;
};

struct SerialConfig {
  bool log = true;  // The first serial port's output also goes to the machine's serial log.
  bool operator==(const SerialConfig&) const = default;
};

struct MachineConfig {
  static constexpr std::int64_t kFormat = 1;
  std::string name;  // Also the directory's name; see check_machine_name().
  std::string uuid;  // Lower-case 8-4-4-4-12.
  std::uint64_t memory_mib = 2048;
  std::uint32_t cpus = 2;
  FirmwareConfig firmware;
  BootConfig boot;
  std::vector<DiskConfig> disks;
  std::vector<CdromConfig> cdroms;
  std::vector<NetworkConfig> networks;
  DisplayConfig display;
  InputConfig input;
  SerialConfig serial;
  bool rng = true;
  PanicAction panic_action = PanicAction::kPause;
  bool operator==(const MachineConfig&) const = default;
};

/// All functions below: any thread. An error's subject is the JSON path of the field ("disks[0].path"), or empty if
/// the text as a whole is wrong (not JSON, nested too deep, too long).
core::Result<MachineConfig> parse_machine_config(std::string_view json);
/// Pretty, stable order, all fields, ends with a newline. parse(serialize(c)) == c for any c that validates.
std::string serialize_machine_config(const MachineConfig& config);
/// Everything that parse checks, for a config made in memory.
core::Result<void> validate_machine_config(const MachineConfig& config);

/// At most 64 bytes of UTF-8, not empty, no slash, no control character, no leading dot, no space at either end.
core::Result<void> check_machine_name(std::string_view name);
/// A random (version 4) UUID.
std::string random_uuid();
/// The MAC of a network: its own, or one derived from the machine's UUID and the network's id, always the same.
std::string effective_mac(const MachineConfig& config, const NetworkConfig& network);
/// `path` if it is absolute, else `directory` + "/" + `path`.
std::string resolve_path(std::string_view directory, std::string_view path);

}  // namespace saffron::api
