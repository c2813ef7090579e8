// SPDX-License-Identifier: Apache-2.0
// SpiceServer on libspice-server: owns the library's server, and puts screen, inputs and sockets together.
#pragma once

#include <spice.h>

#include <map>
#include <memory>
#include <string>

#include "display/qxl_screen.h"
#include "display/spice_core.h"
#include "display/spice_display.h"
#include "display/spice_inputs.h"
#include "display/spice_listener.h"

namespace saffron::spice {

class SpiceServerImpl final : public SpiceServer {
 public:
  /// See SpiceRequest. `loop` and `source` are not nullptr.
  static core::Result<std::unique_ptr<SpiceServer>> create(const SpiceRequest& request);
  ~SpiceServerImpl() override;

  ports::DisplaySink& sink() override { return screen_; }
  SpiceInfo info() const override;
  core::Result<void> set_ticket(const std::string& ticket) override;
  void set_listener(std::function<void(unsigned)> listener) override { listener_ = std::move(listener); }

 private:
  /// A client has up to a dozen channels, each a connection of its own. Past this, new ones are refused: strangers on
  /// TCP can open them without a ticket, and the library sets no limit.
  static constexpr std::size_t kMaxConnections = 256;

  explicit SpiceServerImpl(const SpiceRequest& request);
  core::Result<void> start(const SpiceOptions& options);
  core::Result<void> start_library(const SpiceOptions& options);
  core::Result<void> start_listening(const SpiceOptions& options);
  core::Result<void> apply_ticket(const std::string& ticket);
  void add_client(core::UniqueFd socket, bool needs_ticket);
  void channel_event(int event, SpiceChannelEventInfo* info);

  SpiceCore core_;
  QxlScreen screen_;
  SpiceInputs inputs_;
  ::SpiceServer* server_ = nullptr;
  std::unique_ptr<SpiceListener> unix_listener_;
  std::unique_ptr<SpiceListener> tcp_listener_;
  bool ending_ = false;
  bool open_ = false;  // TCP clients need no ticket.
  std::size_t connections_ = 0;
  core::LogOnce refused_;
  std::map<const SpiceChannelEventInfo*, std::string> clients_;  // By their main channel.
  std::function<void(unsigned)> listener_;
};

}  // namespace saffron::spice
