// SPDX-License-Identifier: Apache-2.0
// ControlClient: a client of a running engine. Non-blocking at its core (fd() + process(), for any event loop), with a
// blocking call for programs without one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/api/control_messages.h"
#include "engine/api/control_methods.h"
#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace saffron::api {

/// An engine that takes longer for Stop(force) is stuck: then kill_engine().
inline constexpr int kForceStopPatienceMs = 10000;

/// One thread. Callbacks run inside process() or call_blocking() (and, once the connection has ended, inside call()
/// itself); they may start calls, and may destroy the client.
/// Use with an event loop: watch fd() for reading always and for writing while wants_write(); then process().
///
///   client->call<method::Pause>({}, [](core::Result<Empty> result) { ... });
///
/// Resync after a lost connection: connect again and call<method::Subscribe>; the reply is the snapshot, and only
/// later events follow it.
class ControlClient {
 public:
  /// Connects and says hello (its reply is awaited later: a version mismatch fails the first calls). Does not block.
  /// kNotFound if no engine listens; kPermissionDenied. `client_name` is for the engine's log.
  static core::Result<std::unique_ptr<ControlClient>> connect(const std::string& socket_path,
                                                              const std::string& client_name);
  ~ControlClient();
  ControlClient(const ControlClient&) = delete;
  ControlClient& operator=(const ControlClient&) = delete;

  int fd() const;
  bool wants_write() const;

  /// Sends and receives what is possible now, and runs callbacks. An error means the connection has ended: all pending
  /// calls have been answered with it, and every later call will be.
  core::Result<void> process();
  bool connected() const;

  /// SIGKILL to the engine's process, for one that does not answer even to Stop(force); the host's kernel cleans up.
  /// Success when it has ended already. kInvalidState as engine_behind().
  core::Result<void> kill_engine();

  void set_event_listener(std::function<void(const Event&)> listener);

  /// Sends a request; `done` is called exactly once, unless the client is destroyed first.
  template <typename Method>
  void call(const typename Method::Request& request, std::function<void(core::Result<typename Method::Result>)> done) {
    call_text(Method::kName, encode(request), [done = std::move(done)](core::Result<Reply> reply) {
      done(reply.ok() ? decode<typename Method::Result>(reply->result)
                      : core::Result<typename Method::Result>(std::move(reply).error()));
    });
  }
  /// The screenshot's memfd comes along: (size and format, fd).
  void screenshot(std::function<void(core::Result<ScreenshotResult>, core::UniqueFd)> done);

  /// Waits for the answer, running other callbacks meanwhile. kTimedOut leaves the call pending (and unanswered).
  template <typename Method>
  core::Result<typename Method::Result> call_blocking(const typename Method::Request& request, int timeout_ms) {
    Reply reply = SAFFRON_TRY(call_text_blocking(Method::kName, encode(request), timeout_ms));
    return decode<typename Method::Result>(reply.result);
  }
  core::Result<std::pair<ScreenshotResult, core::UniqueFd>> screenshot_blocking(int timeout_ms);
  /// Until the job has ended; its error if it failed or was cancelled.
  core::Result<void> wait_for_job(std::uint64_t job, int timeout_ms);
  /// Polls and processes once, at most `timeout_ms` (-1: no limit). Returns whether anything came (false: time is up).
  core::Result<bool> process_blocking(int timeout_ms);

 private:
  struct Reply {
    std::string result;  // JSON.
    std::vector<core::UniqueFd> fds;
  };
  class Impl;
  explicit ControlClient(std::shared_ptr<Impl> impl);
  void call_text(std::string_view method, std::string params, std::function<void(core::Result<Reply>)> done);
  core::Result<Reply> call_text_blocking(std::string_view method, std::string params, int timeout_ms);

  std::shared_ptr<Impl> impl_;  // Shared with a running process(), so that a callback may destroy the client.
};

}  // namespace saffron::api
