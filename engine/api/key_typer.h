// SPDX-License-Identifier: Apache-2.0
// KeyTyper: types at a pace that firmware and guests can follow, as jobs, one after the other.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "engine/api/job_table.h"
#include "engine/api/key_names.h"
#include "engine/core/clock.h"
#include "engine/core/result.h"

namespace saffron::api {

/// On the thread of its timer service.
class KeyTyper {
 public:
  /// `key` delivers one event to the guest; an error ends its job. All must outlive the typer.
  KeyTyper(core::TimerService& timers, JobTable& jobs, std::function<core::Result<void>(const KeyEvent&)> key);

  /// Returns the job. Cancelling it releases the keys that it holds down. kExhausted.
  core::Result<std::uint64_t> start(std::vector<KeyEvent> keys, std::uint32_t interval_ms);

 private:
  struct Work {
    std::uint64_t job = 0;
    std::vector<KeyEvent> keys;
    std::size_t next = 0;
    std::int64_t interval_ns = 0;
  };
  void step();
  void arm(std::int64_t delay_ns);
  void cancel(std::uint64_t job);
  void release_held(const Work& work);

  core::TimerService& timers_;
  JobTable& jobs_;
  std::function<core::Result<void>(const KeyEvent&)> key_;
  std::deque<Work> queue_;  // The first is being typed. Bounded by JobTable::kMaxRunning.
  std::unique_ptr<core::Timer> timer_;
};

}  // namespace saffron::api
