// SPDX-License-Identifier: Apache-2.0
// Interrupt lines and MSI vectors that record what happened to them.
#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "engine/core/irq.h"

namespace saffron::fakes {

/// Any thread.
class FakeIrqLine final : public core::IrqLine {
 public:
  void set_level(bool asserted) override {
    if (asserted && !level_.exchange(true)) {
      ++rises_;
    } else if (!asserted) {
      level_ = false;
    }
  }
  bool level() const { return level_; }
  unsigned rises() const { return rises_; }

 private:
  std::atomic<bool> level_{false};
  std::atomic<unsigned> rises_{0};
};

class FakeMsiVector final : public core::MsiVector {
 public:
  void configure(const core::MsiMessage& new_message) override { message = new_message; }
  void disconnect() override { message.reset(); }
  void signal() override { ++signal_count; }
  int event_fd() const override { return -1; }

  std::optional<core::MsiMessage> message;
  std::atomic<unsigned> signal_count{0};  // Not "signals": Qt makes that a macro.
};

class FakeMsiController final : public core::MsiController {
 public:
  core::Result<std::unique_ptr<core::MsiVector>> allocate(std::string_view) override {
    auto vector = std::make_unique<FakeMsiVector>();
    vectors.push_back(vector.get());
    return std::unique_ptr<core::MsiVector>(std::move(vector));
  }
  std::vector<FakeMsiVector*> vectors;
};

}  // namespace saffron::fakes
