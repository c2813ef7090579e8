// SPDX-License-Identifier: Apache-2.0
// Which lock keys are on at the host's keyboard.
#pragma once

#include <optional>

namespace saffron::viewer {

/// KeyLock bits; nothing where the window system does not tell (Wayland). GUI thread.
std::optional<unsigned> host_locks();

}  // namespace saffron::viewer
