// SPDX-License-Identifier: Apache-2.0
#include "engine/api/paths.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <vector>

namespace saffron::api {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;
using core::UniqueFd;

/// An absolute path from the environment; a relative one is to be ignored (XDG Base Directory Specification 0.8).
std::string absolute_from_environment(const char* name) {
  const char* const value = std::getenv(name);
  std::string path = value != nullptr && value[0] == '/' ? value : "";
  while (path.size() > 1 && path.ends_with('/')) {
    path.pop_back();
  }
  return path;
}

std::string home_directory() {
  std::string home = absolute_from_environment("HOME");
  if (!home.empty()) {
    return home;
  }
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return entry.pw_dir;
  }
  return {};
}

/// `variable`, or HOME/`below_home`; with "/saffron" and `suffix`.
Result<std::string> data_root(const char* variable, const char* below_home, const char* suffix) {
  std::string root = absolute_from_environment(variable);
  if (root.empty()) {
    const std::string home = home_directory();
    if (home.empty()) {
      return Error{ErrorCode::kNotFound, "There is no home directory: set HOME", variable};
    }
    root = home + below_home;
  }
  return root + "/saffron" + suffix;
}

std::string runtime_root() {
  std::string root = absolute_from_environment("XDG_RUNTIME_DIR");
  if (!root.empty()) {
    return root + "/saffron";
  }
  root = fmt::format("/run/user/{}", geteuid());
  struct stat info {};
  if (stat(root.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid()) {
    return root + "/saffron";
  }
  return fmt::format("/tmp/saffron-{}", geteuid());
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

/// Whether somebody other than us and root could swap what lies in this directory.
bool open_to_others(const struct stat& info) {
  const bool trusted_owner = info.st_uid == geteuid() || info.st_uid == 0;
  const bool shared = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (info.st_mode & S_ISVTX) == 0;
  return !trusted_owner || shared;
}

Error not_private(const std::string& path, const char* why) {
  return Error{ErrorCode::kPermissionDenied, fmt::format("The directory {} {}", path, why), path};
}

Error already_running(const MachinePaths& paths) {
  return Error{ErrorCode::kBusy, fmt::format("The machine \"{}\" is already running", paths.name), paths.name};
}

/// Empty where there is no such directory, or a file system without such locks. kBusy.
Result<UniqueFd> lock_directory(const MachinePaths& paths) {
  UniqueFd directory(open(paths.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // is_held() holds it for a moment, to ask.
  constexpr int kAttempts = 20;
  constexpr useconds_t kPauseUs = 25'000;
  for (int attempt = 0; directory && flock(directory.get(), LOCK_EX | LOCK_NB) != 0; ++attempt) {
    if (errno != EWOULDBLOCK) {
      return UniqueFd();
    }
    if (attempt == kAttempts) {
      return already_running(paths);
    }
    usleep(kPauseUs);
  }
  return directory;
}

bool directory_is_locked(const MachinePaths& paths) {
  const UniqueFd directory(open(paths.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory && flock(directory.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace

Result<BasePaths> BasePaths::from_environment() {
  BasePaths base;
  base.machines = absolute_from_environment("SAFFRON_MACHINES");
  if (base.machines.empty()) {
    base.machines = SAFFRON_TRY(data_root("XDG_DATA_HOME", "/.local/share", "/machines"));
  }
  base.runtime = absolute_from_environment("SAFFRON_RUNTIME");
  if (base.runtime.empty()) {
    base.runtime = runtime_root();
  }
  base.state = absolute_from_environment("SAFFRON_STATE");
  if (base.state.empty()) {
    base.state = SAFFRON_TRY(data_root("XDG_STATE_HOME", "/.local/state", ""));
  }
  return base;
}

MachinePaths machine_paths(const BasePaths& base, std::string_view name) {
  return machine_paths_in(base, name, fmt::format("{}/{}", base.machines, name),
                          fmt::format("{}/{}", base.runtime, name));
}

MachinePaths machine_paths_in(const BasePaths& base, std::string_view name, const std::string& directory,
                              const std::string& runtime) {
  MachinePaths paths;
  paths.name = name;
  paths.directory = directory;
  paths.runtime = runtime;
  paths.control_socket = runtime + "/control.sock";
  paths.spice_socket = runtime + "/spice.sock";
  paths.serial_socket = runtime + "/serial.sock";
  paths.lock_file = runtime + "/lock";
  paths.log_file = fmt::format("{}/{}.log", base.state, name);
  paths.serial_log = fmt::format("{}/{}.serial.log", base.state, name);
  return paths;
}

Result<void> make_private_directory(const std::string& path) {
  for (std::size_t at = 1; at <= path.size(); ++at) {
    at = std::min(path.find('/', at), path.size());
    const std::string part = path.substr(0, at);
    struct stat info {};
    // Look first: mkdir of something that exists may fail with EROFS or EACCES instead of EEXIST.
    if (stat(part.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
      continue;
    }
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      return Error::from_errno(errno, fmt::format("Cannot make the directory {}", part), part);
    }
  }
  struct stat info {};
  if (stat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return Error{ErrorCode::kAlreadyExists, fmt::format("{} is in the way of a directory", path), path};
  }
  return {};
}

Result<void> prepare_runtime_directory(const std::string& path) {
  SAFFRON_TRY(make_private_directory(path));
  UniqueFd directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) {
    return errno == ELOOP || errno == ENOTDIR ? not_private(path, "is a symbolic link")
                                              : Error::from_errno(errno, "Cannot open the runtime directory", path);
  }
  struct stat info {};
  struct stat parent {};
  if (fstat(directory.get(), &info) != 0 || stat(parent_of(path).c_str(), &parent) != 0) {
    return Error::from_errno(errno, "Cannot look at the runtime directory", path);
  }
  if (info.st_uid != geteuid()) {
    return not_private(path, "belongs to another user");
  }
  if (open_to_others(info)) {
    return not_private(path, "can be written by other users");
  }
  if (open_to_others(parent)) {
    return not_private(parent_of(path), "can be written by other users");
  }
  // Ours, but readable by others: a user's own mkdir under a usual umask. Close it.
  if ((info.st_mode & 077) != 0 && fchmod(directory.get(), 0700) != 0) {
    return Error::from_errno(errno, "Cannot close the runtime directory to other users", path);
  }
  return {};
}

Result<MachineLock> MachineLock::acquire(const MachinePaths& paths) {
  // Another engine's orderly end may remove the directory or the file between our steps; then begin again. More than a
  // few times in a row is no coincidence.
  constexpr int kAttempts = 16;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    SAFFRON_TRY(prepare_runtime_directory(paths.runtime));
    UniqueFd file(open(paths.lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) {
      if (errno == ENOENT) {
        continue;
      }
      return Error::from_errno(errno, "Cannot open the machine's lock", paths.lock_file);
    }
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (fcntl(file.get(), F_OFD_SETLK, &lock) != 0) {
      if (errno == EAGAIN || errno == EACCES) {
        return already_running(paths);
      }
      return Error::from_errno(errno, "Cannot lock the machine", paths.lock_file);
    }
    struct stat locked {};
    struct stat named {};
    if (fstat(file.get(), &locked) == 0 && stat(paths.lock_file.c_str(), &named) == 0 &&
        locked.st_ino == named.st_ino && locked.st_dev == named.st_dev) {
      MachineLock held(std::move(file), paths.lock_file);
      held.directory_ = SAFFRON_TRY(lock_directory(paths));
      return held;
    }
  }
  return Error{ErrorCode::kBusy, "The machine's lock changes all the time", paths.lock_file};
}

MachineLock::~MachineLock() {
  if (fd_) {
    // Still locked: nobody else can hold a file of this name, so the one that goes is ours.
    unlink(path_.c_str());
    rmdir(parent_of(path_).c_str());
  }
}

bool MachineLock::is_held(const MachinePaths& paths) {
  if (directory_is_locked(paths)) {
    return true;
  }
  UniqueFd file(open(paths.lock_file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!file) {
    return false;
  }
  // Only asks: taking the lock for a moment could make an engine that starts just now fail.
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return fcntl(file.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

std::string program_directory() {
  std::vector<char> buffer(4096);
  const ssize_t length = readlink("/proc/self/exe", buffer.data(), buffer.size());
  if (length <= 0 || static_cast<std::size_t>(length) >= buffer.size()) {
    return {};
  }
  return parent_of(std::string(buffer.data(), static_cast<std::size_t>(length)));
}

}  // namespace saffron::api
