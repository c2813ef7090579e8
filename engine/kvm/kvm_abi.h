// SPDX-License-Identifier: Apache-2.0
// KVM's interface, with the layout that the kernel means. Include this, never <linux/kvm.h>.
#pragma once

#include <linux/stddef.h>

// Linux 6.1's header puts an empty struct before each flexible array. That has no size in C but one byte in C++, so
// kvm_cpuid2 and its like would be too large, and with them the ioctl numbers wrong. Linux 6.6 declares [0] for C++.
#undef __DECLARE_FLEX_ARRAY
#define __DECLARE_FLEX_ARRAY(type, name) type name[0]

#include <linux/kvm.h>

static_assert(sizeof(kvm_msrs) == 8);
static_assert(sizeof(kvm_msr_list) == 4);
static_assert(sizeof(kvm_cpuid2) == 8);
static_assert(sizeof(kvm_irq_routing) == 8);
