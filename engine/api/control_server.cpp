// SPDX-License-Identifier: Apache-2.0
#include "engine/api/control_server.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "engine/api/control_server_impl.h"
#include "engine/api/paths.h"
#include "engine/core/log.h"

namespace saffron::api {

using core::Error;
using core::ErrorCode;
using core::Result;
using core::UniqueFd;

namespace {

constexpr std::int64_t kAcceptAgainNs = 1'000'000'000;

/// Same user, or root: whoever else reaches the socket (a loose directory) still gets nothing.
bool may_control(int fd) {
  ucred peer{};
  socklen_t length = sizeof(peer);
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && (peer.uid == geteuid() || peer.uid == 0);
}

}  // namespace

ControlServer::Impl::Impl(core::EventLoop& loop, ControlHandler& handler, ControlServerOptions options)
    : loop_(loop),
      handler_(handler),
      options_(std::move(options)),
      jobs_([this](const JobInfo& job) { publish(JobChanged{job}); }),
      typer_(loop, jobs_, [this](const KeyEvent& event) { return handler_.key(event); }) {}

ControlServer::Impl::~Impl() {
  for (auto& [number, connection] : connections_) {
    connection->socket.flush();
  }
  if (listener_) {
    unlink(options_.socket_path.c_str());
  }
}

Result<void> ControlServer::Impl::listen() {
  listener_ = SAFFRON_TRY(listen_unix(options_.socket_path));
  watch_ = SAFFRON_TRY(loop_.watch(listener_.get(), EPOLLIN, [this](core::FdEvents) { on_connect(); }));
  accept_again_ = loop_.create_timer([this] { watch_->set_events(EPOLLIN); });
  return {};
}

void ControlServer::Impl::on_connect() {
  UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (fd) {
    accept_one(std::move(fd));
    return;
  }
  if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
    // Out of descriptors or memory: the waiting client would wake the loop again and again.
    core::log_warning("control", "cannot accept a client: errno {}; trying again in a second", errno);
    watch_->set_events(0);
    accept_again_->arm(loop_.clock().now_ns() + kAcceptAgainNs);
  }
}

void ControlServer::Impl::accept_one(UniqueFd fd) {
  const bool allowed = may_control(fd.get());
  const bool room = connections_.size() < options_.max_clients;
  LineSocketLimits limits;
  limits.max_line_bytes = options_.max_line_bytes;
  limits.max_output_bytes = options_.max_output_bytes;
  auto connection = std::make_unique<ControlConnection>(std::move(fd), limits);
  if (!allowed || !room) {
    const Error error = allowed ? Error{ErrorCode::kExhausted, "Too many clients are connected", "clients"}
                                : Error{ErrorCode::kPermissionDenied, "Only the machine's owner may control it", {}};
    connection->socket.queue(error_line("null", kRpcEngineError, error));
    connection->socket.flush();
    return;
  }
  const std::uint64_t number = next_number_++;
  connection->number = number;
  auto watch = loop_.watch(connection->socket.fd(), EPOLLIN,
                           [this, number](core::FdEvents events) { on_ready(number, events); });
  if (watch.ok()) {
    connection->watch = std::move(watch).value();
    connections_.emplace(number, std::move(connection));
  }
}

void ControlServer::Impl::on_ready(std::uint64_t number, core::FdEvents events) {
  const auto found = connections_.find(number);
  if (found == connections_.end() || found->second->dead) {
    return;
  }
  ControlConnection& connection = *found->second;
  in_client_ = true;
  if ((events & EPOLLOUT) != 0) {
    connection.socket.flush();
  }
  const bool may_read = connection.socket.pending_bytes() <= options_.pause_input_bytes && !connection.closing;
  if (may_read && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    connection.socket.receive();
  }
  take_requests(connection);
  // A hang-up that we do not read away would be reported for ever.
  if ((events & (EPOLLHUP | EPOLLERR)) != 0 && (!may_read || connection.socket.ended())) {
    connection.dead = true;
  }
  settle(connection);
  in_client_ = false;
  sweep();
}

/// Requests that have come, as long as the client reads what we answer.
void ControlServer::Impl::take_requests(ControlConnection& connection) {
  while (!connection.dead && !connection.closing && connection.socket.pending_bytes() <= options_.pause_input_bytes) {
    const auto line = connection.socket.next_line();
    if (!line) {
      if (connection.socket.overflown()) {
        const Error error{
            ErrorCode::kOutOfRange, fmt::format("A request is longer than {} bytes", options_.max_line_bytes), {}};
        send(connection, error_line("null", kRpcInvalidRequest, error));
        connection.closing = true;
      } else if (connection.socket.ended()) {
        connection.closing = true;  // Half a line at the end is no request.
      }
      break;
    }
    take_line(connection, *line);
  }
  connection.socket.compact();
}

void ControlServer::Impl::send(ControlConnection& connection, std::string line, UniqueFd attached) {
  if (connection.dead) {
    return;
  }
  if (!connection.socket.queue(std::move(line), std::move(attached))) {
    core::log_warning("control", "client {} does not read; disconnecting it", connection.number);
    connection.dead = true;
    return;
  }
  connection.socket.flush();
}

/// Watches for what the connection waits for now, or marks it as over.
void ControlServer::Impl::settle(ControlConnection& connection) {
  const std::size_t pending = connection.socket.pending_bytes();
  if (connection.socket.broken() || (connection.closing && pending == 0)) {
    connection.dead = true;
  }
  if (connection.dead) {
    connection.watch->set_events(0);
    return;
  }
  const bool reads = !connection.closing && pending <= options_.pause_input_bytes;
  connection.watch->set_events((reads ? EPOLLIN : 0U) | (pending > 0 ? EPOLLOUT : 0U));
}

void ControlServer::Impl::sweep() {
  std::erase_if(connections_, [](const auto& entry) { return entry.second->dead; });
}

void ControlServer::Impl::publish(EventBody body) {
  const Event event{++sequence_, std::move(body)};
  std::string line;
  for (auto& [number, connection] : connections_) {
    if (connection->subscribed && !connection->dead && !connection->closing) {
      if (line.empty()) {
        line = event_line(event);
      }
      send(*connection, line);
      settle(*connection);
    }
  }
  if (!in_client_) {
    sweep();
  }
}

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControlServer::~ControlServer() = default;

Result<std::unique_ptr<ControlServer>> ControlServer::create(core::EventLoop& loop, ControlHandler& handler,
                                                             ControlServerOptions options) {
  auto impl = std::make_unique<Impl>(loop, handler, std::move(options));
  SAFFRON_TRY(impl->listen());
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

void ControlServer::publish(EventBody body) {
  impl_->publish(std::move(body));
}
std::uint64_t ControlServer::last_sequence() const {
  return impl_->sequence_;
}
JobTable& ControlServer::jobs() {
  return impl_->jobs_;
}

unsigned ControlServer::client_count() const {
  unsigned count = 0;
  for (const auto& [number, connection] : impl_->connections_) {
    count += connection->dead ? 0 : 1;
  }
  return count;
}

Result<Screenshot> make_screenshot(std::uint32_t width, std::uint32_t height, const std::uint32_t* pixels) {
  if (width == 0 || height == 0) {
    return Error{ErrorCode::kInvalidState, "The machine's screen is off", "display"};
  }
  Screenshot shot{width, height, width * 4,
                  UniqueFd(memfd_create("saffron-screenshot", MFD_CLOEXEC | MFD_ALLOW_SEALING))};
  if (!shot.memfd) {
    return Error::from_errno(errno, "Cannot copy the screen", "display");
  }
  const char* from = reinterpret_cast<const char*>(pixels);
  for (std::size_t left = std::size_t{shot.stride} * height; left > 0;) {
    const ssize_t count = write(shot.memfd.get(), from, left);
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      return Error::from_errno(errno, "Cannot copy the screen", "display");
    }
    from += count;
    left -= static_cast<std::size_t>(count);
  }
  // The client maps it: it can rely on the size.
  fcntl(shot.memfd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
  return shot;
}

}  // namespace saffron::api
