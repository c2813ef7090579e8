// SPDX-License-Identifier: Apache-2.0
// The control protocol's requests, results and events as types. docs/control-protocol.md is the specification; the
// members' names are the JSON names. Texts are UTF-8.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/control_events.h"
#include "engine/api/enum_names.h"
#include "engine/api/key_names.h"
#include "engine/api/machine_status.h"
#include "engine/core/result.h"

namespace saffron::api {

inline constexpr std::int64_t kProtocolVersion = 1;

enum class PointerButtonName { kLeft, kMiddle, kRight, kSide, kExtra };

struct Empty {
  bool operator==(const Empty&) const = default;
};

struct HelloRequest {
  std::int64_t protocol = kProtocolVersion;
  std::string client;  // For the log, e.g. "saffronctl 0.1.0".
};
struct HelloResult {
  std::int64_t protocol = 0;
  std::string engine;  // Version.
  std::string machine;
};
struct StopRequest {
  bool force = false;  // false: like the power button; true: now, like pulling the plug.
};
struct ScreenshotResult {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t stride = 0;  // Bytes.
  std::string format;        // "xrgb8888": native-endian 0x00RRGGBB.
  std::uint32_t fds = 0;     // 1: a memfd with stride * height bytes comes with the reply.
};
struct KeysRequest {
  std::vector<KeyEvent> keys;  // At most 256; delivered at once, in order.
};
struct TypeRequest {
  std::optional<std::string> text;   // Either this: see text_to_keys(),
  std::optional<std::string> combo;  // or this: see combo_to_keys().
  std::uint32_t interval_ms = 15;    // Between two key events, 1..1000.
};
struct JobStarted {
  std::uint64_t job = 0;
};
struct PointerButtonEvent {
  PointerButtonName button = PointerButtonName::kLeft;
  bool pressed = false;
};
struct PointerRequest {
  std::optional<std::uint32_t> x;  // Absolute, 0..32767 over the screen; both or none.
  std::optional<std::uint32_t> y;
  std::int32_t dx = 0;  // Relative counts, -32768..32767.
  std::int32_t dy = 0;
  std::int32_t wheel = 0;                   // Detents; positive is away from the user.
  std::vector<PointerButtonEvent> buttons;  // After the movement, in order; at most 16.
};
struct MediaInsertRequest {
  std::string id;
  std::string path;  // Absolute.
};
struct MediaEjectRequest {
  std::string id;
  bool force = false;  // Even if the guest has locked the tray.
};
struct SetTicketRequest {
  std::optional<std::string> ticket;   // null: no ticket.
  std::uint32_t lifetime_seconds = 0;  // 0: for ever.
};
struct SerialInfo {
  std::string socket_path;
  std::optional<std::string> log_path;
};
struct MetricsResult {
  std::map<std::string, std::uint64_t> counters;  // E.g. "exits.io", "disk0.read_bytes".
};
struct JobRequest {
  std::uint64_t job = 0;
};

// --- Text form. For all requests, results and parts above; instantiated in control_messages.cpp. Any thread.

/// One line of JSON without a newline.
template <typename T>
std::string encode(const T& message);
/// Strict: unknown fields are errors. An engine reads requests so; a client reads results loosely, so that an older
/// client understands a newer engine. The error's subject is the field's path.
template <typename T>
core::Result<T> decode(std::string_view json, bool strict = false);

template <>
struct EnumNames<PointerButtonName> {
  static constexpr std::array<std::string_view, 5> kNames{"left", "middle", "right", "side", "extra"};
};

}  // namespace saffron::api
