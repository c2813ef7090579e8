// SPDX-License-Identifier: Apache-2.0
// libspice-server's timers and socket watches on our event loop.
#pragma once

#include <spice.h>

#include <functional>
#include <memory>
#include <unordered_map>

#include "engine/core/event_loop.h"

namespace saffron::spice {

/// Loop thread only. Outlives the libspice server that uses it.
class SpiceCore {
 public:
  /// `channel_event` gets SPICE_CHANNEL_EVENT_*, with an info that stays the same pointer for a channel's life.
  SpiceCore(core::EventLoop& loop, std::function<void(int, SpiceChannelEventInfo*)> channel_event);
  ~SpiceCore();
  SpiceCore(const SpiceCore&) = delete;
  SpiceCore& operator=(const SpiceCore&) = delete;

  SpiceCoreInterface* interface() { return &interface_; }

  /// The library's core callbacks carry no context of ours. So whoever calls into the library holds a Scope, which
  /// tells this thread's callbacks whose library it is; watches and timers do it by themselves.
  class Scope {
   public:
    explicit Scope(SpiceCore& core);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    SpiceCore* previous_;
  };

 private:
  friend class Scope;
  class TimerHandle;
  class WatchHandle;

  static SpiceTimer* timer_add(SpiceTimerFunc function, void* opaque);
  static SpiceWatch* watch_add(int fd, int event_mask, SpiceWatchFunc function, void* opaque);
  static void channel_event(int event, SpiceChannelEventInfo* info);

  core::EventLoop& loop_;
  std::function<void(int, SpiceChannelEventInfo*)> channel_event_;
  SpiceCoreInterface interface_{};
  // What the library has not removed; it leaves some behind when it is destroyed.
  std::unordered_map<void*, std::unique_ptr<TimerHandle>> timers_;
  std::unordered_map<void*, std::unique_ptr<WatchHandle>> watches_;
};

}  // namespace saffron::spice
