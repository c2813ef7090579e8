// SPDX-License-Identifier: Apache-2.0
// Disk images that are not raw: a guest that wrote into one would destroy it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace saffron::core {

/// The name of the format that a file's first bytes tell of, e.g. "qcow2"; empty for a raw image, as far as one can
/// see. Sources: QEMU docs/interop/qcow2.txt, qed_spec.txt; VMware Virtual Disk Format 5.0; MS-VHDX; Microsoft's VHD
/// specification; VirtualBox, VDICore.h.
std::optional<std::string_view> foreign_image_format(std::span<const std::uint8_t> head);
/// The same of an open file; empty where it cannot be read.
std::optional<std::string_view> foreign_format_of_file(int fd);

}  // namespace saffron::core
