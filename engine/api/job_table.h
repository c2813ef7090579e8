// SPDX-License-Identifier: Apache-2.0
// JobTable: long work with progress, cancelling and a result, and a memory of the last ones that ended.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/control_messages.h"
#include "engine/core/result.h"

namespace saffron::api {

/// One thread (in the engine: the control thread).
class JobTable {
 public:
  static constexpr std::size_t kMaxRunning = 16;   // A client can start jobs; each holds memory.
  static constexpr std::size_t kMaxFinished = 32;  // Long enough for a client to ask for its job's end.

  /// `changed` hears of every start, whole-permille progress and end.
  explicit JobTable(std::function<void(const JobInfo&)> changed) : changed_(std::move(changed)) {}

  /// `cancel` is called at most once, and must lead to finish() (kCancelled), now or later. kExhausted.
  core::Result<std::uint64_t> start(std::string kind, std::function<void()> cancel);
  void set_progress(std::uint64_t id, std::uint32_t permille);
  /// Ends the job: kDone, kCancelled (the error's code is kCancelled) or kFailed. Unknown ids are ignored.
  void finish(std::uint64_t id, const core::Result<void>& result);

  std::optional<JobInfo> find(std::uint64_t id) const;
  /// kNotFound; kInvalidState if it has ended.
  core::Result<void> cancel(std::uint64_t id);
  /// Running ones and the remembered ones, by id.
  std::vector<JobInfo> list() const;

 private:
  struct Running {
    JobInfo info;
    std::function<void()> cancel;
  };
  Running* running(std::uint64_t id);

  std::function<void(const JobInfo&)> changed_;
  std::uint64_t next_id_ = 1;
  std::vector<Running> running_;
  std::deque<JobInfo> finished_;
};

}  // namespace saffron::api
