// SPDX-License-Identifier: Apache-2.0
// saffron-viewer's command line.
#pragma once

#include <QtCore/QStringList>
#include <optional>

#include "app/common/application.h"
#include "app/viewer/connection_target.h"
#include "app/viewer/release_key.h"
#include "engine/api/paths.h"
#include "engine/core/result.h"

namespace saffron::viewer {

struct ViewerOptions {
  ConnectionTarget target;
  std::optional<api::MachinePaths> machine;  // --machine.
  QString screenshot_file;
  int timeout_seconds = 30;  // Of --screenshot.
  common::ColorScheme color_scheme = common::ColorScheme::kSystem;
  ReleaseKey release_key;
  QString language;  // Empty: the user's.
};

/// Before there is an application object: whether no window is wanted (--screenshot, --help, --version).
bool wants_screenshot_only(int argc, const char* const* argv);

/// --help and --version print and end the process. kInvalidArgument: a sentence for standard error. Needs an
/// application object.
core::Result<ViewerOptions> parse_options(const QStringList& arguments);

}  // namespace saffron::viewer
