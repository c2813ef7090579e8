// SPDX-License-Identifier: Apache-2.0
#include "engine/kvm/cpuid.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

namespace saffron::kvm {

namespace {

constexpr std::uint32_t kTimingLeaf = 0x40000010;

std::uint32_t bit(unsigned index) {
  return std::uint32_t{1} << index;
}

kvm_cpuid_entry2* find(std::vector<kvm_cpuid_entry2>& table, std::uint32_t function, std::uint32_t index = 0) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const kvm_cpuid_entry2& entry) {
    return entry.function == function && ((entry.flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) == 0 || entry.index == index);
  });
  return found == table.end() ? nullptr : &*found;
}

void erase_leaf(std::vector<kvm_cpuid_entry2>& table, std::uint32_t function) {
  std::erase_if(table, [&](const kvm_cpuid_entry2& entry) { return entry.function == function; });
}

void set_basic(std::vector<kvm_cpuid_entry2>& table, const CpuTopology& topology) {
  kvm_cpuid_entry2* leaf = find(table, 1);
  if (leaf == nullptr) {
    return;
  }
  const std::uint32_t logical = std::min<std::uint32_t>(std::bit_ceil(topology.count), 255);
  leaf->ebx = (leaf->ebx & 0x0000ffff) | (logical << 16) | (topology.index << 24);
  leaf->ecx |= bit(31);  // A hypervisor is present.
  if (topology.tsc_deadline_timer) {
    leaf->ecx |= bit(24);
  } else {
    leaf->ecx &= ~bit(24);
  }
  if (topology.count > 1) {
    leaf->edx |= bit(28);  // HTT: the logical count above is valid.
  } else {
    leaf->edx &= ~bit(28);
  }
}

/// Leaf 4 (Intel) and 0x8000001D (AMD): which processors share a cache: the last level all, the others one.
void set_caches(std::vector<kvm_cpuid_entry2>& table, const CpuTopology& topology) {
  for (kvm_cpuid_entry2& entry : table) {
    if (entry.function != 4 && entry.function != 0x8000001d) {
      continue;
    }
    const std::uint32_t level = (entry.eax >> 5) & 7;
    const std::uint32_t sharing = level >= 3 ? std::bit_ceil(topology.count) - 1 : 0;
    entry.eax = (entry.eax & ~0x03ffc000U) | (sharing << 14);
    if (entry.function == 4) {
      entry.eax = (entry.eax & 0x03ffffffU) | ((std::bit_ceil(topology.count) - 1) << 26);
    }
  }
}

/// Extended topology (leaf 0xB; 0x1F is left out, it would say the same).
void set_extended_topology(std::vector<kvm_cpuid_entry2>& table, const CpuTopology& topology) {
  erase_leaf(table, 0x1f);
  const kvm_cpuid_entry2* basic = find(table, 0);
  if (basic == nullptr || basic->eax < 0xb) {
    erase_leaf(table, 0xb);
    return;
  }
  erase_leaf(table, 0xb);
  const auto core_bits = static_cast<std::uint32_t>(std::countr_zero(std::bit_ceil(topology.count)));
  const auto level = [&](std::uint32_t index, std::uint32_t shift, std::uint32_t count, std::uint32_t type) {
    kvm_cpuid_entry2 entry{};
    entry.function = 0xb;
    entry.index = index;
    entry.flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
    entry.eax = shift;
    entry.ebx = count;
    entry.ecx = index | (type << 8);
    entry.edx = topology.index;
    table.push_back(entry);
  };
  level(0, 0, 1, 1);                       // Threads of a core.
  level(1, core_bits, topology.count, 2);  // Cores of the package.
  level(2, 0, 0, 0);
}

/// AMD's processors, and Hygon's, which are their kin, tell topology in leaves that others reserve.
bool has_amd_leaves(std::vector<kvm_cpuid_entry2>& table) {
  constexpr std::uint32_t kAuth = 0x68747541;  // "Auth", of AuthenticAMD
  constexpr std::uint32_t kHygo = 0x6f677948;  // "Hygo", of HygonGenuine
  const kvm_cpuid_entry2* vendor = find(table, 0);
  return vendor != nullptr && (vendor->ebx == kAuth || vendor->ebx == kHygo);
}

void set_amd_topology(std::vector<kvm_cpuid_entry2>& table, const CpuTopology& topology) {
  const bool amd = has_amd_leaves(table);
  if (kvm_cpuid_entry2* leaf = find(table, 0x80000001)) {
    // CmpLegacy: more than one core without hyper-threading (AMD APM 3, E.4.2).
    leaf->ecx = amd && topology.count > 1 ? leaf->ecx | bit(1) : leaf->ecx & ~bit(1);
  }
  if (kvm_cpuid_entry2* leaf = find(table, 0x80000008)) {
    const auto size = static_cast<std::uint32_t>(std::countr_zero(std::bit_ceil(topology.count)));
    leaf->ecx = (leaf->ecx & ~0xf0ffU) | (amd ? (topology.count - 1) | (size << 12) : 0);
  }
  if (kvm_cpuid_entry2* leaf = find(table, 0x8000001e)) {
    leaf->eax = topology.index;
    leaf->ebx = topology.index;  // Core id; one thread per core.
    leaf->ecx = 0;               // One node.
  }
}

/// The timing leaf (TSC and bus frequency in kHz), which SeaBIOS and several kernels read under a hypervisor.
void add_timing(std::vector<kvm_cpuid_entry2>& table, const CpuTopology& topology) {
  kvm_cpuid_entry2* signature = find(table, 0x40000000);
  if (signature == nullptr || topology.tsc_khz == 0) {
    return;
  }
  signature->eax = std::max(signature->eax, kTimingLeaf);
  kvm_cpuid_entry2 entry{};
  entry.function = kTimingLeaf;
  entry.eax = topology.tsc_khz;
  entry.ebx = 1'000'000;  // KVM's LAPIC timer counts nanoseconds.
  table.push_back(entry);
}

}  // namespace

std::vector<kvm_cpuid_entry2> make_cpuid(std::vector<kvm_cpuid_entry2> supported, const CpuTopology& topology) {
  set_basic(supported, topology);
  set_caches(supported, topology);
  set_extended_topology(supported, topology);
  set_amd_topology(supported, topology);
  add_timing(supported, topology);
  return supported;
}

unsigned physical_address_bits(const std::vector<kvm_cpuid_entry2>& table) {
  for (const kvm_cpuid_entry2& entry : table) {
    if (entry.function == 0x80000008) {
      return std::max(entry.eax & 0xff, 36U);
    }
  }
  return 36;
}

bool has_vmx(const std::vector<kvm_cpuid_entry2>& table) {
  constexpr std::uint32_t kVmx = 1 << 5;
  return std::any_of(table.begin(), table.end(),
                     [](const kvm_cpuid_entry2& entry) { return entry.function == 1 && (entry.ecx & kVmx) != 0; });
}

std::string processor_name(const std::vector<kvm_cpuid_entry2>& table) {
  std::string name;
  for (std::uint32_t function = 0x80000002; function <= 0x80000004; ++function) {
    for (const kvm_cpuid_entry2& entry : table) {
      if (entry.function == function) {
        const std::uint32_t registers[4] = {entry.eax, entry.ebx, entry.ecx, entry.edx};
        char text[16];
        std::memcpy(text, registers, sizeof(text));
        name.append(text, sizeof(text));
      }
    }
  }
  name.resize(std::min(name.find('\0'), name.size()));
  const auto first = name.find_first_not_of(' ');
  return first == std::string::npos ? std::string() : name.substr(first, name.find_last_not_of(' ') - first + 1);
}

}  // namespace saffron::kvm
