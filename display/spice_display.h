// SPDX-License-Identifier: Apache-2.0
// The screen and the input devices of one machine over SPICE: the interface that the engine sees. The implementation
// is a module (saffron-spice.so), so that an engine without a display never maps libspice-server; see spice_loader.h.
//
// What it is: one head, keyboard, relative mouse, absolute tablet; a Unix socket, a TCP port, or both.
// What is missing: TLS, audio, the guest agent, video streams, several heads (each is an issue of its own).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "devices/ports/display_sink.h"
#include "devices/ports/input.h"
#include "engine/core/event_loop.h"
#include "engine/core/result.h"

namespace saffron::spice {

struct TcpListen {
  /// A numeric address or a host name; "0.0.0.0" and "::" listen everywhere.
  std::string address = "127.0.0.1";
  /// 0: the first free one of 5900..5999.
  std::uint16_t port = 0;
};

struct SpiceOptions {
  /// What clients show as the machine's name.
  std::string machine_name;
  /// Empty: no Unix socket. Made with mode 0600; a stale one of ours is replaced. No ticket is asked there.
  std::string unix_socket_path;
  std::optional<TcpListen> tcp;
  /// What a TCP client has to know, at most 60 bytes. Empty is an error with `tcp`, unless the next field allows it.
  std::string ticket;
  /// Only honoured for a loopback address.
  bool allow_tcp_without_ticket = false;
};

/// Any may be nullptr. They outlive the server.
struct InputPorts {
  ports::KeyboardPort* keyboard = nullptr;
  ports::MousePort* mouse = nullptr;
  ports::TabletPort* tablet = nullptr;
};

struct SpiceInfo {
  /// For clients on this host: spice+unix:///path, spice://address:port.
  std::vector<std::string> uris;
  /// 0 without TCP.
  std::uint16_t tcp_port = 0;
  /// Connected clients: "local", or the peer's numeric address and port.
  std::vector<std::string> clients;
};

/// Loop thread only, like its destruction (or while the loop does not run).
class SpiceServer {
 public:
  virtual ~SpiceServer() = default;
  /// The sink that create attached to the source.
  virtual ports::DisplaySink& sink() = 0;
  virtual SpiceInfo info() const = 0;
  /// The ticket for TCP clients from now on, also where none was needed; connected ones stay. Empty: nobody new gets
  /// in over TCP.
  virtual core::Result<void> set_ticket(const std::string& ticket) = 0;
  /// Called on the loop's thread with the number of clients whenever it changes.
  virtual void set_listener(std::function<void(unsigned)> listener) = 0;
};

struct SpiceRequest {
  SpiceOptions options;
  core::EventLoop* loop = nullptr;
  InputPorts inputs;
  /// Gets the sink attached at creation, and nullptr when the server is destroyed.
  ports::DisplaySource* source = nullptr;
};

/// What the module exports, under kFactorySymbol. Bumped with any change of this header.
inline constexpr std::uint32_t kModuleVersion = 1;
inline constexpr const char* kFactorySymbol = "saffron_spice_create";
using FactoryFunction = void(std::uint32_t version, const SpiceRequest* request,
                             core::Result<std::unique_ptr<SpiceServer>>* result);

}  // namespace saffron::spice
