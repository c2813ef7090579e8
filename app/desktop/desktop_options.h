// SPDX-License-Identifier: Apache-2.0
// saffron's command line.
#pragma once

#include <QtCore/QStringList>

#include "app/common/application.h"
#include "engine/core/result.h"

namespace saffron::desktop {

struct DesktopOptions {
  common::ColorScheme color_scheme = common::ColorScheme::kSystem;
  QString language;  // "en", "zh_CN"; empty: the user's.
  QString machine;   // To be selected.
  QString image;     // A CD or disk image for a new machine; absolute.
  bool new_machine = false;
  bool start = false;  // The selected machine, at once.
};

/// Whether only a text is wanted (--help, --version), for which no display is needed.
bool wants_text_only(int argc, const char* const* argv);

/// --help and --version print and end the process. kInvalidArgument: a sentence for standard error. Needs an
/// application object.
core::Result<DesktopOptions> parse_options(const QStringList& arguments);

}  // namespace saffron::desktop
