// SPDX-License-Identifier: Apache-2.0
// The few colours and fonts that the palette does not have. They are readable on dark and on light.
#pragma once

#include <QtGui/QColor>
#include <QtGui/QFont>
#include <QtGui/QFontDatabase>
#include <QtGui/QPalette>

#include "app/desktop/machine_session.h"

namespace saffron::desktop::colors {

inline constexpr QColor kGreen{0x2e, 0xa0, 0x5a};
inline constexpr QColor kAmber{0xd9, 0x8a, 0x12};
inline constexpr QColor kRed{0xd6, 0x45, 0x41};
inline constexpr QColor kBlue{0x3d, 0x85, 0xd8};
inline constexpr QColor kGray{0x8a, 0x8a, 0x8a};
/// The dark glass of a screen that shows nothing.
inline constexpr QColor kScreenTop{0x2f, 0x2a, 0x3d};
inline constexpr QColor kScreenBottom{0x1b, 0x18, 0x26};

inline QColor of_phase(Phase phase) {
  switch (phase) {
    case Phase::kRunning:
      return kGreen;
    case Phase::kPaused:
      return kAmber;
    case Phase::kBroken:
    case Phase::kCrashed:
      return kRed;
    case Phase::kStopped:
      return kGray;
    default:
      return kBlue;
  }
}

/// Text of lesser weight: between the palette's text and its background.
inline QColor faint_text(const QPalette& palette) {
  const QColor text = palette.color(QPalette::WindowText);
  const QColor window = palette.color(QPalette::Window);
  const auto mix = [](int a, int b) { return (a * 64 + b * 36) / 100; };
  return {mix(text.red(), window.red()), mix(text.green(), window.green()), mix(text.blue(), window.blue())};
}

inline QFont monospace_font() {
  return QFontDatabase::systemFont(QFontDatabase::FixedFont);
}

}  // namespace saffron::desktop::colors
