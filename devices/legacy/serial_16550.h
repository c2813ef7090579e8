// SPDX-License-Identifier: Apache-2.0
// Serial16550A: a UART with 16-byte FIFOs, as COM1 to COM4 have it.
// Models: all registers, both FIFOs with trigger levels and the character time-out, every interrupt cause with its
// priority, loopback, the interrupt's gate OUT2. Sending takes no time, but waits for the backend: the holding
// register is not empty until the byte has been accepted. Missing: the time a character takes (except for the receive
// time-out), parity, framing and break errors (the backend has no line to get them from; break is sent as nothing), DMA
// modes, modem lines of the other side (it always shows CTS, DSR and carrier).
// Source: National Semiconductor PC16550D data sheet (June 1995), sections 8.0 to 8.8.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "devices/legacy/irq_output.h"
#include "devices/ports/character_backend.h"
#include "engine/core/bus.h"
#include "engine/core/clock.h"

namespace saffron::legacy {

/// Place it at port 0x3f8 (IRQ 4) or 0x2f8 (IRQ 3), 8 bytes. Any thread.
class Serial16550A final : public core::BusDevice {
 public:
  static constexpr std::size_t kFifoSize = 16;

  /// Attaches itself to `backend`, which must stop calling before this ends. nullptr: a port with nothing plugged in.
  Serial16550A(std::string name, core::IrqLine& irq, core::TimerService& timers, ports::CharacterBackend* backend);
  ~Serial16550A() override;

  std::string_view name() const override { return name_; }
  core::AccessSizes access_sizes() const override { return {1}; }
  std::uint64_t read(std::uint64_t offset, unsigned size) override;
  void write(std::uint64_t offset, unsigned size, std::uint64_t value) override;
  void reset();

 private:
  /// What the data sheet's table 5 numbers, in order of priority.
  enum class Cause : std::uint8_t { kLineStatus, kData, kTimeout, kTransmitEmpty, kModemStatus, kNone };

  std::uint8_t read_register(std::uint64_t offset, bool& freed_room);
  void write_register(std::uint64_t offset, std::uint8_t value);
  void write_fifo_control(std::uint8_t value);
  void write_modem_control(std::uint8_t value);
  std::uint8_t read_data(bool& freed_room);
  std::uint8_t read_interrupt_id();
  std::uint8_t line_status() const;
  std::uint8_t modem_lines() const;
  void transmit(std::uint8_t byte);
  void accept(std::uint8_t byte);
  void pump();
  std::size_t room() const;
  void receive(std::span<const std::uint8_t> bytes);
  Cause cause() const;
  bool fifo_enabled() const { return (fifo_control_ & 1) != 0; }
  bool loopback() const;
  bool divisor_latch() const { return (line_control_ & 0x80) != 0; }
  std::size_t trigger_level() const;
  std::int64_t timeout_ns() const;
  void touch_receiver();
  void update();
  void reset_registers();

  const std::string name_;
  core::Clock& clock_;
  ports::CharacterBackend* const backend_;
  IrqOutput irq_;
  mutable std::mutex mutex_;  // Guards what follows. The backend is never called under it.
  std::deque<std::uint8_t> receive_fifo_;
  std::deque<std::uint8_t> transmit_fifo_;
  unsigned transmit_clears_ = 0;
  std::uint16_t divisor_ = 0;
  std::uint8_t interrupt_enable_ = 0;
  std::uint8_t fifo_control_ = 0;
  std::uint8_t line_control_ = 0;
  std::uint8_t modem_control_ = 0;
  std::uint8_t modem_deltas_ = 0;
  std::uint8_t scratch_ = 0;
  bool overrun_ = false;
  bool timed_out_ = false;               // The character time-out is pending.
  bool transmit_empty_pending_ = false;  // The "holding register empty" interrupt is pending.
  bool pumping_ = false;                 // A thread is handing bytes to the backend.
  bool blocked_ = false;                 // The backend took less than all; it calls `writable`.
  bool starved_ = false;                 // The backend was told that there is no room.
  std::unique_ptr<core::Timer> timeout_timer_;
};

}  // namespace saffron::legacy
