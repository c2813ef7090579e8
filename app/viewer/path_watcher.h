// SPDX-License-Identifier: Apache-2.0
// Tells when a file (a socket, here) comes into being, whatever part of its path is missing. No polling.
#pragma once

#include <QtCore/QFileSystemWatcher>
#include <QtCore/QObject>
#include <QtCore/QString>

namespace saffron::viewer {

class PathWatcher final : public QObject {
  Q_OBJECT
 public:
  explicit PathWatcher(QObject* parent = nullptr);

  /// Emits appeared() once `path` exists: soon, if it does already.
  void wait_for(const QString& path);
  void stop();

 signals:
  void appeared();

 private:
  void look();

  QFileSystemWatcher watcher_;
  QString path_;
};

}  // namespace saffron::viewer
