// SPDX-License-Identifier: Apache-2.0
// create, list, show, set, fields, rename, delete.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/ctl/arguments.h"
#include "app/ctl/context.h"
#include "engine/api/config_fields.h"

namespace saffron::ctl {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr const char* kDefaultDiskSize = "20G";
constexpr int kStatusMs = 2000;  // For a list: one engine that hangs must not hide the others for long.

Json config_json(const api::MachineConfig& config) {
  return Json::parse(api::serialize_machine_config(config));
}

Json error_json(const Error& error) {
  return Json::parse(api::encode(api::ErrorInfo::from(error)));
}

/// Paths on a command line are relative to where the user is, not to the machine.
std::string absolute(const std::string& path) {
  std::error_code error;
  const auto result = std::filesystem::absolute(path, error);
  return error ? path : result.lexically_normal().string();
}

Result<void> assign(api::MachineConfig& config, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("\"{}\" is not FIELD=VALUE", assignment), {}};
  }
  return api::set_config_field(config, assignment.substr(0, equals), assignment.substr(equals + 1));
}

Result<api::MachineConfig> config_from_file(const std::string& path, const std::string& name) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return Error{ErrorCode::kNotFound, fmt::format("Cannot read {}", path), "--from"};
  }
  api::MachineConfig config = SAFFRON_TRY(api::parse_machine_config(text.str()));
  config.name = name;
  config.uuid = api::random_uuid();  // Two machines are never the same one.
  return config;
}

api::MachineConfig usual_config(const std::string& name, const api::HostLimits& limits) {
  api::MachineConfig config;
  config.name = name;
  config.uuid = api::random_uuid();
  config.memory_mib = std::min<std::uint64_t>(config.memory_mib, std::max<std::uint64_t>(limits.memory_mib / 2, 16));
  config.cpus = std::min(config.cpus, limits.cpus);
  config.cdroms = {{"cd0", std::nullopt}};
  api::NetworkConfig network;
  network.id = "net0";
  config.networks = {network};
  return config;
}

void add_disk(api::MachineConfig& config, const std::string& path) {
  api::DiskConfig disk;
  disk.id = fmt::format("disk{}", config.disks.size());
  disk.path = absolute(path);
  config.disks.push_back(disk);
}

Result<void> apply_create_options(api::MachineConfig& config, const Arguments& arguments) {
  for (const char* option : {"--memory", "--cpus"}) {
    if (const auto value = arguments.value(option)) {
      SAFFRON_TRY(api::set_config_field(config, std::string_view(option).substr(2), *value));
    }
  }
  for (const std::string& path : arguments.values("--disk")) {
    add_disk(config, path);
  }
  const auto images = arguments.values("--cdrom");
  for (std::size_t index = 0; index < images.size(); ++index) {
    const api::CdromConfig cdrom{fmt::format("cd{}", index), absolute(images[index])};
    if (index < config.cdroms.size()) {
      config.cdroms[index].path = cdrom.path;
    } else {
      config.cdroms.push_back(cdrom);
    }
  }
  if (const auto kernel = arguments.value("--kernel")) {
    config.boot.kernel = absolute(*kernel);
  }
  if (const auto initrd = arguments.value("--initrd")) {
    config.boot.initrd = absolute(*initrd);
  }
  if (const auto command_line = arguments.value("--append")) {
    config.boot.command_line = *command_line;
  }
  if (arguments.has("--no-network")) {
    config.networks.clear();
  }
  for (const std::string& assignment : arguments.values("--set")) {
    SAFFRON_TRY(assign(config, assignment));
  }
  return {};
}

Result<api::CreateOptions> disk_options(const Arguments& arguments, const api::MachineConfig& config) {
  api::CreateOptions options;
  const auto size = arguments.value("--disk-size");
  const bool wanted = !arguments.has("--no-disk") && config.disks.empty() && !config.boot.kernel;
  if (!size && !wanted) {
    return options;
  }
  auto bytes = api::parse_size(size.value_or(kDefaultDiskSize), 1);
  if (!bytes.ok()) {
    Error error = std::move(bytes).error();
    error.subject = "--disk-size";
    return error;
  }
  options.new_disk_bytes = *bytes;
  return options;
}

/// The engine's snapshot, if the machine runs and answers.
std::optional<api::MachineStatus> status_of(const Context& context, const api::MachineEntry& entry) {
  if (!entry.running) {
    return std::nullopt;
  }
  auto client = context.connect(entry.paths.name);
  if (!client.ok()) {
    return std::nullopt;
  }
  auto status = (*client)->call_blocking<api::method::Status>({}, kStatusMs);
  return status.ok() ? std::optional<api::MachineStatus>(*std::move(status)) : std::nullopt;
}

std::string state_text(const api::MachineEntry& entry, const std::optional<api::MachineStatus>& status) {
  if (status) {
    std::string text(api::name_of(status->state));
    if (status->state == api::MachineState::kPaused && status->pause_reason != api::PauseReason::kNone) {
      text += fmt::format(" ({})", api::name_of(status->pause_reason));
    }
    return text;
  }
  if (entry.running) {
    return "starting";
  }
  return entry.problem ? "broken" : "off";
}

Json entry_json(const api::MachineEntry& entry, const std::optional<api::MachineStatus>& status) {
  Json json;
  json["name"] = entry.paths.name;
  json["state"] = status ? std::string(api::name_of(status->state)) : state_text(entry, status);
  json["running"] = entry.running;
  json["directory"] = entry.paths.directory;
  json["memory_mib"] = entry.config ? Json(entry.config->memory_mib) : Json(nullptr);
  json["cpus"] = entry.config ? Json(entry.config->cpus) : Json(nullptr);
  json["problem"] = entry.problem ? error_json(*entry.problem) : Json(nullptr);
  return json;
}

/// "256 MiB (512 MiB until it ends)", where the settings have changed since the start.
std::string with_present(std::uint64_t setting, std::uint64_t present, std::string_view unit) {
  return fmt::format("{}{}{}", setting, unit,
                     present == setting ? "" : fmt::format(" ({}{} until it ends)", present, unit));
}

std::string problem_text(const core::Error& problem) {
  return problem.subject.empty() ? printable(problem.message)
                                 : fmt::format("{}: {}", printable(problem.subject), printable(problem.message));
}

void say_config(const Context& context, const api::MachineConfig& config,
                const std::optional<api::MachineStatus>& status) {
  context.say("memory:    {}",
              with_present(config.memory_mib, status ? status->memory_mib : config.memory_mib, " MiB"));
  context.say("cpus:      {}", with_present(config.cpus, status ? status->vcpus : config.cpus, ""));
  for (const api::DiskConfig& disk : config.disks) {
    context.say("{:<10} {} ({}{})", disk.id + ":", printable(disk.path), api::name_of(disk.bus),
                disk.read_only ? ", read only" : "");
  }
  for (const api::CdromConfig& cdrom : config.cdroms) {
    context.say("{:<10} {}", cdrom.id + ":", cdrom.path ? printable(*cdrom.path) : "(empty)");
  }
  for (const api::NetworkConfig& network : config.networks) {
    context.say("{:<10} {} {}", network.id + ":", api::name_of(network.mode), api::effective_mac(config, network));
  }
  if (config.boot.kernel) {
    context.say("kernel:    {} {}", printable(*config.boot.kernel), printable(config.boot.command_line));
  }
}

bool confirmed(const std::string& name) {
  fmt::print(stderr, "Delete the machine \"{}\" and the disk images in its directory? [y/N] ", printable(name));
  std::string line;
  std::getline(std::cin, line);
  return line == "y" || line == "Y" || line == "yes";
}

}  // namespace

Result<int> run_create(Context& context, const Arguments& arguments) {
  const api::MachineLibrary library = SAFFRON_TRY(context.library());
  const api::HostLimits limits = api::host_limits();
  const std::string& name = arguments.at(0);
  SAFFRON_TRY(api::check_machine_name(name));
  const auto from = arguments.value("--from");
  api::MachineConfig config = from ? SAFFRON_TRY(config_from_file(*from, name)) : usual_config(name, limits);
  SAFFRON_TRY(apply_create_options(config, arguments));
  const api::CreateOptions options = SAFFRON_TRY(disk_options(arguments, config));
  const api::MachineConfig made = SAFFRON_TRY(library.create(config, options, limits));
  context.say("Created \"{}\" in {}", made.name, printable(library.paths(made.name).directory));
  Json answer;
  answer["name"] = made.name;
  answer["directory"] = library.paths(made.name).directory;
  answer["config"] = config_json(made);
  context.answer(answer);
  return 0;
}

Result<int> run_list(Context& context, const Arguments& arguments) {
  const api::MachineLibrary library = SAFFRON_TRY(context.library());
  const auto entries = SAFFRON_TRY(library.list());
  Json answer = Json::array();
  if (!arguments.has("--names") && !entries.empty()) {
    context.say("{:<24} {:<20} {:>8} {:>5}", "NAME", "STATE", "MEMORY", "CPUS");
  }
  for (const api::MachineEntry& entry : entries) {
    if (arguments.has("--names")) {
      context.say("{}", printable(entry.paths.name));
      answer.push_back(entry.paths.name);
      continue;
    }
    const auto status = status_of(context, entry);
    answer.push_back(entry_json(entry, status));
    const std::string memory = status         ? fmt::format("{}M", status->memory_mib)
                               : entry.config ? fmt::format("{}M", entry.config->memory_mib)
                                              : "-";
    const std::string cpus = status         ? fmt::format("{}", status->vcpus)
                             : entry.config ? fmt::format("{}", entry.config->cpus)
                                            : "-";
    context.say("{:<24} {:<20} {:>8} {:>5}", printable(entry.paths.name), state_text(entry, status), memory, cpus);
    if (entry.problem) {
      context.say("    {}", problem_text(*entry.problem));
    }
  }
  context.answer(answer);
  return 0;
}

Result<int> run_show(Context& context, const Arguments& arguments) {
  const api::MachineLibrary library = SAFFRON_TRY(context.library());
  const api::MachineEntry entry = SAFFRON_TRY(library.find(arguments.at(0)));
  if (const auto field = arguments.value("--field")) {
    if (entry.problem) {
      return *entry.problem;
    }
    const std::string value = SAFFRON_TRY(api::get_config_field(*entry.config, *field));
    context.say("{}", printable(value));
    context.answer(Json::parse(value));
    return 0;
  }
  const auto status = status_of(context, entry);
  Json answer = entry_json(entry, status);
  answer["log"] = entry.paths.log_file;
  answer["config"] = entry.config ? config_json(*entry.config) : Json(nullptr);
  answer["status"] = status ? Json::parse(api::encode(*status)) : Json(nullptr);
  context.answer(answer);

  context.say("name:      {}", printable(entry.paths.name));
  context.say("state:     {}", state_text(entry, status));
  context.say("directory: {}", printable(entry.paths.directory));
  if (entry.problem) {
    context.say("problem:   {}", problem_text(*entry.problem));
  }
  if (entry.config) {
    say_config(context, *entry.config, status);
  }
  if (status) {
    context.say("engine:    pid {}, up {:.0f} s, {:.1f} s of CPU time", status->pid, status->uptime_seconds,
                status->cpu_seconds);
    context.say("screen:    {}x{}, {} viewer(s)", status->display.width, status->display.height, status->viewers);
    for (const std::string& uri : status->spice.uris) {
      context.say("spice:     {}", printable(uri));
    }
  }
  return 0;
}

Result<int> run_set(Context& context, const Arguments& arguments) {
  const api::MachineLibrary library = SAFFRON_TRY(context.library());
  const std::string& name = arguments.at(0);
  api::MachineConfig config = SAFFRON_TRY(library.load(name));
  for (std::size_t index = 1; index < arguments.positional().size(); ++index) {
    SAFFRON_TRY(assign(config, arguments.at(index)));
  }
  if (config.name != name) {
    return Error{ErrorCode::kInvalidArgument, "A machine gets another name by \"saffronctl rename\"", "name"};
  }
  SAFFRON_TRY(library.update(config, api::host_limits()));
  const bool running = library.running(name);
  if (running) {
    context.say("The machine is running: this holds from its next start.");
  }
  Json answer;
  answer["config"] = config_json(config);
  answer["restart_needed"] = running;
  context.answer(answer);
  return 0;
}

Result<int> run_fields(Context& context, const Arguments&) {
  Json answer = Json::array();
  for (const api::FieldInfo& field : api::config_fields()) {
    constexpr const char* kTypes[] = {"boolean", "integer", "text", "choice", "object", "list"};
    Json json;
    json["path"] = field.path;
    json["type"] = kTypes[static_cast<std::size_t>(field.type)];
    json["required"] = field.required;
    json["nullable"] = field.nullable;
    json["default"] = field.default_value.empty() ? Json(nullptr) : Json::parse(field.default_value);
    json["choices"] = field.choices;
    if (field.type == api::FieldType::kInteger) {
      json["minimum"] = field.minimum;
      json["maximum"] = field.maximum;
    }
    json["unit"] = field.unit;
    json["help"] = field.help;
    answer.push_back(json);
    std::string what = kTypes[static_cast<std::size_t>(field.type)];
    if (!field.choices.empty()) {
      what = fmt::format("{}", fmt::join(field.choices, "|"));
    } else if (field.type == api::FieldType::kInteger) {
      what = fmt::format("{}..{}{}{}", field.minimum, field.maximum, field.unit.empty() ? "" : " ", field.unit);
    }
    context.say("{:<40} {}{}\n    {}.{}", field.path, what, field.nullable ? " or null" : "", field.help,
                field.default_value.empty() || field.type == api::FieldType::kObject
                    ? ""
                    : fmt::format(" Default: {}", field.default_value));
  }
  context.answer(answer);
  return 0;
}

Result<int> run_rename(Context& context, const Arguments& arguments) {
  const api::MachineLibrary library = SAFFRON_TRY(context.library());
  SAFFRON_TRY(library.rename(arguments.at(0), arguments.at(1)));
  context.answer_done();
  return 0;
}

Result<int> run_delete(Context& context, const Arguments& arguments) {
  const api::MachineLibrary library = SAFFRON_TRY(context.library());
  const std::string& name = arguments.at(0);
  SAFFRON_TRY(library.find(name));
  if (isatty(STDIN_FILENO) == 1 && !context.json() && !arguments.has("--yes") && !confirmed(name)) {
    return Error{ErrorCode::kCancelled, "Nothing was deleted", name};
  }
  SAFFRON_TRY(library.remove(name));
  context.answer_done();
  return 0;
}

}  // namespace saffron::ctl
