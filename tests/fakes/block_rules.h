// SPDX-License-Identifier: Apache-2.0
// The rules that BlockRequest states, as a check.
#pragma once

#include "devices/ports/block_backend.h"

namespace saffron::fakes {

/// Whether a device may send `request` to a backend of this geometry.
inline bool follows_rules(const ports::BlockRequest& request, const ports::BlockGeometry& geometry) {
  if (request.operation == ports::BlockOperation::kFlush) {
    return true;
  }
  std::uint64_t total = 0;
  for (const iovec& buffer : request.buffers) {
    total += buffer.iov_len;
  }
  const bool moves =
      request.operation == ports::BlockOperation::kRead || request.operation == ports::BlockOperation::kWrite;
  return request.length != 0 && request.offset % geometry.block_size == 0 &&
         request.length % geometry.block_size == 0 && request.offset <= geometry.size &&
         request.length <= geometry.size - request.offset && (!moves || total == request.length) &&
         (request.operation == ports::BlockOperation::kRead || !geometry.read_only);
}

}  // namespace saffron::fakes
