// SPDX-License-Identifier: Apache-2.0
#include "display/spice_core.h"

#include <sys/epoll.h>

#include <utility>

#include "engine/core/log.h"

namespace saffron::spice {

namespace {

/// Whose library runs on this thread; see SpiceCore::Scope, the only writer.
thread_local SpiceCore* current_core = nullptr;

core::FdEvents to_epoll(int event_mask) {
  return ((event_mask & SPICE_WATCH_EVENT_READ) != 0 ? static_cast<core::FdEvents>(EPOLLIN) : 0) |
         ((event_mask & SPICE_WATCH_EVENT_WRITE) != 0 ? static_cast<core::FdEvents>(EPOLLOUT) : 0);
}

}  // namespace

class SpiceCore::TimerHandle {
 public:
  TimerHandle(SpiceCore& core, SpiceTimerFunc function, void* opaque)
      : core_(core), function_(function), opaque_(opaque), timer_(core.loop_.create_timer([this] { fire(); })) {}

  SpiceCore& core() { return core_; }
  void start(std::uint32_t milliseconds) {
    timer_->arm(core_.loop_.clock().now_ns() + std::int64_t{milliseconds} * 1'000'000);
  }
  void cancel() { timer_->cancel(); }

 private:
  void fire() {
    // The function may remove this timer: nothing of it is touched afterwards.
    const Scope scope(core_);
    function_(opaque_);
  }

  SpiceCore& core_;
  SpiceTimerFunc function_;
  void* opaque_;
  std::unique_ptr<core::Timer> timer_;
};

class SpiceCore::WatchHandle {
 public:
  WatchHandle(SpiceCore& core, int fd, int event_mask, SpiceWatchFunc function, void* opaque)
      : core_(core), fd_(fd), mask_(event_mask), function_(function), opaque_(opaque) {}

  core::Result<void> start() {
    watch_ = SAFFRON_TRY(core_.loop_.watch(fd_, to_epoll(mask_), [this](core::FdEvents events) { ready(events); }));
    return {};
  }
  SpiceCore& core() { return core_; }
  void set_mask(int event_mask) {
    mask_ = event_mask;
    watch_->set_events(to_epoll(event_mask));
  }

 private:
  void ready(core::FdEvents events) {
    int event = 0;
    // A hang-up or error shows as readiness for whatever is awaited: the library's next call on the socket fails.
    if ((events & static_cast<core::FdEvents>(EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
      event |= SPICE_WATCH_EVENT_READ;
    }
    if ((events & static_cast<core::FdEvents>(EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
      event |= SPICE_WATCH_EVENT_WRITE;
    }
    event &= mask_;
    if (event != 0) {
      // As above: the function may remove this watch.
      const Scope scope(core_);
      function_(fd_, event, opaque_);
    }
  }

  SpiceCore& core_;
  int fd_;
  int mask_;
  SpiceWatchFunc function_;
  void* opaque_;
  std::unique_ptr<core::EventLoop::Watch> watch_;
};

SpiceCore::Scope::Scope(SpiceCore& core) : previous_(std::exchange(current_core, &core)) {}
SpiceCore::Scope::~Scope() {
  current_core = previous_;
}

SpiceCore::SpiceCore(core::EventLoop& loop, std::function<void(int, SpiceChannelEventInfo*)> channel_event_function)
    : loop_(loop), channel_event_(std::move(channel_event_function)) {
  interface_.base.type = SPICE_INTERFACE_CORE;
  interface_.base.description = "saffron";
  interface_.base.major_version = SPICE_INTERFACE_CORE_MAJOR;
  interface_.base.minor_version = SPICE_INTERFACE_CORE_MINOR;
  interface_.timer_add = &SpiceCore::timer_add;
  // SpiceTimer and SpiceWatch are the embedder's own types: pointers to our handles, opaque to the library.
  interface_.timer_start = [](SpiceTimer* timer, std::uint32_t milliseconds) {
    reinterpret_cast<TimerHandle*>(timer)->start(milliseconds);
  };
  interface_.timer_cancel = [](SpiceTimer* timer) { reinterpret_cast<TimerHandle*>(timer)->cancel(); };
  interface_.timer_remove = [](SpiceTimer* timer) {
    if (timer != nullptr) {
      reinterpret_cast<TimerHandle*>(timer)->core().timers_.erase(timer);
    }
  };
  interface_.watch_add = &SpiceCore::watch_add;
  interface_.watch_update_mask = [](SpiceWatch* watch, int event_mask) {
    reinterpret_cast<WatchHandle*>(watch)->set_mask(event_mask);
  };
  interface_.watch_remove = [](SpiceWatch* watch) {
    if (watch != nullptr) {
      reinterpret_cast<WatchHandle*>(watch)->core().watches_.erase(watch);
    }
  };
  interface_.channel_event = &SpiceCore::channel_event;
}

SpiceCore::~SpiceCore() = default;

SpiceTimer* SpiceCore::timer_add(SpiceTimerFunc function, void* opaque) {
  if (current_core == nullptr) {
    core::log_error("spice", "a timer was asked for outside of any server");
    return nullptr;
  }
  auto timer = std::make_unique<TimerHandle>(*current_core, function, opaque);
  void* key = timer.get();
  current_core->timers_[key] = std::move(timer);
  return static_cast<SpiceTimer*>(key);
}

SpiceWatch* SpiceCore::watch_add(int fd, int event_mask, SpiceWatchFunc function, void* opaque) {
  if (current_core == nullptr) {
    core::log_error("spice", "a watch was asked for outside of any server");
    return nullptr;
  }
  auto watch = std::make_unique<WatchHandle>(*current_core, fd, event_mask, function, opaque);
  if (const auto started = watch->start(); !started.ok()) {
    core::log_error("spice", "{}", started.error().message);
    return nullptr;
  }
  void* key = watch.get();
  current_core->watches_[key] = std::move(watch);
  return static_cast<SpiceWatch*>(key);
}

void SpiceCore::channel_event(int event, SpiceChannelEventInfo* info) {
  if (current_core != nullptr) {
    current_core->channel_event_(event, info);
  }
}

}  // namespace saffron::spice
