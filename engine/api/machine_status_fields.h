// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: the members of the snapshot and its parts.
#pragma once

#include "engine/api/json_fields.h"
#include "engine/api/machine_status.h"

namespace saffron::api {

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

}  // namespace saffron::api
