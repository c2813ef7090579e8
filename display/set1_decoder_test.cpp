// SPDX-License-Identifier: Apache-2.0
#include "display/set1_decoder.h"

#include <linux/input-event-codes.h>

#include <QtTest/QtTest>

using saffron::spice::KeyEvent;
using saffron::spice::Set1Decoder;

namespace {

std::vector<KeyEvent> decode(std::initializer_list<std::uint8_t> bytes) {
  Set1Decoder decoder;
  std::vector<KeyEvent> events;
  for (const std::uint8_t byte : bytes) {
    if (const auto event = decoder.feed(byte)) {
      events.push_back(*event);
    }
  }
  return events;
}

}  // namespace

class Set1DecoderTest : public QObject {
  Q_OBJECT
 private slots:
  void plain_keys() {
    QCOMPARE(decode({0x1e, 0x9e}), (std::vector<KeyEvent>{{KEY_A, true}, {KEY_A, false}}));
    QCOMPARE(decode({0x57, 0xd8}), (std::vector<KeyEvent>{{KEY_F11, true}, {KEY_F12, false}}));
    QCOMPARE(decode({0x56}), (std::vector<KeyEvent>{{KEY_102ND, true}}));
    QCOMPARE(decode({0x64, 0x6e}), (std::vector<KeyEvent>{{KEY_F13, true}, {KEY_F23, true}}));
  }

  void extended_keys() {
    QCOMPARE(decode({0xe0, 0x1d, 0xe0, 0x9d}), (std::vector<KeyEvent>{{KEY_RIGHTCTRL, true}, {KEY_RIGHTCTRL, false}}));
    QCOMPARE(decode({0xe0, 0x5b, 0xe0, 0x53}), (std::vector<KeyEvent>{{KEY_LEFTMETA, true}, {KEY_DELETE, true}}));
    // The keypad's own 8 and the cursor key share the second byte.
    QCOMPARE(decode({0x48, 0xe0, 0x48}), (std::vector<KeyEvent>{{KEY_KP8, true}, {KEY_UP, true}}));
  }

  void fake_shifts_are_dropped() {
    QCOMPARE(decode({0xe0, 0x2a, 0xe0, 0x37, 0xe0, 0xb7, 0xe0, 0xaa}),
             (std::vector<KeyEvent>{{KEY_SYSRQ, true}, {KEY_SYSRQ, false}}));
  }

  void pause_in_both_spellings() {
    QCOMPARE(decode({0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5}),
             (std::vector<KeyEvent>{{KEY_PAUSE, true}, {KEY_PAUSE, false}}));
    QCOMPARE(decode({0xe0, 0x46, 0xe0, 0xc6}), (std::vector<KeyEvent>{{KEY_PAUSE, true}, {KEY_PAUSE, false}}));
  }

  void a_cut_sequence_does_not_spoil_the_next() {
    QCOMPARE(decode({0xe1, 0x1d, 0xe0, 0x48, 0x1e}), (std::vector<KeyEvent>{{KEY_UP, true}, {KEY_A, true}}));
    QCOMPARE(decode({0xe1, 0x55, 0x1e}), (std::vector<KeyEvent>{{KEY_A, true}}));
  }

  void unknown_codes_are_dropped() {
    QCOMPARE(decode({0x00, 0x7f, 0xff, 0xe0, 0x00, 0xe0, 0x7f, 0x1e}), (std::vector<KeyEvent>{{KEY_A, true}}));
  }
};

QTEST_APPLESS_MAIN(Set1DecoderTest)
#include "set1_decoder_test.moc"
