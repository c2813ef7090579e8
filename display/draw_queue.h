// SPDX-License-Identifier: Apache-2.0
// The drawing commands between the control thread, which copies damaged pixels in, and SPICE's display worker, which
// takes commands and gives them back when no client and no surface needs their pixels any more.
//
// Follows: QXL structures of spice-protocol 0.14 (spice/qxl_dev.h). Only DRAW_COPY of a raw 32-bit bitmap is made.
#pragma once

#include <spice.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "devices/ports/display_sink.h"

namespace saffron::spice {

class DrawQueue {
 public:
  /// Commands alive at once, queued or held by the worker (whose own limit is 1000).
  static constexpr std::size_t kMaxCommands = 256;

  DrawQueue();
  ~DrawQueue();
  DrawQueue(const DrawQueue&) = delete;
  DrawQueue& operator=(const DrawQueue&) = delete;

  /// Control thread. The most bytes of pixels that may be alive at once: what a client that never reads can cost.
  void set_byte_limit(std::size_t bytes);
  /// Control thread. While closed (no surface to draw on) the worker gets nothing.
  void set_open(bool open);
  /// Control thread. Drops what the worker has not taken.
  void purge();
  /// Control thread. Copies the pixels of `rect` (inside `surface`) into a new command; queued older commands that it
  /// covers are dropped. False, and nothing is copied, when there is no room.
  bool push(const ports::SurfaceView& surface, const ports::Rect& rect);
  /// Any thread. Bytes alive.
  std::size_t bytes() const;
  /// Any thread. Whether a command for `rect` would fit now.
  bool has_room(const ports::Rect& rect) const;

  /// Worker. False when there is nothing to draw.
  bool pop(QXLCommandExt* out);
  bool empty() const;
  /// Worker (or the thread that ends it). Frees a command that pop returned.
  void release(QXLReleaseInfo* info);

 private:
  struct Command;

  static void describe(Command& command, std::uint32_t image_number);
  bool fits(std::size_t bytes) const;

  mutable std::mutex mutex_;  // Leaf lock; guards what follows.
  std::deque<std::unique_ptr<Command>> queued_;
  std::unordered_set<Command*> taken_;  // The worker's. It keeps some for ever when it ends; the destructor frees them.
  std::size_t byte_limit_ = 0;
  std::size_t bytes_ = 0;
  std::size_t commands_ = 0;
  std::uint32_t next_image_ = 1;
  bool open_ = false;
};

}  // namespace saffron::spice
