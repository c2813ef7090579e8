// SPDX-License-Identifier: Apache-2.0
#include "engine/kvm/kvm_fd.h"

#include <sys/ioctl.h>

#include <cerrno>

namespace saffron::kvm {

int KvmFd::raw(unsigned long request, void* argument) const {
  const int result = ::ioctl(fd_.get(), request, argument);
  return result < 0 ? -errno : result;
}

int KvmFd::raw(unsigned long request, unsigned long argument) const {
  const int result = ::ioctl(fd_.get(), request, argument);
  return result < 0 ? -errno : result;
}

}  // namespace saffron::kvm
