// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: the members of the control protocol's messages, with the limits that requests must keep.
#pragma once

#include "engine/api/control_messages.h"
#include "engine/api/json_fields.h"

namespace saffron::api {

inline constexpr std::int64_t kMaxRequestPath = 4095;

template <typename V>
void describe(V&, Empty&) {}

template <typename V>
void describe(V& field, ErrorInfo& m) {
  field("code", m.code, {.required = true});
  field("message", m.message, {.required = true});
  field("subject", m.subject);
}

template <typename V>
void describe(V& field, LedState& m) {
  field("scroll_lock", m.scroll_lock);
  field("num_lock", m.num_lock);
  field("caps_lock", m.caps_lock);
}

template <typename V>
void describe(V& field, DisplayInfo& m) {
  field("width", m.width, {.required = true});
  field("height", m.height, {.required = true});
}

template <typename V>
void describe(V& field, MediaInfo& m) {
  field("id", m.id, {.required = true});
  field("removable", m.removable);
  field("path", m.path);
  field("read_only", m.read_only);
  field("locked", m.locked);
}

template <typename V>
void describe(V& field, JobInfo& m) {
  field("id", m.id, {.required = true});
  field("kind", m.kind);
  field("state", m.state, {.required = true});
  field("progress_permille", m.progress_permille);
  field("error", m.error);
}

template <typename V>
void describe(V& field, SpiceInfo& m) {
  field("unix_path", m.unix_path);
  field("tcp_address", m.tcp_address);
  field("tcp_port", m.tcp_port);
  field("uris", m.uris);
  field("ticket_required", m.ticket_required);
}

template <typename V>
void describe(V& field, MachineStatus& m) {
  field("name", m.name, {.required = true});
  field("state", m.state, {.required = true});
  field("pause_reason", m.pause_reason);
  field("sequence", m.sequence, {.required = true});
  field("pid", m.pid);
  field("vcpus", m.vcpus);
  field("memory_mib", m.memory_mib);
  field("uptime_seconds", m.uptime_seconds);
  field("cpu_seconds", m.cpu_seconds);
  field("display", m.display);
  field("viewers", m.viewers);
  field("leds", m.leds);
  field("tablet_active", m.tablet_active);
  field("spice", m.spice);
  field("media", m.media);
  field("jobs", m.jobs);
  field("last_error", m.last_error);
}

template <typename V>
void describe(V& field, HelloRequest& m) {
  field("protocol", m.protocol, {.required = true});
  field("client", m.client, {.maximum = 256});
}

template <typename V>
void describe(V& field, HelloResult& m) {
  field("protocol", m.protocol, {.required = true});
  field("engine", m.engine);
  field("machine", m.machine);
}

template <typename V>
void describe(V& field, StopRequest& m) {
  field("force", m.force);
}

template <typename V>
void describe(V& field, ScreenshotResult& m) {
  field("width", m.width, {.required = true});
  field("height", m.height, {.required = true});
  field("stride", m.stride, {.required = true});
  field("format", m.format, {.required = true});
  field("fds", m.fds, {.required = true});
}

template <typename V>
void describe(V& field, KeyEvent& m) {
  // KEY_MAX of linux/input-event-codes.h; 0 is KEY_RESERVED.
  field("code", m.code, {.required = true, .minimum = 1, .maximum = 0x2ff});
  field("pressed", m.pressed, {.required = true});
}

template <typename V>
void describe(V& field, KeysRequest& m) {
  field("keys", m.keys, {.required = true, .maximum = 256});
}

template <typename V>
void describe(V& field, TypeRequest& m) {
  field("text", m.text);
  field("combo", m.combo);
  field("interval_ms", m.interval_ms, {.minimum = 1, .maximum = 1000});
}

template <typename V>
void describe(V& field, JobStarted& m) {
  field("job", m.job, {.required = true});
}

template <typename V>
void describe(V& field, PointerButtonEvent& m) {
  field("button", m.button, {.required = true});
  field("pressed", m.pressed, {.required = true});
}

template <typename V>
void describe(V& field, PointerRequest& m) {
  field("x", m.x, {.maximum = 32767});
  field("y", m.y, {.maximum = 32767});
  field("dx", m.dx, {.minimum = -32768, .maximum = 32767});
  field("dy", m.dy, {.minimum = -32768, .maximum = 32767});
  field("wheel", m.wheel, {.minimum = -128, .maximum = 127});
  field("buttons", m.buttons, {.maximum = 16});
}

template <typename V>
void describe(V& field, MediaInsertRequest& m) {
  field("id", m.id, {.required = true, .minimum = 1, .maximum = 32});
  field("path", m.path, {.required = true, .minimum = 1, .maximum = kMaxRequestPath});
}

template <typename V>
void describe(V& field, MediaEjectRequest& m) {
  field("id", m.id, {.required = true, .minimum = 1, .maximum = 32});
  field("force", m.force);
}

template <typename V>
void describe(V& field, SetTicketRequest& m) {
  field("ticket", m.ticket, {.required = true, .minimum = 1, .maximum = 60});
  field("lifetime_seconds", m.lifetime_seconds, {.maximum = 0x7fffffff});
}

template <typename V>
void describe(V& field, SerialInfo& m) {
  field("socket_path", m.socket_path, {.required = true});
  field("log_path", m.log_path);
}

template <typename V>
void describe(V& field, MetricsResult& m) {
  field("counters", m.counters, {.required = true});
}

template <typename V>
void describe(V& field, JobRequest& m) {
  field("job", m.job, {.required = true});
}

template <typename V>
void describe(V& field, StateChanged& m) {
  field("state", m.state, {.required = true});
  field("pause_reason", m.pause_reason);
}

template <typename V>
void describe(V& field, DisplayChanged& m) {
  field("display", m.display, {.required = true});
}

template <typename V>
void describe(V& field, MediaChanged& m) {
  field("media", m.media, {.required = true});
}

template <typename V>
void describe(V& field, ViewersChanged& m) {
  field("viewers", m.viewers, {.required = true});
}

template <typename V>
void describe(V& field, InputChanged& m) {
  field("leds", m.leds, {.required = true});
  field("tablet_active", m.tablet_active);
}

template <typename V>
void describe(V& field, GuestPanicked& m) {
  field("action", m.action);
}

template <typename V>
void describe(V& field, DiskFull& m) {
  field("id", m.id, {.required = true});
  field("path", m.path);
}

template <typename V>
void describe(V& field, ErrorEvent& m) {
  field("error", m.error, {.required = true});
}

template <typename V>
void describe(V& field, Stopped& m) {
  field("reason", m.reason, {.required = true});
  field("error", m.error);
}

template <typename V>
void describe(V& field, LogEvent& m) {
  field("level", m.level);
  field("component", m.component);
  field("text", m.text);
}

template <typename V>
void describe(V& field, JobChanged& m) {
  field("job", m.job, {.required = true});
}

template <typename V>
void describe(V&, GuestReset&) {}

}  // namespace saffron::api
