// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/irq_output.h"

#include <QtTest/QtTest>

#include <mutex>
#include <thread>

#include "tests/fakes/fake_irq.h"

using namespace saffron::legacy;
using saffron::fakes::FakeIrqLine;

class IrqOutputTest : public QObject {
  Q_OBJECT
 private slots:
  void nothing_moves_before_delivery();
  void a_fall_and_rise_before_delivery_is_an_edge();
  void a_pulse_that_is_over_leaves_the_line_low();
  void threads_end_at_the_last_level();
};

void IrqOutputTest::nothing_moves_before_delivery() {
  FakeIrqLine line;
  IrqOutput output(line);
  output.set(true);
  QVERIFY(!line.level());
  output.deliver();
  QVERIFY(line.level());
}

void IrqOutputTest::a_fall_and_rise_before_delivery_is_an_edge() {
  FakeIrqLine line;
  IrqOutput output(line);
  output.set(true);
  output.deliver();
  output.set(false);
  output.set(true);
  output.deliver();
  QVERIFY(line.level());
  QCOMPARE(line.rises(), 2U);
}

void IrqOutputTest::a_pulse_that_is_over_leaves_the_line_low() {
  FakeIrqLine line;
  IrqOutput output(line);
  output.set(true);
  output.set(false);
  output.deliver();
  QVERIFY(!line.level());
}

void IrqOutputTest::threads_end_at_the_last_level() {
  FakeIrqLine line;
  IrqOutput output(line);
  std::mutex device;
  const auto work = [&] {
    for (int i = 0; i < 5000; ++i) {
      {
        std::lock_guard lock(device);
        output.set(!output.level());
      }
      output.deliver();
    }
  };
  std::thread first(work);
  std::thread second(work);
  first.join();
  second.join();
  QCOMPARE(line.level(), output.level());
}

QTEST_APPLESS_MAIN(IrqOutputTest)
#include "irq_output_test.moc"
