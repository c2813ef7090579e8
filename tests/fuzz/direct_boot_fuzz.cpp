// SPDX-License-Identifier: Apache-2.0
// The loaders of a direct boot on hostile kernels: bzImage and ELF. The first byte says whether there is an initrd;
// the rest is the kernel's file.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/machine/boot_image.h"

namespace {

using namespace saffron;

/// A file in memory; its path names it for the loader.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {}
  void set(const std::uint8_t* data, std::size_t size) {
    if (::ftruncate(fd_.get(), 0) != 0 || ::pwrite(fd_.get(), data, size, 0) != static_cast<ssize_t>(size)) {
      std::abort();
    }
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

 private:
  core::UniqueFd fd_;
};

struct Board {
  // Small, so that what a kernel asks to be zeroed is soon zeroed.
  static constexpr std::uint64_t kMemory = 4 * machine::kMiB;

  Board() : layout(machine::MemoryLayout::of(kMemory, 40)) {
    ram = core::GuestMemory::create(layout.regions()).value();
    const std::uint8_t bytes[5000] = {};
    initrd.set(bytes, sizeof(bytes));
  }

  machine::MemoryLayout layout;
  std::unique_ptr<core::GuestMemory> ram;
  MemoryFile kernel;
  MemoryFile initrd;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Board board;
  if (size == 0) {
    return 0;
  }
  board.kernel.set(data + 1, size - 1);
  machine::DirectBootFiles files;
  files.kernel = board.kernel.path();
  if ((data[0] & 1) != 0) {
    files.initrd = board.initrd.path();
  }
  files.command_line = std::string(data[0], 'c');

  const auto entry = machine::load_direct_boot(files, *board.ram, board.layout, {0xe0000});

  // Whatever was accepted: what the entry points at is there.
  if (entry.ok()) {
    const bool whole = board.ram->span({entry->argument}, 56).has_value() &&
                       board.ram->span({entry->gdt}, 32).has_value() &&
                       (!entry->long_mode || board.ram->span({entry->page_table}, 6 * 4096).has_value());
    if (!whole) {
      std::abort();
    }
  } else if (entry.error().subject.rfind("boot.", 0) != 0) {
    std::abort();  // An error that does not say which file it is about.
  }
  return 0;
}
