// SPDX-License-Identifier: Apache-2.0
// PVH: Xen docs/misc/pvh.pandoc and xen/include/public/arch-x86/hvm/start_info.h; System V ABI, ELF.
#include <elf.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "engine/machine/boot_image.h"
#include "engine/machine/byte_writer.h"

namespace saffron::machine {

namespace {

constexpr std::uint32_t kPhys32Entry = 18;  // XEN_ELFNOTE_PHYS32_ENTRY
constexpr std::uint32_t kStartInfoMagic = 0x336ec578;
constexpr std::size_t kMaxProgramHeaders = 64;  // Kernels have a handful; a hostile file must not keep us busy.
constexpr std::uint64_t kMaxNotes = 1024 * 1024;

/// A program header of either class.
struct Segment {
  std::uint32_t type = 0;
  std::uint64_t offset = 0;  // In the file.
  std::uint64_t file_size = 0;
  std::uint64_t address = 0;
  std::uint64_t memory_size = 0;
};

template <typename Header, typename ProgramHeader>
core::Result<std::vector<Segment>> read_segments(const BootFile& kernel, std::span<const std::uint8_t> head,
                                                 std::uint8_t file_class, std::uint16_t machine) {
  Header elf{};
  if (head.size() < sizeof(elf)) {
    return kernel.error(core::ErrorCode::kInvalidArgument, "the kernel is cut short");
  }
  std::memcpy(&elf, head.data(), sizeof(elf));
  if (elf.e_ident[EI_CLASS] != file_class || elf.e_ident[EI_DATA] != ELFDATA2LSB || elf.e_machine != machine ||
      elf.e_phentsize != sizeof(ProgramHeader)) {
    return kernel.error(core::ErrorCode::kUnsupported, "only ELF kernels for x86 can be booted");
  }
  const std::uint64_t size = std::uint64_t{elf.e_phnum} * sizeof(ProgramHeader);
  if (elf.e_phnum == 0 || elf.e_phnum > kMaxProgramHeaders || elf.e_phoff > head.size() ||
      size > head.size() - elf.e_phoff) {
    return kernel.error(core::ErrorCode::kInvalidArgument, "the kernel's program headers are not where they should be");
  }
  std::vector<ProgramHeader> headers(elf.e_phnum);
  std::memcpy(headers.data(), head.data() + elf.e_phoff, size);
  std::vector<Segment> segments;
  for (const ProgramHeader& header : headers) {
    segments.push_back({header.p_type, header.p_offset, header.p_filesz, header.p_paddr, header.p_memsz});
  }
  return segments;
}

/// Of a 64-bit kernel, or a 32-bit one: PVH starts both in 32-bit mode.
core::Result<std::vector<Segment>> read_segments(const BootFile& kernel) {
  const std::vector<std::uint8_t> head = SAFFRON_TRY(kernel.head(kMaxProgramHeaders * sizeof(Elf64_Phdr) * 2));
  return head.size() > EI_CLASS && head[EI_CLASS] == ELFCLASS32
             ? read_segments<Elf32_Ehdr, Elf32_Phdr>(kernel, head, ELFCLASS32, EM_386)
             : read_segments<Elf64_Ehdr, Elf64_Phdr>(kernel, head, ELFCLASS64, EM_X86_64);
}

/// The entry in a note segment; 0 if it is not there.
std::uint32_t find_entry(std::span<const std::uint8_t> notes) {
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note{};  // Elf32_Nhdr is the same.
    std::memcpy(&note, notes.data(), sizeof(note));
    const std::uint64_t name = (std::uint64_t{note.n_namesz} + 3) / 4 * 4;
    const std::uint64_t length = (std::uint64_t{note.n_descsz} + 3) / 4 * 4;
    if (name + length > notes.size() - sizeof(note)) {
      return 0;
    }
    const std::uint8_t* text = notes.data() + sizeof(note);
    if (note.n_type == kPhys32Entry && note.n_namesz == 4 && std::memcmp(text, "Xen", 4) == 0 && note.n_descsz >= 4) {
      std::uint32_t entry = 0;
      std::memcpy(&entry, text + name, sizeof(entry));
      return entry;
    }
    notes = notes.subspan(sizeof(note) + name + length);
  }
  return 0;
}

struct LoadedElf {
  std::uint32_t entry = 0;
  std::uint64_t end = 0;  // One past the last byte in memory.
};

core::Result<LoadedElf> load_segments(const BootFile& kernel, const core::GuestMemory& memory) {
  LoadedElf loaded;
  for (const Segment& segment : SAFFRON_TRY(read_segments(kernel))) {
    if (segment.type == PT_LOAD && segment.memory_size > 0) {
      if (segment.file_size > segment.memory_size || !memory.span({segment.address}, segment.memory_size)) {
        return kernel.error(
            core::ErrorCode::kOutOfRange,
            fmt::format("a part of the kernel, {} bytes at {:#x}, does not fit into the machine's memory",
                        segment.memory_size, segment.address));
      }
      SAFFRON_TRY(kernel.load(segment.offset, segment.file_size, memory, {segment.address}));
      SAFFRON_TRY(memory.fill({segment.address + segment.file_size}, 0, segment.memory_size - segment.file_size));
      loaded.end = std::max(loaded.end, segment.address + segment.memory_size);
    } else if (segment.type == PT_NOTE && segment.file_size <= kMaxNotes && loaded.entry == 0) {
      // Only the notes are read: they may be at the end of a file of any size.
      const std::vector<std::uint8_t> notes = SAFFRON_TRY(kernel.piece(segment.offset, segment.file_size));
      loaded.entry = find_entry(notes);
    }
  }
  if (loaded.entry == 0) {
    return kernel.error(core::ErrorCode::kUnsupported, "this ELF kernel has no PVH entry (XEN_ELFNOTE_PHYS32_ENTRY)");
  }
  return loaded;
}

}  // namespace

core::Result<kvm::VcpuEntry> load_pvh(const BootFile& kernel, const DirectBootFiles& files,
                                      const core::GuestMemory& memory, const MemoryLayout& layout,
                                      core::GuestAddress rsdp) {
  const LoadedElf loaded = SAFFRON_TRY(load_segments(kernel, memory));
  const LoadedInitrd initrd =
      SAFFRON_TRY(load_initrd(files.initrd, memory, layout, loaded.end, std::uint64_t{1} << 32));
  SAFFRON_TRY(write_command_line(files.command_line, kCommandLineRoom, memory));
  SAFFRON_TRY(write_gdt(false, memory));

  const std::vector<E820Entry> map = direct_boot_memory_map(layout);
  constexpr std::uint64_t kInfoSize = 56;
  constexpr std::uint64_t kModuleSize = 32;
  ByteWriter info;  // hvm_start_info, version 1; then the module list and the memory map.
  const bool has_initrd = initrd.size != 0;
  info.u32(kStartInfoMagic).u32(1).u32(0).u32(has_initrd ? 1 : 0);
  info.u64(has_initrd ? kPvhInfo.value + kInfoSize : 0).u64(kCommandLine.value).u64(rsdp.value);
  info.u64(kPvhInfo.value + kInfoSize + kModuleSize).u32(map.size()).u32(0);
  info.u64(initrd.address).u64(initrd.size).u64(0).u64(0);
  for (const E820Entry& entry : map) {
    info.u64(entry.address).u64(entry.size).u32(entry.type).u32(0);
  }
  SAFFRON_TRY(memory.write(kPvhInfo, info.bytes()));

  kvm::VcpuEntry entry;
  entry.instruction = loaded.entry;
  entry.argument = kPvhInfo.value;
  entry.argument_in_rbx = true;
  entry.gdt = kBootGdt.value;
  return entry;
}

}  // namespace saffron::machine
