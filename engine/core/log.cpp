// SPDX-License-Identifier: Apache-2.0
#include "engine/core/log.h"

#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace saffron::core {

namespace {

constexpr std::size_t kMaxLine = 4096;  // A line is one write(2), so that threads do not mix theirs.

LogLevel threshold_from_environment() {
  const char* value = std::getenv("SAFFRON_LOG");
  const std::string_view name = value == nullptr ? "" : value;
  if (name == "debug") {
    return LogLevel::kDebug;
  }
  if (name == "warning") {
    return LogLevel::kWarning;
  }
  return name == "error" ? LogLevel::kError : LogLevel::kInfo;
}

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

/// The host's local time, as in 2026-01-31 23:59:59.123.
std::string time_text() {
  std::timespec now{};
  std::timespec_get(&now, TIME_UTC);
  std::tm local{};
  ::localtime_r(&now.tv_sec, &local);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                     local.tm_hour, local.tm_min, local.tm_sec, now.tv_nsec / 1'000'000);
}

}  // namespace

LogLevel log_threshold() {
  static const LogLevel threshold = threshold_from_environment();
  return threshold;
}

void log_line(LogLevel level, std::string_view component, std::string_view text) {
  std::string line = fmt::format("{} {} {}: ", time_text(), level_name(level), component);
  for (const char c : text) {
    if (line.size() >= kMaxLine - 8) {
      line += "...";
      break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  line += '\n';
  // A log that cannot be written must not stop the machine: nothing useful can be done about a failure here.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace saffron::core
