// SPDX-License-Identifier: Apache-2.0
// Our other programs, and the places for files. GUI thread only.
#pragma once

#include <QtCore/QString>

#include "app/common/application.h"
#include "engine/core/result.h"

namespace saffron::desktop {

/// Opens a console window that outlives us: saffron-viewer beside this program, in $SAFFRON_VIEWER or in $PATH.
core::Result<void> start_viewer(const QString& machine);
/// Viewers get the language and the colours that this program was told; an empty language: the user's.
void set_viewer_options(const QString& language, common::ColorScheme scheme);
/// A file that does not exist yet, in the pictures' folder: "NAME 2026-01-31 12-00-00.png".
QString next_screenshot_file(const QString& machine);

/// Where a file of that kind ("iso", "disk", "kernel") was chosen last.
QString last_directory(const char* kind);
void remember_directory(const char* kind, const QString& file);

}  // namespace saffron::desktop
