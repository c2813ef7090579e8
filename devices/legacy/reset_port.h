// SPDX-License-Identifier: Apache-2.0
// ResetPort: the reset control register RST_CNT at port 0xCF9.
// Models: SYS_RST, RST_CPU (which resets when it rises) and FULL_RST as read-write bits. Missing: the difference
// between INIT (SYS_RST clear) and a hard reset: both call `reset`, as in other virtual machines; power cycling.
// Source: Intel I/O Controller Hub 9 datasheet, 13.7.5 (RST_CNT).
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "engine/core/bus.h"

namespace saffron::legacy {

/// Place it at port 0xCF9, 1 byte (the PCI configuration ports around it forward byte accesses here). Any thread.
/// FADT: RESET_REG is this port, RESET_VALUE kAcpiResetValue.
class ResetPort final : public core::BusDevice {
 public:
  static constexpr std::uint8_t kAcpiResetValue = 0x0f;

  /// `reset` is called on a vCPU thread, without a lock.
  explicit ResetPort(std::function<void()> reset) : request_reset_(std::move(reset)) {}

  std::string_view name() const override { return "reset-port"; }
  core::AccessSizes access_sizes() const override { return {1}; }
  std::uint64_t read(std::uint64_t, unsigned) override { return value_; }
  void write(std::uint64_t, unsigned, std::uint64_t value) override {
    const auto wanted = static_cast<std::uint8_t>(value & kWritableBits);
    const std::uint8_t before = value_.exchange(wanted);
    if ((before & kResetCpu) == 0 && (wanted & kResetCpu) != 0) {
      request_reset_();
    }
  }
  void reset() { value_ = 0; }

 private:
  static constexpr std::uint8_t kResetCpu = 1 << 2;
  static constexpr std::uint8_t kWritableBits = 0x0e;  // SYS_RST, RST_CPU, FULL_RST.

  std::function<void()> request_reset_;
  std::atomic<std::uint8_t> value_{0};
};

}  // namespace saffron::legacy
