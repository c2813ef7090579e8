// SPDX-License-Identifier: Apache-2.0
// StdVga: the PCI standard VGA, 1234:1111.
//
// Models: BAR0 video memory, mapped into the guest with a dirty log; BAR2 registers (EDID at 0, VGA ports 0x3c0-0x3df
// at 0x400, dispi registers at 0x500, size and byte order of the extended registers at 0x600); the ROM BAR with the
// VGA BIOS; the legacy ports and the legacy window. Register and mode details: vga_ports.h, dispi.h, memory_window.h,
// screen_layout.h; refresh policy: vga_adapter.h.
// Missing: the PCI command register does not gate the legacy ranges (there is one VGA in a machine); big-endian
// framebuffers; mapping the legacy window directly (each access is an exit; LFB modes don't use it).
// Documents: Bochs VBE display interface (vbe_display_api.txt); QEMU docs/specs/standard-vga.rst; PCI 3.0, 6.3 (ROM).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "devices/pci/pci_device.h"
#include "devices/ports/display_sink.h"
#include "engine/core/bus.h"
#include "engine/core/clock.h"
#include "engine/core/guest_memory.h"
#include "engine/core/memory_slot.h"

namespace saffron::display {

struct StdVgaOptions {
  std::uint64_t vram_bytes = 16 << 20;   // A power of two, 1 MiB to 256 MiB; 3840x2160 needs 32 MiB.
  std::vector<std::uint8_t> rom;         // The VGA BIOS; empty: no ROM BAR. At most 128 KiB.
  std::uint32_t preferred_width = 1280;  // What the monitor's EDID asks for.
  std::uint32_t preferred_height = 800;
};

/// PciDevice's methods: any thread. DisplaySource's: control thread.
class StdVga final : public pci::PciDevice, public ports::DisplaySource {
 public:
  static constexpr std::uint64_t kMmioSize = 4096;

  /// Errors: kInvalidArgument (memory size, ROM without signature, ROM too large), and those of making memory and
  /// slots.
  static core::Result<std::unique_ptr<StdVga>> create(const StdVgaOptions& options, core::MemorySlotFactory& slots,
                                                      core::TimerService& timers);
  ~StdVga() override;

  /// Construction. Claims ports 0x1ce-0x1d1, 0x3b0-0x3bb, 0x3c0-0x3df and memory 0xa0000-0xbffff. The device must
  /// outlive the buses' users.
  core::Result<void> connect_legacy(core::Bus& io, core::Bus& memory);

  // ports::DisplaySource.
  void set_sink(ports::DisplaySink* sink) override;
  void refresh_all() override;
  void wake() override;
  ports::Frame capture() override;

 protected:
  void on_bar_changed(unsigned index, std::optional<std::uint64_t> address) override;
  void on_reset() override;

 private:
  struct Parts;
  explicit StdVga(std::unique_ptr<Parts> parts);
  void describe_bars();

  std::unique_ptr<Parts> parts_;
};

}  // namespace saffron::display
