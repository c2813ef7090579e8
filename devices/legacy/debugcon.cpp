// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/debugcon.h"

#include <utility>

#include "engine/core/log.h"

namespace saffron::legacy {

void DebugCon::write(std::uint64_t, unsigned, std::uint64_t value) {
  const char byte = static_cast<char>(value & 0xff);
  std::string finished;
  {
    std::lock_guard lock(mutex_);
    if (byte != '\n' && byte != '\r') {
      line_.push_back(byte);
    }
    if (byte == '\n' || line_.size() >= kMaxLine) {
      finished = std::exchange(line_, {});
    }
  }
  if (!finished.empty()) {
    core::log_debug(component_, "{}", finished);
  }
}

std::string DebugCon::partial_line() const {
  std::lock_guard lock(mutex_);
  return line_;
}

}  // namespace saffron::legacy
