// SPDX-License-Identifier: Apache-2.0
// EngineLaunch: starts a saffron-engine that outlives the starter, and learns whether it came up.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/paths.h"
#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace saffron::api {

struct LaunchOptions {
  std::string engine_program;                // Empty: find_engine_program().
  std::vector<std::string> extra_arguments;  // E.g. "--headless".
};

/// $SAFFRON_ENGINE, or "saffron-engine" beside this program, in ../libexec/saffron or ../lib/saffron, or in $PATH.
core::Result<std::string> find_engine_program();

/// One start: `saffron-engine --machine DIR --runtime DIR --status-fd N` in a session of its own, standard input
/// /dev/null, output appended to the machine's log, parent init. One thread at a time.
class EngineLaunch {
 public:
  /// Errors: kNotFound (no program), kBusy (already running), kIo. Does not wait for the engine.
  static core::Result<std::unique_ptr<EngineLaunch>> start(const MachinePaths& paths, const LaunchOptions& options);

  /// Becomes readable when there is something to learn: then call poll(). For an event loop.
  int fd() const { return status_.get(); }
  /// Empty while the engine is still starting; then either success (its control socket answers) or the engine's own
  /// error. If it died without a word, kInternal with the end of its log in the message.
  std::optional<core::Result<void>> poll();
  /// Blocks until poll() knows; kTimedOut. The engine goes on starting.
  core::Result<void> wait(int timeout_ms);

 private:
  EngineLaunch(core::UniqueFd status, std::string log_file, long log_start);
  core::Error died() const;

  core::UniqueFd status_;
  std::string log_file_;
  long log_start_;  // Where this engine's output begins.
  std::string line_;
  std::optional<core::Result<void>> outcome_;
};

/// The engine's side. `status_fd` < 0: nobody asked. Writes the line and closes the fd.
void report_start_ok(int status_fd);
void report_start_failure(int status_fd, const core::Error& error);

/// The last lines of a log, at most `max_bytes` (whole lines); empty if there is none.
std::string log_tail(const std::string& path, std::size_t max_bytes, long from = 0);

}  // namespace saffron::api
