// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: ControlServer's connections and its dispatch of methods.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/api/control_methods.h"
#include "engine/api/control_server.h"
#include "engine/api/key_typer.h"
#include "engine/api/line_socket.h"

namespace saffron::api {

/// One client.
struct ControlConnection {
  ControlConnection(core::UniqueFd fd, const LineSocketLimits& limits) : socket(std::move(fd), limits) {}

  LineSocket socket;
  std::unique_ptr<core::EventLoop::Watch> watch;
  std::uint64_t number = 0;
  unsigned faults = 0;      // Lines that were no requests.
  bool greeted = false;     // Has said hello.
  bool subscribed = false;  // Gets events.
  bool closing = false;     // Takes no more requests; ends when its output is out.
  bool dead = false;        // To be swept.
};

class ControlServer::Impl {
 public:
  Impl(core::EventLoop& loop, ControlHandler& handler, ControlServerOptions options);
  ~Impl();

  core::Result<void> listen();
  void publish(EventBody body);

  core::EventLoop& loop_;
  ControlHandler& handler_;
  ControlServerOptions options_;
  std::uint64_t sequence_ = 0;
  JobTable jobs_;
  std::map<std::uint64_t, std::unique_ptr<ControlConnection>> connections_;

 private:
  using Runner = void (Impl::*)(ControlConnection&, const RpcRequest&);

  // control_server.cpp: connections.
  void on_connect();
  void accept_one(core::UniqueFd fd);
  void on_ready(std::uint64_t number, core::FdEvents events);
  void take_requests(ControlConnection& connection);
  void send(ControlConnection& connection, std::string line, core::UniqueFd attached = {});
  void settle(ControlConnection& connection);
  void sweep();

  // control_dispatch.cpp: requests.
  void take_line(ControlConnection& connection, std::string_view line);
  static Runner find_runner(std::string_view method);
  /// Decodes the request, calls `Function`, sends its result or error.
  template <typename Method, auto Function>
  void run(ControlConnection& connection, const RpcRequest& request);
  void reply_error(ControlConnection& connection, const RpcRequest& request, int number, const core::Error& error);

  core::Result<HelloResult> hello(ControlConnection& connection, const HelloRequest& request);
  core::Result<MachineStatus> subscribe(ControlConnection& connection, const Empty&);
  core::Result<MachineStatus> status(ControlConnection&, const Empty&);
  core::Result<Empty> pause(ControlConnection&, const Empty&);
  core::Result<Empty> resume(ControlConnection&, const Empty&);
  core::Result<Empty> reset(ControlConnection&, const Empty&);
  core::Result<Empty> power_button(ControlConnection&, const Empty&);
  core::Result<Empty> stop(ControlConnection&, const StopRequest& request);
  core::Result<Empty> input_keys(ControlConnection&, const KeysRequest& request);
  core::Result<JobStarted> input_type(ControlConnection&, const TypeRequest& request);
  core::Result<Empty> input_pointer(ControlConnection&, const PointerRequest& request);
  core::Result<Empty> media_insert(ControlConnection&, const MediaInsertRequest& request);
  core::Result<Empty> media_eject(ControlConnection&, const MediaEjectRequest& request);
  core::Result<SpiceInfo> spice_info(ControlConnection&, const Empty&);
  core::Result<Empty> spice_set_ticket(ControlConnection&, const SetTicketRequest& request);
  core::Result<SerialInfo> serial_info(ControlConnection&, const Empty&);
  core::Result<MetricsResult> metrics(ControlConnection&, const Empty&);
  core::Result<JobInfo> job_get(ControlConnection&, const JobRequest& request);
  core::Result<Empty> job_cancel(ControlConnection&, const JobRequest& request);
  void screenshot(ControlConnection& connection, const RpcRequest& request);

  KeyTyper typer_;
  std::uint64_t next_number_ = 1;
  bool in_client_ = false;  // Inside on_ready(): connections must not be destroyed now.
  core::UniqueFd listener_;
  std::unique_ptr<core::EventLoop::Watch> watch_;
  std::unique_ptr<core::Timer> accept_again_;
};

}  // namespace saffron::api
