// SPDX-License-Identifier: Apache-2.0
// What the engine gives up before the guest runs.
#pragma once

#include "engine/core/result.h"

namespace saffron::machine {

/// No new privileges through exec, no capabilities, no core dumps (they would hold the guest's secrets). As root, what
/// passt needs to become nobody is kept if `keep_user_change`. Control thread, while there is no other: threads made
/// later inherit it. Missing: a system call filter; the engine relies on being an ordinary user's process.
core::Result<void> drop_privileges(bool keep_user_change);

}  // namespace saffron::machine
