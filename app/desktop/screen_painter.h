// SPDX-License-Identifier: Apache-2.0
// Draws a machine's screen as a small or large picture with round corners, and its state as a badge.
#pragma once

#include <QtCore/QPointer>
#include <QtCore/QRectF>
#include <QtWidgets/QWidget>

#include "app/desktop/machine_session.h"

class QPainter;

namespace saffron::desktop {

/// The picture fills `frame`, as far as its shape allows; a screen that shows nothing is dark glass with a sign.
void paint_screen(QPainter& painter, const QRectF& frame, const MachineSession& session, double radius);
/// A coloured dot and the state; returns its width.
double paint_badge(QPainter& painter, const QPointF& left_middle, const QString& text, Phase phase,
                   const QColor& text_color);

/// The large picture of the details pane.
class ScreenPreview final : public QWidget {
  Q_OBJECT
 public:
  explicit ScreenPreview(QWidget* parent = nullptr);
  void set_session(MachineSession* session);
  QSize sizeHint() const override { return {640, 400}; }
  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;

 signals:
  void opened();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QPointer<MachineSession> session_;
};

}  // namespace saffron::desktop
