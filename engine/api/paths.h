// SPDX-License-Identifier: Apache-2.0
// Where machines, their sockets and their logs live (XDG base directories), and who may touch them.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace saffron::api {

/// The three roots. Absolute, without a trailing slash; nothing here creates them.
struct BasePaths {
  std::string machines;  // $SAFFRON_MACHINES, or $XDG_DATA_HOME/saffron/machines
  std::string runtime;   // $SAFFRON_RUNTIME, or $XDG_RUNTIME_DIR/saffron, or /run/user/UID/saffron, or /tmp/saffron-UID
  std::string state;     // $SAFFRON_STATE, or $XDG_STATE_HOME/saffron

  /// kNotFound if there is no home directory to start from. Not while another thread calls setenv.
  static core::Result<BasePaths> from_environment();
};

/// The paths of one machine.
struct MachinePaths {
  std::string name;
  std::string directory;       // Holds machine.json and images that belong to the machine.
  std::string runtime;         // Holds the sockets while it runs.
  std::string control_socket;  // runtime/control.sock
  std::string spice_socket;    // runtime/spice.sock
  std::string serial_socket;   // runtime/serial.sock: the first serial port, raw bytes both ways
  std::string lock_file;       // runtime/lock: see MachineLock
  std::string log_file;        // state/NAME.log: the engine's standard error
  std::string serial_log;      // state/NAME.serial.log
};
MachinePaths machine_paths(const BasePaths& base, std::string_view name);
/// For an engine that was told its directories (`--machine DIR --runtime DIR`); logs as in `base`.
MachinePaths machine_paths_in(const BasePaths& base, std::string_view name, const std::string& directory,
                              const std::string& runtime);

/// Makes the directory `path` (and parents) with mode 0700; kAlreadyExists is no error.
core::Result<void> make_private_directory(const std::string& path);
/// make_private_directory, then checks that it is a real directory (no symbolic link), ours, and closed to others:
/// /tmp/saffron-UID might have been put there by somebody else. kPermissionDenied.
core::Result<void> prepare_runtime_directory(const std::string& path);

/// Held by an engine as long as it runs: one engine per machine, whatever happens to sockets. Released when the
/// process ends, however it ends; an orderly end also removes the file, and the runtime directory if it is empty then.
/// The machine's directory is locked, too (flock(2)), for those who look for the machine in another runtime directory.
class MachineLock {
 public:
  /// Makes the runtime directory if needed. kBusy if another engine holds it.
  static core::Result<MachineLock> acquire(const MachinePaths& paths);
  /// Whether some process holds it.
  static bool is_held(const MachinePaths& paths);

  MachineLock(MachineLock&&) = default;
  ~MachineLock();

 private:
  MachineLock(core::UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  core::UniqueFd fd_;
  core::UniqueFd directory_;
  std::string path_;
};

/// Many: a client that gave up on an engine that accepts nobody keeps its place, and one more must still get in to end
/// that engine.
inline constexpr int kListenBacklog = 4096;

/// A listening stream socket at `path`, mode 0600, close-on-exec, non-blocking; removes a stale socket file that nobody
/// listens on. Paths longer than sockaddr_un holds (107 bytes) work too. kBusy if somebody listens there.
core::Result<core::UniqueFd> listen_unix(const std::string& path, int backlog = kListenBacklog);
/// A connected stream socket, close-on-exec, non-blocking. kNotFound if nobody listens there.
core::Result<core::UniqueFd> connect_unix(const std::string& path);

/// A pidfd of the engine that made the listening socket which `socket` is connected to. kNotFound when it has ended;
/// kInvalidState when what listens there is another program, e.g. a relay to an engine elsewhere.
core::Result<core::UniqueFd> engine_behind(int socket);

/// The directory of the running program, e.g. "/usr/bin"; empty if unknown.
std::string program_directory();

}  // namespace saffron::api
