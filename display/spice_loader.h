// SPDX-License-Identifier: Apache-2.0
// Loads saffron-spice.so when a machine has a display. The only place that calls dlopen.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "display/spice_display.h"

namespace saffron::spice {

/// Where the module may be, best first: beside the running program (build tree, relocated tree), then the install path.
std::vector<std::string> module_candidates(const std::string& executable_path);

/// Loads the module from the first of `candidates` that exists and makes a server. The module is never unloaded.
/// Loop thread, or before the loop runs. Errors: kNotFound (no module), kUnsupported (it does not load, or is of
/// another version), and what the server's own creation reports (kBusy: the socket or port is taken).
core::Result<std::unique_ptr<SpiceServer>> load_spice_server(const SpiceRequest& request,
                                                             const std::vector<std::string>& candidates);
/// The same, for the running program.
core::Result<std::unique_ptr<SpiceServer>> load_spice_server(const SpiceRequest& request);

}  // namespace saffron::spice
