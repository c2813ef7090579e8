// SPDX-License-Identifier: Apache-2.0
// Direct boot: a kernel put into memory and entered without firmware: Linux' bzImage by the 64-bit or 32-bit boot
// protocol (Linux Documentation/arch/x86/boot.rst), or an ELF kernel by PVH (Xen docs/misc/pvh.pandoc).
#pragma once

#include <optional>
#include <string>

#include "engine/core/guest_memory.h"
#include "engine/core/result.h"
#include "engine/kvm/vcpu.h"
#include "engine/machine/memory_layout.h"

namespace saffron::machine {

struct DirectBootFiles {
  std::string kernel;
  std::optional<std::string> initrd;
  std::string command_line;
  bool text_screen = false;  // The VGA shows text (show_text_screen()): the kernel is told so.
};

/// Loads the files and builds what the kernel's entry expects. Control thread, vCPUs stopped; again for each reset.
/// Errors name the field ("boot.kernel", "boot.initrd", "boot.command_line"). `rsdp`: where the ACPI tables begin.
core::Result<kvm::VcpuEntry> load_direct_boot(const DirectBootFiles& files, const core::GuestMemory& memory,
                                              const MemoryLayout& layout, core::GuestAddress rsdp);

}  // namespace saffron::machine
