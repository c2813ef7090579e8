// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: JSON-RPC 2.0 lines as text, and the lines of a stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/api/control_messages.h"
#include "engine/core/result.h"

namespace saffron::api {

/// JSON-RPC's own error numbers (its section 5.1), and the one that stands for all of ours: `data.code` says which.
inline constexpr int kRpcParseError = -32700;
inline constexpr int kRpcInvalidRequest = -32600;
inline constexpr int kRpcMethodNotFound = -32601;
inline constexpr int kRpcInvalidParams = -32602;
inline constexpr int kRpcEngineError = -32000;

struct RpcRequest {
  std::string id;  // JSON text of a number or a string; empty: a notification, which gets no reply.
  std::string method;
  std::string params;  // JSON text; "{}" if absent.
};
/// What is wrong with a request that cannot be answered in a better way.
struct RpcFault {
  std::string id = "null";
  int number = kRpcParseError;
  core::Error error;
};

/// Either a request or a fault (then the request's method is empty).
std::optional<RpcFault> read_request(std::string_view line, RpcRequest& to);

std::string request_line(std::uint64_t id, std::string_view method, const std::string& params);
std::string result_line(const std::string& id, const std::string& result);
std::string error_line(const std::string& id, int number, const core::Error& error);
std::string event_line(const Event& event);

/// A line that a client receives: a reply (result or error), or an event. Events of an unknown kind have no `event`.
struct RpcIncoming {
  std::optional<std::uint64_t> id;
  std::optional<std::string> result;  // JSON text.
  std::optional<core::Error> error;
  std::optional<Event> event;
  std::uint64_t fds = 0;  // The result's "fds" member.
};
core::Result<RpcIncoming> read_incoming(std::string_view line);

/// Cuts a byte stream into lines, none longer than `max_bytes`.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t max_bytes) : max_bytes_(max_bytes) {}
  void append(std::string_view bytes) { buffer_ += bytes; }
  /// The next whole line without its end ("\n" or "\r\n"); it stays good until append().
  std::optional<std::string_view> next();
  /// Whether more has come without a line end than a line may hold.
  bool overflown() const { return overflown_; }
  /// Forgets the lines that next() has given.
  void compact();

 private:
  std::size_t max_bytes_;
  std::string buffer_;
  std::size_t start_ = 0;    // Of the next line.
  std::size_t scanned_ = 0;  // Up to here there is no line end.
  bool overflown_ = false;
};

}  // namespace saffron::api
