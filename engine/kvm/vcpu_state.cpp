// SPDX-License-Identifier: Apache-2.0
#include "engine/kvm/vcpu_state.h"

#include <array>
#include <cstring>

namespace saffron::kvm {

namespace {

// Not part of a reset: time goes on (IA32_TSC), and writing it would set the vCPUs apart.
constexpr std::uint32_t kMsrTsc = 0x10;
constexpr std::uint32_t kMsrFeatureControl = 0x3a;  // IA32_FEATURE_CONTROL

/// kvm_msrs with one entry in place of its flexible array.
struct OneMsr {
  std::uint32_t count = 1;
  std::uint32_t padding = 0;
  kvm_msr_entry entry{};
};
static_assert(sizeof(OneMsr) == sizeof(kvm_msrs) + sizeof(kvm_msr_entry));

}  // namespace

core::Result<VcpuState> VcpuState::capture(const KvmFd& vcpu, const std::vector<std::uint32_t>& msrs) {
  constexpr const char* kWhat = "cannot read a vCPU's state";
  VcpuState state;
  SAFFRON_TRY(vcpu.call(KVM_GET_REGS, static_cast<void*>(&state.regs_), kWhat));
  SAFFRON_TRY(vcpu.call(KVM_GET_SREGS, static_cast<void*>(&state.sregs_), kWhat));
  SAFFRON_TRY(vcpu.call(KVM_GET_FPU, static_cast<void*>(&state.fpu_), kWhat));
  SAFFRON_TRY(vcpu.call(KVM_GET_LAPIC, static_cast<void*>(&state.lapic_), kWhat));
  SAFFRON_TRY(vcpu.call(KVM_GET_MP_STATE, static_cast<void*>(&state.mp_state_), kWhat));
  state.has_events_ = vcpu.raw(KVM_GET_VCPU_EVENTS, &state.events_) >= 0;
  state.has_debug_ = vcpu.raw(KVM_GET_DEBUGREGS, &state.debug_) >= 0;
  state.has_xcrs_ = vcpu.raw(KVM_GET_XCRS, &state.xcrs_) >= 0 && state.xcrs_.nr_xcrs > 0;
  for (const std::uint32_t index : msrs) {
    OneMsr request{};
    request.entry.index = index;
    // One at a time: KVM stops a list at the first MSR that this vCPU's CPUID hides.
    if (index != kMsrTsc && vcpu.raw(KVM_GET_MSRS, &request) == 1) {
      state.msrs_.push_back(request.entry);
    }
  }
  return state;
}

core::Result<void> VcpuState::apply(const KvmFd& vcpu) const {
  constexpr const char* kWhat = "cannot reset a vCPU";
  // KVM's requests take a pointer to non-const, and write nothing there.
  auto copy = *this;
  SAFFRON_TRY(vcpu.call(KVM_SET_MP_STATE, static_cast<void*>(&copy.mp_state_), kWhat));
  // A guest that runs guests itself is in VMX operation, where KVM refuses the power-on CR4. Writing the power-on value
  // of this MSR, 0, takes it out; where there is no VMX the write is refused and means nothing.
  write_msr(vcpu, kMsrFeatureControl, 0);
  SAFFRON_TRY(vcpu.call(KVM_SET_SREGS, static_cast<void*>(&copy.sregs_), kWhat));
  SAFFRON_TRY(vcpu.call(KVM_SET_REGS, static_cast<void*>(&copy.regs_), kWhat));
  SAFFRON_TRY(vcpu.call(KVM_SET_FPU, static_cast<void*>(&copy.fpu_), kWhat));
  if (has_xcrs_) {
    vcpu.raw(KVM_SET_XCRS, &copy.xcrs_);
  }
  for (const kvm_msr_entry& entry : msrs_) {
    write_msr(vcpu, entry.index, entry.data);  // Some may be read but not written; those do not change either.
  }
  SAFFRON_TRY(vcpu.call(KVM_SET_LAPIC, static_cast<void*>(&copy.lapic_), kWhat));
  if (has_events_) {
    vcpu.raw(KVM_SET_VCPU_EVENTS, &copy.events_);
  }
  if (has_debug_) {
    vcpu.raw(KVM_SET_DEBUGREGS, &copy.debug_);
  }
  return {};
}

bool write_msr(const KvmFd& vcpu, std::uint32_t index, std::uint64_t value) {
  OneMsr request{};
  request.entry.index = index;
  request.entry.data = value;
  return vcpu.raw(KVM_SET_MSRS, &request) == 1;
}

}  // namespace saffron::kvm
