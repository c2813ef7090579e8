// SPDX-License-Identifier: Apache-2.0
#include "engine/core/bus.h"

#include <QtTest/QtTest>

#include <atomic>
#include <thread>
#include <vector>

using namespace saffron::core;

namespace {

struct Access {
  bool write = false;
  std::uint64_t offset = 0;
  unsigned size = 0;
  std::uint64_t value = 0;
  bool operator==(const Access&) const = default;
};

class Recorder final : public BusDevice {
 public:
  explicit Recorder(AccessSizes sizes, std::string_view name = "recorder") : sizes_(sizes), name_(name) {}
  std::string_view name() const override { return name_; }
  AccessSizes access_sizes() const override { return sizes_; }
  std::uint64_t read(std::uint64_t offset, unsigned size) override {
    accesses.push_back({false, offset, size, 0});
    return 0xa0 + offset;
  }
  void write(std::uint64_t offset, unsigned size, std::uint64_t value) override {
    accesses.push_back({true, offset, size, value});
  }
  std::vector<Access> accesses;

 private:
  AccessSizes sizes_;
  std::string_view name_;
};

/// Answers without recording, so that several threads may ask.
class Constant final : public BusDevice {
 public:
  explicit Constant(std::uint64_t value) : value_(value) {}
  std::string_view name() const override { return "constant"; }
  AccessSizes access_sizes() const override { return {4}; }
  std::uint64_t read(std::uint64_t, unsigned) override { return value_; }
  void write(std::uint64_t, unsigned, std::uint64_t) override {}

 private:
  std::uint64_t value_;
};

std::uint64_t read(const Bus& bus, std::uint64_t address, unsigned size) {
  std::uint64_t value = 0;
  bus.read(address, size, value);
  return value;
}

}  // namespace

class BusTest : public QObject {
  Q_OBJECT
 private slots:
  void rejects_bad_ranges_data() {
    QTest::addColumn<quint64>("base");
    QTest::addColumn<quint64>("size");
    QTest::addColumn<bool>("accepted");
    QTest::newRow("empty") << quint64{0x10} << quint64{0} << false;
    QTest::newRow("to the last port") << quint64{0xfff0} << quint64{0x10} << true;
    QTest::newRow("past the last port") << quint64{0xfff0} << quint64{0x11} << false;
    QTest::newRow("wraps") << quint64{0x10} << ~quint64{0} << false;
    QTest::newRow("same") << quint64{0x100} << quint64{0x10} << false;
    QTest::newRow("inside") << quint64{0x104} << quint64{1} << false;
    QTest::newRow("around") << quint64{0xf0} << quint64{0x40} << false;
    QTest::newRow("tail overlaps") << quint64{0xf8} << quint64{9} << false;
    QTest::newRow("touches below") << quint64{0xf8} << quint64{8} << true;
    QTest::newRow("touches above") << quint64{0x110} << quint64{8} << true;
  }
  void rejects_bad_ranges() {
    QFETCH(quint64, base);
    QFETCH(quint64, size);
    QFETCH(bool, accepted);
    Bus bus("io", 16);
    Recorder first({1});
    Recorder second({1});
    QVERIFY(bus.insert({0x100, 0x10}, first).ok());
    QCOMPARE(bus.insert({base, size}, second).ok(), accepted);
  }
  void overlap_names_the_other_device() {
    Bus bus("io", 16);
    Recorder first({1}, "first");
    Recorder second({1}, "second");
    QVERIFY(bus.insert({0x100, 4}, first).ok());
    const auto result = bus.insert({0x102, 4}, second);
    QCOMPARE(result.error().code, ErrorCode::kAlreadyExists);
    QCOMPARE(result.error().subject, std::string("first"));
  }
  void takes_the_last_address_of_64_bits() {
    Bus bus("mmio");
    Recorder device({8});
    QVERIFY(bus.insert({~std::uint64_t{0} - 7, 8}, device).ok());
    QCOMPARE(read(bus, ~std::uint64_t{0} - 7, 8), std::uint64_t{0xa0});
  }
  void gives_relative_offsets_plus_the_ranges_own() {
    Bus bus("io", 16);
    Recorder device({1});
    QVERIFY(bus.insert({0x60, 1}, device).ok());
    QVERIFY(bus.insert({0x64, 1, 4}, device).ok());
    bus.write(0x60, 1, 1);
    bus.write(0x64, 1, 2);
    QCOMPARE(device.accesses, (std::vector<Access>{{true, 0, 1, 1}, {true, 4, 1, 2}}));
  }
  void unclaimed_reads_as_ones() {
    const Bus bus("io", 16);
    std::uint64_t value = 0;
    QVERIFY(!bus.read(0x80, 4, value));
    QCOMPARE(value, std::uint64_t{0xffffffff});
    QVERIFY(!bus.write(0x80, 4, 1));
  }
  void splits_wide_accesses() {
    Bus bus("io", 16);
    Recorder device({1});
    QVERIFY(bus.insert({0x3c4, 2}, device).ok());
    bus.write(0x3c4, 2, 0x0f02);
    QCOMPARE(device.accesses, (std::vector<Access>{{true, 0, 1, 0x02}, {true, 1, 1, 0x0f}}));
    QCOMPARE(read(bus, 0x3c4, 2), std::uint64_t{0xa1a0});
  }
  void refuses_narrow_accesses() {
    Bus bus("mmio");
    Recorder device({4});
    QVERIFY(bus.insert({0x1000, 16}, device).ok());
    QCOMPARE(read(bus, 0x1000, 1), std::uint64_t{0xff});
    bus.write(0x1000, 2, 5);
    QVERIFY(device.accesses.empty());
  }
  void crosses_from_device_to_hole_to_device() {
    Bus bus("io", 16);
    Recorder low({1});
    Recorder high({1});
    QVERIFY(bus.insert({0x10, 1}, low).ok());
    QVERIFY(bus.insert({0x12, 1, 0x20}, high).ok());
    QCOMPARE(read(bus, 0x10, 4), std::uint64_t{0xffc0ffa0});
  }
  void removes() {
    Bus bus("io", 16);
    Recorder device({1});
    QVERIFY(bus.insert({0x10, 4}, device).ok());
    QCOMPARE(bus.remove(0x11).error().code, ErrorCode::kNotFound);
    QVERIFY(bus.remove(0x10).ok());
    QCOMPARE(read(bus, 0x10, 1), std::uint64_t{0xff});
    QVERIFY(bus.insert({0x0, 0x100}, device).ok());
  }
  void fills_up() {
    Bus bus("mmio");
    Recorder device({1});
    for (std::uint64_t i = 0; i < Bus::kMaxRanges; ++i) {
      QVERIFY(bus.insert({(Bus::kMaxRanges - i) * 16, 16}, device).ok());
    }
    QCOMPARE(bus.insert({0x100000, 1}, device).error().code, ErrorCode::kExhausted);
    QCOMPARE(read(bus, 16 * 5 + 3, 1), std::uint64_t{0xa3});
  }
  void readers_see_either_side_of_a_move() {
    Bus bus("mmio");
    Constant fixed(7);
    Constant moving(9);
    QVERIFY(bus.insert({0x5000, 4}, fixed).ok());
    std::atomic<bool> stop{false};
    std::atomic<unsigned> wrong{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i) {
      readers.emplace_back([&] {
        while (!stop) {
          const std::uint64_t moved = read(bus, 0x1000, 4);
          wrong += read(bus, 0x5000, 4) != 7 || (moved != 9 && moved != 0xffffffff) ? 1 : 0;
        }
      });
    }
    for (int i = 0; i < 2000; ++i) {
      QVERIFY(bus.insert({0x1000, 4}, moving).ok());
      QVERIFY(bus.remove(0x1000).ok());
    }
    stop = true;
    for (auto& reader : readers) {
      reader.join();
    }
    QCOMPARE(wrong.load(), 0U);
  }
};

QTEST_APPLESS_MAIN(BusTest)
#include "bus_test.moc"
