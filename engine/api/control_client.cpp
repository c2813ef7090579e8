// SPDX-License-Identifier: Apache-2.0
#include "engine/api/control_client.h"

#include <poll.h>
#include <signal.h>

#include <cerrno>
#include <chrono>
#include <map>

#include "engine/api/line_socket.h"
#include "engine/api/paths.h"
#include "engine/core/pidfd.h"

namespace saffron::api {

using core::Error;
using core::ErrorCode;
using core::Result;
using core::UniqueFd;

namespace {

using SteadyClock = std::chrono::steady_clock;

/// An engine's reply is far smaller; and a program that listens on our socket but is no engine must not fill memory.
constexpr LineSocketLimits kClientLimits{
    .max_line_bytes = std::size_t{8} << 20, .max_output_bytes = std::size_t{8} << 20, .accept_fds = true};

int milliseconds_until(SteadyClock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left) + 1;
}

Error timed_out() {
  return {ErrorCode::kTimedOut, "The engine did not answer in time", {}};
}

}  // namespace

class ControlClient::Impl {
 public:
  explicit Impl(UniqueFd fd) : socket_(std::move(fd), kClientLimits) {}

  void call(std::string_view name, const std::string& params, std::function<void(Result<Reply>)> done) {
    if (failure_) {
      done(*failure_);
      return;
    }
    const std::uint64_t id = next_id_++;
    if (!socket_.queue(request_line(id, name, params))) {
      done(Error{ErrorCode::kExhausted, "The request is too long, or the engine takes no more", std::string(name)});
      return;
    }
    pending_.emplace(id, std::move(done));
    socket_.flush();  // A failure is found by process().
  }

  Result<void> process() {
    if (!failure_) {
      socket_.flush();
      // Bounded, so that an engine that talks without end cannot keep a GUI in here; the fd stays readable.
      for (int round = 0; round < 64 && socket_.receive(); ++round) {
        take_lines();
      }
      take_lines();
    }
    if (!failure_ && (socket_.ended() || socket_.broken())) {
      fail({ErrorCode::kIo, "The connection to the engine has ended", {}});
    }
    return failure_ ? Result<void>(*failure_) : Result<void>();
  }

  void fail(Error error) {
    failure_ = std::move(error);
    // Callbacks may start calls, which fail at once.
    for (auto pending = std::exchange(pending_, {}); auto& [id, done] : pending) {
      if (abandoned_) {
        return;  // One of them destroyed the client.
      }
      done(*failure_);
    }
  }

  LineSocket socket_;
  bool abandoned_ = false;  // The client is gone; a process() further up the stack may still be running.
  std::optional<Error> failure_;
  std::function<void(const Event&)> listener_;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, std::function<void(Result<Reply>)>> pending_;

 private:
  void take_lines() {
    while (!failure_) {
      const auto line = socket_.next_line();
      if (!line) {
        break;
      }
      auto incoming = read_incoming(*line);
      if (!incoming.ok()) {
        fail(std::move(incoming).error());
        return;
      }
      take(*std::move(incoming));
    }
    if (!failure_ && socket_.overflown()) {
      fail({ErrorCode::kProtocol, "The engine sent a line without end", {}});
    }
    socket_.compact();
  }

  void take(RpcIncoming incoming) {
    if (incoming.event) {
      if (const auto listener = listener_) {
        listener(*incoming.event);
      }
      return;
    }
    Reply reply;
    for (std::uint64_t count = 0; count < incoming.fds; ++count) {
      auto fd = socket_.take_fd();
      if (!fd) {
        break;
      }
      reply.fds.push_back(*std::move(fd));
    }
    if (!incoming.id) {
      if (incoming.error) {
        fail(*std::move(incoming.error));  // Answers no request: we are not welcome.
      }
      return;
    }
    const auto found = pending_.find(*incoming.id);
    if (found == pending_.end()) {
      return;  // Its caller has stopped waiting.
    }
    const auto done = std::move(found->second);
    pending_.erase(found);
    if (incoming.error) {
      done(*std::move(incoming.error));
    } else {
      reply.result = incoming.result.value_or("{}");
      done(std::move(reply));
    }
  }
};

ControlClient::ControlClient(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

ControlClient::~ControlClient() {
  // A process() further up the stack may keep the Impl alive; it must not call anybody any more.
  impl_->abandoned_ = true;
  impl_->listener_ = nullptr;
  impl_->pending_.clear();
  impl_->failure_ = Error{ErrorCode::kCancelled, "The client was destroyed", {}};
}

Result<std::unique_ptr<ControlClient>> ControlClient::connect(const std::string& socket_path,
                                                              const std::string& client_name) {
  auto connected = connect_unix(socket_path);
  if (!connected.ok()) {
    Error error = std::move(connected).error();
    if (error.code == ErrorCode::kNotFound) {
      error.message = "The machine is not running";
    }
    return error;
  }
  auto client = std::unique_ptr<ControlClient>(new ControlClient(std::make_shared<Impl>(std::move(connected).value())));
  HelloRequest hello;
  hello.client = client_name;
  const std::weak_ptr<Impl> impl = client->impl_;
  client->call<method::Hello>(hello, [impl](Result<HelloResult> result) {
    const auto alive = impl.lock();
    if (alive && !result.ok() && !alive->failure_) {
      alive->fail(std::move(result).error());
    }
  });
  return client;
}

int ControlClient::fd() const {
  return impl_->socket_.fd();
}
bool ControlClient::wants_write() const {
  return !impl_->failure_ && impl_->socket_.pending_bytes() > 0;
}
bool ControlClient::connected() const {
  return !impl_->failure_;
}

Result<void> ControlClient::process() {
  const auto impl = impl_;
  return impl->process();
}

Result<void> ControlClient::kill_engine() {
  auto process = engine_behind(fd());
  if (!process.ok()) {
    return process.error().code == ErrorCode::kNotFound ? Result<void>() : std::move(process).error();
  }
  if (pidfd_send_signal(process->get(), SIGKILL, nullptr, 0) != 0 && errno != ESRCH) {
    return Error::from_errno(errno, "Cannot end the engine's process");
  }
  return {};
}

void ControlClient::set_event_listener(std::function<void(const Event&)> listener) {
  impl_->listener_ = std::move(listener);
}

void ControlClient::call_text(std::string_view name, std::string params, std::function<void(Result<Reply>)> done) {
  impl_->call(name, params, std::move(done));
}

void ControlClient::screenshot(std::function<void(Result<ScreenshotResult>, UniqueFd)> done) {
  call_text(method::Screenshot::kName, "{}", [done = std::move(done)](Result<Reply> reply) {
    if (!reply.ok()) {
      done(std::move(reply).error(), UniqueFd());
      return;
    }
    auto result = decode<ScreenshotResult>(reply->result);
    if (result.ok() && reply->fds.empty()) {
      done(Error{ErrorCode::kProtocol, "The engine sent a screenshot without its pixels", {}}, UniqueFd());
      return;
    }
    done(std::move(result), reply->fds.empty() ? UniqueFd() : std::move(reply->fds.front()));
  });
}

Result<bool> ControlClient::process_blocking(int timeout_ms) {
  pollfd waited{fd(), static_cast<short>(POLLIN | (wants_write() ? POLLOUT : 0)), 0};
  const int ready = ::poll(&waited, 1, timeout_ms);
  if (ready < 0 && errno != EINTR) {
    return Error::from_errno(errno, "Cannot wait for the engine");
  }
  SAFFRON_TRY(process());
  return ready > 0;
}

Result<ControlClient::Reply> ControlClient::call_text_blocking(std::string_view name, std::string params,
                                                               int timeout_ms) {
  const auto answer = std::make_shared<std::optional<Result<Reply>>>();
  call_text(name, std::move(params), [answer](Result<Reply> reply) { answer->emplace(std::move(reply)); });
  const auto deadline = SteadyClock::now() + std::chrono::milliseconds(timeout_ms);
  while (!*answer) {
    const int left = milliseconds_until(deadline);
    if (left == 0) {
      return timed_out();
    }
    auto processed = process_blocking(left);
    if (!processed.ok() && !*answer) {
      return std::move(processed).error();
    }
  }
  return std::move(**answer);
}

Result<std::pair<ScreenshotResult, UniqueFd>> ControlClient::screenshot_blocking(int timeout_ms) {
  Reply reply = SAFFRON_TRY(call_text_blocking(method::Screenshot::kName, "{}", timeout_ms));
  ScreenshotResult result = SAFFRON_TRY(decode<ScreenshotResult>(reply.result));
  if (reply.fds.empty()) {
    return Error{ErrorCode::kProtocol, "The engine sent a screenshot without its pixels", {}};
  }
  return std::make_pair(std::move(result), std::move(reply.fds.front()));
}

Result<void> ControlClient::wait_for_job(std::uint64_t job, int timeout_ms) {
  // Asks now and then instead of subscribing: it works with or without events, whatever else this client does.
  constexpr int kAskMs = 50;
  const auto deadline = SteadyClock::now() + std::chrono::milliseconds(timeout_ms);
  for (;;) {
    const int left = milliseconds_until(deadline);
    if (left == 0) {
      return timed_out();
    }
    const JobInfo info = SAFFRON_TRY(call_blocking<method::JobGet>({job}, left));
    if (info.state == JobState::kDone) {
      return {};
    }
    if (info.state != JobState::kRunning) {
      return info.error ? info.error->to_error() : Error{ErrorCode::kCancelled, "The job was cancelled", "job"};
    }
    const auto ask_again = SteadyClock::now() + std::chrono::milliseconds(std::min(kAskMs, left));
    while (const int rest = milliseconds_until(ask_again)) {
      SAFFRON_TRY(process_blocking(rest));
    }
  }
}

}  // namespace saffron::api
