// SPDX-License-Identifier: Apache-2.0
// An engine that only remembers what it was asked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/api/control_server.h"

namespace saffron::fakes {

/// Answers every request with success, or with `failure` if that is set. One thread.
class FakeControlHandler final : public api::ControlHandler {
 public:
  api::MachineStatus status() override { return machine; }
  core::Result<void> pause() override { return say("pause"); }
  core::Result<void> resume() override { return say("resume"); }
  core::Result<void> reset() override { return say("reset"); }
  core::Result<void> power_button() override { return say("power_button"); }
  core::Result<void> force_stop() override { return say("force_stop"); }
  core::Result<api::Screenshot> screenshot() override {
    if (failure) {
      return *failure;
    }
    return api::make_screenshot(screen_width, static_cast<std::uint32_t>(screen.size()) / screen_width, screen.data());
  }
  core::Result<void> key(const api::KeyEvent& event) override {
    keys.push_back(event);
    return say("key");
  }
  core::Result<void> pointer(const api::PointerRequest& request) override {
    pointers.push_back(request);
    return say("pointer");
  }
  core::Result<void> insert_media(const api::MediaInsertRequest& request) override {
    return say("insert " + request.id + " " + request.path);
  }
  core::Result<void> eject_media(const api::MediaEjectRequest& request) override { return say("eject " + request.id); }
  core::Result<api::SpiceInfo> spice_info() override { return machine.spice; }
  core::Result<void> set_spice_ticket(const api::SetTicketRequest& request) override {
    return say("ticket " + request.ticket.value_or("none"));
  }
  core::Result<api::SerialInfo> serial_info() override { return api::SerialInfo{"/nowhere/serial.sock", {}}; }
  core::Result<api::MetricsResult> metrics() override { return api::MetricsResult{counters}; }

  api::MachineStatus machine;
  std::optional<core::Error> failure;
  std::vector<std::string> calls;
  std::vector<api::KeyEvent> keys;
  std::vector<api::PointerRequest> pointers;
  std::map<std::string, std::uint64_t> counters;
  std::uint32_t screen_width = 2;
  std::vector<std::uint32_t> screen{0x112233, 0x445566, 0x778899, 0xaabbcc};

 private:
  core::Result<void> say(std::string call) {
    calls.push_back(std::move(call));
    return failure ? core::Result<void>(*failure) : core::Result<void>();
  }
};

}  // namespace saffron::fakes
