// SPDX-License-Identifier: Apache-2.0
// saffron-viewer --screenshot: the guest's screen into a file, pixel by pixel, without a window.
#pragma once

#include "app/viewer/viewer_options.h"

namespace saffron::viewer {

/// Runs the application until there is a picture, then returns the process's exit status: 0; or 1 with a line on
/// standard error.
int run_screenshot(const ViewerOptions& options);

}  // namespace saffron::viewer
