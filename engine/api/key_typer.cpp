// SPDX-License-Identifier: Apache-2.0
#include "engine/api/key_typer.h"

#include <algorithm>
#include <set>

namespace saffron::api {

using core::Error;
using core::ErrorCode;
using core::Result;

KeyTyper::KeyTyper(core::TimerService& timers, JobTable& jobs, std::function<Result<void>(const KeyEvent&)> key)
    : timers_(timers), jobs_(jobs), key_(std::move(key)), timer_(timers.create_timer([this] { step(); })) {}

Result<std::uint64_t> KeyTyper::start(std::vector<KeyEvent> keys, std::uint32_t interval_ms) {
  // The id is known only after start(), but nothing is cancelled before this returns to the loop.
  auto id = std::make_shared<std::uint64_t>(0);
  *id = SAFFRON_TRY(jobs_.start("input.type", [this, id] { cancel(*id); }));
  queue_.push_back({*id, std::move(keys), 0, std::int64_t{interval_ms} * 1'000'000});
  if (queue_.size() == 1) {
    arm(0);
  }
  return *id;
}

void KeyTyper::arm(std::int64_t delay_ns) {
  timer_->arm(timers_.clock().now_ns() + delay_ns);
}

void KeyTyper::step() {
  if (queue_.empty()) {
    return;
  }
  Work& work = queue_.front();
  Result<void> result;
  if (work.next < work.keys.size()) {
    result = key_(work.keys[work.next]);
    ++work.next;
  }
  const std::int64_t pace = work.interval_ns;
  if (!result.ok() || work.next >= work.keys.size()) {
    const Work done = std::move(queue_.front());
    queue_.pop_front();
    if (!result.ok()) {
      release_held(done);
    }
    jobs_.finish(done.job, result);
  } else {
    // Whole percents: an event for each key would say more about typing than the keys themselves.
    jobs_.set_progress(work.job, static_cast<std::uint32_t>(work.next * 100 / work.keys.size() * 10));
  }
  if (!queue_.empty()) {
    arm(pace);
  }
}

void KeyTyper::cancel(std::uint64_t job) {
  const auto found = std::find_if(queue_.begin(), queue_.end(), [&](const Work& work) { return work.job == job; });
  if (found == queue_.end()) {
    return;
  }
  const Work work = std::move(*found);
  queue_.erase(found);
  release_held(work);
  jobs_.finish(job, Error{ErrorCode::kCancelled, "The typing was cancelled", {}});
}

void KeyTyper::release_held(const Work& work) {
  std::set<std::uint32_t> held;
  for (std::size_t index = 0; index < work.next; ++index) {
    if (work.keys[index].pressed) {
      held.insert(work.keys[index].code);
    } else {
      held.erase(work.keys[index].code);
    }
  }
  for (const std::uint32_t code : held) {
    (void)key_({code, false});  // Best effort: the job's own error is what counts.
  }
}

}  // namespace saffron::api
