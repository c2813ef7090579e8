// SPDX-License-Identifier: Apache-2.0
// RefreshPacer: how long until the next look at video memory.
//
// Full rate while the guest draws; after a while without damage the interval doubles step by step to half a second.
// Small damage (a blinking caret) makes looking more frequent by one step only, so that an idle desktop stays cheap;
// large damage and input go back to the full rate at once.
#pragma once

#include <algorithm>
#include <cstdint>

namespace saffron::display {

/// Control thread.
class RefreshPacer {
 public:
  static constexpr std::int64_t kFullRateNs = 16'666'667;
  static constexpr std::int64_t kSlowestNs = 500'000'000;

  enum class Found { kNothing, kLittle, kMuch };

  /// The interval to the next refresh, after one that found `found`.
  std::int64_t next(Found found) {
    switch (found) {
      case Found::kMuch:
        go_fast(kQuietAtFullRate);
        break;
      case Found::kLittle:
        if (interval_ <= 2 * kFullRateNs) {
          go_fast(kQuietAtFullRate);
        } else {
          interval_ = std::max(interval_ / 2, kFullRateNs);
        }
        break;
      case Found::kNothing:
        slow_down();
        break;
    }
    return interval_;
  }
  /// The user did something: full rate for half a second at least.
  void wake() { go_fast(kQuietAfterInput); }

  std::int64_t interval() const { return interval_; }

 private:
  static constexpr int kQuietAtFullRate = 15;  // A quarter of a second.
  static constexpr int kQuietAfterInput = 30;

  void go_fast(int quiet_allowed) {
    interval_ = kFullRateNs;
    quiet_left_ = std::max(quiet_left_, quiet_allowed);
  }
  void slow_down() {
    if (--quiet_left_ > 0) {
      return;
    }
    quiet_left_ = 0;
    interval_ = std::min(interval_ * 2, kSlowestNs);
    // About 130 ms on each of the faster steps, once through the slower ones.
    quiet_left_ = static_cast<int>(130'000'000 / interval_);
  }

  std::int64_t interval_ = kFullRateNs;
  int quiet_left_ = kQuietAtFullRate;
};

}  // namespace saffron::display
