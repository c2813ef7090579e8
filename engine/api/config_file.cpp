// SPDX-License-Identifier: Apache-2.0
#include "engine/api/config_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "engine/core/image_format.h"
#include "engine/core/unique_fd.h"

namespace saffron::api {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;
using core::UniqueFd;

Result<std::string> read_all(int fd, const std::string& path) {
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t count = read(fd, buffer, sizeof(buffer));
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      return Error::from_errno(errno, "Cannot read the machine file", path);
    }
    if (count == 0) {
      return text;
    }
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > kMaxConfigFileBytes) {
      return Error{ErrorCode::kOutOfRange, "The machine file is too long to be one", path};
    }
  }
}

Result<void> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      return Error::from_errno(errno, "Cannot write the machine file", path);
    }
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> write_and_sync(const std::string& temporary, std::string_view text) {
  UniqueFd file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) {
    return Error::from_errno(errno, "Cannot write the machine file", temporary);
  }
  SAFFRON_TRY(write_all(file.get(), text, temporary));
  if (fsync(file.get()) != 0) {
    return Error::from_errno(errno, "Cannot write the machine file", temporary);
  }
  return {};
}

/// The number in a file that holds one, such as memory.max of a control group ("max" is no number).
std::optional<std::uint64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  std::uint64_t number = 0;
  if (!(file >> word) || std::from_chars(word.data(), word.data() + word.size(), number).ec != std::errc()) {
    return std::nullopt;
  }
  return number;
}

/// The least memory.max of this process's control group (version 2) and those around it.
std::optional<std::uint64_t> control_group_bytes() {
  std::ifstream groups("/proc/self/cgroup");
  std::optional<std::uint64_t> least;
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::/")) {
      continue;
    }
    for (std::string group = line.substr(3); !group.empty(); group.resize(group.rfind('/'))) {
      const auto limit = number_in("/sys/fs/cgroup" + group + "/memory.max");
      if (limit && (!least || *limit < *least)) {
        least = limit;
      }
      if (group.rfind('/') == std::string::npos) {
        break;
      }
    }
  }
  return least;
}

/// Opens an image only if that is sure not to block or to have an effect (a FIFO, a tape).
Result<std::uint64_t> image_size(const std::string& path, bool writable, const std::string& subject) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    return Error::from_errno(errno, fmt::format("Cannot open {}", path), subject);
  }
  if (S_ISDIR(info.st_mode)) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("{} is a directory, not an image", path), subject};
  }
  if (!S_ISREG(info.st_mode) && !S_ISBLK(info.st_mode)) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("{} is neither a file nor a block device", path), subject};
  }
  UniqueFd file(open(path.c_str(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK));
  if (!file) {
    return Error::from_errno(errno, fmt::format("Cannot open {} for {}", path, writable ? "writing" : "reading"),
                             subject);
  }
  std::uint64_t size = static_cast<std::uint64_t>(info.st_size);
  if (S_ISBLK(info.st_mode) && ioctl(file.get(), BLKGETSIZE64, &size) != 0) {
    return Error::from_errno(errno, fmt::format("Cannot learn the size of {}", path), subject);
  }
  if (size == 0) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("{} is empty", path), subject};
  }
  return size;
}

Result<void> check_plain_file(const std::optional<std::string>& path, const std::string& directory,
                              const char* subject) {
  if (path) {
    SAFFRON_TRY(image_size(resolve_path(directory, *path), false, subject));
  }
  return {};
}

}  // namespace

Result<MachineConfig> load_machine_config(const std::string& directory) {
  const std::string path = directory + "/" + kConfigFileName;
  // O_NONBLOCK: a FIFO of that name must not hang us.
  UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) {
    return Error::from_errno(errno, "Cannot open the machine file", path);
  }
  struct stat info {};
  if (fstat(file.get(), &info) != 0) {
    return Error::from_errno(errno, "Cannot open the machine file", path);
  }
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::kInvalidArgument, "The machine file is not a regular file", path};
  }
  const std::string text = SAFFRON_TRY(read_all(file.get(), path));
  return parse_machine_config(text);
}

Result<void> save_machine_config(const std::string& directory, const MachineConfig& config) {
  SAFFRON_TRY(validate_machine_config(config));
  const std::string path = directory + "/" + kConfigFileName;
  const std::string temporary = fmt::format("{}.{}.{}", path, getpid(), random_uuid());
  auto written = write_and_sync(temporary, serialize_machine_config(config));
  if (written.ok() && rename(temporary.c_str(), path.c_str()) != 0) {
    written = Error::from_errno(errno, "Cannot write the machine file", path);
  }
  if (!written.ok()) {
    unlink(temporary.c_str());
    return written;
  }
  // The rename itself must survive a power cut. The file is in place: failing here would say too much.
  UniqueFd parent(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent) {
    fsync(parent.get());
  }
  return {};
}

HostLimits host_limits() {
  HostLimits limits;
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  std::uint64_t bytes = static_cast<std::uint64_t>(std::max(pages, 0L)) * static_cast<std::uint64_t>(page_bytes);
  if (const auto group = control_group_bytes()) {
    bytes = std::min(bytes, *group);
  }
  limits.memory_mib = bytes >> 20;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  const int count = sched_getaffinity(0, sizeof(allowed), &allowed) == 0
                        ? CPU_COUNT(&allowed)
                        : static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  limits.cpus = static_cast<std::uint32_t>(std::max(count, 1));
  return limits;
}

Result<void> check_host_limits(const MachineConfig& config, const HostLimits& limits) {
  if (config.memory_mib > limits.memory_mib) {
    return Error{
        ErrorCode::kExhausted,
        fmt::format("The machine wants {} MiB of RAM, but this host has {} MiB", config.memory_mib, limits.memory_mib),
        "memory_mib"};
  }
  if (config.cpus > limits.cpus) {
    return Error{ErrorCode::kExhausted,
                 fmt::format("The machine wants {} CPUs, but this host has {}", config.cpus, limits.cpus), "cpus"};
  }
  return {};
}

Result<void> check_disk_image(const std::string& path, bool writable, const std::string& subject) {
  const std::uint64_t size = SAFFRON_TRY(image_size(path, writable, subject));
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (const auto format = core::foreign_format_of_file(file.get())) {
    return Error{
        ErrorCode::kUnsupported,
        fmt::format("{} is a {} image; disks are raw images (\"qemu-img convert -O raw\" makes one)", path, *format),
        subject};
  }
  if (size % 512 != 0) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{} is not a raw disk image: its size is not a multiple of 512", path), subject};
  }
  return {};
}

Result<void> check_cdrom_image(const std::string& path, const std::string& subject) {
  SAFFRON_TRY(image_size(path, false, subject));
  return {};
}

Result<void> check_machine_files(const MachineConfig& config, const std::string& directory) {
  for (std::size_t index = 0; index < config.disks.size(); ++index) {
    const DiskConfig& disk = config.disks[index];
    SAFFRON_TRY(
        check_disk_image(resolve_path(directory, disk.path), !disk.read_only, fmt::format("disks[{}].path", index)));
  }
  for (std::size_t index = 0; index < config.cdroms.size(); ++index) {
    if (config.cdroms[index].path) {
      SAFFRON_TRY(check_cdrom_image(resolve_path(directory, *config.cdroms[index].path),
                                    fmt::format("cdroms[{}].path", index)));
    }
  }
  SAFFRON_TRY(check_plain_file(config.firmware.path, directory, "firmware.path"));
  SAFFRON_TRY(check_plain_file(config.boot.kernel, directory, "boot.kernel"));
  return check_plain_file(config.boot.initrd, directory, "boot.initrd");
}

}  // namespace saffron::api
