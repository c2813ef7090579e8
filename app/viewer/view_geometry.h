// SPDX-License-Identifier: Apache-2.0
// Where the guest's screen is inside a widget. Everything is in physical pixels, rounded once; widgets speak logical
// ones (physical divided by the device pixel ratio, which may be any fraction).
#pragma once

#include <QtCore/QPoint>
#include <QtCore/QRect>
#include <QtCore/QSize>

namespace saffron::viewer {

enum class ViewMode { kScaled, kActualSize };

struct View {
  ViewMode mode = ViewMode::kScaled;
  /// kActualSize: physical pixels for one of the guest's.
  double zoom = 1.0;
  bool operator==(const View&) const = default;
};

/// A widget's size in physical pixels.
QSize physical_size(const QSize& logical, double device_pixel_ratio);

/// The screen's rectangle in the widget, physical pixels: centred; kScaled: as large as fits, aspect kept.
QRect screen_rect(const QSize& widget_physical, const QSize& guest, const View& view);

/// The least logical size of a widget that shows all of the guest at kActualSize.
QSize widget_size_for(const QSize& guest, const View& view, double device_pixel_ratio);

/// The guest's pixel under a point of the widget (logical), clamped to the screen.
QPoint guest_position(const QPointF& logical, double device_pixel_ratio, const QRect& screen, const QSize& guest);

/// The part of the widget (logical, rounded outwards) that shows `area` of the guest.
QRect widget_area(const QRect& area, double device_pixel_ratio, const QRect& screen, const QSize& guest);

}  // namespace saffron::viewer
