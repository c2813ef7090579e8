// SPDX-License-Identifier: Apache-2.0
// MachineActions: the menus whose entries depend on the machine.
#include <QtCore/QFileInfo>
#include <QtGui/QClipboard>
#include <QtGui/QGuiApplication>
#include <QtWidgets/QFileDialog>

#include "app/common/icons.h"
#include "app/desktop/async.h"
#include "app/desktop/machine_actions.h"
#include "app/desktop/programs.h"
#include "app/desktop/texts.h"

namespace saffron::desktop {

void MachineActions::fill_media() {
  media->clear();
  if (session_ == nullptr || !session_->config()) {
    return;
  }
  for (const api::CdromConfig& drive : session_->config()->cdroms) {
    std::optional<std::string> path = drive.path;
    for (const api::MediaInfo& info : session_->status().media) {
      if (session_->connected() && info.id == drive.id) {
        path = info.path;
      }
    }
    const QString id = QString::fromStdString(drive.id);
    const QString content = path ? QFileInfo(QString::fromStdString(*path)).fileName() : tr("empty");
    media->addSection(id + ": " + content);
    connect(media->addAction(common::own_icon("media-optical"), tr("&Insert Image…")), &QAction::triggered, this,
            [this, id] {
              auto* dialog = new QFileDialog(window_, tr("Insert a CD Image"), last_directory("iso"),
                                             tr("CD images (*.iso *.img);;All files (*)"));
              dialog->setAttribute(Qt::WA_DeleteOnClose);
              dialog->setFileMode(QFileDialog::ExistingFile);
              connect(dialog, &QFileDialog::fileSelected, this, [this, id](const QString& file) {
                remember_directory("iso", file);
                change_media(id.toStdString(), file);
              });
              dialog->open();
            });
    QAction* eject = media->addAction(common::own_icon("media-eject"), tr("&Eject"));
    eject->setEnabled(path.has_value());
    connect(eject, &QAction::triggered, this, [this, id] { change_media(id.toStdString(), {}); });
  }
}

void MachineActions::change_media(const std::string& drive, const QString& path) {
  if (session_ == nullptr || !session_->config()) {
    return;
  }
  const QString machine = session_->name();
  // In the running machine first; the file follows only if the machine took it.
  const auto save = [this, drive, path, machine] {
    const auto work = [library = library_.library(), drive, path = path.toStdString(),
                       name = machine.toStdString()]() -> core::Result<void> {
      api::MachineConfig config = SAFFRON_TRY(library.load(name));
      for (api::CdromConfig& cdrom : config.cdroms) {
        if (cdrom.id == drive) {
          cdrom.path = path.empty() ? std::nullopt : std::optional(path);
        }
      }
      if (!path.empty()) {
        SAFFRON_TRY(api::check_cdrom_image(path, drive));
      }
      return library.update(config, api::host_limits());
    };
    run_async(this, work, [this, machine](const core::Result<void>& result) {
      if (!result.ok()) {
        emit noticed(Notice::from_error(tr("Cannot change the CD of “%1”.").arg(machine), result.error(), machine));
      }
      library_.refresh();
    });
  };
  if (!session_->connected()) {
    save();
    return;
  }
  const auto done = [this, machine, save](const core::Result<void>& result) {
    if (result.ok()) {
      save();
    } else {
      emit noticed(Notice::from_error(tr("Cannot change the CD of “%1”.").arg(machine), result.error(), machine));
    }
  };
  if (path.isEmpty()) {
    session_->eject_media(drive, false, done);
  } else {
    session_->insert_media(drive, path.toStdString(), done);
  }
}

void MachineActions::fill_commands() {
  copy_command->clear();
  if (session_ == nullptr) {
    return;
  }
  const QString name = shell_quoted(session_->name());
  const struct {
    const QAction* action;
    QString command;
  } commands[] = {
      {start, "saffronctl start " + name},
      {console, "saffron-viewer --machine " + name},
      {pause, "saffronctl pause " + name},
      {resume, "saffronctl resume " + name},
      {power_button, "saffronctl stop " + name},
      {reset, "saffronctl reset " + name},
      {force_off, "saffronctl stop --force " + name},
      {screenshot, "saffronctl screenshot " + name + " screen.png"},
      {log, "saffronctl log " + name},
      {settings, "saffronctl show " + name},
      {remove, "saffronctl delete " + name},
  };
  for (const auto& entry : commands) {
    // A "…" promises a dialog; a command has none.
    const QString label = plain_label(entry.action->text());
    QAction* copy = copy_command->addAction(entry.action->icon(), label + "\t" + entry.command);
    connect(copy, &QAction::triggered, this, [this, command = entry.command] {
      QGuiApplication::clipboard()->setText(command);
      Notice notice{
          Notice::Severity::kInfo, tr("Copied: %1").arg(command), {}, session_ ? session_->name() : QString()};
      notice.kind = "copied";
      emit noticed(notice);
    });
  }
}

}  // namespace saffron::desktop
