// SPDX-License-Identifier: Apache-2.0
// AcpiPm: the ACPI power management block of ICH9, 128 bytes of ports at PMBASE.
// Models: PM1a status, enable and control (fixed events: timer, global lock, power and sleep button, RTC; soft off),
// the 24-bit PM timer, 64 general purpose events, SMI_EN and SMI_STS as storage. Missing: sleeping states other than
// S5 (a request wakes at once), SMM, the TCO watchdog at offset 0x60, processor states and thermal throttling.
// Sources: ACPI 6.4, 4.8.3 (fixed hardware) and 4.8.4.1 (GPE); Intel I/O Controller Hub 9 datasheet, 13.8.3.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "devices/legacy/irq_output.h"
#include "engine/core/bus.h"
#include "engine/core/clock.h"
#include "engine/core/log.h"

namespace saffron::legacy {

/// Place it at PMBASE (0x600), kBlockSize bytes. Any thread.
///
/// What the ACPI tables must say: PM1a_EVT_BLK +0 (4 bytes), PM1a_CNT_BLK +4 (2), PM_TMR_BLK +8 (4), GPE0_BLK +0x20
/// (16), SCI_INT level triggered, TMR_VAL_EXT clear (24 bits, as ICH9 has), PWR_BUTTON clear (fixed power button),
/// SLP_BUTTON set (nobody presses one), SMI_CMD 0, and \_S5 with kSleepTypeSoftOff.
class AcpiPm final : public core::BusDevice {
 public:
  static constexpr std::uint64_t kBlockSize = 128;
  static constexpr std::uint8_t kSleepTypeSoftOff = 0;  // SLP_TYPa of \_S5.
  static constexpr unsigned kTimerBits = 24;
  static constexpr std::int64_t kTimerHertz = 3'579'545;
  static constexpr unsigned kGpeCount = 64;

  /// `soft_off` is called on a vCPU thread, without a lock.
  AcpiPm(core::IrqLine& sci, core::TimerService& timers, std::function<void()> soft_off);
  ~AcpiPm() override;

  std::string_view name() const override { return "acpi-pm"; }
  core::AccessSizes access_sizes() const override { return {1, 2, 4}; }
  std::uint64_t read(std::uint64_t offset, unsigned size) override;
  void write(std::uint64_t offset, unsigned size, std::uint64_t value) override;

  /// Any thread. Returns whether the guest listens (PWRBTN_EN): if not, the press is only noted.
  bool press_power_button();
  /// Any thread. Sets the status bit of event `gpe`, below kGpeCount.
  void raise_gpe(unsigned gpe);
  /// Any thread. Sets WAK_STS: the machine comes from a sleeping state.
  void note_wake();
  /// For ApmPort. Without SMM the hardware is always in ACPI mode (FADT SMI_CMD 0), so this changes nothing.
  void set_acpi_mode(bool enabled);
  void reset();

 private:
  std::uint64_t ticks_now() const;
  std::uint8_t register_byte(std::uint64_t offset, std::uint64_t ticks) const;
  void write_register_byte(std::uint64_t offset, std::uint8_t value);
  void note_timer_overflow();
  void update();
  void reset_registers();

  core::Clock& clock_;
  std::function<void()> soft_off_;
  IrqOutput sci_;
  std::mutex mutex_;  // Guards what follows; IrqOutput::deliver and callbacks run outside of it.
  std::uint16_t status_ = 0;
  std::uint16_t enable_ = 0;
  std::uint16_t control_ = 0;
  std::uint32_t smi_enable_ = 0;
  std::uint32_t smi_status_ = 0;
  std::array<std::uint8_t, kGpeCount / 8> gpe_status_{};
  std::array<std::uint8_t, kGpeCount / 8> gpe_enable_{};
  std::uint64_t timer_halves_ = 0;  // How often the timer's top bit has changed, as far as TMR_STS knows.
  core::LogOnce unsupported_sleep_;
  std::unique_ptr<core::Timer> timer_;  // Last: destroyed first.
};

}  // namespace saffron::legacy
