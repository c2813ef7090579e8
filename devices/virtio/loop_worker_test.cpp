// SPDX-License-Identifier: Apache-2.0
#include "devices/virtio/loop_worker.h"

#include <sys/eventfd.h>

#include <QtTest/QtTest>
#include <atomic>
#include <memory>
#include <thread>

#include "tests/fakes/guest_arena.h"
#include "tests/fakes/virtqueue_driver.h"

using namespace saffron;
using virtio::LoopWorker;

namespace {

constexpr unsigned kRounds = 300;

}  // namespace

class LoopWorkerTest : public QObject {
  Q_OBJECT
 private slots:
  void stop_does_not_wait_for_the_loop();
  void nothing_works_after_stop();
  void pending_tasks_of_a_dead_worker_do_nothing();
};

// The control thread waits for a vCPU, which is in the middle of a reset: neither may wait for the other.
void LoopWorkerTest::stop_does_not_wait_for_the_loop() {
  auto thread = core::LoopThread::start("loop");
  QVERIFY(thread.ok());
  core::EventLoop& loop = (*thread)->loop();
  LoopWorker worker(loop, [](unsigned) {});
  bool stopped = false;
  loop.run_sync([&] {
    std::thread vcpu([&] {
      worker.start({});
      worker.stop();
      stopped = true;
    });
    vcpu.join();
  });
  QVERIFY(stopped);
  QVERIFY(!worker.running());
  loop.run_sync([] {});
}

// A vCPU starts and stops while the loop works; after stop() nobody touches what work uses.
void LoopWorkerTest::nothing_works_after_stop() {
  auto thread = core::LoopThread::start("loop");
  QVERIFY(thread.ok());
  core::EventLoop& loop = (*thread)->loop();
  const auto memory = fakes::make_guest_memory(1 << 20);
  fakes::GuestArena arena(*memory, core::GuestAddress{0}, 1 << 20);
  fakes::VirtqueueDriver driver(*memory, arena, 4);
  const core::UniqueFd kick(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  bool allowed = false;  // Plain on purpose: TSan sees whoever touches it at the wrong time.
  std::atomic<unsigned> forbidden{0};
  std::atomic<unsigned> worked{0};
  std::unique_ptr<LoopWorker> worker;
  worker = std::make_unique<LoopWorker>(loop, [&](unsigned) {
    forbidden += allowed ? 0 : 1;
    ++worked;
    worker->run([](const virtio::VirtioActivation& activation) { LoopWorker::again(*activation.queues[0]); });
  });
  for (unsigned round = 0; round < kRounds; ++round) {
    virtio::Virtqueue queue(
        *memory, driver.layout(), kick.get(), [] {}, [](std::string_view) {});
    allowed = true;
    virtio::VirtioActivation activation;
    activation.queues.push_back(&queue);
    worker->start(std::move(activation));
    const unsigned before = worked;
    while (round % 2 == 0 && worked == before) {
      std::this_thread::yield();
    }
    worker->stop();
    allowed = false;
  }
  loop.run_sync([&] { worker.reset(); });
  QCOMPARE(forbidden.load(), 0U);
  QVERIFY(worked.load() >= kRounds / 2);
}

void LoopWorkerTest::pending_tasks_of_a_dead_worker_do_nothing() {
  auto loop = core::EventLoop::create();
  QVERIFY(loop.ok());
  bool ran = false;
  {
    LoopWorker worker(
        **loop, [&](unsigned) { ran = true; }, [&](bool) { ran = true; });
    worker.start({});
    worker.stop();
    worker.post([&] { ran = true; });
  }
  (*loop)->post([&] { (*loop)->stop(); });
  (*loop)->run();
  QVERIFY(!ran);
}

QTEST_APPLESS_MAIN(LoopWorkerTest)
#include "loop_worker_test.moc"
