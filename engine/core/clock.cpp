// SPDX-License-Identifier: Apache-2.0
#include "engine/core/clock.h"

#include <ctime>

namespace saffron::core {

namespace {

std::int64_t read_clock(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

std::int64_t SystemClock::now_ns() const {
  return read_clock(CLOCK_MONOTONIC);
}

std::int64_t SystemClock::wall_ns() const {
  return read_clock(CLOCK_REALTIME);
}

}  // namespace saffron::core
