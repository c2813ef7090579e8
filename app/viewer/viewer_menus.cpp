// SPDX-License-Identifier: Apache-2.0
// The menus, tool bar and status bar of ViewerWindow.
#include <linux/input-event-codes.h>

#include <QtCore/QDateTime>
#include <QtCore/QDir>
#include <QtCore/QPointer>
#include <QtCore/QSettings>
#include <QtCore/QStandardPaths>
#include <QtCore/QThreadPool>
#include <QtGui/QActionGroup>
#include <QtWidgets/QApplication>
#include <QtWidgets/QFileDialog>
#include <QtWidgets/QLabel>
#include <QtWidgets/QMenuBar>
#include <QtWidgets/QMessageBox>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QScrollArea>
#include <QtWidgets/QStackedWidget>
#include <QtWidgets/QStatusBar>
#include <QtWidgets/QToolBar>

#include "app/common/icons.h"
#include "app/viewer/full_screen_bar.h"
#include "app/viewer/machine_control.h"
#include "app/viewer/viewer_window.h"

namespace saffron::viewer {

QAction* ViewerWindow::add_action(QMenu* menu, const QString& icon, const QString& text, std::function<void()> act) {
  auto* action = new QAction(text, this);
  if (!icon.isEmpty()) {
    action->setIcon(common::own_icon(icon));
  }
  connect(action, &QAction::triggered, this, [run = std::move(act)] { run(); });
  menu->addAction(action);
  return action;
}

void ViewerWindow::make_actions() {
  tool_bar_ = addToolBar(tr("Tools"));
  tool_bar_->setMovable(false);
  tool_bar_->setContextMenuPolicy(Qt::PreventContextMenu);
  if (machine_ != nullptr) {
    make_machine_menu();
  }
  make_view_menu();
  make_keys_menu();
  QMenu* help = menuBar()->addMenu(tr("&Help"));
  add_action(help, QString(), tr("About Saffron Viewer"), [this] {
    auto* box = new QMessageBox(QMessageBox::NoIcon, tr("About Saffron Viewer"),
                                tr("Saffron Viewer %1 shows the screen of a virtual machine, here or far away.")
                                    .arg(QApplication::applicationVersion()),
                                QMessageBox::Ok, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->open();
  });
}

void ViewerWindow::confirm(const QString& question, const QString& yes, std::function<void()> act) {
  auto* box = new QMessageBox(QMessageBox::Warning, title_, question, QMessageBox::Cancel, this);
  box->setAttribute(Qt::WA_DeleteOnClose);
  // Return is for the guest; pressed a moment too late, it must not lose its work.
  box->setDefaultButton(QMessageBox::Cancel);
  box->setEscapeButton(QMessageBox::Cancel);
  connect(box->addButton(yes, QMessageBox::DestructiveRole), &QPushButton::clicked, this,
          [run = std::move(act)] { run(); });
  box->open();
}

void ViewerWindow::make_machine_menu() {
  QMenu* menu = menuBar()->addMenu(tr("&Machine"));
  start_action_ = add_action(menu, "media-playback-start", tr("&Start"), [this] { machine_->start(); });
  pause_action_ = add_action(menu, "media-playback-pause", tr("&Pause"), [this] {
    if (machine_->state() == api::MachineState::kPaused) {
      machine_->resume();
    } else {
      machine_->pause();
    }
  });
  menu->addSeparator();
  QAction* power = add_action(menu, "system-shutdown", tr("Press the P&ower Button"), [this] {
    machine_->power_button();
    statusBar()->showMessage(tr("The guest has been asked to shut down."), 5000);
  });
  QAction* reset = add_action(menu, "view-refresh", tr("&Reset…"), [this] {
    confirm(tr("Reset the machine? What the guest has not saved is lost."), tr("Reset"), [this] { machine_->reset(); });
  });
  QAction* off = add_action(menu, "process-stop", tr("&Force Off…"), [this] {
    confirm(tr("Force the machine off? This is like pulling the plug: what the guest has not saved is lost."),
            tr("Force Off"), [this] { machine_->force_off(); });
  });
  menu->addSeparator();
  add_action(menu, QString(), tr("&Close Window"), [this] { close(); });
  running_actions_ = {pause_action_, power, reset, off};
  tool_bar_->addActions({start_action_, pause_action_, power});
  tool_bar_->addSeparator();
  update_machine_actions();
}

void ViewerWindow::update_machine_actions() {
  if (machine_ == nullptr) {
    return;
  }
  const bool paused = machine_->running() && machine_->state() == api::MachineState::kPaused;
  start_action_->setEnabled(!machine_->running() && !machine_->starting());
  start_action_->setVisible(!machine_->running());
  pause_action_->setVisible(machine_->running());
  pause_action_->setText(paused ? tr("&Resume") : tr("&Pause"));
  pause_action_->setIcon(common::own_icon(paused ? "media-playback-start" : "media-playback-pause"));
  for (QAction* action : running_actions_) {
    action->setEnabled(machine_->running());
  }
}

void ViewerWindow::make_view_menu() {
  QMenu* menu = menuBar()->addMenu(tr("&View"));
  full_screen_action_ =
      add_action(menu, "view-fullscreen", tr("&Full Screen"), [this] { set_full_screen(!isFullScreen()); });
  full_screen_action_->setCheckable(true);
  connect(full_screen_action_, &QAction::toggled, this, [this](bool full) {
    full_screen_action_->setIcon(common::own_icon(full ? "view-restore" : "view-fullscreen"));
    full_screen_action_->setText(full ? tr("Leave &Full Screen") : tr("&Full Screen"));
  });
  menu->addSeparator();
  view_actions_ = new QActionGroup(this);
  const auto add_view = [&](const QString& text, const View& view) {
    QAction* action = add_action(menu, QString(), text, [this, view] { set_view(view); });
    action->setCheckable(true);
    view_actions_->addAction(action);
    return action;
  };
  add_view(tr("&Scale to the Window"), View{ViewMode::kScaled, 1.0})->setChecked(true);
  add_view(tr("&Actual Size (1:1)"), View{ViewMode::kActualSize, 1.0});
  for (const int percent : {50, 75, 150, 200, 300}) {
    add_view(tr("Zoom %1%").arg(percent), View{ViewMode::kActualSize, percent / 100.0});
  }
  menu->addSeparator();
  screenshot_action_ = add_action(menu, "camera-photo", tr("Save a S&creenshot…"), [this] { take_screenshot(); });
  tool_bar_->addActions({full_screen_action_, screenshot_action_});
}

void ViewerWindow::make_keys_menu() {
  keys_menu_ = menuBar()->addMenu(tr("&Keys"));
  const auto add_keys = [this](QMenu* menu, const QString& text, std::vector<std::uint16_t> codes) {
    return add_action(menu, QString(), text, [this, codes = std::move(codes)] { widget_->send_combination(codes); });
  };
  QAction* delete_action = add_keys(keys_menu_, tr("Send Ctrl+Alt+&Delete"), {KEY_LEFTCTRL, KEY_LEFTALT, KEY_DELETE});
  delete_action->setIcon(common::own_icon("input-keyboard"));
  add_keys(keys_menu_, tr("Send Ctrl+Alt+&Backspace"), {KEY_LEFTCTRL, KEY_LEFTALT, KEY_BACKSPACE});
  add_keys(keys_menu_, tr("Send &Print Screen"), {KEY_SYSRQ});
  add_keys(keys_menu_, tr("Send the &Super Key"), {KEY_LEFTMETA});
  QMenu* consoles = keys_menu_->addMenu(tr("Send Ctrl+Alt+&F…"));
  for (std::uint16_t i = 1; i <= 12; ++i) {
    const auto code = static_cast<std::uint16_t>(i <= 10 ? KEY_F1 + i - 1 : KEY_F11 + i - 11);
    add_keys(consoles, QString("Ctrl+Alt+F%1").arg(i), {KEY_LEFTCTRL, KEY_LEFTALT, code});
  }
  keys_menu_->addSeparator();
  QMenu* release = keys_menu_->addMenu(tr("&Release Key"));
  auto* group = new QActionGroup(this);
  for (const ReleaseKey::Choice& choice : ReleaseKey::choices()) {
    const ReleaseKey key = *ReleaseKey::from_id(choice.id);
    QAction* action = add_action(release, QString(), key.label(), [this, key] {
      widget_->set_release_key(key);
      QSettings().setValue("release_key", key.id());
    });
    action->setCheckable(true);
    group->addAction(action);
    connect(release, &QMenu::aboutToShow, action,
            [this, action, key] { action->setChecked(widget_->release_key().id() == key.id()); });
  }
  tool_bar_->addAction(delete_action);
}

void ViewerWindow::make_status_bar() {
  hint_label_ = new QLabel(this);
  size_label_ = new QLabel(this);
  locks_label_ = new QLabel(this);
  statusBar()->addWidget(hint_label_, 1);
  statusBar()->addPermanentWidget(locks_label_);
  statusBar()->addPermanentWidget(size_label_);
}

void ViewerWindow::update_texts() {
  QString title = title_;
  if (machine_ != nullptr && machine_->running() && machine_->state() == api::MachineState::kPaused) {
    title = tr("%1 (paused)").arg(title);
  }
  setWindowTitle(tr("%1 - Saffron Viewer").arg(title));
  QString hint;
  if (widget_->keyboard_grabbed() || widget_->pointer_grabbed()) {
    hint = tr("Press %1 to release keyboard and mouse").arg(widget_->release_key().label());
    if (QGuiApplication::platformName().startsWith("wayland")) {
      // Qt 6.4 has no shortcuts-inhibit there: say what is, not what was wished.
      hint += " " + tr("(the desktop's own shortcuts stay with the desktop)");
    }
  } else if (console_.is_open()) {
    hint = console_.absolute_pointer() ? tr("Click into the screen to capture the keyboard")
                                       : tr("Click into the screen to capture keyboard and mouse");
  }
  QStringList lit;
  if ((console_.locks() & kCapsLock) != 0) {
    lit << tr("Caps");
  }
  if ((console_.locks() & kNumLock) != 0) {
    lit << tr("Num");
  }
  if ((console_.locks() & kScrollLock) != 0) {
    lit << tr("Scroll");
  }
  const QSize size = console_.screen().size();
  hint_label_->setText(hint);
  locks_label_->setText(lit.join(" "));
  size_label_->setText(console_.is_open() && !size.isEmpty() ? QString("%1 × %2").arg(size.width()).arg(size.height())
                                                             : QString());
  if (bar_ != nullptr) {
    bar_->set_texts(title, hint);
  }
  keys_menu_->setEnabled(console_.is_open());
  screenshot_action_->setEnabled(!console_.screen().isNull());
}

void ViewerWindow::take_screenshot() {
  const QImage picture = console_.screen().copy();  // Now, not when a name has been chosen.
  const QString folder = QStandardPaths::writableLocation(QStandardPaths::PicturesLocation);
  const QString name =
      QString("%1 %2.png")
          .arg(QString(title_).replace('/', '_'), QDateTime::currentDateTime().toString("yyyy-MM-dd hh.mm.ss"));
  auto* dialog = new QFileDialog(this, tr("Save a Screenshot"), folder, tr("PNG pictures (*.png)"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setDefaultSuffix("png");
  dialog->selectFile(QDir(folder).filePath(name));
  connect(dialog, &QFileDialog::fileSelected, this, [this, picture](const QString& path) {
    // Compressing a large screen takes a while.
    QThreadPool::globalInstance()->start([window = QPointer<ViewerWindow>(this), picture, path] {
      if (!picture.save(path, "PNG")) {
        QMetaObject::invokeMethod(qApp, [window, path] {
          if (window != nullptr) {
            window->report(tr("The screenshot could not be saved to %1.").arg(path));
          }
        });
      }
    });
  });
  dialog->open();
}

}  // namespace saffron::viewer
