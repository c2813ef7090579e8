// SPDX-License-Identifier: Apache-2.0
// Port92: system control port A, 0x92: fast A20 gate and fast CPU reset.
// Models: bit 0 INIT_NOW (resets when it rises), bit 1 ALT_A20_GATE. The other bits read as zero.
// Missing: nothing that ICH9 has. Source: Intel I/O Controller Hub 9 datasheet, 13.7.2 (PORT92).
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "engine/core/bus.h"

namespace saffron::legacy {

/// Place it at port 0x92, 1 byte. Any thread.
class Port92 final : public core::BusDevice {
 public:
  /// Called on a vCPU thread, without a lock. `set_a20` hears each change of the gate (true: addresses pass whole).
  Port92(std::function<void()> reset, std::function<void(bool)> set_a20)
      : request_reset_(std::move(reset)), set_a20_(std::move(set_a20)) {}

  std::string_view name() const override { return "port92"; }
  core::AccessSizes access_sizes() const override { return {1}; }
  std::uint64_t read(std::uint64_t, unsigned) override { return value_; }
  void write(std::uint64_t, unsigned, std::uint64_t value) override {
    const auto wanted = static_cast<std::uint8_t>(value & (kInitNow | kA20Gate));
    const std::uint8_t before = value_.exchange(wanted);
    if (((before ^ wanted) & kA20Gate) != 0 && set_a20_) {
      set_a20_((wanted & kA20Gate) != 0);
    }
    if ((before & kInitNow) == 0 && (wanted & kInitNow) != 0 && request_reset_) {
      request_reset_();
    }
  }
  void reset() { value_ = kA20Gate; }

 private:
  static constexpr std::uint8_t kInitNow = 1 << 0;
  static constexpr std::uint8_t kA20Gate = 1 << 1;

  std::function<void()> request_reset_;
  std::function<void(bool)> set_a20_;
  // A machine without an A20 mask in its processors starts with the gate open, and says so.
  std::atomic<std::uint8_t> value_{kA20Gate};
};

}  // namespace saffron::legacy
