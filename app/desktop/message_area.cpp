// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/message_area.h"

#include <QtCore/QEvent>
#include <QtGui/QPainter>
#include <QtGui/QPainterPath>
#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QPushButton>
#include <algorithm>

#include "app/common/icons.h"
#include "app/desktop/colors.h"

namespace saffron::desktop {

namespace {

constexpr std::size_t kMaxBars = 3;

const char* icon_name(Notice::Severity severity) {
  switch (severity) {
    case Notice::Severity::kInfo:
      return "dialog-information";
    case Notice::Severity::kWarning:
      return "dialog-warning";
    case Notice::Severity::kError:
      break;
  }
  return "dialog-error";
}

QColor accent(Notice::Severity severity) {
  switch (severity) {
    case Notice::Severity::kInfo:
      return colors::kBlue;
    case Notice::Severity::kWarning:
      return colors::kAmber;
    case Notice::Severity::kError:
      break;
  }
  return colors::kRed;
}

}  // namespace

MessageBar::MessageBar(Notice notice, QWidget* parent)
    : QFrame(parent),
      notice_(std::move(notice)),
      icon_(new QLabel(this)),
      text_(new QLabel(notice_.text, this)),
      close_(new QToolButton(this)),
      details_(new QPlainTextEdit(notice_.details, this)),
      row_(new QHBoxLayout) {
  text_->setWordWrap(true);
  text_->setTextFormat(Qt::PlainText);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  text_->setAccessibleName(notice_.text);
  setAccessibleName(notice_.text);
  close_->setAutoRaise(true);
  close_->setToolTip(tr("Dismiss"));
  close_->setAccessibleName(tr("Dismiss"));
  connect(close_, &QToolButton::clicked, this, &MessageBar::dismissed);
  details_->setReadOnly(true);
  details_->setVisible(false);
  details_->setMaximumHeight(140);
  details_->setAccessibleName(tr("Details"));
  details_->setFont(colors::monospace_font());
  row_->addWidget(icon_, 0, Qt::AlignTop);
  row_->addWidget(text_, 1);
  row_->addWidget(close_, 0, Qt::AlignTop);
  row_->setSpacing(10);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(14, 8, 8, 8);
  column->addLayout(row_);
  column->addWidget(details_);
  if (!notice_.details.isEmpty()) {
    add_action(tr("&Details"), [this] { details_->setVisible(!details_->isVisible()); });
  }
  style_parts();
}

void MessageBar::add_action(const QString& text, std::function<void()> action) {
  auto* button = new QPushButton(text, this);
  button->setAutoDefault(false);
  connect(button, &QPushButton::clicked, this, std::move(action));
  row_->insertWidget(row_->count() - 1, button, 0, Qt::AlignTop);
}

void MessageBar::style_parts() {
  icon_->setPixmap(common::own_icon(icon_name(notice_.severity)).pixmap(18, 18));
  close_->setIcon(common::own_icon("window-close"));
}

void MessageBar::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange) {
    style_parts();
  }
  QFrame::changeEvent(event);
}

void MessageBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  QColor fill = accent(notice_.severity);
  painter.setPen(QPen(QColor(fill.red(), fill.green(), fill.blue(), 110), 1));
  fill.setAlpha(34);
  painter.setBrush(fill);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8);
}

MessageArea::MessageArea(QWidget* parent) : QWidget(parent), column_(new QVBoxLayout(this)) {
  column_->setContentsMargins(12, 10, 12, 0);
  column_->setSpacing(6);
  hide();
}

MessageBar* MessageArea::show_notice(const Notice& notice) {
  if (!notice.kind.isEmpty()) {
    forget(notice.machine, notice.kind);
  }
  if (bars_.size() >= kMaxBars) {
    drop(bars_.back());
  }
  auto* bar = new MessageBar(notice, this);
  if (notice.has_log) {
    bar->add_action(tr("&Log"), [this, machine = notice.machine] { emit log_wanted(machine); });
  }
  connect(bar, &MessageBar::dismissed, this, [this, bar] { drop(bar); });
  bars_.insert(bars_.begin(), bar);
  column_->insertWidget(0, bar);
  show();
  return bar;
}

void MessageArea::forget(const QString& machine, const QString& kind) {
  const auto bars = bars_;
  for (MessageBar* bar : bars) {
    if (bar->notice().machine == machine && (kind.isEmpty() || bar->notice().kind == kind)) {
      drop(bar);
    }
  }
}

void MessageArea::clear() {
  while (!bars_.empty()) {
    drop(bars_.back());
  }
}

QString MessageArea::last_text() const {
  return bars_.empty() ? QString() : bars_.front()->notice().text;
}

void MessageArea::drop(MessageBar* bar) {
  bars_.erase(std::remove(bars_.begin(), bars_.end(), bar), bars_.end());
  column_->removeWidget(bar);
  bar->hide();
  bar->deleteLater();
  setVisible(!bars_.empty());
}

}  // namespace saffron::desktop
