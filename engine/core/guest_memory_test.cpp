// SPDX-License-Identifier: Apache-2.0
#include "engine/core/guest_memory.h"

#include <QtTest/QtTest>

#include <fcntl.h>
#include <unistd.h>

#include <array>

using namespace saffron::core;

namespace {

constexpr std::uint64_t kHigh = std::uint64_t{1} << 32;

std::unique_ptr<GuestMemory> two_regions() {
  const std::array<GuestRegion, 3> regions{GuestRegion{{0}, 0x10000}, GuestRegion{{0x10000}, 0x1000},
                                           GuestRegion{{kHigh}, 0x2000}};
  return GuestMemory::create(regions).value();
}

}  // namespace

class GuestMemoryTest : public QObject {
  Q_OBJECT
 private slots:
  void copies_inside_and_across_adjacent_regions() {
    const auto memory = two_regions();
    const std::array<std::uint8_t, 4> data{1, 2, 3, 4};
    QVERIFY(memory->write({0xfffe}, data).ok());
    std::array<std::uint8_t, 4> back{};
    QVERIFY(memory->read({0xfffe}, back).ok());
    QVERIFY(back == data);
    QCOMPARE(memory->read_object<std::uint16_t>({0x10000}).value(), std::uint16_t{0x0403});
  }
  void refuses_what_is_not_ram_and_writes_nothing_then_data() {
    QTest::addColumn<quint64>("address");
    QTest::addColumn<quint64>("length");
    QTest::newRow("hole") << quint64{0x11000} << quint64{1};
    QTest::newRow("into the hole") << quint64{0x10ffe} << quint64{4};
    QTest::newRow("past the end") << quint64{kHigh + 0x1fff} << quint64{2};
    QTest::newRow("wraps") << ~quint64{0} << quint64{2};
  }
  void refuses_what_is_not_ram_and_writes_nothing_then() {
    QFETCH(quint64, address);
    QFETCH(quint64, length);
    const auto memory = two_regions();
    const std::vector<std::uint8_t> data(length, 0xee);
    QCOMPARE(memory->write({address}, data).error().code, ErrorCode::kOutOfRange);
    QCOMPARE(memory->fill({address}, 0xee, length).error().code, ErrorCode::kOutOfRange);
    QVERIFY(!memory->span({address}, length).has_value());
    const auto all = memory->backing().bytes();
    QCOMPARE(std::count(all.begin(), all.end(), 0xee), std::ptrdiff_t{0});
  }
  void spans_stay_in_one_region() {
    const auto memory = two_regions();
    QCOMPARE(memory->span({0xf000}, 0x1000)->size(), std::size_t{0x1000});
    QVERIFY(!memory->span({0xf000}, 0x1001).has_value());
    QVERIFY(memory->span({kHigh}, 0x2000).has_value());
    QVERIFY(!memory->span({0}, ~std::uint64_t{0}).has_value());
  }
  void ring_indices_must_be_aligned() {
    const auto memory = two_regions();
    QVERIFY(memory->store_release_u16({0x20}, 0xbeef).ok());
    QCOMPARE(memory->load_acquire_u16({0x20}).value(), std::uint16_t{0xbeef});
    QCOMPARE(memory->load_acquire_u16({0x21}).error().code, ErrorCode::kInvalidArgument);
    QCOMPARE(memory->load_acquire_u16({0x11000}).error().code, ErrorCode::kOutOfRange);
  }
  void rejects_bad_layouts_data() {
    QTest::addColumn<quint64>("base");
    QTest::addColumn<quint64>("size");
    QTest::newRow("empty") << quint64{0x1000} << quint64{0};
    QTest::newRow("unaligned size") << quint64{0x1000} << quint64{0x1001};
    QTest::newRow("unaligned base") << quint64{0x1001} << quint64{0x1000};
    QTest::newRow("overlap") << quint64{0} << quint64{0x1000};
    QTest::newRow("overflow") << ~quint64{0xfff} << quint64{0x2000};
  }
  void rejects_bad_layouts() {
    QFETCH(quint64, base);
    QFETCH(quint64, size);
    const std::array<GuestRegion, 2> regions{GuestRegion{{0}, 0x1000}, GuestRegion{{base}, size}};
    QCOMPARE(GuestMemory::create(regions).error().code, ErrorCode::kInvalidArgument);
  }
  void backing_is_sealed() {
    const auto memory = two_regions();
    QVERIFY(::ftruncate(memory->backing().fd(), 0) != 0);
    QVERIFY((::fcntl(memory->backing().fd(), F_GET_SEALS) & (F_SEAL_SHRINK | F_SEAL_GROW)) ==
            (F_SEAL_SHRINK | F_SEAL_GROW));
  }
};

QTEST_APPLESS_MAIN(GuestMemoryTest)
#include "guest_memory_test.moc"
