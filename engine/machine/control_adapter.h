// SPDX-License-Identifier: Apache-2.0
// ControlAdapter: the control protocol's requests, carried out on a Machine; the machine's events, published.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "engine/api/control_server.h"
#include "engine/machine/machine.h"

namespace saffron::machine {

/// Control thread.
class ControlAdapter final : public api::ControlHandler {
 public:
  /// Listens on the machine's control socket. `ended`: the machine has ended.
  static core::Result<std::unique_ptr<ControlAdapter>> create(core::EventLoop& loop, Machine& machine,
                                                              std::function<void()> ended);
  ~ControlAdapter() override;

  api::MachineStatus status() override;
  core::Result<void> pause() override { return machine_.pause(); }
  core::Result<void> resume() override { return machine_.resume(); }
  core::Result<void> reset() override { return machine_.reset(); }
  core::Result<void> power_button() override { return machine_.power_button(); }
  core::Result<void> force_stop() override;
  core::Result<api::Screenshot> screenshot() override;
  core::Result<void> key(const api::KeyEvent& event) override;
  core::Result<void> pointer(const api::PointerRequest& request) override;
  core::Result<void> insert_media(const api::MediaInsertRequest& request) override;
  core::Result<void> eject_media(const api::MediaEjectRequest& request) override;
  core::Result<api::SpiceInfo> spice_info() override;
  core::Result<void> set_spice_ticket(const api::SetTicketRequest& request) override;
  core::Result<api::SerialInfo> serial_info() override;
  core::Result<api::MetricsResult> metrics() override;

 private:
  ControlAdapter(core::EventLoop& loop, Machine& machine);
  core::Result<void> listen(std::function<void()> ended);
  core::Result<void> move_pointer(const api::PointerRequest& request);
  api::DisplayInfo display_info();
  void input_changed();

  core::EventLoop& loop_;
  Machine& machine_;
  std::int64_t started_ns_;
  bool ticket_required_;
  std::unique_ptr<core::Timer> ticket_expiry_;
  std::unique_ptr<api::ControlServer> server_;
};

}  // namespace saffron::machine
