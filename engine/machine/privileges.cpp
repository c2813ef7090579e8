// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/privileges.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace saffron::machine {

core::Result<void> drop_privileges(bool keep_user_change) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return core::Error::from_errno(errno, "cannot give up new privileges");
  }
  std::uint64_t kept = 0;
  if (keep_user_change && ::geteuid() == 0) {
    kept = (std::uint64_t{1} << CAP_SETUID) | (std::uint64_t{1} << CAP_SETGID);
  }
  for (unsigned capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    if ((kept >> capability & 1) == 0) {
      ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);  // Not allowed without CAP_SETPCAP: then there is nothing to drop.
    }
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> wanted{};
  for (unsigned half = 0; half < wanted.size(); ++half) {
    const auto bits = static_cast<std::uint32_t>(kept >> (half * 32));
    wanted[half] = {bits, bits, 0};
  }
  if (::syscall(SYS_capset, &header, wanted.data()) != 0) {
    return core::Error::from_errno(errno, "cannot drop capabilities");
  }
  return {};
}

}  // namespace saffron::machine
