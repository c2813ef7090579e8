// SPDX-License-Identifier: Apache-2.0
// A command line, parsed by its verb's specification.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/ctl/verb.h"
#include "engine/core/result.h"

namespace saffron::ctl {

class Arguments {
 public:
  /// `words` are those after the verb. Options may stand anywhere before "--"; "--name=value" and "-nvalue" work too.
  /// kInvalidArgument with a sentence that names the word.
  static core::Result<Arguments> parse(const Verb& verb, const std::vector<std::string>& words);

  bool json() const { return has("--json"); }
  bool help() const { return has("--help"); }

  bool has(std::string_view option) const;
  /// The last value given.
  std::optional<std::string> value(std::string_view option) const;
  std::vector<std::string> values(std::string_view option) const;
  /// A number of an option within limits, or `otherwise`. kInvalidArgument; the subject is the option.
  core::Result<std::int64_t> number(std::string_view option, std::int64_t otherwise, std::int64_t minimum,
                                    std::int64_t maximum) const;

  const std::vector<std::string>& positional() const { return positional_; }
  const std::string& at(std::size_t index) const { return positional_[index]; }

 private:
  core::Result<void> take_option(const Verb& verb, const std::vector<std::string>& words, std::size_t& index);
  std::vector<std::pair<std::string_view, std::string>> options_;
  std::vector<std::string> positional_;
};

}  // namespace saffron::ctl
