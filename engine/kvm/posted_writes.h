// SPDX-License-Identifier: Apache-2.0
// Port writes that need no answer and no haste: KVM keeps them in a ring and lets the guest go on; they are performed
// before the next access that comes to us. An exit to user space costs some microseconds, such a write a tenth.
//
// Models: KVM's coalesced PIO, one ring for all vCPUs (Linux Documentation/virt/kvm/api.rst, 4.116).
// Missing: MMIO, which would want a flush in time for what people see.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>

#include "engine/core/bus.h"
#include "engine/kvm/kvm_abi.h"
#include "engine/kvm/kvm_fd.h"

namespace saffron::kvm {

class System;

class PostedWrites {
 public:
  /// Control thread, before vCPUs are made. Writes to the `size` ports from `port` may be late; where the host cannot
  /// do that they are not, which is as good.
  void allow(const System& system, const KvmFd& vm, std::uint16_t port, std::uint16_t size);
  /// Control thread: the first vCPU's mapping has the ring. It must stay while vCPUs run.
  void use_map(const System& system, std::span<std::uint8_t> vcpu_map);

  /// vCPU threads, before they look at an exit: performs what waits. Takes no lock when nothing does.
  void perform(const core::Bus& io);

 private:
  kvm_coalesced_mmio_ring* ring_ = nullptr;
  std::mutex mutex_;  // Held over the writes, so that no vCPU overtakes another's. Before device locks.
};

}  // namespace saffron::kvm
