// SPDX-License-Identifier: Apache-2.0
// Blocking file operations behind a raw disk image: what worker threads do, and the slow paths of the io_uring queue.
// Follows fallocate(2), pread(2), and linux/fs.h for BLKDISCARD.
#pragma once

#include <cstdint>

#include "devices/ports/block_backend.h"

namespace saffron::storage {

/// Most iovecs that the kernel takes in one call (UIO_MAXIOV).
inline constexpr std::size_t kMaxKernelVectors = 1024;

/// An open image. The descriptor is the backend's.
struct FileTarget {
  int fd = -1;
  /// Bytes that the file really has. A CD image whose last sector is partial has a larger BlockGeometry::size.
  std::uint64_t file_size = 0;
  bool block_device = false;
  ports::BlockGeometry geometry;
};

/// Whether `request` keeps BlockRequest's rules for this geometry.
bool request_is_legal(const ports::BlockRequest& request, const ports::BlockGeometry& geometry);

/// Drops the first `bytes` bytes of `buffers`; `bytes` is at most their sum.
void consume_buffers(std::vector<iovec>& buffers, std::uint64_t bytes);

/// Fills all of `buffers` with zeroes.
void clear_buffers(const std::vector<iovec>& buffers);

/// Carries out a legal request on the calling thread; `request.buffers` is used up. Returns 0 or an errno value.
int perform_blocking(const FileTarget& target, ports::BlockRequest& request);

}  // namespace saffron::storage
