// SPDX-License-Identifier: Apache-2.0
// A verb of saffronctl as data: parsing, help, man pages and shell completion all come from the one table of them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace saffron::ctl {

class Arguments;
class Context;

/// What an argument stands for; shell completion uses it.
enum class ArgumentKind { kText, kMachine, kFile, kCombo, kAssignment, kVerb };

struct ArgumentSpec {
  std::string_view name;  // "NAME"
  ArgumentKind kind = ArgumentKind::kText;
  bool optional = false;
  bool repeated = false;  // Only the last one.
};

struct OptionSpec {
  std::string_view name;        // "--memory"
  std::string_view short_name;  // "-m"; may be empty.
  std::string_view value;       // "SIZE"; empty: a flag.
  std::string_view help;
  ArgumentKind kind = ArgumentKind::kText;  // Of the value.
};

struct Verb {
  std::string_view name;
  std::span<const ArgumentSpec> arguments;
  std::span<const OptionSpec> options;  // Beside those of every verb: --json and --help.
  std::string_view summary;             // A line without a final point.
  std::string_view description;         // Paragraphs, separated by empty lines.
  std::string_view example;             // Command lines; may be empty.
  /// Returns the exit status.
  core::Result<int> (*run)(Context& context, const Arguments& arguments) = nullptr;
};

/// All verbs, in the order in which help shows them.
std::span<const Verb> verbs();
/// nullptr if there is none.
const Verb* find_verb(std::string_view name);
/// The options of every verb.
std::span<const OptionSpec> common_options();
/// Exit statuses with their meanings, for help and manual.
struct ExitStatus {
  int value;
  std::string_view meaning;
};
std::span<const ExitStatus> exit_statuses();

/// "saffronctl create [OPTIONS] NAME"
std::string synopsis(const Verb& verb);

}  // namespace saffron::ctl
