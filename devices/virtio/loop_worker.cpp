// SPDX-License-Identifier: Apache-2.0
#include "devices/virtio/loop_worker.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <utility>

#include "engine/core/log.h"

namespace saffron::virtio {

LoopWorker::LoopWorker(core::EventLoop& loop, std::function<void(unsigned)> work, std::function<void(bool)> changed)
    : loop_(loop), work_(std::move(work)), changed_(std::move(changed)) {}

LoopWorker::~LoopWorker() = default;

void LoopWorker::start(VirtioActivation activation) {
  {
    const std::lock_guard lock(mutex_);
    activation_ = std::move(activation);
    running_ = true;
    ++epoch_;
  }
  post_sync();
}

void LoopWorker::stop() {
  {
    std::unique_lock lock(mutex_);
    running_ = false;
    idle_.wait(lock, [this] { return !busy_; });
    activation_ = VirtioActivation{};
  }
  // The watches go when the loop comes round; until then they find nothing to do.
  post_sync();
}

void LoopWorker::post_sync() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(sync_posted_, true)) {
      return;  // One task does for all: a guest that starts and resets without end must not make a queue of them.
    }
  }
  post([this] { sync(); });
}

void LoopWorker::sync() {
  bool running = false;
  std::uint64_t epoch = 0;
  {
    const std::lock_guard lock(mutex_);
    sync_posted_ = false;
    running = running_;
    epoch = epoch_;
  }
  if (shown_ != 0 && (!running || shown_ != epoch)) {
    shown_ = 0;
    watches_.clear();
    if (changed_) {
      changed_(false);
    }
  }
  if (running && shown_ != epoch) {
    shown_ = epoch;
    open(epoch);
  }
}

bool LoopWorker::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

bool LoopWorker::run(const std::function<void(const VirtioActivation&)>& task) {
  bool nested = false;
  {
    const std::lock_guard lock(mutex_);
    if (!running_ || opened_ != epoch_) {
      return false;
    }
    nested = std::exchange(busy_, true);  // Inside of work already: whoever began it ends it.
  }
  task(activation_);
  if (!nested) {
    const std::lock_guard lock(mutex_);
    busy_ = false;
    idle_.notify_all();
  }
  return true;
}

void LoopWorker::post(std::function<void()> task) {
  loop_.post([alive = std::weak_ptr<int>(alive_), task = std::move(task)] {
    if (!alive.expired()) {  // Destroyed on this thread only, so it stays alive meanwhile.
      task();
    }
  });
}

void LoopWorker::open(std::uint64_t epoch) {
  {
    const std::lock_guard lock(mutex_);
    if (!running_ || epoch != epoch_) {
      return;  // Stopped before the loop came round. If it was started again, that start has its own turn.
    }
    opened_ = epoch;
  }
  if (changed_) {
    changed_(true);
  }
  run([this](const VirtioActivation& activation) {
    for (unsigned index = 0; index < activation.queues.size(); ++index) {
      if (activation.queues[index] == nullptr) {
        continue;
      }
      const int fd = activation.queues[index]->kick_fd();
      auto watch = loop_.watch(fd, EPOLLIN, [this, index, fd](core::FdEvents) { on_kick(index, fd); });
      if (watch.ok()) {
        watches_.push_back(std::move(watch).value());
      } else {
        core::log_error("virtio", "cannot watch a queue: {}", watch.error().message);
      }
      work_(index);
    }
  });
}

void LoopWorker::on_kick(unsigned queue, int kick_fd) {
  run([&](const VirtioActivation& activation) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(kick_fd, &count, sizeof count);
    if (queue < activation.queues.size() && activation.queues[queue] != nullptr) {
      work_(queue);
    }
  });
}

void LoopWorker::again(const Virtqueue& queue) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(queue.kick_fd(), &one, sizeof one);
}

}  // namespace saffron::virtio
