// SPDX-License-Identifier: Apache-2.0
// SingleInstance: one window per library. A second start asks the first to come to the front, and ends.
#pragma once

#include <QtCore/QObject>
#include <QtNetwork/QLocalServer>

#include "app/desktop/desktop_options.h"

namespace saffron::desktop {

class SingleInstance final : public QObject {
  Q_OBJECT
 public:
  /// `directory`: the library's runtime directory; it must exist.
  explicit SingleInstance(const QString& directory, QObject* parent = nullptr);

  /// Whether another instance took over what `options` ask for: then end. Waits for it a second at most.
  bool handed_over(const DesktopOptions& options);
  /// Becomes the instance that others ask. What a killed one has left is replaced.
  void listen();

 signals:
  void asked(const saffron::desktop::DesktopOptions& options);

 private:
  void take_connection();

  QString path_;
  QLocalServer server_;
};

}  // namespace saffron::desktop
