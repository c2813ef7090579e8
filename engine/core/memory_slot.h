// SPDX-License-Identifier: Apache-2.0
// Guest-physical mappings that devices may own: directly mapped BARs, ROMs, doorbells.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "engine/core/guest_memory.h"
#include "engine/core/result.h"

namespace saffron::core {

enum class SlotAccess { kReadWrite, kReadOnly };

/// A piece of host memory that can appear in the guest's physical address space. Any thread.
class MemorySlot {
 public:
  virtual ~MemorySlot() = default;
  /// Maps the whole of it at `base` (4 KiB aligned), moving it if it is mapped elsewhere.
  virtual Result<void> map(GuestAddress base) = 0;
  virtual void unmap() = 0;
  virtual bool mapped() const = 0;
  /// ORs one bit per 4 KiB page that the guest has written since the last call into `bitmap` (bit 0 of word 0 is the
  /// first page), and forgets them. Returns whether any page was dirty. Only for slots made with `log_dirty`.
  virtual bool collect_dirty(std::span<std::uint64_t> bitmap) = 0;
};

/// `offset` and `size` pick a part of the memory, in bytes, page aligned; a size of 0 is all from the offset on.
struct MemorySlotOptions {
  SlotAccess access = SlotAccess::kReadWrite;
  bool log_dirty = false;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// Makes slots; the VM implements it. `memory` must outlive the slot.
class MemorySlotFactory {
 public:
  virtual ~MemorySlotFactory() = default;
  virtual Result<std::unique_ptr<MemorySlot>> create_slot(std::string_view name, SharedMemory& memory,
                                                          const MemorySlotOptions& options) = 0;
};

/// Binds guest writes at an address to an eventfd, without leaving the kernel (KVM_IOEVENTFD). Any thread.
class DoorbellBinder {
 public:
  virtual ~DoorbellBinder() = default;
  /// A write of `size` bytes (0: any size) at `address` signals `event_fd`.
  virtual Result<void> bind(GuestAddress address, unsigned size, int event_fd) = 0;
  virtual void unbind(GuestAddress address, unsigned size, int event_fd) = 0;
};

}  // namespace saffron::core
