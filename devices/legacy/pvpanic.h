// SPDX-License-Identifier: Apache-2.0
// PvPanic: the port through which a guest tells that it panicked, or that its crash kernel has taken over.
// Models: both events of the specification. Missing: the PCI variant; the newer "shutdown" event.
// Source: the pvpanic device specification of QEMU's documentation (docs/specs/pvpanic). ACPI: QEMU0001.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "engine/core/bus.h"
#include "engine/core/log.h"

namespace saffron::legacy {

/// Place it at port 0x505, 1 byte. Any thread.
class PvPanic final : public core::BusDevice {
 public:
  static constexpr std::uint8_t kPanicked = 1 << 0;
  static constexpr std::uint8_t kCrashLoaded = 1 << 1;

  /// `event` gets the events of a write (never 0), on a vCPU thread, without a lock.
  explicit PvPanic(std::function<void(std::uint8_t)> event) : event_(std::move(event)) {}

  std::string_view name() const override { return "pvpanic"; }
  core::AccessSizes access_sizes() const override { return {1}; }
  std::uint64_t read(std::uint64_t, unsigned) override { return kPanicked | kCrashLoaded; }
  void write(std::uint64_t, unsigned, std::uint64_t value) override {
    if ((value & ~std::uint64_t{kPanicked | kCrashLoaded}) != 0) {
      unknown_.warning("pvpanic", "the guest reported an unknown event {:#x}", value);
    }
    const auto known = static_cast<std::uint8_t>(value & (kPanicked | kCrashLoaded));
    if (known != 0) {
      event_(known);
    }
  }

 private:
  std::function<void(std::uint8_t)> event_;
  core::LogOnce unknown_;
};

}  // namespace saffron::legacy
