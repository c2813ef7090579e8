// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/machine_builder.h"

#include <fmt/core.h>

#include "devices/display/std_vga.h"
#include "devices/virtio/virtio_keyboard.h"
#include "devices/virtio/virtio_pci.h"
#include "devices/virtio/virtio_rng.h"
#include "devices/virtio/virtio_tablet.h"
#include "display/spice_loader.h"
#include "engine/core/version.h"
#include "engine/machine/error_about.h"
#include "engine/machine/file_bytes.h"
#include "engine/machine/text_screen.h"

namespace saffron::machine {

namespace {

constexpr const char* kBios = "/usr/share/seabios/bios-256k.bin";
constexpr const char* kVgaBios = "/usr/share/seabios/vgabios-stdvga.bin";
constexpr std::size_t kMaxVgaBios = 128 * 1024;

/// The adapter does not know machine.json: its subjects are addresses and its own options.
core::Error spice_error(core::Error error, const api::SpiceConfig& config) {
  if (error.subject == "ticket") {
    return about(std::move(error), "display.spice.ticket");
  }
  if (config.tcp && error.subject == config.tcp->address) {
    return about(std::move(error), "display.spice.tcp");
  }
  return error;
}

}  // namespace

core::Result<std::unique_ptr<Machine>> MachineBuilder::build(const api::MachineConfig& config,
                                                             const api::MachinePaths& paths, core::EventLoop& control,
                                                             const BuildOptions& options) {
  auto machine = std::unique_ptr<Machine>(new Machine(control, config, paths));
  SAFFRON_TRY(MachineBuilder(*machine).add_everything(options));
  return machine;
}

core::Result<void> MachineBuilder::add_everything(const BuildOptions& options) {
  SAFFRON_TRY(add_platform());
  SAFFRON_TRY(add_legacy());
  SAFFRON_TRY(add_display());
  SAFFRON_TRY(add_network());
  SAFFRON_TRY(add_storage());
  SAFFRON_TRY(add_small_virtio());
  SAFFRON_TRY(add_firmware_facts());
  SAFFRON_TRY(add_vcpus());
  if (machine_.display_ && !options.headless) {
    SAFFRON_TRY(add_spice());
  }
  return {};
}

core::Result<void> MachineBuilder::add_platform() {
  const api::MachineConfig& config = machine_.config_;
  PlatformOptions options;
  options.memory_bytes = config.memory_mib * kMiB;
  options.cpu_count = config.cpus;
  std::vector<std::uint8_t> bios;
  if (config.boot.kernel) {
    DirectBootFiles files;
    files.kernel = api::resolve_path(machine_.paths_.directory, *config.boot.kernel);
    if (config.boot.initrd) {
      files.initrd = api::resolve_path(machine_.paths_.directory, *config.boot.initrd);
    }
    files.command_line = config.boot.command_line;
    machine_.direct_boot_ = std::move(files);
  } else {
    bios =
        SAFFRON_TRY(read_file_bytes(config.firmware.path.value_or(kBios), FirmwareMemory::kMaxImage, "firmware.path"));
    options.bios = bios;
  }
  machine_.platform_ = SAFFRON_TRY(Platform::create(options, machine_.control_));
  return {};
}

core::Result<void> MachineBuilder::add_legacy() {
  Machine& machine = machine_;
  const SerialConsoleOptions serial{machine.paths_.serial_socket,
                                    machine.config_.serial.log ? machine.paths_.serial_log : std::string()};
  machine.serial_console_ = SAFFRON_TRY(SerialConsole::create(machine.control_, serial));
  GuestRequests requests;
  requests.reset = [&machine] { machine.request_reset(); };
  requests.power_off = [&machine] { machine.request_power_off(); };
  requests.panic = [&machine](std::uint8_t events) { machine.guest_panicked(events); };
  machine.legacy_ = SAFFRON_TRY(LegacyDevices::add(*machine.platform_, requests, machine.serial_console_.get()));
  return {};
}

core::Result<void> MachineBuilder::add_display() {
  const api::DisplayConfig& config = machine_.config_.display;
  if (config.device == api::DisplayDevice::kNone) {
    return {};
  }
  Platform& platform = *machine_.platform_;
  display::StdVgaOptions options;
  options.vram_bytes = config.video_memory_mib * kMiB;
  options.preferred_width = config.width;
  options.preferred_height = config.height;
  auto rom = read_file_bytes(kVgaBios, kMaxVgaBios, "display.device");
  if (!machine_.direct_boot_) {
    options.rom = SAFFRON_TRY(std::move(rom));
  } else if (rom.ok()) {
    // It does not run; but without its font the screen would be off until the guest's own driver comes.
    machine_.text_font_ = find_text_font(*rom).value_or(std::vector<std::uint8_t>());
    machine_.direct_boot_->text_screen = !machine_.text_font_.empty();
  }
  auto vga = SAFFRON_TRY(display::StdVga::create(options, *platform.vm, platform.control));
  SAFFRON_TRY(vga->connect_legacy(platform.io, platform.memory_bus));
  machine_.display_ = std::make_unique<DisplayTap>(*vga);
  SAFFRON_TRY(platform.plug(std::move(vga)));
  return {};
}

core::Result<void> MachineBuilder::add_storage() {
  Machine& machine = machine_;
  return machine.storage_.add(
      *machine.platform_,
      {machine.config_, machine.paths_.directory, [&machine](std::string id) { machine.disk_full(std::move(id)); },
       [&machine](api::MediaInfo media) { machine.publish(api::MediaChanged{std::move(media)}); }});
}

core::Result<unsigned> MachineBuilder::plug_virtio(std::unique_ptr<virtio::VirtioDevice> device) {
  Platform& platform = *machine_.platform_;
  auto transport = SAFFRON_TRY(
      virtio::VirtioPciTransport::create(std::move(device), *platform.ram, *platform.vm, *platform.interrupts));
  return platform.plug(std::move(transport));
}

core::Result<void> MachineBuilder::add_small_virtio() {
  const api::MachineConfig& config = machine_.config_;
  core::EventLoop& loop = machine_.control_;
  ports::KeyboardPort* keyboard = nullptr;
  if (config.rng) {
    SAFFRON_TRY(plug_virtio(std::make_unique<virtio::VirtioRng>("rng0", loop)));
  }
  if (config.input.tablet) {
    auto tablet = std::make_unique<virtio::VirtioTablet>("tablet0", loop);
    machine_.tablet_ = tablet.get();
    SAFFRON_TRY(plug_virtio(std::move(tablet)));
  }
  if (config.input.keyboard == api::KeyboardKind::kVirtio) {
    auto device = std::make_unique<virtio::VirtioKeyboard>("keyboard0", loop);
    keyboard = device.get();
    SAFFRON_TRY(plug_virtio(std::move(device)));
  }
  machine_.keyboard_ = std::make_unique<KeyboardRouter>(machine_.legacy_->keyboard, keyboard);
  return {};
}

core::Result<void> MachineBuilder::add_spice() {
  const api::SpiceConfig& config = machine_.config_.display.spice;
  spice::SpiceRequest request;
  request.options.machine_name = machine_.config_.name;
  request.options.unix_socket_path = machine_.paths_.spice_socket;
  if (config.tcp) {
    request.options.tcp = spice::TcpListen{config.tcp->address, static_cast<std::uint16_t>(config.tcp->port)};
    request.options.ticket = config.ticket.value_or("");
    request.options.allow_tcp_without_ticket = !config.ticket.has_value();
  }
  request.loop = &machine_.control_;
  request.inputs = {machine_.keyboard_.get(), &machine_.legacy_->mouse, machine_.tablet_};
  request.source = machine_.display_.get();
  auto server = spice::load_spice_server(request);
  if (!server.ok()) {
    return spice_error(std::move(server).error(), config);
  }
  machine_.spice_ = std::move(server).value();
  Machine& machine = machine_;
  machine.spice_->set_listener([&machine](unsigned viewers) { machine.publish(api::ViewersChanged{viewers}); });
  return {};
}

core::Result<void> MachineBuilder::add_firmware_facts() {
  const api::MachineConfig& config = machine_.config_;
  Platform& platform = *machine_.platform_;
  FirmwareFacts& facts = machine_.firmware_facts_;
  facts.identity = {config.name, config.uuid, platform.processor(), core::kVersion, config.cpus, platform.layout};
  facts.boot_order = machine_.storage_.boot_paths(config.boot.order);
  facts.boot_menu = config.boot.menu;
  facts.has_display = config.display.device != api::DisplayDevice::kNone;
  facts.has_vmx = platform.has_vmx();
  facts.ecam = [&platform] { return platform.ecam_place(); };
  return publish_to_firmware(facts, machine_.legacy_->fw_cfg, machine_.legacy_->rtc);
}

core::Result<void> MachineBuilder::add_vcpus() {
  Machine& machine = machine_;
  auto result = machine.platform_->create_vcpus(
      {[&machine] { machine.request_reset(); }, [&machine] { machine.request_power_off(); },
       [&machine](std::string text) {
         machine.failed({core::ErrorCode::kInternal, std::move(text), "vcpu"});
       }});
  if (!result.ok()) {
    return about(std::move(result).error(), "cpus");
  }
  machine.vcpus_ = std::move(result).value();
  return {};
}

}  // namespace saffron::machine
