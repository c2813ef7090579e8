// SPDX-License-Identifier: Apache-2.0
// How large disk images are, in words. GUI thread only; the files themselves are looked at in a worker thread.
#pragma once

#include <QtCore/QElapsedTimer>
#include <QtCore/QHash>
#include <QtCore/QObject>
#include <QtCore/QStringList>

namespace saffron::desktop {

class ImageSizes final : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;

  /// Looks these files up, unless that was done a moment ago; changed() follows if there is something new to tell.
  void look_at(const QStringList& paths);
  /// "20 GiB, 3.1 GiB used" or "missing"; empty for what is no file, and as long as it is not known.
  QString text(const QString& path) const { return texts_.value(path); }

 signals:
  void changed();

 private:
  QStringList wanted_;
  QStringList known_;
  QHash<QString, QString> texts_;  // By path.
  QElapsedTimer looked_;
  bool looking_ = false;
};

}  // namespace saffron::desktop
