// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/acpi_pm.h"

namespace saffron::legacy {
namespace {

// Offsets in the block (ICH9, table 13-11).
constexpr std::uint64_t kStatus = 0x00;
constexpr std::uint64_t kEnable = 0x02;
constexpr std::uint64_t kControl = 0x04;
constexpr std::uint64_t kTimer = 0x08;
constexpr std::uint64_t kGpeStatus = 0x20;
constexpr std::uint64_t kGpeEnable = 0x28;
constexpr std::uint64_t kSmiEnable = 0x30;
constexpr std::uint64_t kSmiStatus = 0x34;

// PM1 status and enable bits (ACPI 6.4, 4.8.3.1).
constexpr std::uint16_t kTimerBit = 1 << 0;
constexpr std::uint16_t kGlobalLockBit = 1 << 5;
constexpr std::uint16_t kPowerButtonBit = 1 << 8;
constexpr std::uint16_t kSleepButtonBit = 1 << 9;
constexpr std::uint16_t kRtcBit = 1 << 10;
constexpr std::uint16_t kWakeBit = 1 << 15;
constexpr std::uint16_t kEventBits = kTimerBit | kGlobalLockBit | kPowerButtonBit | kSleepButtonBit | kRtcBit;
// PM1 control bits (4.8.3.2.1).
constexpr std::uint16_t kSciEnable = 1 << 0;
constexpr std::uint16_t kBusMasterReload = 1 << 1;
constexpr std::uint16_t kSleepTypeMask = 7 << 10;
constexpr unsigned kSleepTypeShift = 10;
constexpr std::uint16_t kSleepEnable = 1 << 13;

// SMI_EN bit 5, APMC_EN: set at reset where there is no SMM, so that firmware sees SMM as set up already and does
// not wait for an SMI that never comes.
constexpr std::uint32_t kSmiApmcEnable = 1 << 5;

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::uint64_t kTimerMask = (std::uint64_t{1} << AcpiPm::kTimerBits) - 1;

std::uint64_t ticks_at(std::int64_t nanoseconds) {
  const std::int64_t seconds = nanoseconds / kNanosecondsPerSecond;
  const std::int64_t rest = nanoseconds % kNanosecondsPerSecond;
  return static_cast<std::uint64_t>(seconds * AcpiPm::kTimerHertz + rest * AcpiPm::kTimerHertz / kNanosecondsPerSecond);
}

// The first nanosecond at which ticks_at() has reached `ticks`.
std::int64_t time_of(std::uint64_t ticks) {
  const auto count = static_cast<std::int64_t>(ticks);
  const std::int64_t seconds = count / AcpiPm::kTimerHertz;
  const std::int64_t rest = count % AcpiPm::kTimerHertz;
  return seconds * kNanosecondsPerSecond +
         (rest * kNanosecondsPerSecond + AcpiPm::kTimerHertz - 1) / AcpiPm::kTimerHertz;
}

template <typename T>
void replace_byte(T& target, std::uint64_t index, std::uint8_t value) {
  const unsigned shift = static_cast<unsigned>(index) * 8;
  target = static_cast<T>((target & ~(T{0xff} << shift)) | (static_cast<T>(value) << shift));
}

template <typename T>
std::uint8_t byte_of(T source, std::uint64_t index) {
  return static_cast<std::uint8_t>(source >> (index * 8));
}

}  // namespace

AcpiPm::AcpiPm(core::IrqLine& sci, core::TimerService& timers, std::function<void()> soft_off)
    : clock_(timers.clock()), soft_off_(std::move(soft_off)), sci_(sci) {
  timer_ = timers.create_timer([this] {
    {
      std::lock_guard lock(mutex_);
      update();
    }
    sci_.deliver();
  });
  reset_registers();
}

AcpiPm::~AcpiPm() = default;

std::uint64_t AcpiPm::read(std::uint64_t offset, unsigned size) {
  std::lock_guard lock(mutex_);
  note_timer_overflow();
  const std::uint64_t ticks = ticks_now();  // Once, so that a wide read is one moment.
  std::uint64_t value = 0;
  for (unsigned i = 0; i < size; ++i) {
    value |= std::uint64_t{register_byte(offset + i, ticks)} << (8 * i);
  }
  return value;
}

void AcpiPm::write(std::uint64_t offset, unsigned size, std::uint64_t value) {
  bool off = false;
  {
    std::lock_guard lock(mutex_);
    note_timer_overflow();
    for (unsigned i = 0; i < size; ++i) {
      write_register_byte(offset + i, static_cast<std::uint8_t>(value >> (8 * i)));
    }
    if ((control_ & kSleepEnable) != 0) {
      // SLP_EN is write-only: it starts the transition (ACPI 6.4, table 4.16).
      control_ &= static_cast<std::uint16_t>(~kSleepEnable);
      const unsigned type = (control_ & kSleepTypeMask) >> kSleepTypeShift;
      if (type == kSleepTypeSoftOff) {
        off = true;
      } else {
        // The tables declare no such state. Waking at once ends the guest's wait for WAK_STS.
        unsupported_sleep_.warning(name(), "the guest asked for sleep type {}, which does not exist", type);
        status_ |= kWakeBit;
      }
    }
    update();
  }
  sci_.deliver();
  if (off && soft_off_) {
    soft_off_();
  }
}

bool AcpiPm::press_power_button() {
  bool heard = false;
  {
    std::lock_guard lock(mutex_);
    status_ |= kPowerButtonBit;
    heard = (enable_ & kPowerButtonBit) != 0;
    update();
  }
  sci_.deliver();
  return heard;
}

void AcpiPm::raise_gpe(unsigned gpe) {
  if (gpe >= kGpeCount) {
    return;
  }
  {
    std::lock_guard lock(mutex_);
    gpe_status_[gpe / 8] |= static_cast<std::uint8_t>(1 << (gpe % 8));
    update();
  }
  sci_.deliver();
}

void AcpiPm::note_wake() {
  std::lock_guard lock(mutex_);
  status_ |= kWakeBit;
}

void AcpiPm::set_acpi_mode(bool) {
  // See the header: SCI_EN is fixed at 1.
}

void AcpiPm::reset() {
  {
    std::lock_guard lock(mutex_);
    reset_registers();
  }
  sci_.deliver();
}

void AcpiPm::reset_registers() {
  status_ = 0;
  enable_ = 0;
  control_ = kSciEnable;
  smi_enable_ = kSmiApmcEnable;
  smi_status_ = 0;
  gpe_status_.fill(0);
  gpe_enable_.fill(0);
  timer_halves_ = ticks_now() >> (kTimerBits - 1);
  update();
}

std::uint64_t AcpiPm::ticks_now() const {
  return ticks_at(clock_.now_ns());
}

std::uint8_t AcpiPm::register_byte(std::uint64_t offset, std::uint64_t ticks) const {
  if (offset < kEnable) {
    return byte_of(status_, offset - kStatus);
  }
  if (offset < kControl) {
    return byte_of(enable_, offset - kEnable);
  }
  if (offset < kControl + 2) {
    return byte_of(control_, offset - kControl);
  }
  if (offset >= kTimer && offset < kTimer + 4) {
    return byte_of(ticks & kTimerMask, offset - kTimer);
  }
  if (offset >= kGpeStatus && offset < kGpeEnable) {
    return gpe_status_[offset - kGpeStatus];
  }
  if (offset >= kGpeEnable && offset < kSmiEnable) {
    return gpe_enable_[offset - kGpeEnable];
  }
  if (offset >= kSmiEnable && offset < kSmiStatus) {
    return byte_of(smi_enable_, offset - kSmiEnable);
  }
  if (offset >= kSmiStatus && offset < kSmiStatus + 4) {
    return byte_of(smi_status_, offset - kSmiStatus);
  }
  return 0;
}

void AcpiPm::write_register_byte(std::uint64_t offset, std::uint8_t value) {
  if (offset < kEnable) {
    // Writing 1 clears (ACPI 6.4, 4.8.3.1.1).
    status_ &= static_cast<std::uint16_t>(~(std::uint16_t{value} << (8 * (offset - kStatus))));
  } else if (offset < kControl) {
    replace_byte(enable_, offset - kEnable, value);
    enable_ &= kEventBits;
  } else if (offset < kControl + 2) {
    replace_byte(control_, offset - kControl, value);
    control_ &= kBusMasterReload | kSleepTypeMask | kSleepEnable;
    control_ |= kSciEnable;
  } else if (offset >= kGpeStatus && offset < kGpeEnable) {
    gpe_status_[offset - kGpeStatus] &= static_cast<std::uint8_t>(~value);
  } else if (offset >= kGpeEnable && offset < kSmiEnable) {
    gpe_enable_[offset - kGpeEnable] = value;
  } else if (offset >= kSmiEnable && offset < kSmiStatus) {
    replace_byte(smi_enable_, offset - kSmiEnable, value);
    smi_enable_ |= kSmiApmcEnable;
  } else if (offset >= kSmiStatus && offset < kSmiStatus + 4) {
    smi_status_ &= ~(std::uint32_t{value} << (8 * (offset - kSmiStatus)));
  }
}

// TMR_STS is set whenever the timer's top bit changes (ACPI 6.4, 4.8.2.1): noticed when somebody looks.
void AcpiPm::note_timer_overflow() {
  const std::uint64_t halves = ticks_now() >> (kTimerBits - 1);
  if (halves != timer_halves_) {
    timer_halves_ = halves;
    status_ |= kTimerBit;
  }
}

// Recomputes the SCI, and arms the host's timer only where its event would change it.
void AcpiPm::update() {
  note_timer_overflow();
  bool level = (status_ & enable_ & kEventBits) != 0;
  for (std::size_t i = 0; i < gpe_status_.size(); ++i) {
    level = level || (gpe_status_[i] & gpe_enable_[i]) != 0;
  }
  sci_.set(level);
  if ((enable_ & kTimerBit) != 0 && (status_ & kTimerBit) == 0) {
    timer_->arm(time_of((timer_halves_ + 1) << (kTimerBits - 1)));
  } else {
    timer_->cancel();
  }
}

}  // namespace saffron::legacy
