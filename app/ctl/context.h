// SPDX-License-Identifier: Apache-2.0
// What a verb works with: the library, the engines, and the way it answers.
#pragma once

#include <fmt/core.h>

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "engine/api/control_client.h"
#include "engine/api/machine_library.h"
#include "engine/core/result.h"

namespace saffron::ctl {

using Json = nlohmann::ordered_json;

inline constexpr int kAnswerMs = 10000;  // An engine answers at once; a host that swaps, later.

class Context {
 public:
  explicit Context(bool json) : json_(json) {}

  bool json() const { return json_; }
  core::Result<api::MachineLibrary> library() const { return api::MachineLibrary::open_default(); }
  /// A client of the machine's engine. kNotFound: no such machine; kInvalidState: it does not run.
  core::Result<std::unique_ptr<api::ControlClient>> connect(const std::string& name) const;

  /// A line for a person; nothing with --json.
  template <typename... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) const {
    if (!json_) {
      fmt::print("{}\n", fmt::format(format, std::forward<Args>(args)...));
    }
  }
  /// With --json, the verb's answer; nothing otherwise.
  void answer(const Json& json) const;
  /// {} with --json.
  void answer_done() const;

 private:
  bool json_;
};

/// The program's exit status for an error.
int exit_status_of(core::ErrorCode code);
/// Control characters made visible: a name or a log line must not drive the terminal.
std::string printable(std::string_view text);

/// Both print an error: as {"error": ...} on standard output with --json, else as a sentence on standard error.
int report(const core::Error& error, bool json);

// The verbs. Each answers by itself and returns the exit status.
#define SAFFRON_VERB(name) core::Result<int> name(Context& context, const Arguments& arguments)
class Arguments;
SAFFRON_VERB(run_create);
SAFFRON_VERB(run_list);
SAFFRON_VERB(run_show);
SAFFRON_VERB(run_set);
SAFFRON_VERB(run_fields);
SAFFRON_VERB(run_rename);
SAFFRON_VERB(run_delete);
SAFFRON_VERB(run_start);
SAFFRON_VERB(run_stop);
SAFFRON_VERB(run_pause);
SAFFRON_VERB(run_resume);
SAFFRON_VERB(run_reset);
SAFFRON_VERB(run_power);
SAFFRON_VERB(run_screenshot);
SAFFRON_VERB(run_type);
SAFFRON_VERB(run_key);
SAFFRON_VERB(run_serial);
SAFFRON_VERB(run_log);
SAFFRON_VERB(run_events);
SAFFRON_VERB(run_metrics);
SAFFRON_VERB(run_spice);
SAFFRON_VERB(run_ticket);
SAFFRON_VERB(run_insert);
SAFFRON_VERB(run_eject);
SAFFRON_VERB(run_doctor);
SAFFRON_VERB(run_version);
SAFFRON_VERB(run_help);
#undef SAFFRON_VERB

}  // namespace saffron::ctl
