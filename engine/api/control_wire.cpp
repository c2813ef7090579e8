// SPDX-License-Identifier: Apache-2.0
#include "engine/api/control_wire.h"

#include <fmt/core.h>

#include "engine/api/control_event_fields.h"
#include "engine/api/control_message_fields.h"

namespace saffron::api {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr std::size_t kMaxIdBytes = 128;  // An id comes back as it is; nobody needs a long one.

RpcFault fault(int number, ErrorCode code, std::string message, std::string subject = {}) {
  return RpcFault{"null", number, Error{code, std::move(message), std::move(subject)}};
}

/// Finds the alternative with that name and reads it.
template <std::size_t Index = 0>
std::optional<Result<EventBody>> read_event_body(std::string_view name, const Json& data) {
  if constexpr (Index < std::variant_size_v<EventBody>) {
    using Body = std::variant_alternative_t<Index, EventBody>;
    if (name != Body::kName) {
      return read_event_body<Index + 1>(name, data);
    }
    Body body;
    auto read = JsonReader(false).read(data, body);
    return read.ok() ? Result<EventBody>(EventBody(std::move(body))) : Result<EventBody>(std::move(read).error());
  } else {
    return std::nullopt;
  }
}

Result<RpcIncoming> read_event(const Json& params) {
  RpcIncoming incoming;
  if (!params.is_object() || !params.contains("event") || !params["event"].is_string() ||
      !params.contains("sequence") || !params["sequence"].is_number_unsigned()) {
    return Error{ErrorCode::kProtocol, "The engine sent an event that cannot be read", {}};
  }
  const Json data = params.contains("data") ? params["data"] : Json::object();
  auto body = read_event_body(params["event"].get_ref<const std::string&>(), data);
  if (body) {
    incoming.event = Event{params["sequence"].get<std::uint64_t>(), SAFFRON_TRY(*std::move(body))};
  }
  return incoming;
}

Error read_error(const Json& json) {
  ErrorInfo info;
  if (json.is_object() && json.contains("message") && json["message"].is_string()) {
    info.message = json["message"].get<std::string>();
  }
  if (json.is_object() && json.contains("data") && json["data"].is_object()) {
    const Json& data = json["data"];
    info.code = data.contains("code") && data["code"].is_string() ? data["code"].get<std::string>() : "";
    info.subject = data.contains("subject") && data["subject"].is_string() ? data["subject"].get<std::string>() : "";
  }
  return info.to_error();
}

}  // namespace

std::optional<RpcFault> read_request(std::string_view line, RpcRequest& to) {
  auto parsed = parse_json(line);
  if (!parsed.ok()) {
    return RpcFault{"null", kRpcParseError, std::move(parsed).error()};
  }
  const Json& json = *parsed;
  if (!json.is_object()) {
    // Batches (arrays) are not offered: a client writes several lines instead.
    return fault(kRpcInvalidRequest, ErrorCode::kProtocol, "A request must be an object");
  }
  if (json.contains("id")) {
    const Json& id = json["id"];
    to.id = dump_json(id);
    // A fraction could come back changed (JSON-RPC 2.0, section 4, discourages them); null would look like a fault.
    if (!(id.is_string() || id.is_number_integer()) || to.id.size() > kMaxIdBytes) {
      return fault(kRpcInvalidRequest, ErrorCode::kProtocol, "An id must be an integer or a short text", "id");
    }
  }
  RpcFault wrong = fault(kRpcInvalidRequest, ErrorCode::kProtocol, "");
  wrong.id = to.id.empty() ? "null" : to.id;
  if (!json.contains("jsonrpc") || json["jsonrpc"] != "2.0") {
    wrong.error.message = "A request must say \"jsonrpc\": \"2.0\"";
    wrong.error.subject = "jsonrpc";
    return wrong;
  }
  if (!json.contains("method") || !json["method"].is_string()) {
    wrong.error.message = "A request must name its method";
    wrong.error.subject = "method";
    return wrong;
  }
  for (const auto& item : json.items()) {
    if (item.key() != "jsonrpc" && item.key() != "id" && item.key() != "method" && item.key() != "params") {
      wrong.error.message = "There is no such member in a request";
      wrong.error.subject = item.key().substr(0, 64);
      return wrong;
    }
  }
  to.params = json.contains("params") ? dump_json(json["params"]) : "{}";
  to.method = json["method"].get<std::string>();
  return std::nullopt;
}

std::string request_line(std::uint64_t id, std::string_view method, const std::string& params) {
  return fmt::format("{{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"{}\",\"params\":{}}}\n", id, method, params);
}

std::string result_line(const std::string& id, const std::string& result) {
  return fmt::format("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{}}}\n", id, result);
}

std::string error_line(const std::string& id, int number, const Error& error) {
  Json json;
  json["code"] = number;
  json["message"] = error.message;
  json["data"]["code"] = core::error_code_name(error.code);
  json["data"]["subject"] = error.subject;
  return fmt::format("{{\"jsonrpc\":\"2.0\",\"id\":{},\"error\":{}}}\n", id, dump_json(json));
}

std::string event_line(const Event& event) {
  Json json;
  json["sequence"] = event.sequence;
  json["event"] = std::string(event_name(event.body));
  json["data"] = std::visit([](const auto& body) { return JsonWriter::write(body); }, event.body);
  return fmt::format("{{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{}}}\n", dump_json(json));
}

Result<RpcIncoming> read_incoming(std::string_view line) {
  const Json json = SAFFRON_TRY(parse_json(line));
  if (!json.is_object()) {
    return Error{ErrorCode::kProtocol, "The engine sent something that is no message", {}};
  }
  if (json.contains("method")) {
    if (json["method"] != "event" || !json.contains("params")) {
      return RpcIncoming{};  // A later engine's notification.
    }
    return read_event(json["params"]);
  }
  RpcIncoming incoming;
  if (json.contains("id") && json["id"].is_number_unsigned()) {
    incoming.id = json["id"].get<std::uint64_t>();
  }
  if (json.contains("error")) {
    incoming.error = read_error(json["error"]);
  } else if (json.contains("result")) {
    const Json& result = json["result"];
    if (result.is_object() && result.contains("fds") && result["fds"].is_number_unsigned()) {
      incoming.fds = result["fds"].get<std::uint64_t>();
    }
    incoming.result = dump_json(result);
  } else {
    return Error{ErrorCode::kProtocol, "The engine sent a reply without a result", {}};
  }
  return incoming;
}

std::optional<std::string_view> LineSplitter::next() {
  const std::size_t end = buffer_.find('\n', scanned_);
  if (end == std::string::npos) {
    scanned_ = buffer_.size();
    overflown_ = overflown_ || buffer_.size() - start_ > max_bytes_;
    return std::nullopt;
  }
  std::string_view line = std::string_view(buffer_).substr(start_, end - start_);
  start_ = scanned_ = end + 1;
  if (line.size() > max_bytes_) {
    overflown_ = true;
    return std::nullopt;
  }
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

void LineSplitter::compact() {
  buffer_.erase(0, start_);
  scanned_ -= start_;
  start_ = 0;
  if (buffer_.empty() && buffer_.capacity() > 64 << 10) {
    buffer_.shrink_to_fit();  // One large request must not hold its memory for the connection's life.
  }
}

}  // namespace saffron::api
