// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/rtc_cmos.h"

#include <QtTest/QtTest>

#include "tests/fakes/fake_irq.h"
#include "tests/fakes/manual_clock.h"

using namespace saffron;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMillisecond = 1'000'000;
// 2024-02-29T23:59:58Z, a Thursday.
constexpr std::int64_t kLeapEvening = 1'709'251'198;

struct Fixture {
  explicit Fixture(std::int64_t wall_seconds = kLeapEvening) {
    clock.set_wall_ns(wall_seconds * kSecond);
    (void)get(0x0c);  // The step has set the flags.
  }
  std::uint8_t get(std::uint8_t index) {
    rtc.write(0, 1, index);
    return static_cast<std::uint8_t>(rtc.read(1, 1));
  }
  void put(std::uint8_t index, std::uint8_t value) {
    rtc.write(0, 1, index);
    rtc.write(1, 1, value);
  }
  std::vector<int> time() {
    std::vector<int> values;
    for (std::uint8_t index : {0x32, 9, 8, 7, 6, 4, 2, 0}) {
      values.push_back(get(index));
    }
    return values;
  }

  fakes::ManualClock clock;
  fakes::FakeIrqLine irq;
  legacy::Rtc rtc{irq, clock};
};

}  // namespace

class RtcCmosTest : public QObject {
  Q_OBJECT
 private slots:
  void shows_the_hosts_time_in_bcd();
  void rolls_over_a_leap_day();
  void binary_and_twelve_hours();
  void noon_and_midnight_in_twelve_hours();
  void update_in_progress_before_the_second();
  void set_stops_and_restarts_time();
  void divider_reset_gives_half_a_second();
  void nonsense_dates_do_no_harm();
  void setting_a_running_clock_keeps_the_rest();
  void periodic_interrupt_at_its_rate();
  void periodic_flag_without_interrupt_needs_no_timer();
  void update_interrupt_each_second();
  void alarm_at_its_time();
  void alarm_with_wildcards_each_minute();
  void impossible_alarm_arms_nothing();
  void reading_c_clears_and_lowers();
  void set_clears_the_update_interrupt();
  void reset_stops_interrupts_and_keeps_time();
  void memory_banks();
};

void RtcCmosTest::shows_the_hosts_time_in_bcd() {
  Fixture f;
  QCOMPARE(f.time(), (std::vector<int>{0x20, 0x24, 0x02, 0x29, 5, 0x23, 0x59, 0x58}));
  QCOMPARE(f.get(0x0d), std::uint8_t{0x80});
}

void RtcCmosTest::rolls_over_a_leap_day() {
  Fixture f;
  f.clock.advance(2 * kSecond);
  QCOMPARE(f.time(), (std::vector<int>{0x20, 0x24, 0x03, 0x01, 6, 0x00, 0x00, 0x00}));
}

void RtcCmosTest::binary_and_twelve_hours() {
  Fixture f;
  f.put(0x0b, 0x04);
  QCOMPARE(f.time(), (std::vector<int>{20, 24, 2, 29, 5, 0x80 | 11, 59, 58}));
}

void RtcCmosTest::noon_and_midnight_in_twelve_hours() {
  Fixture f(kLeapEvening + 2);
  f.put(0x0b, 0x00);
  QCOMPARE(f.get(4), std::uint8_t{0x12});
  f.clock.advance(12 * 3600 * kSecond);
  QCOMPARE(f.get(4), std::uint8_t{0x92});
}

void RtcCmosTest::update_in_progress_before_the_second() {
  Fixture f;
  QCOMPARE(f.get(0x0a), std::uint8_t{0x26});
  f.clock.advance(999 * kMillisecond);
  QCOMPARE(f.get(0x0a), std::uint8_t{0xa6});
  f.clock.advance(1 * kMillisecond);
  QCOMPARE(f.get(0x0a), std::uint8_t{0x26});
}

void RtcCmosTest::set_stops_and_restarts_time() {
  Fixture f;
  f.put(0x0b, 0x82);
  f.clock.advance(10 * kSecond);
  QCOMPARE(f.get(0), std::uint8_t{0x58});
  for (const auto& [index, value] :
       std::vector<std::pair<int, int>>{{0x32, 0x19}, {9, 0x99}, {8, 0x12}, {7, 0x31}, {6, 6}, {4, 0x23}, {2, 0x59}}) {
    f.put(static_cast<std::uint8_t>(index), static_cast<std::uint8_t>(value));
  }
  f.put(0, 0x59);
  f.put(0x0b, 0x02);
  QCOMPARE(f.time(), (std::vector<int>{0x19, 0x99, 0x12, 0x31, 6, 0x23, 0x59, 0x59}));
  f.clock.advance(1 * kSecond);
  QCOMPARE(f.time(), (std::vector<int>{0x20, 0x00, 0x01, 0x01, 7, 0, 0, 0}));
}

void RtcCmosTest::divider_reset_gives_half_a_second() {
  Fixture f;
  f.clock.advance(100 * kMillisecond);
  f.put(0x0b, 0x82);
  f.put(0x0a, 0x76);
  f.put(0, 0x10);
  f.put(0x0b, 0x02);
  f.clock.advance(5 * kSecond);
  QCOMPARE(f.get(0), std::uint8_t{0x10});  // The divider still holds it.
  f.put(0x0a, 0x26);
  f.clock.advance(499 * kMillisecond);
  QCOMPARE(f.get(0), std::uint8_t{0x10});
  f.clock.advance(2 * kMillisecond);
  QCOMPARE(f.get(0), std::uint8_t{0x11});
}

void RtcCmosTest::nonsense_dates_do_no_harm() {
  for (int value : {0x00, 0x99, 0xaa, 0xff}) {
    Fixture f;
    f.put(0x0b, 0x86);
    for (std::uint8_t index : {0, 2, 4, 6, 7, 8, 9, 0x32}) {
      f.put(index, static_cast<std::uint8_t>(value));
    }
    f.put(0x0b, 0x30);
    f.clock.advance(3 * kSecond);
    QVERIFY(f.get(8) >= 1 && f.get(8) <= 0x12);
    QVERIFY(f.get(7) >= 1 && f.get(7) <= 0x31);
  }
}

void RtcCmosTest::setting_a_running_clock_keeps_the_rest() {
  Fixture f;
  f.put(2, 0x30);
  QCOMPARE(f.time(), (std::vector<int>{0x20, 0x24, 0x02, 0x29, 5, 0x23, 0x30, 0x58}));
  QCOMPARE(f.rtc.offset_ns(), -29 * 60 * kSecond);
}

void RtcCmosTest::periodic_interrupt_at_its_rate() {
  Fixture f;
  f.put(0x0a, 0x2f);  // 2 Hz.
  f.put(0x0b, 0x42);
  unsigned interrupts = 0;
  for (int i = 0; i < 100; ++i) {
    f.clock.advance(100 * kMillisecond);
    if (f.irq.level()) {
      ++interrupts;
      QCOMPARE(f.get(0x0c) & 0xc0, 0xc0);
    }
  }
  QCOMPARE(interrupts, 20U);
}

void RtcCmosTest::periodic_flag_without_interrupt_needs_no_timer() {
  Fixture f;
  (void)f.get(0x0c);
  f.clock.advance(50 * kMillisecond);
  QCOMPARE(f.clock.armed_timers(), 0U);
  QCOMPARE(f.get(0x0c), std::uint8_t{0x40});
  QVERIFY(!f.irq.level());
}

void RtcCmosTest::update_interrupt_each_second() {
  Fixture f;
  f.put(0x0b, 0x12);
  f.clock.advance(999 * kMillisecond);
  QVERIFY(!f.irq.level());
  f.clock.advance(1 * kMillisecond);
  QVERIFY(f.irq.level());
  QCOMPARE(f.clock.armed_timers(), 0U);  // Nothing more can happen before C is read.
  QCOMPARE(f.get(0x0c) & 0x90, 0x90);
  QVERIFY(!f.irq.level());
  f.clock.advance(1 * kSecond);
  QCOMPARE(f.irq.rises(), 2U);
}

void RtcCmosTest::alarm_at_its_time() {
  Fixture f;
  f.put(1, 0x05);
  f.put(3, 0x00);
  f.put(5, 0x06);
  f.put(0x0b, 0x22);
  f.clock.advance((2 + 6 * 3600 + 4) * kSecond);
  QVERIFY(!f.irq.level());
  f.clock.advance(1 * kSecond);
  QVERIFY(f.irq.level());
  QCOMPARE(f.get(0x0c) & 0xa0, 0xa0);
}

void RtcCmosTest::alarm_with_wildcards_each_minute() {
  Fixture f;
  f.put(1, 0x30);
  f.put(3, 0xff);
  f.put(5, 0xc0);
  f.put(0x0b, 0x22);
  unsigned alarms = 0;
  for (int i = 0; i < 300; ++i) {
    f.clock.advance(kSecond);
    if (f.irq.level()) {
      ++alarms;
      QCOMPARE(f.get(0), std::uint8_t{0x30});
      (void)f.get(0x0c);
    }
  }
  QCOMPARE(alarms, 5U);
}

void RtcCmosTest::impossible_alarm_arms_nothing() {
  Fixture f;
  f.put(3, 0x77);
  f.put(0x0b, 0x22);
  QCOMPARE(f.clock.armed_timers(), 0U);
}

void RtcCmosTest::reading_c_clears_and_lowers() {
  Fixture f;
  f.clock.advance(2 * kSecond);
  QCOMPARE(f.get(0x0c) & 0x50, 0x50);
  QCOMPARE(f.get(0x0c), std::uint8_t{0});
}

void RtcCmosTest::set_clears_the_update_interrupt() {
  Fixture f;
  f.put(0x0b, 0x12);
  f.put(0x0b, 0x92);
  QCOMPARE(f.get(0x0b), std::uint8_t{0x82});
  QCOMPARE(f.clock.armed_timers(), 0U);
}

void RtcCmosTest::reset_stops_interrupts_and_keeps_time() {
  Fixture f;
  f.put(2, 0x30);
  f.put(0x0b, 0x52);
  f.clock.advance(kSecond);
  QVERIFY(f.irq.level());
  f.rtc.reset();
  QVERIFY(!f.irq.level());
  QCOMPARE(f.clock.armed_timers(), 0U);
  QCOMPARE(f.get(2), std::uint8_t{0x30});
  QCOMPARE(f.get(0x0b), std::uint8_t{0x02});
}

void RtcCmosTest::memory_banks() {
  Fixture f;
  f.rtc.set_byte(0x5f, 3);
  f.rtc.set_byte(0x05, 0x77);  // The clock's own: refused.
  QCOMPARE(f.get(0x5f), std::uint8_t{3});
  QCOMPARE(f.get(0x80 | 0x5f), std::uint8_t{3});  // Bit 7 is the NMI mask.
  QCOMPARE(f.get(0x05), std::uint8_t{0});
  f.rtc.write(2, 1, 0x5f);
  f.rtc.write(3, 1, 9);
  QCOMPARE(f.rtc.byte(0xdf), std::uint8_t{9});
  QCOMPARE(f.rtc.byte(0x5f), std::uint8_t{3});
  f.put(0x0f, 0x0a);
  QCOMPARE(f.rtc.byte(0x0f), std::uint8_t{0x0a});
}

QTEST_APPLESS_MAIN(RtcCmosTest)
#include "rtc_cmos_test.moc"
