// SPDX-License-Identifier: Apache-2.0
#include "app/common/icons.h"

#include <QtCore/QFile>
#include <QtGui/QGuiApplication>
#include <QtGui/QIconEngine>
#include <QtGui/QPainter>
#include <QtGui/QPalette>
#include <QtSvg/QSvgRenderer>

namespace saffron::common {

namespace {

/// A one-colour drawing in the colour that text has where it is painted, so that it is right in both schemes.
class SymbolicEngine final : public QIconEngine {
 public:
  explicit SymbolicEngine(QByteArray svg) : svg_(std::move(svg)) {}

  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
    const QPalette palette = QGuiApplication::palette();
    const QPalette::ColorGroup group = mode == QIcon::Disabled ? QPalette::Disabled : QPalette::Active;
    const QColor color =
        palette.color(group, mode == QIcon::Selected ? QPalette::HighlightedText : QPalette::ButtonText);
    QByteArray colored = svg_;
    colored.replace("currentColor", color.name().toUtf8());
    QSvgRenderer(colored).render(painter, rect);
  }
  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    QPixmap pixmap(size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    paint(&painter, QRect(QPoint(0, 0), size), mode, state);
    return pixmap;
  }
  QIconEngine* clone() const override { return new SymbolicEngine(svg_); }

 private:
  QByteArray svg_;
};

}  // namespace

QIcon own_icon(const QString& name) {
  QFile file(":/icons/" + name + ".svg");
  return file.open(QIODevice::ReadOnly) ? QIcon(new SymbolicEngine(file.readAll())) : QIcon();
}

QIcon themed_icon(const QString& name) {
  return QIcon::hasThemeIcon(name) ? QIcon::fromTheme(name) : own_icon(name);
}

}  // namespace saffron::common
