// SPDX-License-Identifier: Apache-2.0
// MovableRange: a device that is on a bus where a chipset register says, or nowhere.
#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include "engine/core/bus.h"
#include "engine/core/log.h"

namespace saffron::pci {

/// Any thread.
class MovableRange {
 public:
  /// Both must outlive this object's use. `device` may be null: then nothing is ever there.
  MovableRange(core::Bus& bus, core::BusDevice* device) : bus_(bus), device_(device) {}
  MovableRange(const MovableRange&) = delete;
  MovableRange& operator=(const MovableRange&) = delete;

  /// Moves to the range that `read_wanted` returns (it may take the configuration lock of a device). Where the range
  /// is taken, the device is nowhere until the next call; that is logged once.
  void follow(const std::function<std::optional<core::BusRange>()>& read_wanted) {
    const std::lock_guard lock(mutex_);
    const std::optional<core::BusRange> wanted = device_ != nullptr ? read_wanted() : std::nullopt;
    if (wanted.has_value() == placed_.has_value() &&
        (!wanted.has_value() || (wanted->base == placed_->base && wanted->size == placed_->size))) {
      return;
    }
    if (placed_.has_value()) {
      (void)bus_.remove(placed_->base);  // Ours, so it is there.
      placed_.reset();
    }
    if (!wanted.has_value()) {
      return;
    }
    if (const core::Result<void> result = bus_.insert(*wanted, *device_); result.ok()) {
      placed_ = wanted;
    } else {
      log_taken_.warning("pci", "{} cannot be decoded at {:#x}: {}", device_->name(), wanted->base,
                         result.error().message);
    }
  }

 private:
  core::Bus& bus_;
  core::BusDevice* const device_;
  core::LogOnce log_taken_;
  std::mutex mutex_;  // Before the configuration lock.
  std::optional<core::BusRange> placed_;
};

}  // namespace saffron::pci
