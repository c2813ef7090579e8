// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/file_bytes.h"

#include <fmt/core.h>

#include "engine/machine/boot_image.h"

namespace saffron::machine {

core::Result<std::vector<std::uint8_t>> read_file_bytes(const std::string& path, std::size_t limit, std::string field) {
  const BootFile file = SAFFRON_TRY(BootFile::open(path, std::move(field)));
  if (file.size() > limit) {
    return file.error(core::ErrorCode::kOutOfRange, fmt::format("{} is larger than {} KiB", path, limit / 1024));
  }
  return file.head(limit);
}

}  // namespace saffron::machine
