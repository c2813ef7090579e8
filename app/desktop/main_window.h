// SPDX-License-Identifier: Apache-2.0
// MainWindow: the library at the left, the selected machine at the right. Closing it never stops a machine.
#pragma once

#include <QtCore/QPointer>
#include <QtCore/QTimer>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QListView>
#include <QtWidgets/QMainWindow>
#include <QtWidgets/QSplitter>
#include <QtWidgets/QStackedWidget>

#include "app/desktop/details_pane.h"
#include "app/desktop/library_model.h"
#include "app/desktop/machine_actions.h"
#include "app/desktop/machine_delegate.h"
#include "app/desktop/message_area.h"

namespace saffron::desktop {

class HostWindow;
class NewMachineWizard;

class MainWindow final : public QMainWindow {
  Q_OBJECT
 public:
  explicit MainWindow(api::MachineLibrary library, QWidget* parent = nullptr);
  ~MainWindow() override;

  LibraryModel& library() { return *model_; }
  MachineActions& actions() { return *actions_; }
  MessageArea& messages() { return *messages_; }
  QListView& list() { return *list_; }
  DetailsPane& details() { return *details_; }

  /// Selects the machine, now or once the library has it.
  void select(const QString& name);
  /// Starts the machine, now or once the library has it.
  void start_when_there(const QString& name);
  void show_notice(const Notice& notice);
  NewMachineWizard* open_wizard();
  /// The assistant, with that CD or disk image chosen.
  void open_image(const QString& path);
  QWidget* open_settings(MachineSession* session);
  QWidget* open_log(const QString& machine);
  HostWindow* open_host();
  void set_tiles(bool tiles);
  /// Looks at the host once and says what is missing.
  void check_host();
  void bring_to_front();

 protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void build_list();
  void build_tool_bar();
  void build_menus();
  void build_view_menu();
  void connect_library();
  void update_page();
  void current_changed();
  void show_context_menu(const QPoint& position);
  void refresh_thumbnails();
  void restore_layout();
  void show_about();

  LibraryModel* model_;
  LibraryFilter* filter_;
  MachineActions* actions_;
  MessageArea* messages_;
  QStackedWidget* pages_;
  QSplitter* splitter_;
  QListView* list_;
  QLabel* nothing_found_;
  MachineDelegate* delegate_;
  DetailsPane* details_;
  QLineEdit* search_;
  QAction* new_machine_;
  QAction* tiles_action_;
  QTimer thumbnails_;
  QString wanted_;    // To be selected as soon as it is there,
  QString to_start_;  // and started.
  QPointer<HostWindow> host_window_;
  QPointer<NewMachineWizard> wizard_;
};

}  // namespace saffron::desktop
