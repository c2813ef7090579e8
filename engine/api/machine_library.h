// SPDX-License-Identifier: Apache-2.0
// MachineLibrary: the user's machines on disk. Each call looks afresh; there is no cache and no daemon.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/config_file.h"
#include "engine/api/machine_config.h"
#include "engine/api/paths.h"
#include "engine/core/result.h"

namespace saffron::api {

/// One row of the library. A machine whose file is broken has no config, but says what is wrong.
struct MachineEntry {
  MachinePaths paths;  // paths.name is the directory's name.
  std::optional<MachineConfig> config;
  std::optional<core::Error> problem;
  bool running = false;  // An engine holds it (it may still be starting).
};

/// What create() makes besides machine.json.
struct CreateOptions {
  /// If set: a new sparse image "disk.raw" of this size in the machine's directory, added as the first disk ("disk0").
  std::optional<std::uint64_t> new_disk_bytes;
};
inline constexpr std::uint64_t kMinDiskBytes = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kMaxDiskBytes = std::uint64_t{64} << 40;

/// Any thread; calls block on the file system, shortly. Errors carry the field, file or machine as subject.
class MachineLibrary {
 public:
  explicit MachineLibrary(BasePaths base) : base_(std::move(base)) {}
  static core::Result<MachineLibrary> open_default();

  const BasePaths& base() const { return base_; }
  MachinePaths paths(std::string_view name) const { return machine_paths(base_, name); }

  /// Sorted by name. An empty or missing library is an empty list.
  core::Result<std::vector<MachineEntry>> list() const;
  /// kNotFound if there is no such machine; a broken one is an entry with a problem.
  core::Result<MachineEntry> find(std::string_view name) const;
  /// The config; a broken machine's problem as the error.
  core::Result<MachineConfig> load(std::string_view name) const;
  bool running(std::string_view name) const;

  /// All or nothing: the directory appears complete under its name, or not at all. An empty uuid is filled in.
  /// Checks the name, the config, its files and the host's limits. kAlreadyExists if the name is taken.
  core::Result<MachineConfig> create(MachineConfig config, const CreateOptions& options,
                                     const HostLimits& limits) const;
  /// Replaces the settings; they hold from the next start. The name must be the machine's own.
  core::Result<void> update(const MachineConfig& config, const HostLimits& limits) const;
  /// kBusy while it runs; kAlreadyExists.
  core::Result<void> rename(std::string_view old_name, std::string_view new_name) const;
  /// Removes the machine's directory with the images in it, and its logs. Images elsewhere stay. kBusy while it runs.
  core::Result<void> remove(std::string_view name) const;

 private:
  MachineEntry read_entry(const std::string& name) const;
  BasePaths base_;
};

/// A new raw image of `bytes` (a multiple of 512 between the limits above), sparse. kAlreadyExists, kExhausted, kIo.
core::Result<void> create_disk_image(const std::string& path, std::uint64_t bytes, const std::string& subject);

}  // namespace saffron::api
