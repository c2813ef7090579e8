// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/full_screen_bar.h"

#include <QtGui/QAction>
#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QLabel>
#include <QtWidgets/QMenu>
#include <QtWidgets/QToolButton>

#include "app/common/icons.h"

namespace saffron::viewer {

namespace {

constexpr int kStayMilliseconds = 2500;

}  // namespace

FullScreenBar::FullScreenBar(QAction* leave, QMenu* keys, const QList<QAction*>& actions, QWidget* parent)
    : QFrame(parent), title_(new QLabel(this)), hint_(new QLabel(this)) {
  setObjectName("full_screen_bar");
  setFrameShape(QFrame::StyledPanel);
  setAutoFillBackground(true);
  setCursor(Qt::ArrowCursor);
  QFont bold = title_->font();
  bold.setBold(true);
  title_->setFont(bold);
  title_->setTextFormat(Qt::PlainText);

  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(12, 4, 8, 4);
  layout->addWidget(title_);
  layout->addWidget(hint_);
  layout->addSpacing(12);
  const auto add_button = [&](QAction* action) {
    auto* button = new QToolButton(this);
    button->setDefaultAction(action);
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::NoFocus);  // The guest keeps the keyboard.
    layout->addWidget(button);
    return button;
  };
  auto* key_button = new QToolButton(this);
  key_button->setText(keys->title());
  key_button->setIcon(common::own_icon("input-keyboard"));
  key_button->setToolTip(keys->title().remove('&'));
  key_button->setMenu(keys);
  key_button->setPopupMode(QToolButton::InstantPopup);
  key_button->setAutoRaise(true);
  key_button->setFocusPolicy(Qt::NoFocus);
  layout->addWidget(key_button);
  for (QAction* action : actions) {
    add_button(action);
  }
  add_button(leave)->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);

  hide_timer_.setSingleShot(true);
  connect(&hide_timer_, &QTimer::timeout, this, &QWidget::hide);
  hide();
}

void FullScreenBar::set_texts(const QString& title, const QString& hint) {
  title_->setText(title);
  hint_->setText(hint);
  place();
}

void FullScreenBar::place() {
  adjustSize();
  move((parentWidget()->width() - width()) / 2, 0);
}

void FullScreenBar::reveal() {
  place();
  show();
  raise();
  hide_timer_.start(kStayMilliseconds);
}

void FullScreenBar::conceal() {
  hide_timer_.stop();
  hide();
}

void FullScreenBar::enterEvent(QEnterEvent*) {
  hide_timer_.stop();
}
void FullScreenBar::leaveEvent(QEvent*) {
  hide_timer_.start(kStayMilliseconds);
}

}  // namespace saffron::viewer
