// SPDX-License-Identifier: Apache-2.0
#include "engine/core/event_loop.h"

#include <QtTest/QtTest>

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>

using namespace saffron::core;

namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) == 0) {
      read_end.reset(ends[0]);
      write_end.reset(ends[1]);
    }
  }
  void put() const { QCOMPARE(::write(write_end.get(), "x", 1), ssize_t{1}); }
  UniqueFd read_end;
  UniqueFd write_end;
};

}  // namespace

class EventLoopTest : public QObject {
  Q_OBJECT
 private slots:
  void posted_tasks_run_in_order_before_stop_returns() {
    auto loop = EventLoop::create().value();
    std::vector<int> order;
    loop->post([&] { order.push_back(1); });
    loop->post([&] {
      order.push_back(2);
      loop->post([&] { order.push_back(3); });
      loop->stop();
    });
    loop->run();
    QCOMPARE(order, (std::vector<int>{1, 2, 3}));
  }
  void watch_reports_readiness_until_destroyed() {
    auto loop = EventLoop::create().value();
    const Pipe pipe;
    pipe.put();
    int calls = 0;
    std::unique_ptr<EventLoop::Watch> watch;
    watch = loop->watch(pipe.read_end.get(), EPOLLIN,
                        [&](FdEvents) {
                          ++calls;
                          watch.reset();  // From inside its own callback.
                          loop->stop();
                        })
                .value();
    loop->run();
    QCOMPARE(calls, 1);
  }
  void a_watch_ended_in_the_same_batch_is_not_called() {
    auto loop = EventLoop::create().value();
    const Pipe first_pipe;
    const Pipe second_pipe;
    std::unique_ptr<EventLoop::Watch> first;
    std::unique_ptr<EventLoop::Watch> second;
    int calls = 0;
    const auto end_both = [&](FdEvents) {
      ++calls;
      first.reset();
      second.reset();
      loop->stop();
    };
    first = loop->watch(first_pipe.read_end.get(), EPOLLIN, end_both).value();
    second = loop->watch(second_pipe.read_end.get(), EPOLLIN, end_both).value();
    first_pipe.put();
    second_pipe.put();
    loop->run();
    QCOMPARE(calls, 1);
  }
  void a_paused_watch_is_silent_even_on_hang_up() {
    auto loop = EventLoop::create().value();
    Pipe pipe;
    int calls = 0;
    auto watch = loop->watch(pipe.read_end.get(), EPOLLIN, [&](FdEvents) { ++calls; }).value();
    watch->set_events(0);
    pipe.write_end.reset();
    const auto timer = loop->create_timer([&] { loop->stop(); });
    timer->arm(loop->clock().now_ns() + 20'000'000);
    loop->run();
    QCOMPARE(calls, 0);
  }
  void timers_fire_in_order_and_can_be_cancelled() {
    auto loop = EventLoop::create().value();
    std::vector<int> order;
    const auto late = loop->create_timer([&] {
      order.push_back(2);
      loop->stop();
    });
    const auto early = loop->create_timer([&] { order.push_back(1); });
    const auto never = loop->create_timer([&] { order.push_back(3); });
    const std::int64_t now = loop->clock().now_ns();
    late->arm(now + 20'000'000);
    never->arm(now + 5'000'000);
    early->arm(0);
    never->cancel();
    loop->run();
    QCOMPARE(order, (std::vector<int>{1, 2}));
  }
  void run_sync_runs_on_the_loops_thread_and_waits() {
    auto thread = LoopThread::start("test-loop").value();
    std::thread::id where;
    thread->loop().run_sync([&] { where = std::this_thread::get_id(); });
    QVERIFY(where != std::thread::id() && where != std::this_thread::get_id());
    bool nested = false;
    thread->loop().run_sync([&] { thread->loop().run_sync([&] { nested = true; }); });
    QVERIFY(nested);
  }
  void posts_from_many_threads_all_run() {
    auto thread = LoopThread::start("test-loop").value();
    int sum = 0;
    std::vector<std::thread> posters;
    for (int i = 0; i < 4; ++i) {
      posters.emplace_back([&] {
        for (int k = 0; k < 1000; ++k) {
          thread->loop().post([&] { ++sum; });
        }
      });
    }
    for (auto& poster : posters) {
      poster.join();
    }
    int seen = 0;
    thread->loop().run_sync([&] { seen = sum; });
    QCOMPARE(seen, 4000);
  }
  void a_host_that_gives_no_more_threads_is_an_error() {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    QSKIP("ThreadSanitizer allows no threads in a child of a process that has some");
#endif
#endif
    const pid_t child = ::fork();
    if (child == 0) {
      constexpr uid_t kNobody = 65534;  // The limit does not hold for root.
      const rlimit none{0, 0};
      if ((::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) || ::setrlimit(RLIMIT_NPROC, &none) != 0) {
        ::_exit(1);
      }
      const auto thread = LoopThread::start("one too many");
      ::_exit(!thread.ok() && thread.error().code == ErrorCode::kBusy ? 0 : 2);
    }
    int status = -1;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY(WIFEXITED(status));
    QCOMPARE(WEXITSTATUS(status), 0);
  }
};

QTEST_APPLESS_MAIN(EventLoopTest)
#include "event_loop_test.moc"
