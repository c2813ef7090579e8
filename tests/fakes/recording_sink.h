// SPDX-License-Identifier: Apache-2.0
// RecordingSink: a DisplaySink that keeps the picture that it was sent, and counts what it cost.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "devices/ports/display_sink.h"

namespace saffron::fakes {

/// Single-threaded. Breaks of the sink's contract are remembered in `error` (the first one).
class RecordingSink final : public ports::DisplaySink {
 public:
  void resize(std::uint32_t width, std::uint32_t height) override {
    if (width < 1 || width > 8192 || height < 1 || height > 8192) {
      complain("resize outside of 1..8192");
      return;
    }
    picture = {.width = width, .height = height, .pixels = std::vector<std::uint32_t>(std::size_t{width} * height)};
    ++resizes;
  }

  void update(const ports::SurfaceView& surface, std::span<const ports::Rect> damage) override {
    ++updates;
    last_damage.assign(damage.begin(), damage.end());
    if (surface.width != picture.width || surface.height != picture.height) {
      complain("update of another size than the last resize");
      return;
    }
    const std::size_t needed = std::size_t{surface.height - 1} * surface.stride + std::size_t{surface.width} * 4;
    if (surface.stride < surface.width * 4 || surface.bytes.size() < needed) {
      complain("surface is smaller than its size says");
      return;
    }
    for (std::size_t i = 0; i < damage.size(); ++i) {
      if (!inside(damage[i])) {
        complain("damage outside of the surface");
        return;
      }
      for (std::size_t other = 0; other < i; ++other) {
        if (overlap(damage[i], damage[other])) {
          complain("damage overlaps");
        }
      }
      copy(surface, damage[i]);
    }
  }

  bool has_viewers() const override { return viewers; }

  std::uint32_t pixel(std::uint32_t x, std::uint32_t y) const {
    return picture.pixels[std::size_t{y} * picture.width + x];
  }

  bool viewers = true;
  ports::Frame picture;
  std::vector<ports::Rect> last_damage;
  std::uint64_t bytes_copied = 0;
  unsigned resizes = 0;
  unsigned updates = 0;
  std::string error;

 private:
  void complain(const char* what) {
    if (error.empty()) {
      error = what;
    }
  }
  bool inside(const ports::Rect& rect) const {
    return rect.x >= 0 && rect.y >= 0 && rect.width > 0 && rect.height > 0 &&
           std::int64_t{rect.x} + rect.width <= std::int64_t{picture.width} &&
           std::int64_t{rect.y} + rect.height <= std::int64_t{picture.height};
  }
  static bool overlap(const ports::Rect& a, const ports::Rect& b) {
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
  }
  void copy(const ports::SurfaceView& surface, const ports::Rect& rect) {
    for (std::int32_t row = 0; row < rect.height; ++row) {
      const auto y = static_cast<std::size_t>(rect.y + row);
      const auto x = static_cast<std::size_t>(rect.x);
      const auto width = static_cast<std::size_t>(rect.width);
      std::uint32_t* to = &picture.pixels[y * picture.width + x];
      std::memcpy(to, surface.bytes.data() + y * surface.stride + x * 4, width * 4);
      for (std::size_t i = 0; i < width; ++i) {
        to[i] &= 0x00ffffff;  // The top byte of a guest's pixels is nobody's.
      }
      bytes_copied += width * 4;
    }
  }
};

}  // namespace saffron::fakes
