// SPDX-License-Identifier: Apache-2.0
// The socket functions of paths.h.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/api/paths.h"

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

}  // namespace saffron::api
