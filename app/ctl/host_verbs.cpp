// SPDX-License-Identifier: Apache-2.0
// doctor, version, help; and the parts of help that the manual shares.
#include <nlohmann/json.hpp>

#include "app/ctl/arguments.h"
#include "app/ctl/context.h"
#include "app/ctl/help.h"
#include "app/ctl/version.h"
#include "engine/api/control_messages.h"
#include "engine/api/host_checks.h"

namespace saffron::ctl {

using core::Error;
using core::ErrorCode;
using core::Result;

namespace {

constexpr int kUnfitHost = 7;

}  // namespace

Result<int> run_doctor(Context& context, const Arguments&) {
  const auto checks = api::run_host_checks(api::HostProbe::real());
  Json answer;
  bool fit = true;
  Json list = Json::array();
  for (const api::HostCheck& check : checks) {
    constexpr const char* kMarks[] = {"ok", "warning", "FAILED"};
    context.say("{:<8} {}: {}", kMarks[static_cast<std::size_t>(check.state)], check.title, check.detail);
    if (!check.fix.empty()) {
      context.say("         -> {}", check.fix);
    }
    fit = fit && check.state != api::CheckState::kFailed;
    Json row;
    row["id"] = check.id;
    row["title"] = check.title;
    row["state"] = std::string(api::name_of(check.state));
    row["detail"] = check.detail;
    row["fix"] = check.fix;
    list.push_back(row);
  }
  context.say("{}", fit ? "This host can run machines." : "This host cannot run machines as it is.");
  answer["fit"] = fit;
  answer["checks"] = list;
  context.answer(answer);
  return fit ? 0 : kUnfitHost;
}

Result<int> run_version(Context& context, const Arguments&) {
  context.say("saffronctl {} (control protocol {}, machine file format {})", kVersion, api::kProtocolVersion,
              api::MachineConfig::kFormat);
  Json answer;
  answer["version"] = kVersion;
  answer["protocol"] = api::kProtocolVersion;
  answer["format"] = api::MachineConfig::kFormat;
  context.answer(answer);
  return 0;
}

Result<int> run_help(Context& context, const Arguments& arguments) {
  if (!arguments.positional().empty()) {
    const Verb* const verb = find_verb(arguments.at(0));
    if (verb == nullptr) {
      return Error{ErrorCode::kInvalidArgument, fmt::format("There is no verb \"{}\"", arguments.at(0)), {}};
    }
    context.say("{}", verb_help(*verb));
  } else {
    context.say("{}", general_help());
  }
  Json answer = Json::array();
  for (const Verb& verb : verbs()) {
    Json row;
    row["verb"] = std::string(verb.name);
    row["synopsis"] = synopsis(verb);
    row["summary"] = std::string(verb.summary);
    answer.push_back(row);
  }
  context.answer(answer);
  return 0;
}

}  // namespace saffron::ctl
