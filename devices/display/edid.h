// SPDX-License-Identifier: Apache-2.0
// The monitor that the guest sees: an EDID 1.4 base block whose preferred mode is what the user wants.
// Models: identity, sRGB, established and standard timings, one detailed timing (CVT 1.2, reduced blanking, 60 Hz),
// range limits and name. Missing: extension blocks.
// Documents: VESA E-EDID Standard Release A2 (EDID 1.4); VESA CVT 1.2.
#pragma once

#include <array>
#include <cstdint>

namespace saffron::display {

inline constexpr std::size_t kEdidSize = 128;

/// `width` and `height`: pixels of the preferred mode, 320..3840 and 200..2160 (clamped).
std::array<std::uint8_t, kEdidSize> make_edid(std::uint32_t width, std::uint32_t height);

}  // namespace saffron::display
