// SPDX-License-Identifier: Apache-2.0
// VgaAdapter: the whole display adapter without its bus: registers, video memory, refresh and damage.
//
// Refresh: a timer on the control thread looks for damage (see refresh_pacer.h). Nobody looking: it sleeps, and only a
// mode change wakes it, to tell the sink the new size. While it dozes, the first access to registers or the legacy
// window that changes the picture brings the next refresh forward; drawing straight into the mapped memory is found by
// the dirty log at the next look.
// Blinking: 500 ms per phase for the cursor and 1 s for characters (the hardware: 16 and 32 frames), so that an idle
// text screen costs two wake-ups a second; nothing blinks when nobody looks. capture() shows both phases lit.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "devices/display/dispi.h"
#include "devices/display/memory_window.h"
#include "devices/display/refresh_pacer.h"
#include "devices/display/screen_renderer.h"
#include "devices/display/vga_ports.h"
#include "devices/display/vga_registers.h"
#include "devices/display/video_memory.h"
#include "devices/ports/display_sink.h"
#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/core/memory_slot.h"

namespace saffron::display {

class VgaAdapter final : public ports::DisplaySource {
 public:
  /// `video_memory`: page aligned, a power of two of at least 1 MiB. `slot` maps it into the guest and logs dirty
  /// pages; may be null (then only the adapter's own writes are seen). All must outlive this.
  VgaAdapter(std::span<std::uint8_t> video_memory, core::MemorySlot* slot, core::TimerService& timers);
  ~VgaAdapter() override;

  // The guest's side: any thread.
  std::uint8_t read_port(std::uint16_t port, bool always_colour = false);
  void write_port(std::uint16_t port, std::uint8_t value, bool always_colour = false);
  std::uint16_t read_dispi_index();
  void write_dispi_index(std::uint16_t index);
  /// The register that the index selects.
  std::uint16_t read_dispi_data();
  void write_dispi_data(std::uint16_t value);
  std::uint16_t read_dispi(unsigned index);
  void write_dispi(unsigned index, std::uint16_t value);
  /// `offset` from 0xA0000; `size` 1, 2, 4 or 8 bytes, each handled as the hardware does byte by byte.
  std::uint64_t read_window(std::uint64_t offset, unsigned size);
  void write_window(std::uint64_t offset, unsigned size, std::uint64_t value);
  /// Power-on registers; video memory keeps its content.
  void reset();
  /// The dirty log may have lost pages (the mapping moved): the next refresh looks at everything.
  void invalidate();

  // ports::DisplaySource: control thread.
  void set_sink(ports::DisplaySink* sink) override;
  void refresh_all() override;
  void wake() override;
  ports::Frame capture() override;

 private:
  // What the guest wrote into video memory since the last look; the pages are in dirty_pages_.
  struct Written {
    bool anything = false;
    bool fonts = false;
  };

  void notify(VgaEffect effect);
  ScreenState snapshot();
  void give_blank_screen_a_size(ScreenLayout& layout) const;
  void on_timer();
  void refresh(bool everything);
  bool must_tell_size(const ScreenLayout& layout) const;
  bool postpone_resize(const ScreenLayout& layout, std::int64_t now);
  RefreshPacer::Found draw(const ScreenState& state, bool everything, std::int64_t now);
  Written collect_dirty();
  void plan_next(std::int64_t now, std::int64_t delay);
  void sleep_until_mode_change();
  void arm(std::int64_t deadline);

  VideoMemory memory_;
  core::MemorySlot* const slot_;
  core::Clock& clock_;

  std::mutex mutex_;  // Guards the registers and what works on them. Leaf lock.
  VgaRegisters vga_;
  DispiRegisters dispi_registers_;
  VgaPorts ports_;
  Dispi dispi_;
  MemoryWindow window_;

  // Set by the control thread before it looks at the state, taken by the guest's access that should end a doze.
  std::atomic<bool> notify_content_{false};
  std::atomic<bool> notify_mode_{false};
  std::atomic<bool> invalid_{false};
  std::atomic<std::int64_t> last_mode_write_ns_;
  core::LogOnce log_unknown_;

  // Control thread.
  ports::DisplaySink* sink_ = nullptr;
  std::uint32_t width_ = 0;  // As the last sink was told; a blanked screen keeps them.
  std::uint32_t height_ = 0;
  bool tell_size_ = true;  // Even where they are the same: the sink is new, or forgot.
  unsigned resize_postponed_ = 0;
  std::int64_t deadline_ = 0;
  RefreshPacer pacer_;
  ScreenRenderer renderer_;
  RowDamage damage_;
  std::vector<std::uint64_t> dirty_pages_;
  std::unique_ptr<core::Timer> timer_;  // Last: goes first.
};

}  // namespace saffron::display
