// SPDX-License-Identifier: Apache-2.0
// One head's screen as a QXL display of libspice-server.
//
// Models: one memory slot (our whole address space), one primary surface of the screen's size, DRAW_COPY commands. No
// guest sees this QXL device and no guest data but pixels goes in.
// Damage: update() copies damaged pixels straight into commands while there is room (DrawQueue's limit); after that it
// only remembers where, and asks the device for those pixels again when the worker has given memory back. So a client
// that reads slowly, or never, costs bounded memory and gets the newest picture, not every picture.
// Missing: cursor shapes (the VGA device draws its own), scroll detection, image cache hints, several heads.
// Follows: spice-server 0.15 spice-qxl.h, docs/spice_threading_model.txt.
#pragma once

#include <spice.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "devices/ports/display_sink.h"
#include "display/damage_region.h"
#include "display/draw_queue.h"
#include "display/spice_core.h"
#include "engine/core/event_loop.h"
#include "engine/core/log.h"
#include "engine/core/result.h"

namespace saffron::spice {

/// Control thread only, but for the callbacks from the worker. The caller removes it from the server (or destroys the
/// server, which ends the worker) before this object goes.
class QxlScreen final : public ports::DisplaySink {
 public:
  static constexpr std::uint32_t kMaxSize = 8192;

  QxlScreen(core::EventLoop& loop, SpiceCore& spice_core, ports::DisplaySource& source);
  ~QxlScreen() override;

  /// Adds the head to `server`, which is initialized.
  core::Result<void> attach(::SpiceServer* server);
  /// Stops talking to the source and to the worker; before the server is destroyed.
  void detach();

  void resize(std::uint32_t width, std::uint32_t height) override;
  void update(const ports::SurfaceView& surface, std::span<const ports::Rect> damage) override;
  bool has_viewers() const override { return viewers_ > 0; }
  core::EventLoop& loop() { return loop_; }

  /// The number of clients. The first one finds a screen that is up to date.
  void set_viewers(unsigned viewers);

 private:
  struct Instance : QXLInstance {
    QxlScreen* screen = nullptr;
  };
  enum class SurfaceState { kNone, kCreating, kReady, kDestroying };
  enum Cookie : std::uint64_t { kCreated = 1, kDestroyed, kFlushed };
  /// The primary surface's memory, which the worker draws on; zero pages until it does.
  class SurfaceMemory;

  static QxlScreen* screen_of(QXLInstance* instance) { return static_cast<Instance*>(instance)->screen; }
  static QXLInterface make_interface();
  void create_surface();
  void destroy_surface();
  void surface_done(std::uint64_t cookie);
  void send_pending(const ports::SurfaceView& surface);
  void refill();
  void flush_to_surface();
  QXLRect whole_screen() const;
  /// Worker thread: runs `task` on the control thread unless this object is gone by then.
  template <typename Task>
  void post(Task task);
  void on_release();
  void retry();

  core::EventLoop& loop_;
  SpiceCore& spice_core_;
  ports::DisplaySource& source_;
  const QXLInterface interface_;
  Instance instance_{};
  bool attached_ = false;
  DrawQueue queue_;

  std::uint32_t width_ = 0;  // What the device wants; the surface's once kReady.
  std::uint32_t height_ = 0;
  std::uint32_t surface_width_ = 0;
  std::uint32_t surface_height_ = 0;
  SurfaceState surface_state_ = SurfaceState::kNone;
  std::unique_ptr<SurfaceMemory> memory_;
  DamageRegion pending_;
  bool refilling_ = false;
  unsigned viewers_ = 0;
  core::LogOnce bad_update_;

  std::atomic<bool> starved_{false};        // There is pending damage, and no room for it.
  std::atomic<bool> refill_posted_{false};  // At most one retry is on its way to the control thread.
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  const std::weak_ptr<int> alive_watch_{alive_};  // What posted tasks hold; the worker copies it.
};

}  // namespace saffron::spice
