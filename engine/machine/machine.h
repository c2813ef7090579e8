// SPDX-License-Identifier: Apache-2.0
// Machine: the composition of a running machine, and its life: run, pause, reset, end. MachineBuilder makes it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "devices/ports/display_sink.h"
#include "devices/ports/input.h"
#include "display/spice_display.h"
#include "engine/api/control_events.h"
#include "engine/api/machine_config.h"
#include "engine/api/paths.h"
#include "engine/core/event_loop.h"
#include "engine/core/log.h"
#include "engine/kvm/vcpu_set.h"
#include "engine/machine/direct_boot.h"
#include "engine/machine/display_tap.h"
#include "engine/machine/firmware_tables.h"
#include "engine/machine/keyboard_router.h"
#include "engine/machine/legacy_devices.h"
#include "engine/machine/platform.h"
#include "engine/machine/serial_console.h"
#include "engine/machine/storage_set.h"

namespace saffron::machine {

/// What happens to a machine, for its controller. Control thread.
struct MachineListener {
  std::function<void(api::EventBody)> event;
  /// The machine has ended; its process should.
  std::function<void()> ended;
};

/// Control thread only. Nothing here waits for a vCPU: each of them may be waiting for the control thread.
class Machine {
 public:
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void set_listener(MachineListener listener) { listener_ = std::move(listener); }
  /// Starts the guest.
  core::Result<void> start();
  core::Result<void> pause();
  core::Result<void> resume();
  core::Result<void> reset();
  core::Result<void> power_button();
  /// Ends at once, like pulling the plug. `ended` follows.
  void stop(api::StopReason reason);

  api::MachineState state() const { return state_; }
  api::PauseReason pause_reason() const { return pause_reason_; }
  const std::optional<api::ErrorInfo>& last_error() const { return last_error_; }
  const api::MachineConfig& config() const { return config_; }
  const api::MachinePaths& paths() const { return paths_; }

  // The outside's ways in; null where the machine has no such device.
  ports::KeyboardPort& keyboard() { return *keyboard_; }
  KeyboardRouter& keyboard_router() { return *keyboard_; }
  ports::MousePort& mouse() { return legacy_->mouse; }
  ports::TabletPort* tablet() { return tablet_; }
  DisplayTap* display() { return display_.get(); }
  spice::SpiceServer* spice() { return spice_.get(); }
  StorageSet& storage() { return storage_; }

 private:
  friend class MachineBuilder;
  Machine(core::EventLoop& control, api::MachineConfig config, api::MachinePaths paths);
  void request_reset();                      // Any thread.
  void request_power_off();                  // Any thread.
  void guest_panicked(std::uint8_t events);  // Any thread.
  void disk_full(std::string id);            // Any thread.
  void failed(const core::Error& error);
  void set_state(api::MachineState state, api::PauseReason reason = api::PauseReason::kNone);
  void pause_for(api::PauseReason reason);
  core::Result<void> finish_reset();
  core::Result<void> enter_direct_boot();
  void publish(api::EventBody body);

  core::EventLoop& control_;
  const api::MachineConfig config_;
  const api::MachinePaths paths_;
  MachineListener listener_;
  api::MachineState state_ = api::MachineState::kStarting;
  api::PauseReason pause_reason_ = api::PauseReason::kNone;
  std::optional<api::ErrorInfo> last_error_;
  std::optional<DirectBootFiles> direct_boot_;
  std::vector<std::uint8_t> text_font_;  // For direct_boot_->text_screen.
  FirmwareFacts firmware_facts_;
  bool resetting_ = false;
  std::atomic<bool> panic_posted_{false};
  core::LogOnce panic_log_;

  // In order of construction: the last goes first.
  std::unique_ptr<SerialConsole> serial_console_;
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<LegacyDevices> legacy_;
  StorageSet storage_;
  std::vector<std::unique_ptr<core::LoopThread>> network_threads_;
  std::unique_ptr<KeyboardRouter> keyboard_;
  ports::TabletPort* tablet_ = nullptr;
  std::unique_ptr<DisplayTap> display_;
  std::unique_ptr<spice::SpiceServer> spice_;
  std::unique_ptr<kvm::VcpuSet> vcpus_;
};

}  // namespace saffron::machine
