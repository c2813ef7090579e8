// SPDX-License-Identifier: Apache-2.0
// LogWindow: the engine's log and the serial port's, as they grow. Reads in a worker; GUI thread only.
#pragma once

#include <QtCore/QTimer>
#include <QtWidgets/QCheckBox>
#include <QtWidgets/QLabel>
#include <QtWidgets/QPlainTextEdit>
#include <QtWidgets/QTabWidget>

#include "engine/api/paths.h"

namespace saffron::desktop {

/// One file; only its last megabyte is shown.
class LogView final : public QPlainTextEdit {
  Q_OBJECT
 public:
  explicit LogView(QString file, QWidget* parent = nullptr);
  void set_follow(bool follow);
  /// Reads what has been added.
  void update_text();

 private:
  void take(qint64 offset, qint64 size, const QByteArray& text);

  QString file_;
  qint64 read_ = 0;
  bool reading_ = false;
  bool follow_ = true;
};

class LogWindow final : public QWidget {
  Q_OBJECT
 public:
  explicit LogWindow(const api::MachinePaths& paths, QWidget* parent = nullptr);
  QString machine() const { return machine_; }

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  LogView* current() const;

  QString machine_;
  QTabWidget* tabs_;
  QCheckBox* follow_;
  QTimer timer_;
};

}  // namespace saffron::desktop
