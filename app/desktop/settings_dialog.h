// SPDX-License-Identifier: Apache-2.0
// SettingsDialog: what a machine has. Edits a copy of its config; one check (in a worker) says what is wrong with it,
// beside the field. GUI thread only.
#pragma once

#include <QtCore/QPointer>
#include <QtCore/QTimer>
#include <QtWidgets/QDialog>
#include <QtWidgets/QListWidget>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QStackedWidget>

#include "app/desktop/library_model.h"
#include "app/desktop/message_area.h"
#include "app/desktop/settings_page.h"

namespace saffron::desktop {

class SettingsDialog final : public QDialog {
  Q_OBJECT
 public:
  SettingsDialog(LibraryModel& library, MachineSession* session, QWidget* parent = nullptr);

  QString machine() const { return machine_; }
  void show_page(int index);
  int page_count() const { return static_cast<int>(pages_.size()); }
  /// The settings as they stand in the dialog.
  api::MachineConfig draft() const;

  void accept() override;
  void reject() override;

 signals:
  void noticed(const saffron::desktop::Notice& notice);
  void renamed(const QString& name);

 private:
  void add_page(SettingsPage* page, const char* icon, const QString& title);
  void edited();
  void check();
  void take_check(const core::Result<void>& result);
  bool show_error(const core::Error& error);
  void save(const api::MachineConfig& wanted);
  void saved(const api::MachineConfig& config);
  void update_banner();
  void copy_command();

  LibraryModel& library_;
  QPointer<MachineSession> session_;
  QString machine_;
  api::MachineConfig original_;
  std::vector<SettingsPage*> pages_;
  class GeneralPage* general_;
  class StoragePage* storage_;
  QListWidget* index_;
  QStackedWidget* stack_;
  QLabel* banner_;
  QLabel* problem_;
  QPushButton* save_;
  QTimer check_timer_;
  int round_ = 0;
  bool saving_ = false;
};

/// The saffronctl command that changes `from` into `to`; empty if they are the same.
QString set_command(const api::MachineConfig& from, const api::MachineConfig& to);

}  // namespace saffron::desktop
