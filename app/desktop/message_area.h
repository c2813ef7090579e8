// SPDX-License-Identifier: Apache-2.0
// MessageArea: notices as bars above the content. They wait; nothing pops up, nothing blocks. GUI thread only.
#pragma once

#include <QtWidgets/QFrame>
#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QLabel>
#include <QtWidgets/QPlainTextEdit>
#include <QtWidgets/QToolButton>
#include <QtWidgets/QVBoxLayout>
#include <functional>
#include <vector>

#include "app/desktop/notice.h"

namespace saffron::desktop {

class MessageBar final : public QFrame {
  Q_OBJECT
 public:
  explicit MessageBar(Notice notice, QWidget* parent = nullptr);
  const Notice& notice() const { return notice_; }
  /// A link at the bar's end.
  void add_action(const QString& text, std::function<void()> action);

 signals:
  void dismissed();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void style_parts();

  Notice notice_;
  QLabel* icon_;
  QLabel* text_;
  QToolButton* close_;
  QPlainTextEdit* details_;
  QHBoxLayout* row_;
};

class MessageArea final : public QWidget {
  Q_OBJECT
 public:
  explicit MessageArea(QWidget* parent = nullptr);

  /// In the place of an earlier one of the same machine and kind. The oldest goes when there are too many.
  MessageBar* show_notice(const Notice& notice);
  /// Removes the notices about a machine (of that kind, if one is given).
  void forget(const QString& machine, const QString& kind = {});
  void clear();
  int count() const { return static_cast<int>(bars_.size()); }
  QString last_text() const;

 signals:
  void log_wanted(const QString& machine);

 private:
  void drop(MessageBar* bar);

  QVBoxLayout* column_;
  std::vector<MessageBar*> bars_;
};

}  // namespace saffron::desktop
