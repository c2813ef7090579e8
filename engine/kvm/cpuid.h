// SPDX-License-Identifier: Apache-2.0
// The CPUID table of a vCPU: what KVM supports, with the machine's topology in it.
#pragma once

#include "engine/kvm/kvm_abi.h"

#include <cstdint>
#include <string>
#include <vector>

namespace saffron::kvm {

/// One package, `count` cores, one thread each. `tsc_khz` is 0 where KVM does not know it.
struct CpuTopology {
  unsigned index = 0;
  unsigned count = 1;
  bool tsc_deadline_timer = false;
  std::uint32_t tsc_khz = 0;
};

/// Sources: Intel SDM 2A, CPUID; AMD APM 3, appendix E; Linux Documentation/virt/kvm/x86/cpuid.rst.
std::vector<kvm_cpuid_entry2> make_cpuid(std::vector<kvm_cpuid_entry2> supported, const CpuTopology& topology);

/// Bits of a guest-physical address that the table offers (leaf 0x80000008), at least 36.
unsigned physical_address_bits(const std::vector<kvm_cpuid_entry2>& table);

/// Whether the table offers VMX, so that a guest can run guests of its own.
bool has_vmx(const std::vector<kvm_cpuid_entry2>& table);

/// The processor's name as the table has it, without padding; empty if it has none.
std::string processor_name(const std::vector<kvm_cpuid_entry2>& table);

}  // namespace saffron::kvm
