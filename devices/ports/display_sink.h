// SPDX-License-Identifier: Apache-2.0
// What a display device needs from outside: somewhere to send damaged pixels. SPICE implements it; so do tests.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace saffron::ports {

/// Pixels; width and height are positive and inside the surface.
struct Rect {
  std::int32_t x = 0;
  std::int32_t y = 0;
  std::int32_t width = 0;
  std::int32_t height = 0;
  bool operator==(const Rect&) const = default;
};

/// Top-down 32-bit pixels, native-endian 0x00RRGGBB (XRGB8888). `stride` in bytes, at least 4 * width.
/// `bytes` holds at least (height - 1) * stride + 4 * width. The guest may be writing them meanwhile.
struct SurfaceView {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t stride = 0;
  std::span<const std::uint8_t> bytes;
};

/// A copy of a whole screen: width * height pixels of 0x00RRGGBB, no padding. Zero sized when the screen is off.
struct Frame {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<std::uint32_t> pixels;
};

/// One head's screen. Control thread only.
class DisplaySink {
 public:
  virtual ~DisplaySink() = default;
  /// The screen has a new size; its content is black until the next update. 1..8192 each way.
  virtual void resize(std::uint32_t width, std::uint32_t height) = 0;
  /// `damage` (disjoint, inside `surface`) shows the surface's pixels from now on; `surface` has the size of the last
  /// resize. The sink copies what it needs before it returns: each damaged pixel once.
  virtual void update(const SurfaceView& surface, std::span<const Rect> damage) = 0;
  /// Whether anybody is looking. While false the device may skip updates; when it becomes true the sink calls
  /// DisplaySource::refresh_all.
  virtual bool has_viewers() const = 0;
};

/// The device's side. Control thread only.
class DisplaySource {
 public:
  virtual ~DisplaySource() = default;
  /// Attach (nullptr: detach) the sink; the device sends its size and everything at once.
  virtual void set_sink(DisplaySink* sink) = 0;
  /// Send size and everything again.
  virtual void refresh_all() = 0;
  /// The user did something: look for damage at full rate for a while.
  virtual void wake() = 0;
  /// What is on the screen now, exactly what a sink would have been sent.
  virtual Frame capture() = 0;
};

}  // namespace saffron::ports
