// SPDX-License-Identifier: Apache-2.0
#include "app/ctl/help.h"

#include <fmt/core.h>

#include "app/ctl/version.h"

namespace saffron::ctl {
namespace {

std::string option_label(const OptionSpec& option) {
  std::string label;
  if (!option.short_name.empty()) {
    label = fmt::format("{}, ", option.short_name);
  }
  label += option.name;
  if (!option.value.empty()) {
    label += fmt::format(" {}", option.value);
  }
  return label;
}

/// For roff: a backslash begins an escape, a hyphen in an option is a minus sign, and a line must not begin with a
/// point or an apostrophe.
std::string roff(std::string_view text) {
  std::string result;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) {
      result += "\\&";
    }
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
    line_start = c == '\n';
  }
  return result;
}

std::string roff_paragraphs(std::string_view text) {
  std::string result;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find("\n\n", at), text.size());
    result += (at == 0 ? "" : ".PP\n") + roff(text.substr(at, end - at)) + "\n";
    at = end + 2;
  }
  return result;
}

std::string roff_options(std::span<const OptionSpec> options) {
  std::string result;
  for (const OptionSpec& option : options) {
    result += fmt::format(".TP\n.B {}\n{}.\n", roff(option_label(option)), roff(option.help));
  }
  return result;
}

std::string replaced(std::string_view text, std::string_view marker, const std::string& with) {
  std::string result(text);
  for (std::size_t at = 0; (at = result.find(marker, at)) != std::string::npos; at += with.size()) {
    result.replace(at, marker.size(), with);
  }
  return result;
}

/// Inside single quotes, for all three shells.
std::string quoted(std::string_view text) {
  return replaced(text, "'", "'\\''");
}

std::string option_words(const Verb& verb) {
  std::string words;
  for (const auto& list : {verb.options, common_options()}) {
    for (const OptionSpec& option : list) {
      words += fmt::format("{}{}", words.empty() ? "" : " ", option.name);
    }
  }
  return words;
}

/// How the scripts call what an argument stands for.
std::string_view kind_word(ArgumentKind kind) {
  switch (kind) {
    case ArgumentKind::kMachine:
      return "machine";
    case ArgumentKind::kFile:
      return "file";
    case ArgumentKind::kCombo:
      return "combo";
    case ArgumentKind::kAssignment:
      return "assignment";
    case ArgumentKind::kVerb:
      return "verb";
    case ArgumentKind::kText:
      return "text";
  }
  return "text";
}

std::string argument_words(const Verb& verb) {
  std::string words;
  for (const ArgumentSpec& argument : verb.arguments) {
    words += fmt::format("{}{}{}", words.empty() ? "" : " ", kind_word(argument.kind), argument.repeated ? "*" : "");
  }
  return words;
}

std::string verb_words() {
  std::string words;
  for (const Verb& verb : verbs()) {
    words += fmt::format("{}{}", words.empty() ? "" : " ", verb.name);
  }
  return words;
}

}  // namespace

std::string synopsis(const Verb& verb) {
  std::string text = fmt::format("saffronctl {}", verb.name);
  if (!verb.options.empty()) {
    text += " [OPTIONS]";
  }
  for (const ArgumentSpec& argument : verb.arguments) {
    const std::string name = fmt::format("{}{}", argument.name, argument.repeated ? "..." : "");
    text += argument.optional ? fmt::format(" [{}]", name) : fmt::format(" {}", name);
  }
  return text;
}

std::string general_help() {
  std::string text =
      "saffronctl controls Saffron's virtual machines.\n\nUsage: saffronctl VERB [OPTIONS] [ARGUMENTS]\n\nVerbs:\n";
  for (const Verb& verb : verbs()) {
    text += fmt::format("  {:<12} {}\n", verb.name, verb.summary);
  }
  text += "\nEvery verb has --json and --help.\n\nExit status:\n";
  for (const ExitStatus& status : exit_statuses()) {
    text += fmt::format("  {}  {}\n", status.value, status.meaning);
  }
  text += "\nMore: man saffronctl, saffronctl help VERB";
  return text;
}

std::string verb_help(const Verb& verb) {
  std::string text = fmt::format("{} - {}\n\nUsage: {}\n\n{}\n\nOptions:\n", verb.name, verb.summary, synopsis(verb),
                                 verb.description);
  for (const auto& list : {verb.options, common_options()}) {
    for (const OptionSpec& option : list) {
      text += fmt::format("  {:<24} {}\n", option_label(option), option.help);
    }
  }
  if (!verb.example.empty()) {
    text += fmt::format("\nExample:\n{}", verb.example);
  }
  while (text.ends_with('\n')) {
    text.pop_back();
  }
  return text;
}

std::string manual(std::string_view page_template) {
  std::string list;
  for (const Verb& verb : verbs()) {
    list += fmt::format(".SS {}\n.B {}\n.PP\n{}.\n{}", roff(verb.name), roff(synopsis(verb)), roff(verb.summary),
                        roff_paragraphs(verb.description));
    list += roff_options(verb.options);
  }
  std::string statuses;
  for (const ExitStatus& status : exit_statuses()) {
    statuses += fmt::format(".TP\n.B {}\n{}.\n", status.value, roff(status.meaning));
  }
  std::string page = replaced(page_template, "@VERSION@\n", fmt::format("{}\n", kVersion));
  page = replaced(page, "@VERSION@", kVersion);
  page = replaced(page, "@COMMON_OPTIONS@\n", roff_options(common_options()));
  page = replaced(page, "@EXIT_STATUSES@\n", statuses);
  return replaced(page, "@VERBS@\n", list);
}

std::string verb_manual(const Verb& verb) {
  std::string page = fmt::format(
      ".\\\" Made from the table of verbs of saffronctl.\n.TH SAFFRONCTL\\-{0} 1 \"\" \"Saffron {1}\" \"Saffron\"\n"
      ".SH NAME\nsaffronctl\\-{0} \\- {2}\n.SH SYNOPSIS\n.B {3}\n.SH DESCRIPTION\n{4}.SH OPTIONS\n",
      verb.name, kVersion, roff(verb.summary), roff(synopsis(verb)), roff_paragraphs(verb.description));
  page += roff_options(verb.options) + roff_options(common_options());
  page += ".SH EXIT STATUS\n";
  for (const ExitStatus& status : exit_statuses()) {
    page += fmt::format(".TP\n.B {}\n{}.\n", status.value, roff(status.meaning));
  }
  if (!verb.example.empty()) {
    page += fmt::format(".SH EXAMPLES\n.nf\n{}\n.fi\n", roff(verb.example));
  }
  return page + ".SH SEE ALSO\n.BR saffronctl (1)\n";
}

std::string bash_completion(std::string_view script_template) {
  std::string options;
  std::string arguments;
  for (const Verb& verb : verbs()) {
    options += fmt::format("    [{}]='{}'\n", verb.name, option_words(verb));
    arguments += fmt::format("    [{}]='{}'\n", verb.name, argument_words(verb));
  }
  std::string script = replaced(script_template, "@VERBS@", verb_words());
  script = replaced(script, "@OPTIONS@\n", options);
  return replaced(script, "@ARGUMENTS@\n", arguments);
}

std::string zsh_completion(std::string_view script_template) {
  std::string list;
  std::string options;
  std::string arguments;
  for (const Verb& verb : verbs()) {
    list += fmt::format("    '{}:{}'\n", verb.name, quoted(verb.summary));
    options += fmt::format("    {} '{}'\n", verb.name, option_words(verb));
    arguments += fmt::format("    {} '{}'\n", verb.name, argument_words(verb));
  }
  std::string script = replaced(script_template, "@VERBS@\n", list);
  script = replaced(script, "@OPTIONS@\n", options);
  return replaced(script, "@ARGUMENTS@\n", arguments);
}

std::string fish_completion(std::string_view script_template) {
  std::string lines;
  for (const Verb& verb : verbs()) {
    lines += fmt::format("complete -c saffronctl -n __fish_use_subcommand -f -a {} -d '{}'\n", verb.name,
                         quoted(verb.summary));
    const std::string seen = fmt::format("-n '__fish_seen_subcommand_from {}'", verb.name);
    for (const ArgumentSpec& argument : verb.arguments) {
      if (argument.kind == ArgumentKind::kMachine) {
        lines += fmt::format("complete -c saffronctl {} -f -a '(__saffronctl_machines)'\n", seen);
      } else if (argument.kind == ArgumentKind::kVerb) {
        lines += fmt::format("complete -c saffronctl {} -f -a '{}'\n", seen, verb_words());
      } else if (argument.kind == ArgumentKind::kFile) {
        lines += fmt::format("complete -c saffronctl {} -F\n", seen);
      }
    }
    for (const auto& list : {verb.options, common_options()}) {
      for (const OptionSpec& option : list) {
        lines += fmt::format("complete -c saffronctl {} -l {}{} -d '{}'\n", seen, option.name.substr(2),
                             option.value.empty() ? "" : " -r", quoted(option.help));
      }
    }
  }
  return replaced(script_template, "@VERBS@\n", lines);
}

}  // namespace saffron::ctl
