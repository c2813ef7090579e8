// SPDX-License-Identifier: Apache-2.0
// IrqOutput: the interrupt pin of a device whose registers several threads touch at once.
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/core/irq.h"

namespace saffron::legacy {

/// A device decides its level under its own lock, and must not touch an IrqLine there. set() is for under the lock;
/// deliver() for after it. Whoever delivers first also delivers what others decide meanwhile, so the line always ends
/// at the last level that was decided, and a rise after a fall is seen as an edge, whichever thread is faster.
class IrqOutput {
 public:
  explicit IrqOutput(core::IrqLine& line) : line_(line) {}

  /// With the device's lock held.
  void set(bool level) {
    const std::uint32_t wanted = wanted_.load(std::memory_order_relaxed);
    const bool was_high = (wanted & 1) != 0;
    if (level != was_high) {
      // Bit 0 is the level; the bits above count the rises.
      wanted_.store(level ? (wanted + 2) | 1 : wanted & ~std::uint32_t{1}, std::memory_order_release);
    }
  }
  bool level() const { return (wanted_.load(std::memory_order_relaxed) & 1) != 0; }

  /// Any thread, without the device's lock.
  void deliver() {
    if (wanted_.load(std::memory_order_acquire) == delivered_hint_.load(std::memory_order_acquire)) {
      return;  // The usual case: an access that changes no level.
    }
    if (waiting_.fetch_add(1, std::memory_order_acq_rel) != 0) {
      return;  // The thread that is in the loop below looks again before it leaves.
    }
    std::uint32_t served = 0;
    do {
      served = waiting_.load(std::memory_order_acquire);
      show(wanted_.load(std::memory_order_acquire));
    } while (waiting_.fetch_sub(served, std::memory_order_acq_rel) != served);
  }

 private:
  void show(std::uint32_t wanted) {
    const std::uint32_t shown = delivered_hint_.load(std::memory_order_relaxed);
    if (wanted == shown) {
      return;
    }
    if ((wanted & 1) == 0) {
      line_.set_level(false);
    } else {
      if ((shown & 1) != 0) {
        line_.set_level(false);  // It fell and rose again since: the controller must see the edge.
      }
      line_.set_level(true);
    }
    delivered_hint_.store(wanted, std::memory_order_release);
  }

  core::IrqLine& line_;
  std::atomic<std::uint32_t> wanted_{0};
  std::atomic<std::uint32_t> delivered_hint_{0};  // Written by the delivering thread only.
  std::atomic<std::uint32_t> waiting_{0};
};

}  // namespace saffron::legacy
