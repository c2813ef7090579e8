// SPDX-License-Identifier: Apache-2.0
// WorkerQueue: a BlockQueue served by a few threads that make blocking calls. Used where io_uring is refused (old or
// hardened hosts), and by UringQueue for operations that block in the kernel anyway (discard, write-zeroes).
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "devices/storage/file_io.h"

namespace saffron::storage {

/// BlockQueue's rules about threads hold. Workers start with the first request.
class WorkerQueue final : public ports::BlockQueue {
 public:
  static core::Result<std::unique_ptr<WorkerQueue>> create(const FileTarget& target, core::EventLoop& loop);
  ~WorkerQueue() override;

  void submit(ports::BlockRequest request) override;
  void commit() override;
  void drain() override;

 private:
  struct Completion {
    std::function<void(int)> done;
    int error = 0;
  };

  WorkerQueue(const FileTarget& target, core::UniqueFd completion_event);
  void work();
  /// Runs callbacks of what has completed; returns how many.
  std::size_t deliver();

  const FileTarget target_;
  core::UniqueFd completion_event_;
  std::unique_ptr<core::EventLoop::Watch> watch_;
  std::vector<Completion> rejected_;        // Loop thread only: requests outside the rules.
  std::deque<ports::BlockRequest> staged_;  // Loop thread only: until commit().
  std::size_t under_way_ = 0;               // Loop thread only: committed, and callback not yet run.

  std::mutex mutex_;  // Leaf lock; guards what follows.
  std::condition_variable work_available_;
  std::condition_variable work_completed_;
  std::deque<ports::BlockRequest> waiting_;
  std::vector<Completion> completed_;
  bool stopping_ = false;
  std::vector<std::thread> workers_;  // Loop thread only.
};

}  // namespace saffron::storage
