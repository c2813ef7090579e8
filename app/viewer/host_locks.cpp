// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/host_locks.h"

#include <QtGui/QGuiApplication>

#include "app/viewer/spice_console.h"
// X11's macros (None, Bool, ...) come last.
#include <X11/XKBlib.h>

namespace saffron::viewer {

std::optional<unsigned> host_locks() {
  const auto* x11 = qGuiApp->nativeInterface<QNativeInterface::QX11Application>();
  if (x11 == nullptr || x11->display() == nullptr) {
    return std::nullopt;
  }
  unsigned indicators = 0;
  // A round trip to the X server, once for each time that the window gets the focus.
  if (XkbGetIndicatorState(x11->display(), XkbUseCoreKbd, &indicators) != Success) {
    return std::nullopt;
  }
  // XKB's usual indicator map: 1 Caps Lock, 2 Num Lock, 4 Scroll Lock.
  return ((indicators & 1) != 0 ? kCapsLock : 0u) | ((indicators & 2) != 0 ? kNumLock : 0u) |
         ((indicators & 4) != 0 ? kScrollLock : 0u);
}

}  // namespace saffron::viewer
