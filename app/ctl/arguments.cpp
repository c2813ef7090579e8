// SPDX-License-Identifier: Apache-2.0
#include "app/ctl/arguments.h"

#include <fmt/core.h>

#include <charconv>

namespace saffron::ctl {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

Error usage(std::string message, const Verb& verb) {
  return Error{ErrorCode::kInvalidArgument, std::move(message), std::string(verb.name)};
}

const OptionSpec* find_option(const Verb& verb, std::string_view name) {
  for (const auto& list : {verb.options, common_options()}) {
    for (const OptionSpec& option : list) {
      if (option.name == name || (!option.short_name.empty() && option.short_name == name)) {
        return &option;
      }
    }
  }
  return nullptr;
}

}  // namespace

Result<void> Arguments::take_option(const Verb& verb, const std::vector<std::string>& words, std::size_t& index) {
  const std::string& word = words[index];
  std::string name = word;
  std::optional<std::string> attached;
  if (word.starts_with("--")) {
    if (const std::size_t equals = word.find('='); equals != std::string::npos) {
      name = word.substr(0, equals);
      attached = word.substr(equals + 1);
    }
  } else if (word.size() > 2) {
    name = word.substr(0, 2);
    attached = word.substr(2);
  }
  const OptionSpec* const option = find_option(verb, name);
  if (option == nullptr) {
    return usage(fmt::format("\"{}\" has no option {}", verb.name, name), verb);
  }
  if (option->value.empty()) {
    if (attached) {
      return usage(fmt::format("The option {} takes no value", name), verb);
    }
    options_.emplace_back(option->name, "");
    return {};
  }
  if (!attached) {
    if (index + 1 >= words.size()) {
      return usage(fmt::format("The option {} needs a value: {}", name, option->value), verb);
    }
    attached = words[++index];
  }
  options_.emplace_back(option->name, *std::move(attached));
  return {};
}

Result<Arguments> Arguments::parse(const Verb& verb, const std::vector<std::string>& words) {
  Arguments arguments;
  bool options_ended = false;
  for (std::size_t index = 0; index < words.size(); ++index) {
    const std::string& word = words[index];
    if (options_ended || word.size() < 2 || word[0] != '-') {
      arguments.positional_.push_back(word);
    } else if (word == "--") {
      options_ended = true;
    } else {
      SAFFRON_TRY(arguments.take_option(verb, words, index));
    }
  }
  if (arguments.help()) {
    return arguments;
  }
  std::size_t least = 0;
  for (const ArgumentSpec& argument : verb.arguments) {
    least += argument.optional ? 0 : 1;
  }
  const bool endless = !verb.arguments.empty() && verb.arguments.back().repeated;
  if (arguments.positional_.size() < least) {
    return usage(fmt::format("{} is missing: {}", verb.arguments[arguments.positional_.size()].name, synopsis(verb)),
                 verb);
  }
  if (arguments.positional_.size() > verb.arguments.size() && !endless) {
    return usage(fmt::format("\"{}\" is too much: {}", arguments.positional_[verb.arguments.size()], synopsis(verb)),
                 verb);
  }
  return arguments;
}

bool Arguments::has(std::string_view option) const {
  return !values(option).empty();
}

std::optional<std::string> Arguments::value(std::string_view option) const {
  const auto all = values(option);
  return all.empty() ? std::nullopt : std::optional<std::string>(all.back());
}

std::vector<std::string> Arguments::values(std::string_view option) const {
  std::vector<std::string> found;
  for (const auto& [name, value] : options_) {
    if (name == option) {
      found.push_back(value);
    }
  }
  return found;
}

Result<std::int64_t> Arguments::number(std::string_view option, std::int64_t otherwise, std::int64_t minimum,
                                       std::int64_t maximum) const {
  const auto text = value(option);
  if (!text) {
    return otherwise;
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size() || number < minimum || number > maximum) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{} must be a number from {} to {}", option, minimum, maximum), std::string(option)};
  }
  return number;
}

}  // namespace saffron::ctl
