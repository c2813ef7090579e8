// SPDX-License-Identifier: Apache-2.0
// Where a network card's frames go. Frames are Ethernet, without FCS, 14..65550 bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include <sys/uio.h>

#include "engine/core/event_loop.h"
#include "engine/core/result.h"

namespace saffron::ports {

/// A link. All calls and callbacks on the loop given to attach().
class NetBackend {
 public:
  virtual ~NetBackend() = default;
  /// Starts delivering. `can_receive` is asked before each frame: while it says false, frames wait (bounded by the
  /// peer's socket, not by us) until resume_receive(). `link_changed` tells whether the peer is there.
  struct Callbacks {
    std::function<bool()> can_receive;
    std::function<void(std::span<const std::uint8_t> frame)> receive;
    std::function<void(bool up)> link_changed;
    /// The link takes frames again after send() said no.
    std::function<void()> writable;
  };
  virtual core::Result<void> attach(core::EventLoop& loop, Callbacks callbacks) = 0;
  virtual void detach() = 0;
  virtual void resume_receive() = 0;
  /// Sends one frame; false: no room now, try again on `writable`. A frame outside the size limits is dropped (true).
  virtual bool send(std::span<const iovec> frame) = 0;
  virtual bool link_up() const = 0;
};

}  // namespace saffron::ports
