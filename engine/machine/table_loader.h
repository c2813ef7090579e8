// SPDX-License-Identifier: Apache-2.0
// TableLoader: firmware tables that find their addresses late: files, and a script of how to place and link them.
// Firmware runs the script (fw_cfg's etc/table-loader; firmware's own description is its source), or place() does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/guest_memory.h"
#include "engine/core/result.h"

namespace saffron::machine {

enum class TableZone : std::uint8_t { kHigh = 1, kFSegment = 2 };  // Below 4 GiB; or in 0xe0000..0xfffff.

struct TableFile {
  std::string name;  // At most 55 characters: the script's field has 56 with its end.
  std::vector<std::uint8_t> content;
  std::uint32_t alignment = 16;  // A power of two.
  TableZone zone = TableZone::kHigh;
};

class TableLoader {
 public:
  /// Control thread, at machine construction.
  void add_file(TableFile file);
  /// The `size` bytes at `offset` of `file` hold an offset into `target`; add target's address.
  void add_pointer(std::string_view file, std::uint32_t offset, std::uint8_t size, std::string_view target);
  /// The byte at `offset` makes the sum of [start, +length) zero. Runs after the pointers before it.
  void add_checksum(std::string_view file, std::uint32_t offset, std::uint32_t start, std::uint32_t length);

  const std::vector<TableFile>& files() const { return files_; }
  /// The script as firmware reads it: records of 128 bytes.
  std::vector<std::uint8_t> script() const;

  /// Plays firmware: puts the files one after the other from `base`, links them, and returns where the last file is.
  /// kExhausted if they do not fit below `limit`.
  core::Result<core::GuestAddress> place(const core::GuestMemory& memory, core::GuestAddress base,
                                         core::GuestAddress limit) const;

 private:
  struct Pointer {
    std::string file;
    std::uint32_t offset;
    std::uint8_t size;
    std::string target;
  };
  struct Checksum {
    std::string file;
    std::uint32_t offset;
    std::uint32_t start;
    std::uint32_t length;
  };

  std::vector<TableFile> files_;
  std::vector<Pointer> pointers_;
  std::vector<Checksum> checksums_;
};

}  // namespace saffron::machine
