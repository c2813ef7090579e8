// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/i8042.h"

#include <linux/input-event-codes.h>
#include <QtTest/QtTest>

#include "devices/legacy/ps2_keyboard.h"
#include "devices/legacy/ps2_mouse.h"
#include "engine/core/event_loop.h"
#include "tests/fakes/fake_irq.h"
#include "tests/fakes/manual_clock.h"

using namespace saffron;

namespace {

using Bytes = std::vector<int>;

struct Fixture {
  std::uint8_t status() { return static_cast<std::uint8_t>(controller.read(4, 1)); }
  std::uint8_t data() { return static_cast<std::uint8_t>(controller.read(0, 1)); }
  void command(std::uint8_t byte) { controller.write(4, 1, byte); }
  void put(std::uint8_t byte) { controller.write(0, 1, byte); }
  void mouse_byte(std::uint8_t byte) {
    command(0xd4);
    put(byte);
  }
  void set_command_byte(std::uint8_t byte) {
    command(0x60);
    put(byte);
  }
  Bytes drain() {
    Bytes bytes;
    while ((status() & 1) != 0) {
      bytes.push_back(data());
    }
    return bytes;
  }

  fakes::ManualClock clock;
  fakes::FakeIrqLine irq1;
  fakes::FakeIrqLine irq12;
  int resets = 0;
  std::vector<bool> a20;
  legacy::Ps2Keyboard keyboard{clock};
  legacy::Ps2Mouse mouse;
  legacy::I8042 controller{
      keyboard, mouse, irq1, irq12, {[this] { ++resets; }, [this](bool open) { a20.push_back(open); }}};
};

}  // namespace

class I8042Test : public QObject {
  Q_OBJECT
 private slots:
  void seabios_bring_up();
  void linux_mouse_probe();
  void linux_multiplexing_probe_fails();
  void byte_by_byte_interrupts();
  void interrupts_follow_their_enables();
  void translation();
  void translated_identification();
  void disabled_interfaces_hold_bytes();
  void mouse_bytes_are_marked();
  void output_port_and_a20();
  void reset_commands();
  void sending_enables_the_interface();
  void answers_are_bounded();
  void reading_empty_repeats_the_last();
  void controller_reset();
  void typing_while_the_guest_reads();
};

void I8042Test::seabios_bring_up() {
  Fixture f;
  f.command(0xaa);
  QCOMPARE(f.drain(), (Bytes{0x55}));
  QCOMPARE(f.status() & 0x04, 0x04);
  f.command(0xab);
  QCOMPARE(f.drain(), (Bytes{0x00}));
  f.set_command_byte(0x30);  // Both interfaces off.
  f.put(0xff);
  QCOMPARE(f.drain(), (Bytes{0xfa, 0xaa}));
  f.put(0xf5);
  QCOMPARE(f.drain(), (Bytes{0xfa}));
  f.put(0xf0);
  QCOMPARE(f.drain(), (Bytes{0xfa}));
  f.put(0x02);
  QCOMPARE(f.drain(), (Bytes{0xfa}));
  f.set_command_byte(0x61);
  f.put(0xf4);
  QCOMPARE(f.drain(), (Bytes{0xfa}));
  f.command(0x20);
  QCOMPARE(f.drain(), (Bytes{0x61}));
}

void I8042Test::linux_mouse_probe() {
  Fixture f;
  f.set_command_byte(0x47);
  f.command(0xd3);
  f.put(0x5a);
  QCOMPARE(f.status() & 0x21, 0x21);
  QCOMPARE(f.data(), std::uint8_t{0x5a});
  f.command(0xa7);
  f.command(0x20);
  QCOMPARE(f.drain(), (Bytes{0x67}));
  f.command(0xa8);
  f.command(0x20);
  QCOMPARE(f.drain(), (Bytes{0x47}));
  f.command(0xa9);
  QCOMPARE(f.drain(), (Bytes{0x00}));
  const unsigned before = f.irq12.rises();
  f.command(0xd3);
  f.put(0xa5);
  QCOMPARE(f.irq12.rises(), before + 1);
  QCOMPARE(f.drain(), (Bytes{0xa5}));
}

void I8042Test::linux_multiplexing_probe_fails() {
  Fixture f;
  for (int byte : {0xf0, 0x56, 0xa4}) {
    f.command(0xd3);
    f.put(static_cast<std::uint8_t>(byte));
    QCOMPARE(f.drain(), (Bytes{byte}));  // A multiplexing controller would answer its version to the third.
  }
}

void I8042Test::byte_by_byte_interrupts() {
  Fixture f;
  f.set_command_byte(0x01);
  f.keyboard.key(KEY_UP, true);
  QVERIFY(f.irq1.level());
  QCOMPARE(f.irq1.rises(), 1U);
  QCOMPARE(f.data(), std::uint8_t{0xe0});
  QVERIFY(f.irq1.level());
  QCOMPARE(f.irq1.rises(), 2U);
  QCOMPARE(f.data(), std::uint8_t{0x75});
  QVERIFY(!f.irq1.level());
}

void I8042Test::interrupts_follow_their_enables() {
  Fixture f;
  f.set_command_byte(0x00);
  f.keyboard.key(KEY_A, true);
  QVERIFY(!f.irq1.level());
  f.set_command_byte(0x01);
  QVERIFY(f.irq1.level());
  f.set_command_byte(0x02);
  QVERIFY(!f.irq1.level());
  QVERIFY(!f.irq12.level());
}

void I8042Test::translation() {
  Fixture f;
  f.set_command_byte(0x41);
  f.keyboard.key(KEY_A, true);
  f.keyboard.key(KEY_A, false);
  f.keyboard.key(KEY_UP, true);
  f.keyboard.key(KEY_UP, false);
  QCOMPARE(f.drain(), (Bytes{0x1e, 0x9e, 0xe0, 0x48, 0xe0, 0xc8}));
  f.keyboard.key(KEY_PAUSE, true);
  QCOMPARE(f.drain(), (Bytes{0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5}));
  f.keyboard.key(KEY_F7, true);
  f.keyboard.key(KEY_F7, false);
  QCOMPARE(f.drain(), (Bytes{0x41, 0xc1}));
}

void I8042Test::translated_identification() {
  Fixture f;
  f.set_command_byte(0x40);
  f.put(0xf2);
  QCOMPARE(f.drain(), (Bytes{0xfa, 0xab, 0x41}));
}

void I8042Test::disabled_interfaces_hold_bytes() {
  Fixture f;
  f.mouse_byte(0xf4);
  f.drain();
  f.command(0xad);
  f.command(0xa7);
  f.keyboard.key(KEY_A, true);
  f.mouse.move(1, 0, 0);
  QCOMPARE(f.status() & 1, 0);
  f.command(0xae);
  QCOMPARE(f.drain(), (Bytes{0x1c}));
  f.command(0xa8);
  QCOMPARE(f.drain(), (Bytes{0x08, 1, 0}));
}

void I8042Test::mouse_bytes_are_marked() {
  Fixture f;
  f.mouse_byte(0xff);
  QCOMPARE(f.status() & 0x21, 0x21);
  QVERIFY(f.irq12.level());
  QVERIFY(!f.irq1.level());
  QCOMPARE(f.drain(), (Bytes{0xfa, 0xaa, 0x00}));
  QCOMPARE(f.irq12.rises(), 3U);
}

void I8042Test::output_port_and_a20() {
  Fixture f;
  f.command(0xd0);
  QCOMPARE(f.drain()[0] & 0x03, 0x03);
  f.command(0xd1);
  f.put(0xdd);
  f.command(0xd0);
  QCOMPARE(f.drain()[0] & 0x03, 0x01);
  f.command(0xd1);
  f.put(0xdf);
  f.command(0xdd);
  f.command(0xdf);
  QCOMPARE(f.a20, (std::vector<bool>{false, true, false, true}));
  QCOMPARE(f.resets, 0);
}

void I8042Test::reset_commands() {
  Fixture f;
  f.command(0xff);
  QCOMPARE(f.resets, 0);
  f.command(0xfe);
  QCOMPARE(f.resets, 1);
  f.command(0xd1);
  f.put(0x02);
  QCOMPARE(f.resets, 2);
}

void I8042Test::sending_enables_the_interface() {
  Fixture f;
  f.set_command_byte(0x30);
  f.put(0xee);
  QCOMPARE(f.drain(), (Bytes{0xee}));
  f.mouse_byte(0xf2);
  QCOMPARE(f.drain(), (Bytes{0xfa, 0x00}));
}

void I8042Test::answers_are_bounded() {
  Fixture f;
  for (int i = 0; i < 10000; ++i) {
    f.command(0xaa);
  }
  QVERIFY(f.drain().size() <= 17);
}

void I8042Test::reading_empty_repeats_the_last() {
  Fixture f;
  f.keyboard.key(KEY_A, true);
  QCOMPARE(f.data(), std::uint8_t{0x1c});
  QCOMPARE(f.data(), std::uint8_t{0x1c});
  QCOMPARE(f.status() & 1, 0);
}

void I8042Test::controller_reset() {
  Fixture f;
  f.keyboard.key(KEY_A, true);
  QVERIFY(f.irq1.level());
  f.controller.reset();
  QVERIFY(!f.irq1.level());
  QCOMPARE(f.status() & 0x05, 0);
}

// Keys come on the control thread, reads on a vCPU's: nothing is lost, doubled or torn.
void I8042Test::typing_while_the_guest_reads() {
  auto control = std::move(core::LoopThread::start("control")).value();
  fakes::FakeIrqLine irq1;
  fakes::FakeIrqLine irq12;
  auto keyboard = std::make_unique<legacy::Ps2Keyboard>(control->loop());
  legacy::Ps2Mouse mouse;
  legacy::I8042 controller(*keyboard, mouse, irq1, irq12, {});
  constexpr int kStrokes = 100;  // Fewer events than the backlog holds.
  control->loop().post([&] {
    for (int i = 0; i < kStrokes; ++i) {
      keyboard->key(KEY_UP, true);
      keyboard->key(KEY_UP, false);
      mouse.move(1, 1, 0);
    }
  });
  Bytes bytes;
  while (bytes.size() < kStrokes * 5) {
    if ((controller.read(4, 1) & 1) != 0) {
      bytes.push_back(static_cast<int>(controller.read(0, 1)));
    }
  }
  for (int i = 0; i < kStrokes; ++i) {
    const auto begin = bytes.begin() + i * 5;
    QCOMPARE(Bytes(begin, begin + 5), (Bytes{0xe0, 0x75, 0xe0, 0xf0, 0x75}));
  }
  control->loop().run_sync([&] { keyboard.reset(); });
  QVERIFY(!irq1.level());
}

QTEST_APPLESS_MAIN(I8042Test)
#include "i8042_test.moc"
