// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/machine_actions.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QDir>
#include <QtCore/QFileInfo>
#include <QtCore/QUrl>
#include <QtGui/QDesktopServices>
#include <QtWidgets/QInputDialog>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QMessageBox>
#include <QtWidgets/QPushButton>
#include <algorithm>

#include "app/common/icons.h"
#include "app/desktop/async.h"
#include "app/desktop/programs.h"
#include "app/desktop/texts.h"

namespace saffron::desktop {

MachineActions::MachineActions(LibraryModel& library, QWidget* window)
    : QObject(window), library_(library), window_(window) {
  media = new QMenu(tr("C&D-ROM"), window);
  copy_command = new QMenu(tr("Copy as Co&mmand"), window);
  start = add("start", "media-playback-start", tr("&Start"), &MachineActions::do_start);
  console = add("console", "video-display", tr("Open &Console"), &MachineActions::do_console);
  pause = add("pause", "media-playback-pause", tr("&Pause"), &MachineActions::do_pause);
  resume = add("resume", "media-playback-start", tr("Res&ume"), &MachineActions::do_resume);
  power_button = add("power_button", "system-shutdown", tr("Press Po&wer Button"), &MachineActions::do_power_button);
  reset = add("reset", "view-refresh", tr("&Reset…"), &MachineActions::do_reset);
  force_off = add("force_off", "process-stop", tr("&Force Off…"), &MachineActions::do_force_off);
  screenshot = add("screenshot", "camera-photo", tr("Take Screens&hot"), &MachineActions::do_screenshot);
  settings = add("settings", "preferences-system", tr("S&ettings…"), &MachineActions::do_settings);
  log = add("log", "text-x-log", tr("&Log"), &MachineActions::do_log);
  rename = add("rename", "edit-rename", tr("Re&name…"), &MachineActions::do_rename);
  remove = add("remove", "edit-delete", tr("&Delete…"), &MachineActions::do_remove);
  open_folder = add("open_folder", "folder", tr("Show in F&older"), &MachineActions::do_open_folder);
  power_button->setToolTip(tr("Ask the guest to shut down, as a computer's power button does"));
  power_button->setIconText(tr("Shut Down"));
  reset->setToolTip(tr("Restart the guest at once, without telling it"));
  force_off->setToolTip(tr("Turn the machine off at once, as if its plug were pulled"));
  console->setShortcut(Qt::CTRL | Qt::Key_O);
  start->setShortcut(Qt::CTRL | Qt::Key_R);
  settings->setShortcut(Qt::CTRL | Qt::Key_E);
  log->setShortcut(Qt::CTRL | Qt::Key_L);
  rename->setShortcut(Qt::Key_F2);
  remove->setShortcut(QKeySequence::Delete);
  media->setIcon(common::own_icon("media-optical"));
  copy_command->setIcon(common::own_icon("utilities-terminal"));
  connect(media, &QMenu::aboutToShow, this, &MachineActions::fill_media);
  connect(copy_command, &QMenu::aboutToShow, this, &MachineActions::fill_commands);
  update();
}

QAction* MachineActions::add(const char* name, const char* icon, const QString& text, void (MachineActions::*slot)()) {
  auto* action = new QAction(common::own_icon(icon), text, this);
  action->setObjectName(name);
  action->setIconText(plain_label(text));
  connect(action, &QAction::triggered, this, slot);
  return action;
}

void MachineActions::set_session(MachineSession* session) {
  if (session_ != nullptr) {
    session_->disconnect(this);
  }
  session_ = session;
  if (session_ != nullptr) {
    connect(session_, &MachineSession::changed, this, &MachineActions::update);
  }
  update();
}

void MachineActions::update() {
  const bool any = session_ != nullptr;
  const Phase phase = any ? session_->phase() : Phase::kBroken;
  const bool whole = any && session_->config().has_value();
  const bool connected = any && session_->connected();
  const bool alive = phase == Phase::kRunning || phase == Phase::kPaused;
  start->setEnabled(phase == Phase::kStopped);
  start->setVisible(!connected);
  resume->setEnabled(phase == Phase::kPaused);
  resume->setVisible(phase == Phase::kPaused);
  pause->setEnabled(phase == Phase::kRunning);
  pause->setVisible(phase != Phase::kPaused);
  console->setEnabled(connected && !session_->status().spice.unix_path.empty());
  power_button->setEnabled(phase == Phase::kRunning);
  reset->setEnabled(alive);
  // Also one that does not answer, or that shuts down without end.
  force_off->setEnabled(any && session_->has_engine());
  screenshot->setEnabled(alive && session_->status().display.width != 0);
  settings->setEnabled(whole);
  log->setEnabled(any);
  rename->setEnabled(whole && !session_->active());
  remove->setEnabled(any && !session_->active());
  open_folder->setEnabled(any);
  media->setEnabled(whole && !session_->config()->cdroms.empty());
  copy_command->setEnabled(whole);
}

void MachineActions::fill_menu(QMenu& menu) {
  menu.addActions({start, resume, console});
  menu.addSeparator();
  menu.addActions({pause, power_button, reset, force_off});
  menu.addSeparator();
  menu.addAction(screenshot);
  menu.addMenu(media);
  menu.addAction(settings);
  menu.addAction(log);
  menu.addSeparator();
  menu.addActions({rename, remove, open_folder});
  menu.addMenu(copy_command);
}

void MachineActions::do_start() {
  if (session_ != nullptr) {
    session_->start();
  }
}
void MachineActions::do_pause() {
  session_->pause();
}
void MachineActions::do_resume() {
  session_->resume();
}
void MachineActions::do_power_button() {
  session_->power_button();
  Notice notice{
      Notice::Severity::kInfo,
      tr("“%1” was asked to shut down. A guest that does not listen can be forced off.").arg(session_->name()),
      {},
      session_->name()};
  notice.kind = "power";
  emit noticed(notice);
}
void MachineActions::do_reset() {
  ask(tr("Reset “%1”?").arg(session_->name()),
      tr("The guest is not told: what it has not written to its disks yet is lost."), tr("&Reset"), "reset_question",
      [session = session_] {
        if (session != nullptr) {
          session->reset();
        }
      });
}
void MachineActions::do_settings() {
  emit settings_wanted(session_);
}
void MachineActions::do_log() {
  emit log_wanted(session_->name());
}
void MachineActions::do_open_folder() {
  QDesktopServices::openUrl(QUrl::fromLocalFile(QString::fromStdString(session_->paths().directory)));
}

void MachineActions::do_console() {
  const auto started = start_viewer(session_->name());
  if (!started.ok()) {
    emit noticed(Notice::from_error(tr("Cannot open the console."), started.error(), session_->name()));
  }
}

void MachineActions::ask(const QString& question, const QString& explanation, const QString& yes, const char* name,
                         std::function<void()> then) {
  // Names are anybody's text, and a message box would guess whether it is HTML.
  const auto html = [](const QString& text) { return text.toHtmlEscaped().replace('\n', "<br>"); };
  auto* box = new QMessageBox(QMessageBox::Warning, window_->windowTitle(), "<b>" + html(question) + "</b>",
                              QMessageBox::Cancel, window_);
  box->setIconPixmap(common::own_icon("dialog-warning").pixmap(40, 40));
  box->button(QMessageBox::Cancel)->setText(tr("Cancel"));
  box->button(QMessageBox::Cancel)->setIcon({});
  box->setObjectName(name);
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setInformativeText(html(explanation));
  QPushButton* accept = box->addButton(yes, QMessageBox::DestructiveRole);
  accept->setObjectName("confirm");
  box->setDefaultButton(QMessageBox::Cancel);
  box->setEscapeButton(QMessageBox::Cancel);
  connect(accept, &QPushButton::clicked, this, std::move(then));
  box->open();
}

void MachineActions::do_force_off() {
  ask(tr("Force “%1” off?").arg(session_->name()),
      tr("It is like pulling the plug: what the guest has not written to its disks yet is lost."), tr("&Force Off"),
      "force_off_question", [session = session_] {
        if (session != nullptr) {
          session->force_off();
        }
      });
}

void MachineActions::do_screenshot() {
  const QString machine = session_->name();
  session_->grab_screen([this, machine](QImage image, const std::optional<core::Error>& error) {
    if (error) {
      emit noticed(Notice::from_error(tr("Cannot take a screenshot of “%1”.").arg(machine), *error, machine));
      return;
    }
    save_screenshot(machine, next_screenshot_file(machine), image);
  });
}

void MachineActions::save_screenshot(const QString& machine, const QString& file, const QImage& image) {
  run_async(
      this, [file, image] { return image.save(file, "PNG"); },
      [this, machine, file](bool saved) {
        Notice notice{saved ? Notice::Severity::kInfo : Notice::Severity::kError,
                      saved ? tr("The screenshot is in %1.").arg(QDir::toNativeSeparators(file))
                            : tr("The screenshot cannot be written to %1.").arg(QDir::toNativeSeparators(file)),
                      {},
                      machine};
        notice.kind = "screenshot";
        emit noticed(notice);
      });
}

void MachineActions::do_rename() {
  auto* dialog = new QInputDialog(window_);
  dialog->setObjectName("rename_dialog");
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(tr("Rename Machine"));
  dialog->setLabelText(tr("New name for “%1”:").arg(session_->name()));
  dialog->setTextValue(session_->name());
  dialog->setOkButtonText(tr("&Rename"));
  connect(dialog, &QInputDialog::textValueSelected, this,
          [this, name = session_->name()](const QString& text) { rename_to(name, text.trimmed()); });
  dialog->open();
}

void MachineActions::rename_to(const QString& old_name, const QString& new_name) {
  const auto work = [library = library_.library(), from = old_name.toStdString(), to = new_name.toStdString()] {
    return library.rename(from, to);
  };
  run_async(this, work, [this, old_name, new_name](const core::Result<void>& result) {
    if (!result.ok()) {
      emit noticed(Notice::from_error(tr("Cannot rename “%1”.").arg(old_name), result.error(), old_name));
      return;
    }
    emit renamed(old_name, new_name);
    library_.refresh();
  });
}

void MachineActions::do_remove() {
  const QString name = session_->name();
  const QString directory = QString::fromStdString(session_->paths().directory);
  const auto config = session_->config();
  const auto list = [directory] {
    QStringList files;
    for (const QFileInfo& info :
         QDir(directory).entryInfoList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot)) {
      files += info.isDir()
                   ? info.fileName() + "/"
                   : QString("%1 (%2)").arg(info.fileName(), size_text(static_cast<std::uint64_t>(info.size())));
    }
    return files;
  };
  QStringList kept;
  if (config) {
    for (const api::DiskConfig& disk : config->disks) {
      const QString path = QString::fromStdString(api::resolve_path(directory.toStdString(), disk.path));
      if (!path.startsWith(directory + "/")) {
        kept += path;
      }
    }
  }
  run_async(this, list, [this, name, kept](const QStringList& removed) { ask_removal(name, removed, kept); });
}

void MachineActions::ask_removal(const QString& name, const QStringList& removed, const QStringList& kept) {
  const MachineSession* session = library_.find(name);
  if (session == nullptr) {
    return;
  }
  QString text = tr("This folder is removed for good, with its disk images and the machine's logs:") + "\n" +
                 QString::fromStdString(session->paths().directory) + "\n";
  for (const QString& file : removed) {
    text += QString(4, QChar::Nbsp) + "• " + file + "\n";
  }
  if (!kept.isEmpty()) {
    text += "\n" + tr("Images elsewhere stay:") + "\n• " + kept.join("\n• ");
  }
  ask(tr("Delete the machine “%1”?").arg(name), text.trimmed(), tr("&Delete"), "delete_question", [this, name] {
    const auto work = [library = library_.library(), machine = name.toStdString()] { return library.remove(machine); };
    run_async(this, work, [this, name](const core::Result<void>& result) {
      if (!result.ok()) {
        emit noticed(Notice::from_error(tr("Cannot delete “%1”.").arg(name), result.error(), name));
      }
      library_.refresh();
    });
  });
}

}  // namespace saffron::desktop
