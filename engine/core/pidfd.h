// SPDX-License-Identifier: Apache-2.0
// pidfd_open(2) and pidfd_send_signal(2).
#pragma once

// glibc 2.36's header does not say by itself that these are C functions.
extern "C" {
#include <sys/pidfd.h>
}
