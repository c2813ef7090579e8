// SPDX-License-Identifier: Apache-2.0
#include "display/spice_server_impl.h"

#include <fmt/format.h>
#include <signal.h>
#include <spice/protocol.h>

#include <cstdlib>
#include <utility>

#include "engine/core/log.h"

namespace saffron::spice {

using core::Error;
using core::ErrorCode;
using core::Result;
using core::UniqueFd;

namespace {

Result<void> check_ticket(const std::string& ticket) {
  // The protocol's limit; the library cuts a longer one silently.
  if (ticket.size() > SPICE_MAX_PASSWORD_LENGTH) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("a SPICE ticket has at most {} bytes", SPICE_MAX_PASSWORD_LENGTH), "ticket"};
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<SpiceServer>> SpiceServerImpl::create(const SpiceRequest& request) {
  auto server = std::unique_ptr<SpiceServerImpl>(new SpiceServerImpl(request));
  SAFFRON_TRY(server->start(request.options));
  return std::unique_ptr<SpiceServer>(std::move(server));
}

SpiceServerImpl::SpiceServerImpl(const SpiceRequest& request)
    : core_(*request.loop, [this](int event, SpiceChannelEventInfo* info) { channel_event(event, info); }),
      screen_(*request.loop, core_, *request.source),
      inputs_(core_, request.inputs, [source = request.source] { source->wake(); }) {}

SpiceServerImpl::~SpiceServerImpl() {
  ending_ = true;
  unix_listener_.reset();
  tcp_listener_.reset();
  inputs_.detach();
  screen_.detach();
  if (server_ != nullptr) {
    const SpiceCore::Scope scope(core_);
    spice_server_destroy(server_);  // Waits for the worker, which does not call us after it.
  }
}

Result<void> SpiceServerImpl::start(const SpiceOptions& options) {
  // Sockets first: that a port is taken is the likely failure, and then nothing else has happened.
  SAFFRON_TRY(start_listening(options));
  return start_library(options);
}

Result<void> SpiceServerImpl::start_library(const SpiceOptions& options) {
  const SpiceCore::Scope scope(core_);
  // It writes to sockets whose peer may have gone, and leaves SIGPIPE to us: unhandled, a client could end the machine.
  ::signal(SIGPIPE, SIG_IGN);
  // The library's only switch for more than one client at a time, read in spice_server_init.
  ::setenv("SPICE_DEBUG_ALLOW_MC", "1", 0);
  server_ = spice_server_new();
  if (!options.machine_name.empty()) {
    spice_server_set_name(server_, options.machine_name.c_str());
  }
  // Lossless only: what a client shows is what the guest drew. (A Unix-socket peer gets no compression in any case.)
  spice_server_set_image_compression(server_, SPICE_IMAGE_COMPRESSION_AUTO_GLZ);
  spice_server_set_jpeg_compression(server_, SPICE_WAN_COMPRESSION_NEVER);
  spice_server_set_zlib_glz_compression(server_, SPICE_WAN_COMPRESSION_NEVER);
  spice_server_set_streaming_video(server_, SPICE_STREAM_VIDEO_OFF);
  spice_server_set_exit_on_disconnect(server_, 0);
  if (spice_server_init(server_, core_.interface()) != 0) {
    return Error{ErrorCode::kInternal, "the SPICE library does not start", {}};
  }
  SAFFRON_TRY(apply_ticket(options.ticket));
  SAFFRON_TRY(screen_.attach(server_));
  SAFFRON_TRY(inputs_.attach(server_));
  spice_server_vm_start(server_);
  return {};
}

Result<void> SpiceServerImpl::start_listening(const SpiceOptions& options) {
  SAFFRON_TRY(check_ticket(options.ticket));
  core::EventLoop& loop = screen_.loop();
  if (!options.unix_socket_path.empty()) {
    unix_listener_ = SAFFRON_TRY(SpiceListener::listen_unix(
        loop, options.unix_socket_path, [this](UniqueFd socket) { add_client(std::move(socket), false); }));
  }
  if (!options.tcp) {
    return {};
  }
  open_ = options.ticket.empty();
  if (open_ && !options.allow_tcp_without_ticket) {
    return Error{ErrorCode::kInvalidArgument, "SPICE over TCP needs a ticket (a password)", "ticket"};
  }
  tcp_listener_ = SAFFRON_TRY(SpiceListener::listen_tcp(
      loop, *options.tcp, [this](UniqueFd socket) { add_client(std::move(socket), !open_); }));
  if (open_ && !tcp_listener_->local_only()) {
    return Error{ErrorCode::kInvalidArgument, "SPICE over TCP without a ticket is for loopback addresses only",
                 options.tcp->address};
  }
  return {};
}

void SpiceServerImpl::add_client(UniqueFd socket, bool needs_ticket) {
  if (connections_ >= kMaxConnections || server_ == nullptr) {
    refused_.warning("spice", "a connection was refused: there are {} already", connections_);
    return;
  }
  const SpiceCore::Scope scope(core_);
  // The library owns the socket once it has said yes.
  if (spice_server_add_client(server_, socket.get(), needs_ticket ? 0 : 1) == 0) {
    socket.release();
  }
}

void SpiceServerImpl::channel_event(int event, SpiceChannelEventInfo* info) {
  if (ending_) {
    return;  // The library closes its channels; screen and worker are gone already.
  }
  const std::size_t before = clients_.size();
  if (event == SPICE_CHANNEL_EVENT_CONNECTED) {
    ++connections_;
  } else if (event == SPICE_CHANNEL_EVENT_DISCONNECTED) {
    --connections_;
    clients_.erase(info);
  } else if (event == SPICE_CHANNEL_EVENT_INITIALIZED && info->type == SPICE_CHANNEL_MAIN) {
    clients_[info] = describe_peer(&info->paddr_ext, info->plen_ext);
  }
  if (clients_.size() == before) {
    return;
  }
  const auto count = static_cast<unsigned>(clients_.size());
  core::log_info("spice", "{} client(s) connected", count);
  screen_.set_viewers(count);
  if (count == 0) {
    inputs_.release_buttons();
  }
  if (listener_) {
    listener_(count);
  }
}

SpiceInfo SpiceServerImpl::info() const {
  SpiceInfo info;
  if (unix_listener_ != nullptr) {
    info.uris.push_back(unix_listener_->uri());
  }
  if (tcp_listener_ != nullptr) {
    info.uris.push_back(tcp_listener_->uri());
    info.tcp_port = tcp_listener_->port();
  }
  for (const auto& [channel, peer] : clients_) {
    info.clients.push_back(peer);
  }
  return info;
}

Result<void> SpiceServerImpl::set_ticket(const std::string& ticket) {
  SAFFRON_TRY(apply_ticket(ticket));
  open_ = false;
  return {};
}

Result<void> SpiceServerImpl::apply_ticket(const std::string& ticket) {
  SAFFRON_TRY(check_ticket(ticket));
  const SpiceCore::Scope scope(core_);
  // No password at all makes the library refuse every ticket, which is what an empty one means here. Lifetime 0: for
  // good; whoever is connected stays.
  spice_server_set_ticket(server_, ticket.empty() ? nullptr : ticket.c_str(), 0, 0, 0);
  return {};
}

}  // namespace saffron::spice
