// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/holding_queue.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace saffron::storage {

using ports::BlockOperation;
using ports::BlockRequest;

HoldingQueue::HoldingQueue(HoldingBackend& backend, core::EventLoop& loop, std::unique_ptr<ports::BlockQueue> inner)
    : backend_(backend), loop_(loop), inner_(std::move(inner)), self_(std::make_shared<HoldingQueue*>(this)) {
  backend_.add(*this);
}

HoldingQueue::~HoldingQueue() {
  drain();
  backend_.remove(*this);
  *self_ = nullptr;
}

void HoldingQueue::submit(BlockRequest request) {
  if (request.operation != BlockOperation::kWrite && request.operation != BlockOperation::kWriteZeroes) {
    inner_->submit(std::move(request));
    return;
  }
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<unsigned>(slots_.size()));
    slots_.emplace_back();
  }
  const unsigned slot = free_slots_.back();
  free_slots_.pop_back();
  slots_[slot] = std::move(request);
  send(slot);
}

void HoldingQueue::send(unsigned slot) {
  const BlockRequest& original = slots_[slot];
  BlockRequest copy;
  copy.operation = original.operation;
  copy.offset = original.offset;
  copy.length = original.length;
  copy.buffers = original.buffers;
  copy.may_unmap = original.may_unmap;
  copy.done = [this, slot](int error) { finished(slot, error); };
  inner_->submit(std::move(copy));
}

void HoldingQueue::finished(unsigned slot, int error) {
  if (error == ENOSPC || error == EDQUOT) {
    held_.push_back({slot, error});
    backend_.report(error);
    return;
  }
  complete(slot, error);
}

void HoldingQueue::complete(unsigned slot, int error) {
  const auto done = std::move(slots_[slot].done);
  free_slots_.push_back(slot);
  done(error);
}

void HoldingQueue::retry() {
  for (const Held& held : std::exchange(held_, {})) {
    send(held.slot);
  }
  inner_->commit();
}

void HoldingQueue::drain() {
  inner_->drain();
  while (!held_.empty()) {
    for (const Held& held : std::exchange(held_, {})) {
      complete(held.slot, held.error);
    }
    inner_->drain();  // Callbacks may have submitted more.
  }
}

HoldingBackend::HoldingBackend(std::unique_ptr<ports::BlockBackend> inner, std::function<void(int)> disk_full)
    : inner_(std::move(inner)), disk_full_(std::move(disk_full)) {}

HoldingBackend::~HoldingBackend() = default;

core::Result<std::unique_ptr<ports::BlockQueue>> HoldingBackend::open_queue(core::EventLoop& loop) {
  auto inner = SAFFRON_TRY(inner_->open_queue(loop));
  return std::unique_ptr<ports::BlockQueue>(std::make_unique<HoldingQueue>(*this, loop, std::move(inner)));
}

void HoldingBackend::report(int error) {
  if (!holding_.exchange(true)) {
    disk_full_(error);
  }
}

void HoldingBackend::retry() {
  holding_ = false;
  const std::lock_guard lock(mutex_);
  for (HoldingQueue* queue : queues_) {
    queue->loop().post([weak = std::weak_ptr(queue->self_)] {
      const auto self = weak.lock();
      if (self && *self != nullptr) {
        (*self)->retry();
      }
    });
  }
}

void HoldingBackend::add(HoldingQueue& queue) {
  const std::lock_guard lock(mutex_);
  queues_.push_back(&queue);
}

void HoldingBackend::remove(HoldingQueue& queue) {
  const std::lock_guard lock(mutex_);
  std::erase(queues_, &queue);
}

}  // namespace saffron::storage
