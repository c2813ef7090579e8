// SPDX-License-Identifier: Apache-2.0
// The VGA as a video BIOS leaves it, for a direct boot: 80x25 colour text (mode 3), so that a kernel's first words and
// kernels without a graphics driver are seen. Source: IBM PS/2 Hardware Interface Technical Reference, Video Subsystem.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/bus.h"

namespace saffron::machine {

/// The 256 characters of 8x16 dots in a VGA BIOS, 16 bytes each; empty if it has none that we know by its beginning.
std::optional<std::vector<std::uint8_t>> find_text_font(std::span<const std::uint8_t> vga_bios);

/// Sets mode 3 with `font`, which is as above, and an empty screen. vCPUs parked.
void show_text_screen(const core::Bus& io, const core::Bus& memory, std::span<const std::uint8_t> font);

}  // namespace saffron::machine
