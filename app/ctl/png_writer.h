// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "engine/core/result.h"

namespace saffron::ctl {

/// Writes XRGB8888 pixels (native-endian 0x00RRGGBB; `stride` in bytes, a multiple of 4) as a PNG file without alpha.
/// "-" is standard output. On failure no file is left behind.
core::Result<void> write_png(const std::string& path, std::uint32_t width, std::uint32_t height, std::uint32_t stride,
                             const std::uint8_t* pixels);

}  // namespace saffron::ctl
