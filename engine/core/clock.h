// SPDX-License-Identifier: Apache-2.0
// Time as devices see it. Tests use tests/fakes/manual_clock.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace saffron::core {

/// Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Nanoseconds of CLOCK_MONOTONIC.
  virtual std::int64_t now_ns() const = 0;
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  virtual std::int64_t wall_ns() const = 0;
};

/// A one-shot timer. Arming again moves it. Any thread may arm and cancel; the callback runs on its service's thread.
class Timer {
 public:
  virtual ~Timer() = default;  // Cancels. On the service's thread, or when its loop does not run.
  /// Fires once when Clock::now_ns() reaches `deadline_ns` (at once if it has passed).
  virtual void arm(std::int64_t deadline_ns) = 0;
  virtual void cancel() = 0;
};

/// Makes timers. EventLoop is one; ManualClock (tests) another.
class TimerService {
 public:
  virtual ~TimerService() = default;
  virtual Clock& clock() = 0;
  virtual std::unique_ptr<Timer> create_timer(std::function<void()> callback) = 0;
};

/// The host's clocks.
class SystemClock final : public Clock {
 public:
  std::int64_t now_ns() const override;
  std::int64_t wall_ns() const override;
};

}  // namespace saffron::core
