// SPDX-License-Identifier: Apache-2.0
// Synthetic kernels for tests of the direct boot: a bzImage and an ELF file with a PVH note, that do nothing but look
// right. Every field can be broken.
#pragma once

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace saffron::fakes {

using FileBytes = std::vector<std::uint8_t>;

inline void write_file(const std::string& path, const FileBytes& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

/// Linux Documentation/arch/x86/boot.rst; the members are the setup header's fields.
struct BzImage {
  std::uint8_t setup_sectors = 3;
  std::uint32_t magic = 0x53726448;  // "HdrS"
  std::uint16_t version = 0x20f;
  std::uint8_t loadflags = 1;  // LOADED_HIGH
  std::uint32_t initrd_addr_max = 0x7fffffff;
  std::uint32_t kernel_alignment = 0x200000;
  std::uint16_t xloadflags = 1;  // XLF_KERNEL_64
  std::uint32_t command_line_size = 255;
  std::uint64_t preferred_address = 0x100000;
  std::uint32_t init_size = 0x100000;
  std::uint8_t header_jump = 0x66;  // The header ends at 0x202 + 0x66 = 0x268.
  FileBytes payload = FileBytes(4096, 0x90);

  FileBytes bytes() const {
    const std::size_t sectors = setup_sectors == 0 ? 4 : setup_sectors;
    FileBytes file((sectors + 1) * 512);
    put(file, 0x1f1, setup_sectors, 1);
    put(file, 0x1fe, 0xaa55, 2);
    put(file, 0x200, 0xeb, 1);
    put(file, 0x201, header_jump, 1);
    put(file, 0x202, magic, 4);
    put(file, 0x206, version, 2);
    put(file, 0x211, loadflags, 1);
    put(file, 0x214, 0x100000, 4);  // code32_start
    put(file, 0x22c, initrd_addr_max, 4);
    put(file, 0x230, kernel_alignment, 4);
    put(file, 0x236, xloadflags, 2);
    put(file, 0x238, command_line_size, 4);
    put(file, 0x258, preferred_address, 8);
    put(file, 0x260, init_size, 4);
    file.insert(file.end(), payload.begin(), payload.end());
    return file;
  }

  static void put(FileBytes& file, std::size_t offset, std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) {
      file.at(offset + i) = static_cast<std::uint8_t>(value >> (i * 8));
    }
  }
};

/// One loadable segment and one note: what Xen's pvh.pandoc asks for.
struct ElfKernel {
  std::uint8_t file_class = ELFCLASS64;
  std::uint8_t encoding = ELFDATA2LSB;
  std::uint16_t machine = EM_X86_64;
  std::uint16_t program_headers = 2;
  std::uint16_t program_header_size = sizeof(Elf64_Phdr);
  std::uint64_t program_header_offset = sizeof(Elf64_Ehdr);
  std::uint64_t address = 0x1000000;
  std::uint64_t memory_size = 0x3000;  // More than the file's part: the rest must become zero.
  std::uint64_t file_size = 0x1000;
  std::uint64_t offset = 0x1000;
  std::uint32_t entry = 0x1000040;
  std::string note_name = "Xen";
  std::uint32_t note_type = 18;  // XEN_ELFNOTE_PHYS32_ENTRY
  std::uint32_t note_description_size = 4;
  std::uint64_t note_offset = 0x800;
  std::uint64_t note_size = 20;

  static ElfKernel of_32_bits() {
    ElfKernel kernel;
    kernel.file_class = ELFCLASS32;
    kernel.machine = EM_386;
    kernel.program_header_size = sizeof(Elf32_Phdr);
    kernel.program_header_offset = sizeof(Elf32_Ehdr);
    return kernel;
  }

  FileBytes bytes() const {
    return file_class == ELFCLASS32 ? bytes_as<Elf32_Ehdr, Elf32_Phdr>() : bytes_as<Elf64_Ehdr, Elf64_Phdr>();
  }

 private:
  template <typename Header, typename ProgramHeader>
  FileBytes bytes_as() const {
    FileBytes file(0x2000);
    Header head{};
    std::memcpy(head.e_ident, ELFMAG, SELFMAG);
    head.e_ident[EI_CLASS] = file_class;
    head.e_ident[EI_DATA] = encoding;
    head.e_ident[EI_VERSION] = EV_CURRENT;
    head.e_type = ET_EXEC;
    head.e_machine = machine;
    head.e_phoff = static_cast<decltype(head.e_phoff)>(program_header_offset);
    head.e_phentsize = program_header_size;
    head.e_phnum = program_headers;
    std::memcpy(file.data(), &head, sizeof(head));
    using Size = decltype(ProgramHeader::p_filesz);
    ProgramHeader headers[2]{};
    headers[0].p_type = PT_LOAD;
    headers[0].p_offset = static_cast<Size>(offset);
    headers[0].p_paddr = static_cast<Size>(address);
    headers[0].p_filesz = static_cast<Size>(file_size);
    headers[0].p_memsz = static_cast<Size>(memory_size);
    headers[1].p_type = PT_NOTE;
    headers[1].p_offset = static_cast<Size>(note_offset);
    headers[1].p_filesz = static_cast<Size>(note_size);
    std::memcpy(file.data() + sizeof(head), headers, sizeof(headers));
    Elf64_Nhdr note{};
    note.n_namesz = static_cast<Elf64_Word>(note_name.size() + 1);
    note.n_descsz = note_description_size;
    note.n_type = note_type;
    std::memcpy(file.data() + 0x800, &note, sizeof(note));
    std::memcpy(file.data() + 0x800 + sizeof(note), note_name.c_str(), note_name.size() + 1);
    const std::size_t description = 0x800 + sizeof(note) + (note_name.size() + 1 + 3) / 4 * 4;
    std::memcpy(file.data() + description, &entry, sizeof(entry));
    std::fill(file.begin() + 0x1000, file.end(), std::uint8_t{0xcc});
    return file;
  }
};

}  // namespace saffron::fakes
