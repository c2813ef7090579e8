// SPDX-License-Identifier: Apache-2.0
#include "engine/kvm/vcpu_set.h"

#include <fmt/core.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <system_error>

#include "engine/core/log.h"

namespace saffron::kvm {

namespace {

// The kick: its handler does nothing, its delivery makes KVM_RUN return EINTR.
constexpr int kKickSignal = SIGUSR1;

void install_kick_handler() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigaction(kKickSignal, &action, nullptr);
}

}  // namespace

VcpuSet::VcpuSet(std::vector<std::unique_ptr<Vcpu>> vcpus, core::EventLoop& control, VcpuListener listener)
    : control_(control), listener_(std::move(listener)) {
  install_kick_handler();
  for (auto& vcpu : vcpus) {
    auto lane = std::make_unique<Lane>();
    vcpus_.push_back(vcpu.get());
    lane->vcpu = std::move(vcpu);
    lanes_.push_back(std::move(lane));
  }
}

core::Result<std::unique_ptr<VcpuSet>> VcpuSet::create(std::vector<std::unique_ptr<Vcpu>> vcpus,
                                                       core::EventLoop& control, VcpuListener listener) {
  auto set = std::unique_ptr<VcpuSet>(new VcpuSet(std::move(vcpus), control, std::move(listener)));
  SAFFRON_TRY(set->vcpus_.front()->refresh_apic_table());
  SAFFRON_TRY(set->start_threads());
  return set;
}

core::Result<void> VcpuSet::start_threads() {
  for (auto& lane : lanes_) {
    try {
      lane->thread = std::thread([this, raw = lane.get()] { thread_main(*raw); });
    } catch (const std::system_error& failure) {  // A limit on this user's or this session's processes.
      return core::Error::from_errno(failure.code().value(), "cannot start a thread for each vCPU", "cpus");
    }
  }
  return {};
}

VcpuSet::~VcpuSet() {
  end();
}

void VcpuSet::end() {
  {
    const std::lock_guard lock(mutex_);
    quit_ = true;
    pause_requested_ = true;
    kick_locked();
    changed_.notify_all();
  }
  for (auto& lane : lanes_) {
    if (lane->thread.joinable()) {
      lane->thread.join();
    }
  }
}

void VcpuSet::kick_locked() {
  for (auto& lane : lanes_) {
    if (!lane->parked) {
      lane->vcpu->request_exit();
      ::pthread_kill(lane->thread.native_handle(), kKickSignal);
    }
  }
}

void VcpuSet::request_pause() {
  const std::lock_guard lock(mutex_);
  if (!pause_requested_) {
    pause_requested_ = true;
    kick_locked();
  }
}

void VcpuSet::pause(std::function<void()> parked) {
  request_pause();
  const std::lock_guard lock(mutex_);
  if (running_ == 0) {
    control_.post(std::move(parked));
  } else {
    waiting_for_park_.push_back(std::move(parked));
  }
}

void VcpuSet::resume() {
  const std::lock_guard lock(mutex_);
  if (!pause_requested_) {
    return;
  }
  pause_requested_ = false;
  changed_.notify_all();
}

bool VcpuSet::parked() const {
  const std::lock_guard lock(mutex_);
  return pause_requested_ && running_ == 0;
}

core::Result<void> VcpuSet::set_boot_entry(const VcpuEntry& entry) {
  for (Vcpu* const vcpu : vcpus_) {
    vcpu->enable_mtrrs();
  }
  return vcpus_.front()->set_entry(entry);
}

core::Result<void> VcpuSet::reset() {
  for (Vcpu* vcpu : vcpus_) {
    SAFFRON_TRY(vcpu->reset());
  }
  return {};
}

std::vector<int> VcpuSet::thread_ids() const {
  const std::lock_guard lock(mutex_);
  std::vector<int> ids;
  for (const auto& lane : lanes_) {
    ids.push_back(lane->thread_id);
  }
  return ids;
}

void VcpuSet::thread_main(Lane& lane) {
  ::pthread_setname_np(::pthread_self(), fmt::format("vcpu{}", lane.vcpu->index()).c_str());
  std::unique_lock lock(mutex_);
  lane.thread_id = ::gettid();
  for (;;) {
    changed_.wait(lock, [&] { return quit_ || !pause_requested_; });
    if (quit_) {
      return;
    }
    lane.parked = false;
    ++running_;
    lane.vcpu->clear_exit_request();
    lock.unlock();
    lane.vcpu->note_pause();
    run_until_pause(lane);
    lock.lock();
    lane.parked = true;
    --running_;
    if (running_ == 0) {
      for (auto& parked : waiting_for_park_) {
        control_.post(std::move(parked));
      }
      waiting_for_park_.clear();
    }
  }
}

void VcpuSet::run_until_pause(Lane& lane) {
  for (;;) {
    const VcpuExit exit = lane.vcpu->run(true);
    if (exit == VcpuExit::kHandled) {
      continue;
    }
    if (exit != VcpuExit::kInterrupted) {
      report(lane, exit);
    }
    const std::lock_guard lock(mutex_);
    if (pause_requested_) {
      break;
    }
    lane.vcpu->clear_exit_request();
  }
  // An access whose result KVM has not yet taken would land in the registers of a later reset: let it finish. The
  // kernel may ask for the next part of a split access; each is answered until it is only interrupted.
  while (lane.vcpu->run(false) == VcpuExit::kHandled) {
  }
}

void VcpuSet::report(Lane& lane, VcpuExit exit) {
  request_pause();
  if (exit == VcpuExit::kPowerOff) {
    control_.post(listener_.power_off_requested);
  } else if (exit == VcpuExit::kFailed) {
    control_.post([this, text = lane.vcpu->failure()] { listener_.failed(text); });
  } else {
    control_.post(listener_.reset_requested);
  }
}

}  // namespace saffron::kvm
