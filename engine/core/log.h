// SPDX-License-Identifier: Apache-2.0
// Logging: one line per message to standard error, "TIME LEVEL component: text". The engine's log file is its stderr.
#pragma once

#include <fmt/core.h>

#include <atomic>
#include <string>
#include <string_view>

namespace saffron::core {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// The least level that is written; kInfo unless the environment variable SAFFRON_LOG says debug, warning or error.
LogLevel log_threshold();
/// Any thread. Control characters in `text` are escaped, so that guest data cannot forge log lines.
void log_line(LogLevel level, std::string_view component, std::string_view text);

template <typename... Args>
void log(LogLevel level, std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  if (level >= log_threshold()) {
    log_line(level, component, fmt::format(format, std::forward<Args>(args)...));
  }
}
template <typename... Args>
void log_debug(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::kDebug, component, format, std::forward<Args>(args)...);
}
template <typename... Args>
void log_info(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::kInfo, component, format, std::forward<Args>(args)...);
}
template <typename... Args>
void log_warning(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::kWarning, component, format, std::forward<Args>(args)...);
}
template <typename... Args>
void log_error(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::kError, component, format, std::forward<Args>(args)...);
}

/// Says something once, however often a guest provokes it. One per kind of complaint, a member of the device.
class LogOnce {
 public:
  template <typename... Args>
  void warning(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    if (!said_.exchange(true, std::memory_order_relaxed)) {
      log(LogLevel::kWarning, component, format, std::forward<Args>(args)...);
    }
  }

 private:
  std::atomic<bool> said_{false};
};

}  // namespace saffron::core
