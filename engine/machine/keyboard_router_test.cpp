// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/keyboard_router.h"

#include <QtTest/QtTest>

#include <linux/input-event-codes.h>

using namespace saffron;
using namespace saffron::machine;

namespace {

class Keyboard final : public ports::KeyboardPort {
 public:
  bool active() const override { return active_now; }
  void key(std::uint16_t code, bool pressed) override { keys.emplace_back(code, pressed); }
  void set_led_listener(std::function<void(ports::KeyboardLeds)> new_listener) override {
    listener = std::move(new_listener);
  }

  bool active_now = false;
  std::vector<std::pair<std::uint16_t, bool>> keys;
  std::function<void(ports::KeyboardLeds)> listener;
};

using Keys = std::vector<std::pair<std::uint16_t, bool>>;

}  // namespace

class KeyboardRouterTest : public QObject {
  Q_OBJECT
 private slots:
  void keys_go_to_the_one_whose_driver_listens();
  void keys_that_are_down_go_up_where_they_went_down();
  void without_a_preferred_keyboard_all_goes_to_the_other();
  void leds_are_those_of_the_keyboard_in_use();
  void the_keyboards_may_outlive_the_router();
};

void KeyboardRouterTest::keys_go_to_the_one_whose_driver_listens() {
  Keyboard ps2;
  Keyboard better;
  KeyboardRouter router(ps2, &better);

  router.key(KEY_A, true);
  router.key(KEY_A, false);
  better.active_now = true;
  router.key(KEY_B, true);

  QCOMPARE(ps2.keys, (Keys{{KEY_A, true}, {KEY_A, false}}));
  QCOMPARE(better.keys, (Keys{{KEY_B, true}}));
  QVERIFY(router.active());
}

void KeyboardRouterTest::keys_that_are_down_go_up_where_they_went_down() {
  Keyboard ps2;
  Keyboard better;
  KeyboardRouter router(ps2, &better);
  router.key(KEY_LEFTSHIFT, true);
  better.active_now = true;

  router.key(KEY_A, true);

  QCOMPARE(ps2.keys, (Keys{{KEY_LEFTSHIFT, true}, {KEY_LEFTSHIFT, false}}));
  QCOMPARE(better.keys, (Keys{{KEY_A, true}}));

  better.active_now = false;  // The guest resets: back to firmware.
  router.key(KEY_ENTER, true);
  QCOMPARE(better.keys, (Keys{{KEY_A, true}, {KEY_A, false}}));
  QCOMPARE(ps2.keys.back(), (std::pair<std::uint16_t, bool>{KEY_ENTER, true}));
}

void KeyboardRouterTest::without_a_preferred_keyboard_all_goes_to_the_other() {
  Keyboard ps2;
  KeyboardRouter router(ps2, nullptr);

  router.key(KEY_A, true);

  QCOMPARE(ps2.keys, (Keys{{KEY_A, true}}));
  QVERIFY(!router.active());
  ps2.active_now = true;
  QVERIFY(router.active());
}

void KeyboardRouterTest::leds_are_those_of_the_keyboard_in_use() {
  Keyboard ps2;
  Keyboard better;
  better.active_now = true;
  KeyboardRouter router(ps2, &better);
  std::vector<ports::KeyboardLeds> told;
  int status = 0;
  router.set_led_listener([&](ports::KeyboardLeds leds) { told.push_back(leds); });
  router.set_status_listener([&] { ++status; });

  ps2.listener({false, false, true});
  better.listener({false, true, false});

  QCOMPARE(told.size(), std::size_t{1});
  QVERIFY(told[0].num_lock && !told[0].caps_lock);
  QVERIFY(router.leds() == told[0]);
  QCOMPARE(status, 1);
}

void KeyboardRouterTest::the_keyboards_may_outlive_the_router() {
  Keyboard ps2;
  Keyboard better;
  {
    const KeyboardRouter router(ps2, &better);
    QVERIFY(ps2.listener && better.listener);
  }

  QVERIFY(!ps2.listener);
  QVERIFY(!better.listener);
}

QTEST_APPLESS_MAIN(KeyboardRouterTest)
#include "keyboard_router_test.moc"
