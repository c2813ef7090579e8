// SPDX-License-Identifier: Apache-2.0
// DisplayTap: stands between a display device and its viewers' server, and knows the screen's size.
#pragma once

#include <functional>

#include "devices/ports/display_sink.h"

namespace saffron::machine {

/// Control thread.
class DisplayTap final : public ports::DisplaySource, private ports::DisplaySink {
 public:
  /// `device` must outlive the tap.
  explicit DisplayTap(ports::DisplaySource& device) : device_(device) { device_.set_sink(this); }
  ~DisplayTap() override { device_.set_sink(nullptr); }

  void set_sink(ports::DisplaySink* sink) override {
    downstream_ = sink;
    device_.refresh_all();
  }
  void refresh_all() override { device_.refresh_all(); }
  void wake() override { device_.wake(); }
  ports::Frame capture() override { return device_.capture(); }

  std::uint32_t width() const { return width_; }
  std::uint32_t height() const { return height_; }
  void set_size_listener(std::function<void()> listener) { size_listener_ = std::move(listener); }

 private:
  void resize(std::uint32_t width, std::uint32_t height) override {
    const bool changed = width != width_ || height != height_;
    width_ = width;
    height_ = height;
    if (downstream_ != nullptr) {
      downstream_->resize(width, height);
    }
    if (changed && size_listener_) {
      size_listener_();
    }
  }
  void update(const ports::SurfaceView& surface, std::span<const ports::Rect> damage) override {
    if (downstream_ != nullptr) {
      downstream_->update(surface, damage);
    }
  }
  bool has_viewers() const override { return downstream_ != nullptr && downstream_->has_viewers(); }

  ports::DisplaySource& device_;
  ports::DisplaySink* downstream_ = nullptr;
  std::uint32_t width_ = 0;
  std::uint32_t height_ = 0;
  std::function<void()> size_listener_;
};

}  // namespace saffron::machine
