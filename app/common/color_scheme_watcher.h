// SPDX-License-Identifier: Apache-2.0
// The D-Bus slot of ColorSchemeKeeper; in a header because moc wants it so.
#pragma once

#include <QtCore/QObject>
#include <QtDBus/QDBusVariant>
#include <functional>

namespace saffron::common {

class ColorSchemeWatcher final : public QObject {
  Q_OBJECT
 public:
  std::function<void(bool dark)> changed;

 public slots:
  void setting_changed(const QString& space, const QString& key, const QDBusVariant& value);
};

}  // namespace saffron::common
