// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/machine.h"

#include "engine/core/log.h"
#include "engine/machine/text_screen.h"

namespace saffron::machine {

namespace {

core::Error wrong_state(const char* what) {
  return {core::ErrorCode::kInvalidState, what, "state"};
}

}  // namespace

Machine::Machine(core::EventLoop& control, api::MachineConfig config, api::MachinePaths paths)
    : control_(control), config_(std::move(config)), paths_(std::move(paths)) {}

Machine::~Machine() {
  // vCPUs first: they are in the devices. Then the screen's reader, then the devices with the PCI root (the platform),
  // whose queues are on the I/O threads: so those end last of these. Until then a write may find the host's disk full,
  // and ask the vCPUs to pause: so the set stays, without threads.
  if (vcpus_) {
    vcpus_->end();
  }
  spice_.reset();
  display_.reset();
  keyboard_.reset();
  if (platform_) {
    platform_->pci.reset();
  }
}

core::Result<void> Machine::start() {
  if (direct_boot_) {
    SAFFRON_TRY(enter_direct_boot());
  }
  set_state(api::MachineState::kRunning);
  vcpus_->resume();
  return {};
}

core::Result<void> Machine::enter_direct_boot() {
  platform_->play_firmware();
  if (direct_boot_->text_screen) {
    show_text_screen(platform_->io, platform_->memory_bus, text_font_);
  }
  const core::GuestAddress rsdp = SAFFRON_TRY(place_tables(firmware_facts_, *platform_->ram));
  const kvm::VcpuEntry entry = SAFFRON_TRY(load_direct_boot(*direct_boot_, *platform_->ram, platform_->layout, rsdp));
  return vcpus_->set_boot_entry(entry);
}

core::Result<void> Machine::pause() {
  if (state_ == api::MachineState::kPaused) {
    return {};
  }
  if (state_ != api::MachineState::kRunning) {
    return wrong_state("only a running machine can be paused");
  }
  pause_for(api::PauseReason::kUser);
  return {};
}

void Machine::pause_for(api::PauseReason reason) {
  vcpus_->request_pause();
  if (state_ == api::MachineState::kRunning) {
    set_state(api::MachineState::kPaused, reason);
  }
}

core::Result<void> Machine::resume() {
  if (state_ == api::MachineState::kRunning) {
    return {};
  }
  if (state_ != api::MachineState::kPaused) {
    return wrong_state("only a paused machine can be resumed");
  }
  storage_.retry();
  set_state(api::MachineState::kRunning);
  if (!resetting_) {
    vcpus_->resume();
  }
  return {};
}

core::Result<void> Machine::reset() {
  if (state_ != api::MachineState::kRunning && state_ != api::MachineState::kPaused &&
      state_ != api::MachineState::kCrashed) {
    return wrong_state("only a machine that has started can be reset");
  }
  if (resetting_) {
    return {};
  }
  resetting_ = true;
  vcpus_->pause([this] {
    auto result = finish_reset();
    if (!result.ok()) {
      core::Error error = std::move(result).error();
      error.message = "the machine could not be reset: " + error.message;
      failed(error);
    }
  });
  return {};
}

core::Result<void> Machine::finish_reset() {
  resetting_ = false;
  legacy_->reset();
  platform_->reset();
  SAFFRON_TRY(vcpus_->reset());
  if (direct_boot_) {
    SAFFRON_TRY(enter_direct_boot());
  }
  publish(api::GuestReset{});
  if (state_ == api::MachineState::kCrashed || pause_reason_ == api::PauseReason::kGuestPanic) {
    set_state(api::MachineState::kRunning);  // What was wrong is gone; a user's pause stays.
  }
  if (state_ == api::MachineState::kRunning) {
    vcpus_->resume();
  }
  return {};
}

core::Result<void> Machine::power_button() {
  if (state_ != api::MachineState::kRunning) {
    return wrong_state("the power button works on a running machine only");
  }
  core::log_info("machine", "the power button was pressed");
  legacy_->power.press_power_button();
  return {};
}

void Machine::stop(api::StopReason reason) {
  if (state_ == api::MachineState::kStopping || state_ == api::MachineState::kStopped) {
    return;
  }
  // From here on nothing resumes the vCPUs, also no reset that is under way.
  set_state(api::MachineState::kStopping);
  vcpus_->pause([this, reason] {
    set_state(api::MachineState::kStopped);
    std::optional<api::ErrorInfo> error;
    if (reason == api::StopReason::kError) {
      error = last_error_;
    }
    publish(api::Stopped{reason, error});
    if (listener_.ended) {
      listener_.ended();
    }
  });
}

void Machine::request_reset() {
  vcpus_->request_pause();
  control_.post([this] { (void)reset(); });
}

void Machine::request_power_off() {
  vcpus_->request_pause();
  control_.post([this] { stop(api::StopReason::kGuestShutdown); });
}

void Machine::guest_panicked(std::uint8_t events) {
  panic_log_.warning("machine", "the guest says that it panicked (events {:#x})", events);
  if ((events & legacy::PvPanic::kPanicked) == 0) {
    return;  // Its crash kernel has taken over, and works.
  }
  // Whatever the action: a guest that goes on panicking must not fill the control loop's queue.
  vcpus_->request_pause();
  if (panic_posted_.exchange(true)) {
    return;
  }
  const api::PanicAction action = config_.panic_action;
  control_.post([this, action] {
    panic_posted_ = false;
    publish(api::GuestPanicked{std::string(api::name_of(action))});
    switch (action) {
      case api::PanicAction::kPause:
        pause_for(api::PauseReason::kGuestPanic);
        break;
      case api::PanicAction::kReset:
        (void)reset();
        break;
      case api::PanicAction::kStop:
        stop(api::StopReason::kGuestPanic);
        break;
    }
  });
}

void Machine::disk_full(std::string id) {
  vcpus_->request_pause();
  control_.post([this, id = std::move(id)] {
    const std::string path = storage_.path_of(id);
    core::log_error("machine", "the host has no room for disk {} ({}): the machine pauses", id, path);
    last_error_ = api::ErrorInfo::from(
        {core::ErrorCode::kExhausted, "the host disk is full: free some space, then resume the machine", path});
    publish(api::DiskFull{id, path});
    publish(api::ErrorEvent{*last_error_});
    pause_for(api::PauseReason::kDiskFull);
  });
}

void Machine::failed(const core::Error& error) {
  core::log_error("machine", "{}", error.message);
  last_error_ = api::ErrorInfo::from(error);
  if (state_ != api::MachineState::kStopping && state_ != api::MachineState::kStopped) {
    set_state(api::MachineState::kCrashed);
  }
  publish(api::ErrorEvent{*last_error_});
}

void Machine::set_state(api::MachineState state, api::PauseReason reason) {
  if (state == api::MachineState::kPaused) {
    core::log_info("machine", "paused ({})", api::name_of(reason));
  } else if (state_ == api::MachineState::kPaused && state == api::MachineState::kRunning) {
    core::log_info("machine", "resumed");
  }
  state_ = state;
  pause_reason_ = reason;
  publish(api::StateChanged{state, reason});
}

void Machine::publish(api::EventBody body) {
  if (listener_.event) {
    listener_.event(std::move(body));
  }
}

}  // namespace saffron::machine
