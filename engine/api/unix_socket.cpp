// SPDX-License-Identifier: Apache-2.0
// The socket functions of paths.h.
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "engine/api/paths.h"
#include "engine/core/pidfd.h"

namespace saffron::api {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;
using core::UniqueFd;

/// A socket address for a path of any length. Where sun_path (108 bytes with its zero) is too short, the address goes
/// through an open descriptor of the directory, which must live as long as the address is used.
struct UnixAddress {
  sockaddr_un address{};
  UniqueFd directory;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }

  static Result<UnixAddress> of(const std::string& path) {
    UnixAddress result;
    result.address.sun_family = AF_UNIX;
    std::string text = path;
    if (text.size() >= sizeof(result.address.sun_path)) {
      const std::size_t slash = path.rfind('/');
      const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
      result.directory.reset(open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
      if (!result.directory) {
        return Error::from_errno(errno, "Cannot open the socket's directory", directory);
      }
      text = fmt::format("/proc/self/fd/{}/{}", result.directory.get(), path.substr(slash + 1));
    }
    if (text.empty() || text.size() >= sizeof(result.address.sun_path)) {
      return Error{ErrorCode::kInvalidArgument, "The socket's file name is empty or too long", path};
    }
    std::memcpy(result.address.sun_path, text.data(), text.size());
    return result;
  }
};

UniqueFd make_socket() {
  return UniqueFd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/// Makes `path` free: nothing there, or a socket that nobody listens on.
Result<void> remove_stale(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) {
    return {};
  }
  if (!S_ISSOCK(info.st_mode)) {
    return Error{ErrorCode::kAlreadyExists, "Something that is not a socket is in the way", path};
  }
  auto peer = connect_unix(path);
  if (peer.ok() || peer.error().code != ErrorCode::kNotFound) {
    return Error{ErrorCode::kBusy, "Another program listens on this socket", path};
  }
  unlink(path.c_str());
  return {};
}

bool is_engine(int pid) {
  std::ifstream file(fmt::format("/proc/{}/cmdline", pid));
  std::string program;
  std::getline(file, program, '\0');
  const std::string_view name = std::string_view(program).substr(program.rfind('/') + 1);
  return name.starts_with("saffron-") && name.ends_with("engine");
}

bool hung_up(int socket) {
  pollfd peer{socket, POLLIN, 0};
  return poll(&peer, 1, 0) < 0 || (peer.revents & (POLLHUP | POLLERR)) != 0;
}

}  // namespace

Result<UniqueFd> listen_unix(const std::string& path, int backlog) {
  SAFFRON_TRY(remove_stale(path));
  const UnixAddress address = SAFFRON_TRY(UnixAddress::of(path));
  UniqueFd listener = make_socket();
  // The mode of the socket file is the socket's own mode at bind, less the umask: never open for a moment.
  if (!listener || fchmod(listener.get(), 0600) != 0) {
    return Error::from_errno(errno, "Cannot make a socket", path);
  }
  if (bind(listener.get(), address.get(), sizeof(address.address)) != 0) {
    return Error::from_errno(errno, "Cannot bind the socket", path);
  }
  if (listen(listener.get(), backlog) != 0) {
    const int error = errno;
    unlink(path.c_str());
    return Error::from_errno(error, "Cannot listen on the socket", path);
  }
  return listener;
}

Result<UniqueFd> connect_unix(const std::string& path) {
  const UnixAddress address = SAFFRON_TRY(UnixAddress::of(path));
  UniqueFd peer = make_socket();
  if (!peer) {
    return Error::from_errno(errno, "Cannot make a socket", path);
  }
  if (connect(peer.get(), address.get(), sizeof(address.address)) == 0) {
    return peer;
  }
  if (errno == ECONNREFUSED || errno == ENOENT || errno == ENOTDIR) {
    return Error{ErrorCode::kNotFound, "Nobody listens on this socket", path};
  }
  return Error::from_errno(errno, "Cannot connect to the socket", path);
}

Result<UniqueFd> engine_behind(int socket) {
  // The credentials are those of the process that called listen(2).
  ucred peer{};
  socklen_t length = sizeof(peer);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
    return Error::from_errno(errno, "Cannot learn who listens on the socket");
  }
  UniqueFd process(pidfd_open(peer.pid, 0));
  const int error = process ? 0 : errno;
  // A connection that is still open proves that the number was not given to another process meanwhile.
  if (hung_up(socket) || error == ESRCH) {
    return Error{ErrorCode::kNotFound, "The engine has ended", {}};
  }
  if (error != 0) {
    return Error::from_errno(error, "Cannot get hold of the engine's process");
  }
  if (!is_engine(peer.pid)) {
    return Error{ErrorCode::kInvalidState, "Another program listens on the engine's socket", {}};
  }
  return process;
}

}  // namespace saffron::api
