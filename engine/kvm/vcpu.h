// SPDX-License-Identifier: Apache-2.0
// Vcpu: one virtual processor and its run loop's single step. The threads are VcpuSet's.
#pragma once

#include "engine/kvm/kvm_abi.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/core/bus.h"
#include "engine/core/result.h"
#include "engine/kvm/vcpu_state.h"
#include "engine/kvm/vm.h"

namespace saffron::kvm {

/// What a run of guest code ended with, for the set to act on.
enum class VcpuExit {
  kHandled,      // A device was accessed; go on.
  kInterrupted,  // A kick, or nothing to do: look at the requests.
  kShutdown,     // Triple fault: a PC resets.
  kReset,        // The kernel says that the guest asked for a reset.
  kPowerOff,     // Likewise, power off.
  kFailed,       // Cannot go on: failure() says why, with the registers.
};

/// Where the processors of a direct boot begin, in place of the reset vector.
struct VcpuEntry {
  bool long_mode = false;         // 64-bit with the page tables at `page_table`; else 32-bit protected mode, no paging.
  std::uint64_t instruction = 0;  // RIP.
  std::uint64_t argument = 0;     // In RSI (Linux: boot_params), or
  bool argument_in_rbx = false;   // in RBX (PVH: start info). The other is 0.
  std::uint64_t page_table = 0;   // CR3.
  std::uint64_t gdt = 0;          // Three entries: null, code, data at 0x10 and 0x18 as Linux' boot protocol asks.
};

class Vcpu {
 public:
  /// Control thread. `io` and `memory` must outlive the vCPU.
  static core::Result<std::unique_ptr<Vcpu>> create(Vm& vm, unsigned index, std::vector<kvm_cpuid_entry2> cpuid,
                                                    const core::Bus& io, const core::Bus& memory);
  ~Vcpu();

  /// vCPU thread: enters the guest until something needs us. `enter` false only completes a pending access.
  VcpuExit run(bool enter);
  /// Any thread: makes a run that is under way, or the next one, return kInterrupted at once (with a signal for the
  /// thread: VcpuSet does that).
  void request_exit() { set_immediate_exit(1); }
  void clear_exit_request() { set_immediate_exit(0); }
  /// vCPU thread, before the first run after a pause: the guest's clock learns that it stood, so that the guest's
  /// watchdogs do not take the pause for a hang.
  void note_pause();

  // While it does not run.
  /// Power-on state.
  core::Result<void> reset();
  core::Result<void> set_entry(const VcpuEntry& entry);
  /// For one of the vCPUs, once all exist. KVM delivers to an APIC id by a table that it makes when a local APIC
  /// changes, and which lacks the vCPU that was created last: a start-up IPI would be lost if the guest changed nothing
  /// before.
  core::Result<void> refresh_apic_table();
  /// As firmware leaves them: on, with all memory write-back (Intel SDM 3A, 12.11). Kernels do without the PAT where
  /// they are off. No effect where KVM has none.
  void enable_mtrrs();

  /// After kFailed: a sentence, and the registers as text.
  const std::string& failure() const { return failure_; }
  unsigned index() const { return index_; }

 private:
  struct Parts {
    unsigned index;
    KvmFd fd;
    std::span<std::uint8_t> map;
    PostedWrites& posted_writes;
    const core::Bus& io;
    const core::Bus& memory;
  };
  explicit Vcpu(Parts parts);
  void set_immediate_exit(std::uint8_t value);
  kvm_run& shared() const;
  VcpuExit dispatch();
  VcpuExit handle_io();
  VcpuExit handle_mmio();
  VcpuExit handle_system_event();
  VcpuExit fail(std::string why);
  std::string describe_registers() const;

  unsigned index_;
  KvmFd fd_;
  std::span<std::uint8_t> map_;
  PostedWrites& posted_writes_;
  const core::Bus& io_;
  const core::Bus& memory_;
  VcpuState power_on_;
  std::string failure_;
};

}  // namespace saffron::kvm
