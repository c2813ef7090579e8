// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/file_io.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

namespace saffron::storage {

using ports::BlockOperation;
using ports::BlockRequest;

namespace {

int transfer(const FileTarget& target, BlockRequest& request) {
  const bool reading = request.operation == BlockOperation::kRead;
  std::uint64_t done = 0;
  while (done < request.length) {
    const int count = static_cast<int>(std::min(request.buffers.size(), kMaxKernelVectors));
    const auto position = static_cast<off_t>(request.offset + done);
    const ssize_t moved = reading ? ::preadv(target.fd, request.buffers.data(), count, position)
                                  : ::pwritev(target.fd, request.buffers.data(), count, position);
    if (moved < 0) {
      if (errno == EINTR || errno == EAGAIN) {
        continue;
      }
      return errno;
    }
    if (moved == 0) {
      if (reading && request.offset + done >= target.file_size) {
        clear_buffers(request.buffers);  // The rest of a CD image's last sector.
        return 0;
      }
      return EIO;  // The file became shorter under us, or takes no more.
    }
    consume_buffers(request.buffers, static_cast<std::uint64_t>(moved));
    done += static_cast<std::uint64_t>(moved);
  }
  return 0;
}

int call_fallocate(int fd, int mode, const BlockRequest& request) {
  for (;;) {
    if (::fallocate(fd, mode, static_cast<off_t>(request.offset), static_cast<off_t>(request.length)) == 0) {
      return 0;
    }
    if (errno != EINTR) {
      return errno;
    }
  }
}

bool not_supported(int error) {
  return error == EOPNOTSUPP || error == ENOSYS || error == ENOTTY || error == ENODEV || error == EINVAL;
}

int write_zero_bytes(const FileTarget& target, const BlockRequest& request) {
  static constexpr std::size_t kChunk = 64 * 1024;
  static constexpr std::size_t kVectors = 16;
  static constexpr std::array<std::uint8_t, kChunk> kZeroes{};
  std::uint64_t done = 0;
  while (done < request.length) {
    std::array<iovec, kVectors> vectors{};
    std::uint64_t planned = 0;
    std::size_t used = 0;
    while (used < kVectors && done + planned < request.length) {
      const auto bytes = std::min<std::uint64_t>(kChunk, request.length - done - planned);
      vectors[used++] = {const_cast<std::uint8_t*>(kZeroes.data()), static_cast<std::size_t>(bytes)};
      planned += bytes;
    }
    const ssize_t moved =
        ::pwritev(target.fd, vectors.data(), static_cast<int>(used), static_cast<off_t>(request.offset + done));
    if (moved < 0 && (errno == EINTR || errno == EAGAIN)) {
      continue;
    }
    if (moved <= 0) {
      return moved < 0 ? errno : EIO;
    }
    done += static_cast<std::uint64_t>(moved);
  }
  return 0;
}

int write_zeroes(const FileTarget& target, const BlockRequest& request) {
  constexpr int kPunch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  constexpr int kZero = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;
  int error = call_fallocate(target.fd, request.may_unmap ? kPunch : kZero, request);
  if (not_supported(error) && request.may_unmap) {
    error = call_fallocate(target.fd, kZero, request);
  }
  return not_supported(error) ? write_zero_bytes(target, request) : error;
}

int discard(const FileTarget& target, const BlockRequest& request) {
  int error = 0;
  if (target.block_device) {
    std::array<std::uint64_t, 2> range{request.offset, request.length};
    error = ::ioctl(target.fd, BLKDISCARD, range.data()) == 0 ? 0 : errno;
  } else {
    error = call_fallocate(target.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, request);
  }
  // A discard is advice (ACS-3, 7.10.3.2; virtio 1.2, 5.2.6): where the host cannot take it, nothing is lost.
  return not_supported(error) ? 0 : error;
}

}  // namespace

bool request_is_legal(const BlockRequest& request, const ports::BlockGeometry& geometry) {
  if (request.operation == BlockOperation::kFlush) {
    return true;
  }
  if (request.operation != BlockOperation::kRead && geometry.read_only) {
    return false;
  }
  if (request.offset % geometry.block_size != 0 || request.length % geometry.block_size != 0 || request.length == 0 ||
      request.offset > geometry.size || request.length > geometry.size - request.offset) {
    return false;
  }
  if (request.operation != BlockOperation::kRead && request.operation != BlockOperation::kWrite) {
    return true;
  }
  std::uint64_t total = 0;
  for (const iovec& buffer : request.buffers) {
    if (buffer.iov_len > request.length - total) {
      return false;
    }
    total += buffer.iov_len;
  }
  return total == request.length;
}

void consume_buffers(std::vector<iovec>& buffers, std::uint64_t bytes) {
  std::size_t whole = 0;
  while (whole < buffers.size() && bytes >= buffers[whole].iov_len) {
    bytes -= buffers[whole].iov_len;
    ++whole;
  }
  buffers.erase(buffers.begin(), buffers.begin() + static_cast<std::ptrdiff_t>(whole));
  if (bytes != 0 && !buffers.empty()) {
    buffers.front().iov_base = static_cast<std::uint8_t*>(buffers.front().iov_base) + bytes;
    buffers.front().iov_len -= bytes;
  }
}

void clear_buffers(const std::vector<iovec>& buffers) {
  for (const iovec& buffer : buffers) {
    std::memset(buffer.iov_base, 0, buffer.iov_len);
  }
}

int perform_blocking(const FileTarget& target, BlockRequest& request) {
  switch (request.operation) {
    case BlockOperation::kRead:
    case BlockOperation::kWrite:
      return transfer(target, request);
    case BlockOperation::kFlush:
      return ::fdatasync(target.fd) == 0 ? 0 : errno;
    case BlockOperation::kDiscard:
      return discard(target, request);
    case BlockOperation::kWriteZeroes:
      return write_zeroes(target, request);
  }
  return EINVAL;
}

}  // namespace saffron::storage
