// SPDX-License-Identifier: Apache-2.0
// saffronctl: everything the desktop application can do, from a shell.
#include <algorithm>
#include <clocale>
#include <cstdio>
#include <string>
#include <vector>

#include "app/ctl/arguments.h"
#include "app/ctl/context.h"
#include "app/ctl/help.h"
#include "app/ctl/verb.h"

namespace saffron::ctl {
namespace {

using core::Error;
using core::ErrorCode;

/// "saffronctl --help" and "saffronctl --version" are verbs, too.
std::string verb_name_of(const std::string& word) {
  if (word == "--help" || word == "-h") {
    return "help";
  }
  return word == "--version" || word == "-V" ? "version" : word;
}

int run(std::vector<std::string> words) {
  const auto rest_start = std::find(words.begin(), words.end(), "--");
  const bool json = std::find(words.begin(), rest_start, "--json") != rest_start;
  // "saffronctl --json list" is the same as "saffronctl list --json".
  while (!words.empty() && words.front() == "--json") {
    std::rotate(words.begin(), words.begin() + 1, words.end());
    if (std::all_of(words.begin(), words.end(), [](const std::string& word) { return word == "--json"; })) {
      words.clear();
    }
  }
  if (words.empty()) {
    fmt::print(stderr, "{}\n", general_help());
    return 2;
  }
  const std::string name = verb_name_of(words.front());
  const Verb* const verb = find_verb(name);
  if (verb == nullptr) {
    return report(
        {ErrorCode::kInvalidArgument, fmt::format("There is no verb \"{}\"; \"saffronctl help\" lists them", name), {}},
        json);
  }
  const auto arguments = Arguments::parse(*verb, {words.begin() + 1, words.end()});
  if (!arguments.ok()) {
    return report(arguments.error(), json);
  }
  if (arguments->help()) {
    fmt::print("{}\n", verb_help(*verb));
    return 0;
  }
  Context context(json);
  const auto status = verb->run(context, *arguments);
  return status.ok() ? *status : report(status.error(), json);
}

}  // namespace
}  // namespace saffron::ctl

int main(int count, char** words) {
  std::setlocale(LC_ALL, "");
  const int status = saffron::ctl::run({words + 1, words + count});
  // A full disk or a closed pipe behind standard output is a failure, too.
  return std::fflush(stdout) == 0 || status != 0 ? status : 1;
}
