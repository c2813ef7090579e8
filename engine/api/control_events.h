// SPDX-License-Identifier: Apache-2.0
// The control protocol's events. Members' names are JSON names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/api/enum_names.h"
#include "engine/api/machine_status.h"

namespace saffron::api {

enum class StopReason { kGuestShutdown, kGuestPanic, kForced, kError };

struct StateChanged {
  static constexpr std::string_view kName = "state_changed";
  MachineState state = MachineState::kStarting;
  PauseReason pause_reason = PauseReason::kNone;
};
struct DisplayChanged {
  static constexpr std::string_view kName = "display_changed";
  DisplayInfo display;
};
struct MediaChanged {
  static constexpr std::string_view kName = "media_changed";
  MediaInfo media;
};
struct ViewersChanged {
  static constexpr std::string_view kName = "viewers_changed";
  std::uint32_t viewers = 0;
};
struct InputChanged {
  static constexpr std::string_view kName = "input_changed";
  LedState leds;
  bool tablet_active = false;
};
struct GuestPanicked {
  static constexpr std::string_view kName = "guest_panicked";
  std::string action;  // What the engine does: name_of(PanicAction).
};
struct DiskFull {
  static constexpr std::string_view kName = "disk_full";
  std::string id;
  std::string path;
};
struct ErrorEvent {
  static constexpr std::string_view kName = "error";
  ErrorInfo error;
};
/// The last event before the engine ends.
struct Stopped {
  static constexpr std::string_view kName = "stopped";
  StopReason reason = StopReason::kGuestShutdown;
  std::optional<ErrorInfo> error;  // kError.
};
struct LogEvent {
  static constexpr std::string_view kName = "log";
  std::string level;
  std::string component;
  std::string text;
};
struct JobChanged {
  static constexpr std::string_view kName = "job_changed";
  JobInfo job;
};
struct GuestReset {
  static constexpr std::string_view kName = "guest_reset";
};

using EventBody = std::variant<StateChanged, DisplayChanged, MediaChanged, ViewersChanged, InputChanged, GuestPanicked,
                               DiskFull, ErrorEvent, Stopped, LogEvent, JobChanged, GuestReset>;
struct Event {
  std::uint64_t sequence = 0;  // Of this engine; rises by one an event.
  EventBody body;
};
std::string_view event_name(const EventBody& body);

template <>
struct EnumNames<StopReason> {
  static constexpr std::array<std::string_view, 4> kNames{"guest_shutdown", "guest_panic", "forced", "error"};
};

}  // namespace saffron::api
