// SPDX-License-Identifier: Apache-2.0
// LoopWorker: runs a device's queues on an event loop that serves others too (the control loop).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "devices/virtio/virtio_device.h"
#include "engine/core/event_loop.h"

namespace saffron::virtio {

/// A driver's reset comes on a vCPU thread and must wait until nobody uses the queues. The control thread itself waits
/// for vCPUs now and then (pause, reset), so a vCPU must never wait for the control loop to come round. This waits for
/// work that is under way only, and work is short.
class LoopWorker {
 public:
  /// Both on the loop's thread. `work` runs for each queue with a kick, and for every queue after start(). `changed`
  /// (may be empty) says after start() that there is a driver, before work; and after stop() that there is none: then
  /// not as work, so it may do anything. `loop` must outlive this.
  LoopWorker(core::EventLoop& loop, std::function<void(unsigned queue)> work,
             std::function<void(bool running)> changed = {});
  /// On the loop's thread, or when the loop does not run.
  ~LoopWorker();
  LoopWorker(const LoopWorker&) = delete;
  LoopWorker& operator=(const LoopWorker&) = delete;

  /// Any thread.
  void start(VirtioActivation activation);
  /// Any thread, but not from inside work. When it returns, no work runs, and none begins.
  void stop();
  bool running() const;

  /// Loop thread. Runs `task` with the activation; or returns false if stopped, or `changed` was not told yet. stop()
  /// waits for it, so it must not wait for anything.
  bool run(const std::function<void(const VirtioActivation&)>& task);
  /// Any thread: runs `task` on the loop's thread, unless this is gone by then.
  void post(std::function<void()> task);
  /// Loop thread, inside of work: do the same queue again, after others had their turn.
  static void again(const Virtqueue& queue);

 private:
  void post_sync();
  void sync();
  void open(std::uint64_t epoch);
  void on_kick(unsigned queue, int kick_fd);

  core::EventLoop& loop_;
  std::function<void(unsigned)> work_;
  std::function<void(bool)> changed_;
  std::vector<std::unique_ptr<core::EventLoop::Watch>> watches_;  // Loop thread only.
  std::uint64_t shown_ = 0;  // Loop thread only: the start that the watches belong to; 0: none.
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // Posted tasks look whether it is still there.

  mutable std::mutex mutex_;  // Leaf lock; guards what follows. `activation_` does not change while `busy_`.
  std::condition_variable idle_;
  bool running_ = false;
  bool busy_ = false;  // Set by the loop's thread only.
  bool sync_posted_ = false;
  std::uint64_t epoch_ = 0;   // Of the last start().
  std::uint64_t opened_ = 0;  // Of the last start() that the loop's thread has seen.
  VirtioActivation activation_;
};

}  // namespace saffron::virtio
