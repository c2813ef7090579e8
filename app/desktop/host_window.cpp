// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/host_window.h"

#include <QtGui/QClipboard>
#include <QtGui/QGuiApplication>
#include <QtGui/QPainter>
#include <QtGui/QShortcut>
#include <QtSvg/QSvgRenderer>
#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QScrollArea>
#include <QtWidgets/QVBoxLayout>

#include "app/common/icons.h"
#include "app/desktop/async.h"
#include "app/desktop/colors.h"
#include "app/desktop/texts.h"

namespace saffron::desktop {

namespace {

/// Our icon in a colour of its own.
QPixmap colored_icon(const char* name, const QColor& color, double ratio) {
  constexpr int kSide = 20;
  QPixmap pixmap = common::own_icon(name).pixmap(QSize(kSide, kSide) * ratio);
  QPainter painter(&pixmap);
  painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
  painter.fillRect(pixmap.rect(), color);
  painter.end();
  pixmap.setDevicePixelRatio(ratio);
  return pixmap;
}

QPixmap state_icon(api::CheckState state, double ratio) {
  switch (state) {
    case api::CheckState::kOk:
      return colored_icon("emblem-ok", colors::kGreen, ratio);
    case api::CheckState::kWarning:
      return colored_icon("dialog-warning", colors::kAmber, ratio);
    case api::CheckState::kFailed:
      break;
  }
  return colored_icon("dialog-error", colors::kRed, ratio);
}

QString state_word(api::CheckState state) {
  switch (state) {
    case api::CheckState::kOk:
      return HostWindow::tr("In order");
    case api::CheckState::kWarning:
      return HostWindow::tr("Machines run, with less");
    case api::CheckState::kFailed:
      break;
  }
  return HostWindow::tr("Machines do not run as they should");
}

}  // namespace

QString host_problem(const std::vector<api::HostCheck>& checks) {
  for (const api::HostCheck& check : checks) {
    if (check.state == api::CheckState::kFailed) {
      return HostWindow::tr("This host cannot run machines as it should: %1.").arg(engine_text(check.detail));
    }
  }
  return {};
}

HostWindow::HostWindow(QWidget* parent)
    : QWidget(parent, Qt::Window),
      summary_(new QLabel),
      scroll_(new QScrollArea),
      again_(new QPushButton(common::own_icon("view-refresh"), tr("Check &Again"))) {
  setWindowTitle(tr("This Host"));
  setObjectName("host_window");
  resize(680, 620);
  summary_->setWordWrap(true);
  QFont large = summary_->font();
  large.setPointSizeF(large.pointSizeF() * 1.25);
  large.setBold(true);
  summary_->setFont(large);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setFocusPolicy(Qt::NoFocus);
  auto* copy = new QPushButton(common::own_icon("edit-copy"), tr("&Copy as Text"));
  connect(copy, &QPushButton::clicked, this, [this] {
    QString text;
    for (const api::HostCheck& check : checks_) {
      const QString state = QString::fromUtf8(name_of(check.state));
      text += QString("%1: %2: %3\n").arg(state, engine_text(check.title), engine_text(check.detail));
      if (!check.fix.empty()) {
        text += "    " + engine_text(check.fix) + "\n";
      }
    }
    QGuiApplication::clipboard()->setText(text);
  });
  auto* close = new QPushButton(tr("C&lose"));
  connect(again_, &QPushButton::clicked, this, &HostWindow::run_checks);
  connect(close, &QPushButton::clicked, this, &QWidget::close);
  connect(new QShortcut(QKeySequence::Cancel, this), &QShortcut::activated, this, &QWidget::close);
  auto* row = new QHBoxLayout;
  row->addWidget(again_);
  row->addWidget(copy);
  row->addStretch(1);
  row->addWidget(close);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(20, 18, 20, 16);
  column->setSpacing(14);
  column->addWidget(summary_);
  column->addWidget(scroll_, 1);
  column->addLayout(row);
}

void HostWindow::run_checks() {
  again_->setEnabled(false);
  run_async(
      this, [] { return api::run_host_checks(api::HostProbe::real()); },
      [this](const std::vector<api::HostCheck>& checks) {
        again_->setEnabled(true);
        show_checks(checks);
      });
}

void HostWindow::show_checks(const std::vector<api::HostCheck>& checks) {
  checks_ = checks;
  const QString problem = host_problem(checks);
  summary_->setText(problem.isEmpty() ? tr("This host can run machines.") : problem);
  list_ = new QWidget;
  auto* column = new QVBoxLayout(list_);
  column->setContentsMargins(0, 0, 8, 0);
  column->setSpacing(14);
  for (const api::HostCheck& check : checks) {
    add_check(check);
  }
  column->addStretch(1);
  scroll_->setWidget(list_);
}

void HostWindow::add_check(const api::HostCheck& check) {
  auto* row = new QHBoxLayout;
  row->setSpacing(12);
  auto* icon = new QLabel;
  icon->setPixmap(state_icon(check.state, devicePixelRatioF()));
  icon->setToolTip(state_word(check.state));
  icon->setAccessibleName(state_word(check.state));
  auto* words = new QVBoxLayout;
  words->setSpacing(2);
  auto* title = new QLabel(engine_text(check.title));
  QFont bold = title->font();
  bold.setBold(true);
  title->setFont(bold);
  auto* detail = new QLabel(engine_text(check.detail));
  detail->setWordWrap(true);
  detail->setTextFormat(Qt::PlainText);
  words->addWidget(title);
  words->addWidget(detail);
  if (!check.fix.empty()) {
    auto* fix = new QLabel(tr("→ %1").arg(engine_text(check.fix)));
    fix->setWordWrap(true);
    fix->setTextFormat(Qt::PlainText);
    fix->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    words->addWidget(fix);
  }
  row->addWidget(icon, 0, Qt::AlignTop);
  row->addLayout(words, 1);
  static_cast<QVBoxLayout*>(list_->layout())->addLayout(row);
}

}  // namespace saffron::desktop
