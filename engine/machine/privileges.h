// SPDX-License-Identifier: Apache-2.0
// What the engine gives up before the guest runs.
#pragma once

#include "engine/core/result.h"

namespace saffron::machine {

/// No new privileges by exec, no capabilities, no core dumps with guest memory. Control thread, before vCPUs run; other
/// threads made later inherit it. Nothing fails for lack of a privilege that was never there.
core::Result<void> drop_privileges();

}  // namespace saffron::machine
