// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/worker_queue.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "engine/core/log.h"

namespace saffron::storage {

using ports::BlockRequest;

namespace {

/// Enough for a disk's queue depth to matter, few enough to forget about.
constexpr std::size_t kWorkers = 4;

void signal_event(int fd) {
  const std::uint64_t one = 1;
  // An eventfd write fails only when the counter is full, and then it is readable anyway.
  [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof one);
}

}  // namespace

core::Result<std::unique_ptr<WorkerQueue>> WorkerQueue::create(const FileTarget& target, core::EventLoop& loop) {
  core::UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) {
    return core::Error::from_errno(errno, "cannot create an eventfd for disk completions");
  }
  std::unique_ptr<WorkerQueue> queue(new WorkerQueue(target, std::move(event)));
  queue->watch_ = SAFFRON_TRY(loop.watch(queue->completion_event_.get(), EPOLLIN, [raw = queue.get()](auto) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(raw->completion_event_.get(), &count, sizeof count);
    raw->deliver();
  }));
  return queue;
}

WorkerQueue::WorkerQueue(const FileTarget& target, core::UniqueFd completion_event)
    : target_(target), completion_event_(std::move(completion_event)) {}

WorkerQueue::~WorkerQueue() {
  drain();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_available_.notify_all();
  for (std::thread& worker : workers_) {
    worker.join();
  }
}

void WorkerQueue::submit(BlockRequest request) {
  if (!request_is_legal(request, target_.geometry)) {
    rejected_.push_back({std::move(request.done), EINVAL});
    return;
  }
  staged_.push_back(std::move(request));
}

void WorkerQueue::commit() {
  if (!rejected_.empty()) {
    under_way_ += rejected_.size();
    const std::lock_guard lock(mutex_);
    for (Completion& completion : rejected_) {
      completed_.push_back(std::move(completion));
    }
    rejected_.clear();
    signal_event(completion_event_.get());
  }
  if (staged_.empty()) {
    return;
  }
  const std::size_t count = staged_.size();
  under_way_ += count;
  {
    const std::lock_guard lock(mutex_);
    for (BlockRequest& request : staged_) {
      waiting_.push_back(std::move(request));
    }
  }
  staged_.clear();
  while (workers_.size() < kWorkers && workers_.size() < under_way_) {
    try {
      workers_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      break;  // The host has no thread to give.
    }
  }
  if (workers_.empty()) {
    const std::lock_guard lock(mutex_);
    for (BlockRequest& request : waiting_) {  // Slow, but the guest's disk works.
      const int error = perform_blocking(target_, request);
      completed_.push_back({std::move(request.done), error});
    }
    waiting_.clear();
    signal_event(completion_event_.get());
    return;
  }
  if (count == 1) {
    work_available_.notify_one();
  } else {
    work_available_.notify_all();
  }
}

void WorkerQueue::work() {
  ::pthread_setname_np(::pthread_self(), "disk-worker");
  std::unique_lock lock(mutex_);
  for (;;) {
    work_available_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) {
      return;
    }
    BlockRequest request = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const int error = perform_blocking(target_, request);
    lock.lock();
    const bool first = completed_.empty();
    completed_.push_back({std::move(request.done), error});
    if (first) {
      signal_event(completion_event_.get());
    }
    work_completed_.notify_one();
  }
}

std::size_t WorkerQueue::deliver() {
  std::vector<Completion> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(completed_);
  }
  under_way_ -= batch.size();
  for (Completion& completion : batch) {
    completion.done(completion.error);
  }
  return batch.size();
}

void WorkerQueue::drain() {
  commit();
  while (under_way_ != 0) {
    if (deliver() == 0) {
      std::unique_lock lock(mutex_);
      work_completed_.wait(lock, [this] { return !completed_.empty(); });
    }
    commit();  // Callbacks may have submitted more.
  }
}

}  // namespace saffron::storage
