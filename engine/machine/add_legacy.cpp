// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/legacy_devices.h"

namespace saffron::machine {

LegacyDevices::LegacyDevices(Platform& platform, const GuestRequests& requests, ports::CharacterBackend* serial)
    : rtc(platform.lpc->add_isa_line(8), platform.control),
      keyboard(platform.control),
      i8042(keyboard, mouse, platform.lpc->add_isa_line(1), platform.lpc->add_isa_line(12), {requests.reset, nullptr}),
      serial_port("serial0", platform.lpc->add_isa_line(4), platform.control, serial),
      fw_cfg(*platform.ram),
      pvpanic(requests.panic),
      power(platform.lpc->sci_line(), platform.control, requests.power_off),
      apm([this](bool enabled) { power.set_acpi_mode(enabled); }),
      reset_port(requests.reset),
      port92(requests.reset, nullptr) {}

core::Result<std::unique_ptr<LegacyDevices>> LegacyDevices::add(Platform& platform, const GuestRequests& requests,
                                                                ports::CharacterBackend* serial) {
  auto devices = std::make_unique<LegacyDevices>(platform, requests, serial);
  core::Bus& io = platform.io;
  SAFFRON_TRY(io.insert({0x60, 1}, devices->i8042));
  SAFFRON_TRY(io.insert({0x64, 1, legacy::I8042::kCommandOffset}, devices->i8042));
  SAFFRON_TRY(io.insert({0x70, 4}, devices->rtc));
  SAFFRON_TRY(io.insert({0x80, 1}, devices->post));
  SAFFRON_TRY(io.insert({0x92, 1}, devices->port92));
  SAFFRON_TRY(io.insert({0xb2, 2}, devices->apm));
  SAFFRON_TRY(io.insert({0x3f8, 8}, devices->serial_port));
  SAFFRON_TRY(io.insert({0x402, 1}, devices->debug_console));
  SAFFRON_TRY(io.insert({0x505, 1}, devices->pvpanic));
  SAFFRON_TRY(io.insert({0x510, 12}, devices->fw_cfg));
  platform.lpc->connect_acpi_block(devices->power);
  SAFFRON_TRY(platform.pci->connect_config_ports(&devices->reset_port));
  return devices;
}

void LegacyDevices::reset() {
  rtc.reset();
  keyboard.reset();
  mouse.reset();
  i8042.reset();
  serial_port.reset();
  fw_cfg.reset();
  power.reset();
  apm.reset();
  reset_port.reset();
  port92.reset();
}

}  // namespace saffron::machine
