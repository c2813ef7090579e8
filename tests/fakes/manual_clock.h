// SPDX-License-Identifier: Apache-2.0
// ManualClock: time that moves only when a test says so, with timers that fire as it moves.
#pragma once

#include <algorithm>
#include <vector>

#include "engine/core/clock.h"

namespace saffron::fakes {

/// Single-threaded.
class ManualClock final : public core::Clock, public core::TimerService {
 public:
  std::int64_t now_ns() const override { return now_; }
  std::int64_t wall_ns() const override { return wall_base_ + now_; }
  core::Clock& clock() override { return *this; }
  std::unique_ptr<core::Timer> create_timer(std::function<void()> callback) override {
    auto timer = std::make_unique<FakeTimer>(*this, std::move(callback));
    timers_.push_back(timer.get());
    return timer;
  }

  void set_wall_ns(std::int64_t wall) { wall_base_ = wall - now_; }
  /// Moves time on, firing timers at their deadlines in order.
  void advance(std::int64_t nanoseconds) {
    const std::int64_t target = now_ + nanoseconds;
    while (FakeTimer* next = earliest(target)) {
      now_ = std::max(now_, next->deadline);
      next->armed = false;
      next->callback();
    }
    now_ = target;
  }
  unsigned armed_timers() const {
    return static_cast<unsigned>(
        std::count_if(timers_.begin(), timers_.end(), [](const FakeTimer* timer) { return timer->armed; }));
  }

 private:
  struct FakeTimer final : core::Timer {
    FakeTimer(ManualClock& owner, std::function<void()> function) : clock(owner), callback(std::move(function)) {}
    ~FakeTimer() override { std::erase(clock.timers_, this); }
    void arm(std::int64_t when) override {
      deadline = when;
      armed = true;
    }
    void cancel() override { armed = false; }
    ManualClock& clock;
    std::function<void()> callback;
    std::int64_t deadline = 0;
    bool armed = false;
  };

  FakeTimer* earliest(std::int64_t limit) {
    FakeTimer* found = nullptr;
    for (FakeTimer* timer : timers_) {
      if (timer->armed && timer->deadline <= limit && (found == nullptr || timer->deadline < found->deadline)) {
        found = timer;
      }
    }
    return found;
  }

  std::int64_t now_ = 0;
  std::int64_t wall_base_ = 1'700'000'000'000'000'000;
  std::vector<FakeTimer*> timers_;
};

}  // namespace saffron::fakes
