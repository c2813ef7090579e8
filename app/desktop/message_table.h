// SPDX-License-Identifier: Apache-2.0
// What engine/api and the engine say in English, for translation, and the words for the fields of machine.json.
#pragma once

#include <QtCore/QString>
#include <span>

namespace saffron::desktop {

struct FieldWords {
  const char* path;   // As in FieldInfo::path.
  const char* label;  // Context "FieldLabel".
  const char* help;   // Context "FieldHelp".
};

/// Sentences with %1, %2 for what varies; context "EngineText".
std::span<const char* const> engine_sentences();
/// The words for a path; indices count as "[]". Null if there are none.
const FieldWords* field_of(const QString& path);

}  // namespace saffron::desktop
