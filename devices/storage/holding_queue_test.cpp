// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/holding_queue.h"

#include <QtTest/QtTest>

#include <cerrno>

#include "tests/fakes/memory_block_backend.h"

using namespace saffron;
using ports::BlockOperation;

namespace {

struct Bench {
  Bench() {
    auto inner = std::make_unique<fakes::MemoryBlockBackend>(65536);
    disk = inner.get();
    loop = core::EventLoop::create().value();
    backend = std::make_unique<storage::HoldingBackend>(std::move(inner), [this](int error) {
      ++reports;
      reported = error;
    });
    queue = backend->open_queue(*loop).value();
  }
  void write(std::uint64_t offset, std::uint8_t value) {
    buffers.push_back(std::make_unique<std::vector<std::uint8_t>>(512, value));
    auto& bytes = *buffers.back();
    queue->submit({BlockOperation::kWrite, offset, 512, {{bytes.data(), bytes.size()}}, false, [this](int error) {
                     results.push_back(error);
                   }});
  }
  void settle() {
    loop->post([this] { loop->post([this] { loop->stop(); }); });
    loop->run();
  }

  std::unique_ptr<core::EventLoop> loop;
  fakes::MemoryBlockBackend* disk = nullptr;
  std::vector<std::unique_ptr<std::vector<std::uint8_t>>> buffers;
  std::vector<int> results;
  unsigned reports = 0;
  int reported = 0;
  std::unique_ptr<storage::HoldingBackend> backend;
  std::unique_ptr<ports::BlockQueue> queue;
};

}  // namespace

class HoldingQueueTest : public QObject {
  Q_OBJECT

 private slots:
  void a_full_disk_holds_writes_and_tells_once_data() {
    QTest::addColumn<int>("error");
    QTest::newRow("no space") << ENOSPC;
    QTest::newRow("quota") << EDQUOT;
  }
  void a_full_disk_holds_writes_and_tells_once() {
    QFETCH(int, error);
    Bench bench;
    bench.disk->faults[BlockOperation::kWrite] = error;
    bench.write(0, 1);
    bench.write(512, 2);
    bench.queue->commit();
    bench.settle();
    QVERIFY(bench.results.empty());
    QCOMPARE(bench.reports, 1u);
    QCOMPARE(bench.reported, error);
    QVERIFY(bench.backend->holding());
  }

  void retry_writes_what_was_held() {
    Bench bench;
    bench.disk->faults[BlockOperation::kWrite] = ENOSPC;
    bench.write(0, 1);
    bench.write(512, 2);
    bench.queue->commit();
    bench.settle();

    bench.disk->faults.clear();
    bench.backend->retry();
    bench.settle();

    QCOMPARE(bench.results, (std::vector<int>{0, 0}));
    QCOMPARE(bench.disk->bytes[0], std::uint8_t{1});
    QCOMPARE(bench.disk->bytes[512], std::uint8_t{2});
    QVERIFY(!bench.backend->holding());
  }

  void a_retry_on_a_full_disk_holds_and_tells_again() {
    Bench bench;
    bench.disk->faults[BlockOperation::kWrite] = ENOSPC;
    bench.write(0, 1);
    bench.queue->commit();
    bench.settle();
    bench.backend->retry();
    bench.settle();
    QCOMPARE(bench.reports, 2u);
    QVERIFY(bench.results.empty());
    QVERIFY(bench.backend->holding());
  }

  void other_errors_and_reads_pass_through() {
    Bench bench;
    bench.disk->faults[BlockOperation::kWrite] = EIO;
    bench.disk->faults[BlockOperation::kRead] = ENOSPC;
    bench.write(0, 1);
    std::vector<std::uint8_t> block(512);
    bench.queue->submit({BlockOperation::kRead, 0, 512, {{block.data(), 512}}, false, [&](int error) {
                           bench.results.push_back(error);
                         }});
    bench.queue->commit();
    bench.settle();
    QCOMPARE(bench.results, (std::vector<int>{EIO, ENOSPC}));
    QCOMPARE(bench.reports, 0u);
  }

  void drain_gives_held_writes_their_error() {
    Bench bench;
    bench.disk->faults[BlockOperation::kWrite] = ENOSPC;
    bench.write(0, 1);
    bench.queue->drain();
    QCOMPARE(bench.results, std::vector<int>{ENOSPC});
  }

  void a_retry_after_the_queue_is_gone_does_nothing() {
    Bench bench;
    bench.disk->faults[BlockOperation::kWrite] = ENOSPC;
    bench.write(0, 1);
    bench.queue->commit();
    bench.settle();
    bench.backend->retry();
    bench.queue.reset();
    bench.settle();
    QCOMPARE(bench.results, std::vector<int>{ENOSPC});
  }
};

QTEST_APPLESS_MAIN(HoldingQueueTest)
#include "holding_queue_test.moc"
