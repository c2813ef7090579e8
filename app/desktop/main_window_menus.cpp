// SPDX-License-Identifier: Apache-2.0
// MainWindow: menus and what it remembers.
#include <QtCore/QCoreApplication>
#include <QtCore/QSettings>
#include <QtGui/QActionGroup>
#include <QtWidgets/QMenuBar>
#include <QtWidgets/QMessageBox>

#include "app/common/icons.h"
#include "app/desktop/host_window.h"
#include "app/desktop/main_window.h"
#include "app/desktop/new_machine_wizard.h"

namespace saffron::desktop {

void MainWindow::build_menus() {
  QMenu* file = menuBar()->addMenu(tr("&File"));
  file->addAction(new_machine_);
  file->addSeparator();
  QAction* quit = file->addAction(tr("&Quit"));
  quit->setShortcut(QKeySequence::Quit);
  quit->setToolTip(tr("Machines go on running"));
  connect(quit, &QAction::triggered, this, [this] {
    close();
    QCoreApplication::quit();
  });
  QMenu* machine = menuBar()->addMenu(tr("&Machine"));
  actions_->fill_menu(*machine);
  build_view_menu();
  QMenu* help = menuBar()->addMenu(tr("&Help"));
  QAction* host = help->addAction(common::own_icon("host"), tr("&Check This Host"));
  host->setObjectName("check_host");
  connect(host, &QAction::triggered, this, &MainWindow::open_host);
  connect(help->addAction(tr("&About Saffron")), &QAction::triggered, this, &MainWindow::show_about);
}

void MainWindow::build_view_menu() {
  QMenu* view = menuBar()->addMenu(tr("&View"));
  auto* shapes = new QActionGroup(this);
  QAction* rows = view->addAction(common::own_icon("view-rows"), tr("&Rows"));
  tiles_action_ = view->addAction(common::own_icon("view-tiles"), tr("&Tiles"));
  for (QAction* action : {rows, tiles_action_}) {
    action->setCheckable(true);
    shapes->addAction(action);
  }
  rows->setChecked(true);
  connect(tiles_action_, &QAction::toggled, this, &MainWindow::set_tiles);
  view->addSeparator();
  auto* orders = new QActionGroup(this);
  QAction* by_name = view->addAction(tr("Sort by &Name"));
  QAction* by_state = view->addAction(tr("Sort by &State"));
  by_state->setObjectName("sort_by_state");
  for (QAction* action : {by_name, by_state}) {
    action->setCheckable(true);
    orders->addAction(action);
  }
  by_name->setChecked(true);
  connect(by_state, &QAction::toggled, this, [this](bool state) {
    filter_->set_order(state ? LibraryFilter::Order::kState : LibraryFilter::Order::kName);
  });
  view->addSeparator();
  QAction* find = view->addAction(common::own_icon("edit-find"), tr("&Find a Machine"));
  find->setShortcut(QKeySequence::Find);
  connect(find, &QAction::triggered, this, [this] {
    search_->setFocus();
    search_->selectAll();
  });
  QAction* again = view->addAction(common::own_icon("view-refresh"), tr("Re&fresh"));
  again->setShortcut(QKeySequence::Refresh);
  connect(again, &QAction::triggered, model_, &LibraryModel::refresh);
}

void MainWindow::restore_layout() {
  const QSettings settings;
  restoreGeometry(settings.value("window/geometry").toByteArray());
  splitter_->restoreState(settings.value("window/splitter").toByteArray());
  if (settings.value("window/tiles").toBool()) {
    tiles_action_->setChecked(true);
  } else {
    set_tiles(false);
  }
  if (settings.value("window/by_state").toBool()) {
    findChild<QAction*>("sort_by_state")->setChecked(true);
  }
  wanted_ = settings.value("window/machine").toString();
}

void MainWindow::show_about() {
  auto* box = new QMessageBox(this);
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setWindowTitle(tr("About Saffron"));
  box->setIconPixmap(QIcon(":/icons/saffron.svg").pixmap(96, 96));
  box->setText("<b>" + tr("Saffron %1").arg(QCoreApplication::applicationVersion()) + "</b>");
  box->setInformativeText(tr("Virtual machines on a Linux desktop.") + "<br><br>" +
                          tr("Free software under the Apache License 2.0."));
  box->open();
}

}  // namespace saffron::desktop
