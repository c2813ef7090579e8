// SPDX-License-Identifier: Apache-2.0
#include "display/damage_region.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace saffron::spice {

using ports::Rect;

namespace {

std::uint64_t area_of(const Rect& rect) {
  return static_cast<std::uint64_t>(rect.width) * static_cast<std::uint64_t>(rect.height);
}

bool intersects(const Rect& a, const Rect& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

Rect bounding(const Rect& a, const Rect& b) {
  const std::int32_t left = std::min(a.x, b.x);
  const std::int32_t top = std::min(a.y, b.y);
  return Rect{left, top, std::max(a.x + a.width, b.x + b.width) - left, std::max(a.y + a.height, b.y + b.height) - top};
}

/// What is left of `from` outside `hole`: at most four bands, appended to `out`.
void subtract(const Rect& from, const Rect& hole, std::vector<Rect>& out) {
  if (!intersects(from, hole)) {
    out.push_back(from);
    return;
  }
  const std::int32_t from_bottom = from.y + from.height;
  const std::int32_t from_right = from.x + from.width;
  const std::int32_t top = std::max(from.y, hole.y);
  const std::int32_t bottom = std::min(from_bottom, hole.y + hole.height);
  if (from.y < top) {
    out.push_back(Rect{from.x, from.y, from.width, top - from.y});
  }
  if (from.x < hole.x) {
    out.push_back(Rect{from.x, top, hole.x - from.x, bottom - top});
  }
  if (hole.x + hole.width < from_right) {
    out.push_back(Rect{hole.x + hole.width, top, from_right - hole.x - hole.width, bottom - top});
  }
  if (bottom < from_bottom) {
    out.push_back(Rect{from.x, bottom, from.width, from_bottom - bottom});
  }
}

/// `rect` within the screen; empty when nothing of it is. In 64 bits, as x + width may pass 2^31.
Rect clip(const Rect& rect, std::uint32_t screen_width, std::uint32_t screen_height) {
  const auto left = std::clamp<std::int64_t>(rect.x, 0, screen_width);
  const auto top = std::clamp<std::int64_t>(rect.y, 0, screen_height);
  const auto right = std::clamp<std::int64_t>(std::int64_t{rect.x} + rect.width, left, screen_width);
  const auto bottom = std::clamp<std::int64_t>(std::int64_t{rect.y} + rect.height, top, screen_height);
  return Rect{static_cast<std::int32_t>(left), static_cast<std::int32_t>(top), static_cast<std::int32_t>(right - left),
              static_cast<std::int32_t>(bottom - top)};
}

}  // namespace

bool contains(const Rect& outer, const Rect& inner) {
  return outer.x <= inner.x && outer.y <= inner.y && inner.x + inner.width <= outer.x + outer.width &&
         inner.y + inner.height <= outer.y + outer.height;
}

void DamageRegion::add(const Rect& rect, std::uint32_t screen_width, std::uint32_t screen_height) {
  const Rect added = clip(rect, screen_width, screen_height);
  if (added.width <= 0 || added.height <= 0) {
    return;
  }
  std::erase_if(rects_, [&](const Rect& old) { return contains(added, old); });
  std::vector<Rect> pieces{added};
  for (const Rect& old : rects_) {
    std::vector<Rect> left_over;
    for (const Rect& piece : pieces) {
      subtract(piece, old, left_over);
    }
    pieces = std::move(left_over);
  }
  rects_.insert(rects_.end(), pieces.begin(), pieces.end());
  join_neighbours();
  while (rects_.size() > kMaxRectangles) {
    join_cheapest();
  }
}

std::uint64_t DamageRegion::area() const {
  std::uint64_t sum = 0;
  for (const Rect& rect : rects_) {
    sum += area_of(rect);
  }
  return sum;
}

std::vector<Rect> DamageRegion::take() {
  return std::exchange(rects_, {});
}

/// Two that make one rectangle without a clean pixel become one.
void DamageRegion::join_neighbours() {
  for (std::size_t i = 0; i < rects_.size();) {
    bool joined = false;
    for (std::size_t j = i + 1; j < rects_.size(); ++j) {
      const Rect both = bounding(rects_[i], rects_[j]);
      if (area_of(both) == area_of(rects_[i]) + area_of(rects_[j])) {
        rects_[i] = both;
        rects_.erase(rects_.begin() + static_cast<std::ptrdiff_t>(j));
        joined = true;
        break;
      }
    }
    // The grown one may now fit an earlier one.
    i = joined ? 0 : i + 1;
  }
}

/// Joins the two that waste the fewest pixels, and whatever their common rectangle touches.
void DamageRegion::join_cheapest() {
  std::size_t best_i = 0;
  std::size_t best_j = 1;
  std::uint64_t best_waste = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = 0; i < rects_.size(); ++i) {
    for (std::size_t j = i + 1; j < rects_.size(); ++j) {
      const std::uint64_t waste = area_of(bounding(rects_[i], rects_[j])) - area_of(rects_[i]) - area_of(rects_[j]);
      if (waste < best_waste) {
        best_waste = waste;
        best_i = i;
        best_j = j;
      }
    }
  }
  Rect joined = bounding(rects_[best_i], rects_[best_j]);
  for (bool grown = true; grown;) {
    grown = false;
    for (auto it = rects_.begin(); it != rects_.end(); ++it) {
      if (intersects(joined, *it)) {
        joined = bounding(joined, *it);
        rects_.erase(it);
        grown = true;
        break;
      }
    }
  }
  rects_.push_back(joined);
}

}  // namespace saffron::spice
