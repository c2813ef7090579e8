// SPDX-License-Identifier: Apache-2.0
#include "devices/pci/message_vectors.h"

namespace saffron::pci {

MessageVectors::MessageVectors(std::vector<std::unique_ptr<core::MsiVector>> vectors)
    : vectors_(std::move(vectors)), states_(vectors_.size()) {}

void MessageVectors::set_enabled(bool enabled) {
  const std::lock_guard lock(mutex_);
  if (enabled_ && !enabled) {
    for (State& state : states_) {
      state.pending = false;
    }
  }
  enabled_ = enabled;
}

bool MessageVectors::enabled() const {
  const std::lock_guard lock(mutex_);
  return enabled_;
}

void MessageVectors::want(unsigned index, const std::optional<core::MsiMessage>& message) {
  const std::lock_guard lock(mutex_);
  states_[index].wanted = message;
}

void MessageVectors::sync(unsigned first, unsigned count) {
  std::vector<unsigned> to_signal;
  {
    const std::lock_guard lock(routes_);
    for (unsigned index = first; index < first + count && index < size(); ++index) {
      if (sync_one(index)) {
        to_signal.push_back(index);
      }
    }
  }
  for (unsigned index : to_signal) {
    signal(index);
  }
}

bool MessageVectors::sync_one(unsigned index) {
  std::unique_lock lock(mutex_);
  State& state = states_[index];
  if (state.routed != state.wanted) {
    const std::optional<core::MsiMessage> target = state.wanted;
    // From here until the new route stands, signals wait as pending.
    state.routed.reset();
    ++state.generation;
    lock.unlock();
    if (target.has_value()) {
      vectors_[index]->configure(*target);
    } else {
      vectors_[index]->disconnect();
    }
    lock.lock();
    state.routed = target;
  }
  if (!state.routed.has_value() || !state.pending) {
    return false;
  }
  state.pending = false;
  return true;
}

void MessageVectors::signal(unsigned index) {
  if (index >= size()) {
    return;
  }
  // A route that changed while the message was on its way may have swallowed it: send again. Once more than that is
  // enough; an interrupt too many is harmless.
  constexpr unsigned kAttempts = 3;
  std::unique_lock lock(mutex_);
  State& state = states_[index];
  for (unsigned attempt = 0; attempt < kAttempts; ++attempt) {
    if (!enabled_) {
      return;
    }
    if (!state.routed.has_value()) {
      state.pending = true;
      return;
    }
    const std::uint32_t generation = state.generation;
    lock.unlock();
    vectors_[index]->signal();
    lock.lock();
    if (state.generation == generation) {
      return;
    }
  }
}

bool MessageVectors::pending(unsigned index) const {
  const std::lock_guard lock(mutex_);
  return index < states_.size() && states_[index].pending;
}

int MessageVectors::event_fd(unsigned index) const {
  const std::lock_guard lock(mutex_);
  if (index >= states_.size() || !enabled_ || !states_[index].routed.has_value()) {
    return -1;
  }
  return vectors_[index]->event_fd();
}

}  // namespace saffron::pci
