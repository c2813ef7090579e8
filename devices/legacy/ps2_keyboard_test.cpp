// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/ps2_keyboard.h"

#include <linux/input-event-codes.h>
#include <QtTest/QtTest>

#include "tests/fakes/manual_clock.h"

using namespace saffron;

namespace {

using Bytes = std::vector<int>;

struct Fixture {
  Fixture() {
    keyboard.set_output_listener([this] { ++wakes; });
  }
  Bytes drain() {
    Bytes bytes;
    while (auto byte = keyboard.take()) {
      bytes.push_back(*byte);
    }
    return bytes;
  }
  Bytes send(std::initializer_list<int> bytes) {
    Bytes answers;
    for (int byte : bytes) {
      keyboard.receive(static_cast<std::uint8_t>(byte));
      const Bytes part = drain();
      answers.insert(answers.end(), part.begin(), part.end());
    }
    return answers;
  }
  Bytes press(std::uint16_t code) {
    keyboard.key(code, true);
    return drain();
  }
  Bytes release(std::uint16_t code) {
    keyboard.key(code, false);
    return drain();
  }

  fakes::ManualClock clock;
  legacy::Ps2Keyboard keyboard{clock};
  int wakes = 0;
};

}  // namespace

class Ps2KeyboardTest : public QObject {
  Q_OBJECT
 private slots:
  void set2_codes();
  void set1_codes();
  void set3_codes();
  void print_screen_and_pause();
  void pause_in_set1();
  void every_mapped_key_has_a_release();
  void unknown_keys_send_nothing();
  void reset_and_identify();
  void commands_with_parameters();
  void unknown_command_asks_for_resend();
  void resend_repeats_the_last_byte();
  void disable_stops_keys();
  void leds_are_told_on_the_control_thread();
  void answer_goes_before_keys_but_not_inside_one();
  void full_fifo_refills_later();
  void backlog_is_bounded_and_whole();
  void set3_make_only_keys();
  void new_command_replaces_a_parameter();
};

void Ps2KeyboardTest::set2_codes() {
  Fixture f;
  QCOMPARE(f.press(KEY_A), (Bytes{0x1c}));
  QCOMPARE(f.release(KEY_A), (Bytes{0xf0, 0x1c}));
  QCOMPARE(f.press(KEY_UP), (Bytes{0xe0, 0x75}));
  QCOMPARE(f.release(KEY_UP), (Bytes{0xe0, 0xf0, 0x75}));
  QCOMPARE(f.press(KEY_F7), (Bytes{0x83}));
  QCOMPARE(f.wakes, 5);
}

void Ps2KeyboardTest::set1_codes() {
  Fixture f;
  QCOMPARE(f.send({0xf0, 1}), (Bytes{0xfa, 0xfa}));
  QCOMPARE(f.press(KEY_A), (Bytes{0x1e}));
  QCOMPARE(f.release(KEY_A), (Bytes{0x9e}));
  QCOMPARE(f.press(KEY_RIGHTCTRL), (Bytes{0xe0, 0x1d}));
  QCOMPARE(f.release(KEY_RIGHTCTRL), (Bytes{0xe0, 0x9d}));
  QCOMPARE(f.press(KEY_F7), (Bytes{0x41}));
  // evdev numbers are set 1 codes for the keys of the first PC.
  for (std::uint16_t code = KEY_ESC; code <= KEY_KPDOT; ++code) {
    QCOMPARE(f.press(code), (Bytes{code}));
    QCOMPARE(f.release(code), (Bytes{code | 0x80}));
  }
}

void Ps2KeyboardTest::set3_codes() {
  Fixture f;
  QCOMPARE(f.send({0xf0, 3}), (Bytes{0xfa, 0xfa}));
  QCOMPARE(f.send({0xf0, 0}), (Bytes{0xfa, 0xfa, 3}));
  QCOMPARE(f.press(KEY_UP), (Bytes{0x63}));
  QCOMPARE(f.release(KEY_UP), (Bytes{0xf0, 0x63}));
  QCOMPARE(f.press(KEY_PAUSE), (Bytes{0x62}));
}

void Ps2KeyboardTest::print_screen_and_pause() {
  Fixture f;
  QCOMPARE(f.press(KEY_SYSRQ), (Bytes{0xe0, 0x12, 0xe0, 0x7c}));
  QCOMPARE(f.release(KEY_SYSRQ), (Bytes{0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12}));
  QCOMPARE(f.press(KEY_PAUSE), (Bytes{0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77}));
  QCOMPARE(f.release(KEY_PAUSE), (Bytes{}));
  f.press(KEY_LEFTALT);
  QCOMPARE(f.press(KEY_SYSRQ), (Bytes{0x84}));
  QCOMPARE(f.release(KEY_SYSRQ), (Bytes{0xf0, 0x84}));
  f.release(KEY_LEFTALT);
  f.press(KEY_RIGHTCTRL);
  QCOMPARE(f.press(KEY_PAUSE), (Bytes{0xe0, 0x7e, 0xe0, 0xf0, 0x7e}));
}

void Ps2KeyboardTest::pause_in_set1() {
  Fixture f;
  f.send({0xf0, 1});
  QCOMPARE(f.press(KEY_PAUSE), (Bytes{0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5}));
  QCOMPARE(f.press(KEY_SYSRQ), (Bytes{0xe0, 0x2a, 0xe0, 0x37}));
  QCOMPARE(f.release(KEY_SYSRQ), (Bytes{0xe0, 0xb7, 0xe0, 0xaa}));
}

void Ps2KeyboardTest::every_mapped_key_has_a_release() {
  for (int set : {1, 2, 3}) {
    Fixture f;
    f.send({0xf0, set});
    for (std::uint16_t code = 0; code < 0x300; ++code) {
      const Bytes pressed = f.press(code);
      const Bytes released = f.release(code);
      const bool no_release =
          code == KEY_HANGEUL || code == KEY_HANJA || (code == KEY_PAUSE && set != 3) || pressed.empty();
      QCOMPARE(released.empty(), no_release);
      QVERIFY(pressed != released || pressed.empty());
    }
  }
}

void Ps2KeyboardTest::unknown_keys_send_nothing() {
  Fixture f;
  QCOMPARE(f.press(0), (Bytes{}));
  QCOMPARE(f.press(0xffff), (Bytes{}));
}

void Ps2KeyboardTest::reset_and_identify() {
  Fixture f;
  f.keyboard.key(KEY_A, true);
  f.keyboard.receive(0xff);
  QCOMPARE(f.drain(), (Bytes{0xfa, 0xaa}));
  QCOMPARE(f.send({0xf2}), (Bytes{0xfa, 0xab, 0x83}));
  QCOMPARE(f.send({0xee}), (Bytes{0xee}));
}

void Ps2KeyboardTest::commands_with_parameters() {
  Fixture f;
  QCOMPARE(f.send({0xed, 2}), (Bytes{0xfa, 0xfa}));
  QCOMPARE(f.send({0xf3, 0x20}), (Bytes{0xfa, 0xfa}));
  QCOMPARE(f.send({0xf0, 0}), (Bytes{0xfa, 0xfa, 2}));
  QCOMPARE(f.send({0xf0, 9}), (Bytes{0xfa, 0xfe}));
}

void Ps2KeyboardTest::unknown_command_asks_for_resend() {
  Fixture f;
  QCOMPARE(f.send({0xef}), (Bytes{0xfe}));
  QCOMPARE(f.send({0x00}), (Bytes{0xfe}));
}

void Ps2KeyboardTest::resend_repeats_the_last_byte() {
  Fixture f;
  f.press(KEY_A);
  QCOMPARE(f.send({0xfe}), (Bytes{0x1c}));
}

void Ps2KeyboardTest::disable_stops_keys() {
  Fixture f;
  QVERIFY(f.keyboard.active());
  f.send({0xf5});
  QVERIFY(!f.keyboard.active());
  QCOMPARE(f.press(KEY_A), (Bytes{}));
  f.send({0xf4});
  QCOMPARE(f.press(KEY_A), (Bytes{0x1c}));
}

void Ps2KeyboardTest::leds_are_told_on_the_control_thread() {
  Fixture f;
  std::vector<ports::KeyboardLeds> told;
  f.keyboard.set_led_listener([&](ports::KeyboardLeds leds) { told.push_back(leds); });
  f.send({0xed, 0x06});
  QVERIFY(told.empty());  // Not on the vCPU thread.
  f.clock.advance(1);
  QCOMPARE(told.size(), std::size_t{1});
  QCOMPARE(told[0], (ports::KeyboardLeds{false, true, true}));
  f.send({0xed, 0x06});
  f.clock.advance(1);
  QCOMPARE(told.size(), std::size_t{1});
}

void Ps2KeyboardTest::answer_goes_before_keys_but_not_inside_one() {
  Fixture f;
  f.keyboard.key(KEY_UP, true);
  f.keyboard.key(KEY_A, true);
  QCOMPARE(int{*f.keyboard.take()}, 0xe0);
  f.keyboard.receive(0xee);
  QCOMPARE(f.drain(), (Bytes{0x75, 0xee, 0x1c}));
}

void Ps2KeyboardTest::full_fifo_refills_later() {
  Fixture f;
  for (int i = 0; i < 20; ++i) {
    f.keyboard.key(KEY_A, true);
  }
  QCOMPARE(f.drain().size(), std::size_t{16});
  QCOMPARE(f.drain().size(), std::size_t{0});  // A driver that drains the keyboard sees it empty.
  const int wakes = f.wakes;
  f.clock.advance(10'000'000);
  QCOMPARE(f.wakes, wakes + 1);
  QCOMPARE(f.drain().size(), std::size_t{4});
  QCOMPARE(f.clock.armed_timers(), 0U);
}

void Ps2KeyboardTest::backlog_is_bounded_and_whole() {
  Fixture f;
  for (int i = 0; i < 5000; ++i) {
    f.keyboard.key(KEY_UP, i % 2 == 0);
  }
  Bytes all;
  for (int i = 0; i < 200; ++i) {
    const Bytes part = f.drain();
    all.insert(all.end(), part.begin(), part.end());
    f.clock.advance(10'000'000);
  }
  // Whole sequences only, in order: press (2 bytes), release (3 bytes), and so on.
  std::size_t position = 0;
  std::size_t events = 0;
  while (position < all.size()) {
    QCOMPARE(all[position], 0xe0);
    position += events % 2 == 0 ? 2 : 3;
    ++events;
  }
  QCOMPARE(position, all.size());
  QVERIFY(events >= legacy::Ps2Keyboard::kMaxBacklog);
  QVERIFY(events <= legacy::Ps2Keyboard::kMaxBacklog + legacy::Ps2Keyboard::kFifoBytes);
}

void Ps2KeyboardTest::set3_make_only_keys() {
  Fixture f;
  f.send({0xf0, 3});
  QCOMPARE(f.send({0xfd, 0x1c, 0x32}), (Bytes{0xfa, 0xfa, 0xfa}));
  QCOMPARE(f.send({0xf4}), (Bytes{0xfa}));  // Ends the list.
  QCOMPARE(f.press(KEY_A), (Bytes{0x1c}));
  QCOMPARE(f.release(KEY_A), (Bytes{}));
  f.press(KEY_C);
  QCOMPARE(f.release(KEY_C), (Bytes{0xf0, 0x21}));
  QCOMPARE(f.send({0xf8}), (Bytes{0xfa}));
  QCOMPARE(f.release(KEY_A), (Bytes{0xf0, 0x1c}));
}

void Ps2KeyboardTest::new_command_replaces_a_parameter() {
  Fixture f;
  QCOMPARE(f.send({0xed, 0xf4}), (Bytes{0xfa, 0xfa}));
  QCOMPARE(f.press(KEY_A), (Bytes{0x1c}));
}

QTEST_APPLESS_MAIN(Ps2KeyboardTest)
#include "ps2_keyboard_test.moc"
