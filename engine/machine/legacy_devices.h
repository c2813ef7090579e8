// SPDX-License-Identifier: Apache-2.0
// LegacyDevices: the ISA-style devices of every machine, behind the LPC bridge.
#pragma once

#include <functional>
#include <memory>

#include "devices/legacy/acpi_pm.h"
#include "devices/legacy/apm_port.h"
#include "devices/legacy/debugcon.h"
#include "devices/legacy/fw_cfg.h"
#include "devices/legacy/i8042.h"
#include "devices/legacy/port92.h"
#include "devices/legacy/post_port.h"
#include "devices/legacy/ps2_keyboard.h"
#include "devices/legacy/ps2_mouse.h"
#include "devices/legacy/pvpanic.h"
#include "devices/legacy/reset_port.h"
#include "devices/legacy/rtc_cmos.h"
#include "devices/legacy/serial_16550.h"
#include "devices/ports/character_backend.h"
#include "engine/machine/platform.h"

namespace saffron::machine {

/// What the guest can ask of the machine. Called on vCPU threads.
struct GuestRequests {
  std::function<void()> reset;
  std::function<void()> power_off;
  std::function<void(std::uint8_t events)> panic;
};

struct LegacyDevices {
  /// Puts all of them on the platform's buses. `serial` may be null. Control thread; the platform must outlive them.
  static core::Result<std::unique_ptr<LegacyDevices>> add(Platform& platform, const GuestRequests& requests,
                                                          ports::CharacterBackend* serial);
  LegacyDevices(Platform& platform, const GuestRequests& requests, ports::CharacterBackend* serial);
  /// Machine reset, vCPUs parked.
  void reset();

  legacy::Rtc rtc;
  legacy::Ps2Keyboard keyboard;
  legacy::Ps2Mouse mouse;
  legacy::I8042 i8042;
  legacy::Serial16550A serial_port;
  legacy::FwCfg fw_cfg;
  legacy::DebugCon debug_console;
  legacy::PvPanic pvpanic;
  legacy::AcpiPm power;
  legacy::ApmPort apm;
  legacy::ResetPort reset_port;
  legacy::Port92 port92;
  legacy::PostPort post;
};

}  // namespace saffron::machine
