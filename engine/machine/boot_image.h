// SPDX-License-Identifier: Apache-2.0
// Pieces that the two direct boot protocols share: files that are read straight into guest memory, and where things go.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/guest_memory.h"
#include "engine/core/result.h"
#include "engine/core/unique_fd.h"
#include "engine/kvm/vcpu.h"
#include "engine/machine/direct_boot.h"

namespace saffron::machine {

// Below 0x9fc00, in RAM by every memory map that we make.
inline constexpr core::GuestAddress kBootGdt{0x500};
inline constexpr core::GuestAddress kPvhInfo{0x6000};
inline constexpr core::GuestAddress kBootParams{0x7000};
inline constexpr core::GuestAddress kPageTables{0x9000};  // PML4, PDPT, four page directories.
inline constexpr core::GuestAddress kCommandLine{0x20000};
inline constexpr std::uint64_t kCommandLineRoom = 0x10000;

/// A regular file, opened for reading.
class BootFile {
 public:
  /// Errors name `field`: missing, unreadable, a directory, empty.
  static core::Result<BootFile> open(const std::string& path, std::string field);

  std::uint64_t size() const { return size_; }
  const std::string& field() const { return field_; }
  /// Up to `length` bytes from the start.
  core::Result<std::vector<std::uint8_t>> head(std::size_t length) const { return piece(0, length); }
  /// Up to `length` bytes from `offset` on.
  core::Result<std::vector<std::uint8_t>> piece(std::uint64_t offset, std::size_t length) const;
  /// Reads [offset, +length) of the file to `address`. kOutOfRange if that is not RAM.
  core::Result<void> load(std::uint64_t offset, std::uint64_t length, const core::GuestMemory& memory,
                          core::GuestAddress address) const;
  core::Error error(core::ErrorCode code, std::string message) const { return {code, std::move(message), field_}; }

 private:
  core::UniqueFd fd_;
  std::uint64_t size_ = 0;
  std::string path_;
  std::string field_;
};

struct LoadedInitrd {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
};
/// As high as possible below `limit` (one past the last byte) and the end of low RAM, above `floor`. Nothing for none.
core::Result<LoadedInitrd> load_initrd(const std::optional<std::string>& path, const core::GuestMemory& memory,
                                       const MemoryLayout& layout, std::uint64_t floor, std::uint64_t limit);
/// Writes the command line with its end; kOutOfRange if it is longer than `room`.
core::Result<void> write_command_line(const std::string& text, std::uint64_t room, const core::GuestMemory& memory);
/// Flat 64-bit or 32-bit code at 0x10, data at 0x18.
core::Result<void> write_gdt(bool long_mode, const core::GuestMemory& memory);

/// The protocols. `head` is the kernel's first page or more.
core::Result<kvm::VcpuEntry> load_linux(const BootFile& kernel, const std::vector<std::uint8_t>& head,
                                        const DirectBootFiles& files, const core::GuestMemory& memory,
                                        const MemoryLayout& layout, core::GuestAddress rsdp);
core::Result<kvm::VcpuEntry> load_pvh(const BootFile& kernel, const DirectBootFiles& files,
                                      const core::GuestMemory& memory, const MemoryLayout& layout,
                                      core::GuestAddress rsdp);

}  // namespace saffron::machine
