// SPDX-License-Identifier: Apache-2.0
// Text made from the table of verbs: help, manual pages and completion scripts.
#pragma once

#include <string>
#include <string_view>

#include "app/ctl/verb.h"

namespace saffron::ctl {

std::string general_help();
std::string verb_help(const Verb& verb);

/// saffronctl.1 from its template: @VERSION@ and @VERBS@ are replaced.
std::string manual(std::string_view page_template);
/// saffronctl-VERB.1
std::string verb_manual(const Verb& verb);

/// From their templates in resources/completion.
std::string bash_completion(std::string_view script_template);
std::string zsh_completion(std::string_view script_template);
std::string fish_completion(std::string_view script_template);

}  // namespace saffron::ctl
