// SPDX-License-Identifier: Apache-2.0
// What the machine tells firmware (fw_cfg and CMOS), or puts into memory itself for a direct boot.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "devices/legacy/fw_cfg.h"
#include "devices/legacy/rtc_cmos.h"
#include "engine/core/guest_memory.h"
#include "engine/core/result.h"
#include "engine/machine/smbios.h"

namespace saffron::machine {

struct FirmwareFacts {
  SmbiosFacts identity;  // Also has memory and processors.
  /// Devices to boot from, best first, as firmware names them: "/pci@i0cf8/scsi@3/disk@0,0".
  std::vector<std::string> boot_order;
  bool boot_menu = false;
  bool has_display = true;          // Without one, SeaBIOS shows its screen on the first serial port.
  std::function<EcamPlace()> ecam;  // Where it is now; any thread. Empty: where MemoryLayout has it.
  bool has_vmx = false;             // The guest may run guests of its own by VMX.
};

/// Control thread, vCPUs parked. Source: SeaBIOS docs/Runtime_config.md.
core::Result<void> publish_to_firmware(const FirmwareFacts& facts, legacy::FwCfg& fw_cfg, legacy::Rtc& rtc);

/// Puts ACPI and SMBIOS tables into 0xe0000..0xfffff; returns where the RSDP is.
core::Result<core::GuestAddress> place_tables(const FirmwareFacts& facts, const core::GuestMemory& memory);

}  // namespace saffron::machine
