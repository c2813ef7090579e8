// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace saffron::ctl {

/// Of the whole of Saffron; CMakeLists.txt has it.
inline constexpr const char* kVersion = SAFFRON_VERSION;

}  // namespace saffron::ctl
