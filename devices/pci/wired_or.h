// SPDX-License-Identifier: Apache-2.0
// WiredOr: several level-triggered outputs on one wire. The wire is up while at least one of them is.
#pragma once

#include <atomic>
#include <mutex>

#include "engine/core/irq.h"

namespace saffron::pci {

/// Any thread. The output is driven with no lock held, and in order: a thread that finds another one driving leaves
/// its change to that one.
class WiredOr {
 public:
  /// `output` may be null: a wire that ends nowhere.
  explicit WiredOr(core::IrqLine* output) : output_(output) {}
  WiredOr(const WiredOr&) = delete;
  WiredOr& operator=(const WiredOr&) = delete;

  /// One more (+1) or one less (-1) of the inputs is up. WiredInput calls it.
  void adjust(int inputs) {
    std::unique_lock lock(mutex_);
    up_ += inputs;
    if (driving_) {
      return;
    }
    driving_ = true;
    while ((up_ > 0) != driven_) {
      driven_ = up_ > 0;
      const bool level = driven_;
      lock.unlock();
      if (output_ != nullptr) {
        output_->set_level(level);
      }
      lock.lock();
    }
    driving_ = false;
  }

 private:
  core::IrqLine* const output_;
  std::mutex mutex_;  // Leaf lock; guards what follows.
  int up_ = 0;        // How many inputs are up; below 0 only for the moment in which two threads pass each other.
  bool driven_ = false;
  bool driving_ = false;
};

/// One output on the wire: counted once, however often it says the same.
class WiredInput final : public core::IrqLine {
 public:
  explicit WiredInput(WiredOr& wire) : wire_(wire) {}
  void set_level(bool asserted) override {
    if (level_.exchange(asserted) != asserted) {
      wire_.adjust(asserted ? 1 : -1);
    }
  }

 private:
  WiredOr& wire_;
  std::atomic<bool> level_{false};
};

}  // namespace saffron::pci
