// SPDX-License-Identifier: Apache-2.0
// UringQueue: a BlockQueue on an io_uring of its own. A batch of completions costs one wake-up of the loop at most;
// what the page cache has completes inside commit() without any.
// Follows io_uring_setup(2), io_uring_enter(2). Missing: O_DIRECT, registered buffers (guest RAM is one candidate).
#pragma once

#include <liburing.h>

#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "devices/storage/worker_queue.h"
#include "engine/core/log.h"

namespace saffron::storage {

/// BlockQueue's rules about threads hold. Callbacks may run inside commit() and drain(), and may submit and commit;
/// they must not destroy the queue.
class UringQueue final : public ports::BlockQueue {
 public:
  /// Requests in the kernel at once; the others wait here. A guest's queues are bounded themselves (virtio 1024
  /// entries, AHCI 32 per port), so that the waiting list is, too.
  static constexpr unsigned kDepth = 128;

  /// kUnsupported or kPermissionDenied where the host refuses io_uring.
  static core::Result<std::unique_ptr<UringQueue>> create(const FileTarget& target, core::EventLoop& loop);
  ~UringQueue() override;

  void submit(ports::BlockRequest request) override;
  void commit() override;
  void drain() override;

 private:
  struct Slot {
    ports::BlockRequest request;
    std::uint64_t progress = 0;  // Bytes done.
  };

  UringQueue(const FileTarget& target, core::EventLoop& loop);
  core::Result<void> open_ring();
  core::Result<void> watch_ring();
  void close_ring();
  /// The ring belongs to one thread (IORING_SETUP_SINGLE_ISSUER): moves it to this one if need be.
  void adopt_thread();
  void wait_for_other_thread();

  bool can_go_on() const;
  void listen(bool enable);
  bool work_is_deferred() const;
  bool completions_wait() const;
  void fill_ring();
  void prepare(unsigned slot);
  void enter();
  void replace_ring();
  void reap();
  void finish(unsigned slot, int result);
  void complete(unsigned slot, int error);
  void deliver_rejected();
  bool idle() const;

  const FileTarget target_;
  core::EventLoop& loop_;
  io_uring ring_{};
  bool ring_open_ = false;
  bool deferred_work_ = false;  // Completions need io_uring_enter to appear (IORING_SETUP_DEFER_TASKRUN).
  bool fixed_file_ = false;
  bool in_callbacks_ = false;
  bool failing_ = false;  // The kernel refuses what is prepared.
  std::thread::id owner_;
  core::UniqueFd event_;
  std::unique_ptr<core::EventLoop::Watch> watch_;
  std::unique_ptr<core::Timer> retry_timer_;
  std::unique_ptr<WorkerQueue> slow_lane_;
  std::size_t slow_under_way_ = 0;

  std::vector<Slot> slots_;
  std::vector<unsigned> free_slots_;
  std::vector<unsigned> prepared_;  // In the submission ring, not yet taken by the kernel.
  std::deque<unsigned> again_;      // Slots to submit once more (short transfers).
  std::deque<ports::BlockRequest> backlog_;
  std::deque<std::function<void(int)>> rejected_;
  unsigned in_flight_ = 0;  // Taken by the kernel.
  core::LogOnce enter_complaint_;
};

}  // namespace saffron::storage
