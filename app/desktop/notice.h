// SPDX-License-Identifier: Apache-2.0
// Notice: a sentence for the person in front of the screen, shown inline.
#pragma once

#include <QtCore/QMetaType>
#include <QtCore/QString>

#include "engine/core/result.h"

namespace saffron::desktop {

struct Notice {
  enum class Severity { kInfo, kWarning, kError };
  Severity severity = Severity::kError;
  QString text = {};
  QString details = {};  // More lines, folded away.
  QString machine = {};  // Whom it is about; empty: nobody in particular.
  QString kind = {};     // A later notice of the same machine and kind takes its place.
  bool has_log = false;

  /// The error's first line as text, the rest as details; "what" comes first: "Cannot start the machine."
  static Notice from_error(const QString& what, const core::Error& error, const QString& machine = {});
};

}  // namespace saffron::desktop
Q_DECLARE_METATYPE(saffron::desktop::Notice)
