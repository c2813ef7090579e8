// SPDX-License-Identifier: Apache-2.0
// Rtc: the real-time clock and its 256 bytes of CMOS memory, ports 0x70 to 0x73.
// Models: time in BCD or binary and 12 or 24 hours, setting it (SET, divider reset), update-in-progress, periodic,
// alarm and update-ended interrupts, the century byte at 0x32, both banks of memory. No host timer runs unless an
// interrupt is enabled and not yet flagged. Missing: daylight saving (DSE reads back only), square wave output, 1 and
// 4 MHz time bases (they count as 32 kHz), a record of periodic ticks that the guest was too slow to take, battery
// loss, and storage of the memory across runs (the builder may save and restore it with byte and set_byte).
// Sources: Motorola MC146818A data sheet; Intel I/O Controller Hub 9 datasheet, 13.6 (both banks).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>

#include "devices/legacy/irq_output.h"
#include "engine/core/bus.h"
#include "engine/core/clock.h"

namespace saffron::legacy {

/// Place it at port 0x70, 4 bytes. Any thread. The NMI mask (bit 7 of port 0x70) is accepted and has no effect.
class Rtc final : public core::BusDevice {
 public:
  static constexpr std::uint8_t kCenturyIndex = 0x32;  // FADT CENTURY.

  /// The guest's clock shows the host's UTC plus `offset_ns` (for guests that expect local time).
  Rtc(core::IrqLine& irq8, core::TimerService& timers, std::int64_t offset_ns = 0);
  ~Rtc() override;

  std::string_view name() const override { return "rtc"; }
  core::AccessSizes access_sizes() const override { return {1}; }
  std::uint64_t read(std::uint64_t offset, unsigned size) override;
  void write(std::uint64_t offset, unsigned size, std::uint64_t value) override;

  /// What firmware finds at `index`; 0x80 and above are the second bank. Indices of the clock (0 to 0x0d and
  /// kCenturyIndex) are the clock's own and are not changed.
  void set_byte(std::uint8_t index, std::uint8_t value);
  std::uint8_t byte(std::uint8_t index);
  /// How far the guest has set its clock from the host's UTC.
  std::int64_t offset_ns();
  /// The machine's reset: interrupts off; time and memory stay, as a battery keeps them.
  void reset();

 private:
  struct Moment;  // Monotonic and guest wall time of one instant.

  Moment now() const;
  bool time_runs() const;
  bool divider_runs() const;
  std::uint8_t encode(unsigned value) const;
  unsigned decode(std::uint8_t value) const;
  std::uint8_t encode_hour(unsigned hour) const;
  unsigned decode_hour(std::uint8_t value) const;

  std::uint8_t read_index(std::uint8_t index);
  void write_index(std::uint8_t index, std::uint8_t value);
  void write_register_a(std::uint8_t value, const Moment& moment);
  void write_register_b(std::uint8_t value, const Moment& moment);
  void latch_time(std::int64_t seconds);
  std::int64_t latched_seconds() const;
  void start_time(const Moment& moment, std::int64_t fraction_ns);
  std::int64_t next_alarm(std::int64_t after_seconds) const;
  std::int64_t period_ticks() const;
  void collect_flags(const Moment& moment);
  void update(const Moment& moment);

  core::Clock& clock_;
  IrqOutput irq_;
  std::mutex mutex_;  // Guards what follows; IrqOutput::deliver runs outside of it.
  std::array<std::uint8_t, 256> cmos_{};
  std::array<std::uint8_t, 2> index_{};
  std::int64_t offset_ns_;          // Guest wall time minus host wall time.
  std::int64_t weekday_shift_ = 0;  // The chip counts weekdays from whatever the guest wrote.
  std::int64_t seen_ticks_ = 0;     // Up to where periodic ticks, in 1/32768 s, are in register C.
  std::int64_t seen_seconds_ = 0;   // Up to where updates and alarms are.
  std::unique_ptr<core::Timer> timer_;
};

}  // namespace saffron::legacy
