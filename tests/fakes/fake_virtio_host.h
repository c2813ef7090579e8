// SPDX-License-Identifier: Apache-2.0
// Activates a VirtioDevice without a transport: queues in guest memory, kicks by eventfd, and a record of interrupts.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "devices/virtio/virtio_device.h"
#include "engine/core/unique_fd.h"
#include "tests/fakes/virtqueue_driver.h"

namespace saffron::fakes {

/// The driver's calls on the test's thread; the record may be written by the device's.
class FakeVirtioHost {
 public:
  struct Options {
    std::uint64_t features = 0;     // Negotiated; the device's own bits.
    std::uint16_t queue_size = 0;   // At most this; 0: as large as the device takes.
    std::uint64_t enabled = ~0ULL;  // A bit for each queue that the driver enables.
    bool event_index = false;
    bool indirect = true;
    std::function<void()> on_interrupt = nullptr;  // What the guest does at once, on the device's thread.
  };

  /// The queues, and what allocate() hands out, are in [base, base + size) of `memory`.
  FakeVirtioHost(virtio::VirtioDevice& device, const core::GuestMemory& memory,
                 core::GuestAddress base = core::GuestAddress{0}, std::uint64_t size = 4 * 1024 * 1024)
      : device_(device), memory_(memory), arena_(memory, base, size) {}
  ~FakeVirtioHost() { deactivate(); }

  void activate(const Options& options) {
    require(queues_.empty());
    virtio::VirtioActivation activation;
    activation.features = options.features;
    for (const std::uint16_t largest : device_.queue_sizes()) {
      activation.queues.push_back(add_queue(largest, options));
    }
    activation.config_changed = [this] { ++config_changes_; };
    activation.needs_reset = [this](std::string_view reason) { note_broken(reason); };
    if (const auto activated = device_.activate(std::move(activation)); !activated.ok()) {
      note_broken(activated.error().message);
    }
  }
  void activate() { activate(Options{}); }
  void deactivate() {
    if (!queues_.empty()) {
      device_.deactivate();
      queues_.clear();
    }
  }
  bool activated() const { return !queues_.empty(); }

  VirtqueueDriver& driver(unsigned queue) { return *queues_.at(queue)->driver; }
  GuestArena& arena() { return arena_; }
  const core::GuestMemory& memory() const { return memory_; }

  /// The driver's notification, whether the device wants it or not.
  void kick(unsigned queue) {
    const std::uint64_t one = 1;
    require(::write(queues_.at(queue)->kick.get(), &one, sizeof one) == sizeof one);
  }
  unsigned interrupts(unsigned queue) const { return queues_.at(queue)->interrupts; }
  unsigned config_changes() const { return config_changes_; }
  /// Why the device gave up; empty if it did not.
  std::string broken_reason() const {
    const std::lock_guard lock(mutex_);
    return broken_reason_;
  }

 private:
  struct Queue {
    core::UniqueFd kick{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    std::unique_ptr<VirtqueueDriver> driver;
    std::unique_ptr<virtio::Virtqueue> device;
    std::atomic<unsigned> interrupts{0};
  };

  virtio::Virtqueue* add_queue(std::uint16_t largest, const Options& options) {
    const std::uint16_t size = options.queue_size == 0 ? largest : std::min(largest, options.queue_size);
    auto queue = std::make_unique<Queue>();
    Queue* const added = queue.get();
    added->driver = std::make_unique<VirtqueueDriver>(memory_, arena_, size, options.event_index, options.indirect);
    if ((options.enabled >> queues_.size() & 1) != 0) {
      added->device = std::make_unique<virtio::Virtqueue>(
          memory_, added->driver->layout(), added->kick.get(),
          [added, then = options.on_interrupt] {
            ++added->interrupts;
            if (then) {
              then();
            }
          },
          [this](std::string_view reason) { note_broken(reason); });
    }
    queues_.push_back(std::move(queue));
    return added->device.get();
  }
  void note_broken(std::string_view reason) {
    const std::lock_guard lock(mutex_);
    broken_reason_ = reason;
  }

  virtio::VirtioDevice& device_;
  const core::GuestMemory& memory_;
  GuestArena arena_;
  std::vector<std::unique_ptr<Queue>> queues_;
  std::atomic<unsigned> config_changes_{0};
  mutable std::mutex mutex_;  // Leaf lock; guards what follows.
  std::string broken_reason_;
};

}  // namespace saffron::fakes
