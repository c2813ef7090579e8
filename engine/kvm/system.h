// SPDX-License-Identifier: Apache-2.0
// System: /dev/kvm, opened and found good.
#pragma once

#include "engine/kvm/kvm_abi.h"

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/core/result.h"
#include "engine/kvm/kvm_fd.h"

namespace saffron::kvm {

/// Source: Linux Documentation/virt/kvm/api.rst. Any thread.
class System {
 public:
  /// Opens /dev/kvm. Errors name the fix: no device, no permission, wrong API version, or a capability that Saffron
  /// cannot do without.
  static core::Result<std::unique_ptr<System>> open();

  /// The value of a KVM_CAP_*; 0 if absent.
  int capability(int id) const;
  /// Most vCPUs that a VM may have here.
  unsigned max_vcpus() const;
  /// Bytes to map of a vCPU's file descriptor.
  std::size_t vcpu_map_size() const { return vcpu_map_size_; }
  /// What KVM can offer a guest by CPUID.
  const std::vector<kvm_cpuid_entry2>& supported_cpuid() const { return supported_cpuid_; }
  /// MSRs that hold a vCPU's state.
  const std::vector<std::uint32_t>& state_msrs() const { return state_msrs_; }
  const KvmFd& fd() const { return fd_; }

 private:
  explicit System(KvmFd fd) : fd_(std::move(fd)) {}
  core::Result<void> query();

  KvmFd fd_;
  std::size_t vcpu_map_size_ = 0;
  std::vector<kvm_cpuid_entry2> supported_cpuid_;
  std::vector<std::uint32_t> state_msrs_;
};

}  // namespace saffron::kvm
