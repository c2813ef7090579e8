// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/main_window.h"

#include <QtCore/QMimeData>
#include <QtCore/QSettings>
#include <QtGui/QCloseEvent>
#include <QtGui/QDropEvent>
#include <QtWidgets/QApplication>
#include <QtWidgets/QMessageBox>
#include <QtWidgets/QToolBar>
#include <QtWidgets/QVBoxLayout>

#include "app/common/icons.h"
#include "app/desktop/async.h"
#include "app/desktop/first_run_page.h"
#include "app/desktop/host_window.h"
#include "app/desktop/log_window.h"
#include "app/desktop/new_machine_wizard.h"
#include "app/desktop/settings_dialog.h"
#include "app/desktop/texts.h"

namespace saffron::desktop {

namespace {

constexpr int kThumbnailMilliseconds = 2000;

}  // namespace

MainWindow::MainWindow(api::MachineLibrary library, QWidget* parent)
    : QMainWindow(parent),
      model_(new LibraryModel(std::move(library), this)),
      filter_(new LibraryFilter(this)),
      actions_(new MachineActions(*model_, this)),
      messages_(new MessageArea),
      pages_(new QStackedWidget),
      splitter_(new QSplitter),
      list_(new QListView),
      nothing_found_(new QLabel(tr("No machine has that name."))),
      delegate_(new MachineDelegate(this)),
      details_(new DetailsPane(*actions_)),
      search_(new QLineEdit) {
  setWindowTitle(tr("Saffron"));
  setObjectName("main_window");
  resize(1120, 760);
  setContextMenuPolicy(Qt::NoContextMenu);
  setAcceptDrops(true);
  build_list();
  auto* first = new FirstRunPage;
  connect(first, &FirstRunPage::new_machine_wanted, this, &MainWindow::open_wizard);
  connect(first, &FirstRunPage::host_checks_wanted, this, &MainWindow::open_host);
  pages_->addWidget(new QWidget);  // While the first look lasts.
  pages_->addWidget(first);
  pages_->addWidget(splitter_);
  auto* center = new QWidget;
  auto* column = new QVBoxLayout(center);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(messages_);
  column->addWidget(pages_, 1);
  setCentralWidget(center);
  build_tool_bar();
  build_menus();
  connect_library();
  restore_layout();
  update_page();
}

MainWindow::~MainWindow() = default;

void MainWindow::build_list() {
  filter_->setSourceModel(model_);
  list_->setModel(filter_);
  list_->setItemDelegate(delegate_);
  list_->setObjectName("machine_list");
  list_->setAccessibleName(tr("Machines"));
  list_->setFrameShape(QFrame::NoFrame);
  list_->setMouseTracking(true);
  list_->setSelectionMode(QAbstractItemView::SingleSelection);
  list_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  list_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  list_->setContextMenuPolicy(Qt::CustomContextMenu);
  list_->setUniformItemSizes(true);
  list_->setResizeMode(QListView::Adjust);
  connect(list_, &QListView::customContextMenuRequested, this, &MainWindow::show_context_menu);
  connect(list_, &QListView::activated, this,
          [this] { (actions_->console->isEnabled() ? actions_->console : actions_->start)->trigger(); });
  connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this, &MainWindow::current_changed);
  nothing_found_->setAlignment(Qt::AlignCenter);
  nothing_found_->setEnabled(false);
  nothing_found_->hide();
  auto* left = new QWidget;
  auto* column = new QVBoxLayout(left);
  column->setContentsMargins(0, 6, 0, 6);
  column->addWidget(nothing_found_);
  column->addWidget(list_, 1);
  left->setMinimumWidth(260);
  left->setAutoFillBackground(true);
  left->setBackgroundRole(QPalette::Base);
  splitter_->addWidget(left);
  splitter_->addWidget(details_);
  splitter_->setStretchFactor(1, 1);
  splitter_->setSizes({340, 780});
  splitter_->setChildrenCollapsible(false);
  splitter_->setHandleWidth(1);
}

void MainWindow::build_tool_bar() {
  new_machine_ = new QAction(common::own_icon("list-add"), tr("&New Machine…"), this);
  new_machine_->setObjectName("new_machine");
  new_machine_->setIconText(plain_label(new_machine_->text()));
  new_machine_->setShortcut(QKeySequence::New);
  connect(new_machine_, &QAction::triggered, this, &MainWindow::open_wizard);
  auto* bar = addToolBar(tr("Tools"));
  bar->setObjectName("tools");
  bar->setMovable(false);
  bar->setIconSize({20, 20});
  bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  bar->setContentsMargins(6, 4, 6, 4);
  bar->addAction(new_machine_);
  bar->addSeparator();
  bar->addActions({actions_->start, actions_->resume, actions_->pause, actions_->power_button, actions_->console});
  auto* space = new QWidget;
  space->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  bar->addWidget(space);
  search_->setObjectName("search");
  search_->setPlaceholderText(tr("Search machines"));
  search_->setAccessibleName(tr("Search machines"));
  search_->setClearButtonEnabled(true);
  search_->setMaximumWidth(220);
  search_->addAction(common::own_icon("edit-find"), QLineEdit::LeadingPosition);
  connect(search_, &QLineEdit::textChanged, this, [this](const QString& text) {
    filter_->setFilterFixedString(text);
    if (!list_->currentIndex().isValid() && filter_->rowCount() > 0) {
      list_->setCurrentIndex(filter_->index(0, 0));
    }
    update_page();
  });
  bar->addWidget(search_);
}

void MainWindow::connect_library() {
  connect(model_, &LibraryModel::loaded_changed, this, &MainWindow::update_page);
  connect(model_, &LibraryModel::rowsRemoved, this, &MainWindow::update_page);
  connect(model_, &LibraryModel::rowsInserted, this, [this] {
    update_page();
    if (!wanted_.isEmpty()) {
      select(wanted_);
    }
    if (!to_start_.isEmpty()) {
      start_when_there(to_start_);
    }
  });
  connect(model_, &LibraryModel::noticed, this, &MainWindow::show_notice);
  // A sentence about a machine that has gone on meanwhile is old news.
  connect(model_, &LibraryModel::dataChanged, this, [this](const QModelIndex& index) {
    const MachineSession* session = LibraryModel::session_at(index);
    if (session != nullptr && session->phase() == Phase::kStopped) {
      messages_->forget(session->name(), "power");
    } else if (session != nullptr && session->phase() == Phase::kRunning) {
      messages_->forget(session->name(), "disk_full");
    }
  });
  connect(model_, &LibraryModel::rowsAboutToBeRemoved, this, [this](const QModelIndex&, int first, int last) {
    for (int row = first; row <= last; ++row) {
      messages_->forget(model_->index(row).data().toString());
    }
  });
  connect(actions_, &MachineActions::noticed, this, &MainWindow::show_notice);
  connect(actions_, &MachineActions::settings_wanted, this, &MainWindow::open_settings);
  connect(actions_, &MachineActions::log_wanted, this, &MainWindow::open_log);
  connect(actions_, &MachineActions::renamed, this, [this](const QString&, const QString& name) { select(name); });
  connect(messages_, &MessageArea::log_wanted, this, &MainWindow::open_log);
  thumbnails_.setInterval(kThumbnailMilliseconds);
  connect(&thumbnails_, &QTimer::timeout, this, &MainWindow::refresh_thumbnails);
  thumbnails_.start();
}

void MainWindow::update_page() {
  if (!model_->loaded()) {
    pages_->setCurrentIndex(0);
    return;
  }
  const bool empty = model_->rowCount() == 0;
  pages_->setCurrentIndex(empty ? 1 : 2);
  search_->setEnabled(!empty);
  nothing_found_->setVisible(!empty && filter_->rowCount() == 0);
  if (!empty && !list_->currentIndex().isValid() && filter_->rowCount() > 0) {
    list_->setCurrentIndex(filter_->index(0, 0));
  }
}

void MainWindow::current_changed() {
  MachineSession* session = LibraryModel::session_at(list_->currentIndex());
  actions_->set_session(session);
  details_->set_session(session);
  if (session != nullptr) {
    session->refresh_thumbnail();
  }
}

void MainWindow::select(const QString& name) {
  wanted_ = name;
  MachineSession* session = model_->find(name);
  if (session == nullptr) {
    return;
  }
  const QModelIndex index = filter_->mapFromSource(model_->index(model_->row_of(session)));
  if (!index.isValid()) {
    search_->clear();
  }
  list_->setCurrentIndex(filter_->mapFromSource(model_->index(model_->row_of(session))));
  wanted_.clear();
}

void MainWindow::show_context_menu(const QPoint& position) {
  if (!list_->indexAt(position).isValid()) {
    return;
  }
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  actions_->fill_menu(*menu);
  menu->popup(list_->viewport()->mapToGlobal(position));
}

/// Only what somebody can see.
void MainWindow::refresh_thumbnails() {
  if (!isVisible() || isMinimized() || pages_->currentIndex() != 2) {
    return;
  }
  const QRect visible = list_->viewport()->rect();
  for (int row = 0; row < filter_->rowCount(); ++row) {
    const QModelIndex index = filter_->index(row, 0);
    if (list_->visualRect(index).intersects(visible) || index == list_->currentIndex()) {
      if (MachineSession* session = LibraryModel::session_at(index)) {
        session->refresh_thumbnail();
      }
    }
  }
}

void MainWindow::show_notice(const Notice& notice) {
  messages_->show_notice(notice);
}

NewMachineWizard* MainWindow::open_wizard() {
  if (wizard_ == nullptr) {
    wizard_ = new NewMachineWizard(*model_, this);
    wizard_->setAttribute(Qt::WA_DeleteOnClose);
    connect(wizard_, &NewMachineWizard::created, this, [this](const QString& name, bool start) {
      select(name);
      model_->refresh();
      if (start) {
        start_when_there(name);
      }
    });
  }
  wizard_->show();
  wizard_->raise();
  wizard_->activateWindow();
  return wizard_;
}

void MainWindow::open_image(const QString& path) {
  open_wizard()->source_page().use_file(path);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  if (urls.size() == 1 && urls.first().isLocalFile()) {
    event->acceptProposedAction();
  }
}

void MainWindow::dropEvent(QDropEvent* event) {
  open_image(event->mimeData()->urls().value(0).toLocalFile());
  event->acceptProposedAction();
}

void MainWindow::start_when_there(const QString& name) {
  to_start_ = name;
  if (MachineSession* session = model_->find(name)) {
    to_start_.clear();
    session->start();
  }
}

QWidget* MainWindow::open_settings(MachineSession* session) {
  if (session == nullptr || !session->config()) {
    return nullptr;
  }
  for (SettingsDialog* open : findChildren<SettingsDialog*>()) {
    if (open->machine() == session->name()) {
      open->raise();
      open->activateWindow();
      return open;
    }
  }
  auto* dialog = new SettingsDialog(*model_, session, this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &SettingsDialog::noticed, this, &MainWindow::show_notice);
  connect(dialog, &SettingsDialog::renamed, this, &MainWindow::select);
  dialog->show();
  return dialog;
}

QWidget* MainWindow::open_log(const QString& machine) {
  for (LogWindow* open : findChildren<LogWindow*>()) {
    if (open->machine() == machine) {
      open->raise();
      open->activateWindow();
      return open;
    }
  }
  auto* window = new LogWindow(model_->library().paths(machine.toStdString()), this);
  window->setAttribute(Qt::WA_DeleteOnClose);
  window->show();
  return window;
}

HostWindow* MainWindow::open_host() {
  if (host_window_ == nullptr) {
    host_window_ = new HostWindow(this);
    host_window_->setAttribute(Qt::WA_DeleteOnClose);
    host_window_->run_checks();
  }
  host_window_->show();
  host_window_->raise();
  host_window_->activateWindow();
  return host_window_;
}

void MainWindow::check_host() {
  run_async(
      this, [] { return api::run_host_checks(api::HostProbe::real()); },
      [this](const std::vector<api::HostCheck>& checks) {
        const QString problem = host_problem(checks);
        if (problem.isEmpty()) {
          return;
        }
        Notice notice{Notice::Severity::kWarning, problem, {}, {}};
        notice.kind = "host";
        messages_->show_notice(notice)->add_action(tr("&How to Fix It"), [this] { open_host(); });
      });
}

void MainWindow::set_tiles(bool tiles) {
  delegate_->set_tiles(tiles);
  list_->setViewMode(QListView::ListMode);
  list_->setFlow(tiles ? QListView::LeftToRight : QListView::TopToBottom);
  list_->setWrapping(tiles);
  list_->setMovement(QListView::Static);
  list_->doItemsLayout();
  tiles_action_->setChecked(tiles);
}

void MainWindow::bring_to_front() {
  setWindowState(windowState() & ~Qt::WindowMinimized);
  show();
  raise();
  activateWindow();
}

void MainWindow::closeEvent(QCloseEvent* event) {
  QSettings settings;
  settings.setValue("window/geometry", saveGeometry());
  settings.setValue("window/splitter", splitter_->saveState());
  settings.setValue("window/tiles", tiles_action_->isChecked());
  settings.setValue("window/by_state", filter_->order() == LibraryFilter::Order::kState);
  settings.setValue("window/machine", list_->currentIndex().data().toString());
  QMainWindow::closeEvent(event);
}

void MainWindow::changeEvent(QEvent* event) {
  // Whatever the watchers missed (a file system without notification).
  if (event->type() == QEvent::ActivationChange && isActiveWindow()) {
    model_->refresh();
  }
  QMainWindow::changeEvent(event);
}

}  // namespace saffron::desktop
