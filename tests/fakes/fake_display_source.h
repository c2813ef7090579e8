// SPDX-License-Identifier: Apache-2.0
// A display device for tests of sinks: a picture that the test paints on. Loop thread only, like the real ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "devices/ports/display_sink.h"

namespace saffron::fakes {

class FakeDisplaySource final : public ports::DisplaySource {
 public:
  FakeDisplaySource(std::uint32_t width, std::uint32_t height) { set_mode(width, height); }

  void set_sink(ports::DisplaySink* sink) override {
    sink_ = sink;
    refresh_all();
  }
  void refresh_all() override {
    ++refreshes;
    if (sink_ != nullptr) {
      sink_->resize(width_, height_);
      send({ports::Rect{0, 0, static_cast<std::int32_t>(width_), static_cast<std::int32_t>(height_)}});
    }
  }
  void wake() override { ++wakes; }
  ports::Frame capture() override { return ports::Frame{width_, height_, pixels_}; }

  /// A new, black screen.
  void set_mode(std::uint32_t width, std::uint32_t height) {
    width_ = width;
    height_ = height;
    pixels_.assign(std::size_t{width} * height, 0);
    if (sink_ != nullptr) {
      refresh_all();
    }
  }

  /// A picture without any two equal neighbourhoods: lossy, shifted or mixed-up copies are seen.
  void paint_pattern(std::uint32_t seed) {
    std::uint32_t state = seed * 2654435761u + 1;
    for (std::uint32_t y = 0; y < height_; ++y) {
      for (std::uint32_t x = 0; x < width_; ++x) {
        state = state * 1664525u + 1013904223u;
        const std::uint32_t noise = (x / 16 + y / 16) % 3 == 0 ? state >> 8 : 0;
        pixels_[std::size_t{y} * width_ + x] = ((x & 255) << 16 | (y & 255) << 8 | (seed & 255)) ^ (noise & 0x0f0f0f);
      }
    }
    damage({0, 0, static_cast<std::int32_t>(width_), static_cast<std::int32_t>(height_)});
  }

  void fill(const ports::Rect& rect, std::uint32_t color) {
    for (std::int32_t y = rect.y; y < rect.y + rect.height; ++y) {
      for (std::int32_t x = rect.x; x < rect.x + rect.width; ++x) {
        pixels_[static_cast<std::size_t>(y) * width_ + static_cast<std::size_t>(x)] = color;
      }
    }
    damage(rect);
  }

  void damage(const ports::Rect& rect) { send({rect}); }

  std::uint32_t width() const { return width_; }
  std::uint32_t height() const { return height_; }

  int refreshes = 0;
  int wakes = 0;

 private:
  void send(const std::vector<ports::Rect>& rects) {
    if (sink_ == nullptr) {
      return;
    }
    const ports::SurfaceView view{width_, height_, width_ * 4,
                                  std::span(reinterpret_cast<const std::uint8_t*>(pixels_.data()), pixels_.size() * 4)};
    sink_->update(view, rects);
  }

  ports::DisplaySink* sink_ = nullptr;
  std::uint32_t width_ = 0;
  std::uint32_t height_ = 0;
  std::vector<std::uint32_t> pixels_;
};

}  // namespace saffron::fakes
