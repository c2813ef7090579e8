// SPDX-License-Identifier: Apache-2.0
// Icons that fit dark and light windows. GUI thread only.
#pragma once

#include <QtCore/QString>
#include <QtGui/QIcon>

namespace saffron::common {

/// The desktop theme's icon of that freedesktop.org name, or ours (resources/icons/NAME.svg), drawn in the colour of
/// the palette's text. Null if neither exists.
QIcon themed_icon(const QString& name);
/// Ours, whatever the theme has.
QIcon own_icon(const QString& name);

}  // namespace saffron::common
