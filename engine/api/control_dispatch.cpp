// SPDX-License-Identifier: Apache-2.0
// ControlServer's requests: from a line to the handler and back.
#include <algorithm>

#include "engine/api/control_server_impl.h"
#include "engine/core/log.h"

namespace saffron::api {

using core::Error;
using core::ErrorCode;
using core::Result;

namespace {

/// A client that sends this many lines in a row that are no requests speaks something else.
constexpr unsigned kMaxFaults = 100;

/// void results travel as {}.
Result<Empty> empty_or_error(Result<void> result) {
  if (!result.ok()) {
    return std::move(result).error();
  }
  return Empty{};
}

}  // namespace

template <typename Method, auto Function>
void ControlServer::Impl::run(ControlConnection& connection, const RpcRequest& request) {
  // A newer client's hello may say more than we know; everything else must be understood wholly.
  constexpr bool kStrict = !std::is_same_v<Method, method::Hello>;
  auto parameters = decode<typename Method::Request>(request.params, kStrict);
  if (!parameters.ok()) {
    reply_error(connection, request, kRpcInvalidParams, parameters.error());
    return;
  }
  auto result = (this->*Function)(connection, *parameters);
  if (!result.ok()) {
    reply_error(connection, request, kRpcEngineError, result.error());
  } else if (!request.id.empty()) {
    send(connection, result_line(request.id, encode(*result)));
  }
}

ControlServer::Impl::Runner ControlServer::Impl::find_runner(std::string_view name) {
  struct Entry {
    std::string_view name;
    Runner runner;
  };
  static constexpr Entry kEntries[] = {
      {method::Hello::kName, &Impl::run<method::Hello, &Impl::hello>},
      {method::Subscribe::kName, &Impl::run<method::Subscribe, &Impl::subscribe>},
      {method::Status::kName, &Impl::run<method::Status, &Impl::status>},
      {method::Pause::kName, &Impl::run<method::Pause, &Impl::pause>},
      {method::Resume::kName, &Impl::run<method::Resume, &Impl::resume>},
      {method::Reset::kName, &Impl::run<method::Reset, &Impl::reset>},
      {method::PowerButton::kName, &Impl::run<method::PowerButton, &Impl::power_button>},
      {method::Stop::kName, &Impl::run<method::Stop, &Impl::stop>},
      {method::Screenshot::kName, &Impl::screenshot},
      {method::InputKeys::kName, &Impl::run<method::InputKeys, &Impl::input_keys>},
      {method::InputType::kName, &Impl::run<method::InputType, &Impl::input_type>},
      {method::InputPointer::kName, &Impl::run<method::InputPointer, &Impl::input_pointer>},
      {method::MediaInsert::kName, &Impl::run<method::MediaInsert, &Impl::media_insert>},
      {method::MediaEject::kName, &Impl::run<method::MediaEject, &Impl::media_eject>},
      {method::SpiceQuery::kName, &Impl::run<method::SpiceQuery, &Impl::spice_info>},
      {method::SpiceSetTicket::kName, &Impl::run<method::SpiceSetTicket, &Impl::spice_set_ticket>},
      {method::SerialQuery::kName, &Impl::run<method::SerialQuery, &Impl::serial_info>},
      {method::Metrics::kName, &Impl::run<method::Metrics, &Impl::metrics>},
      {method::JobGet::kName, &Impl::run<method::JobGet, &Impl::job_get>},
      {method::JobCancel::kName, &Impl::run<method::JobCancel, &Impl::job_cancel>},
  };
  const auto* const found =
      std::find_if(std::begin(kEntries), std::end(kEntries), [&](const Entry& entry) { return entry.name == name; });
  return found == std::end(kEntries) ? nullptr : found->runner;
}

void ControlServer::Impl::take_line(ControlConnection& connection, std::string_view line) {
  RpcRequest request;
  if (const auto fault = read_request(line, request)) {
    send(connection, error_line(fault->id, fault->number, fault->error));
    if (++connection.faults >= kMaxFaults) {
      connection.closing = true;
    }
    return;
  }
  connection.faults = 0;
  const Runner runner = find_runner(request.method);
  if (runner == nullptr) {
    reply_error(connection, request, kRpcMethodNotFound,
                {ErrorCode::kNotFound, "There is no such method", request.method.substr(0, 64)});
  } else if (!connection.greeted && request.method != method::Hello::kName) {
    reply_error(connection, request, kRpcEngineError,
                {ErrorCode::kInvalidState, "A client must say hello first", request.method});
  } else {
    (this->*runner)(connection, request);
  }
}

void ControlServer::Impl::reply_error(ControlConnection& connection, const RpcRequest& request, int number,
                                      const Error& error) {
  if (!request.id.empty()) {
    send(connection, error_line(request.id, number, error));
  }
}

Result<HelloResult> ControlServer::Impl::hello(ControlConnection& connection, const HelloRequest& request) {
  if (request.protocol != kProtocolVersion) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("This engine speaks version {} of the control protocol", kProtocolVersion), "protocol"};
  }
  connection.greeted = true;
  core::log_debug("control", "client {} is {}", connection.number, request.client);
  return HelloResult{kProtocolVersion, options_.engine_version, options_.machine_name};
}

Result<MachineStatus> ControlServer::Impl::subscribe(ControlConnection& connection, const Empty& empty) {
  auto snapshot = status(connection, empty);
  connection.subscribed = snapshot.ok();
  return snapshot;
}

Result<MachineStatus> ControlServer::Impl::status(ControlConnection&, const Empty&) {
  MachineStatus snapshot = handler_.status();
  snapshot.sequence = sequence_;
  snapshot.jobs = jobs_.list();
  return snapshot;
}

Result<Empty> ControlServer::Impl::pause(ControlConnection&, const Empty&) {
  return empty_or_error(handler_.pause());
}
Result<Empty> ControlServer::Impl::resume(ControlConnection&, const Empty&) {
  return empty_or_error(handler_.resume());
}
Result<Empty> ControlServer::Impl::reset(ControlConnection&, const Empty&) {
  return empty_or_error(handler_.reset());
}
Result<Empty> ControlServer::Impl::power_button(ControlConnection&, const Empty&) {
  return empty_or_error(handler_.power_button());
}
Result<Empty> ControlServer::Impl::stop(ControlConnection&, const StopRequest& request) {
  return empty_or_error(request.force ? handler_.force_stop() : handler_.power_button());
}

Result<Empty> ControlServer::Impl::input_keys(ControlConnection&, const KeysRequest& request) {
  for (const KeyEvent& event : request.keys) {
    SAFFRON_TRY(handler_.key(event));
  }
  return Empty{};
}

Result<JobStarted> ControlServer::Impl::input_type(ControlConnection&, const TypeRequest& request) {
  if (request.text.has_value() == request.combo.has_value()) {
    return Error{ErrorCode::kInvalidArgument, "Either a text or a combination is typed", "text"};
  }
  std::vector<KeyEvent> keys =
      request.text ? SAFFRON_TRY(text_to_keys(*request.text)) : SAFFRON_TRY(combo_to_keys(*request.combo));
  return JobStarted{SAFFRON_TRY(typer_.start(std::move(keys), request.interval_ms))};
}

Result<Empty> ControlServer::Impl::input_pointer(ControlConnection&, const PointerRequest& request) {
  if (request.x.has_value() != request.y.has_value()) {
    return Error{ErrorCode::kInvalidArgument, "An absolute position has both x and y", request.x ? "y" : "x"};
  }
  return empty_or_error(handler_.pointer(request));
}

Result<Empty> ControlServer::Impl::media_insert(ControlConnection&, const MediaInsertRequest& request) {
  if (!request.path.starts_with('/') || request.path.find('\0') != std::string::npos) {
    return Error{ErrorCode::kInvalidArgument, "The path must be absolute", "path"};
  }
  return empty_or_error(handler_.insert_media(request));
}

Result<Empty> ControlServer::Impl::media_eject(ControlConnection&, const MediaEjectRequest& request) {
  return empty_or_error(handler_.eject_media(request));
}

Result<SpiceInfo> ControlServer::Impl::spice_info(ControlConnection&, const Empty&) {
  return handler_.spice_info();
}

Result<Empty> ControlServer::Impl::spice_set_ticket(ControlConnection&, const SetTicketRequest& request) {
  return empty_or_error(handler_.set_spice_ticket(request));
}

Result<SerialInfo> ControlServer::Impl::serial_info(ControlConnection&, const Empty&) {
  return handler_.serial_info();
}

Result<MetricsResult> ControlServer::Impl::metrics(ControlConnection&, const Empty&) {
  return handler_.metrics();
}

Result<JobInfo> ControlServer::Impl::job_get(ControlConnection&, const JobRequest& request) {
  auto job = jobs_.find(request.job);
  if (!job) {
    return Error{ErrorCode::kNotFound, "There is no such job", "job"};
  }
  return *std::move(job);
}

Result<Empty> ControlServer::Impl::job_cancel(ControlConnection&, const JobRequest& request) {
  return empty_or_error(jobs_.cancel(request.job));
}

void ControlServer::Impl::screenshot(ControlConnection& connection, const RpcRequest& request) {
  auto parameters = decode<Empty>(request.params, true);
  if (!parameters.ok()) {
    reply_error(connection, request, kRpcInvalidParams, parameters.error());
    return;
  }
  auto shot = handler_.screenshot();
  if (!shot.ok()) {
    reply_error(connection, request, kRpcEngineError, shot.error());
    return;
  }
  if (request.id.empty()) {
    return;
  }
  const ScreenshotResult result{shot->width, shot->height, shot->stride, "xrgb8888", 1};
  send(connection, result_line(request.id, encode(result)), std::move(shot->memfd));
}

}  // namespace saffron::api
