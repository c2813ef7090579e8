// SPDX-License-Identifier: Apache-2.0
#include "engine/kvm/system.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace saffron::kvm {

namespace {

struct Requirement {
  int capability;
  const char* name;
};

// What the machine is built on; each has been in kernels since 3.x or (immediate exit) 4.13.
constexpr std::array<Requirement, 9> kRequired{{
    {KVM_CAP_IRQCHIP, "in-kernel interrupt controllers"},
    {KVM_CAP_PIT2, "in-kernel PIT"},
    {KVM_CAP_IRQ_ROUTING, "interrupt routing"},
    {KVM_CAP_IRQFD, "irqfd"},
    {KVM_CAP_IOEVENTFD, "ioeventfd"},
    {KVM_CAP_USER_MEMORY, "user memory"},
    {KVM_CAP_EXT_CPUID, "CPUID tables"},
    {KVM_CAP_READONLY_MEM, "read-only memory"},
    {KVM_CAP_IMMEDIATE_EXIT, "immediate exit"},
}};

core::Error open_error(int errno_value) {
  switch (errno_value) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return {
          core::ErrorCode::kNotFound,
          "this host has no usable /dev/kvm: turn on VT-x or AMD-V in the firmware's settings, and load kvm_intel or "
          "kvm_amd",
          "/dev/kvm"};
    case EACCES:
    case EPERM:
      return {
          core::ErrorCode::kPermissionDenied,
          "no permission to use /dev/kvm: add yourself to the group kvm (sudo adduser $USER kvm), then log in again",
          "/dev/kvm"};
    default:
      return core::Error::from_errno(errno_value, "cannot open /dev/kvm", "/dev/kvm");
  }
}

/// KVM reports E2BIG while a list is larger than the room given, so ask with more until it fits.
template <typename List, typename Entry>
core::Result<std::vector<Entry>> read_list(const KvmFd& fd, unsigned long request, const char* what) {
  static_assert(sizeof(List) % alignof(Entry) == 0);
  for (std::uint32_t room = 256; room <= 16384; room *= 2) {
    std::vector<std::uint64_t> buffer((sizeof(List) + room * sizeof(Entry)) / sizeof(std::uint64_t) + 1);
    // The kernel's structures end in a flexible array; this buffer is aligned and large enough for `room` of them.
    auto* list = reinterpret_cast<List*>(buffer.data());
    std::memcpy(buffer.data(), &room, sizeof(room));  // Both lists begin with their count.
    const int result = fd.raw(request, list);
    if (result == -E2BIG) {
      continue;
    }
    if (result < 0) {
      return core::Error::from_errno(-result, what, "/dev/kvm");
    }
    std::uint32_t count = 0;
    std::memcpy(&count, buffer.data(), sizeof(count));
    std::vector<Entry> entries(std::min(count, room));
    std::memcpy(entries.data(), reinterpret_cast<const std::uint8_t*>(buffer.data()) + sizeof(List),
                entries.size() * sizeof(Entry));
    return entries;
  }
  return core::Error{core::ErrorCode::kInternal, fmt::format("{}: the list has no end", what), "/dev/kvm"};
}

}  // namespace

core::Result<std::unique_ptr<System>> System::open() {
  core::UniqueFd fd(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!fd) {
    return open_error(errno);
  }
  auto system = std::unique_ptr<System>(new System(KvmFd(std::move(fd))));
  SAFFRON_TRY(system->query());
  return system;
}

core::Result<void> System::query() {
  const int version = SAFFRON_TRY(fd_.call(KVM_GET_API_VERSION, 0UL, "cannot ask for KVM's version"));
  if (version != KVM_API_VERSION) {
    return core::Error{
        core::ErrorCode::kUnsupported,
        fmt::format("/dev/kvm speaks version {} of its interface; Saffron needs {}", version, KVM_API_VERSION),
        "/dev/kvm"};
  }
  for (const Requirement& requirement : kRequired) {
    if (capability(requirement.capability) <= 0) {
      return core::Error{core::ErrorCode::kUnsupported,
                         fmt::format("this host's KVM lacks {}: a kernel of 4.13 or later is needed", requirement.name),
                         "/dev/kvm"};
    }
  }
  vcpu_map_size_ =
      static_cast<std::size_t>(SAFFRON_TRY(fd_.call(KVM_GET_VCPU_MMAP_SIZE, 0UL, "cannot size a vCPU's state")));
  supported_cpuid_ = SAFFRON_TRY(
      (read_list<kvm_cpuid2, kvm_cpuid_entry2>(fd_, KVM_GET_SUPPORTED_CPUID, "cannot read the supported CPUID")));
  state_msrs_ =
      SAFFRON_TRY((read_list<kvm_msr_list, std::uint32_t>(fd_, KVM_GET_MSR_INDEX_LIST, "cannot read the MSR list")));
  return {};
}

int System::capability(int id) const {
  const int value = fd_.raw(KVM_CHECK_EXTENSION, static_cast<unsigned long>(id));
  return value < 0 ? 0 : value;
}

unsigned System::max_vcpus() const {
  const int value = capability(KVM_CAP_MAX_VCPUS);
  return value > 0 ? static_cast<unsigned>(value) : 4;  // api.rst: 4 where the capability is absent.
}

}  // namespace saffron::kvm
