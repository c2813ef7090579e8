// SPDX-License-Identifier: Apache-2.0
// start, stop, pause, resume, reset, power.
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/ctl/arguments.h"
#include "app/ctl/context.h"
#include "engine/api/engine_launcher.h"

namespace saffron::ctl {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

using SteadyClock = std::chrono::steady_clock;

constexpr std::int64_t kStartSeconds = 60;  // The lab's hosts are slow.
constexpr std::int64_t kStopSeconds = 120;  // A desktop guest shuts its services down.
constexpr std::int64_t kForceSeconds = api::kForceStopPatienceMs / 1000;
constexpr std::int64_t kMaxSeconds = 86400;

template <typename Method>
Result<int> simple_call(Context& context, const Arguments& arguments) {
  const auto client = SAFFRON_TRY(context.connect(arguments.at(0)));
  SAFFRON_TRY(client->call_blocking<Method>({}, kAnswerMs));
  context.answer_done();
  return 0;
}

/// Until the engine has closed the connection and let go of the machine.
Result<void> wait_for_end(api::ControlClient& client, const api::MachineLibrary& library, const std::string& name,
                          std::int64_t seconds) {
  const auto deadline = SteadyClock::now() + std::chrono::seconds(seconds);
  while (client.connected()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
    if (left <= 0) {
      return Error{
          ErrorCode::kTimedOut,
          fmt::format("The guest did not shut down in {} seconds; \"saffronctl stop --force\" ends it", seconds), name};
    }
    auto processed = client.process_blocking(static_cast<int>(left));
    if (!processed.ok()) {
      break;
    }
  }
  // The connection ends a moment before the process does.
  while (library.running(name)) {
    if (SteadyClock::now() >= deadline) {
      return Error{ErrorCode::kTimedOut, "The engine is taking very long to end", name};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return {};
}

/// At once, whatever the engine is doing.
Result<void> stop_by_force(api::ControlClient& client, const api::MachineLibrary& library, const std::string& name) {
  auto asked = client.call_blocking<api::method::Stop>({.force = true}, api::kForceStopPatienceMs);
  // An engine that ended before its answer was read has done what was asked.
  if (asked.ok() || !client.connected()) {
    if (wait_for_end(client, library, name, kForceSeconds).ok()) {
      return {};
    }
  } else if (asked.error().code != ErrorCode::kTimedOut) {
    return std::move(asked).error();
  }
  fmt::print(stderr, "saffronctl: the engine of {} does not answer: its process is ended\n", printable(name));
  SAFFRON_TRY(client.kill_engine());
  return wait_for_end(client, library, name, kForceSeconds);
}

}  // namespace

Result<int> run_start(Context& context, const Arguments& arguments) {
  const api::MachineLibrary library = SAFFRON_TRY(context.library());
  const std::string& name = arguments.at(0);
  const std::int64_t seconds = SAFFRON_TRY(arguments.number("--timeout", kStartSeconds, 1, kMaxSeconds));
  // Found here, the error is the same and comes without a process.
  const api::MachineConfig config = SAFFRON_TRY(library.load(name));
  const api::MachinePaths paths = library.paths(name);
  SAFFRON_TRY(api::check_host_limits(config, api::host_limits()));
  SAFFRON_TRY(api::check_machine_files(config, paths.directory));
  api::LaunchOptions options;
  if (arguments.has("--headless")) {
    options.extra_arguments.emplace_back("--headless");
  }
  const auto launch = SAFFRON_TRY(api::EngineLaunch::start(paths, options));
  SAFFRON_TRY(launch->wait(static_cast<int>(seconds * 1000)));
  Json answer;
  answer["control_socket"] = paths.control_socket;
  answer["log"] = paths.log_file;
  context.answer(answer);
  return 0;
}

Result<int> run_stop(Context& context, const Arguments& arguments) {
  const api::MachineLibrary library = SAFFRON_TRY(context.library());
  const std::string& name = arguments.at(0);
  const std::int64_t seconds = SAFFRON_TRY(arguments.number("--timeout", kStopSeconds, 1, kMaxSeconds));
  const auto client = SAFFRON_TRY(context.connect(name));
  if (arguments.has("--force")) {
    SAFFRON_TRY(stop_by_force(*client, library, name));
    context.answer_done();
    return 0;
  }
  auto asked = client->call_blocking<api::method::Stop>({.force = false}, kAnswerMs);
  // An engine that ended before its answer was read has done what was asked.
  if (!asked.ok() && client->connected()) {
    return std::move(asked).error();
  }
  if (!arguments.has("--no-wait")) {
    SAFFRON_TRY(wait_for_end(*client, library, name, seconds));
  }
  context.answer_done();
  return 0;
}

Result<int> run_pause(Context& context, const Arguments& arguments) {
  return simple_call<api::method::Pause>(context, arguments);
}
Result<int> run_resume(Context& context, const Arguments& arguments) {
  return simple_call<api::method::Resume>(context, arguments);
}
Result<int> run_reset(Context& context, const Arguments& arguments) {
  return simple_call<api::method::Reset>(context, arguments);
}
Result<int> run_power(Context& context, const Arguments& arguments) {
  return simple_call<api::method::PowerButton>(context, arguments);
}

}  // namespace saffron::ctl
