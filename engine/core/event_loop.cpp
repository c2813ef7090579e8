// SPDX-License-Identifier: Apache-2.0
#include "engine/core/event_loop.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <system_error>

#include "engine/core/log.h"

namespace saffron::core {

namespace {

constexpr std::uint64_t kWakeToken = 0;

}  // namespace

class EventLoop::WatchImpl final : public EventLoop::Watch {
 public:
  WatchImpl(EventLoop& loop, int fd, std::uint64_t token, FdEvents events, std::function<void(FdEvents)> callback)
      : loop_(loop), fd_(fd), token_(token), events_(events), callback_(std::move(callback)) {}
  ~WatchImpl() override {
    if (events_ != 0) {
      ::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_DEL, fd_, nullptr);
    }
    loop_.watches_.erase(token_);
  }

  void set_events(FdEvents events) override {
    if (events == events_) {
      return;
    }
    // A mask of 0 leaves the set altogether: epoll would go on reporting hang-ups of a paused fd, at full speed.
    epoll_event event{};
    event.events = events;
    event.data.u64 = token_;
    const int operation = events == 0 ? EPOLL_CTL_DEL : events_ == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (::epoll_ctl(loop_.epoll_.get(), operation, fd_, &event) != 0) {
      log_error("loop", "cannot change the watch of fd {}: errno {}", fd_, errno);
      return;
    }
    events_ = events;
  }

  Result<void> add() {
    if (events_ == 0) {
      return {};
    }
    epoll_event event{};
    event.events = events_;
    event.data.u64 = token_;
    if (::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_ADD, fd_, &event) != 0) {
      const int failure = errno;
      events_ = 0;
      return Error::from_errno(failure, "cannot watch a file descriptor");
    }
    return {};
  }

  void call(FdEvents events) {
    // By value: the callback may destroy this watch.
    const auto callback = callback_;
    callback(events);
  }

 private:
  EventLoop& loop_;
  int fd_;
  std::uint64_t token_;
  FdEvents events_;
  std::function<void(FdEvents)> callback_;
};

/// A timerfd each: arming is thread-safe in the kernel, and an idle timer costs no wake-up.
class EventLoop::TimerImpl final : public Timer {
 public:
  TimerImpl(UniqueFd fd, std::function<void()> callback) : fd_(std::move(fd)), callback_(std::move(callback)) {}

  void arm(std::int64_t deadline_ns) override { set(deadline_ns <= 0 ? 1 : deadline_ns); }
  void cancel() override { set(0); }

  int fd() const { return fd_.get(); }
  void attach(std::unique_ptr<Watch> watch) { watch_ = std::move(watch); }
  void fire() {
    std::uint64_t expirations = 0;
    // Nothing to read: it was moved or cancelled after epoll saw it.
    if (::read(fd_.get(), &expirations, sizeof(expirations)) == sizeof(expirations)) {
      const auto callback = callback_;
      callback();
    }
  }

 private:
  void set(std::int64_t deadline_ns) {
    itimerspec spec{};
    spec.it_value.tv_sec = deadline_ns / 1'000'000'000;
    spec.it_value.tv_nsec = deadline_ns % 1'000'000'000;
    ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
  }

  UniqueFd fd_;
  std::function<void()> callback_;
  std::unique_ptr<Watch> watch_;
};

Result<std::unique_ptr<EventLoop>> EventLoop::create() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll || !wake) {
    return Error::from_errno(errno, "cannot create an event loop");
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeToken;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0) {
    return Error::from_errno(errno, "cannot create an event loop");
  }
  return std::unique_ptr<EventLoop>(new EventLoop(std::move(epoll), std::move(wake)));
}

EventLoop::EventLoop(UniqueFd epoll, UniqueFd wake) : epoll_(std::move(epoll)), wake_(std::move(wake)) {}

EventLoop::~EventLoop() = default;

Result<std::unique_ptr<EventLoop::Watch>> EventLoop::watch(int fd, FdEvents events,
                                                           std::function<void(FdEvents)> callback) {
  const std::uint64_t token = next_token_++;
  auto impl = std::make_unique<WatchImpl>(*this, fd, token, events, std::move(callback));
  SAFFRON_TRY(impl->add());
  watches_[token] = impl.get();
  return std::unique_ptr<Watch>(std::move(impl));
}

std::unique_ptr<Timer> EventLoop::create_timer(std::function<void()> callback) {
  UniqueFd fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!fd) {
    // Out of file descriptors. Timers are made at construction only, so the machine fails to start, visibly.
    log_error("loop", "cannot create a timer: errno {}", errno);
  }
  auto timer = std::make_unique<TimerImpl>(std::move(fd), std::move(callback));
  TimerImpl* raw = timer.get();
  auto watch_result = watch(raw->fd(), EPOLLIN, [raw](FdEvents) { raw->fire(); });
  if (watch_result.ok()) {
    timer->attach(std::move(watch_result).value());
  }
  return timer;
}

void EventLoop::wake() {
  const std::uint64_t one = 1;
  // EAGAIN means that it is awake already.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));
}

void EventLoop::post(std::function<void()> task) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (first) {
    wake();
  }
}

void EventLoop::run_sync(const std::function<void()>& task) {
  struct Rendezvous {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
  };
  auto rendezvous = std::make_shared<Rendezvous>();
  bool direct = false;
  {
    const std::lock_guard lock(mutex_);
    direct = !running_ || thread_id_ == std::this_thread::get_id();
    if (!direct) {
      posted_.push_back([&task, rendezvous] {
        task();
        const std::lock_guard done_lock(rendezvous->mutex);
        rendezvous->done = true;
        rendezvous->changed.notify_one();
      });
    }
  }
  if (direct) {
    task();
    return;
  }
  wake();
  std::unique_lock lock(rendezvous->mutex);
  rendezvous->changed.wait(lock, [&] { return rendezvous->done; });
}

void EventLoop::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (const auto& task : tasks) {
    task();
  }
}

void EventLoop::dispatch(std::uint64_t token, FdEvents events) {
  if (token == kWakeToken) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof(count));
    run_posted();
    return;
  }
  // A callback earlier in this batch may have ended the watch.
  const auto found = watches_.find(token);
  if (found != watches_.end()) {
    found->second->call(events);
  }
}

void EventLoop::run() {
  {
    const std::lock_guard lock(mutex_);
    running_ = true;
    thread_id_ = std::this_thread::get_id();
  }
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stop_requested_ && posted_.empty()) {
        stop_requested_ = false;
        running_ = false;
        return;
      }
    }
    std::array<epoll_event, 32> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) {
      log_error("loop", "epoll_wait failed: errno {}", errno);
    }
    for (int i = 0; i < count; ++i) {
      dispatch(events[static_cast<unsigned>(i)].data.u64, events[static_cast<unsigned>(i)].events);
    }
  }
}

void EventLoop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_requested_ = true;
  }
  wake();
}

bool EventLoop::in_loop_thread() const {
  const std::lock_guard lock(mutex_);
  return running_ && thread_id_ == std::this_thread::get_id();
}

Result<std::unique_ptr<LoopThread>> LoopThread::start(std::string name) {
  auto loop = SAFFRON_TRY(EventLoop::create());
  auto thread = std::unique_ptr<LoopThread>(new LoopThread(std::move(loop)));
  SAFFRON_TRY(thread->start_thread(std::move(name)));
  return thread;
}

Result<void> LoopThread::start_thread(std::string name) {
  name.resize(std::min<std::size_t>(name.size(), 15));  // The kernel's limit, else the name is refused.
  std::mutex mutex;
  std::condition_variable changed;
  bool started = false;
  try {
    thread_ = std::thread([&, thread_name = name] {
      ::pthread_setname_np(::pthread_self(), thread_name.c_str());
      loop_->post([&] {
        const std::lock_guard lock(mutex);
        started = true;
        changed.notify_one();
      });
      loop_->run();
    });
  } catch (const std::system_error& failure) {  // A limit on this user's or this session's processes.
    return Error::from_errno(failure.code().value(), "cannot start a thread", std::move(name));
  }
  // run_sync from elsewhere runs tasks in place while the loop does not run: so wait until it does.
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return started; });
  return {};
}

LoopThread::~LoopThread() {
  if (thread_.joinable()) {
    loop_->stop();
    thread_.join();
  }
}

}  // namespace saffron::core
