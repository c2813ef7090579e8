// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/ahci.h"

#include <QtTest/QtTest>

#include <thread>

#include "tests/fakes/ahci_driver.h"
#include "tests/fakes/memory_block_backend.h"

using namespace saffron;
using namespace saffron::storage::ahci;
using fakes::AhciDriver;
using ports::BlockOperation;
using Command = AhciDriver::Command;

namespace {

constexpr std::uint64_t kData = AhciDriver::kData;
constexpr std::uint8_t kGood = 0x50;

struct Bench {
  explicit Bench(std::uint64_t size = 1 << 20) : disk(size) {
    driver = std::make_unique<AhciDriver>();
    if (!driver->controller->attach_disk(0, {}, disk).ok()) {
      qFatal("attach failed");
    }
  }
  AhciDriver* operator->() { return driver.get(); }

  fakes::MemoryBlockBackend disk;
  std::unique_ptr<AhciDriver> driver;
};

Command read_dma(std::uint64_t lba, std::uint16_t sectors, std::vector<AhciDriver::Segment> data) {
  return {0x25, lba, sectors, 0, 0x40, std::move(data), {}};
}
Command queued(bool write, unsigned slot, std::uint64_t lba, std::uint16_t sectors, std::uint64_t address) {
  return {static_cast<std::uint8_t>(write ? 0x61 : 0x60),
          lba,
          static_cast<std::uint16_t>(slot << 3),
          sectors,
          0x40,
          {{address, sectors * 512u}},
          {}};
}

}  // namespace

class AhciTest : public QObject {
  Q_OBJECT

 private slots:
  void says_what_it_is() {
    Bench bench;
    auto& controller = *bench->controller;
    QCOMPARE(controller.read_config(0, 4), 0x29228086u);
    QCOMPARE(controller.read_config(8, 4) >> 8, 0x010601u);
    QCOMPARE(bench->read(kRegCapabilities) & 0x1f, 5u);
    QCOMPARE(bench->read(kRegPortsImplemented), 0x3fu);
    QVERIFY((bench->read(kRegCapabilities) & (1u << 30)) != 0);
    QVERIFY((bench->read(kRegControl) & kControlAhciEnable) != 0);
  }

  void an_empty_port_has_no_link_and_ignores_commands() {
    Bench bench;
    QCOMPARE(bench->port_read(1, kPxSsts), 0u);
    QCOMPARE(bench->port_read(1, kPxSig), 0xffffffffu);
    bench->start(1);
    bench->execute(1, {0xec, 0, 0, 0, 0, {{kData, 512}}, {}});
    QCOMPARE(bench->port_read(1, kPxCi), 1u);
    QCOMPARE(bench->status(1), std::uint8_t{0x7f});
  }

  void the_signature_comes_when_fises_are_received() {
    Bench bench;
    QCOMPARE(bench->port_read(0, kPxSsts), 0x133u);
    QCOMPARE(bench->status(0), std::uint8_t{0x7f});
    bench->start(0);
    QCOMPARE(bench->port_read(0, kPxSig), 0x101u);
    QCOMPARE(bench->status(0), kGood);
    const auto fis = bench->fis(0, kFisRegister);
    QCOMPARE(fis[0], std::uint8_t{0x34});
    QCOMPARE(fis[1], std::uint8_t{0});
    QCOMPARE(fis[12], std::uint8_t{1});
  }

  void one_drive_a_port() {
    Bench bench;
    QCOMPARE(bench->controller->attach_disk(0, {}, bench.disk).error().code, core::ErrorCode::kAlreadyExists);
    QCOMPARE(bench->controller->attach_disk(6, {}, bench.disk).error().code, core::ErrorCode::kInvalidArgument);
    QCOMPARE(bench->controller->attach_cdrom(0, {}, nullptr).error().code, core::ErrorCode::kAlreadyExists);
  }

  void pio_data_ends_with_a_pio_setup_fis() {
    Bench bench;
    bench->start(0);
    bench->execute(0, {0xec, 0, 0, 0, 0x40, {{kData, 512}}, {}});
    QCOMPARE(bench->port_read(0, kPxCi), 0u);
    QCOMPARE(bench->port_read(0, kPxIs), kIsPioSetup);
    const auto fis = bench->fis(0, kFisPioSetup);
    QCOMPARE(fis[0], std::uint8_t{0x5f});
    QCOMPARE(fis[2] & 0x41, 0x40);  // What firmware looks at.
    QCOMPARE(fis[15], kGood);
    QCOMPARE(fis[16] | fis[17] << 8, 512);
    QCOMPARE(bench->status(0), kGood);
    QVERIFY(bench->socket.line.level());
  }

  void dma_reads_scatter_over_the_table() {
    Bench bench;
    for (std::size_t index = 0; index < 4096; ++index) {
      bench.disk.bytes[1024 + index] = static_cast<std::uint8_t>(index * 7 + index / 256);
    }
    bench->start(0);
    bench->execute(0, read_dma(2, 8, {{kData, 100}, {kData + 0x1000, 2}, {kData + 0x2000, 3994}}));
    QCOMPARE(bench->port_read(0, kPxCi), 0u);
    QCOMPARE(bench->port_read(0, kPxIs), kIsDeviceToHost);
    QVERIFY(
        std::equal(bench.disk.bytes.begin() + 1024, bench.disk.bytes.begin() + 1124, bench->bytes(kData, 100).begin()));
    QVERIFY(std::equal(bench.disk.bytes.begin() + 1126, bench.disk.bytes.begin() + 1024 + 4096,
                       bench->bytes(kData + 0x2000, 3994).begin()));
    QCOMPARE(bench->memory->read_object<std::uint32_t>({bench->list(0) + 4}).value(), 4096u);
  }

  void a_table_of_tiny_pieces_is_walked_in_parts() {
    Bench bench;
    std::fill(bench.disk.bytes.begin(), bench.disk.bytes.begin() + 8192, 0x77);
    bench->start(0);
    bench->prepare(0, 0, read_dma(0, 16, {}));
    // 4096 entries of two bytes: more than one system call takes.
    const std::uint64_t table = 0x200000;
    bench->put(bench->list(0), std::array<std::uint32_t, 4>{5 | 4096u << 16, 0, static_cast<std::uint32_t>(table), 0});
    const auto fis = bench->bytes(bench->table(0, 0), 64);
    QVERIFY(bench->memory->write({table}, fis).ok());
    for (unsigned index = 0; index < 4096; ++index) {
      bench->put(table + 0x80 + index * 16, std::array<std::uint64_t, 2>{kData + index * 2, std::uint64_t{1} << 32});
    }
    bench->issue(0, 1);
    bench->run(32);
    QCOMPARE(bench->port_read(0, kPxCi), 0u);
    QCOMPARE(bench->bytes(kData, 8192), std::vector<std::uint8_t>(8192, 0x77));
    QCOMPARE(bench.disk.illegal_requests, 0u);
  }

  void reads_and_writes_data() {
    QTest::addColumn<int>("write");
    QTest::addColumn<int>("read");
    QTest::newRow("PIO") << 0x30 << 0x20;
    QTest::newRow("PIO EXT") << 0x34 << 0x24;
    QTest::newRow("MULTIPLE") << 0xc5 << 0xc4;
    QTest::newRow("MULTIPLE EXT") << 0x39 << 0x29;
    QTest::newRow("MULTIPLE FUA") << 0xce << 0x29;
    QTest::newRow("DMA") << 0xca << 0xc8;
    QTest::newRow("DMA EXT") << 0x35 << 0x25;
    QTest::newRow("DMA FUA") << 0x3d << 0x25;
  }
  void reads_and_writes() {
    QFETCH(int, write);
    QFETCH(int, read);
    Bench bench;
    bench->start(0);
    bench->fill(kData, 0x3c, 1024);
    bench->execute(0, {static_cast<std::uint8_t>(write), 5, 2, 0, 0x40, {{kData, 1024}}, {}});
    QCOMPARE(bench->port_read(0, kPxCi), 0u);
    QVERIFY((bench->port_read(0, kPxIs) & kIsDeviceToHost) != 0);
    QCOMPARE(bench.disk.bytes[5 * 512 - 1], std::uint8_t{0});
    QCOMPARE(bench.disk.bytes[5 * 512], std::uint8_t{0x3c});
    QCOMPARE(bench.disk.bytes[7 * 512 - 1], std::uint8_t{0x3c});
    QCOMPARE(bench.disk.bytes[7 * 512], std::uint8_t{0});
    const bool flushed = bench.disk.log.back().operation == BlockOperation::kFlush;
    QCOMPARE(flushed, write == 0xce || write == 0x3d);

    bench->fill(kData, 0, 1024);
    bench->execute(0, {static_cast<std::uint8_t>(read), 5, 2, 0, 0x40, {{kData, 1024}}, {}});
    QCOMPARE(bench->bytes(kData, 1024), std::vector<std::uint8_t>(1024, 0x3c));
  }

  void chs_addresses_are_translated() {
    Bench bench;
    std::fill_n(bench.disk.bytes.begin() + 63 * 512, 512, 0x99);
    bench->start(0);
    bench->execute(0, {0x20, 1, 1, 0, 0x01, {{kData, 512}}, {}});  // Cylinder 0, head 1, sector 1.
    QCOMPARE(bench->bytes(kData, 512), std::vector<std::uint8_t>(512, 0x99));
  }

  void queued_commands_complete_in_any_order() {
    Bench bench;
    bench->start(0);
    for (unsigned slot = 0; slot < 32; ++slot) {
      bench->fill(kData + slot * 512, static_cast<std::uint8_t>(slot + 1), 512);
      bench->prepare(0, slot, queued(true, slot, 31 - slot, 1, kData + slot * 512));
    }
    bench.disk.stalled = true;
    bench->port_write(0, kPxSact, 0xffffffff);
    bench->issue(0, 0xffffffff);
    bench->run();
    QCOMPARE(bench->port_read(0, kPxCi), 0u);  // All taken by the drive, none done.
    QCOMPARE(bench->port_read(0, kPxSact), 0xffffffffu);
    QCOMPARE(bench.disk.under_way(), std::size_t{32});

    bench.disk.release();
    bench->run();
    QCOMPARE(bench->port_read(0, kPxSact), 0u);
    QCOMPARE(bench->port_read(0, kPxIs), kIsSetDeviceBits);
    for (unsigned slot = 0; slot < 32; ++slot) {
      QCOMPARE(bench.disk.bytes[(31 - slot) * 512], static_cast<std::uint8_t>(slot + 1));
    }
    QCOMPARE(bench->fis(0, kFisSetDeviceBits, 8)[0], std::uint8_t{0xa1});
  }

  void a_command_that_is_not_queued_waits_for_queued_ones() {
    Bench bench;
    bench->start(0);
    bench->prepare(0, 0, queued(true, 0, 0, 1, kData));
    bench->prepare(0, 1, {0xea, 0, 0, 0, 0x40, {}, {}});
    bench.disk.stalled = true;
    bench->port_write(0, kPxSact, 1);
    bench->issue(0, 3);
    bench->run();
    QCOMPARE(bench->port_read(0, kPxCi), 2u);
    QCOMPARE(bench.disk.under_way(), std::size_t{1});
    bench.disk.release();
    bench->run();
    QCOMPARE(bench->port_read(0, kPxCi), 0u);
    QCOMPARE(bench.disk.log.back().operation, BlockOperation::kFlush);
  }

  void an_error_stops_the_port_until_it_is_restarted() {
    Bench bench;
    bench->start(0);
    bench.disk.faults[BlockOperation::kRead] = EIO;
    bench->prepare(0, 0, read_dma(0, 1, {{kData, 512}}));
    bench->prepare(0, 1, {0xea, 0, 0, 0, 0x40, {}, {}});
    bench->issue(0, 3);
    bench->run();
    QVERIFY((bench->port_read(0, kPxIs) & kIsTaskFileError) != 0);
    QCOMPARE(bench->port_read(0, kPxTfd), 0x4041u);  // Uncorrectable.
    QCOMPARE(bench->port_read(0, kPxCi), 3u);
    QCOMPARE((bench->port_read(0, kPxCmd) >> 8) & 0x1f, 0u);  // CCS names the one that failed.

    bench.disk.faults.clear();
    bench->recover(0);
    QCOMPARE(bench->port_read(0, kPxCi), 0u);
    bench->execute(0, read_dma(0, 1, {{kData, 512}}));
    QCOMPARE(bench->port_read(0, kPxCi), 0u);
    QCOMPARE(bench->status(0), kGood);
  }

  void a_queued_error_is_told_by_the_log() {
    Bench bench;
    bench->start(0);
    bench->prepare(0, 3, queued(false, 3, 1 << 20, 1, kData));  // Past the end.
    bench->prepare(0, 5, queued(false, 5, 0, 1, kData));
    bench->port_write(0, kPxSact, 0x28);
    bench->issue(0, 0x28);
    bench->run();
    QVERIFY((bench->port_read(0, kPxIs) & kIsTaskFileError) != 0);
    QVERIFY((bench->port_read(0, kPxSact) & 8) != 0);
    bench->recover(0);
    bench->execute(0, {0x2f, 0x10, 1, 0, 0x40, {{kData, 512}}, {}});
    const auto page = bench->bytes(kData, 512);
    QCOMPARE(page[0], std::uint8_t{3});
    QCOMPARE(page[2], std::uint8_t{0x41});
    QCOMPARE(page[3], std::uint8_t{0x10});
    unsigned sum = 0;
    for (const std::uint8_t byte : page) {
      sum += byte;
    }
    QCOMPARE(sum & 0xff, 0u);
  }

  void requests_past_the_end_or_unknown_fail_data() {
    QTest::addColumn<int>("command");
    QTest::addColumn<quint64>("lba");
    QTest::addColumn<int>("error");
    QTest::newRow("read EXT past the end") << 0x25 << quint64{2048} << 0x10;
    QTest::newRow("read EXT over the end") << 0x25 << quint64{2047} << 0x10;
    QTest::newRow("read far away") << 0x25 << quint64{0xffffffffffff} << 0x10;
    QTest::newRow("write past the end") << 0x35 << quint64{2048} << 0x10;
    QTest::newRow("verify past the end") << 0x42 << quint64{2048} << 0x10;
    QTest::newRow("unknown") << 0xff << quint64{0} << 0x04;
    QTest::newRow("NOP") << 0x00 << quint64{0} << 0x04;
    QTest::newRow("identify packet device") << 0xa1 << quint64{0} << 0x04;
    QTest::newRow("packet") << 0xa0 << quint64{0} << 0x04;
    QTest::newRow("log that is not") << 0x2f << quint64{0x55} << 0x04;
  }
  void requests_past_the_end_or_unknown_fail() {
    QFETCH(int, command);
    QFETCH(quint64, lba);
    QFETCH(int, error);
    Bench bench;
    bench->start(0);
    bench->execute(0, {static_cast<std::uint8_t>(command), lba, 2, 0, 0x40, {{kData, 1024}}, {}});
    QCOMPARE(bench->port_read(0, kPxTfd), 0x41u | static_cast<unsigned>(error) << 8);
    QVERIFY((bench->port_read(0, kPxIs) & kIsTaskFileError) != 0);
    QVERIFY(bench.disk.log.empty());
  }

  void a_table_that_is_too_short_overflows() {
    Bench bench;
    bench->start(0);
    bench->execute(0, read_dma(0, 4, {{kData, 512}}));
    QVERIFY((bench->port_read(0, kPxIs) & kIsOverflow) != 0);
    bench->recover(0);
    bench->execute(0, read_dma(0, 1, {{kData, 512}}));
    QCOMPARE(bench->port_read(0, kPxCi), 0u);
  }

  void addresses_outside_of_ram_are_bus_errors() {
    Bench bench;
    bench->start(0);
    bench->execute(0, read_dma(0, 1, {{0xfffffffffffff000, 512}}));
    QVERIFY((bench->port_read(0, kPxIs) & kIsHostBusFatal) != 0);
    bench->port_write(0, kPxCmd, 0x10);
    bench->port_write(0, kPxClb, 0xf0000000);
    bench->recover(0);
    bench->issue(0, 1);
    bench->run();
    QVERIFY((bench->port_read(0, kPxIs) & kIsHostBusFatal) != 0);
  }

  void nothing_moves_without_bus_mastering() {
    Bench bench;
    bench->start(0);
    bench->controller->write_config(0x04, 2, 0x3);
    bench->execute(0, read_dma(0, 1, {{kData, 512}}));
    QCOMPARE(bench->port_read(0, kPxCi), 1u);
    bench->controller->write_config(0x04, 2, 0x7);
    bench->run();
    QCOMPARE(bench->port_read(0, kPxCi), 0u);
  }

  void stopping_waits_for_the_host() {
    Bench bench;
    bench->start(0);
    bench.disk.stalled = true;
    bench->prepare(0, 0, read_dma(0, 1, {{kData, 512}}));
    bench->issue(0, 1);
    bench->run();
    bench->port_write(0, kPxIs, 0xffffffff);
    bench->port_write(0, kPxCmd, 0x10);
    QVERIFY((bench->port_read(0, kPxCmd) & kCmdListRunning) != 0);
    QCOMPARE(bench->port_read(0, kPxCi), 0u);
    bench->run();
    QVERIFY((bench->port_read(0, kPxCmd) & kCmdListRunning) == 0);
    QCOMPARE(bench->port_read(0, kPxIs), 0u);  // The command's end is nobody's business.
    QCOMPARE(bench.disk.under_way(), std::size_t{0});
  }

  void comreset_brings_the_link_and_the_signature_back() {
    Bench bench;
    bench->start(0);
    bench->port_write(0, kPxCmd, 0x10);
    bench->port_write(0, kPxSctl, 0x301);
    QCOMPARE(bench->port_read(0, kPxSsts), 0u);
    QCOMPARE(bench->port_read(0, kPxSig), 0xffffffffu);
    bench->port_write(0, kPxSctl, 0x300);
    QCOMPARE(bench->port_read(0, kPxSsts), 0x133u);
    QVERIFY((bench->status(0) & 0x80) != 0);
    bench->run();
    QCOMPARE(bench->status(0), kGood);
    QCOMPARE(bench->port_read(0, kPxSig), 0x101u);
    QVERIFY((bench->port_read(0, kPxIs) & kIsPortConnectChange) != 0);
    bench->port_write(0, kPxSerr, 0xffffffff);
    QVERIFY((bench->port_read(0, kPxIs) & kIsPortConnectChange) == 0);
  }

  void many_comresets_before_the_host_looks_are_one() {
    Bench bench;
    bench->start(0);
    const unsigned before = bench.disk.drains;
    for (unsigned i = 0; i < 50; ++i) {
      bench->port_write(0, kPxSctl, 1);
      bench->port_write(0, kPxSctl, 0);
    }
    bench->run();
    QVERIFY(bench.disk.drains > before);
    QVERIFY(bench.disk.drains - before <= 2);
    QCOMPARE(bench->port_read(0, kPxSsts), kSstsLinkUp);
    bench->execute(0, read_dma(0, 1, {{kData, 512}}));
    QCOMPARE(bench->port_read(0, kPxCi), 0u);
  }

  void a_port_can_be_taken_offline() {
    Bench bench;
    bench->start(0);
    bench->port_write(0, kPxSctl, 0x4);
    QCOMPARE(bench->port_read(0, kPxSsts), 0x4u);
    bench->execute(0, {0xec, 0, 0, 0, 0, {{kData, 512}}, {}});
    QCOMPARE(bench->port_read(0, kPxCi), 1u);
  }

  void software_reset_ends_with_the_signature() {
    Bench bench;
    bench->start(0);
    for (const std::uint8_t control : {std::uint8_t{4}, std::uint8_t{0}}) {
      bench->prepare(0, 0, {});
      bench->put(bench->table(0, 0) + 1, std::uint8_t{0});
      bench->put(bench->table(0, 0) + 15, control);
      bench->put(bench->list(0), std::uint32_t{5u | (control != 0 ? 0x500u : 0u)});
      bench->fill(bench->fises(0) + kFisRegister, 0, 20);
      bench->issue(0, 1);
      bench->run();
      QCOMPARE(bench->port_read(0, kPxCi), 0u);
    }
    QCOMPARE(bench->fis(0, kFisRegister)[0], std::uint8_t{0x34});
    QCOMPARE(bench->status(0), kGood);
  }

  void host_reset_forgets_all_but_where_the_lists_are() {
    Bench bench;
    bench->start(0);
    const std::uint32_t list = bench->port_read(0, kPxClb);
    QVERIFY(list != 0);
    bench->execute(0, {0xec, 0, 0, 0, 0x40, {{kData, 512}}, {}});
    bench->write(kRegControl, 0x80000003);
    QVERIFY((bench->read(kRegControl) & kControlReset) != 0);
    QVERIFY(!bench->socket.line.level());
    bench->run();
    QCOMPARE(bench->read(kRegControl), kControlAhciEnable);
    QCOMPARE(bench->port_read(0, kPxClb), list);
    QCOMPARE(bench->port_read(0, kPxIe), 0u);
    QCOMPARE(bench->port_read(0, kPxSsts), 0x133u);
    bench->start(0);
    QCOMPARE(bench->status(0), kGood);
  }

  void machine_reset_is_a_host_reset() {
    Bench bench;
    bench->start(0);
    bench.disk.stalled = true;
    bench->prepare(0, 0, read_dma(0, 1, {{kData, 512}}));
    bench->issue(0, 1);
    bench->run();
    bench->controller->reset();
    bench->run();
    QCOMPARE(bench.disk.under_way(), std::size_t{0});
    QCOMPARE(bench->controller->read_config(4, 2) & 7, 0u);
  }

  void the_line_follows_the_registers() {
    Bench bench;
    bench->start(0);
    bench->execute(0, {0xea, 0, 0, 0, 0x40, {}, {}});
    QVERIFY(bench->socket.line.level());
    QCOMPARE(bench->read(kRegInterruptStatus), 1u);
    bench->write(kRegInterruptStatus, 1);  // The port's own cause is still there.
    QVERIFY(bench->socket.line.level());
    bench->port_write(0, kPxIs, 0xffffffff);
    bench->write(kRegInterruptStatus, 1);
    QVERIFY(!bench->socket.line.level());
    bench->write(kRegControl, 0x80000000);
    bench->execute(0, {0xea, 0, 0, 0, 0x40, {}, {}});
    QVERIFY(!bench->socket.line.level());
    bench->write(kRegControl, 0x80000002);
    QVERIFY(bench->socket.line.level());
  }

  void messages_come_for_each_new_cause() {
    Bench bench;
    auto& controller = *bench->controller;
    unsigned capability = controller.read_config(0x34, 1);
    while (capability != 0 && controller.read_config(capability, 1) != 5) {
      capability = controller.read_config(capability + 1, 1);
    }
    QVERIFY(capability != 0);
    controller.write_config(capability + 4, 4, 0xfee00000);
    controller.write_config(capability + 2, 2, 1);
    bench->start(0);
    bench->execute(0, {0xea, 0, 0, 0, 0x40, {}, {}});
    QCOMPARE(bench->msi->signal_count.load(), 1u);
    QVERIFY(!bench->socket.line.level());
    bench->execute(0, {0xea, 0, 0, 0, 0x40, {}, {}});  // Nobody has acknowledged yet.
    QCOMPARE(bench->msi->signal_count.load(), 1u);
    bench->write(kRegInterruptStatus, 1);  // Acknowledged too early: the cause is still there.
    QCOMPARE(bench->msi->signal_count.load(), 2u);
    bench->port_write(0, kPxIs, 0xffffffff);
    bench->write(kRegInterruptStatus, 1);
    QCOMPARE(bench->msi->signal_count.load(), 2u);
    bench->execute(0, {0xea, 0, 0, 0, 0x40, {}, {}});
    QCOMPARE(bench->msi->signal_count.load(), 3u);
  }

  void the_index_data_pair_reaches_the_registers() {
    Bench bench;
    auto& io = bench->socket.io_bus();
    io.write(AhciDriver::kIoBar + 0x10, 4, kRegVersion);
    std::uint64_t value = 0;
    io.read(AhciDriver::kIoBar + 0x14, 4, value);
    QCOMPARE(value, std::uint64_t{kVersion});
    io.write(AhciDriver::kIoBar + 0x10, 4, 0x100 + kPxIe);
    io.write(AhciDriver::kIoBar + 0x14, 4, 1);
    QCOMPARE(bench->port_read(0, kPxIe), 1u);
  }

  void narrow_accesses_touch_their_bytes_only() {
    Bench bench;
    auto& bus = bench->socket.memory_bus();
    bench->port_write(0, kPxIe, 0x01c0007f);
    bus.write(AhciDriver::kBar + 0x100 + kPxIe + 2, 1, 0x40);
    QCOMPARE(bench->port_read(0, kPxIe), 0x0140007fu);
    std::uint64_t value = 0;
    bus.read(AhciDriver::kBar + 0x100 + kPxIe + 2, 2, value);
    QCOMPARE(value, std::uint64_t{0x0140});
  }

  void identify_tells_size_and_features() {
    Bench bench;
    bench->start(0);
    bench->execute(0, {0xec, 0, 0, 0, 0x40, {{kData, 512}}, {}});
    const auto bytes = bench->bytes(kData, 512);
    const auto word = [&](unsigned index) { return bytes[2 * index] | bytes[2 * index + 1] << 8; };
    QCOMPARE(word(60) | word(61) << 16, 2048);
    QCOMPARE(word(100), 2048);
    QVERIFY((word(76) & 0x100) != 0);
    QCOMPARE(word(75), 31);
    QCOMPARE(word(169), 1);
    QCOMPARE(word(10), 'S' << 8 | 'A');
    unsigned sum = 0;
    for (const std::uint8_t byte : bytes) {
      sum += byte;
    }
    QCOMPARE(sum & 0xff, 0u);
  }

  void trim_discards_each_range() {
    Bench bench;
    std::fill(bench.disk.bytes.begin(), bench.disk.bytes.end(), 0xee);
    bench->start(0);
    bench->fill(kData, 0, 512);
    bench->put(kData, std::array<std::uint64_t, 3>{(std::uint64_t{2} << 48) | 10, 0, (std::uint64_t{1} << 48) | 100});
    bench->execute(0, {0x06, 0, 1, 1, 0x40, {{kData, 512}}, {}});
    QCOMPARE(bench->port_read(0, kPxCi), 0u);
    using Record = fakes::MemoryBlockBackend::Record;
    QCOMPARE(bench.disk.log.size(), std::size_t{2});
    QVERIFY((bench.disk.log[0] == Record{BlockOperation::kDiscard, 5120, 1024, false}));
    QVERIFY((bench.disk.log[1] == Record{BlockOperation::kDiscard, 51200, 512, false}));
    bench->put(kData, (std::uint64_t{2} << 48) | 2047);  // Over the end.
    bench->execute(0, {0x06, 0, 1, 1, 0x40, {{kData, 512}}, {}});
    QCOMPARE(bench->port_read(0, kPxTfd), 0x441u);
  }

  void without_a_write_cache_writes_are_flushed() {
    Bench bench;
    bench->start(0);
    bench->execute(0, {0xef, 0, 0, 0x82, 0x40, {}, {}});
    bench.disk.log.clear();
    bench->execute(0, {0x35, 0, 1, 0, 0x40, {{kData, 512}}, {}});
    QCOMPARE(bench.disk.log.size(), std::size_t{2});
    QCOMPARE(bench.disk.log[1].operation, BlockOperation::kFlush);
    bench.disk.faults[BlockOperation::kFlush] = EIO;
    bench->execute(0, {0x35, 0, 1, 0, 0x40, {{kData, 512}}, {}});
    QVERIFY((bench->status(0) & 0x21) == 0x21);
  }

  void a_vcpu_and_the_io_thread_work_at_once() {
    fakes::MemoryBlockBackend disk(1 << 20);
    disk.keep_log = false;
    const auto thread = core::LoopThread::start("sata").value();
    AhciDriver driver(&thread->loop());
    QVERIFY(driver.controller->attach_disk(0, {}, disk).ok());
    driver.start(0);
    while ((driver.status(0) & 0x88) != 0) {
      std::this_thread::yield();
    }
    for (unsigned round = 0; round < 200; ++round) {
      for (unsigned slot = 0; slot < 8; ++slot) {
        driver.prepare(0, slot, queued((round & 1) == 0, slot, slot, 1, kData + slot * 512));
      }
      driver.port_write(0, kPxSact, 0xff);
      driver.issue(0, 0xff);
      if (round % 50 == 49) {
        driver.port_write(0, kPxCmd, 0x10);  // In the middle of it.
        while ((driver.port_read(0, kPxCmd) & kCmdListRunning) != 0) {
          std::this_thread::yield();
        }
        driver.port_write(0, kPxCmd, 0x11);
      }
      while ((driver.port_read(0, kPxSact) | driver.port_read(0, kPxCi)) != 0) {
        std::this_thread::yield();
      }
      driver.port_write(0, kPxIs, 0xffffffff);
      driver.write(kRegInterruptStatus, 1);
    }
    QCOMPARE(driver.port_read(0, kPxTfd) & 1, 0u);
    QCOMPARE(disk.illegal_requests, 0u);
  }

  void small_commands_succeed_data() {
    QTest::addColumn<int>("command");
    QTest::addColumn<int>("features");
    QTest::addColumn<int>("count");
    QTest::addColumn<quint64>("lba");
    for (const int command : {0xe0, 0xe1, 0xe2, 0xe3, 0xe5, 0xe6, 0xe7, 0xea, 0x10, 0x70, 0x91, 0x27, 0xf8, 0x90}) {
      QTest::addRow("%02x", command) << command << 0 << 0 << quint64{0};
    }
    QTest::newRow("set multiple") << 0xc6 << 0 << 8 << quint64{0};
    QTest::newRow("verify") << 0x40 << 0 << 1 << quint64{0};
    QTest::newRow("UDMA 5") << 0xef << 3 << 0x45 << quint64{0};
    QTest::newRow("SMART status") << 0xb0 << 0xda << 0 << quint64{0xc24f00};
  }
  void small_commands_succeed() {
    QFETCH(int, command);
    QFETCH(int, features);
    QFETCH(int, count);
    QFETCH(quint64, lba);
    Bench bench;
    bench->start(0);
    bench->execute(0, {static_cast<std::uint8_t>(command),
                       lba,
                       static_cast<std::uint16_t>(count),
                       static_cast<std::uint16_t>(features),
                       0x40,
                       {},
                       {}});
    QCOMPARE(bench->port_read(0, kPxCi), 0u);
    QCOMPARE(bench->status(0), kGood);
    QCOMPARE(bench->port_read(0, kPxIs), kIsDeviceToHost);
  }
};

QTEST_APPLESS_MAIN(AhciTest)
#include "ahci_test.moc"
