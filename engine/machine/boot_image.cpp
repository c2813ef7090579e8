// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/boot_image.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "engine/machine/byte_writer.h"

namespace saffron::machine {

namespace {

constexpr std::size_t kHeadSize = 0x4000;  // More than a Linux setup header needs.

core::Result<void> read_fully(int fd, std::span<std::uint8_t> to, std::uint64_t offset, const BootFile& file) {
  while (!to.empty()) {
    const ssize_t got = ::pread(fd, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return file.error(core::ErrorCode::kIo, "the file cannot be read to its end");
    }
    to = to.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

}  // namespace

core::Result<BootFile> BootFile::open(const std::string& path, std::string field) {
  BootFile file;
  file.path_ = path;
  file.field_ = std::move(field);
  // Not blocking: opening a pipe that nobody writes would wait for ever.
  file.fd_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!file.fd_ || ::fstat(file.fd_.get(), &info) != 0) {
    return core::Error::from_errno(errno, fmt::format("cannot open {}", path), file.field_);
  }
  if (!S_ISREG(info.st_mode)) {
    return file.error(core::ErrorCode::kInvalidArgument, fmt::format("{} is not a regular file", path));
  }
  if (info.st_size == 0) {
    return file.error(core::ErrorCode::kInvalidArgument, fmt::format("{} is empty", path));
  }
  file.size_ = static_cast<std::uint64_t>(info.st_size);
  return file;
}

core::Result<std::vector<std::uint8_t>> BootFile::piece(std::uint64_t offset, std::size_t length) const {
  const std::uint64_t left = size_ - std::min(offset, size_);
  std::vector<std::uint8_t> bytes(std::min<std::uint64_t>(length, left));
  SAFFRON_TRY(read_fully(fd_.get(), bytes, offset, *this));
  return bytes;
}

core::Result<void> BootFile::load(std::uint64_t offset, std::uint64_t length, const core::GuestMemory& memory,
                                  core::GuestAddress address) const {
  if (offset > size_ || length > size_ - offset) {
    return error(core::ErrorCode::kInvalidArgument, fmt::format("{} is cut short", path_));
  }
  const auto target = memory.span(address, length);
  if (!target) {
    return error(
        core::ErrorCode::kOutOfRange,
        fmt::format("{} does not fit into the machine's memory: {} bytes at {:#x}", path_, length, address.value));
  }
  return read_fully(fd_.get(), *target, offset, *this);
}

core::Result<LoadedInitrd> load_initrd(const std::optional<std::string>& path, const core::GuestMemory& memory,
                                       const MemoryLayout& layout, std::uint64_t floor, std::uint64_t limit) {
  if (!path) {
    return LoadedInitrd{};
  }
  const BootFile file = SAFFRON_TRY(BootFile::open(*path, "boot.initrd"));
  const std::uint64_t top = std::min(limit, layout.low_size);
  if (file.size() > top || (top - file.size()) / 4096 * 4096 < floor) {
    return file.error(core::ErrorCode::kOutOfRange,
                      fmt::format("{} ({} MiB) does not fit beside the kernel: give the machine more memory", *path,
                                  file.size() / kMiB));
  }
  const LoadedInitrd placed{(top - file.size()) / 4096 * 4096, file.size()};
  SAFFRON_TRY(file.load(0, file.size(), memory, {placed.address}));
  return placed;
}

core::Result<void> write_command_line(const std::string& text, std::uint64_t room, const core::GuestMemory& memory) {
  if (text.size() >= std::min(room, kCommandLineRoom)) {
    return core::Error{core::ErrorCode::kOutOfRange,
                       fmt::format("the kernel takes at most {} characters", std::min(room, kCommandLineRoom) - 1),
                       "boot.command_line"};
  }
  ByteWriter writer;
  writer.text(text, text.size() + 1);
  return memory.write(kCommandLine, writer.bytes());
}

core::Result<void> write_gdt(bool long_mode, const core::GuestMemory& memory) {
  ByteWriter writer;
  writer.u64(0).u64(0);
  writer.u64(long_mode ? 0x00af9b000000ffff : 0x00cf9b000000ffff);  // Code, execute and read.
  writer.u64(0x00cf93000000ffff);                                   // Data, read and write.
  return memory.write(kBootGdt, writer.bytes());
}

core::Result<kvm::VcpuEntry> load_direct_boot(const DirectBootFiles& files, const core::GuestMemory& memory,
                                              const MemoryLayout& layout, core::GuestAddress rsdp) {
  const BootFile kernel = SAFFRON_TRY(BootFile::open(files.kernel, "boot.kernel"));
  const std::vector<std::uint8_t> head = SAFFRON_TRY(kernel.head(kHeadSize));
  constexpr std::array<std::uint8_t, 4> kElfMagic{0x7f, 'E', 'L', 'F'};
  if (head.size() > kElfMagic.size() && std::equal(kElfMagic.begin(), kElfMagic.end(), head.begin())) {
    return load_pvh(kernel, files, memory, layout, rsdp);
  }
  return load_linux(kernel, head, files, memory, layout, rsdp);
}

}  // namespace saffron::machine
