// SPDX-License-Identifier: Apache-2.0
// What all our windows share at start: names, translations, and dark or light. GUI thread only.
#pragma once

#include <QtCore/QString>
#include <memory>
#include <optional>

class QApplication;

namespace saffron::common {

enum class ColorScheme { kSystem, kLight, kDark };

/// "system", "light" or "dark".
std::optional<ColorScheme> color_scheme_from_name(const QString& name);

/// Whether it is one that our texts are in, or empty (the user's).
bool is_language(const QString& name);

/// Call before the QApplication is made: its names, and what has to be set so early.
void prepare_application(const char* program_name);

/// Installs Qt's and our translations (resource ":/i18n/CATALOG_LANGUAGE.qm") for the user's language.
void install_translations(QApplication& application, const QString& catalog);

/// Keeps the application's palette at a scheme. kSystem: leaves the palette to the desktop's platform theme if it has
/// one; else follows the desktop portal's setting (org.freedesktop.appearance), also when it changes, and before an
/// answer comes GTK's configuration. Never blocks.
class ColorSchemeKeeper {
 public:
  explicit ColorSchemeKeeper(QApplication& application);
  ~ColorSchemeKeeper();
  void set(ColorScheme scheme);
  /// Whether windows are dark now.
  bool dark() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saffron::common
