// SPDX-License-Identifier: Apache-2.0
// A machine that seems to run: the real control server on a thread of its own, with a fake handler behind it, and the
// lock that an engine holds. Link saffron_api.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/api/paths.h"
#include "engine/core/event_loop.h"
#include "tests/fakes/fake_control_handler.h"

namespace saffron::fakes {

class FakeEngine {
 public:
  explicit FakeEngine(const api::MachinePaths& paths, api::MachineState state = api::MachineState::kRunning) {
    handler.machine.name = paths.name;
    handler.machine.state = state;
    handler.machine.vcpus = 2;
    handler.machine.memory_mib = 2048;
    handler.machine.display = {640, 480};
    handler.machine.spice.unix_path = paths.spice_socket;
    loop_thread_ = core::LoopThread::start("fake engine").value();
    auto lock = api::MachineLock::acquire(paths);
    if (lock.ok()) {
      lock_.emplace(std::move(lock).value());
    }
    run([&] {
      api::ControlServerOptions options;
      options.socket_path = paths.control_socket;
      options.machine_name = paths.name;
      options.engine_version = "fake";
      server_ = api::ControlServer::create(loop_thread_->loop(), handler, std::move(options)).value();
    });
  }
  ~FakeEngine() { end(); }
  FakeEngine(const FakeEngine&) = delete;
  FakeEngine& operator=(const FakeEngine&) = delete;

  /// On the handler's thread, where it may be touched.
  void run(const std::function<void()>& task) { loop_thread_->loop().run_sync(task); }
  void publish(api::EventBody body) {
    run([&] { server_->publish(std::move(body)); });
  }
  /// As the engine does when something was asked of it.
  void change_state(api::MachineState state, api::PauseReason reason = api::PauseReason::kNone) {
    run([&] {
      handler.machine.state = state;
      handler.machine.pause_reason = reason;
      server_->publish(api::StateChanged{state, reason});
    });
  }
  std::vector<std::string> calls() {
    std::vector<std::string> copy;
    run([&] { copy = handler.calls; });
    return copy;
  }
  void set_screen(std::uint32_t width, std::vector<std::uint32_t> pixels) {
    run([&] {
      handler.screen_width = width;
      handler.machine.display = {width, static_cast<std::uint32_t>(pixels.size()) / width};
      handler.screen = std::move(pixels);
    });
  }
  /// As after a power-off; without a reason: as when the engine is killed.
  void end(std::optional<api::StopReason> reason = std::nullopt) {
    if (server_ == nullptr) {
      return;
    }
    run([&] {
      if (reason) {
        server_->publish(api::Stopped{*reason, {}});
      }
      server_.reset();
    });
    lock_.reset();
  }

  FakeControlHandler handler;

 private:
  std::unique_ptr<core::LoopThread> loop_thread_;
  std::optional<api::MachineLock> lock_;
  std::unique_ptr<api::ControlServer> server_;
};

}  // namespace saffron::fakes
