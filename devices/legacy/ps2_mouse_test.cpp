// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/ps2_mouse.h"

#include <QtTest/QtTest>

using namespace saffron;
using ports::PointerButton;

namespace {

using Bytes = std::vector<int>;

struct Fixture {
  Fixture() {
    mouse.set_output_listener([this] { ++wakes; });
  }
  Bytes drain() {
    Bytes bytes;
    while (auto byte = mouse.take()) {
      bytes.push_back(*byte);
    }
    return bytes;
  }
  Bytes send(std::initializer_list<int> bytes) {
    Bytes answers;
    for (int byte : bytes) {
      mouse.receive(static_cast<std::uint8_t>(byte));
      const Bytes part = drain();
      answers.insert(answers.end(), part.begin(), part.end());
    }
    return answers;
  }
  void wheel_mouse() { send({0xf3, 200, 0xf3, 100, 0xf3, 80, 0xf4}); }
  void explorer() { send({0xf3, 200, 0xf3, 200, 0xf3, 80, 0xf4}); }

  legacy::Ps2Mouse mouse;
  int wakes = 0;
};

}  // namespace

class Ps2MouseTest : public QObject {
  Q_OBJECT
 private slots:
  void reset_answers();
  void silent_until_enabled();
  void standard_packets();
  void motion_adds_up();
  void large_motion_is_split();
  void intellimouse();
  void explorer_buttons();
  void rates_of_another_order_stay_standard();
  void clicks_are_kept_apart();
  void flood_ends_with_the_right_buttons();
  void status_request();
  void remote_mode();
  void wrap_mode();
  void bad_bytes();
  void scaling();
  void resend();
  void command_ends_a_packet();
};

void Ps2MouseTest::reset_answers() {
  Fixture f;
  QCOMPARE(f.send({0xff}), (Bytes{0xfa, 0xaa, 0x00}));
  QCOMPARE(f.send({0xf2}), (Bytes{0xfa, 0x00}));
}

void Ps2MouseTest::silent_until_enabled() {
  Fixture f;
  f.mouse.move(5, 5, 0);
  f.mouse.button(PointerButton::kLeft, true);
  QCOMPARE(f.drain(), (Bytes{}));
  QCOMPARE(f.wakes, 0);
  QVERIFY(!f.mouse.active());
  QCOMPARE(f.send({0xf4}), (Bytes{0xfa}));
  QVERIFY(f.mouse.active());
  QCOMPARE(f.drain(), (Bytes{}));
}

void Ps2MouseTest::standard_packets() {
  Fixture f;
  f.send({0xf4});
  f.mouse.move(3, -4, 0);
  QCOMPARE(f.wakes, 1);
  QCOMPARE(f.drain(), (Bytes{0x08, 3, 4}));
  f.mouse.move(-3, 4, 0);
  QCOMPARE(f.drain(), (Bytes{0x38, 0xfd, 0xfc}));
  f.mouse.button(PointerButton::kRight, true);
  QCOMPARE(f.drain(), (Bytes{0x0a, 0, 0}));
  f.mouse.button(PointerButton::kRight, true);
  QCOMPARE(f.drain(), (Bytes{}));
  f.mouse.button(PointerButton::kMiddle, true);
  QCOMPARE(f.drain(), (Bytes{0x0e, 0, 0}));
}

void Ps2MouseTest::motion_adds_up() {
  Fixture f;
  f.send({0xf4});
  for (int i = 0; i < 10; ++i) {
    f.mouse.move(1, 2, 0);
  }
  QCOMPARE(f.drain(), (Bytes{0x28, 10, 0xec}));
}

void Ps2MouseTest::large_motion_is_split() {
  Fixture f;
  f.send({0xf4});
  f.mouse.move(300, 0, 0);
  QCOMPARE(f.drain(), (Bytes{0x08, 255, 0, 0x08, 45, 0}));
  f.mouse.move(INT32_MIN, INT32_MAX, 0);
  const Bytes bytes = f.drain();
  QVERIFY(bytes.size() <= 3 * 20);
  QCOMPARE(bytes[0], 0x38);
}

void Ps2MouseTest::intellimouse() {
  Fixture f;
  f.wheel_mouse();
  QCOMPARE(f.send({0xf2}), (Bytes{0xfa, 3}));
  f.mouse.move(0, 0, 1);
  QCOMPARE(f.drain(), (Bytes{0x08, 0, 0, 0xff}));
  f.mouse.move(0, 0, -10);
  QCOMPARE(f.drain(), (Bytes{0x08, 0, 0, 7, 0x08, 0, 0, 3}));
}

void Ps2MouseTest::explorer_buttons() {
  Fixture f;
  f.explorer();
  QCOMPARE(f.send({0xf2}), (Bytes{0xfa, 4}));
  f.mouse.button(PointerButton::kSide, true);
  QCOMPARE(f.drain(), (Bytes{0x08, 0, 0, 0x10}));
  f.mouse.button(PointerButton::kExtra, true);
  f.mouse.move(0, 0, 1);
  QCOMPARE(f.drain(), (Bytes{0x08, 0, 0, 0x3f}));
}

void Ps2MouseTest::rates_of_another_order_stay_standard() {
  Fixture f;
  f.send({0xf3, 200, 0xe8, 3, 0xf3, 100, 0xf3, 80});
  QCOMPARE(f.send({0xf2}), (Bytes{0xfa, 0}));
  f.wheel_mouse();
  QCOMPARE(f.send({0xff}), (Bytes{0xfa, 0xaa, 0x00}));
  QCOMPARE(f.send({0xf2}), (Bytes{0xfa, 0}));
}

void Ps2MouseTest::clicks_are_kept_apart() {
  Fixture f;
  f.send({0xf4});
  f.mouse.move(1, 0, 0);
  f.mouse.button(PointerButton::kLeft, true);
  f.mouse.button(PointerButton::kLeft, false);
  f.mouse.move(2, 0, 0);
  QCOMPARE(f.drain(), (Bytes{0x08, 1, 0, 0x09, 0, 0, 0x08, 2, 0}));
}

void Ps2MouseTest::flood_ends_with_the_right_buttons() {
  Fixture f;
  f.send({0xf4});
  for (int i = 0; i < 1001; ++i) {
    f.mouse.button(PointerButton::kLeft, i % 2 == 0);
  }
  const Bytes bytes = f.drain();
  QVERIFY(bytes.size() <= 3 * legacy::Ps2Mouse::kMaxPending);
  QCOMPARE(bytes[bytes.size() - 3], 0x09);
}

void Ps2MouseTest::status_request() {
  Fixture f;
  f.send({0xe8, 3, 0xf3, 40, 0xe7, 0xf4});
  f.mouse.button(PointerButton::kLeft, true);
  f.drain();
  QCOMPARE(f.send({0xe9}), (Bytes{0xfa, 0x34, 3, 40}));
  f.mouse.button(PointerButton::kLeft, false);
  f.mouse.button(PointerButton::kRight, true);
  f.drain();
  QCOMPARE(f.send({0xe9}), (Bytes{0xfa, 0x31, 3, 40}));
}

void Ps2MouseTest::remote_mode() {
  Fixture f;
  f.send({0xf0});
  f.mouse.move(2, 0, 0);
  QCOMPARE(f.drain(), (Bytes{}));
  QCOMPARE(f.send({0xeb}), (Bytes{0xfa, 0x08, 2, 0}));
  QCOMPARE(f.send({0xeb}), (Bytes{0xfa, 0x08, 0, 0}));
}

void Ps2MouseTest::wrap_mode() {
  Fixture f;
  QCOMPARE(f.send({0xee, 0x55, 0xf4, 0xec}), (Bytes{0xfa, 0x55, 0xf4, 0xfa}));
  QCOMPARE(f.send({0xf2}), (Bytes{0xfa, 0}));
}

void Ps2MouseTest::bad_bytes() {
  Fixture f;
  QCOMPARE(f.send({0x01, 0x02, 0x03}), (Bytes{0xfe, 0xfc, 0xfe}));
  QCOMPARE(f.send({0xf4}), (Bytes{0xfa}));
  QCOMPARE(f.send({0xe8, 9, 2}), (Bytes{0xfa, 0xfe, 0xfa}));
}

void Ps2MouseTest::scaling() {
  Fixture f;
  f.send({0xe7, 0xf4});
  f.mouse.move(5, -100, 0);
  QCOMPARE(f.drain(), (Bytes{0x08, 9, 200}));
}

void Ps2MouseTest::resend() {
  Fixture f;
  f.send({0xf2});
  QCOMPARE(f.send({0xfe}), (Bytes{0x00}));
}

void Ps2MouseTest::command_ends_a_packet() {
  Fixture f;
  f.send({0xf4});
  f.mouse.move(1, 1, 0);
  (void)f.mouse.take();
  QCOMPARE(f.send({0xf5}), (Bytes{0xfa}));
}

QTEST_APPLESS_MAIN(Ps2MouseTest)
#include "ps2_mouse_test.moc"
