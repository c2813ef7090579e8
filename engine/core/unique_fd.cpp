// SPDX-License-Identifier: Apache-2.0
#include "engine/core/unique_fd.h"

#include <unistd.h>

namespace saffron::core {

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) {
    ::close(fd_);
  }
  fd_ = fd;
}

}  // namespace saffron::core
