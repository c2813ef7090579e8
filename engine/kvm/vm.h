// SPDX-License-Identifier: Apache-2.0
// Vm: a KVM virtual machine: memory slots, doorbells, and the in-kernel interrupt controllers' home.
#pragma once

#include "engine/kvm/kvm_abi.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>

#include "engine/core/memory_slot.h"
#include "engine/kvm/posted_writes.h"
#include "engine/kvm/system.h"

namespace saffron::kvm {

/// Where KVM keeps its own pages in guest-physical space (Intel needs them): below the firmware, never RAM.
inline constexpr std::uint64_t kIdentityMapAddress = 0xfeffc000;
inline constexpr std::uint64_t kTssAddress = 0xfeffd000;

/// Any thread.
class Vm final : public core::MemorySlotFactory, public core::DoorbellBinder {
 public:
  /// Makes a VM with in-kernel PIC, IOAPIC, LAPIC and PIT. `system` must outlive it.
  static core::Result<std::unique_ptr<Vm>> create(const System& system);

  core::Result<std::unique_ptr<core::MemorySlot>> create_slot(std::string_view name, core::SharedMemory& memory,
                                                              const core::MemorySlotOptions& options) override;
  core::Result<void> bind(core::GuestAddress address, unsigned size, int event_fd) override;
  void unbind(core::GuestAddress address, unsigned size, int event_fd) override;

  /// Power-on state of PIC, IOAPIC and PIT (machine reset; vCPUs stopped).
  void reset_irqchips();

  /// Before vCPUs are made: writes to these ports need no answer and no haste.
  void post_writes(std::uint16_t port, std::uint16_t size) { posted_writes_.allow(system_, fd_, port, size); }
  PostedWrites& posted_writes() { return posted_writes_; }

  /// The guest's TSC frequency in kHz; 0 where KVM does not know it.
  std::uint32_t tsc_khz() const;
  const System& system() const { return system_; }
  const KvmFd& fd() const { return fd_; }

 private:
  class Slot;
  Vm(const System& system, KvmFd fd) : system_(system), fd_(std::move(fd)) {}
  core::Result<void> create_irqchips();
  core::Result<void> set_region(kvm_userspace_memory_region region);
  core::Result<std::uint32_t> take_slot_id();
  void return_slot_id(std::uint32_t id);

  const System& system_;
  KvmFd fd_;
  PostedWrites posted_writes_;
  std::mutex mutex_;  // Leaf lock; guards what follows.
  std::set<std::uint32_t> free_ids_;
  std::uint32_t next_id_ = 0;
  kvm_irqchip initial_irqchips_[3]{};
  kvm_pit_state2 initial_pit_{};
};

}  // namespace saffron::kvm
