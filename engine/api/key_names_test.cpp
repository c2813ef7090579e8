// SPDX-License-Identifier: Apache-2.0
#include "engine/api/key_names.h"

#include <linux/input-event-codes.h>

#include <QtTest/QtTest>

namespace saffron::api {

class KeyNamesTest : public QObject {
  Q_OBJECT

 private slots:
  void names_and_codes_agree() {
    for (const auto name : key_names()) {
      const auto code = key_code(name);
      QVERIFY2(code.has_value(), std::string(name).c_str());
      QVERIFY(key_name(*code) == name);
    }
    QCOMPARE(key_code("F12"), std::optional<std::uint32_t>(KEY_F12));
    QVERIFY(!key_code("nonsense"));
    QVERIFY(!key_code(""));
  }

  void combination_goes_down_in_order_and_up_in_reverse() {
    const auto keys = combo_to_keys("Ctrl-alt+Delete");

    QVERIFY(keys.ok());
    const std::vector<KeyEvent> expected{{KEY_LEFTCTRL, true}, {KEY_LEFTALT, true},  {KEY_DELETE, true},
                                         {KEY_DELETE, false},  {KEY_LEFTALT, false}, {KEY_LEFTCTRL, false}};
    QVERIFY(*keys == expected);
  }

  void separators_can_be_keys() {
    QCOMPARE(combo_to_keys("-")->front().code, std::uint32_t{KEY_MINUS});
    QCOMPARE(combo_to_keys("ctrl--")->at(1).code, std::uint32_t{KEY_MINUS});
    QCOMPARE(combo_to_keys("ctrl-+")->at(1).code, std::uint32_t{KEY_EQUAL});
  }

  void wrong_combinations_name_the_key_data() {
    QTest::addColumn<QString>("combo");
    QTest::addColumn<QString>("subject");
    QTest::newRow("empty") << ""
                           << "";
    QTest::newRow("unknown") << "ctrl-foo-x"
                             << "foo";
    QTest::newRow("dangling") << "ctrl-"
                              << "";
    QTest::newRow("twice") << "a-a"
                           << "a";
    QTest::newRow("too many") << "a-b-c-d-e-f-g-h-i"
                              << "";
    QTest::newRow("long") << QString(10000, 'a') << "";
  }
  void wrong_combinations_name_the_key() {
    QFETCH(QString, combo);
    QFETCH(QString, subject);

    const auto keys = combo_to_keys(combo.toStdString());

    QVERIFY(!keys.ok());
    QCOMPARE(QString::fromStdString(keys.error().subject), subject);
  }

  void every_printable_character_can_be_typed() {
    for (char c = ' '; c < 0x7f; ++c) {
      const auto keys = text_to_keys(std::string(1, c));
      QVERIFY2(keys.ok(), std::string(1, c).c_str());
      QVERIFY(keys->size() == 2 || keys->size() == 4);
    }
  }

  void shift_is_held_over_neighbours() {
    const auto keys = text_to_keys("aB!\n");

    QVERIFY(keys.ok());
    const std::vector<KeyEvent> expected{
        {KEY_A, true}, {KEY_A, false}, {KEY_LEFTSHIFT, true},  {KEY_B, true},     {KEY_B, false},
        {KEY_1, true}, {KEY_1, false}, {KEY_LEFTSHIFT, false}, {KEY_ENTER, true}, {KEY_ENTER, false}};
    QVERIFY(*keys == expected);
  }

  void text_beyond_the_keyboard_is_an_error_with_its_place() {
    const auto keys = text_to_keys("ab\xc3\xa9");

    QVERIFY(!keys.ok());
    QCOMPARE(keys.error().subject, std::string("text[2]"));
    QVERIFY(!text_to_keys(std::string(100000, 'a')).ok());
    QVERIFY(!text_to_keys(std::string(1, '\0')).ok());
  }
};

}  // namespace saffron::api

using saffron::api::KeyNamesTest;
QTEST_APPLESS_MAIN(KeyNamesTest)
#include "key_names_test.moc"
