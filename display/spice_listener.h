// SPDX-License-Identifier: Apache-2.0
// The sockets where SPICE clients knock. Ours, not the library's, which can listen in one place only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "display/spice_display.h"
#include "engine/core/event_loop.h"
#include "engine/core/unique_fd.h"

namespace saffron::spice {

/// Loop thread only.
class SpiceListener {
 public:
  using Accepted = std::function<void(core::UniqueFd)>;

  /// Mode 0600. kBusy when another process answers there; a left-over socket is replaced; any other kind of file there
  /// is kAlreadyExists. The socket file goes with this object.
  static core::Result<std::unique_ptr<SpiceListener>> listen_unix(core::EventLoop& loop, const std::string& path,
                                                                  Accepted accepted);
  /// kBusy: the port is taken (with port 0: all of 5900..5999 are).
  static core::Result<std::unique_ptr<SpiceListener>> listen_tcp(core::EventLoop& loop, const TcpListen& where,
                                                                 Accepted accepted);
  ~SpiceListener();
  SpiceListener(const SpiceListener&) = delete;
  SpiceListener& operator=(const SpiceListener&) = delete;

  const std::string& uri() const { return uri_; }
  /// 0 for a Unix socket.
  std::uint16_t port() const { return port_; }
  /// Whether only this host can reach it.
  bool local_only() const { return local_only_; }

 private:
  SpiceListener(core::EventLoop& loop, core::UniqueFd socket, Accepted accepted);
  core::Result<void> start();
  void accept_one();

  core::EventLoop& loop_;
  core::UniqueFd socket_;
  Accepted accepted_;
  std::string uri_;
  std::uint16_t port_ = 0;
  bool local_only_ = true;
  std::string owned_path_;
  std::unique_ptr<core::Timer> pause_;
  std::unique_ptr<core::EventLoop::Watch> watch_;
};

/// "address:port" of a connected peer, or "local" for a Unix socket.
std::string describe_peer(const void* socket_address, std::size_t length);

}  // namespace saffron::spice
