// SPDX-License-Identifier: Apache-2.0
#include <QtTest/QtTest>

#include "devices/storage/ahci.h"
#include "tests/fakes/ahci_driver.h"
#include "tests/fakes/memory_block_backend.h"

using namespace saffron;
using namespace saffron::storage::ahci;
using fakes::AhciDriver;

namespace {

constexpr std::uint64_t kData = AhciDriver::kData;
using Bytes = std::vector<std::uint8_t>;

std::unique_ptr<fakes::MemoryBlockBackend> disc(std::uint32_t sectors, std::uint8_t value = 0x11) {
  auto medium = std::make_unique<fakes::MemoryBlockBackend>(sectors * 2048ull, 2048);
  std::fill(medium->bytes.begin(), medium->bytes.end(), value);
  medium->layout.read_only = true;
  return medium;
}

struct Bench {
  explicit Bench(std::unique_ptr<ports::BlockBackend> medium = disc(100)) {
    storage::AhciCdromOptions options;
    options.tray_moved = [this](bool open) { moves.push_back(open); };
    drive = driver.controller->attach_cdrom(2, options, std::move(medium)).value();
    driver.start(2);
  }
  /// Runs a packet command, recovers from an error; returns whether it was good.
  bool packet(Bytes cdb, std::uint32_t bytes = 0) {
    driver.packet(2, std::move(cdb), bytes);
    const bool good = driver.port_read(2, kPxCi) == 0;
    if (!good) {
      error = static_cast<std::uint8_t>(driver.port_read(2, kPxTfd) >> 8);
      driver.recover(2);
    }
    return good;
  }
  /// Key, code, qualifier.
  std::array<int, 3> sense() {
    packet({0x03, 0, 0, 0, 18}, 18);
    const Bytes bytes = driver.bytes(kData, 18);
    return {bytes[2] & 0xf, bytes[12], bytes[13]};
  }
  Bytes data(std::size_t count) { return driver.bytes(kData, count); }
  std::uint32_t transferred() { return driver.memory->read_object<std::uint32_t>({driver.list(2) + 4}).value(); }
  /// Past the power-on unit attention.
  Bench& settled() {
    sense();
    return *this;
  }

  AhciDriver driver;
  storage::AhciCdrom* drive = nullptr;
  std::vector<bool> moves;
  std::uint8_t error = 0;
};

using Sense = std::array<int, 3>;

}  // namespace

class AtapiTest : public QObject {
  Q_OBJECT

 private slots:
  void the_signature_is_a_packet_drives() {
    Bench bench;
    QCOMPARE(bench.driver.port_read(2, kPxSig), 0xeb140101u);
    QCOMPARE(bench.driver.status(2), std::uint8_t{0});
  }

  void identify_packet_device_but_not_device() {
    Bench bench;
    bench.driver.execute(2, {0xa1, 0, 0, 0, 0, {{kData, 512}}, {}});
    QCOMPARE(bench.driver.port_read(2, kPxIs), kIsPioSetup);
    QCOMPARE(bench.data(2), (Bytes{0xc0, 0x85}));
    bench.driver.execute(2, {0xec, 0, 0, 0, 0, {{kData, 512}}, {}});
    QCOMPARE(bench.driver.port_read(2, kPxTfd), 0x441u);
    QCOMPARE(bench.driver.fis(2, kFisRegister)[5], std::uint8_t{0x14});
    QCOMPARE(bench.driver.fis(2, kFisRegister)[6], std::uint8_t{0xeb});
  }

  void power_on_is_a_unit_attention_once() {
    Bench bench;
    QVERIFY(bench.packet({0x12, 0, 0, 0, 36}, 36));  // INQUIRY does not care.
    QVERIFY(!bench.packet({0x00}));
    QCOMPARE(bench.error >> 4, 6);
    QCOMPARE(bench.sense(), (Sense{6, 0x29, 0}));
    QVERIFY(bench.packet({0x00}));
    QCOMPARE(bench.sense(), (Sense{0, 0, 0}));
  }

  void read_10_and_12_by_dma_and_pio_data() {
    QTest::addColumn<QByteArray>("cdb");
    QTest::addColumn<bool>("dma");
    for (const bool dma : {true, false}) {
      QTest::addRow("READ(10) %d", dma) << QByteArray::fromHex("28000000000500000200") << dma;
      QTest::addRow("READ(12) %d", dma) << QByteArray::fromHex("a800000000050000000200") << dma;
      QTest::addRow("READ CD %d", dma) << QByteArray::fromHex("be000000000500000210000000") << dma;
      QTest::addRow("READ CD MSF %d", dma) << QByteArray::fromHex("b9000000020500020710000000") << dma;
    }
  }
  void read_10_and_12_by_dma_and_pio() {
    QFETCH(QByteArray, cdb);
    QFETCH(bool, dma);
    auto medium = disc(100);
    std::fill_n(medium->bytes.begin() + 5 * 2048, 2048, 0x55);
    std::fill_n(medium->bytes.begin() + 6 * 2048, 2048, 0x66);
    Bench bench(std::move(medium));
    bench.settled();
    const Bytes packet(cdb.begin(), cdb.end());
    bench.driver.execute(2, {0xa0, 0xfffe00, 0, static_cast<std::uint16_t>(dma), 0, {{kData, 4096}}, packet});
    QCOMPARE(bench.driver.port_read(2, kPxCi), 0u);
    QCOMPARE(bench.transferred(), 4096u);
    Bytes expected(4096, 0x55);
    std::fill_n(expected.begin() + 2048, 2048, 0x66);
    QCOMPARE(bench.data(4096), expected);
    QCOMPARE(bench.driver.fis(2, kFisRegister)[12], std::uint8_t{3});  // Interrupt reason: done.
    QCOMPARE((bench.driver.port_read(2, kPxIs) & kIsPioSetup) != 0, !dma);
  }

  void reads_past_the_end_have_their_sense_data() {
    QTest::addColumn<QByteArray>("cdb");
    QTest::newRow("at the end") << QByteArray::fromHex("28000000006400000100");
    QTest::newRow("over the end") << QByteArray::fromHex("28000000006300000200");
    QTest::newRow("wrapping") << QByteArray::fromHex("a800ffffffffffffffff00");
    QTest::newRow("seek") << QByteArray::fromHex("2b000000006400000000");
  }
  void reads_past_the_end_have_their_sense() {
    QFETCH(QByteArray, cdb);
    Bench bench;
    bench.settled();
    QVERIFY(!bench.packet(Bytes(cdb.begin(), cdb.end()), 4096));
    QCOMPARE(bench.sense(), (Sense{5, 0x21, 0}));
  }

  void a_host_read_error_is_a_medium_error() {
    auto medium = disc(100);
    medium->faults[ports::BlockOperation::kRead] = EIO;
    Bench bench(std::move(medium));
    bench.settled();
    QVERIFY(!bench.packet({0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0}, 2048));
    QCOMPARE(bench.sense(), (Sense{3, 0x11, 0}));
  }

  void raw_sectors_have_sync_and_header() {
    Bench bench;
    bench.settled();
    QVERIFY(bench.packet({0xbe, 0, 0, 0, 0, 10, 0, 0, 20, 0xf8, 0, 0}, 20 * 2352));
    QCOMPARE(bench.transferred(), 20u * 2352);
    const Bytes sector = bench.data(2352 * 20);
    QCOMPARE(Bytes(sector.begin(), sector.begin() + 17),
             (Bytes{0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0x00, 0x02, 0x10, 1, 0x11}));
    QCOMPARE(sector[19 * 2352 + 14], std::uint8_t{0x29});
  }

  void capacity_and_toc_tell_the_size() {
    Bench bench;
    bench.settled();
    QVERIFY(bench.packet({0x25}, 8));
    QCOMPARE(bench.data(8), (Bytes{0, 0, 0, 99, 0, 0, 8, 0}));
    QVERIFY(bench.packet({0x43, 0, 0, 0, 0, 0, 0, 0, 20, 0}, 20));
    QCOMPARE(bench.data(20), (Bytes{0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xaa, 0, 0, 0, 0, 100}));
    QVERIFY(bench.packet({0x43, 2, 0, 0, 0, 0, 0xaa, 0, 12, 0}, 12));
    QCOMPARE(bench.data(12), (Bytes{0, 10, 1, 1, 0, 0x14, 0xaa, 0, 0, 0, 3, 25}));
    QVERIFY(bench.packet({0x43, 0, 1, 0, 0, 0, 0, 0, 12, 0}, 12));
    QCOMPARE(bench.data(12), (Bytes{0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0}));
    QVERIFY(bench.packet({0x43, 0, 0, 0, 0, 0, 0, 0, 12, 0x40}, 12));  // The old place of the format.
    QCOMPARE(bench.data(4), (Bytes{0, 10, 1, 1}));
    QVERIFY(bench.packet({0x43, 2, 2, 0, 0, 0, 0, 0, 48, 0}, 48));
    QCOMPARE(bench.transferred(), 48u);
    QVERIFY(!bench.packet({0x43, 0, 5, 0, 0, 0, 0, 0, 12, 0}, 12));
    QVERIFY(!bench.packet({0x43, 0, 0, 0, 0, 0, 2, 0, 12, 0}, 12));
    QCOMPARE(bench.sense(), (Sense{5, 0x24, 0}));
  }

  void replies_are_cut_to_the_allocation() {
    Bench bench;
    bench.driver.fill(kData, 0xee, 64);
    QVERIFY(bench.packet({0x12, 0, 0, 0, 5}, 64));
    QCOMPARE(bench.transferred(), 5u);
    QCOMPARE(bench.data(6), (Bytes{0x05, 0x80, 0x00, 0x32, 31, 0xee}));
    QVERIFY(bench.packet({0x12, 0, 0, 0, 0}));
    QCOMPARE(bench.transferred(), 0u);
  }

  void an_empty_drive_says_so() {
    Bench bench(nullptr);
    bench.settled();
    QVERIFY(!bench.packet({0x00}));
    QCOMPARE(bench.sense(), (Sense{2, 0x3a, 1}));
    QVERIFY(!bench.packet({0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0}, 2048));
    QCOMPARE(bench.sense(), (Sense{2, 0x3a, 1}));
  }

  void profiles_follow_the_medium_data() {
    QTest::addColumn<unsigned>("sectors");
    QTest::addColumn<int>("profile");
    QTest::newRow("none") << 0u << 0;
    QTest::newRow("CD") << 100u << 0x08;
  }
  void profiles_follow_the_medium() {
    QFETCH(unsigned, sectors);
    QFETCH(int, profile);
    Bench bench(sectors == 0 ? nullptr : disc(sectors));
    QVERIFY(bench.packet({0x46, 0, 0, 0, 0, 0, 0, 0, 255, 0}, 255));
    QCOMPARE(static_cast<int>(bench.data(8)[7]), profile);
    const std::uint32_t length = bench.data(4)[3] + 4u;
    QCOMPARE(bench.transferred(), length);
    QVERIFY(bench.packet({0x46, 2, 0, 3, 0, 0, 0, 0, 255, 0}, 255));
    QCOMPARE(bench.transferred(), 16u);
    QCOMPARE(bench.data(12)[9], std::uint8_t{3});
  }

  void a_large_image_is_a_dvd() {
    storage::atapi::DriveFacts facts;
    facts.sectors = storage::atapi::kMaxCdSectors + 1;
    const auto bytes = storage::atapi::configuration(facts, 0, 0);
    QCOMPARE(bytes[7], std::uint8_t{0x10});
    const auto physical = storage::atapi::dvd_structure(facts, 0);
    QCOMPARE(physical->size(), std::size_t{2052});
    QVERIFY(!storage::atapi::dvd_structure(facts, 0x77).has_value());
  }

  void dvd_structures_need_a_dvd() {
    Bench bench;
    bench.settled();
    QVERIFY(!bench.packet({0xad, 0, 0, 0, 0, 0, 0, 0, 8, 0}, 2048));
    QCOMPARE(bench.sense(), (Sense{5, 0x30, 0}));
  }

  void inserting_is_told_by_attention_and_event() {
    Bench bench(nullptr);
    bench.settled();
    QVERIFY(bench.drive->insert(disc(50)).ok());
    QVERIFY(bench.packet({0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8, 0}, 8));
    QCOMPARE(bench.data(6), (Bytes{0, 6, 4, 0x10, 2, 2}));
    QVERIFY(bench.packet({0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8, 0}, 8));
    QCOMPARE(bench.data(6)[4], std::uint8_t{0});
    QVERIFY(!bench.packet({0x00}));
    QCOMPARE(bench.sense(), (Sense{6, 0x28, 0}));
    QVERIFY(bench.packet({0x25}, 8));
    QCOMPARE(bench.data(4)[3], std::uint8_t{49});
  }

  void a_medium_must_be_whole_sectors() {
    Bench bench(nullptr);
    const auto result = bench.drive->insert(std::make_unique<fakes::MemoryBlockBackend>(2048 + 512));
    QCOMPARE(result.error().code, core::ErrorCode::kInvalidArgument);
  }

  void a_locked_drive_keeps_its_medium_unless_forced() {
    Bench bench;
    bench.settled();
    QVERIFY(bench.packet({0x1e, 0, 0, 0, 1}));
    QVERIFY(bench.drive->locked());
    QVERIFY(!bench.packet({0x1b, 0, 0, 0, 2}));
    QCOMPARE(bench.sense(), (Sense{5, 0x53, 2}));
    QCOMPARE(bench.drive->eject(false).error().code, core::ErrorCode::kBusy);
    QVERIFY(bench.packet({0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8, 0}, 8));
    QCOMPARE(bench.data(6)[4], std::uint8_t{1});  // Somebody wants it out.
    QVERIFY(bench.packet({0x00}));
    QVERIFY(bench.drive->eject(true).ok());
    QVERIFY(!bench.packet({0x00}));
    QCOMPARE(bench.sense(), (Sense{2, 0x3a, 2}));
  }

  void the_guest_moves_the_tray() {
    Bench bench;
    bench.settled();
    QVERIFY(bench.packet({0x1b, 0, 0, 0, 2}));
    QVERIFY(bench.drive->tray_open());
    QVERIFY(!bench.packet({0x00}));
    QCOMPARE(bench.sense(), (Sense{2, 0x3a, 2}));
    QVERIFY(bench.packet({0x1b, 0, 0, 0, 3}));
    QCOMPARE(bench.sense(), (Sense{6, 0x28, 0}));
    QVERIFY(bench.packet({0x00}));
    QCOMPARE(bench.moves, (std::vector<bool>{true, false}));
  }

  void mode_pages_exist_or_do_not() {
    Bench bench;
    bench.settled();
    QVERIFY(bench.packet({0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 128, 0}, 128));
    QCOMPARE(bench.data(10)[1], std::uint8_t{28});
    QCOMPARE(bench.data(10)[8], std::uint8_t{0x2a});
    QVERIFY(bench.packet({0x1a, 0, 0x3f, 0, 255, 0}, 255));
    QCOMPARE(bench.transferred(), std::uint32_t{bench.data(1)[0]} + 1);
    QVERIFY(!bench.packet({0x5a, 0, 0x05, 0, 0, 0, 0, 0, 128, 0}, 128));
    QCOMPARE(bench.sense(), (Sense{5, 0x24, 0}));
    QVERIFY(!bench.packet({0x5a, 0, 0xea, 0, 0, 0, 0, 0, 128, 0}, 128));
    QCOMPARE(bench.sense(), (Sense{5, 0x39, 0}));
  }

  void mode_select_takes_pages_that_exist() {
    Bench bench;
    bench.settled();
    Bytes list(8 + 12);
    list[8] = 0x01;
    list[9] = 0x0a;
    QVERIFY(bench.driver.memory->write({kData}, list).ok());
    QVERIFY(bench.packet({0x55, 0x10, 0, 0, 0, 0, 0, 0, 20, 0}, 20));
    list[8] = 0x07;
    QVERIFY(bench.driver.memory->write({kData}, list).ok());
    QVERIFY(!bench.packet({0x55, 0x10, 0, 0, 0, 0, 0, 0, 20, 0}, 20));
    QCOMPARE(bench.sense(), (Sense{5, 0x26, 0}));
  }

  void other_reports_have_their_lengths_data() {
    QTest::addColumn<QByteArray>("cdb");
    QTest::addColumn<unsigned>("length");
    QTest::newRow("disc information") << QByteArray::fromHex("51000000000000010000") << 34u;
    QTest::newRow("track information") << QByteArray::fromHex("52010000000100010000") << 36u;
    QTest::newRow("mechanism status") << QByteArray::fromHex("bd000000000000000100") << 8u;
    QTest::newRow("format capacities") << QByteArray::fromHex("23000000000000010000") << 12u;
    QTest::newRow("sub-channel") << QByteArray::fromHex("42024001000000010000") << 16u;
    QTest::newRow("VPD list") << QByteArray::fromHex("120100010000") << 7u;
    QTest::newRow("VPD serial") << QByteArray::fromHex("120180010000") << 24u;
    QTest::newRow("VPD identification") << QByteArray::fromHex("120183010000") << 36u;
  }
  void other_reports_have_their_lengths() {
    QFETCH(QByteArray, cdb);
    QFETCH(unsigned, length);
    Bench bench;
    bench.settled();
    QVERIFY(bench.packet(Bytes(cdb.begin(), cdb.end()), 4096));
    QCOMPARE(bench.transferred(), length);
  }

  void unknown_opcodes_are_refused() {
    Bench bench;
    bench.settled();
    QVERIFY(!bench.packet({0xa3}));
    QCOMPARE(bench.sense(), (Sense{5, 0x20, 0}));
    QVERIFY(!bench.packet({0xff}));
    QVERIFY(!bench.packet({0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0}, 2048));  // WRITE(10)
  }

  void a_medium_change_waits_for_reads_under_way() {
    auto medium = disc(4096);
    auto* raw = medium.get();
    Bench bench(std::move(medium));
    bench.settled();
    raw->stalled = true;
    bench.driver.packet(2, {0x28, 0, 0, 0, 0, 0, 0, 0, 4, 0}, 8192);
    QCOMPARE(bench.driver.port_read(2, kPxCi), 1u);
    QVERIFY(bench.drive->insert(disc(50, 0x22)).ok());
    QCOMPARE(bench.driver.port_read(2, kPxCi), 0u);
    QCOMPARE(bench.data(8192), Bytes(8192, 0x11));
  }
};

QTEST_APPLESS_MAIN(AtapiTest)
#include "atapi_test.moc"
