// SPDX-License-Identifier: Apache-2.0
#include "devices/display/std_vga.h"

#include <algorithm>
#include <bit>

#include "devices/display/vga_handlers.h"

namespace saffron::display {
namespace {

constexpr unsigned kVideoMemoryBar = 0;
constexpr unsigned kMmioBar = 2;
constexpr unsigned kRomBar = 6;
constexpr std::uint64_t kMinVideoMemory = 1 << 20;
constexpr std::uint64_t kMaxVideoMemory = 256 << 20;
constexpr std::size_t kMaxRom = 128 << 10;  // All that fits between 0xc0000 and 0xe0000, where firmware copies it.
constexpr std::uint64_t kMinRomBar = 4096;

// Vendor and device of the Bochs/QEMU standard VGA: drivers bind to it. Its subsystem too.
constexpr pci::PciIdentity kIdentity{.vendor = 0x1234,
                                     .device = 0x1111,
                                     .subsystem_vendor = 0x1af4,
                                     .subsystem = 0x1100,
                                     .class_code = 0x030000,
                                     .revision = 2,  // Has BAR2 with the extended registers.
                                     .interrupt_pin = 0,
                                     .multifunction = false};

core::Result<void> check_options(const StdVgaOptions& options) {
  if (!std::has_single_bit(options.vram_bytes) || options.vram_bytes < kMinVideoMemory ||
      options.vram_bytes > kMaxVideoMemory) {
    return core::Error{core::ErrorCode::kInvalidArgument, "Video memory must be a power of two from 1 MiB to 256 MiB",
                       "vram_bytes"};
  }
  if (options.rom.size() > kMaxRom) {
    return core::Error{core::ErrorCode::kInvalidArgument, "The VGA BIOS is larger than 128 KiB", "rom"};
  }
  // PCI 3.0, 6.3.1.1: an expansion ROM starts with 55 AA.
  if (!options.rom.empty() && (options.rom.size() < 512 || options.rom[0] != 0x55 || options.rom[1] != 0xaa)) {
    return core::Error{core::ErrorCode::kInvalidArgument, "The VGA BIOS is not an option ROM", "rom"};
  }
  return {};
}

}  // namespace

struct StdVga::Parts {
  Parts(const StdVgaOptions& options, std::unique_ptr<core::SharedMemory> video_memory,
        std::unique_ptr<core::MemorySlot> video_slot, core::TimerService& timers)
      : memory(std::move(video_memory)),
        slot(std::move(video_slot)),
        adapter(memory->bytes(), slot.get(), timers),
        legacy_ports(adapter),
        dispi_ports(adapter),
        window(adapter),
        mapped_ports(adapter),
        mapped_dispi(adapter),
        edid(make_edid(options.preferred_width, options.preferred_height)) {}

  std::unique_ptr<core::SharedMemory> memory;
  std::unique_ptr<core::MemorySlot> slot;
  std::unique_ptr<core::SharedMemory> rom;  // May be absent, with its slot.
  std::unique_ptr<core::MemorySlot> rom_slot;
  VgaAdapter adapter;
  LegacyPortsHandler legacy_ports;
  DispiPortsHandler dispi_ports;
  LegacyWindowHandler window;
  MappedPortsHandler mapped_ports;
  MappedDispiHandler mapped_dispi;
  EdidHandler edid;
  ExtendedRegistersHandler extended;
};

core::Result<std::unique_ptr<StdVga>> StdVga::create(const StdVgaOptions& options, core::MemorySlotFactory& slots,
                                                     core::TimerService& timers) {
  SAFFRON_TRY(check_options(options));
  auto memory = SAFFRON_TRY(core::SharedMemory::create("vga", options.vram_bytes));
  auto slot =
      SAFFRON_TRY(slots.create_slot("vga", *memory, {.access = core::SlotAccess::kReadWrite, .log_dirty = true}));
  auto parts = std::make_unique<Parts>(options, std::move(memory), std::move(slot), timers);
  if (!options.rom.empty()) {
    const std::uint64_t size = std::max(std::bit_ceil(std::uint64_t{options.rom.size()}), kMinRomBar);
    parts->rom = SAFFRON_TRY(core::SharedMemory::create("vga-rom", size));
    std::copy(options.rom.begin(), options.rom.end(), parts->rom->bytes().begin());
    parts->rom_slot = SAFFRON_TRY(
        slots.create_slot("vga-rom", *parts->rom, {.access = core::SlotAccess::kReadOnly, .log_dirty = false}));
  }
  return std::unique_ptr<StdVga>(new StdVga(std::move(parts)));
}

StdVga::StdVga(std::unique_ptr<Parts> parts) : PciDevice("vga", kIdentity), parts_(std::move(parts)) {
  describe_bars();
}

StdVga::~StdVga() = default;

void StdVga::describe_bars() {
  const std::uint64_t memory_size = parts_->memory->size();
  add_bar({.index = kVideoMemoryBar,
           .kind = pci::PciBarKind::kMemory32,
           .prefetchable = true,
           .size = memory_size,
           .windows = {{.offset = 0, .size = memory_size, .slot = parts_->slot.get()}}});
  add_bar(
      {.index = kMmioBar,
       .kind = pci::PciBarKind::kMemory32,
       .prefetchable = false,
       .size = kMmioSize,
       .windows = {
           {.offset = 0, .size = EdidHandler::kSize, .handler = &parts_->edid},
           {.offset = MappedPortsHandler::kOffset, .size = MappedPortsHandler::kSize, .handler = &parts_->mapped_ports},
           {.offset = MappedDispiHandler::kOffset, .size = MappedDispiHandler::kSize, .handler = &parts_->mapped_dispi},
           {.offset = ExtendedRegistersHandler::kOffset,
            .size = ExtendedRegistersHandler::kSize,
            .handler = &parts_->extended}}});
  if (parts_->rom_slot) {
    const std::uint64_t rom_size = parts_->rom->size();
    add_bar({.index = kRomBar,
             .kind = pci::PciBarKind::kMemory32,
             .prefetchable = false,
             .size = rom_size,
             .windows = {{.offset = 0, .size = rom_size, .slot = parts_->rom_slot.get()}}});
  }
}

core::Result<void> StdVga::connect_legacy(core::Bus& io, core::Bus& memory) {
  constexpr std::uint64_t kFirst = VgaPorts::kFirstPort;
  // 0x3bc-0x3bf stays free: it is the place of a parallel port.
  SAFFRON_TRY(io.insert({.base = kFirst, .size = 0x0c, .device_offset = 0}, parts_->legacy_ports));
  SAFFRON_TRY(io.insert({.base = 0x3c0, .size = 0x20, .device_offset = 0x3c0 - kFirst}, parts_->legacy_ports));
  SAFFRON_TRY(io.insert({.base = 0x1ce, .size = 4, .device_offset = 0}, parts_->dispi_ports));
  return memory.insert({.base = MemoryWindow::kBase, .size = MemoryWindow::kSize, .device_offset = 0}, parts_->window);
}

void StdVga::set_sink(ports::DisplaySink* sink) {
  parts_->adapter.set_sink(sink);
}
void StdVga::refresh_all() {
  parts_->adapter.refresh_all();
}
void StdVga::wake() {
  parts_->adapter.wake();
}
ports::Frame StdVga::capture() {
  return parts_->adapter.capture();
}

void StdVga::on_bar_changed(unsigned index, std::optional<std::uint64_t> address) {
  (void)address;
  if (index == kVideoMemoryBar) {
    parts_->adapter.invalidate();
  }
}

void StdVga::on_reset() {
  parts_->adapter.reset();
}

}  // namespace saffron::display
