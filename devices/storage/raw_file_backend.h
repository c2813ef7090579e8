// SPDX-License-Identifier: Apache-2.0
// RawFileBackend: a disk whose bytes are those of a file or a host block device, in order. Goes through the host's
// page cache. Locks the image while it is open, with open-file-description locks over the whole file (fcntl(2)), which
// also keep QEMU and qemu-storage-daemon out. Missing: O_DIRECT; growing a disk while it is in use.
#pragma once

#include <memory>
#include <string>

#include "devices/storage/file_io.h"
#include "engine/core/unique_fd.h"

namespace saffron::storage {

enum class ImageKind {
  kDisk,   // 512-byte blocks; the file's size must be a multiple.
  kCdrom,  // Always read only; 2048-byte blocks; a partial last block reads as if zeroes followed.
};

/// How queues reach the file. kAutomatic is io_uring, or threads where the host refuses it.
enum class IoEngine { kAutomatic, kUring, kThreads };

struct RawFileOptions {
  ImageKind kind = ImageKind::kDisk;
  bool read_only = false;
  IoEngine engine = IoEngine::kAutomatic;
  bool allow_discard = true;  // False: the guest's discards are not offered, so the image keeps its blocks.
};

/// Any thread.
class RawFileBackend final : public ports::BlockBackend {
 public:
  /// Errors, each with `path` as its subject: kNotFound, kPermissionDenied, kInvalidArgument (a directory, something
  /// else that is no image, empty, or of a size that is no disk's), kBusy (another machine uses it), kIo.
  static core::Result<std::unique_ptr<RawFileBackend>> open(const std::string& path, const RawFileOptions& options);

  ports::BlockGeometry geometry() const override { return target_.geometry; }
  core::Result<std::unique_ptr<ports::BlockQueue>> open_queue(core::EventLoop& loop) override;
  const std::string& path() const { return path_; }

 private:
  RawFileBackend(std::string path, const RawFileOptions& options) : path_(std::move(path)), options_(options) {}
  core::Result<void> open_file();
  core::Result<void> check_size();
  core::Result<void> lock();

  std::string path_;
  RawFileOptions options_;
  core::UniqueFd file_;
  // The lock's own open file description. An io_uring that is being torn down holds the data file open a little
  // longer than this process lives; a machine that is started again at once must not find its disk locked by that.
  core::UniqueFd lock_file_;
  FileTarget target_;
};

}  // namespace saffron::storage
