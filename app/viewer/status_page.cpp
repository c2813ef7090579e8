// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/status_page.h"

#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QLabel>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QProgressBar>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QVBoxLayout>

#include "app/common/icons.h"

namespace saffron::viewer {

namespace {

constexpr int kIconSize = 64;
constexpr int kTextWidth = 480;

}  // namespace

StatusPage::StatusPage(QWidget* parent)
    : QWidget(parent),
      icon_(new QLabel(this)),
      title_(new QLabel(this)),
      detail_(new QLabel(this)),
      progress_(new QProgressBar(this)),
      password_(new QLineEdit(this)),
      button_(new QPushButton(this)) {
  QFont font = title_->font();
  font.setPointSizeF(font.pointSizeF() * 1.5);
  title_->setFont(font);
  title_->setAlignment(Qt::AlignCenter);
  detail_->setAlignment(Qt::AlignCenter);
  detail_->setWordWrap(true);
  detail_->setFixedWidth(kTextWidth);
  detail_->setTextFormat(Qt::PlainText);  // It quotes what the other side says.
  icon_->setAlignment(Qt::AlignCenter);
  progress_->setRange(0, 0);
  progress_->setTextVisible(false);
  progress_->setFixedWidth(kTextWidth / 2);
  password_->setEchoMode(QLineEdit::Password);
  password_->setFixedWidth(kTextWidth / 2);
  password_->setAccessibleName(tr("Password"));
  button_->setObjectName("status_action");

  auto* layout = new QVBoxLayout(this);
  layout->addStretch(1);
  // Each in a row of its own: an aligned widget would not get the height that its wrapped lines need.
  for (QWidget* widget : std::initializer_list<QWidget*>{icon_, title_, detail_, progress_, password_, button_}) {
    auto* row = new QHBoxLayout;
    row->addStretch(1);
    row->addWidget(widget);
    row->addStretch(1);
    layout->addLayout(row);
    layout->addSpacing(6);
  }
  layout->addStretch(1);

  const auto act = [this] {
    if (password_->isVisibleTo(this)) {
      emit password_entered(password_->text());
      password_->clear();
    } else {
      emit action_requested();
    }
  };
  connect(button_, &QPushButton::clicked, this, act);
  connect(password_, &QLineEdit::returnPressed, this, act);
}

void StatusPage::set(const QString& icon, const QString& title, const QString& detail) {
  icon_->setPixmap(common::own_icon(icon).pixmap(QSize(kIconSize, kIconSize), devicePixelRatioF()));
  title_->setText(title);
  detail_->setText(detail);
  detail_->setVisible(!detail.isEmpty());
  progress_->hide();
  password_->hide();
  button_->hide();
}

void StatusPage::show_progress(const QString& title, const QString& detail) {
  set("video-display", title, detail);
  progress_->show();
}

void StatusPage::show_message(const QString& icon, const QString& title, const QString& detail, const QString& action) {
  set(icon, title, detail);
  button_->setText(action);
  button_->setVisible(!action.isEmpty());
  if (!action.isEmpty()) {
    button_->setFocus();
  }
}

void StatusPage::ask_password(bool was_wrong) {
  set("dialog-password", tr("This console needs a password"),
      was_wrong ? tr("The password was not accepted.") : QString());
  password_->show();
  password_->setFocus();
  button_->setText(tr("Connect"));
  button_->show();
}

}  // namespace saffron::viewer
