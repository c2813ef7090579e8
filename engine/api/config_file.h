// SPDX-License-Identifier: Apache-2.0
// machine.json on disk, and whether this host can run what it says.
#pragma once

#include <cstdint>
#include <string>

#include "engine/api/machine_config.h"
#include "engine/core/result.h"

namespace saffron::api {

inline constexpr const char* kConfigFileName = "machine.json";
/// A machine with every list full stays far below this; more is not a machine file.
inline constexpr std::uint64_t kMaxConfigFileBytes = 1 << 20;

/// Reads DIRECTORY/machine.json. Errors of the file itself (missing, unreadable, a directory, too long) have the file's
/// path as subject; errors in it, the JSON path. Any thread.
core::Result<MachineConfig> load_machine_config(const std::string& directory);

/// Validates, writes a temporary file beside machine.json (mode 0600: it may hold a ticket), syncs, renames over it and
/// syncs the directory: a reader or a power cut sees the old file or the new one. Any thread.
core::Result<void> save_machine_config(const std::string& directory, const MachineConfig& config);

/// What the host can give a machine.
struct HostLimits {
  std::uint64_t memory_mib = 0;  // All RAM of the host (or of the control group, if that is less).
  std::uint32_t cpus = 0;        // CPUs that this process may run on.
};
HostLimits host_limits();

/// kExhausted with subject "memory_mib" or "cpus" if the machine wants more than the host can give.
core::Result<void> check_host_limits(const MachineConfig& config, const HostLimits& limits);

/// Whether `path` (already resolved) can serve as a disk or CD image: there, readable (and writable if `writable`), a
/// regular file or block device, not empty, for disks whole 512-byte sectors. `subject` goes into the error.
core::Result<void> check_disk_image(const std::string& path, bool writable, const std::string& subject);
core::Result<void> check_cdrom_image(const std::string& path, const std::string& subject);
/// Every disk, CD, kernel, initrd and firmware file of the machine; subjects are JSON paths ("disks[0].path").
core::Result<void> check_machine_files(const MachineConfig& config, const std::string& directory);

}  // namespace saffron::api
