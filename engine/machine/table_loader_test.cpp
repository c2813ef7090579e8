// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/table_loader.h"

#include <QtTest/QtTest>

#include <numeric>

using namespace saffron;
using namespace saffron::machine;

namespace {

std::unique_ptr<core::GuestMemory> make_ram() {
  const core::GuestRegion region{{0}, 0x200000};
  return core::GuestMemory::create({&region, 1}).value();
}

std::vector<std::uint8_t> bytes_at(const core::GuestMemory& memory, std::uint64_t address, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  memory.read({address}, bytes).value();
  return bytes;
}

QByteArray field(const std::vector<std::uint8_t>& script, std::size_t record, std::size_t offset, std::size_t size) {
  return QByteArray(reinterpret_cast<const char*>(script.data()) + record * 128 + offset, static_cast<int>(size));
}

}  // namespace

class TableLoaderTest : public QObject {
  Q_OBJECT
 private slots:
  void the_script_is_what_firmware_reads();
  void place_aligns_links_and_sums();
  void a_pointer_adds_to_the_offset_that_is_there();
  void place_refuses_what_does_not_fit();
};

void TableLoaderTest::the_script_is_what_firmware_reads() {
  TableLoader loader;
  loader.add_file({"etc/one", std::vector<std::uint8_t>(8), 64, TableZone::kHigh});
  loader.add_file({"etc/two", std::vector<std::uint8_t>(8), 16, TableZone::kFSegment});
  loader.add_pointer("etc/two", 4, 4, "etc/one");
  loader.add_checksum("etc/one", 1, 2, 6);

  const auto script = loader.script();

  QCOMPARE(script.size(), std::size_t{4 * 128});
  // Allocate: command, name[56], alignment, zone.
  QCOMPARE(field(script, 0, 0, 4), QByteArray("\1\0\0\0", 4));
  QCOMPARE(field(script, 0, 4, 56), QByteArray("etc/one").leftJustified(56, '\0'));
  QCOMPARE(field(script, 0, 60, 5), QByteArray("\x40\0\0\0\1", 5));
  QCOMPARE(field(script, 1, 60, 5), QByteArray("\x10\0\0\0\2", 5));
  // Add pointer: command, destination, source, offset, size.
  QCOMPARE(field(script, 2, 0, 4), QByteArray("\2\0\0\0", 4));
  QCOMPARE(field(script, 2, 4, 56), QByteArray("etc/two").leftJustified(56, '\0'));
  QCOMPARE(field(script, 2, 60, 56), QByteArray("etc/one").leftJustified(56, '\0'));
  QCOMPARE(field(script, 2, 116, 5), QByteArray("\4\0\0\0\4", 5));
  // Add checksum: command, file, offset, start, length.
  QCOMPARE(field(script, 3, 0, 4), QByteArray("\3\0\0\0", 4));
  QCOMPARE(field(script, 3, 60, 12), QByteArray("\1\0\0\0\2\0\0\0\6\0\0\0", 12));
  // The rest of each record is zero.
  QCOMPARE(field(script, 0, 65, 63), QByteArray(63, '\0'));
  QCOMPARE(field(script, 3, 72, 56), QByteArray(56, '\0'));
}

void TableLoaderTest::place_aligns_links_and_sums() {
  const auto ram = make_ram();
  TableLoader loader;
  loader.add_file({"a", {1, 2, 3, 4, 5}, 16, TableZone::kHigh});
  loader.add_file({"b", std::vector<std::uint8_t>(16, 7), 64, TableZone::kHigh});
  loader.add_file({"c", std::vector<std::uint8_t>(24), 32, TableZone::kFSegment});
  loader.add_pointer("c", 0, 4, "a");
  loader.add_pointer("c", 8, 8, "b");
  loader.add_checksum("c", 16, 0, 24);

  const auto last = loader.place(*ram, {0xe0001}, {0xf0000});

  QVERIFY(last.ok());
  QCOMPARE(quint64{last->value}, quint64{0xe0060});  // a at e0010, b at e0040, c at e0060.
  QCOMPARE(bytes_at(*ram, 0xe0010, 5), (std::vector<std::uint8_t>{1, 2, 3, 4, 5}));
  const auto linked = bytes_at(*ram, 0xe0060, 24);
  QCOMPARE(std::vector<std::uint8_t>(linked.begin(), linked.begin() + 4), (std::vector<std::uint8_t>{0x10, 0, 0xe, 0}));
  QCOMPARE(std::vector<std::uint8_t>(linked.begin() + 8, linked.begin() + 16),
           (std::vector<std::uint8_t>{0x40, 0, 0xe, 0, 0, 0, 0, 0}));
  QCOMPARE(std::accumulate(linked.begin(), linked.end(), 0U) % 256, 0U);
}

void TableLoaderTest::a_pointer_adds_to_the_offset_that_is_there() {
  const auto ram = make_ram();
  TableLoader loader;
  loader.add_file({"a", {0x34, 0x12, 0, 0}, 4096, TableZone::kHigh});
  loader.add_pointer("a", 0, 4, "a");

  loader.place(*ram, {0x10000}, {0x20000}).value();

  QCOMPARE(bytes_at(*ram, 0x10000, 4), (std::vector<std::uint8_t>{0x34, 0x12, 0x01, 0x00}));
}

void TableLoaderTest::place_refuses_what_does_not_fit() {
  const auto ram = make_ram();
  TableLoader loader;
  loader.add_file({"a", std::vector<std::uint8_t>(0x100), 16, TableZone::kHigh});
  loader.add_file({"b", std::vector<std::uint8_t>(1), 0x1000, TableZone::kHigh});

  QVERIFY(loader.place(*ram, {0x1000}, {0x2001}).ok());
  const auto by_a_byte = loader.place(*ram, {0x1000}, {0x2000});
  const auto by_far = loader.place(*ram, {0x1000}, {0x1080});
  const auto outside_of_ram = loader.place(*ram, {0x200000}, {0x300000});

  QCOMPARE(by_a_byte.error().code, core::ErrorCode::kExhausted);
  QCOMPARE(by_a_byte.error().subject, std::string("b"));
  QCOMPARE(by_far.error().subject, std::string("a"));
  QCOMPARE(outside_of_ram.error().code, core::ErrorCode::kOutOfRange);
}

QTEST_APPLESS_MAIN(TableLoaderTest)
#include "table_loader_test.moc"
