// SPDX-License-Identifier: Apache-2.0
// VcpuState: a vCPU's architectural state as KVM hands it out: taken at power-on, put back by a reset.
#pragma once

#include "engine/kvm/kvm_abi.h"

#include <vector>

#include "engine/core/result.h"
#include "engine/kvm/kvm_fd.h"

namespace saffron::kvm {

/// On the vCPU's thread, or while it does not run. Pieces that a kernel does not offer are left out.
class VcpuState {
 public:
  static core::Result<VcpuState> capture(const KvmFd& vcpu, const std::vector<std::uint32_t>& msrs);
  core::Result<void> apply(const KvmFd& vcpu) const;

 private:
  kvm_regs regs_{};
  kvm_sregs sregs_{};
  kvm_fpu fpu_{};
  kvm_lapic_state lapic_{};
  kvm_mp_state mp_state_{};
  kvm_vcpu_events events_{};
  kvm_debugregs debug_{};
  kvm_xcrs xcrs_{};
  bool has_events_ = false;
  bool has_debug_ = false;
  bool has_xcrs_ = false;
  std::vector<kvm_msr_entry> msrs_;
};

/// Writes one MSR; false: KVM refuses the register or the value.
bool write_msr(const KvmFd& vcpu, std::uint32_t index, std::uint64_t value);

}  // namespace saffron::kvm
