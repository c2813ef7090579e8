// SPDX-License-Identifier: Apache-2.0
// The devices of one or two ports: post, reset, port 92, pvpanic, debugcon, APM.
#include <QtTest/QtTest>

#include "devices/legacy/apm_port.h"
#include "devices/legacy/debugcon.h"
#include "devices/legacy/port92.h"
#include "devices/legacy/post_port.h"
#include "devices/legacy/pvpanic.h"
#include "devices/legacy/reset_port.h"

using namespace saffron::legacy;

class SmallPortsTest : public QObject {
  Q_OBJECT
 private slots:
  void post_port_reads_back();
  void reset_port_fires_when_the_bit_rises();
  void reset_port_keeps_its_type_bits();
  void port92_reports_a20_changes_once();
  void port92_resets_when_the_bit_rises();
  void pvpanic_reports_known_events();
  void debugcon_collects_lines_and_caps_them();
  void apm_switches_acpi_mode();
};

void SmallPortsTest::post_port_reads_back() {
  PostPort port;
  port.write(0, 1, 0x42);
  QCOMPARE(port.read(0, 1), std::uint64_t{0x42});
  QCOMPARE(port.code(), std::uint8_t{0x42});
}

void SmallPortsTest::reset_port_fires_when_the_bit_rises() {
  int resets = 0;
  ResetPort port([&] { ++resets; });
  port.write(0, 1, 0x02);
  QCOMPARE(resets, 0);
  port.write(0, 1, 0x06);
  QCOMPARE(resets, 1);
  port.write(0, 1, 0x06);
  QCOMPARE(resets, 1);
  port.reset();
  port.write(0, 1, ResetPort::kAcpiResetValue);
  QCOMPARE(resets, 2);
}

void SmallPortsTest::reset_port_keeps_its_type_bits() {
  ResetPort port([] {});
  port.write(0, 1, 0xfa);
  QCOMPARE(port.read(0, 1), std::uint64_t{0x0a});
}

void SmallPortsTest::port92_reports_a20_changes_once() {
  std::vector<bool> changes;
  Port92 port([] {}, [&](bool open) { changes.push_back(open); });
  QCOMPARE(port.read(0, 1), std::uint64_t{2});
  port.write(0, 1, 2);
  port.write(0, 1, 0);
  port.write(0, 1, 0);
  port.write(0, 1, 2);
  QCOMPARE(changes, (std::vector<bool>{false, true}));
}

void SmallPortsTest::port92_resets_when_the_bit_rises() {
  int resets = 0;
  Port92 port([&] { ++resets; }, nullptr);
  port.write(0, 1, 3);
  port.write(0, 1, 3);
  QCOMPARE(resets, 1);
}

void SmallPortsTest::pvpanic_reports_known_events() {
  std::vector<std::uint8_t> events;
  PvPanic port([&](std::uint8_t event) { events.push_back(event); });
  QCOMPARE(port.read(0, 1), std::uint64_t{3});
  port.write(0, 1, PvPanic::kPanicked);
  port.write(0, 1, 0xf8);
  port.write(0, 1, PvPanic::kCrashLoaded);
  QCOMPARE(events, (std::vector<std::uint8_t>{PvPanic::kPanicked, PvPanic::kCrashLoaded}));
}

void SmallPortsTest::debugcon_collects_lines_and_caps_them() {
  DebugCon console;
  QCOMPARE(console.read(0, 1), std::uint64_t{0xe9});
  for (char letter : std::string("ab\r\ncd")) {
    console.write(0, 1, static_cast<std::uint8_t>(letter));
  }
  QCOMPARE(console.partial_line(), std::string("cd"));
  for (std::size_t i = 0; i < 10 * DebugCon::kMaxLine; ++i) {
    console.write(0, 1, 'x');
    QVERIFY(console.partial_line().size() < DebugCon::kMaxLine);
  }
}

void SmallPortsTest::apm_switches_acpi_mode() {
  std::vector<bool> modes;
  ApmPort port([&](bool acpi) { modes.push_back(acpi); });
  port.write(1, 1, 0x55);
  port.write(0, 1, ApmPort::kAcpiEnable);
  port.write(0, 1, 0x77);
  port.write(0, 1, ApmPort::kAcpiDisable);
  QCOMPARE(modes, (std::vector<bool>{true, false}));
  QCOMPARE(port.read(0, 1), std::uint64_t{ApmPort::kAcpiDisable});
  QCOMPARE(port.read(1, 1), std::uint64_t{0x55});
}

QTEST_APPLESS_MAIN(SmallPortsTest)
#include "small_ports_test.moc"
