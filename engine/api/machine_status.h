// SPDX-License-Identifier: Apache-2.0
// The snapshot of a running machine, and its parts, as the control protocol sends them. Members' names are JSON names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/enum_names.h"
#include "engine/core/result.h"

namespace saffron::api {

enum class MachineState { kStarting, kRunning, kPaused, kStopping, kStopped, kCrashed };
/// Why a machine is paused; kNone in all other states.
enum class PauseReason { kNone, kUser, kDiskFull, kGuestPanic, kError };
enum class JobState { kRunning, kDone, kFailed, kCancelled };

/// An error as it travels: `code` is error_code_name().
struct ErrorInfo {
  std::string code;
  std::string message;
  std::string subject;
  static ErrorInfo from(const core::Error& error);
  core::Error to_error() const;
  bool operator==(const ErrorInfo&) const = default;
};

struct LedState {
  bool scroll_lock = false;
  bool num_lock = false;
  bool caps_lock = false;
  bool operator==(const LedState&) const = default;
};

struct DisplayInfo {
  std::uint32_t width = 0;  // Pixels; 0 while the screen is off.
  std::uint32_t height = 0;
  bool operator==(const DisplayInfo&) const = default;
};

struct MediaInfo {
  std::string id;
  bool removable = false;           // A CD-ROM drive.
  std::optional<std::string> path;  // Empty optional: no medium.
  bool read_only = false;
  bool locked = false;  // The guest prevents removal.
  bool operator==(const MediaInfo&) const = default;
};

struct JobInfo {
  std::uint64_t id = 0;
  std::string kind;  // The method that started it, e.g. "input.type".
  JobState state = JobState::kRunning;
  std::uint32_t progress_permille = 0;
  std::optional<ErrorInfo> error;  // kFailed.
  bool operator==(const JobInfo&) const = default;
};

struct SpiceInfo {
  std::string unix_path;
  std::optional<std::string> tcp_address;
  std::optional<std::uint32_t> tcp_port;
  std::vector<std::string> uris;  // Best first: "spice+unix:///...", "spice://127.0.0.1:5930".
  bool ticket_required = false;   // On TCP.
  bool operator==(const SpiceInfo&) const = default;
};

/// The snapshot: everything a client shows. Every event up to and including `sequence` is in it.
struct MachineStatus {
  std::string name;
  MachineState state = MachineState::kStarting;
  PauseReason pause_reason = PauseReason::kNone;
  std::uint64_t sequence = 0;  // Filled in by ControlServer.
  std::uint32_t pid = 0;       // Of the engine.
  std::uint32_t vcpus = 0;
  std::uint64_t memory_mib = 0;
  double uptime_seconds = 0;  // Since the engine's start.
  double cpu_seconds = 0;     // Of the whole engine, user and system.
  DisplayInfo display;
  std::uint32_t viewers = 0;
  LedState leds;
  bool tablet_active = false;  // The guest listens to the tablet.
  SpiceInfo spice;
  std::vector<MediaInfo> media;  // Disks and CD-ROM drives, in the order of machine.json.
  std::vector<JobInfo> jobs;     // Running, and the last ones that ended. Filled in by ControlServer.
  std::optional<ErrorInfo> last_error;
  bool operator==(const MachineStatus&) const = default;
};

template <>
struct EnumNames<MachineState> {
  static constexpr std::array<std::string_view, 6> kNames{"starting", "running", "paused",
                                                          "stopping", "stopped", "crashed"};
};
template <>
struct EnumNames<PauseReason> {
  static constexpr std::array<std::string_view, 5> kNames{"none", "user", "disk_full", "guest_panic", "error"};
};
template <>
struct EnumNames<JobState> {
  static constexpr std::array<std::string_view, 4> kNames{"running", "done", "failed", "cancelled"};
};

}  // namespace saffron::api
