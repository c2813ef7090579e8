// SPDX-License-Identifier: Apache-2.0
// KvmFd: the one place where ioctl is called on KVM's file descriptors.
#pragma once

#include <string>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace saffron::kvm {

/// A file descriptor of /dev/kvm, a VM, a vCPU or a device. Any thread, as far as the request allows it.
class KvmFd {
 public:
  KvmFd() = default;
  explicit KvmFd(core::UniqueFd fd) : fd_(std::move(fd)) {}

  int get() const { return fd_.get(); }
  explicit operator bool() const { return static_cast<bool>(fd_); }

  /// The raw result of ioctl(request, argument): not negative, or -errno. EINTR is the caller's business.
  int raw(unsigned long request, void* argument) const;
  int raw(unsigned long request, unsigned long argument = 0) const;

  /// As raw(), with a failure as an Error that begins with `what`.
  template <typename Argument>
  core::Result<int> call(unsigned long request, Argument argument, const char* what) const {
    const int result = raw(request, argument);
    if (result < 0) {
      return core::Error::from_errno(-result, what, "/dev/kvm");
    }
    return result;
  }

 private:
  core::UniqueFd fd_;
};

}  // namespace saffron::kvm
