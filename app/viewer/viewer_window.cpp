// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/viewer_window.h"

#include <QtCore/QFileInfo>
#include <QtCore/QSettings>
#include <QtGui/QCloseEvent>
#include <QtGui/QScreen>
#include <QtGui/QWindow>
#include <QtWidgets/QLabel>
#include <QtWidgets/QMenuBar>
#include <QtWidgets/QMessageBox>
#include <QtWidgets/QScrollArea>
#include <QtWidgets/QStackedWidget>
#include <QtWidgets/QStatusBar>
#include <QtWidgets/QToolBar>
#include <algorithm>
#include <utility>

#include "app/viewer/full_screen_bar.h"
#include "app/viewer/machine_control.h"
#include "app/viewer/status_page.h"

namespace saffron::viewer {

namespace {

/// How long a window manager may take to fill the screen with a window.
constexpr int kManagerMilliseconds = 500;

/// Between attempts to connect: soon at first, then as seldom as nobody minds.
int retry_milliseconds(int attempt) {
  return std::min(10'000, 500 << std::min(attempt, 5));
}

}  // namespace

ViewerWindow::ViewerWindow(const ConnectionTarget& target, MachineControl* machine)
    : target_(target),
      machine_(machine),
      title_(target.title.isEmpty() ? target.description() : target.title),
      widget_(new ConsoleWidget(console_)),
      scroll_area_(new QScrollArea(this)),
      status_page_(new StatusPage(this)),
      pages_(new QStackedWidget(this)) {
  if (machine_ != nullptr) {
    machine_->setParent(this);
  }
  scroll_area_->setWidget(widget_);
  scroll_area_->setWidgetResizable(true);
  scroll_area_->setFrameShape(QFrame::NoFrame);
  scroll_area_->setFocusPolicy(Qt::NoFocus);
  pages_->addWidget(status_page_);
  pages_->addWidget(scroll_area_);
  setCentralWidget(pages_);
  make_actions();
  make_status_bar();
  bar_ = new FullScreenBar(full_screen_action_, keys_menu_, {screenshot_action_}, pages_);

  connect(&console_, &SpiceConsole::opened, this, &ViewerWindow::console_opened);
  connect(&console_, &SpiceConsole::ended, this, &ViewerWindow::console_ended);
  connect(&console_, &SpiceConsole::screen_resized, this, &ViewerWindow::console_resized);
  connect(&console_, &SpiceConsole::locks_changed, this, &ViewerWindow::update_texts);
  connect(&console_, &SpiceConsole::pointer_mode_changed, this, &ViewerWindow::update_texts);
  connect(widget_, &ConsoleWidget::grab_changed, this, &ViewerWindow::update_texts);
  connect(widget_, &ConsoleWidget::at_upper_edge, this, [this](bool there) {
    if (there && isFullScreen()) {
      bar_->reveal();
    }
  });
  connect(status_page_, &StatusPage::action_requested, this, [this] {
    if (machine_ != nullptr && !machine_->running()) {
      machine_->start();
    } else {
      retries_ = 0;
      open_console();
    }
  });
  connect(status_page_, &StatusPage::password_entered, this, [this](const QString& password) {
    target_.password = password;
    wrong_password_ = true;
    open_console();
  });
  if (machine_ != nullptr) {
    connect(machine_, &MachineControl::changed, this, &ViewerWindow::machine_changed);
    connect(machine_, &MachineControl::failed, this, &ViewerWindow::report);
  }
  retry_timer_.setSingleShot(true);
  connect(&retry_timer_, &QTimer::timeout, this, &ViewerWindow::open_console);
  connect(&socket_watcher_, &PathWatcher::appeared, this, &ViewerWindow::open_console);
  resize(800, 600);
  set_view(View{});
  update_texts();
}

ViewerWindow::~ViewerWindow() {
  // The console's signals end here; this window's parts go before it does.
  console_.disconnect();
  console_.close();
  delete takeCentralWidget();
}

void ViewerWindow::set_title(const QString& title) {
  title_ = title;
  update_texts();
}

void ViewerWindow::set_release_key(const ReleaseKey& key) {
  widget_->set_release_key(key);
}

void ViewerWindow::begin() {
  if (machine_ != nullptr) {
    show_off_page();
    machine_->begin();
  } else {
    open_console();
  }
}

void ViewerWindow::open_console() {
  retry_timer_.stop();
  socket_watcher_.stop();
  pages_->setCurrentWidget(status_page_);
  status_page_->show_progress(was_open_ ? tr("Reconnecting") : tr("Connecting"), target_.description());
  console_.open(target_);
}

void ViewerWindow::console_opened() {
  retries_ = 0;
  was_open_ = true;
  wrong_password_ = false;
  pages_->setCurrentWidget(scroll_area_);
  widget_->setFocus();
  update_texts();
  if (isFullScreen()) {
    bar_->reveal();  // The new page came up over it.
  }
}

void ViewerWindow::console_ended(SpiceConsole::End why, const QString& detail) {
  pages_->setCurrentWidget(status_page_);
  bar_->conceal();
  update_texts();
  if (why == SpiceConsole::End::kTicketRefused) {
    status_page_->ask_password(wrong_password_);
    return;
  }
  if (machine_ != nullptr && !machine_->running()) {
    show_off_page();
    return;
  }
  const QString title = why == SpiceConsole::End::kClosed ? tr("The console was closed")
                        : was_open_                       ? tr("The connection is lost")
                                                          : tr("There is no connection");
  QString text = why == SpiceConsole::End::kClosed
                     ? tr("The machine is off, or somebody has ended the connection. This window connects again when "
                          "the machine runs.")
                     : tr("Nobody answers at %1. This window tries again by itself.").arg(target_.description());
  if (!detail.isEmpty()) {
    text += "\n" + detail;
  }
  status_page_->show_message("network-wired", title, text, tr("Reconnect"));
  try_again_later();
}

void ViewerWindow::try_again_later() {
  const QString path = target_.unix_path();
  if (!path.isEmpty() && !QFileInfo::exists(path)) {
    socket_watcher_.wait_for(path);
    return;
  }
  retry_timer_.start(retry_milliseconds(retries_++));
}

void ViewerWindow::console_resized() {
  update_texts();
  if (sized_once_ || isFullScreen() || isMaximized() || console_.screen().isNull()) {
    return;
  }
  // Once: afterwards the window's size is the user's.
  sized_once_ = true;
  const QSize extra = size() - pages_->size();
  const QSize wanted = widget_->sizeHint() + extra;
  resize(wanted.boundedTo(screen()->availableSize()));
}

void ViewerWindow::machine_changed() {
  update_machine_actions();
  update_texts();
  if (machine_->running() && !console_.is_open() && pages_->currentWidget() == status_page_) {
    retries_ = 0;
    open_console();
  } else if (!machine_->running()) {
    console_.close();
    show_off_page();
  }
}

void ViewerWindow::show_off_page() {
  pages_->setCurrentWidget(status_page_);
  if (machine_->starting()) {
    status_page_->show_progress(tr("The machine is starting"), QString());
  } else {
    status_page_->show_message("system-shutdown", tr("The machine is off"), QString(), tr("Start"));
  }
}

void ViewerWindow::set_view(const View& view) {
  widget_->set_view(view);
  // Scaled, the widget is as large as the area. Else it may be larger, and the area scrolls.
  const Qt::ScrollBarPolicy policy = view.mode == ViewMode::kScaled ? Qt::ScrollBarAlwaysOff : Qt::ScrollBarAsNeeded;
  scroll_area_->setHorizontalScrollBarPolicy(policy);
  scroll_area_->setVerticalScrollBarPolicy(policy);
}

void ViewerWindow::set_full_screen(bool full) {
  full_screen_action_->setChecked(full);
  if (full != isFullScreen()) {
    setWindowState(full ? windowState() | Qt::WindowFullScreen : windowState() & ~Qt::WindowFullScreen);
  }
}

void ViewerWindow::changeEvent(QEvent* event) {
  QMainWindow::changeEvent(event);
  if (event->type() == QEvent::WindowStateChange && bar_ != nullptr) {
    const bool full = isFullScreen();
    menuBar()->setVisible(!full);
    tool_bar_->setVisible(!full);
    statusBar()->setVisible(!full);
    full_screen_action_->setChecked(full);
    if (full) {
      bar_->reveal();  // So that everybody sees where the way out is.
      QTimer::singleShot(kManagerMilliseconds, this, &ViewerWindow::fill_screen);
    } else {
      bar_->conceal();
      if (!geometry_before_.isEmpty()) {
        setGeometry(std::exchange(geometry_before_, QRect()));
      }
    }
  }
}

/// Without a window manager (a thin client's bare X server) nobody makes a full-screen window large.
void ViewerWindow::fill_screen() {
  if (isFullScreen() && size() != screen()->size()) {
    geometry_before_ = normalGeometry();
    // Not QWidget's: that would end the full-screen state.
    windowHandle()->setGeometry(screen()->geometry());
  }
}

void ViewerWindow::resizeEvent(QResizeEvent* event) {
  QMainWindow::resizeEvent(event);
  if (bar_ != nullptr && bar_->isVisible()) {
    bar_->reveal();
  }
}

void ViewerWindow::closeEvent(QCloseEvent* event) {
  widget_->release_all();
  console_.close();
  event->accept();
}

void ViewerWindow::report(const QString& message) {
  auto* box = new QMessageBox(QMessageBox::Warning, title_, message, QMessageBox::Ok, this);
  box->setTextFormat(Qt::PlainText);
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->open();
}

}  // namespace saffron::viewer
