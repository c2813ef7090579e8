// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/screen_painter.h"

#include <QtGui/QKeyEvent>
#include <QtGui/QPainter>
#include <QtGui/QPainterPath>
#include <QtGui/QPixmapCache>
#include <QtSvg/QSvgRenderer>

#include "app/desktop/colors.h"

namespace saffron::desktop {

namespace {

/// The picture at the size it is drawn with; smooth scaling is done once per picture and size.
QPixmap scaled_picture(const QImage& image, QSize size) {
  const QString key = QString("screen-%1-%2x%3").arg(image.cacheKey()).arg(size.width()).arg(size.height());
  QPixmap pixmap;
  if (!QPixmapCache::find(key, &pixmap)) {
    pixmap = QPixmap::fromImage(image.scaled(size, Qt::IgnoreAspectRatio, Qt::SmoothTransformation));
    QPixmapCache::insert(key, pixmap);
  }
  return pixmap;
}

QByteArray symbol(Phase phase) {
  const char* shape = "<rect x='2' y='2.5' width='12' height='8.5' rx='1'/><path d='M5 14h6'/>";
  if (phase == Phase::kBroken || phase == Phase::kCrashed) {
    shape = "<path d='M8 2.2l6.3 11.3H1.7zM8 6.5v3.3M8 11.7v.1'/>";
  } else if (phase == Phase::kStopped) {
    shape = "<path d='M8 2v6M5 4.2a5 5 0 1 0 6 0'/>";
  }
  return QByteArray(
             "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><g fill='none' stroke='#ffffff' "
             "stroke-opacity='.38' stroke-width='1' stroke-linecap='round' stroke-linejoin='round'>") +
         shape + "</g></svg>";
}

void paint_glass(QPainter& painter, const QRectF& frame, Phase phase) {
  QLinearGradient glass(frame.topLeft(), frame.bottomLeft());
  glass.setColorAt(0, colors::kScreenTop);
  glass.setColorAt(1, colors::kScreenBottom);
  painter.fillRect(frame, glass);
  const double side = std::min(frame.width(), frame.height()) * 0.36;
  QSvgRenderer(symbol(phase))
      .render(&painter, QRectF(frame.center().x() - side / 2, frame.center().y() - side / 2, side, side));
}

}  // namespace

void paint_screen(QPainter& painter, const QRectF& frame, const MachineSession& session, double radius) {
  painter.save();
  painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
  QPainterPath outline;
  outline.addRoundedRect(frame, radius, radius);
  painter.setClipPath(outline);
  const QImage& image = session.thumbnail();
  if (image.isNull()) {
    paint_glass(painter, frame, session.phase());
  } else {
    painter.fillRect(frame, Qt::black);
    const QSizeF size = QSizeF(image.size()).scaled(frame.size(), Qt::KeepAspectRatio);
    QRectF place(QPointF(), size);
    place.moveCenter(frame.center());
    const double ratio = painter.device()->devicePixelRatioF();
    const QPixmap pixmap = scaled_picture(image, (size * ratio).toSize().expandedTo({1, 1}));
    painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()));
    if (session.phase() == Phase::kPaused) {
      painter.fillRect(frame, QColor(0, 0, 0, 120));
      const double unit = std::min(frame.width(), frame.height()) / 6;
      QRectF bar(0, 0, unit * 0.5, unit * 1.6);
      for (const double shift : {-unit * 0.45, unit * 0.45}) {
        bar.moveCenter(frame.center() + QPointF(shift, 0));
        painter.fillRect(bar, QColor(255, 255, 255, 220));
      }
    }
  }
  painter.setClipping(false);
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(QColor(127, 127, 127, 110), 1));
  painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
  painter.restore();
}

double paint_badge(QPainter& painter, const QPointF& left_middle, const QString& text, Phase phase,
                   const QColor& text_color) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  const QFontMetricsF metrics(painter.font());
  const double dot = 8;
  const double height = metrics.height() + 4;
  const double width = dot + 6 + metrics.horizontalAdvance(text) + 16;
  const QRectF pill(left_middle.x(), left_middle.y() - height / 2, width, height);
  QColor fill = colors::of_phase(phase);
  painter.setPen(Qt::NoPen);
  painter.setBrush(fill);
  const QRectF circle(pill.left() + 8, pill.center().y() - dot / 2, dot, dot);
  painter.drawEllipse(circle);
  fill.setAlpha(44);
  painter.setBrush(fill);
  painter.drawRoundedRect(pill, height / 2, height / 2);
  painter.setPen(text_color);
  painter.drawText(pill.adjusted(8 + dot + 6, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, text);
  painter.restore();
  return width;
}

ScreenPreview::ScreenPreview(QWidget* parent) : QWidget(parent) {
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  setMinimumSize(240, 150);
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Screen"));
}

void ScreenPreview::set_session(MachineSession* session) {
  session_ = session;
  setToolTip(session != nullptr && session->connected() ? tr("Double-click to open the console") : QString());
  update();
}

int ScreenPreview::heightForWidth(int width) const {
  return std::min(width * 10 / 16, 460);
}

void ScreenPreview::paintEvent(QPaintEvent*) {
  if (session_ == nullptr) {
    return;
  }
  QPainter painter(this);
  const QSizeF size = QSizeF(16, 10).scaled(QSizeF(this->size()), Qt::KeepAspectRatio);
  QRectF frame(QPointF(), size);
  frame.moveCenter(QRectF(rect()).center());
  frame.moveLeft(0);
  paint_screen(painter, frame, *session_, 10);
  if (hasFocus()) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
    painter.drawRoundedRect(frame.adjusted(1, 1, -1, -1), 10, 10);
  }
}

void ScreenPreview::mouseDoubleClickEvent(QMouseEvent*) {
  emit opened();
}

void ScreenPreview::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
    emit opened();
    return;
  }
  QWidget::keyPressEvent(event);
}

}  // namespace saffron::desktop
