// SPDX-License-Identifier: Apache-2.0
// ControlServer: the engine's end of the control protocol (docs/control-protocol.md), on an EventLoop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/api/control_messages.h"
#include "engine/api/job_table.h"
#include "engine/core/event_loop.h"
#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace saffron::api {

/// A screen copied for a client.
struct Screenshot {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t stride = 0;  // Bytes.
  core::UniqueFd memfd;      // stride * height bytes of XRGB8888; see make_screenshot().
};
/// A memfd with a copy of `pixels` (width * height, 0x00RRGGBB, no padding). kInvalidState if the screen is off.
core::Result<Screenshot> make_screenshot(std::uint32_t width, std::uint32_t height, const std::uint32_t* pixels);

/// What the engine implements. All calls come on the loop's thread, with checked arguments; answers go back as they
/// are. Whatever changes is also published as an event, by the engine. A handler must not block.
class ControlHandler {
 public:
  virtual ~ControlHandler() = default;
  /// Everything but `sequence` and `jobs`.
  virtual MachineStatus status() = 0;
  virtual core::Result<void> pause() = 0;   // kInvalidState if it cannot be paused now; paused already is success.
  virtual core::Result<void> resume() = 0;  // Running already is success.
  virtual core::Result<void> reset() = 0;
  virtual core::Result<void> power_button() = 0;
  /// force == false arrives as power_button(). The reply goes out before the engine ends: end from a posted task.
  virtual core::Result<void> force_stop() = 0;
  virtual core::Result<Screenshot> screenshot() = 0;
  virtual core::Result<void> key(const KeyEvent& event) = 0;  // Also called, paced, by the "input.type" job.
  virtual core::Result<void> pointer(const PointerRequest& request) = 0;
  virtual core::Result<void> insert_media(const MediaInsertRequest& request) = 0;
  virtual core::Result<void> eject_media(const MediaEjectRequest& request) = 0;
  virtual core::Result<SpiceInfo> spice_info() = 0;
  virtual core::Result<void> set_spice_ticket(const SetTicketRequest& request) = 0;
  virtual core::Result<SerialInfo> serial_info() = 0;
  virtual core::Result<MetricsResult> metrics() = 0;
};

struct ControlServerOptions {
  std::string socket_path;
  std::string machine_name;
  std::string engine_version;
  unsigned max_clients = 32;
  std::size_t max_line_bytes = std::size_t{1} << 20;       // A longer request ends the connection.
  std::size_t max_output_bytes = std::size_t{4} << 20;     // A client this far behind is disconnected; it can resync.
  std::size_t pause_input_bytes = std::size_t{256} << 10;  // With this much unread, no further request is taken.
};

/// Everything on the loop's thread (or before it runs).
class ControlServer {
 public:
  /// Listens at once. kBusy if another engine listens there. `loop` and `handler` must outlive the server.
  static core::Result<std::unique_ptr<ControlServer>> create(core::EventLoop& loop, ControlHandler& handler,
                                                             ControlServerOptions options);
  ~ControlServer();  // Disconnects everybody (after one attempt to send what is pending) and removes the socket.
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// Numbers the event and sends it to all subscribers. Safe to call from inside a ControlHandler call: the event then
  /// comes before the reply.
  void publish(EventBody body);
  std::uint64_t last_sequence() const;

  /// Long work of the engine. Changes are published as job_changed.
  JobTable& jobs();

  unsigned client_count() const;

 private:
  class Impl;
  explicit ControlServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace saffron::api
