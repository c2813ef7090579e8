// SPDX-License-Identifier: Apache-2.0
// The part of a screen that still has to be sent: disjoint rectangles, few of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "devices/ports/display_sink.h"

namespace saffron::spice {

/// Not thread-safe.
class DamageRegion {
 public:
  /// Each rectangle becomes one drawing command of some hundred bytes; past this number they are joined, which costs
  /// some clean pixels and keeps add() cheap.
  static constexpr std::size_t kMaxRectangles = 32;

  /// Adds `rect`, clipped to 0..width, 0..height of the screen.
  void add(const ports::Rect& rect, std::uint32_t screen_width, std::uint32_t screen_height);
  void clear() { rects_.clear(); }
  bool empty() const { return rects_.empty(); }
  /// Pixels.
  std::uint64_t area() const;
  /// Disjoint, at most kMaxRectangles.
  const std::vector<ports::Rect>& rects() const { return rects_; }
  /// Takes the rectangles out, e.g. to send them.
  std::vector<ports::Rect> take();

 private:
  void join_neighbours();
  void join_cheapest();

  std::vector<ports::Rect> rects_;
};

bool contains(const ports::Rect& outer, const ports::Rect& inner);

}  // namespace saffron::spice
