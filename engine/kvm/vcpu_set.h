// SPDX-License-Identifier: Apache-2.0
// VcpuSet: all vCPUs of a VM and their threads: start, pause, resume, reset, end.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/event_loop.h"
#include "engine/kvm/vcpu.h"

namespace saffron::kvm {

/// What the set tells its owner; each on the control loop.
struct VcpuListener {
  std::function<void()> reset_requested;      // Triple fault, or the kernel relays a reset. The vCPUs are pausing.
  std::function<void()> power_off_requested;  // The vCPUs are pausing.
  std::function<void(std::string)> failed;    // A sentence and the registers. The vCPUs are pausing.
};

/// Threads are named vcpu0, vcpu1, …; they start parked. Control thread, unless said otherwise.
class VcpuSet {
 public:
  /// kExhausted (or kBusy) if the host gives no more threads.
  static core::Result<std::unique_ptr<VcpuSet>> create(std::vector<std::unique_ptr<Vcpu>> vcpus,
                                                       core::EventLoop& control, VcpuListener listener);
  /// All must be parked, or never resumed: see pause().
  ~VcpuSet();

  /// Any thread, vCPU threads included: no further guest instruction runs once the vCPUs have seen it (at once on the
  /// calling vCPU, when its device access returns).
  void request_pause();
  /// Any thread: calls `parked` on the control loop when no vCPU runs. Never waits: a vCPU may be waiting for the
  /// control loop in a device access.
  void pause(std::function<void()> parked);
  void resume();
  bool parked() const;
  /// Ends the threads and waits for them. From then on nothing runs, and only request_pause() may be called.
  void end();

  /// While parked.
  core::Result<void> reset();
  /// Plays firmware for a direct boot: caches as it leaves them on every vCPU, and where the first one begins.
  core::Result<void> set_boot_entry(const VcpuEntry& entry);
  unsigned count() const { return static_cast<unsigned>(vcpus_.size()); }
  /// Kernel thread ids, for statistics.
  std::vector<int> thread_ids() const;

 private:
  VcpuSet(std::vector<std::unique_ptr<Vcpu>> vcpus, core::EventLoop& control, VcpuListener listener);
  core::Result<void> start_threads();
  struct Lane {
    std::unique_ptr<Vcpu> vcpu;
    std::thread thread;
    int thread_id = 0;
    bool parked = true;
  };
  void thread_main(Lane& lane);
  void run_until_pause(Lane& lane);
  void report(Lane& lane, VcpuExit exit);
  void kick_locked();

  core::EventLoop& control_;
  VcpuListener listener_;
  mutable std::mutex mutex_;  // Leaf lock; guards what follows.
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Vcpu*> vcpus_;
  std::vector<std::function<void()>> waiting_for_park_;
  unsigned running_ = 0;
  bool pause_requested_ = true;
  bool quit_ = false;
};

}  // namespace saffron::kvm
