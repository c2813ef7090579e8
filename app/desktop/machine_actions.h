// SPDX-License-Identifier: Apache-2.0
// MachineActions: what can be done to the selected machine, for menus, the toolbar and the keyboard. The machine's
// state enables them. GUI thread only.
#pragma once

#include <QtCore/QObject>
#include <QtCore/QPointer>
#include <QtGui/QAction>
#include <QtWidgets/QMenu>

#include "app/desktop/library_model.h"
#include "app/desktop/machine_session.h"
#include "app/desktop/notice.h"

namespace saffron::desktop {

class MachineActions final : public QObject {
  Q_OBJECT
 public:
  MachineActions(LibraryModel& library, QWidget* window);

  void set_session(MachineSession* session);
  MachineSession* session() const { return session_; }
  /// The machine menu, also for the right mouse button.
  void fill_menu(QMenu& menu);

  QAction* start;
  QAction* console;
  QAction* pause;
  QAction* resume;
  QAction* power_button;
  QAction* reset;
  QAction* force_off;
  QAction* screenshot;
  QAction* settings;
  QAction* log;
  QAction* rename;
  QAction* remove;
  QAction* open_folder;
  QMenu* media;
  QMenu* copy_command;

 signals:
  void noticed(const saffron::desktop::Notice& notice);
  void settings_wanted(saffron::desktop::MachineSession* session);
  void log_wanted(const QString& machine);
  /// A rename is done; the library will show the new name soon.
  void renamed(const QString& old_name, const QString& new_name);

 private:
  QAction* add(const char* name, const char* icon, const QString& text, void (MachineActions::*slot)());
  void update();
  void do_start();
  void do_console();
  void do_pause();
  void do_resume();
  void do_power_button();
  void do_reset();
  void do_force_off();
  void do_screenshot();
  void do_settings();
  void do_log();
  void do_rename();
  void do_remove();
  void do_open_folder();
  void ask(const QString& question, const QString& explanation, const QString& yes, const char* name,
           std::function<void()> then);
  void ask_removal(const QString& name, const QStringList& removed, const QStringList& kept);
  void rename_to(const QString& old_name, const QString& new_name);
  void save_screenshot(const QString& machine, const QString& file, const QImage& image);
  void fill_media();
  void change_media(const std::string& drive, const QString& path);
  void fill_commands();

  LibraryModel& library_;
  QWidget* window_;
  QPointer<MachineSession> session_;
};

}  // namespace saffron::desktop
