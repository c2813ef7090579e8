// SPDX-License-Identifier: Apache-2.0
// ChildProcess: a helper program that belongs to the engine, with one socket of its own.
#pragma once

#include <string>
#include <vector>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace saffron::net {

/// A running child. It is in a process group of its own (a Control-C at the engine's terminal is not for it), has no
/// file descriptors but those below, and a clean signal state. It is killed when the thread that started it ends; a
/// program that changes its user loses that (prctl(2), PR_SET_PDEATHSIG), so it should also end when its socket closes.
class ChildProcess {
 public:
  static constexpr int kSocketFd = 3;  // In the child.

  /// Starts `program` (a path) with `arguments` (without the program's name). `socket` becomes kSocketFd, `output` its
  /// standard output and error; both stay the caller's here.
  static core::Result<ChildProcess> start(const std::string& program, const std::vector<std::string>& arguments,
                                          int socket, int output);
  ~ChildProcess();
  ChildProcess(ChildProcess&&) noexcept = default;
  ChildProcess& operator=(ChildProcess&&) noexcept = delete;

  int pid() const { return pid_; }
  /// Kills it if it runs, waits (at most two seconds) and says how it ended, e.g. "exit status 1".
  std::string finish();

 private:
  ChildProcess(int pid, core::UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

  int pid_;
  core::UniqueFd pidfd_;  // Closed: finished.
};

}  // namespace saffron::net
