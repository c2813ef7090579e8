// SPDX-License-Identifier: Apache-2.0
// The bar at the upper edge of a full screen: comes when the pointer touches the edge, goes by itself.
#pragma once

#include <QtCore/QTimer>
#include <QtWidgets/QFrame>

class QAction;
class QLabel;
class QMenu;

namespace saffron::viewer {

class FullScreenBar final : public QFrame {
  Q_OBJECT
 public:
  /// `parent` is the widget that fills the screen.
  FullScreenBar(QAction* leave, QMenu* keys, const QList<QAction*>& actions, QWidget* parent);

  void set_texts(const QString& title, const QString& hint);
  /// Shows it for a while.
  void reveal();
  void conceal();

 protected:
  void enterEvent(QEnterEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  void place();

  QLabel* title_;
  QLabel* hint_;
  QTimer hide_timer_;
};

}  // namespace saffron::viewer
