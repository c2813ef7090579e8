// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/view_geometry.h"

#include <algorithm>
#include <cmath>

namespace saffron::viewer {

namespace {

/// Ratios like 1.1 are not exact in binary: 1100 / 1.1 must be 1000, not 999.99 or 1000.01.
constexpr double kEpsilon = 1e-6;

int round_up(double value) {
  return static_cast<int>(std::ceil(value - kEpsilon));
}
int round_down(double value) {
  return static_cast<int>(std::floor(value + kEpsilon));
}

}  // namespace

QSize physical_size(const QSize& logical, double device_pixel_ratio) {
  return {static_cast<int>(std::lround(logical.width() * device_pixel_ratio)),
          static_cast<int>(std::lround(logical.height() * device_pixel_ratio))};
}

QRect screen_rect(const QSize& widget_physical, const QSize& guest, const View& view) {
  if (guest.isEmpty()) {
    return {};
  }
  double scale = view.zoom;
  if (view.mode == ViewMode::kScaled) {
    scale = std::min(static_cast<double>(widget_physical.width()) / guest.width(),
                     static_cast<double>(widget_physical.height()) / guest.height());
  }
  const QSize size(std::max(1, static_cast<int>(std::lround(guest.width() * scale))),
                   std::max(1, static_cast<int>(std::lround(guest.height() * scale))));
  return {QPoint((widget_physical.width() - size.width()) / 2, (widget_physical.height() - size.height()) / 2), size};
}

QSize widget_size_for(const QSize& guest, const View& view, double device_pixel_ratio) {
  return {round_up(std::lround(guest.width() * view.zoom) / device_pixel_ratio),
          round_up(std::lround(guest.height() * view.zoom) / device_pixel_ratio)};
}

QPoint guest_position(const QPointF& logical, double device_pixel_ratio, const QRect& screen, const QSize& guest) {
  if (screen.isEmpty() || guest.isEmpty()) {
    return {};
  }
  const QPointF physical = logical * device_pixel_ratio - screen.topLeft();
  return {std::clamp(round_down(physical.x() * guest.width() / screen.width()), 0, guest.width() - 1),
          std::clamp(round_down(physical.y() * guest.height() / screen.height()), 0, guest.height() - 1)};
}

QRect widget_area(const QRect& area, double device_pixel_ratio, const QRect& screen, const QSize& guest) {
  if (guest.isEmpty() || device_pixel_ratio <= 0) {
    return {};
  }
  const double scale_x = static_cast<double>(screen.width()) / guest.width();
  const double scale_y = static_cast<double>(screen.height()) / guest.height();
  // Smooth scaling mixes neighbours: one pixel of the guest more, and one of the host.
  const QRect wide = area.adjusted(-1, -1, 1, 1);
  const int left = round_down((screen.x() + wide.x() * scale_x) / device_pixel_ratio) - 1;
  const int top = round_down((screen.y() + wide.y() * scale_y) / device_pixel_ratio) - 1;
  const int right = round_up((screen.x() + (wide.x() + wide.width()) * scale_x) / device_pixel_ratio) + 1;
  const int bottom = round_up((screen.y() + (wide.y() + wide.height()) * scale_y) / device_pixel_ratio) + 1;
  return {left, top, right - left, bottom - top};
}

}  // namespace saffron::viewer
