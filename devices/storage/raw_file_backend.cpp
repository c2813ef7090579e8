// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/raw_file_backend.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "devices/storage/uring_queue.h"
#include "devices/storage/worker_queue.h"
#include "engine/core/image_format.h"
#include "engine/core/log.h"

namespace saffron::storage {

using core::Error;
using core::ErrorCode;

namespace {

constexpr std::uint32_t kDiskBlock = 512;
constexpr std::uint32_t kCdromBlock = 2048;

Error image_error(ErrorCode code, const std::string& path, std::string_view what) {
  return {code, fmt::format("{}: {}", path, what), path};
}

Error open_error(int error, const std::string& path, bool read_only) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return image_error(ErrorCode::kNotFound, path, "there is no such file");
    case EACCES:
    case EPERM:
      return image_error(ErrorCode::kPermissionDenied, path,
                         read_only ? "no permission to read it" : "no permission to read and write it");
    case EROFS:
      return image_error(ErrorCode::kPermissionDenied, path, "it is on a read-only file system");
    case EISDIR:
      return image_error(ErrorCode::kInvalidArgument, path, "it is a directory, not a disk image");
    case ETXTBSY:
      return image_error(ErrorCode::kBusy, path, "the file is in use");
    default:
      return Error::from_errno(error, "cannot open " + path, path);
  }
}

std::uint32_t usable_block_size(std::uint64_t reported) {
  const bool power_of_two = reported != 0 && (reported & (reported - 1)) == 0;
  return power_of_two && reported >= 512 && reported <= 65536 ? static_cast<std::uint32_t>(reported) : 4096;
}

}  // namespace

core::Result<std::unique_ptr<RawFileBackend>> RawFileBackend::open(const std::string& path,
                                                                   const RawFileOptions& options) {
  std::unique_ptr<RawFileBackend> backend(new RawFileBackend(path, options));
  backend->options_.read_only |= options.kind == ImageKind::kCdrom;
  SAFFRON_TRY(backend->open_file());
  SAFFRON_TRY(backend->check_size());
  SAFFRON_TRY(backend->lock());
  return backend;
}

core::Result<void> RawFileBackend::open_file() {
  const int access = options_.read_only ? O_RDONLY : O_RDWR;
  // O_NONBLOCK: a FIFO must not make us wait for somebody to open its other end.
  file_ = core::UniqueFd(::open(path_.c_str(), access | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file_) {
    return open_error(errno, path_, options_.read_only);
  }
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) {
    return Error::from_errno(errno, "cannot look at " + path_, path_);
  }
  if (S_ISDIR(status.st_mode)) {
    return open_error(EISDIR, path_, options_.read_only);
  }
  if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
    return image_error(ErrorCode::kInvalidArgument, path_, "it is neither a file nor a block device");
  }
  // io_uring would return EAGAIN for what is not in the page cache.
  ::fcntl(file_.get(), F_SETFL, ::fcntl(file_.get(), F_GETFL) & ~O_NONBLOCK);

  target_.fd = file_.get();
  target_.block_device = S_ISBLK(status.st_mode);
  target_.file_size = static_cast<std::uint64_t>(status.st_size);
  target_.geometry.physical_block_size = usable_block_size(static_cast<std::uint64_t>(status.st_blksize));
  if (target_.block_device) {
    unsigned physical = 0;
    if (::ioctl(file_.get(), BLKGETSIZE64, &target_.file_size) != 0) {
      return Error::from_errno(errno, "cannot get the size of " + path_, path_);
    }
    if (::ioctl(file_.get(), BLKPBSZGET, &physical) == 0) {
      target_.geometry.physical_block_size = usable_block_size(physical);
    }
  }
  return {};
}

core::Result<void> RawFileBackend::check_size() {
  const bool cdrom = options_.kind == ImageKind::kCdrom;
  const std::uint32_t block = cdrom ? kCdromBlock : kDiskBlock;
  if (target_.file_size == 0) {
    return image_error(ErrorCode::kInvalidArgument, path_, cdrom ? "the CD image is empty" : "the disk image is empty");
  }
  if (cdrom && target_.file_size < block) {
    return image_error(ErrorCode::kInvalidArgument, path_, "it is too short for a CD image");
  }
  if (!cdrom && target_.file_size % block != 0) {
    return image_error(ErrorCode::kInvalidArgument, path_,
                       "its size is not a multiple of 512 bytes, so it is not a raw disk image");
  }
  if (!cdrom && !target_.block_device) {
    if (const auto format = core::foreign_format_of_file(file_.get())) {
      // Written to as if it were raw, it would be destroyed.
      return image_error(ErrorCode::kUnsupported, path_, fmt::format("it is a {} image, not a raw one", *format));
    }
  }
  ports::BlockGeometry& geometry = target_.geometry;
  geometry.size = (target_.file_size + block - 1) / block * block;
  geometry.block_size = block;
  geometry.physical_block_size = std::max(geometry.physical_block_size, block);
  geometry.read_only = options_.read_only;
  // A host file system that cannot do these finds a fallback at run time.
  geometry.can_discard = !geometry.read_only && options_.allow_discard;
  geometry.can_write_zeroes = !geometry.read_only;
  return {};
}

core::Result<void> RawFileBackend::lock() {
  lock_file_ = core::UniqueFd(::open(path_.c_str(), (options_.read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOCTTY));
  struct stat ours {};
  struct stat locked {};
  if (!lock_file_ || ::fstat(file_.get(), &ours) != 0 || ::fstat(lock_file_.get(), &locked) != 0) {
    return open_error(errno, path_, options_.read_only);
  }
  if (ours.st_dev != locked.st_dev || ours.st_ino != locked.st_ino) {
    return image_error(ErrorCode::kBusy, path_, "it was replaced by another file while it was being opened");
  }
  struct flock range {};
  range.l_type = options_.read_only ? F_RDLCK : F_WRLCK;
  range.l_whence = SEEK_SET;
  if (::fcntl(lock_file_.get(), F_OFD_SETLK, &range) == 0) {
    return {};
  }
  if (errno == EAGAIN || errno == EACCES) {
    return image_error(ErrorCode::kBusy, path_, "it is already in use by a running machine");
  }
  core::log_warning("disk", "{}: its file system has no locks; nothing keeps two machines apart", path_);
  return {};
}

core::Result<std::unique_ptr<ports::BlockQueue>> RawFileBackend::open_queue(core::EventLoop& loop) {
  if (options_.engine != IoEngine::kThreads) {
    auto queue = UringQueue::create(target_, loop);
    if (queue.ok()) {
      return std::unique_ptr<ports::BlockQueue>(std::move(queue).value());
    }
    if (options_.engine == IoEngine::kUring) {
      return std::move(queue).error();
    }
    core::log_info("disk", "{}: {}; using threads", path_, queue.error().message);
  }
  return std::unique_ptr<ports::BlockQueue>(SAFFRON_TRY(WorkerQueue::create(target_, loop)));
}

}  // namespace saffron::storage
