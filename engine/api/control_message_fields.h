// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: the members of the control protocol's requests and results, with the limits that requests
// must keep.
#pragma once

#include "engine/api/control_messages.h"
#include "engine/api/json_fields.h"
#include "engine/api/machine_status_fields.h"

namespace saffron::api {

inline constexpr std::int64_t kMaxRequestPath = 4095;

template <typename V>
void describe(V&, Empty&) {}

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

}  // namespace saffron::api
