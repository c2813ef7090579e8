// SPDX-License-Identifier: Apache-2.0
// The control protocol's methods: name, request and result type of each. The one list of them.
#pragma once

#include <string_view>

#include "engine/api/control_messages.h"

namespace saffron::api::method {

template <typename RequestType, typename ResultType>
struct Signature {
  using Request = RequestType;
  using Result = ResultType;
};

struct Hello : Signature<HelloRequest, HelloResult> {
  static constexpr std::string_view kName = "hello";
};
/// The snapshot; events follow from then on.
struct Subscribe : Signature<Empty, MachineStatus> {
  static constexpr std::string_view kName = "subscribe";
};
struct Status : Signature<Empty, MachineStatus> {
  static constexpr std::string_view kName = "status";
};
struct Pause : Signature<Empty, Empty> {
  static constexpr std::string_view kName = "pause";
};
struct Resume : Signature<Empty, Empty> {
  static constexpr std::string_view kName = "resume";
};
struct Reset : Signature<Empty, Empty> {
  static constexpr std::string_view kName = "reset";
};
struct PowerButton : Signature<Empty, Empty> {
  static constexpr std::string_view kName = "power_button";
};
struct Stop : Signature<StopRequest, Empty> {
  static constexpr std::string_view kName = "stop";
};
struct Screenshot : Signature<Empty, ScreenshotResult> {
  static constexpr std::string_view kName = "screenshot";
};
struct InputKeys : Signature<KeysRequest, Empty> {
  static constexpr std::string_view kName = "input.keys";
};
struct InputType : Signature<TypeRequest, JobStarted> {
  static constexpr std::string_view kName = "input.type";
};
struct InputPointer : Signature<PointerRequest, Empty> {
  static constexpr std::string_view kName = "input.pointer";
};
struct MediaInsert : Signature<MediaInsertRequest, Empty> {
  static constexpr std::string_view kName = "media.insert";
};
struct MediaEject : Signature<MediaEjectRequest, Empty> {
  static constexpr std::string_view kName = "media.eject";
};
struct SpiceQuery : Signature<Empty, SpiceInfo> {
  static constexpr std::string_view kName = "spice.info";
};
struct SpiceSetTicket : Signature<SetTicketRequest, Empty> {
  static constexpr std::string_view kName = "spice.set_ticket";
};
struct SerialQuery : Signature<Empty, SerialInfo> {
  static constexpr std::string_view kName = "serial.info";
};
struct Metrics : Signature<Empty, MetricsResult> {
  static constexpr std::string_view kName = "metrics";
};
struct JobGet : Signature<JobRequest, JobInfo> {
  static constexpr std::string_view kName = "job.get";
};
struct JobCancel : Signature<JobRequest, Empty> {
  static constexpr std::string_view kName = "job.cancel";
};

}  // namespace saffron::api::method
