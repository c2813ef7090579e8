// SPDX-License-Identifier: Apache-2.0
#include "app/ctl/context.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/ctl/version.h"
#include "engine/api/control_messages.h"

namespace saffron::ctl {

using core::Error;
using core::ErrorCode;
using core::Result;

Result<std::unique_ptr<api::ControlClient>> Context::connect(const std::string& name) const {
  const api::MachineLibrary machines = SAFFRON_TRY(library());
  const api::MachineEntry entry = SAFFRON_TRY(machines.find(name));
  auto client = api::ControlClient::connect(entry.paths.control_socket, fmt::format("saffronctl {}", kVersion));
  if (!client.ok() && client.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kInvalidState, fmt::format("The machine \"{}\" is not running", name), name};
  }
  return client;
}

void Context::answer(const Json& json) const {
  if (json_) {
    fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  }
}

void Context::answer_done() const {
  answer(Json::object());
}

int exit_status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kOutOfRange:
      return 2;
    case ErrorCode::kNotFound:
      return 3;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kBusy:
    case ErrorCode::kInvalidState:
      return 4;
    case ErrorCode::kPermissionDenied:
      return 5;
    case ErrorCode::kTimedOut:
      return 6;
    case ErrorCode::kExhausted:
    case ErrorCode::kUnsupported:
      return 7;
    case ErrorCode::kIo:
    case ErrorCode::kProtocol:
    case ErrorCode::kCancelled:
    case ErrorCode::kInternal:
      return 1;
  }
  return 1;
}

std::string printable(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  return result;
}

int report(const Error& error, bool json) {
  if (json) {
    Json answer;
    answer["error"]["code"] = core::error_code_name(error.code);
    answer["error"]["message"] = error.message;
    answer["error"]["subject"] = error.subject;
    fmt::print("{}\n", answer.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    const bool repeats = error.subject.empty() || error.message.find(error.subject) != std::string::npos;
    fmt::print(stderr, "saffronctl: {}{}\n", repeats ? "" : printable(error.subject) + ": ", printable(error.message));
  }
  return exit_status_of(error.code);
}

}  // namespace saffron::ctl
