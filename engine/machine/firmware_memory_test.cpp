// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/firmware_memory.h"

#include <QtTest/QtTest>

#include "engine/machine/memory_layout.h"
#include "tests/fakes/slot_map.h"

using namespace saffron;
using namespace saffron::machine;

namespace {

constexpr std::size_t kBlock = 64 * 1024;

/// RAM whose every page below 1 MiB holds 0x11, and an image that counts its 64 KiB blocks from the end: the last is
/// 0xb0, the one before 0xb1.
struct Board {
  explicit Board(std::size_t image_size) {
    const core::GuestRegion region{{0}, kMiB};
    ram = core::GuestMemory::create({&region, 1}).value();
    ram->fill({0}, 0x11, kMiB).value();
    std::vector<std::uint8_t> image(image_size);
    for (std::size_t i = 0; i < image_size; ++i) {
      image[i] = static_cast<std::uint8_t>(0xb0 + (image_size - 1 - i) / kBlock);
    }
    auto created = FirmwareMemory::create(*ram, map, image);
    if (created.ok()) {
      memory = std::move(created).value();
    } else {
      failure = created.error();
    }
  }
  void set(std::uint64_t base, std::uint64_t size, bool read, bool write) {
    const pci::PamRegion region{base, size, read, write};
    memory->pam_changed({&region, 1});
  }
  /// A guest's byte read: from a slot, or through the MMIO path.
  int read(std::uint64_t address) {
    const auto direct = map.byte(address);
    return direct ? *direct : static_cast<int>(memory->read(address - kPamStart, 1) & 0xff);
  }
  /// A guest's write: into a writable slot, or through the MMIO path.
  void write(std::uint64_t address, unsigned size, std::uint64_t value) {
    const auto* mapping = map.at(address);
    if (mapping != nullptr && mapping->writable) {
      for (unsigned i = 0; i < size; ++i) {
        mapping->memory->bytes()[mapping->offset + (address - mapping->base) + i] =
            static_cast<std::uint8_t>(value >> (i * 8));
      }
    } else {
      memory->write(address - kPamStart, size, value);
    }
  }
  int ram_byte(std::uint64_t address) const { return ram->read_object<std::uint8_t>({address}).value(); }

  std::unique_ptr<core::GuestMemory> ram;
  fakes::SlotMap map;
  std::unique_ptr<FirmwareMemory> memory;
  core::Error failure;
};

}  // namespace

class FirmwareMemoryTest : public QObject {
  Q_OBJECT
 private slots:
  void image_sizes_data();
  void image_sizes();
  void the_image_ends_at_4_gib_and_its_tail_at_1_mib_data();
  void the_image_ends_at_4_gib_and_its_tail_at_1_mib();
  void a_region_takes_all_four_settings();
  void write_only_memory_becomes_visible_when_reads_are_enabled();
  void a_write_across_two_regions_obeys_both();
  void a_reset_brings_the_rom_back();
  void without_an_image_there_is_nothing_to_read();
};

void FirmwareMemoryTest::image_sizes_data() {
  QTest::addColumn<quint64>("size");
  QTest::addColumn<bool>("good");
  QTest::newRow("one block") << quint64{kBlock} << true;
  QTest::newRow("256 KiB") << quint64{4 * kBlock} << true;
  QTest::newRow("8 MiB") << quint64{FirmwareMemory::kMaxImage} << true;
  QTest::newRow("too small") << quint64{kBlock / 2} << false;
  QTest::newRow("a byte too many") << quint64{kBlock + 1} << false;
  QTest::newRow("too large") << quint64{FirmwareMemory::kMaxImage + kBlock} << false;
}

void FirmwareMemoryTest::image_sizes() {
  QFETCH(quint64, size);
  QFETCH(bool, good);

  const Board board(size);

  QCOMPARE(board.memory != nullptr, good);
  if (!good) {
    QCOMPARE(board.failure.code, core::ErrorCode::kInvalidArgument);
    QCOMPARE(board.failure.subject, std::string("firmware.path"));
    QVERIFY(board.map.mappings.empty());
  }
  QCOMPARE(board.map.error, std::string());
}

void FirmwareMemoryTest::the_image_ends_at_4_gib_and_its_tail_at_1_mib_data() {
  QTest::addColumn<quint64>("size");
  QTest::addColumn<int>("at_e0000");
  QTest::newRow("256 KiB") << quint64{4 * kBlock} << 0xb1;
  QTest::newRow("128 KiB") << quint64{2 * kBlock} << 0xb1;
  QTest::newRow("64 KiB leave 0xe0000 open") << quint64{kBlock} << 0xff;
}

void FirmwareMemoryTest::the_image_ends_at_4_gib_and_its_tail_at_1_mib() {
  QFETCH(quint64, size);
  QFETCH(int, at_e0000);
  Board board(size);

  QCOMPARE(int{*board.map.byte(0xfffffff0)}, 0xb0);  // The reset vector.
  QVERIFY(!board.map.at(0xfffffff0)->writable);
  QVERIFY(board.map.at(4 * kGiB - size) != nullptr);
  QVERIFY(board.map.at(4 * kGiB - size - 1) == nullptr);
  QCOMPARE(board.read(0xfffff), 0xb0);
  QCOMPARE(board.read(0xf0000), 0xb0);
  QCOMPARE(board.read(0xe0000), at_e0000);
  QCOMPARE(board.read(0xc0000), 0xff);  // Nothing behind.
  board.write(0xfffff, 1, 0x55);
  QCOMPARE(board.read(0xfffff), 0xb0);
  QCOMPARE(board.ram_byte(0xfffff), 0x11);
}

void FirmwareMemoryTest::a_region_takes_all_four_settings() {
  Board board(4 * kBlock);
  constexpr std::uint64_t kAt = 0xf1234;

  board.set(0xf0000, 0x10000, true, true);
  board.write(kAt, 1, 0x22);
  QCOMPARE(board.read(kAt), 0x22);
  QVERIFY(board.map.at(kAt)->writable);

  board.set(0xf0000, 0x10000, true, false);
  board.write(kAt, 1, 0x33);
  QCOMPARE(board.read(kAt), 0x22);

  board.set(0xf0000, 0x10000, false, true);
  board.write(kAt, 1, 0x44);
  QCOMPARE(board.read(kAt), 0xb0);
  QCOMPARE(board.ram_byte(kAt), 0x44);

  board.set(0xf0000, 0x10000, false, false);
  board.write(kAt, 1, 0x55);
  QCOMPARE(board.read(kAt), 0xb0);
  QCOMPARE(board.ram_byte(kAt), 0x44);
  QCOMPARE(board.map.error, std::string());
}

void FirmwareMemoryTest::write_only_memory_becomes_visible_when_reads_are_enabled() {
  // What SeaBIOS does to copy itself: read ROM, write the RAM below, then switch.
  Board board(4 * kBlock);
  board.set(0xe0000, 0x4000, false, true);

  for (std::uint64_t address = 0xe0000; address < 0xe0020; address += 8) {
    board.write(address, 8, 0x0101010101010101U * static_cast<unsigned>(board.read(address)));
  }
  board.set(0xe0000, 0x4000, true, false);

  QCOMPARE(board.read(0xe0000), 0xb1);
  QCOMPARE(board.read(0xe001f), 0xb1);
  QCOMPARE(board.read(0xe0020), 0x11);
}

void FirmwareMemoryTest::a_write_across_two_regions_obeys_both() {
  Board board(4 * kBlock);
  board.set(0xc0000, 0x4000, false, true);

  board.memory->write(0x4000 - 4, 8, 0x8877665544332211);

  QCOMPARE(board.ram_byte(0xc3ffc), 0x11);
  QCOMPARE(board.ram_byte(0xc3fff), 0x44);
  QCOMPARE(board.ram_byte(0xc4000), 0x11);  // Not enabled: as it was.
  QCOMPARE(board.ram_byte(0xc4003), 0x11);
}

void FirmwareMemoryTest::a_reset_brings_the_rom_back() {
  Board board(4 * kBlock);
  std::vector<pci::PamRegion> regions;
  for (std::uint64_t base = 0xc0000; base < 0xf0000; base += 0x4000) {
    regions.push_back({base, 0x4000, true, true});
  }
  regions.push_back({0xf0000, 0x10000, true, true});
  board.memory->pam_changed(regions);
  QCOMPARE(board.read(0xf0000), 0x11);

  for (pci::PamRegion& region : regions) {
    region.read_enable = region.write_enable = false;
  }
  board.memory->pam_changed(regions);

  QCOMPARE(board.read(0xf0000), 0xb0);
  QCOMPARE(board.read(0xe0000), 0xb1);
  QCOMPARE(board.read(0xd0000), 0xff);
  QCOMPARE(board.map.error, std::string());
}

void FirmwareMemoryTest::without_an_image_there_is_nothing_to_read() {
  Board board(0);

  QCOMPARE(board.read(0xf0000), 0xff);
  QVERIFY(board.map.at(0xfffffff0) == nullptr);
  board.set(0xf0000, 0x10000, true, true);
  QCOMPARE(board.read(0xf0000), 0x11);
}

QTEST_APPLESS_MAIN(FirmwareMemoryTest)
#include "firmware_memory_test.moc"
