// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/virtio_blk.h"

#include <QtTest/QtTest>

#include <thread>

#include "tests/fakes/fake_virtio_host.h"
#include "tests/fakes/memory_block_backend.h"

using namespace saffron;
using namespace saffron::storage;
using ports::BlockOperation;
using Buffer = fakes::VirtqueueDriver::Buffer;
using Record = fakes::MemoryBlockBackend::Record;

namespace {

constexpr std::uint64_t kAll = ~0ULL;

/// A device whose queues all work on one loop, which runs when the test says so.
struct Bench {
  explicit Bench(unsigned queues = 1, bool read_only = false) : disk(1 << 20) {
    disk.layout.read_only = read_only;
    loop = core::EventLoop::create().value();
    const core::GuestRegion region{{0}, 8 << 20, 0};
    memory = core::GuestMemory::create({&region, 1}).value();
    device = std::make_unique<VirtioBlk>("disk0", "serial-0123456789abcdef", disk, std::vector{loop.get()}, queues);
    host = std::make_unique<fakes::FakeVirtioHost>(*device, *memory);
  }
  Bench& activate(std::uint64_t features = kAll, bool event_index = false) {
    fakes::FakeVirtioHost::Options options;
    options.features = features & device->device_features();
    options.event_index = event_index;
    host->activate(options);
    run();
    return *this;
  }
  void run(unsigned rounds = 4) {
    const std::function<void()> step = [&] {
      if (rounds-- == 0) {
        loop->stop();
      } else {
        loop->post(step);
      }
    };
    loop->post(step);
    loop->run();
  }

  struct Sent {
    core::GuestAddress data;
    core::GuestAddress status;
  };
  /// Makes one request available; `data` is for the device to read or to fill.
  Sent add(std::uint32_t type, std::uint64_t sector, const std::vector<std::uint8_t>& data, bool fill,
           unsigned queue = 0) {
    const core::GuestAddress header = host->arena().allocate(16);
    Sent sent{host->arena().allocate(data.size() + 1), host->arena().allocate(1)};
    static_cast<void>(memory->write_object(header, VirtioBlkHeader{type, 0, sector}).ok());
    static_cast<void>(memory->write(sent.data, data).ok());
    static_cast<void>(memory->write_object(sent.status, std::uint8_t{0xff}).ok());
    std::vector<Buffer> buffers{{header, 16, false}};
    if (!data.empty()) {
      buffers.push_back({sent.data, static_cast<std::uint32_t>(data.size()), fill});
    }
    buffers.push_back({sent.status, 1, true});
    host->driver(queue).add(buffers);
    return sent;
  }
  int status(const Sent& sent) { return memory->read_object<std::uint8_t>(sent.status).value(); }
  /// One request, to its end; returns its status.
  int request(std::uint32_t type, std::uint64_t sector, const std::vector<std::uint8_t>& data = {}, bool fill = false) {
    const Sent sent = add(type, sector, data, fill);
    host->kick(0);
    run();
    last = sent;
    const auto used = host->driver(0).take_used();
    written = used ? used->written : 0;
    return used ? status(sent) : -1;
  }
  std::vector<std::uint8_t> read(core::GuestAddress address, std::size_t count) {
    std::vector<std::uint8_t> bytes(count);
    static_cast<void>(memory->read(address, bytes).ok());
    return bytes;
  }

  fakes::MemoryBlockBackend disk;
  std::unique_ptr<core::EventLoop> loop;
  std::unique_ptr<core::GuestMemory> memory;
  std::unique_ptr<VirtioBlk> device;
  std::unique_ptr<fakes::FakeVirtioHost> host;
  Sent last;
  std::uint32_t written = 0;
};

std::vector<std::uint8_t> range_bytes(std::initializer_list<VirtioBlkRange> ranges) {
  std::vector<std::uint8_t> bytes;
  for (const VirtioBlkRange& range : ranges) {
    const auto* from = reinterpret_cast<const std::uint8_t*>(&range);
    bytes.insert(bytes.end(), from, from + sizeof range);
  }
  return bytes;
}

}  // namespace

class VirtioBlkTest : public QObject {
  Q_OBJECT

 private slots:
  void configuration_tells_the_geometry() {
    Bench bench(4);
    VirtioBlkConfig config{};
    std::array<std::uint8_t, 80> bytes{};
    bytes.fill(0xff);
    bench.device->read_config(0, bytes);
    std::memcpy(&config, bytes.data(), sizeof config);
    QCOMPARE(config.capacity, std::uint64_t{2048});
    QCOMPARE(config.block_size, 512u);
    QCOMPARE(config.physical_block_exponent, std::uint8_t{3});
    QCOMPARE(config.seg_max, std::uint32_t{VirtioBlk::kQueueSize - 2});
    QCOMPARE(config.queue_count, std::uint16_t{4});
    QCOMPARE(config.writeback, std::uint8_t{1});
    QCOMPARE(bytes[79], std::uint8_t{0});
    QVERIFY((bench.device->device_features() & kBlkMultiQueue) != 0);
    QCOMPARE(bench.device->queue_sizes().size(), std::size_t{4});
  }

  void features_follow_the_backend() {
    const Bench writable;
    QVERIFY((writable.device->device_features() & kBlkReadOnly) == 0);
    QVERIFY((writable.device->device_features() & kBlkDiscard) != 0);
    const Bench read_only(1, true);
    QVERIFY((read_only.device->device_features() & kBlkReadOnly) != 0);
    QVERIFY((read_only.device->device_features() & kBlkDiscard) == 0);
  }

  void writes_and_reads_reach_the_disk_data() {
    QTest::addColumn<bool>("event_index");
    QTest::newRow("flags") << false;
    QTest::newRow("event index") << true;
  }
  void writes_and_reads_reach_the_disk() {
    QFETCH(bool, event_index);
    Bench bench;
    bench.activate(kAll, event_index);
    QCOMPARE(bench.request(kBlkOut, 3, std::vector<std::uint8_t>(1024, 0x5a)), 0);
    QCOMPARE(bench.written, 1u);
    QCOMPARE(bench.disk.bytes[3 * 512], std::uint8_t{0x5a});
    QCOMPARE(bench.disk.bytes[5 * 512 - 1], std::uint8_t{0x5a});
    QCOMPARE(bench.request(kBlkIn, 3, std::vector<std::uint8_t>(1024), true), 0);
    QCOMPARE(bench.written, 1025u);
    QCOMPARE(bench.read(bench.last.data, 1024), std::vector<std::uint8_t>(1024, 0x5a));
    QCOMPARE(bench.host->interrupts(0), event_index ? 1u : 2u);  // This driver does not move used_event on.
  }

  void a_header_and_data_may_be_split_anywhere() {
    Bench bench;
    bench.activate();
    auto& arena = bench.host->arena();
    const auto header = arena.allocate(16);
    const auto data = arena.allocate(513);
    QVERIFY(bench.memory->write_object(header, VirtioBlkHeader{kBlkIn, 0, 1}).ok());
    std::fill_n(bench.disk.bytes.begin() + 512, 512, 0x42);
    // The status byte is the last one of the buffer with the data.
    bench.host->driver(0).add({{header, 7, false}, {header + 7, 9, false}, {data, 100, true}, {data + 100, 413, true}});
    bench.host->kick(0);
    bench.run();
    QCOMPARE(bench.host->driver(0).take_used()->written, 513u);
    std::vector<std::uint8_t> expected(513, 0x42);
    expected[512] = 0;
    QCOMPARE(bench.read(data, 513), expected);
  }

  void flush_and_identity() {
    Bench bench;
    bench.activate();
    QCOMPARE(bench.request(kBlkFlushRequest, 0), 0);
    QCOMPARE(bench.disk.log.back().operation, BlockOperation::kFlush);
    QCOMPARE(bench.request(kBlkGetId, 0, std::vector<std::uint8_t>(20), true), 0);
    const auto id = bench.read(bench.last.data, 20);
    QCOMPARE(std::string(id.begin(), id.end()), std::string("serial-0123456789abc"));
    QCOMPARE(bench.request(kBlkGetId, 0, std::vector<std::uint8_t>(4), true), 0);
  }

  void bad_requests_fail_alone_data() {
    QTest::addColumn<unsigned>("type");
    QTest::addColumn<quint64>("sector");
    QTest::addColumn<unsigned>("bytes");
    QTest::addColumn<bool>("fill");
    QTest::addColumn<int>("status");
    QTest::newRow("read past the end") << kBlkIn << quint64{2048} << 512u << true << 1;
    QTest::newRow("read over the end") << kBlkIn << quint64{2047} << 1024u << true << 1;
    QTest::newRow("read far away") << kBlkIn << ~quint64{0} << 512u << true << 1;
    QTest::newRow("read with an offset that wraps") << kBlkIn << (quint64{1} << 55) << 512u << true << 1;
    QTest::newRow("write half a sector") << kBlkOut << quint64{0} << 256u << false << 1;
    QTest::newRow("write past the end") << kBlkOut << quint64{2048} << 512u << false << 1;
    QTest::newRow("unknown type") << 99u << quint64{0} << 512u << false << 2;
    QTest::newRow("read of nothing") << kBlkIn << quint64{0} << 0u << true << 0;
  }
  void bad_requests_fail_alone() {
    QFETCH(unsigned, type);
    QFETCH(quint64, sector);
    QFETCH(unsigned, bytes);
    QFETCH(bool, fill);
    QFETCH(int, status);
    Bench bench;
    bench.activate();
    QCOMPARE(bench.request(type, sector, std::vector<std::uint8_t>(bytes), fill), status);
    QCOMPARE(bench.request(kBlkIn, 0, std::vector<std::uint8_t>(512), true), 0);
    QCOMPARE(bench.disk.illegal_requests, 0u);
    QVERIFY(bench.host->broken_reason().empty());
  }

  void requests_without_header_or_status_need_a_reset() {
    for (const bool status : {true, false}) {
      Bench bench;
      bench.activate();
      const auto buffer = bench.host->arena().allocate(16);
      bench.host->driver(0).add({{buffer, status ? 8u : 16u, false}, {buffer, 1, status}});
      bench.host->kick(0);
      bench.run();
      QVERIFY(!bench.host->broken_reason().empty());
      QVERIFY(bench.host->driver(0).take_used().has_value());
    }
  }

  void a_read_only_disk_takes_no_writes() {
    Bench bench(1, true);
    bench.activate();
    QCOMPARE(bench.request(kBlkOut, 0, std::vector<std::uint8_t>(512)), 1);
    QCOMPARE(bench.request(kBlkDiscardRequest, 0, range_bytes({{0, 8, 0}})), 2);
    QVERIFY(bench.disk.log.empty());
  }

  void host_errors_are_io_errors() {
    Bench bench;
    bench.activate();
    bench.disk.faults[BlockOperation::kRead] = EIO;
    bench.disk.faults[BlockOperation::kFlush] = EIO;
    QCOMPARE(bench.request(kBlkIn, 0, std::vector<std::uint8_t>(512), true), 1);
    QCOMPARE(bench.request(kBlkFlushRequest, 0), 1);
    QCOMPARE(bench.request(kBlkOut, 0, std::vector<std::uint8_t>(512)), 0);
  }

  void discard_and_write_zeroes() {
    Bench bench;
    bench.activate();
    QCOMPARE(bench.request(kBlkDiscardRequest, 0, range_bytes({{8, 8, 0}, {0, 0, 0}, {64, 16, 0}})), 0);
    QCOMPARE(bench.disk.log.size(), std::size_t{2});
    QVERIFY((bench.disk.log[0] == Record{BlockOperation::kDiscard, 4096, 4096, false}));
    QVERIFY((bench.disk.log[1] == Record{BlockOperation::kDiscard, 32768, 8192, false}));
    QCOMPARE(bench.request(kBlkWriteZeroesRequest, 0, range_bytes({{1, 3, 1}})), 0);
    QVERIFY((bench.disk.log[2] == Record{BlockOperation::kWriteZeroes, 512, 1536, true}));
  }

  void bad_ranges_do_nothing_data() {
    QTest::addColumn<unsigned>("type");
    QTest::addColumn<QByteArray>("ranges");
    QTest::addColumn<int>("status");
    const auto row = [](const char* name, std::uint32_t type, const std::vector<std::uint8_t>& bytes, int status) {
      QTest::newRow(name) << type << QByteArray(reinterpret_cast<const char*>(bytes.data()), qsizetype(bytes.size()))
                          << status;
    };
    row("discard with unmap", kBlkDiscardRequest, range_bytes({{0, 8, 0}, {0, 8, 1}}), 2);
    row("unknown flag", kBlkWriteZeroesRequest, range_bytes({{0, 8, 2}}), 2);
    row("past the end", kBlkDiscardRequest, range_bytes({{0, 8, 0}, {2048, 1, 0}}), 1);
    row("wrapping", kBlkDiscardRequest, range_bytes({{~0ULL, 8, 0}}), 1);
    row("too long", kBlkDiscardRequest, range_bytes({{0, 0xffffffff, 0}}), 1);
    row("too many", kBlkWriteZeroesRequest, range_bytes({{0, 8, 0}, {8, 8, 0}}), 1);
    row("none", kBlkDiscardRequest, {}, 1);
    row("half of one", kBlkDiscardRequest, std::vector<std::uint8_t>(8), 1);
  }
  void bad_ranges_do_nothing() {
    QFETCH(unsigned, type);
    QFETCH(QByteArray, ranges);
    QFETCH(int, status);
    Bench bench;
    bench.activate();
    QCOMPARE(bench.request(type, 0, std::vector<std::uint8_t>(ranges.begin(), ranges.end())), status);
    QVERIFY(bench.disk.log.empty());
  }

  void without_a_cache_each_write_is_flushed_data() {
    QTest::addColumn<quint64>("features");
    QTest::addColumn<int>("writeback");
    QTest::addColumn<bool>("flushed");
    QTest::newRow("driver flushes") << quint64{kBlkFlush} << -1 << false;
    QTest::newRow("driver cannot flush") << quint64{0} << -1 << true;
    QTest::newRow("switched off") << quint64{kBlkFlush | kBlkConfigWce} << 0 << true;
    QTest::newRow("switched on") << quint64{kBlkFlush | kBlkConfigWce} << 1 << false;
  }
  void without_a_cache_each_write_is_flushed() {
    QFETCH(quint64, features);
    QFETCH(int, writeback);
    QFETCH(bool, flushed);
    Bench bench;
    bench.activate(features);
    if (writeback >= 0) {
      const std::array<std::uint8_t, 1> value{static_cast<std::uint8_t>(writeback)};
      bench.device->write_config(32, value);
    }
    QCOMPARE(bench.request(kBlkOut, 0, std::vector<std::uint8_t>(512)), 0);
    QCOMPARE(bench.disk.log.back().operation == BlockOperation::kFlush, flushed);
  }

  void a_batch_has_one_interrupt_and_one_commit() {
    Bench bench;
    bench.activate(kAll, true);
    for (unsigned index = 0; index < 32; ++index) {
      bench.add(kBlkIn, index, std::vector<std::uint8_t>(512), true);
    }
    bench.disk.stalled = true;
    bench.host->kick(0);
    bench.run();
    QCOMPARE(bench.disk.under_way(), std::size_t{32});
    bench.disk.release();
    bench.run();
    QCOMPARE(bench.host->driver(0).used_index(), std::uint16_t{32});
    QCOMPARE(bench.host->interrupts(0), 1u);  // The driver has not moved used_event on.
  }

  void a_guest_that_always_asks_leaves_others_their_turn() {
    constexpr unsigned kMost = 100'000;
    Bench bench;
    const core::GuestAddress header = bench.host->arena().allocate(16);
    QVERIFY(bench.memory->write_object(header, VirtioBlkHeader{0x77, 0, 0}).ok());  // No such request: done at once.
    const core::GuestAddress status = bench.host->arena().allocate(1);
    unsigned asked = 0;
    const auto ask = [&] {
      fakes::VirtqueueDriver& driver = bench.host->driver(0);
      while (driver.take_used()) {
      }
      for (unsigned count = 0; count < 64 && asked < kMost; ++count, ++asked) {
        driver.add({{header, 16, false}, {status, 1, true}});
      }
    };
    fakes::FakeVirtioHost::Options options;
    options.on_interrupt = ask;
    bench.host->activate(options);
    bench.run();
    ask();
    bench.host->kick(0);
    bench.run();
    QVERIFY(asked > 64);
    QVERIFY(asked < kMost);
    QCOMPARE(bench.status({{}, status}), 2);  // VIRTIO_BLK_S_UNSUPP
  }

  void deactivation_waits_for_the_host_and_returns_every_chain() {
    Bench bench;
    bench.activate();
    bench.disk.stalled = true;
    std::vector<Bench::Sent> sent;
    for (unsigned index = 0; index < 8; ++index) {
      sent.push_back(bench.add(kBlkOut, index, std::vector<std::uint8_t>(512, 7), false));
    }
    bench.host->kick(0);
    bench.run();
    bench.host->deactivate();
    QCOMPARE(bench.disk.under_way(), std::size_t{0});
    for (const auto& one : sent) {
      QCOMPARE(bench.status(one), 0);
    }
    bench.disk.stalled = false;
    bench.activate();
    QCOMPARE(bench.request(kBlkIn, 0, std::vector<std::uint8_t>(512), true), 0);
  }

  void queues_that_the_driver_leaves_out_stay_alone() {
    Bench bench(4);
    fakes::FakeVirtioHost::Options options;
    options.features = bench.device->device_features();
    options.enabled = 0b0100;
    bench.host->activate(options);
    const auto sent = bench.add(kBlkIn, 0, std::vector<std::uint8_t>(512), true, 2);
    bench.host->kick(2);
    bench.run();
    QCOMPARE(bench.status(sent), 0);
  }

  void each_queue_has_its_thread() {
    const core::GuestRegion region{{0}, 8 << 20, 0};
    const auto memory = core::GuestMemory::create({&region, 1}).value();
    fakes::MemoryBlockBackend disk_a(1 << 20);
    auto first = core::LoopThread::start("disk0").value();
    VirtioBlk device("disk0", "s", disk_a, {&first->loop()}, 2);
    fakes::FakeVirtioHost host(device, *memory);
    fakes::FakeVirtioHost::Options options;
    options.features = device.device_features();
    options.event_index = true;
    host.activate(options);
    const auto header = host.arena().allocate(16);
    const auto data = host.arena().allocate(513);
    QVERIFY(memory->write_object(header, VirtioBlkHeader{kBlkIn, 0, 0}).ok());
    for (unsigned round = 0; round < 200; ++round) {
      const unsigned queue = round % 2;
      host.driver(queue).add({{header, 16, false}, {data, 513, true}});
      host.kick(queue);
      while (!host.driver(queue).take_used()) {
        std::this_thread::yield();
      }
    }
    host.deactivate();
    QCOMPARE(disk_a.log.size(), std::size_t{200});
  }
};

QTEST_APPLESS_MAIN(VirtioBlkTest)
#include "virtio_blk_test.moc"
