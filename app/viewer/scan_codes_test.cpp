// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/scan_codes.h"

#include <linux/input-event-codes.h>

#include <QtTest/QtTest>
#include <map>

using namespace saffron::viewer;

class ScanCodesTest : public QObject {
  Q_OBJECT
 private slots:
  void plain_and_extended_keys() {
    QCOMPARE(spice_scan_code(KEY_ESC), std::optional<unsigned>(0x01));
    QCOMPARE(spice_scan_code(KEY_A), std::optional<unsigned>(0x1e));
    QCOMPARE(spice_scan_code(KEY_F11), std::optional<unsigned>(0x57));
    QCOMPARE(spice_scan_code(KEY_RIGHTCTRL), std::optional<unsigned>(0x11d));
    QCOMPARE(spice_scan_code(KEY_DELETE), std::optional<unsigned>(0x153));
    QCOMPARE(spice_scan_code(KEY_PAUSE), std::optional<unsigned>(0x146));
    QCOMPARE(spice_scan_code(KEY_SYSRQ), std::optional<unsigned>(0x137));
    QCOMPARE(spice_scan_code(KEY_YEN), std::optional<unsigned>(0x7d));
  }

  void keys_that_no_pc_keyboard_has() {
    QVERIFY(!spice_scan_code(0));
    QVERIFY(!spice_scan_code(KEY_BRIGHTNESSUP));
    QVERIFY(!spice_scan_code(0xffff));
  }

  void no_two_keys_share_a_code() {
    std::map<unsigned, std::uint16_t> seen;
    for (std::uint16_t key = 1; key < KEY_MAX; ++key) {
      const auto code = spice_scan_code(key);
      if (!code || key == KEY_ZENKAKUHANKAKU) {
        continue;  // Zenkaku/Hankaku is F24's code, on keyboards that have it.
      }
      QVERIFY2(seen.emplace(*code, key).second, qPrintable(QString("%1 and %2").arg(key).arg(seen[*code])));
      QVERIFY((*code & 0xff) > 0 && (*code & 0xff) < 0x80);
    }
  }

  void native_codes_are_linux_codes_plus_eight() {
    QCOMPARE(evdev_from_native(38), std::uint16_t{KEY_A});
    QCOMPARE(evdev_from_native(105), std::uint16_t{KEY_RIGHTCTRL});
    QCOMPARE(evdev_from_native(0), std::uint16_t{0});
    QCOMPARE(evdev_from_native(8), std::uint16_t{0});
    QCOMPARE(evdev_from_native(1u << 20), std::uint16_t{0});
  }

  void meanings_without_a_native_code() {
    QCOMPARE(evdev_from_qt(Qt::Key_A, {}), std::uint16_t{KEY_A});
    QCOMPARE(evdev_from_qt(Qt::Key_Z, {}), std::uint16_t{KEY_Z});
    QCOMPARE(evdev_from_qt(Qt::Key_1, {}), std::uint16_t{KEY_1});
    QCOMPARE(evdev_from_qt(Qt::Key_Exclam, Qt::ShiftModifier), std::uint16_t{KEY_1});
    QCOMPARE(evdev_from_qt(Qt::Key_Slash, {}), std::uint16_t{KEY_SLASH});
    QCOMPARE(evdev_from_qt(Qt::Key_Question, Qt::ShiftModifier), std::uint16_t{KEY_SLASH});
    QCOMPARE(evdev_from_qt(Qt::Key_Backslash, {}), std::uint16_t{KEY_BACKSLASH});
    QCOMPARE(evdev_from_qt(Qt::Key_QuoteLeft, {}), std::uint16_t{KEY_GRAVE});
    QCOMPARE(evdev_from_qt(Qt::Key_Space, {}), std::uint16_t{KEY_SPACE});
    QCOMPARE(evdev_from_qt(Qt::Key_F12, {}), std::uint16_t{KEY_F12});
    QCOMPARE(evdev_from_qt(Qt::Key_7, Qt::KeypadModifier), std::uint16_t{KEY_KP7});
    QCOMPARE(evdev_from_qt(Qt::Key_Backtab, Qt::ShiftModifier), std::uint16_t{KEY_TAB});
    QCOMPARE(evdev_from_qt(Qt::Key_LaunchMail, {}), std::uint16_t{0});
  }
};

QTEST_APPLESS_MAIN(ScanCodesTest)
#include "scan_codes_test.moc"
