// SPDX-License-Identifier: Apache-2.0
#include "engine/kvm/vcpu.h"

#include <fmt/core.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/core/log.h"

namespace saffron::kvm {

namespace {

const char* exit_reason_name(std::uint32_t reason) {
  switch (reason) {
    case KVM_EXIT_UNKNOWN:
      return "an unknown hardware exit";
    case KVM_EXIT_EXCEPTION:
      return "an exception";
    case KVM_EXIT_HYPERCALL:
      return "a hypercall";
    case KVM_EXIT_DEBUG:
      return "a debug event";
    case KVM_EXIT_FAIL_ENTRY:
      return "a failed entry";
    case KVM_EXIT_INTERNAL_ERROR:
      return "an internal error of KVM";
    case KVM_EXIT_NMI:
      return "an NMI";
    case KVM_EXIT_X86_RDMSR:
    case KVM_EXIT_X86_WRMSR:
      return "an MSR access";
    case KVM_EXIT_X86_BUS_LOCK:
      return "a bus lock";
    default:
      return "an exit that Saffron did not ask for";
  }
}

kvm_segment flat_segment(std::uint16_t selector, std::uint8_t type, bool long_code) {
  kvm_segment segment{};
  segment.limit = 0xffffffff;
  segment.selector = selector;
  segment.type = type;
  segment.present = 1;
  segment.s = 1;
  segment.g = 1;
  segment.l = long_code ? 1 : 0;
  segment.db = long_code ? 0 : 1;
  return segment;
}

}  // namespace

Vcpu::Vcpu(Parts parts)
    : index_(parts.index),
      fd_(std::move(parts.fd)),
      map_(parts.map),
      posted_writes_(parts.posted_writes),
      io_(parts.io),
      memory_(parts.memory) {}

Vcpu::~Vcpu() {
  ::munmap(map_.data(), map_.size());
}

core::Result<std::unique_ptr<Vcpu>> Vcpu::create(Vm& vm, unsigned index, std::vector<kvm_cpuid_entry2> cpuid,
                                                 const core::Bus& io, const core::Bus& memory) {
  const std::string what = fmt::format("cannot create vCPU {}", index);
  KvmFd fd(core::UniqueFd(SAFFRON_TRY(vm.fd().call(KVM_CREATE_VCPU, static_cast<unsigned long>(index), what.c_str()))));
  const std::size_t size = vm.system().vcpu_map_size();
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED) {
    return core::Error::from_errno(errno, what, "cpus.count");
  }
  const std::span<std::uint8_t> map(static_cast<std::uint8_t*>(address), size);
  auto vcpu = std::unique_ptr<Vcpu>(new Vcpu({index, std::move(fd), map, vm.posted_writes(), io, memory}));
  vm.posted_writes().use_map(vm.system(), map);
  std::vector<std::uint64_t> buffer((sizeof(kvm_cpuid2) + cpuid.size() * sizeof(cpuid[0])) / 8 + 1);
  kvm_cpuid2 header{};
  header.nent = static_cast<std::uint32_t>(cpuid.size());
  std::memcpy(buffer.data(), &header, sizeof(header));
  std::memcpy(reinterpret_cast<std::uint8_t*>(buffer.data()) + sizeof(header), cpuid.data(),
              cpuid.size() * sizeof(cpuid[0]));
  SAFFRON_TRY(vcpu->fd_.call(KVM_SET_CPUID2, static_cast<void*>(buffer.data()), "cannot set a vCPU's CPUID"));
  vcpu->power_on_ = SAFFRON_TRY(VcpuState::capture(vcpu->fd_, vm.system().state_msrs()));
  return vcpu;
}

kvm_run& Vcpu::shared() const {
  // The kernel's structure, at the start of the mapping that it sized.
  return *reinterpret_cast<kvm_run*>(map_.data());
}

void Vcpu::set_immediate_exit(std::uint8_t value) {
  // Written by other threads while the kernel reads it.
  std::atomic_ref(shared().immediate_exit).store(value, std::memory_order_release);
}

void Vcpu::note_pause() {
  // EINVAL: this guest does not use kvmclock.
  fd_.raw(KVM_KVMCLOCK_CTRL, 0UL);
}

VcpuExit Vcpu::run(bool enter) {
  if (!enter) {
    set_immediate_exit(1);
  }
  const int result = fd_.raw(KVM_RUN, 0UL);
  posted_writes_.perform(io_);
  if (result == -EINTR || result == -EAGAIN) {
    // EAGAIN: an application processor that waits for its start-up was kicked.
    return VcpuExit::kInterrupted;
  }
  if (result == -EFAULT) {
    return fail("the host could not provide a page of the guest's memory (out of memory, or its backing is gone)");
  }
  if (result < 0) {
    return fail(fmt::format("KVM_RUN failed: {}", std::strerror(-result)));
  }
  return dispatch();
}

VcpuExit Vcpu::dispatch() {
  const kvm_run& run = shared();
  switch (run.exit_reason) {
    case KVM_EXIT_IO:
      return handle_io();
    case KVM_EXIT_MMIO:
      return handle_mmio();
    case KVM_EXIT_INTR:
    case KVM_EXIT_IRQ_WINDOW_OPEN:
    case KVM_EXIT_SET_TPR:
    case KVM_EXIT_HLT:  // With the LAPIC in the kernel this is not seen; if it is, asking again is right.
      return VcpuExit::kInterrupted;
    case KVM_EXIT_SHUTDOWN:
      return VcpuExit::kShutdown;
    case KVM_EXIT_SYSTEM_EVENT:
      return handle_system_event();
    case KVM_EXIT_FAIL_ENTRY:
      return fail(fmt::format("the processor refused to enter the guest (reason {:#x})",
                              static_cast<std::uint64_t>(run.fail_entry.hardware_entry_failure_reason)));
    case KVM_EXIT_INTERNAL_ERROR:
      return fail(fmt::format("KVM could not go on (internal error {}: {})", run.internal.suberror + 0,
                              run.internal.suberror == KVM_INTERNAL_ERROR_EMULATION
                                  ? "it cannot emulate an instruction of the guest"
                                  : "see the kernel's log"));
    default:
      return fail(fmt::format("{} (exit reason {})", exit_reason_name(run.exit_reason), run.exit_reason + 0));
  }
}

VcpuExit Vcpu::handle_io() {
  const kvm_run& run = shared();
  const unsigned size = run.io.size;
  const std::uint64_t offset = run.io.data_offset;
  const std::uint64_t total = std::uint64_t{run.io.count} * size;
  if (offset > map_.size() || total > map_.size() - offset) {
    return fail("KVM reported a port access outside of its own buffer");
  }
  std::span<std::uint8_t> data = map_.subspan(offset, total);
  for (; !data.empty(); data = data.subspan(size)) {
    std::uint64_t value = 0;
    if (run.io.direction == KVM_EXIT_IO_OUT) {
      std::memcpy(&value, data.data(), size);
      io_.write(run.io.port, size, value);
    } else {
      io_.read(run.io.port, size, value);
      std::memcpy(data.data(), &value, size);
    }
  }
  return VcpuExit::kHandled;
}

VcpuExit Vcpu::handle_mmio() {
  kvm_run& run = shared();
  // KVM hands over 1 to 8 bytes; odd lengths come from accesses that cross a page, and are taken apart.
  unsigned done = 0;
  const unsigned length = std::min<unsigned>(run.mmio.len, 8);
  while (done < length) {
    unsigned size = 8;
    while (size > length - done || (run.mmio.phys_addr + done) % size != 0) {
      size /= 2;
    }
    if (done == 0 && (length == 2 || length == 4 || length == 8)) {
      size = length;  // A whole access, even if it is not aligned: the device sees what the guest did.
    }
    std::uint64_t value = 0;
    if (run.mmio.is_write != 0) {
      std::memcpy(&value, run.mmio.data + done, size);
      memory_.write(run.mmio.phys_addr + done, size, value);
    } else {
      memory_.read(run.mmio.phys_addr + done, size, value);
      std::memcpy(run.mmio.data + done, &value, size);
    }
    done += size;
  }
  return VcpuExit::kHandled;
}

VcpuExit Vcpu::handle_system_event() {
  switch (shared().system_event.type) {
    case KVM_SYSTEM_EVENT_RESET:
      return VcpuExit::kReset;
    case KVM_SYSTEM_EVENT_SHUTDOWN:
      return VcpuExit::kPowerOff;
    default:
      return fail(fmt::format("system event {}", shared().system_event.type + 0));
  }
}

VcpuExit Vcpu::fail(std::string why) {
  failure_ = fmt::format("vCPU {} stopped: {}\n{}", index_, why, describe_registers());
  return VcpuExit::kFailed;
}

std::string Vcpu::describe_registers() const {
  kvm_regs regs{};
  kvm_sregs sregs{};
  if (fd_.raw(KVM_GET_REGS, &regs) < 0 || fd_.raw(KVM_GET_SREGS, &sregs) < 0) {
    return "(its registers cannot be read)";
  }
  const auto wide = [](std::uint64_t value) { return value; };  // The kernel's 64-bit type is not fmt's.
  return fmt::format(
      "rip={:016x} rflags={:08x} rax={:016x} rbx={:016x} rcx={:016x} rdx={:016x}\n"
      "rsi={:016x} rdi={:016x} rsp={:016x} rbp={:016x} r8={:016x} r9={:016x}\n"
      "r10={:016x} r11={:016x} r12={:016x} r13={:016x} r14={:016x} r15={:016x}\n"
      "cs={:04x}@{:x} ss={:04x}@{:x} ds={:04x}@{:x} es={:04x}@{:x}\n"
      "cr0={:x} cr2={:x} cr3={:x} cr4={:x} efer={:x} gdt={:x}+{:x} idt={:x}+{:x}",
      wide(regs.rip), wide(regs.rflags), wide(regs.rax), wide(regs.rbx), wide(regs.rcx), wide(regs.rdx), wide(regs.rsi),
      wide(regs.rdi), wide(regs.rsp), wide(regs.rbp), wide(regs.r8), wide(regs.r9), wide(regs.r10), wide(regs.r11),
      wide(regs.r12), wide(regs.r13), wide(regs.r14), wide(regs.r15), wide(sregs.cs.selector), wide(sregs.cs.base),
      wide(sregs.ss.selector), wide(sregs.ss.base), wide(sregs.ds.selector), wide(sregs.ds.base),
      wide(sregs.es.selector), wide(sregs.es.base), wide(sregs.cr0), wide(sregs.cr2), wide(sregs.cr3), wide(sregs.cr4),
      wide(sregs.efer), wide(sregs.gdt.base), wide(sregs.gdt.limit), wide(sregs.idt.base), wide(sregs.idt.limit));
}

core::Result<void> Vcpu::reset() {
  return power_on_.apply(fd_);
}

core::Result<void> Vcpu::refresh_apic_table() {
  constexpr const char* kWhat = "cannot set up a local APIC";
  kvm_lapic_state lapic{};
  SAFFRON_TRY(fd_.call(KVM_GET_LAPIC, static_cast<void*>(&lapic), kWhat));
  SAFFRON_TRY(fd_.call(KVM_SET_LAPIC, static_cast<void*>(&lapic), kWhat));
  return {};
}

void Vcpu::enable_mtrrs() {
  constexpr std::uint32_t kMtrrDefaultType = 0x2ff;
  constexpr std::uint64_t kEnable = 1 << 11;
  constexpr std::uint64_t kWriteBack = 6;
  write_msr(fd_, kMtrrDefaultType, kEnable | kWriteBack);
}

core::Result<void> Vcpu::set_entry(const VcpuEntry& entry) {
  constexpr const char* kWhat = "cannot set where the guest starts";
  kvm_sregs sregs{};
  SAFFRON_TRY(fd_.call(KVM_GET_SREGS, static_cast<void*>(&sregs), kWhat));
  constexpr std::uint8_t kCode = 0xb;  // Execute, read, accessed.
  constexpr std::uint8_t kData = 0x3;  // Read, write, accessed.
  sregs.cs = flat_segment(0x10, kCode, entry.long_mode);
  sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = flat_segment(0x18, kData, false);
  sregs.tr = {};
  sregs.tr.limit = 0x67;
  sregs.tr.type = 0xb;  // Busy TSS.
  sregs.tr.present = 1;
  sregs.gdt.base = entry.gdt;
  sregs.gdt.limit = 4 * 8 - 1;
  sregs.idt.base = 0;
  sregs.idt.limit = 0;
  constexpr std::uint64_t kProtected = 0x11;  // CR0.PE and ET.
  sregs.cr0 = kProtected;
  sregs.cr4 = 0;
  sregs.efer = 0;
  if (entry.long_mode) {
    sregs.cr0 |= std::uint64_t{1} << 31;  // PG
    sregs.cr3 = entry.page_table;
    sregs.cr4 = 0x20;    // PAE
    sregs.efer = 0x500;  // LME, LMA
  }
  SAFFRON_TRY(fd_.call(KVM_SET_SREGS, static_cast<void*>(&sregs), kWhat));
  kvm_regs regs{};
  regs.rip = entry.instruction;
  regs.rflags = 2;
  (entry.argument_in_rbx ? regs.rbx : regs.rsi) = entry.argument;
  SAFFRON_TRY(fd_.call(KVM_SET_REGS, static_cast<void*>(&regs), kWhat));
  return {};
}

}  // namespace saffron::kvm
