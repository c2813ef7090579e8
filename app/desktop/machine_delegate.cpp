// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/machine_delegate.h"

#include <QtGui/QPainter>

#include "app/desktop/colors.h"
#include "app/desktop/library_model.h"
#include "app/desktop/screen_painter.h"
#include "app/desktop/texts.h"

namespace saffron::desktop {

namespace {

constexpr int kMargin = 8;
constexpr QSize kRowScreen{104, 65};
constexpr QSize kTileScreen{136, 85};  // Two stand side by side in a list of usual width.

/// Name, state and a line of facts.
int words_height(const QFont& font) {
  return 2 * QFontMetrics(font).height() + QFontMetrics(font).height() + 14;
}

QString facts(const MachineSession& session) {
  if (session.problem()) {
    return error_text(*session.problem());
  }
  if (!session.config()) {
    return {};
  }
  return cpus_text(session.cpus()) + " · " + memory_text(session.memory_mib());
}

void paint_background(QPainter& painter, const QStyleOptionViewItem& option) {
  const bool selected = option.state.testFlag(QStyle::State_Selected);
  const bool hovered = option.state.testFlag(QStyle::State_MouseOver);
  if (!selected && !hovered) {
    return;
  }
  QColor fill = option.palette.color(QPalette::Active, QPalette::Highlight);
  if (!selected) {
    fill.setAlpha(36);
  } else if (!option.state.testFlag(QStyle::State_Active)) {
    fill = option.palette.color(QPalette::Inactive, QPalette::Highlight);
  }
  painter.setPen(Qt::NoPen);
  painter.setBrush(fill);
  painter.drawRoundedRect(QRectF(option.rect).adjusted(4, 2, -4, -2), 8, 8);
}

}  // namespace

void MachineDelegate::paint(QPainter* painter, const QStyleOptionViewItem& given, const QModelIndex& index) const {
  const MachineSession* session = LibraryModel::session_at(index);
  if (session == nullptr) {
    return;
  }
  QStyleOptionViewItem option = given;
  initStyleOption(&option, index);
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  paint_background(*painter, option);
  const QRectF inner = QRectF(option.rect).adjusted(kMargin + 4, kMargin + 2, -kMargin - 4, -kMargin - 2);
  if (tiles_) {
    const QRectF screen(inner.topLeft(), QSizeF(kTileScreen));
    paint_screen(*painter, screen, *session, 8);
    paint_words(*painter, inner.adjusted(2, kTileScreen.height() + 8, 0, 0), option, *session);
  } else {
    const QRectF screen(QPointF(inner.left(), inner.center().y() - kRowScreen.height() / 2.0), QSizeF(kRowScreen));
    paint_screen(*painter, screen, *session, 6);
    const double height = words_height(option.font);
    const QRectF words(inner.left() + kRowScreen.width() + 12, inner.center().y() - height / 2,
                       inner.width() - kRowScreen.width() - 12, height);
    paint_words(*painter, words, option, *session);
  }
  if (option.state.testFlag(QStyle::State_HasFocus) && option.state.testFlag(QStyle::State_KeyboardFocusChange)) {
    painter->setBrush(Qt::NoBrush);
    painter->setPen(QPen(option.palette.color(QPalette::WindowText), 1, Qt::DotLine));
    painter->drawRoundedRect(QRectF(option.rect).adjusted(4.5, 2.5, -4.5, -2.5), 8, 8);
  }
  painter->restore();
}

void MachineDelegate::paint_words(QPainter& painter, const QRectF& place, const QStyleOptionViewItem& option,
                                  const MachineSession& session) const {
  const bool selected = option.state.testFlag(QStyle::State_Selected);
  const QColor text = option.palette.color(selected ? QPalette::HighlightedText : QPalette::Text);
  const QColor faint = selected ? text : colors::faint_text(option.palette);
  QFont bold = option.font;
  bold.setBold(true);
  const QFontMetrics bold_metrics(bold);
  const QFontMetrics metrics(option.font);
  QRectF line(place.left(), place.top(), place.width(), bold_metrics.height());
  painter.setFont(bold);
  painter.setPen(text);
  painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
                   bold_metrics.elidedText(session.name(), Qt::ElideRight, static_cast<int>(line.width())));
  line.moveTop(line.bottom() + 2);
  line.setHeight(metrics.height());
  painter.setFont(option.font);
  painter.setPen(faint);
  painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
                   metrics.elidedText(facts(session), Qt::ElideRight, static_cast<int>(line.width())));
  line.moveTop(line.bottom() + 5);
  line.setHeight(metrics.height() + 4);
  const int room = static_cast<int>(line.width()) - 30;
  paint_badge(painter, QPointF(line.left(), line.center().y()),
              metrics.elidedText(session.phase_text(), Qt::ElideRight, room), session.phase(), text);
}

QSize MachineDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
  const int words = words_height(option.font);
  if (tiles_) {
    return {kTileScreen.width() + 2 * (kMargin + 4), kTileScreen.height() + 8 + words + 2 * (kMargin + 2)};
  }
  return {240, std::max(kRowScreen.height(), words) + 2 * (kMargin + 2)};
}

}  // namespace saffron::desktop
