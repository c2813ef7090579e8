// SPDX-License-Identifier: Apache-2.0
// I8042: the PS/2 keyboard and mouse controller, ports 0x60 and 0x64.
// Models: command byte, self and interface tests, both interfaces with their interrupts, scan code translation,
// output port with A20 and reset, the D1 to D4 writes, pulse commands. Missing: password security (A4 says none is
// installed), the keyboard lock, line errors and time-outs, timing (a byte is there at once), active multiplexing (the
// probe for it sees a plain loopback, as it should), the controller's RAM beyond the command byte is storage only.
// Sources: IBM PS/2 Technical Reference "Keyboard and Auxiliary Device Controller"; Intel 8742 with the AT firmware.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "devices/legacy/irq_output.h"
#include "devices/legacy/ps2_device.h"
#include "engine/core/bus.h"
#include "engine/core/log.h"

namespace saffron::legacy {

/// Place port 0x60 (1 byte) at device offset 0 and port 0x64 (1 byte) at device offset 4. Any thread.
class I8042 final : public core::BusDevice {
 public:
  static constexpr std::uint64_t kCommandOffset = 4;

  /// Called on vCPU threads, without a lock.
  struct Callbacks {
    std::function<void()> reset;        // The processors' reset line was pulsed.
    std::function<void(bool)> set_a20;  // The gate changed; true: addresses pass whole.
  };

  /// The devices must outlive the controller's last use.
  I8042(Ps2Device& keyboard, Ps2Device& mouse, core::IrqLine& irq1, core::IrqLine& irq12, Callbacks callbacks);

  std::string_view name() const override { return "i8042"; }
  core::AccessSizes access_sizes() const override { return {1}; }
  std::uint64_t read(std::uint64_t offset, unsigned size) override;
  void write(std::uint64_t offset, unsigned size, std::uint64_t value) override;
  /// Resets the controller only; the machine resets keyboard and mouse too.
  void reset();

 private:
  enum class Source : std::uint8_t { kController, kKeyboard, kMouse };
  struct Output {
    std::uint8_t byte;
    Source source;
  };
  struct Actions {  // What to do once the lock is released.
    bool reset = false;
    std::optional<bool> a20;
  };

  bool write_range_command(std::uint8_t command, Actions& actions);
  void write_command(std::uint8_t command, Actions& actions);
  void write_data(std::uint8_t byte, Actions& actions);
  void write_output_port(std::uint8_t value, Actions& actions);
  void set_a20(bool open, Actions& actions);
  void respond(std::uint8_t byte, Source source = Source::kController);
  std::optional<std::uint8_t> take_keyboard();
  void fill_output();
  void update_interrupts();
  void finish(const Actions& actions);
  void device_ready();
  void reset_registers();
  std::uint8_t status() const;
  std::uint8_t output_port() const;

  Ps2Device& keyboard_;
  Ps2Device& mouse_;
  Callbacks callbacks_;
  IrqOutput keyboard_irq_;
  IrqOutput mouse_irq_;
  std::mutex mutex_;                    // Guards what follows. Taken before a device's lock; no callback runs under it.
  std::array<std::uint8_t, 32> ram_{};  // Byte 0 is the command byte.
  std::deque<Output> responses_;        // At most kMaxResponses.
  std::optional<Output> output_;        // The output buffer.
  std::uint8_t last_byte_ = 0;          // What the data port shows while the buffer is empty.
  std::uint8_t pending_command_ = 0;    // A command that waits for its parameter, or 0.
  bool last_write_was_command_ = false;
  bool break_prefix_ = false;  // Translation has swallowed an F0.
  bool a20_ = true;
  core::LogOnce unknown_command_;
};

}  // namespace saffron::legacy
