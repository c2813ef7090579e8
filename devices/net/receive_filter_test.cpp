// SPDX-License-Identifier: Apache-2.0
#include "devices/net/receive_filter.h"

#include <QtTest/QtTest>

using namespace saffron::net;
using Mode = ReceiveFilter::Mode;

namespace {

constexpr MacAddress kOwn{{0x52, 0x54, 0, 1, 2, 3}};
constexpr MacAddress kOther{{0x52, 0x54, 0, 9, 9, 9}};
constexpr MacAddress kGroup{{0x33, 0x33, 0, 0, 0, 1}};
constexpr MacAddress kBroadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

bool passes(const ReceiveFilter& filter, const MacAddress& to) {
  std::vector<std::uint8_t> frame(60);
  std::copy(to.bytes.begin(), to.bytes.end(), frame.begin());
  return filter.passes(frame, kOwn);
}

ReceiveFilter normal() {
  ReceiveFilter filter;
  filter.set_mode(Mode::kPromiscuous, false);
  return filter;
}

}  // namespace

class ReceiveFilterTest : public QObject {
  Q_OBJECT
 private slots:
  void begins_promiscuous();
  void own_and_broadcast_only();
  void tables();
  void overflow_takes_all_of_the_kind();
  void modes_that_take();
  void modes_that_refuse();
  void short_frames_do_not_pass();
  void mac_text();
};

void ReceiveFilterTest::begins_promiscuous() {
  ReceiveFilter filter = normal();
  filter.reset();
  QVERIFY(passes(filter, kOther));
  QVERIFY(passes(filter, kGroup));
}

void ReceiveFilterTest::own_and_broadcast_only() {
  const ReceiveFilter filter = normal();
  QVERIFY(passes(filter, kOwn));
  QVERIFY(passes(filter, kBroadcast));
  QVERIFY(!passes(filter, kOther));
  QVERIFY(!passes(filter, kGroup));
}

void ReceiveFilterTest::tables() {
  ReceiveFilter filter = normal();
  filter.set_table({kOther}, false, {kGroup}, false);
  QVERIFY(passes(filter, kOther));
  QVERIFY(passes(filter, kGroup));
  filter.set_table({kGroup}, false, {kOther}, false);  // In the wrong lists.
  QVERIFY(!passes(filter, kOther));
  QVERIFY(!passes(filter, kGroup));
}

void ReceiveFilterTest::overflow_takes_all_of_the_kind() {
  ReceiveFilter filter = normal();
  filter.set_table({}, true, {}, false);
  QVERIFY(passes(filter, kOther));
  QVERIFY(!passes(filter, kGroup));
  filter.set_table({}, false, {}, true);
  QVERIFY(!passes(filter, kOther));
  QVERIFY(passes(filter, kGroup));
}

void ReceiveFilterTest::modes_that_take() {
  ReceiveFilter filter = normal();
  filter.set_mode(Mode::kAllMulticast, true);
  QVERIFY(passes(filter, kGroup));
  QVERIFY(!passes(filter, kOther));
  filter.set_mode(Mode::kAllUnicast, true);
  QVERIFY(passes(filter, kOther));
  filter.set_mode(Mode::kAllUnicast, false);
  QVERIFY(!passes(filter, kOther));
}

void ReceiveFilterTest::modes_that_refuse() {
  ReceiveFilter filter = normal();
  filter.set_table({}, false, {kGroup}, false);
  filter.set_mode(Mode::kNoMulticast, true);
  QVERIFY(!passes(filter, kGroup));
  QVERIFY(passes(filter, kBroadcast));
  filter.set_mode(Mode::kNoBroadcast, true);
  QVERIFY(!passes(filter, kBroadcast));
  filter.set_mode(Mode::kNoUnicast, true);
  QVERIFY(!passes(filter, kOwn));
}

void ReceiveFilterTest::short_frames_do_not_pass() {
  const std::vector<std::uint8_t> frame(5);
  QVERIFY(!ReceiveFilter().passes(frame, kOwn));
}

void ReceiveFilterTest::mac_text() {
  QCOMPARE(MacAddress::parse("52:54:00:01:02:03").value(), kOwn);
  QCOMPARE(MacAddress::parse("FF:ff:Ff:fF:ff:ff").value(), kBroadcast);
  for (const char* wrong : {"", "52:54:00:01:02", "52:54:00:01:02:03:04", "52-54-00-01-02-03", "5g:54:00:01:02:03",
                            "52:54:00:01:02: 3", "+2:54:00:01:02:03"}) {
    QVERIFY2(!MacAddress::parse(wrong).ok(), wrong);
  }
}

QTEST_APPLESS_MAIN(ReceiveFilterTest)
#include "receive_filter_test.moc"
