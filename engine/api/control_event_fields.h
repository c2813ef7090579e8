// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: the members of the control protocol's events.
#pragma once

#include "engine/api/control_events.h"
#include "engine/api/json_fields.h"
#include "engine/api/machine_status_fields.h"

namespace saffron::api {

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
