// SPDX-License-Identifier: Apache-2.0
// UnpluggedBackend: a network card's socket without a cable: no link, nothing comes, what is sent is lost.
#pragma once

#include "devices/ports/net_backend.h"

namespace saffron::net {

/// Loop thread.
class UnpluggedBackend final : public ports::NetBackend {
 public:
  core::Result<void> attach(core::EventLoop&, Callbacks) override { return {}; }
  void detach() override {}
  void resume_receive() override {}
  bool send(std::span<const iovec>) override { return true; }
  bool link_up() const override { return false; }
};

}  // namespace saffron::net
