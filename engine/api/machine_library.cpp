// SPDX-License-Identifier: Apache-2.0
#include "engine/api/machine_library.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace saffron::api {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorCode;
using core::Result;
using core::UniqueFd;

constexpr const char* kNewDiskFile = "disk.raw";

/// Removes a directory that we are making, unless it was finished.
class Scaffold {
 public:
  explicit Scaffold(std::string path) : path_(std::move(path)) {}
  ~Scaffold() {
    if (!path_.empty()) {
      std::error_code ignored;
      fs::remove_all(path_, ignored);
    }
  }
  Scaffold(const Scaffold&) = delete;
  Scaffold& operator=(const Scaffold&) = delete;
  void keep() { path_.clear(); }

 private:
  std::string path_;
};

/// Renames without replacing: two creators of one name cannot both win.
Result<void> rename_new(const std::string& from, const std::string& to, const std::string& name) {
  if (syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), 1 /* RENAME_NOREPLACE */) == 0) {
    return {};
  }
  if (errno == EINVAL || errno == ENOSYS) {
    // A file system without that flag: rename still never replaces a directory with anything in it.
    struct stat info {};
    if (lstat(to.c_str(), &info) != 0 && rename(from.c_str(), to.c_str()) == 0) {
      return {};
    }
    errno = EEXIST;
  }
  if (errno == EEXIST || errno == ENOTEMPTY) {
    return Error{ErrorCode::kAlreadyExists, fmt::format("There is already a machine \"{}\"", name), "name"};
  }
  return Error::from_errno(errno, "Cannot put the machine in its place", to);
}

Error not_found(std::string_view name) {
  return Error{ErrorCode::kNotFound, fmt::format("There is no machine \"{}\"", name), std::string(name)};
}

Error running_error(std::string_view name) {
  return Error{ErrorCode::kBusy, fmt::format("The machine \"{}\" is running", name), std::string(name)};
}

bool is_directory(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

void sync_directory(const std::string& path) {
  UniqueFd directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) {
    fsync(directory.get());
  }
}

Result<void> add_new_disk(MachineConfig& config, const std::string& directory, std::uint64_t bytes) {
  const std::string subject = "new_disk";
  SAFFRON_TRY(create_disk_image(fmt::format("{}/{}", directory, kNewDiskFile), bytes, subject));
  DiskConfig disk;
  disk.id = "disk0";
  disk.path = kNewDiskFile;
  config.disks.insert(config.disks.begin(), disk);
  return {};
}

}  // namespace

Result<void> create_disk_image(const std::string& path, std::uint64_t bytes, const std::string& subject) {
  if (bytes < kMinDiskBytes || bytes > kMaxDiskBytes) {
    return Error{ErrorCode::kOutOfRange, "A disk has at least 1 MiB and at most 64 TiB", subject};
  }
  if (bytes % 512 != 0) {
    return Error{ErrorCode::kInvalidArgument, "A disk's size is a multiple of 512 bytes", subject};
  }
  UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) {
    return Error::from_errno(errno, fmt::format("Cannot make the disk image {}", path), subject);
  }
  if (ftruncate(file.get(), static_cast<off_t>(bytes)) != 0 || fsync(file.get()) != 0) {
    const int error = errno;
    unlink(path.c_str());
    return Error::from_errno(error, fmt::format("Cannot make a disk image of {} bytes", bytes), subject);
  }
  return {};
}

Result<MachineLibrary> MachineLibrary::open_default() {
  return MachineLibrary(SAFFRON_TRY(BasePaths::from_environment()));
}

Result<std::vector<MachineEntry>> MachineLibrary::list() const {
  std::vector<MachineEntry> entries;
  std::error_code error;
  fs::directory_iterator directory(base_.machines, error);
  if (error) {
    if (error == std::errc::no_such_file_or_directory) {
      return entries;
    }
    return Error::from_errno(error.value(), "Cannot read the library of machines", base_.machines);
  }
  for (const fs::directory_iterator end; directory != end; directory.increment(error)) {
    const std::string name = directory->path().filename().string();
    // Leading dots: machines in the making or in removal. Plain files are nobody's machine.
    if (!name.starts_with('.') && is_directory(directory->path().string())) {
      entries.push_back(read_entry(name));
    }
    if (error) {
      break;
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const MachineEntry& a, const MachineEntry& b) { return a.paths.name < b.paths.name; });
  return entries;
}

MachineEntry MachineLibrary::read_entry(const std::string& name) const {
  MachineEntry entry;
  entry.paths = paths(name);
  auto named = check_machine_name(name);
  if (!named.ok()) {
    entry.problem = std::move(named).error();
    return entry;
  }
  auto config = load_machine_config(entry.paths.directory);
  if (!config.ok()) {
    entry.problem = std::move(config).error();
  } else if (config->name != name) {
    entry.problem =
        Error{ErrorCode::kInvalidArgument,
              fmt::format("The machine file says \"{}\", but the directory is \"{}\"", config->name, name), "name"};
  } else {
    entry.config = *std::move(config);
  }
  entry.running = running(name);
  return entry;
}

Result<MachineEntry> MachineLibrary::find(std::string_view name) const {
  SAFFRON_TRY(check_machine_name(name));
  if (!is_directory(paths(name).directory)) {
    return not_found(name);
  }
  return read_entry(std::string(name));
}

Result<MachineConfig> MachineLibrary::load(std::string_view name) const {
  MachineEntry entry = SAFFRON_TRY(find(name));
  if (entry.problem) {
    return *std::move(entry.problem);
  }
  return *std::move(entry.config);
}

bool MachineLibrary::running(std::string_view name) const {
  const MachinePaths machine = paths(name);
  return MachineLock::is_held(machine) || connect_unix(machine.control_socket).ok();
}

Result<MachineConfig> MachineLibrary::create(MachineConfig config, const CreateOptions& options,
                                             const HostLimits& limits) const {
  SAFFRON_TRY(check_machine_name(config.name));
  if (config.uuid.empty()) {
    config.uuid = random_uuid();
  }
  SAFFRON_TRY(validate_machine_config(config));
  SAFFRON_TRY(check_host_limits(config, limits));
  const std::string directory = paths(config.name).directory;
  struct stat info {};
  if (lstat(directory.c_str(), &info) == 0) {
    return Error{ErrorCode::kAlreadyExists, fmt::format("There is already a machine \"{}\"", config.name), "name"};
  }
  SAFFRON_TRY(make_private_directory(base_.machines));
  const std::string building = fmt::format("{}/.new-{}", base_.machines, random_uuid());
  Scaffold scaffold(building);
  SAFFRON_TRY(make_private_directory(building));
  if (options.new_disk_bytes) {
    SAFFRON_TRY(add_new_disk(config, building, *options.new_disk_bytes));
  }
  SAFFRON_TRY(save_machine_config(building, config));
  SAFFRON_TRY(check_machine_files(config, building));
  SAFFRON_TRY(rename_new(building, directory, config.name));
  scaffold.keep();
  sync_directory(base_.machines);
  return config;
}

Result<void> MachineLibrary::update(const MachineConfig& config, const HostLimits& limits) const {
  SAFFRON_TRY(validate_machine_config(config));
  const std::string directory = paths(config.name).directory;
  if (!is_directory(directory)) {
    return not_found(config.name);
  }
  SAFFRON_TRY(check_host_limits(config, limits));
  return save_machine_config(directory, config);
}

Result<void> MachineLibrary::rename(std::string_view old_name, std::string_view new_name) const {
  SAFFRON_TRY(check_machine_name(new_name));
  MachineConfig config = SAFFRON_TRY(load(old_name));
  if (running(old_name)) {
    return running_error(old_name);
  }
  if (old_name == new_name) {
    return {};
  }
  const std::string from = paths(old_name).directory;
  const std::string to = paths(new_name).directory;
  config.name = new_name;
  SAFFRON_TRY(rename_new(from, to, config.name));
  auto saved = save_machine_config(to, config);
  if (!saved.ok()) {
    (void)rename_new(to, from, std::string(old_name));
    return saved;
  }
  for (std::string MachinePaths::*log : {&MachinePaths::log_file, &MachinePaths::serial_log}) {
    // A machine that never ran has none.
    ::rename((paths(old_name).*log).c_str(), (paths(new_name).*log).c_str());
  }
  sync_directory(base_.machines);
  return {};
}

Result<void> MachineLibrary::remove(std::string_view name) const {
  SAFFRON_TRY(check_machine_name(name));
  const MachinePaths machine = paths(name);
  if (!is_directory(machine.directory)) {
    return not_found(name);
  }
  if (running(name)) {
    return running_error(name);
  }
  // Out of sight first: a removal that is cut off leaves no half machine in the list.
  const std::string condemned = fmt::format("{}/.deleted-{}", base_.machines, random_uuid());
  if (::rename(machine.directory.c_str(), condemned.c_str()) != 0) {
    return Error::from_errno(errno, "Cannot remove the machine", machine.directory);
  }
  std::error_code error;
  // Does not follow symbolic links: only the links go.
  fs::remove_all(condemned, error);
  unlink(machine.log_file.c_str());
  unlink(machine.serial_log.c_str());
  fs::remove_all(machine.runtime, error);
  return {};
}

}  // namespace saffron::api
