// SPDX-License-Identifier: Apache-2.0
#include "display/spice_listener.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/core/log.h"

namespace saffron::spice {

using core::Error;
using core::ErrorCode;
using core::Result;
using core::UniqueFd;

namespace {

constexpr std::uint16_t kFirstPort = 5900;
constexpr std::uint16_t kLastPort = 5999;
constexpr int kBacklog = 16;
/// How long to leave the door shut when the process has run out of file descriptors.
constexpr std::int64_t kAcceptPauseNs = 1'000'000'000;

struct AddressInfoDeleter {
  void operator()(addrinfo* info) const { ::freeaddrinfo(info); }
};
using AddressInfo = std::unique_ptr<addrinfo, AddressInfoDeleter>;

Result<AddressInfo> resolve(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (status != 0) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("the SPICE address cannot be listened on: {}", ::gai_strerror(status)), address};
  }
  return AddressInfo(found);
}

bool is_loopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof(v4));
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof(v6));
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
  }
  return false;
}

/// A listening socket, or the errno.
std::pair<UniqueFd, int> bind_tcp(const addrinfo& info) {
  UniqueFd socket(::socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) {
    return {UniqueFd(), errno};
  }
  const int on = 1;
  // A port whose last connection is still in TIME_WAIT is free; one that somebody listens on is not, even so.
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(socket.get(), info.ai_addr, info.ai_addrlen) != 0 || ::listen(socket.get(), kBacklog) != 0) {
    return {UniqueFd(), errno};
  }
  return {std::move(socket), 0};
}

/// Whether a process answers at a Unix socket.
bool somebody_listens(const sockaddr_un& address) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ||
         errno != ECONNREFUSED;
}

Result<void> clear_stale(const std::string& path, const sockaddr_un& address) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    return {};
  }
  if (!S_ISSOCK(info.st_mode)) {
    return Error{ErrorCode::kAlreadyExists, "there is a file that is not a socket in the SPICE socket's place", path};
  }
  if (somebody_listens(address)) {
    return Error{ErrorCode::kBusy, "another process serves SPICE on this socket", path};
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return Error::from_errno(errno, "cannot replace a stale SPICE socket", path);
  }
  return {};
}

}  // namespace

std::string describe_peer(const void* socket_address, std::size_t length) {
  sockaddr_storage address{};
  std::memcpy(&address, socket_address, std::min(length, sizeof(address)));
  if (address.ss_family != AF_INET && address.ss_family != AF_INET6) {
    return "local";
  }
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> service{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(length), host.data(),
                    host.size(), service.data(), service.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  return address.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host.data(), service.data())
                                       : fmt::format("{}:{}", host.data(), service.data());
}

Result<std::unique_ptr<SpiceListener>> SpiceListener::listen_unix(core::EventLoop& loop, const std::string& path,
                                                                  Accepted accepted) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("the SPICE socket's path is longer than {} bytes", sizeof(address.sun_path) - 1), path};
  }
  std::memcpy(address.sun_path, path.c_str(), path.size());
  SAFFRON_TRY(clear_stale(path, address));
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) {
    return Error::from_errno(errno, "cannot create the SPICE socket", path);
  }
  // Before bind: the file then never exists with wider permissions (unix(7): they come from the socket's own mode).
  ::fchmod(socket.get(), S_IRUSR | S_IWUSR);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    return Error::from_errno(errno, "cannot listen on the SPICE socket", path);
  }
  auto listener = std::unique_ptr<SpiceListener>(new SpiceListener(loop, std::move(socket), std::move(accepted)));
  listener->owned_path_ = path;
  listener->uri_ = "spice+unix://" + path;
  SAFFRON_TRY(listener->start());
  return listener;
}

Result<std::unique_ptr<SpiceListener>> SpiceListener::listen_tcp(core::EventLoop& loop, const TcpListen& where,
                                                                 Accepted accepted) {
  const std::uint16_t first = where.port != 0 ? where.port : kFirstPort;
  const std::uint16_t last = where.port != 0 ? where.port : kLastPort;
  for (std::uint32_t port = first; port <= last; ++port) {
    const AddressInfo info = SAFFRON_TRY(resolve(where.address, static_cast<std::uint16_t>(port)));
    auto [socket, failure] = bind_tcp(*info);
    if (socket) {
      auto listener = std::unique_ptr<SpiceListener>(new SpiceListener(loop, std::move(socket), std::move(accepted)));
      listener->port_ = static_cast<std::uint16_t>(port);
      listener->local_only_ = is_loopback(info->ai_addr);
      const bool v6 = where.address.find(':') != std::string::npos;
      listener->uri_ = fmt::format("spice://{}{}{}:{}", v6 ? "[" : "", where.address, v6 ? "]" : "", port);
      SAFFRON_TRY(listener->start());
      return listener;
    }
    if (failure != EADDRINUSE) {
      return Error::from_errno(failure, fmt::format("cannot listen for SPICE on port {}", port), where.address);
    }
  }
  return Error{ErrorCode::kBusy,
               where.port != 0 ? fmt::format("TCP port {} is already taken by another program", where.port)
                               : fmt::format("all TCP ports from {} to {} are taken", kFirstPort, kLastPort),
               where.address};
}

SpiceListener::SpiceListener(core::EventLoop& loop, UniqueFd socket, Accepted accepted)
    : loop_(loop), socket_(std::move(socket)), accepted_(std::move(accepted)) {}

SpiceListener::~SpiceListener() {
  if (!owned_path_.empty()) {
    ::unlink(owned_path_.c_str());
  }
}

Result<void> SpiceListener::start() {
  pause_ = loop_.create_timer([this] { watch_->set_events(EPOLLIN); });
  watch_ = SAFFRON_TRY(loop_.watch(socket_.get(), EPOLLIN, [this](core::FdEvents) { accept_one(); }));
  return {};
}

void SpiceListener::accept_one() {
  UniqueFd client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (client) {
    accepted_(std::move(client));
    return;
  }
  if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
    // The connection stays in the backlog, and the level-triggered watch would spin on it.
    core::log_warning("spice", "a client has to wait: no file descriptors or memory for its connection");
    watch_->set_events(0);
    pause_->arm(loop_.clock().now_ns() + kAcceptPauseNs);
  }
}

}  // namespace saffron::spice
