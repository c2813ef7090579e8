// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/release_key.h"

#include <linux/input-event-codes.h>

#include <QtTest/QtTest>

using namespace saffron::viewer;

namespace {

struct Sum {
  std::vector<KeyStroke> forwarded;
  int releases = 0;
};

Sum feed(ReleaseKey& key, std::initializer_list<KeyStroke> strokes) {
  Sum sum;
  for (const KeyStroke& stroke : strokes) {
    const ReleaseKey::Outcome outcome = key.feed(stroke);
    sum.forwarded.insert(sum.forwarded.end(), outcome.forward.begin(), outcome.forward.end());
    sum.releases += outcome.release ? 1 : 0;
  }
  return sum;
}

}  // namespace

class ReleaseKeyTest : public QObject {
  Q_OBJECT
 private slots:
  void alone_it_releases_and_the_guest_hears_nothing() {
    ReleaseKey key;
    const Sum sum = feed(key, {{KEY_RIGHTCTRL, true}, {KEY_RIGHTCTRL, true}, {KEY_RIGHTCTRL, false}});
    QCOMPARE(sum.releases, 1);
    QVERIFY(sum.forwarded.empty());
  }

  void with_another_key_it_is_the_guests() {
    ReleaseKey key;
    const std::initializer_list<KeyStroke> strokes{
        {KEY_RIGHTCTRL, true}, {KEY_C, true}, {KEY_C, false}, {KEY_RIGHTCTRL, true}, {KEY_RIGHTCTRL, false}};
    const Sum sum = feed(key, strokes);
    QCOMPARE(sum.releases, 0);
    QCOMPARE(sum.forwarded, std::vector<KeyStroke>(strokes));
  }

  void it_works_again_afterwards() {
    ReleaseKey key;
    feed(key, {{KEY_RIGHTCTRL, true}, {KEY_C, true}, {KEY_C, false}, {KEY_RIGHTCTRL, false}});
    QCOMPARE(feed(key, {{KEY_RIGHTCTRL, true}, {KEY_RIGHTCTRL, false}}).releases, 1);
  }

  void a_combination_needs_all_its_parts() {
    ReleaseKey key = *ReleaseKey::from_id("ctrl-alt");
    const Sum alone = feed(key, {{KEY_LEFTCTRL, true}, {KEY_LEFTCTRL, false}});
    QCOMPARE(alone.releases, 0);
    QCOMPARE(alone.forwarded, (std::vector<KeyStroke>{{KEY_LEFTCTRL, true}, {KEY_LEFTCTRL, false}}));
    const Sum both =
        feed(key, {{KEY_LEFTCTRL, true}, {KEY_LEFTALT, true}, {KEY_LEFTALT, false}, {KEY_LEFTCTRL, false}});
    QCOMPARE(both.releases, 1);
    QVERIFY(both.forwarded.empty());
    const Sum more = feed(key, {{KEY_LEFTCTRL, true}, {KEY_LEFTALT, true}, {KEY_F2, true}});
    QCOMPARE(more.forwarded, (std::vector<KeyStroke>{{KEY_LEFTCTRL, true}, {KEY_LEFTALT, true}, {KEY_F2, true}}));
  }

  void other_keys_pass() {
    ReleaseKey key;
    const std::initializer_list<KeyStroke> strokes{{KEY_A, true}, {KEY_LEFTCTRL, true}, {KEY_A, false}};
    QCOMPARE(feed(key, strokes).forwarded, std::vector<KeyStroke>(strokes));
  }

  void reset_forgets() {
    ReleaseKey key;
    feed(key, {{KEY_RIGHTCTRL, true}});
    key.reset();
    QCOMPARE(feed(key, {{KEY_RIGHTCTRL, false}}).releases, 0);
  }

  void every_choice_has_an_id() {
    for (const ReleaseKey::Choice& choice : ReleaseKey::choices()) {
      QCOMPARE(ReleaseKey::from_id(choice.id)->id(), QString(choice.id));
    }
    QVERIFY(!ReleaseKey::from_id("any-key"));
  }
};

QTEST_APPLESS_MAIN(ReleaseKeyTest)
#include "release_key_test.moc"
