// SPDX-License-Identifier: Apache-2.0
#include "engine/api/job_table.h"

#include <algorithm>

namespace saffron::api {

using core::Error;
using core::ErrorCode;
using core::Result;

JobTable::Running* JobTable::running(std::uint64_t id) {
  const auto found =
      std::find_if(running_.begin(), running_.end(), [&](const Running& job) { return job.info.id == id; });
  return found == running_.end() ? nullptr : &*found;
}

Result<std::uint64_t> JobTable::start(std::string kind, std::function<void()> cancel) {
  if (running_.size() >= kMaxRunning) {
    return Error{ErrorCode::kExhausted, "Too many jobs are running", std::move(kind)};
  }
  JobInfo info;
  info.id = next_id_++;
  info.kind = std::move(kind);
  running_.push_back({info, std::move(cancel)});
  changed_(info);
  return info.id;
}

void JobTable::set_progress(std::uint64_t id, std::uint32_t permille) {
  Running* const job = running(id);
  permille = std::min<std::uint32_t>(permille, 1000);
  if (job != nullptr && job->info.progress_permille != permille) {
    job->info.progress_permille = permille;
    changed_(JobInfo(job->info));
  }
}

void JobTable::finish(std::uint64_t id, const Result<void>& result) {
  Running* const job = running(id);
  if (job == nullptr) {
    return;
  }
  JobInfo info = std::move(job->info);
  running_.erase(running_.begin() + (job - running_.data()));
  if (result.ok()) {
    info.state = JobState::kDone;
    info.progress_permille = 1000;
  } else if (result.error().code == ErrorCode::kCancelled) {
    info.state = JobState::kCancelled;
  } else {
    info.state = JobState::kFailed;
    info.error = ErrorInfo::from(result.error());
  }
  finished_.push_back(info);
  if (finished_.size() > kMaxFinished) {
    finished_.pop_front();
  }
  changed_(info);
}

std::optional<JobInfo> JobTable::find(std::uint64_t id) const {
  for (const JobInfo& job : list()) {
    if (job.id == id) {
      return job;
    }
  }
  return std::nullopt;
}

Result<void> JobTable::cancel(std::uint64_t id) {
  Running* const job = running(id);
  if (job == nullptr) {
    return find(id) ? Error{ErrorCode::kInvalidState, "The job has ended already", "job"}
                    : Error{ErrorCode::kNotFound, "There is no such job", "job"};
  }
  // Taken out first: the callback may finish the job, which destroys it; and it is called once.
  if (const auto cancel = std::exchange(job->cancel, nullptr)) {
    cancel();
  }
  return {};
}

std::vector<JobInfo> JobTable::list() const {
  std::vector<JobInfo> jobs(finished_.begin(), finished_.end());
  for (const Running& job : running_) {
    jobs.push_back(job.info);
  }
  std::sort(jobs.begin(), jobs.end(), [](const JobInfo& a, const JobInfo& b) { return a.id < b.id; });
  return jobs;
}

}  // namespace saffron::api
