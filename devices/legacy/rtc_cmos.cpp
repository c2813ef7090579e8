// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/rtc_cmos.h"

#include <algorithm>
#include <limits>

namespace saffron::legacy {
namespace {

// Registers (MC146818A, figure 11).
enum Index : std::uint8_t {
  kSeconds = 0x00,
  kSecondsAlarm = 0x01,
  kMinutes = 0x02,
  kMinutesAlarm = 0x03,
  kHours = 0x04,
  kHoursAlarm = 0x05,
  kWeekday = 0x06,
  kDay = 0x07,
  kMonth = 0x08,
  kYear = 0x09,
  kRegisterA = 0x0a,
  kRegisterB = 0x0b,
  kRegisterC = 0x0c,
  kRegisterD = 0x0d,
};

constexpr std::uint8_t kUpdateInProgress = 0x80;  // A.
constexpr std::uint8_t kDividerMask = 0x70;
constexpr std::uint8_t kDividerReset = 0x60;  // 11x.
constexpr std::uint8_t kRateMask = 0x0f;
constexpr std::uint8_t kSet = 0x80;  // B.
constexpr std::uint8_t kPeriodic = 0x40;
constexpr std::uint8_t kAlarm = 0x20;
constexpr std::uint8_t kUpdate = 0x10;
constexpr std::uint8_t kSquareWave = 0x08;
constexpr std::uint8_t kBinary = 0x04;
constexpr std::uint8_t k24Hours = 0x02;
constexpr std::uint8_t kInterruptFlags = kPeriodic | kAlarm | kUpdate;  // The same bits in B (enable) and C (flag).
constexpr std::uint8_t kInterruptRequest = 0x80;                        // C.
constexpr std::uint8_t kValidRam = 0x80;                                // D.
constexpr std::uint8_t kAfternoon = 0x80;                               // In the hours, with 12-hour time.
constexpr std::uint8_t kDontCare = 0xc0;                                // In the alarm bytes.

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kTicksPerSecond = 32768;
constexpr std::int64_t kSecondsPerDay = 86400;
// UIP rises 244 us before an update cycle, which takes 1984 us (MC146818A, "update cycle"). Our cycles end at the
// full second.
constexpr std::int64_t kUpdateInProgressNs = 2'228'000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}
std::int64_t floor_modulo(std::int64_t a, std::int64_t b) {
  return a - floor_divide(a, b) * b;
}

struct CivilDate {
  std::int64_t year;
  unsigned month;  // 1..12
  unsigned day;    // 1..31
};

// Days since 1970-01-01 in the Gregorian calendar. Counts from 1 March of year 0, so that leap days come last; takes
// months and days outside their range too, since a guest may write them.
std::int64_t days_from_date(std::int64_t year, std::int64_t month, std::int64_t day) {
  const std::int64_t months = year * 12 + (month - 1) - 2;
  const std::int64_t march_year = floor_divide(months, 12);
  const std::int64_t march_month = floor_modulo(months, 12);
  const std::int64_t leap_days =
      floor_divide(march_year, 4) - floor_divide(march_year, 100) + floor_divide(march_year, 400);
  return march_year * 365 + leap_days + (march_month * 153 + 2) / 5 + (day - 1) - 719468;
}

CivilDate date_from_days(std::int64_t days) {
  // A first guess from the mean year, corrected: the calendar is not linear.
  std::int64_t year = 1970 + floor_divide(days * 400, 146097);
  while (days_from_date(year + 1, 1, 1) <= days) {
    ++year;
  }
  while (days_from_date(year, 1, 1) > days) {
    --year;
  }
  unsigned month = 1;
  while (month < 12 && days_from_date(year, month + 1, 1) <= days) {
    ++month;
  }
  return {year, month, static_cast<unsigned>(days - days_from_date(year, month, 1)) + 1};
}

std::int64_t ticks_at(std::int64_t nanoseconds) {
  return nanoseconds / kSecond * kTicksPerSecond + nanoseconds % kSecond * kTicksPerSecond / kSecond;
}

// The first nanosecond at which ticks_at() has reached `ticks`.
std::int64_t time_of_tick(std::int64_t ticks) {
  const std::int64_t rest = ticks % kTicksPerSecond;
  return ticks / kTicksPerSecond * kSecond + (rest * kSecond + kTicksPerSecond - 1) / kTicksPerSecond;
}

bool is_clock_index(std::uint8_t index) {
  return index <= kRegisterD || index == Rtc::kCenturyIndex;
}

}  // namespace

struct Rtc::Moment {
  std::int64_t monotonic;
  std::int64_t guest;  // Guest wall time.
  std::int64_t seconds() const { return floor_divide(guest, kSecond); }
  std::int64_t fraction() const { return floor_modulo(guest, kSecond); }
};

Rtc::Rtc(core::IrqLine& irq8, core::TimerService& timers, std::int64_t offset_ns)
    : clock_(timers.clock()), irq_(irq8), offset_ns_(offset_ns) {
  cmos_[kRegisterA] = 0x26;  // 32 kHz, 1024 Hz: what the BIOS of an AT leaves.
  cmos_[kRegisterB] = k24Hours;
  cmos_[kRegisterD] = kValidRam;
  const Moment moment = now();
  seen_ticks_ = ticks_at(moment.monotonic);
  seen_seconds_ = moment.seconds();
  timer_ = timers.create_timer([this] {
    {
      std::lock_guard lock(mutex_);
      update(now());
    }
    irq_.deliver();
  });
}

Rtc::~Rtc() = default;

std::uint64_t Rtc::read(std::uint64_t offset, unsigned) {
  if ((offset & 1) == 0) {
    return 0xff;  // The index ports are write-only.
  }
  std::uint8_t value = 0;
  {
    std::lock_guard lock(mutex_);
    value = read_index(index_[offset / 2 % 2]);
  }
  irq_.deliver();
  return value;
}

void Rtc::write(std::uint64_t offset, unsigned, std::uint64_t value) {
  const auto byte = static_cast<std::uint8_t>(value);
  const std::size_t bank = offset / 2 % 2;
  {
    std::lock_guard lock(mutex_);
    if ((offset & 1) == 0) {
      index_[bank] = static_cast<std::uint8_t>((byte & 0x7f) | (bank << 7));
      return;
    }
    write_index(index_[bank], byte);
  }
  irq_.deliver();
}

void Rtc::set_byte(std::uint8_t index, std::uint8_t value) {
  std::lock_guard lock(mutex_);
  if (!is_clock_index(index)) {
    cmos_[index] = value;
  }
}

std::uint8_t Rtc::byte(std::uint8_t index) {
  std::lock_guard lock(mutex_);
  return index == kRegisterC ? cmos_[kRegisterC] : read_index(index);
}

std::int64_t Rtc::offset_ns() {
  std::lock_guard lock(mutex_);
  return offset_ns_;
}

void Rtc::reset() {
  {
    // MC146818A, "RESET": the enables, SQWE and the flags are cleared.
    std::lock_guard lock(mutex_);
    cmos_[kRegisterB] &= static_cast<std::uint8_t>(~(kInterruptFlags | kSquareWave));
    cmos_[kRegisterC] = 0;
    update(now());
  }
  irq_.deliver();
}

Rtc::Moment Rtc::now() const {
  return {clock_.now_ns(), clock_.wall_ns() + offset_ns_};
}
bool Rtc::divider_runs() const {
  return (cmos_[kRegisterA] & kDividerReset) != kDividerReset;
}
bool Rtc::time_runs() const {
  return divider_runs() && (cmos_[kRegisterB] & kSet) == 0;
}

std::uint8_t Rtc::encode(unsigned value) const {
  if ((cmos_[kRegisterB] & kBinary) != 0) {
    return static_cast<std::uint8_t>(value);
  }
  return static_cast<std::uint8_t>((value / 10 << 4) | value % 10);
}

// A nonsense digit just counts: the result stays below 256, whatever the guest wrote.
unsigned Rtc::decode(std::uint8_t value) const {
  return (cmos_[kRegisterB] & kBinary) != 0 ? value : (value >> 4) * 10U + (value & 15U);
}

std::uint8_t Rtc::encode_hour(unsigned hour) const {
  if ((cmos_[kRegisterB] & k24Hours) != 0) {
    return encode(hour);
  }
  const unsigned twelve = hour % 12 == 0 ? 12 : hour % 12;
  return static_cast<std::uint8_t>(encode(twelve) | (hour >= 12 ? kAfternoon : 0));
}

unsigned Rtc::decode_hour(std::uint8_t value) const {
  if ((cmos_[kRegisterB] & k24Hours) != 0) {
    return decode(value);
  }
  const unsigned twelve = decode(value & 0x7f);
  return (twelve == 12 ? 0 : twelve) + ((value & kAfternoon) != 0 ? 12 : 0);
}

std::uint8_t Rtc::read_index(std::uint8_t index) {
  const Moment moment = now();
  switch (index) {
    case kSeconds:
    case kMinutes:
    case kHours:
    case kWeekday:
    case kDay:
    case kMonth:
    case kYear:
    case kCenturyIndex:
      if (time_runs()) {
        latch_time(moment.seconds());
      }
      return cmos_[index];
    case kRegisterA: {
      const bool updating = time_runs() && moment.fraction() >= kSecond - kUpdateInProgressNs;
      return static_cast<std::uint8_t>(cmos_[kRegisterA] | (updating ? kUpdateInProgress : 0));
    }
    case kRegisterC: {
      collect_flags(moment);
      const std::uint8_t flags = cmos_[kRegisterC];
      cmos_[kRegisterC] = 0;  // Reading clears it ("register C").
      update(moment);
      return flags;
    }
    default:
      return cmos_[index];
  }
}

void Rtc::write_index(std::uint8_t index, std::uint8_t value) {
  const Moment moment = now();
  switch (index) {
    case kRegisterA:
      write_register_a(value, moment);
      break;
    case kRegisterB:
      write_register_b(value, moment);
      break;
    case kRegisterC:
    case kRegisterD:
      return;  // Read-only.
    case kSeconds:
    case kMinutes:
    case kHours:
    case kWeekday:
    case kDay:
    case kMonth:
    case kYear:
    case kCenturyIndex:
      if (!time_runs()) {
        cmos_[index] = value;
        return;
      }
      collect_flags(moment);
      latch_time(moment.seconds());
      cmos_[index] = value;
      start_time(moment, moment.fraction());
      break;
    case kSecondsAlarm:
    case kMinutesAlarm:
    case kHoursAlarm:
      collect_flags(moment);  // What the old alarm has caught, it keeps.
      cmos_[index] = value;
      break;
    default:
      cmos_[index] = value;
      return;
  }
  update(now());
}

void Rtc::write_register_a(std::uint8_t value, const Moment& moment) {
  collect_flags(moment);
  const bool ran = time_runs();
  const bool divider_ran = divider_runs();
  if (ran) {
    latch_time(moment.seconds());
  }
  cmos_[kRegisterA] = value & (kDividerMask | kRateMask);
  seen_ticks_ = ticks_at(moment.monotonic);
  if (!ran && time_runs()) {
    // The first update comes half a second after the divider is released ("divider bits").
    start_time(moment, divider_ran ? moment.fraction() : kSecond / 2);
  }
}

void Rtc::write_register_b(std::uint8_t value, const Moment& moment) {
  collect_flags(moment);
  const bool ran = time_runs();
  if (ran) {
    latch_time(moment.seconds());
  }
  if ((value & kSet) != 0) {
    value &= static_cast<std::uint8_t>(~kUpdate);  // SET clears UIE ("register B").
  }
  const std::uint8_t changed = cmos_[kRegisterB] ^ value;
  // The data mode says how bytes are read, it does not convert them; a clock that runs shows itself in the new mode.
  cmos_[kRegisterB] = value;
  if (ran && time_runs() && (changed & (kBinary | k24Hours)) != 0) {
    latch_time(moment.seconds());
  }
  if (!ran && time_runs()) {
    start_time(moment, moment.fraction());  // SET stops the copy to the registers, not the divider.
  }
}

void Rtc::latch_time(std::int64_t seconds) {
  const std::int64_t days = floor_divide(seconds, kSecondsPerDay);
  const auto in_day = static_cast<unsigned>(floor_modulo(seconds, kSecondsPerDay));
  const CivilDate date = date_from_days(days);
  cmos_[kSeconds] = encode(in_day % 60);
  cmos_[kMinutes] = encode(in_day / 60 % 60);
  cmos_[kHours] = encode_hour(in_day / 3600);
  cmos_[kWeekday] = encode(static_cast<unsigned>(floor_modulo(days + 4 + weekday_shift_, 7)) + 1);  // Sunday is 1.
  cmos_[kDay] = encode(date.day);
  cmos_[kMonth] = encode(date.month);
  cmos_[kYear] = encode(static_cast<unsigned>(floor_modulo(date.year, 100)));
  cmos_[kCenturyIndex] = encode(static_cast<unsigned>(floor_modulo(floor_divide(date.year, 100), 100)));
}

std::int64_t Rtc::latched_seconds() const {
  const std::int64_t year = decode(cmos_[kCenturyIndex]) * 100 + decode(cmos_[kYear]);
  const std::int64_t days = days_from_date(year, decode(cmos_[kMonth]), decode(cmos_[kDay]));
  return days * kSecondsPerDay + decode_hour(cmos_[kHours]) * std::int64_t{3600} +
         decode(cmos_[kMinutes]) * std::int64_t{60} + decode(cmos_[kSeconds]);
}

// Time goes on from what the registers hold.
void Rtc::start_time(const Moment& moment, std::int64_t fraction_ns) {
  const std::int64_t seconds = latched_seconds();
  // Years up to 25,755 (from nonsense bytes) do not fit 64 bits of nanoseconds: stop at the year 2200.
  const std::int64_t bounded = std::clamp<std::int64_t>(seconds, -2'208'988'800, 7'258'118'400);
  const std::int64_t host = moment.guest - offset_ns_;
  offset_ns_ = bounded * kSecond + fraction_ns - host;
  seen_seconds_ = bounded;
  const std::int64_t days = floor_divide(bounded, kSecondsPerDay);
  weekday_shift_ = floor_modulo(std::int64_t{decode(cmos_[kWeekday])} - 1 - (days + 4), 7);
}

// The first second after `after_seconds` that the alarm bytes match, or kNever.
std::int64_t Rtc::next_alarm(std::int64_t after_seconds) const {
  const auto wanted = [this](std::uint8_t value, bool hour) -> int {
    if ((value & kDontCare) == kDontCare) {
      return -1;
    }
    return static_cast<int>(hour ? decode_hour(value) : decode(value));
  };
  const int hour = wanted(cmos_[kHoursAlarm], true);
  const int minute = wanted(cmos_[kMinutesAlarm], false);
  const int second = wanted(cmos_[kSecondsAlarm], false);
  if (hour >= 24 || minute >= 60 || second >= 60) {
    return kNever;
  }
  const std::int64_t first = after_seconds + 1;
  const std::int64_t day = floor_divide(first, kSecondsPerDay) * kSecondsPerDay;
  // Every value is in range, so today or tomorrow has a match; each step skips a whole hour, minute or second.
  for (std::int64_t candidate = first; candidate < day + 2 * kSecondsPerDay;) {
    const auto in_day = static_cast<int>(floor_modulo(candidate, kSecondsPerDay));
    if (hour >= 0 && in_day / 3600 != hour) {
      candidate += 3600 - in_day % 3600;
    } else if (minute >= 0 && in_day / 60 % 60 != minute) {
      candidate += 60 - in_day % 60;
    } else if (second >= 0 && in_day % 60 != second) {
      ++candidate;
    } else {
      return candidate;
    }
  }
  return kNever;
}

// Periodic rate in 1/32768 s (MC146818A, table 5); 0: none.
std::int64_t Rtc::period_ticks() const {
  const unsigned rate = cmos_[kRegisterA] & kRateMask;
  if (rate == 0 || !divider_runs()) {
    return 0;
  }
  return std::int64_t{1} << ((rate <= 2 ? rate + 7 : rate) - 1);
}

// Flags rise whether or not they are enabled. Without an enabled interrupt nobody waits, so they are worked out when
// somebody looks.
void Rtc::collect_flags(const Moment& moment) {
  const std::int64_t ticks = ticks_at(moment.monotonic);
  const std::int64_t period = period_ticks();
  if (period != 0 && ticks / period > seen_ticks_ / period) {
    cmos_[kRegisterC] |= kPeriodic;
  }
  seen_ticks_ = ticks;
  const std::int64_t seconds = moment.seconds();
  if (time_runs() && seconds > seen_seconds_) {
    cmos_[kRegisterC] |= kUpdate;
    if ((cmos_[kRegisterC] & kAlarm) == 0 && next_alarm(seen_seconds_) <= seconds) {
      cmos_[kRegisterC] |= kAlarm;
    }
  }
  seen_seconds_ = seconds;  // Also when the host's clock was set back.
}

void Rtc::update(const Moment& moment) {
  collect_flags(moment);
  const std::uint8_t enabled = cmos_[kRegisterB] & kInterruptFlags;
  const bool request = (cmos_[kRegisterC] & enabled) != 0;
  cmos_[kRegisterC] =
      static_cast<std::uint8_t>((cmos_[kRegisterC] & kInterruptFlags) | (request ? kInterruptRequest : 0));
  irq_.set(request);

  std::int64_t deadline = kNever;
  if (!request) {  // While the line is up, nothing that happens can change it.
    if (const std::int64_t period = period_ticks(); (enabled & kPeriodic) != 0 && period != 0) {
      deadline = time_of_tick((seen_ticks_ / period + 1) * period);
    }
    std::int64_t second = kNever;
    if ((enabled & kUpdate) != 0 && time_runs()) {
      second = moment.seconds() + 1;
    } else if ((enabled & kAlarm) != 0 && time_runs()) {
      second = next_alarm(moment.seconds());
    }
    if (second != kNever) {
      deadline = std::min(deadline, moment.monotonic + (second * kSecond - moment.guest));
    }
  }
  if (deadline == kNever) {
    timer_->cancel();
  } else {
    timer_->arm(deadline);
  }
}

}  // namespace saffron::legacy
