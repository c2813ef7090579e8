// SPDX-License-Identifier: Apache-2.0
// bzImage: Linux Documentation/arch/x86/boot.rst and zero-page.rst. Names in comments are theirs.
#include <fmt/core.h>

#include <algorithm>

#include "engine/machine/boot_image.h"
#include "engine/machine/byte_writer.h"

namespace saffron::machine {

namespace {

constexpr std::uint64_t kKernelAddress = 0x100000;
constexpr std::size_t kSetupHeader = 0x1f1;
constexpr std::size_t kHeaderEnd = 0x268;
constexpr std::size_t kE820Table = 0x2d0;

template <typename T>
T field(const std::vector<std::uint8_t>& bytes, std::size_t offset) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T) && offset + i < bytes.size(); ++i) {
    value = static_cast<T>(value | (static_cast<T>(bytes[offset + i]) << (i * 8)));
  }
  return value;
}

template <typename T>
void set_field(std::vector<std::uint8_t>& bytes, std::size_t offset, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bytes.at(offset + i) = static_cast<std::uint8_t>(value >> (i * 8));
  }
}

/// The setup header's fields that we read.
struct SetupHeader {
  std::uint16_t version = 0;
  std::uint64_t setup_size = 0;  // Of the real-mode part, bytes of the file.
  bool entry_64 = false;         // XLF_KERNEL_64
  std::uint32_t initrd_max = 0;  // Last byte.
  std::uint32_t command_line_max = 0;
  std::uint32_t init_size = 0;  // From the load address, while the kernel unpacks itself.
  std::uint64_t preferred_address = 0;
};

core::Result<SetupHeader> read_header(const BootFile& kernel, const std::vector<std::uint8_t>& head) {
  constexpr std::uint32_t kMagic = 0x53726448;  // "HdrS"
  if (head.size() < kHeaderEnd || field<std::uint32_t>(head, 0x202) != kMagic) {
    return kernel.error(core::ErrorCode::kUnsupported,
                        "this is neither a Linux bzImage nor an ELF kernel with a PVH entry");
  }
  SetupHeader header;
  header.version = field<std::uint16_t>(head, 0x206);
  constexpr std::uint8_t kLoadedHigh = 1;
  if (header.version < 0x206 || (field<std::uint8_t>(head, 0x211) & kLoadedHigh) == 0) {
    return kernel.error(core::ErrorCode::kUnsupported,
                        fmt::format("this kernel speaks boot protocol {}.{}; a bzImage of 2.6 or later is needed",
                                    header.version >> 8, header.version & 0xff));
  }
  if (field<std::uint32_t>(head, 0x230) == 0) {
    // Linux says what it is aligned to; boot loaders in a bzImage's clothes, such as iPXE's, have a 16-bit entry only.
    return kernel.error(core::ErrorCode::kUnsupported,
                        "this program needs a BIOS: boot it from a disk or a CD instead");
  }
  const auto sectors = field<std::uint8_t>(head, 0x1f1);
  header.setup_size = (std::uint64_t{sectors == 0 ? std::uint8_t{4} : sectors} + 1) * 512;
  header.initrd_max = field<std::uint32_t>(head, 0x22c);
  header.command_line_max = field<std::uint32_t>(head, 0x238);
  if (header.version >= 0x20a) {
    header.preferred_address = field<std::uint64_t>(head, 0x258);
    header.init_size = field<std::uint32_t>(head, 0x260);
  }
  header.entry_64 = header.version >= 0x20c && (field<std::uint16_t>(head, 0x236) & 1) != 0;
  constexpr std::uint64_t kTop = std::uint64_t{1} << 52;  // No processor has addresses above; so sums cannot overflow.
  if (header.setup_size >= kernel.size() || header.preferred_address > kTop) {
    return kernel.error(core::ErrorCode::kInvalidArgument, "the kernel is cut short, or its header is damaged");
  }
  return header;
}

/// screen_info, at the start of boot_params: what Linux' setup code learns of the video BIOS.
void put_screen_info(std::vector<std::uint8_t>& params) {
  set_field<std::uint8_t>(params, 0x06, 3);    // orig_video_mode: 80x25 in colour
  set_field<std::uint8_t>(params, 0x07, 80);   // orig_video_cols
  set_field<std::uint16_t>(params, 0x0a, 3);   // orig_video_ega_bx: colour, 256 KiB
  set_field<std::uint8_t>(params, 0x0e, 25);   // orig_video_lines
  set_field<std::uint8_t>(params, 0x0f, 1);    // orig_video_isVGA
  set_field<std::uint16_t>(params, 0x10, 16);  // orig_video_points
}

/// boot_params: the header copied, and our answers in it.
std::vector<std::uint8_t> make_boot_params(const std::vector<std::uint8_t>& head, const LoadedInitrd& initrd,
                                           const MemoryLayout& layout, core::GuestAddress rsdp, bool text_screen) {
  std::vector<std::uint8_t> params(4096);
  // The header's end: the jump's target (0x201 is its distance).
  const std::size_t end = std::min<std::size_t>({0x202U + head[0x201], kE820Table, head.size()});
  std::copy(head.begin() + kSetupHeader, head.begin() + static_cast<std::ptrdiff_t>(end),
            params.begin() + kSetupHeader);
  if (text_screen) {
    put_screen_info(params);
  }
  set_field<std::uint64_t>(params, 0x070, rsdp.value);  // acpi_rsdp_addr
  set_field<std::uint16_t>(params, 0x1fa, 0xffff);      // vid_mode: as it is
  set_field<std::uint8_t>(params, 0x210, 0xff);         // type_of_loader: no assigned id
  set_field<std::uint32_t>(params, 0x218, static_cast<std::uint32_t>(initrd.address));
  set_field<std::uint32_t>(params, 0x21c, static_cast<std::uint32_t>(initrd.size));
  set_field<std::uint32_t>(params, 0x228, static_cast<std::uint32_t>(kCommandLine.value));
  const std::vector<E820Entry> map = direct_boot_memory_map(layout);
  set_field<std::uint8_t>(params, 0x1e8, static_cast<std::uint8_t>(map.size()));  // e820_entries
  std::size_t offset = kE820Table;
  for (const E820Entry& entry : map) {
    set_field<std::uint64_t>(params, offset, entry.address);
    set_field<std::uint64_t>(params, offset + 8, entry.size);
    set_field<std::uint32_t>(params, offset + 16, entry.type);
    offset += sizeof(E820Entry);
  }
  return params;
}

/// The first 4 GiB mapped to themselves with 2 MiB pages.
core::Result<void> write_page_tables(const core::GuestMemory& memory) {
  constexpr std::uint64_t kPresentWritable = 3;
  constexpr std::uint64_t kLarge = 1 << 7;
  constexpr std::uint64_t kPage = 4096;
  ByteWriter writer;
  writer.u64((kPageTables.value + kPage) | kPresentWritable).zeros(kPage - 8);
  for (std::uint64_t i = 0; i < 4; ++i) {
    writer.u64((kPageTables.value + (2 + i) * kPage) | kPresentWritable);
  }
  writer.zeros(kPage - 4 * 8);
  for (std::uint64_t i = 0; i < 4 * 512; ++i) {
    writer.u64((i << 21) | kLarge | kPresentWritable);
  }
  return memory.write(kPageTables, writer.bytes());
}

}  // namespace

core::Result<kvm::VcpuEntry> load_linux(const BootFile& kernel, const std::vector<std::uint8_t>& head,
                                        const DirectBootFiles& files, const core::GuestMemory& memory,
                                        const MemoryLayout& layout, core::GuestAddress rsdp) {
  const SetupHeader header = SAFFRON_TRY(read_header(kernel, head));
  const std::uint64_t payload = kernel.size() - header.setup_size;
  SAFFRON_TRY(kernel.load(header.setup_size, payload, memory, {kKernelAddress}));
  // Where the kernel may write before it knows of the initrd: here, and at its preferred address.
  const std::uint64_t work = std::max<std::uint64_t>(header.init_size, payload);
  const std::uint64_t floor = std::max(kKernelAddress, header.preferred_address) + work;
  if (floor > layout.low_size) {
    // It would unpack itself into nothing, and the machine would reset for ever without a word.
    return kernel.error(core::ErrorCode::kOutOfRange,
                        fmt::format("this kernel needs at least {} MiB of memory to start; the machine has {} MiB",
                                    (floor + kMiB - 1) / kMiB, layout.low_size / kMiB));
  }
  const LoadedInitrd initrd =
      SAFFRON_TRY(load_initrd(files.initrd, memory, layout, floor, std::uint64_t{header.initrd_max} + 1));
  SAFFRON_TRY(write_command_line(files.command_line, std::uint64_t{header.command_line_max} + 1, memory));
  SAFFRON_TRY(memory.write(kBootParams, make_boot_params(head, initrd, layout, rsdp, files.text_screen)));
  SAFFRON_TRY(write_gdt(header.entry_64, memory));
  kvm::VcpuEntry entry;
  entry.argument = kBootParams.value;
  entry.gdt = kBootGdt.value;
  entry.instruction = kKernelAddress;
  if (header.entry_64) {
    SAFFRON_TRY(write_page_tables(memory));
    entry.long_mode = true;
    entry.page_table = kPageTables.value;
    entry.instruction += 0x200;  // startup_64
  }
  return entry;
}

}  // namespace saffron::machine
