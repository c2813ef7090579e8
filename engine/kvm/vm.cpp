// SPDX-License-Identifier: Apache-2.0
#include "engine/kvm/vm.h"

#include <fmt/core.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "engine/core/log.h"

namespace saffron::kvm {

namespace {

constexpr std::uint64_t kPageSize = 4096;
constexpr std::array<std::uint32_t, 3> kIrqchips{KVM_IRQCHIP_PIC_MASTER, KVM_IRQCHIP_PIC_SLAVE, KVM_IRQCHIP_IOAPIC};

}  // namespace

/// A memory slot of KVM's, with an id of its own from birth to death.
class Vm::Slot final : public core::MemorySlot {
 public:
  struct Shape {
    std::uint32_t id = 0;
    std::uint32_t flags = 0;
    std::uint64_t size = 0;
    std::uint64_t host_address = 0;
  };

  Slot(Vm& vm, std::string_view name, const Shape& shape) : vm_(vm), name_(name), shape_(shape) {}
  ~Slot() override {
    unmap();
    vm_.return_slot_id(shape_.id);
  }

  core::Result<void> map(core::GuestAddress base) override {
    const std::lock_guard lock(mutex_);
    if (mapped_ && base_ == base) {
      return {};
    }
    if (base.value % kPageSize != 0) {
      return core::Error{core::ErrorCode::kInvalidArgument, fmt::format("{:#x} is not page aligned", base.value),
                         name_};
    }
    unmap_locked();
    auto result = vm_.set_region(region(base, shape_.size));
    if (!result.ok()) {
      core::Error error = std::move(result).error();
      error.subject = name_;
      return error;
    }
    base_ = base;
    mapped_ = true;
    return {};
  }

  void unmap() override {
    const std::lock_guard lock(mutex_);
    unmap_locked();
  }

  bool mapped() const override {
    const std::lock_guard lock(mutex_);
    return mapped_;
  }

  bool collect_dirty(std::span<std::uint64_t> bitmap) override {
    const std::lock_guard lock(mutex_);
    const std::size_t words = (shape_.size / kPageSize + 63) / 64;
    if (!mapped_ || (shape_.flags & KVM_MEM_LOG_DIRTY_PAGES) == 0 || bitmap.size() < words) {
      return false;
    }
    scratch_.assign(words, 0);
    kvm_dirty_log request{};
    request.slot = shape_.id;
    request.dirty_bitmap = scratch_.data();
    if (vm_.fd_.raw(KVM_GET_DIRTY_LOG, &request) < 0) {
      return false;
    }
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < words; ++i) {
      bitmap[i] |= scratch_[i];
      any |= scratch_[i];
    }
    return any != 0;
  }

 private:
  kvm_userspace_memory_region region(core::GuestAddress base, std::uint64_t size) const {
    kvm_userspace_memory_region result{};
    result.slot = shape_.id;
    result.flags = shape_.flags;
    result.guest_phys_addr = base.value;
    result.memory_size = size;
    result.userspace_addr = shape_.host_address;
    return result;
  }

  void unmap_locked() {
    if (!mapped_) {
      return;
    }
    mapped_ = false;
    // A size of 0 deletes the slot (api.rst, KVM_SET_USER_MEMORY_REGION).
    const auto result = vm_.set_region(region(base_, 0));
    if (!result.ok()) {
      core::log_error("kvm", "cannot unmap {}: {}", name_, result.error().message);
    }
  }

  Vm& vm_;
  std::string name_;
  Shape shape_;
  mutable std::mutex mutex_;  // Taken before Vm::mutex_.
  bool mapped_ = false;
  core::GuestAddress base_;
  std::vector<std::uint64_t> scratch_;
};

core::Result<std::unique_ptr<Vm>> Vm::create(const System& system) {
  int fd = -EINTR;
  while (fd == -EINTR) {  // The kernel may be interrupted while it makes a large VM.
    fd = system.fd().raw(KVM_CREATE_VM, 0UL);
  }
  if (fd < 0) {
    return core::Error::from_errno(-fd, "cannot create a virtual machine", "/dev/kvm");
  }
  auto vm = std::unique_ptr<Vm>(new Vm(system, KvmFd(core::UniqueFd(fd))));
  SAFFRON_TRY(vm->create_irqchips());
  return vm;
}

core::Result<void> Vm::create_irqchips() {
  // Intel without unrestricted guest needs both pages; elsewhere the calls may be missing, which is fine.
  fd_.raw(KVM_SET_TSS_ADDR, static_cast<unsigned long>(kTssAddress));
  std::uint64_t identity = kIdentityMapAddress;
  fd_.raw(KVM_SET_IDENTITY_MAP_ADDR, &identity);
  SAFFRON_TRY(fd_.call(KVM_CREATE_IRQCHIP, 0UL, "cannot create the interrupt controllers"));
  kvm_pit_config pit{};
  pit.flags = KVM_PIT_SPEAKER_DUMMY;  // Port 0x61 too.
  SAFFRON_TRY(fd_.call(KVM_CREATE_PIT2, static_cast<void*>(&pit), "cannot create the interval timer"));
  for (std::size_t i = 0; i < kIrqchips.size(); ++i) {
    initial_irqchips_[i].chip_id = kIrqchips[i];
    SAFFRON_TRY(
        fd_.call(KVM_GET_IRQCHIP, static_cast<void*>(&initial_irqchips_[i]), "cannot read interrupt controllers"));
  }
  SAFFRON_TRY(fd_.call(KVM_GET_PIT2, static_cast<void*>(&initial_pit_), "cannot read the interval timer"));
  return {};
}

void Vm::reset_irqchips() {
  for (kvm_irqchip& chip : initial_irqchips_) {
    fd_.raw(KVM_SET_IRQCHIP, &chip);
  }
  fd_.raw(KVM_SET_PIT2, &initial_pit_);
}

std::uint32_t Vm::tsc_khz() const {
  // On the VM where the kernel can (5.16), else what the host's own CPUID or clock says is not ours to guess.
  const int value = fd_.raw(KVM_GET_TSC_KHZ, 0UL);
  return value > 0 ? static_cast<std::uint32_t>(value) : 0;
}

core::Result<std::unique_ptr<core::MemorySlot>> Vm::create_slot(std::string_view name, core::SharedMemory& memory,
                                                                const core::MemorySlotOptions& options) {
  const std::uint64_t size = options.size != 0 ? options.size : memory.size() - std::min(options.offset, memory.size());
  if (size == 0 || size % kPageSize != 0 || options.offset % kPageSize != 0 || options.offset > memory.size() ||
      size > memory.size() - options.offset) {
    return core::Error{core::ErrorCode::kInvalidArgument, "a memory slot must be whole pages inside its memory",
                       std::string(name)};
  }
  Slot::Shape shape;
  shape.id = SAFFRON_TRY(take_slot_id());
  shape.size = size;
  shape.flags = (options.access == core::SlotAccess::kReadOnly ? KVM_MEM_READONLY : 0U) |
                (options.log_dirty ? KVM_MEM_LOG_DIRTY_PAGES : 0U);
  // KVM takes the host address as an integer.
  shape.host_address = reinterpret_cast<std::uint64_t>(memory.bytes().data() + options.offset);
  return std::unique_ptr<core::MemorySlot>(std::make_unique<Slot>(*this, name, shape));
}

core::Result<std::uint32_t> Vm::take_slot_id() {
  const std::lock_guard lock(mutex_);
  if (!free_ids_.empty()) {
    return free_ids_.extract(free_ids_.begin()).value();
  }
  const int limit = system_.capability(KVM_CAP_NR_MEMSLOTS);
  if (next_id_ >= static_cast<std::uint32_t>(limit > 0 ? limit : 32)) {
    return core::Error{core::ErrorCode::kExhausted, "KVM has no memory slot left", "/dev/kvm"};
  }
  return next_id_++;
}

void Vm::return_slot_id(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  free_ids_.insert(id);
}

core::Result<void> Vm::set_region(kvm_userspace_memory_region region) {
  const std::lock_guard lock(mutex_);
  SAFFRON_TRY(fd_.call(KVM_SET_USER_MEMORY_REGION, static_cast<void*>(&region), "cannot map memory into the guest"));
  return {};
}

core::Result<void> Vm::bind(core::GuestAddress address, unsigned size, int event_fd) {
  kvm_ioeventfd request{};
  request.addr = address.value;
  request.len = size;
  request.fd = event_fd;
  SAFFRON_TRY(fd_.call(KVM_IOEVENTFD, static_cast<void*>(&request), "cannot bind a doorbell"));
  return {};
}

void Vm::unbind(core::GuestAddress address, unsigned size, int event_fd) {
  kvm_ioeventfd request{};
  request.addr = address.value;
  request.len = size;
  request.fd = event_fd;
  request.flags = KVM_IOEVENTFD_FLAG_DEASSIGN;
  fd_.raw(KVM_IOEVENTFD, &request);
}

}  // namespace saffron::kvm
