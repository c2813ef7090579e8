// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/acpi_pm.h"

#include <QtTest/QtTest>

#include "tests/fakes/fake_irq.h"
#include "tests/fakes/manual_clock.h"

using namespace saffron;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct Fixture {
  fakes::ManualClock clock;
  fakes::FakeIrqLine sci;
  int offs = 0;
  legacy::AcpiPm pm{sci, clock, [this] { ++offs; }};
};

}  // namespace

class AcpiPmTest : public QObject {
  Q_OBJECT
 private slots:
  void timer_counts_3579545_hertz_in_24_bits();
  void power_button_raises_the_sci();
  void power_button_before_it_is_enabled();
  void status_is_cleared_by_ones_bytewise();
  void soft_off_only_with_its_type();
  void other_sleep_types_wake_at_once();
  void overflow_interrupt_only_while_enabled();
  void overflow_status_without_interrupt();
  void general_purpose_events();
  void smi_enable_shows_apmc();
  void sci_enable_stays_set();
  void wide_write_reaches_both_registers();
  void reset_lowers_the_sci();
};

void AcpiPmTest::timer_counts_3579545_hertz_in_24_bits() {
  Fixture f;
  f.clock.advance(kSecond);
  QCOMPARE(f.pm.read(8, 4), std::uint64_t{3'579'545});
  f.clock.advance(4 * kSecond);
  QCOMPARE(f.pm.read(8, 4), std::uint64_t{5 * 3'579'545 - (1 << 24)});
  QCOMPARE(f.pm.read(10, 1), std::uint64_t{(5 * 3'579'545 - (1 << 24)) >> 16});
}

void AcpiPmTest::power_button_raises_the_sci() {
  Fixture f;
  f.pm.write(2, 2, 0x0100);
  QVERIFY(f.pm.press_power_button());
  QVERIFY(f.sci.level());
  QCOMPARE(f.pm.read(0, 2), std::uint64_t{0x0100});
  f.pm.write(0, 2, 0x0100);
  QVERIFY(!f.sci.level());
}

void AcpiPmTest::power_button_before_it_is_enabled() {
  Fixture f;
  QVERIFY(!f.pm.press_power_button());
  QVERIFY(!f.sci.level());
  f.pm.write(2, 2, 0x0100);
  QVERIFY(f.sci.level());
}

void AcpiPmTest::status_is_cleared_by_ones_bytewise() {
  Fixture f;
  f.pm.press_power_button();
  f.pm.note_wake();
  f.pm.write(0, 1, 0xff);
  QCOMPARE(f.pm.read(0, 2), std::uint64_t{0x8100});
  f.pm.write(1, 1, 0x80);
  QCOMPARE(f.pm.read(0, 2), std::uint64_t{0x0100});
}

void AcpiPmTest::soft_off_only_with_its_type() {
  Fixture f;
  f.pm.write(4, 2, 0x0001);
  QCOMPARE(f.offs, 0);
  f.pm.write(4, 2, 0x2001);
  QCOMPARE(f.offs, 1);
  QCOMPARE(f.pm.read(4, 2) & 0x2000, std::uint64_t{0});  // SLP_EN is write-only.
  f.pm.write(5, 1, 0x20);
  QCOMPARE(f.offs, 2);
}

void AcpiPmTest::other_sleep_types_wake_at_once() {
  Fixture f;
  f.pm.write(4, 2, 0x2000 | 1 << 10);
  QCOMPARE(f.offs, 0);
  QCOMPARE(f.pm.read(0, 2), std::uint64_t{0x8000});
}

void AcpiPmTest::overflow_interrupt_only_while_enabled() {
  Fixture f;
  QCOMPARE(f.clock.armed_timers(), 0U);
  f.pm.write(2, 2, 1);
  QCOMPARE(f.clock.armed_timers(), 1U);
  f.clock.advance(2 * kSecond);
  QVERIFY(!f.sci.level());
  f.clock.advance(kSecond);  // Bit 23 changes after 2.34 s.
  QVERIFY(f.sci.level());
  QCOMPARE(f.clock.armed_timers(), 0U);
  f.pm.write(0, 2, 1);
  QVERIFY(!f.sci.level());
  f.clock.advance(2 * kSecond);
  QVERIFY(f.sci.level());
  f.pm.write(2, 2, 0);
  QVERIFY(!f.sci.level());
}

void AcpiPmTest::overflow_status_without_interrupt() {
  Fixture f;
  f.clock.advance(3 * kSecond);
  QCOMPARE(f.pm.read(0, 2), std::uint64_t{1});
  f.pm.write(0, 2, 1);
  QCOMPARE(f.pm.read(0, 2), std::uint64_t{0});
}

void AcpiPmTest::general_purpose_events() {
  Fixture f;
  f.pm.raise_gpe(17);
  f.pm.raise_gpe(1000);
  QCOMPARE(f.pm.read(0x20, 4), std::uint64_t{1 << 17});
  QVERIFY(!f.sci.level());
  f.pm.write(0x2a, 1, 2);
  QVERIFY(f.sci.level());
  f.pm.write(0x20, 4, 1 << 17);
  QVERIFY(!f.sci.level());
}

void AcpiPmTest::smi_enable_shows_apmc() {
  Fixture f;
  QCOMPARE(f.pm.read(0x30, 4), std::uint64_t{0x20});
  f.pm.write(0x30, 4, 0);
  QCOMPARE(f.pm.read(0x30, 4), std::uint64_t{0x20});
}

void AcpiPmTest::sci_enable_stays_set() {
  Fixture f;
  QCOMPARE(f.pm.read(4, 2), std::uint64_t{1});
  f.pm.write(4, 2, 0);
  QCOMPARE(f.pm.read(4, 2), std::uint64_t{1});
}

void AcpiPmTest::wide_write_reaches_both_registers() {
  Fixture f;
  f.pm.press_power_button();
  f.pm.write(0, 4, 0xffff0000);
  QCOMPARE(f.pm.read(0, 4), std::uint64_t{0x07210100});
  QVERIFY(f.sci.level());
}

void AcpiPmTest::reset_lowers_the_sci() {
  Fixture f;
  f.pm.write(2, 2, 0x0100);
  f.pm.press_power_button();
  f.pm.reset();
  QVERIFY(!f.sci.level());
  QCOMPARE(f.pm.read(0, 4), std::uint64_t{0});
}

QTEST_APPLESS_MAIN(AcpiPmTest)
#include "acpi_pm_test.moc"
