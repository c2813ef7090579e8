// SPDX-License-Identifier: Apache-2.0
// EventLoop: one thread's epoll loop with timers and cross-thread posting. No periodic wake-ups of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace saffron::core {

/// Ready-masks for watches: EPOLLIN, EPOLLOUT (EPOLLHUP and EPOLLERR are always delivered).
using FdEvents = std::uint32_t;

class EventLoop final : public TimerService {
 public:
  /// A file descriptor under watch; destroying it ends the watch, on the loop's thread (or while it does not run).
  /// No callback of it runs after that. The fd stays the caller's.
  class Watch {
   public:
    virtual ~Watch() = default;
    /// Loop thread. Replaces the mask; 0 pauses the watch.
    virtual void set_events(FdEvents events) = 0;
  };

  static Result<std::unique_ptr<EventLoop>> create();
  ~EventLoop() override;

  /// Loop thread, or before run(). Level triggered.
  Result<std::unique_ptr<Watch>> watch(int fd, FdEvents events, std::function<void(FdEvents)> callback);

  Clock& clock() override { return clock_; }
  std::unique_ptr<Timer> create_timer(std::function<void()> callback) override;

  /// Any thread: runs `task` on the loop's thread, in order of posting.
  void post(std::function<void()> task);
  /// Any thread: like post, and waits until it has run. Runs directly on the loop's own thread, and when the loop
  /// does not run. Never call it while holding a lock that a callback of this loop takes.
  void run_sync(const std::function<void()>& task);

  /// Runs on the calling thread until stop(). Remaining posted tasks run before it returns.
  void run();
  /// Any thread.
  void stop();
  bool in_loop_thread() const;

 private:
  class WatchImpl;
  class TimerImpl;
  friend class WatchImpl;
  friend class TimerImpl;

  EventLoop(UniqueFd epoll, UniqueFd wake);
  void wake();
  void run_posted();
  void dispatch(std::uint64_t token, FdEvents events);

  SystemClock clock_;
  UniqueFd epoll_;
  UniqueFd wake_;
  std::uint64_t next_token_ = 1;
  std::unordered_map<std::uint64_t, WatchImpl*> watches_;  // Loop thread only.
  mutable std::mutex mutex_;                               // Leaf lock; guards what follows.
  std::vector<std::function<void()>> posted_;
  bool stop_requested_ = false;
  bool running_ = false;
  std::thread::id thread_id_;
};

/// An EventLoop on a thread of its own, named `name` (at most 15 characters are seen by the kernel).
class LoopThread {
 public:
  static Result<std::unique_ptr<LoopThread>> start(std::string name);
  ~LoopThread();  // Stops and joins.
  EventLoop& loop() { return *loop_; }

 private:
  explicit LoopThread(std::unique_ptr<EventLoop> loop) : loop_(std::move(loop)) {}
  Result<void> start_thread(std::string name);
  std::unique_ptr<EventLoop> loop_;
  std::thread thread_;
};

}  // namespace saffron::core
