// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: the names, limits and meanings of machine.json's fields, each once, in the file's order.
#pragma once

#include "engine/api/device_config_fields.h"
#include "engine/api/json_fields.h"
#include "engine/api/machine_config.h"

namespace saffron::api {

/// The file as a whole: the format number comes first, so that a later format is told apart from a broken file.
struct MachineFile {
  std::int64_t format = MachineConfig::kFormat;
  MachineConfig config;
};

// The limits' reasons: 254 is the last xAPIC id a CPU can have beside the broadcast id; 16 TiB is what the 44 bits of
// guest-physical addresses of the smallest hosts hold; 6 is the AHCI controller's ports; lists are bounded by PCI
// slots.
inline constexpr std::int64_t kMaxMemoryMib = std::int64_t{16} << 20;
inline constexpr std::size_t kSataPorts = 6;

template <typename Visitor>
void describe(Visitor& field, FirmwareConfig& firmware) {
  field("kind", firmware.kind, {.help = "Which firmware starts the machine"});
  field("path", firmware.path,
        {.minimum = 1,
         .maximum = kMaxPathBytes,
         .help = "A firmware image instead of the system's",
         .check = check_absolute_path});
}

template <typename Visitor>
void describe(Visitor& field, BootConfig& boot) {
  field("order", boot.order, {.maximum = 3, .help = "What the firmware tries, in order; network has no effect yet"});
  field("menu", boot.menu, {.help = "Let the firmware offer its boot menu for a few seconds"});
  field("kernel", boot.kernel,
        {.minimum = 1,
         .maximum = kMaxPathBytes,
         .help = "A Linux kernel to start directly, without the boot order",
         .check = check_path});
  field("initrd", boot.initrd,
        {.minimum = 1, .maximum = kMaxPathBytes, .help = "The kernel's initial RAM disk", .check = check_path});
  // 2048 is COMMAND_LINE_SIZE of x86 Linux, with its terminating zero.
  field("command_line", boot.command_line,
        {.maximum = 2047, .help = "The kernel's command line", .check = check_one_line});
}

template <typename Visitor>
void describe(Visitor& field, MachineFile& file) {
  MachineConfig& config = file.config;
  field("format", file.format,
        {.required = true,
         .minimum = MachineConfig::kFormat,
         .maximum = MachineConfig::kFormat,
         .help = "The version of this file's format"});
  field("name", config.name,
        {.required = true, .minimum = 1, .help = "The machine's name", .check = check_machine_name});
  field("uuid", config.uuid,
        {.required = true, .minimum = 1, .help = "The machine's identity, for the guest", .check = check_uuid});
  field("memory_mib", config.memory_mib,
        {.required = true, .minimum = 16, .maximum = kMaxMemoryMib, .unit = "MiB", .help = "The machine's RAM"});
  field("cpus", config.cpus, {.required = true, .minimum = 1, .maximum = 254, .help = "The number of CPUs"});
  field("firmware", config.firmware, {.help = "What starts the machine"});
  field("boot", config.boot, {.help = "What the machine starts from"});
  field("disks", config.disks, {.maximum = 16, .help = "The hard disks"});
  field("cdroms", config.cdroms, {.maximum = kSataPorts, .help = "The CD-ROM drives"});
  field("networks", config.networks, {.maximum = 8, .help = "The network cards"});
  field("display", config.display, {.help = "The screen"});
  field("input", config.input, {.help = "Keyboard and pointer"});
  field("serial", config.serial, {.help = "The serial port"});
  field("rng", config.rng, {.help = "Give the guest random numbers of the host"});
  field("panic_action", config.panic_action, {.help = "What happens when the guest's kernel panics"});
}

}  // namespace saffron::api
