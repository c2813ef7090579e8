// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/display_tap.h"

#include <QtTest/QtTest>

#include "tests/fakes/fake_display_source.h"
#include "tests/fakes/recording_sink.h"

using namespace saffron;
using namespace saffron::machine;

class DisplayTapTest : public QObject {
  Q_OBJECT
 private slots:
  void it_knows_the_size_without_a_viewer();
  void the_sink_behind_gets_everything();
  void a_size_is_told_once();
  void the_other_way_passes_through();
  void the_device_may_outlive_the_tap();
};

void DisplayTapTest::it_knows_the_size_without_a_viewer() {
  fakes::FakeDisplaySource device(640, 480);

  DisplayTap tap(device);

  QCOMPARE(tap.width(), 640U);
  QCOMPARE(tap.height(), 480U);
  device.set_mode(1280, 800);
  QCOMPARE(tap.width(), 1280U);
}

void DisplayTapTest::the_sink_behind_gets_everything() {
  fakes::FakeDisplaySource device(64, 48);
  DisplayTap tap(device);
  fakes::RecordingSink sink;
  device.paint_pattern(1);

  tap.set_sink(&sink);
  QCOMPARE(sink.picture.pixels, device.capture().pixels);  // A late viewer gets the whole screen.
  device.fill({3, 4, 5, 6}, 0x00ff00);

  QCOMPARE(sink.picture.pixels, device.capture().pixels);
  QCOMPARE(sink.last_damage, (std::vector<ports::Rect>{{3, 4, 5, 6}}));
  QCOMPARE(sink.error, std::string());
  tap.set_sink(nullptr);
  const auto updates = sink.updates;
  device.paint_pattern(2);
  QCOMPARE(sink.updates, updates);
}

void DisplayTapTest::a_size_is_told_once() {
  fakes::FakeDisplaySource device(640, 480);
  DisplayTap tap(device);
  int told = 0;
  tap.set_size_listener([&] { ++told; });

  device.refresh_all();
  QCOMPARE(told, 0);
  device.set_mode(800, 600);

  QCOMPARE(told, 1);
}

void DisplayTapTest::the_other_way_passes_through() {
  fakes::FakeDisplaySource device(32, 32);
  DisplayTap tap(device);
  device.paint_pattern(3);
  const int refreshes = device.refreshes;

  tap.wake();
  tap.refresh_all();

  QCOMPARE(device.wakes, 1);
  QCOMPARE(device.refreshes, refreshes + 1);
  QCOMPARE(tap.capture().pixels, device.capture().pixels);
}

void DisplayTapTest::the_device_may_outlive_the_tap() {
  fakes::FakeDisplaySource device(32, 32);
  fakes::RecordingSink sink;
  {
    DisplayTap tap(device);
    tap.set_sink(&sink);
  }
  const auto updates = sink.updates;

  device.paint_pattern(4);

  QCOMPARE(sink.updates, updates);
}

QTEST_APPLESS_MAIN(DisplayTapTest)
#include "display_tap_test.moc"
