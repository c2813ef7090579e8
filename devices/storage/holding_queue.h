// SPDX-License-Identifier: Apache-2.0
// HoldingBackend: keeps a full host disk from becoming a guest's I/O error. Its queues hold writes that fail with
// ENOSPC or EDQUOT; the machine is told once, pauses, and calls retry() when there is room.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "devices/ports/block_backend.h"

namespace saffron::storage {

class HoldingBackend;

/// A lane of a HoldingBackend. BlockQueue's rules about threads hold.
class HoldingQueue final : public ports::BlockQueue {
 public:
  HoldingQueue(HoldingBackend& backend, core::EventLoop& loop, std::unique_ptr<ports::BlockQueue> inner);
  ~HoldingQueue() override;

  void submit(ports::BlockRequest request) override;
  void commit() override { inner_->commit(); }
  /// Held requests complete with their error: whoever drains (a reset) must not wait for the host's administrator.
  void drain() override;
  /// Submits all held requests again.
  void retry();

  core::EventLoop& loop() const { return loop_; }

 private:
  void send(unsigned slot);
  void finished(unsigned slot, int error);
  void complete(unsigned slot, int error);

  struct Held {
    unsigned slot = 0;
    int error = 0;
  };

  HoldingBackend& backend_;
  core::EventLoop& loop_;
  std::unique_ptr<ports::BlockQueue> inner_;
  // Writes under way or held: what was asked, for another try. As many as the device has requests.
  std::deque<ports::BlockRequest> slots_;
  std::vector<unsigned> free_slots_;
  std::vector<Held> held_;
  std::shared_ptr<HoldingQueue*> self_;  // Outlived by posted retries, which then find null.
  friend class HoldingBackend;
};

/// Any thread, unless said otherwise. Outlives its queues.
class HoldingBackend final : public ports::BlockBackend {
 public:
  /// `disk_full` runs on the loop thread of the queue that met the error, once until the next retry().
  HoldingBackend(std::unique_ptr<ports::BlockBackend> inner, std::function<void(int error)> disk_full);
  ~HoldingBackend() override;

  ports::BlockGeometry geometry() const override { return inner_->geometry(); }
  core::Result<std::unique_ptr<ports::BlockQueue>> open_queue(core::EventLoop& loop) override;
  /// Whether writes are held.
  bool holding() const { return holding_; }
  void retry();

 private:
  friend class HoldingQueue;
  void report(int error);
  void add(HoldingQueue& queue);
  void remove(HoldingQueue& queue);

  std::unique_ptr<ports::BlockBackend> inner_;
  std::function<void(int)> disk_full_;
  std::atomic<bool> holding_{false};
  std::mutex mutex_;  // Leaf lock.
  std::vector<HoldingQueue*> queues_;
};

}  // namespace saffron::storage
