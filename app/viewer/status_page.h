// SPDX-License-Identifier: Apache-2.0
// What the window shows when there is no console: what is going on, and what can be done about it.
#pragma once

#include <QtWidgets/QWidget>

class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;

namespace saffron::viewer {

class StatusPage final : public QWidget {
  Q_OBJECT
 public:
  explicit StatusPage(QWidget* parent = nullptr);

  void show_progress(const QString& title, const QString& detail);
  /// `action` on the button; empty: no button.
  void show_message(const QString& icon, const QString& title, const QString& detail, const QString& action);
  void ask_password(bool was_wrong);

 signals:
  void action_requested();
  void password_entered(const QString& password);

 private:
  void set(const QString& icon, const QString& title, const QString& detail);

  QLabel* icon_;
  QLabel* title_;
  QLabel* detail_;
  QProgressBar* progress_;
  QLineEdit* password_;
  QPushButton* button_;
};

}  // namespace saffron::viewer
