// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/path_watcher.h"

#include <QtCore/QFileInfo>
#include <utility>

namespace saffron::viewer {

PathWatcher::PathWatcher(QObject* parent) : QObject(parent) {
  connect(&watcher_, &QFileSystemWatcher::directoryChanged, this, &PathWatcher::look);
}

void PathWatcher::wait_for(const QString& path) {
  path_ = path;
  QMetaObject::invokeMethod(this, &PathWatcher::look, Qt::QueuedConnection);
}

void PathWatcher::stop() {
  path_.clear();
  if (const QStringList watched = watcher_.directories(); !watched.isEmpty()) {
    watcher_.removePaths(watched);
  }
}

void PathWatcher::look() {
  if (path_.isEmpty()) {
    return;
  }
  if (QFileInfo::exists(path_)) {
    stop();
    emit appeared();
    return;
  }
  // The nearest directory that exists tells of the next one's birth.
  QString directory = QFileInfo(path_).path();
  while (!QFileInfo::exists(directory) && directory != QFileInfo(directory).path()) {
    directory = QFileInfo(directory).path();
  }
  if (watcher_.directories() == QStringList{directory}) {
    return;
  }
  if (const QStringList watched = watcher_.directories(); !watched.isEmpty()) {
    watcher_.removePaths(watched);
  }
  if (watcher_.addPath(directory)) {
    // What came into being between the look and the watch.
    QMetaObject::invokeMethod(this, &PathWatcher::look, Qt::QueuedConnection);
  }
}

}  // namespace saffron::viewer
