// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/first_run_page.h"

#include <QtGui/QIcon>
#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QVBoxLayout>

#include "app/common/icons.h"

namespace saffron::desktop {

FirstRunPage::FirstRunPage(QWidget* parent) : QWidget(parent) {
  auto* picture = new QLabel;
  picture->setPixmap(QIcon(":/icons/saffron.svg").pixmap(144, 144));
  picture->setAlignment(Qt::AlignCenter);
  auto* welcome = new QLabel(tr("Welcome to Saffron"));
  QFont large = font();
  large.setPointSizeF(large.pointSizeF() * 2);
  large.setBold(true);
  welcome->setFont(large);
  welcome->setAlignment(Qt::AlignCenter);
  auto* text = new QLabel(
      tr("A machine is a whole computer in a window. Install an operating system from a CD image, or bring a disk "
         "that has one."));
  text->setWordWrap(true);
  text->setAlignment(Qt::AlignCenter);
  text->setFixedSize(460, text->heightForWidth(460) + 8);  // A centred label would get the height of one line.
  auto* create = new QPushButton(common::own_icon("list-add"), tr("&New Machine…"));
  create->setObjectName("first_new_machine");
  create->setDefault(true);
  create->setMinimumHeight(38);
  auto* checks = new QPushButton(common::own_icon("host"), tr("&Check This Host"));
  checks->setMinimumHeight(38);
  connect(create, &QPushButton::clicked, this, &FirstRunPage::new_machine_wanted);
  connect(checks, &QPushButton::clicked, this, &FirstRunPage::host_checks_wanted);
  auto* buttons = new QHBoxLayout;
  buttons->addStretch(1);
  buttons->addWidget(create);
  buttons->addSpacing(8);
  buttons->addWidget(checks);
  buttons->addStretch(1);
  auto* column = new QVBoxLayout(this);
  column->addStretch(2);
  column->addWidget(picture);
  column->addSpacing(12);
  column->addWidget(welcome);
  column->addSpacing(6);
  column->addWidget(text, 0, Qt::AlignHCenter);
  column->addSpacing(20);
  column->addLayout(buttons);
  column->addStretch(3);
}

}  // namespace saffron::desktop
