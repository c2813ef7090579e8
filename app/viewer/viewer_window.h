// SPDX-License-Identifier: Apache-2.0
// One console in a window. Closing it ends the connection, and never the machine.
#pragma once

#include <QtCore/QTimer>
#include <QtWidgets/QMainWindow>
#include <functional>

#include "app/viewer/connection_target.h"
#include "app/viewer/console_widget.h"
#include "app/viewer/path_watcher.h"
#include "app/viewer/spice_console.h"

class QActionGroup;
class QLabel;
class QScrollArea;
class QStackedWidget;

namespace saffron::viewer {

class FullScreenBar;
class MachineControl;
class StatusPage;

class ViewerWindow final : public QMainWindow {
  Q_OBJECT
 public:
  /// `machine` (may be nullptr) becomes the window's; without it there is no Machine menu.
  ViewerWindow(const ConnectionTarget& target, MachineControl* machine);
  ~ViewerWindow() override;

  void set_title(const QString& title);
  void set_release_key(const ReleaseKey& key);
  /// Connects, now or when the machine runs.
  void begin();
  void set_full_screen(bool full);

  SpiceConsole& console() { return console_; }
  ConsoleWidget& console_widget() { return *widget_; }

 protected:
  void closeEvent(QCloseEvent* event) override;
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void make_actions();
  void make_machine_menu();
  void make_view_menu();
  void make_keys_menu();
  void make_status_bar();
  QAction* add_action(QMenu* menu, const QString& icon, const QString& text, std::function<void()> act);

  void confirm(const QString& question, const QString& yes, std::function<void()> act);

  void open_console();
  void console_opened();
  void console_ended(SpiceConsole::End why, const QString& detail);
  void console_resized();
  void try_again_later();
  void fill_screen();
  void machine_changed();
  void show_off_page();
  void set_view(const View& view);
  void update_texts();
  void update_machine_actions();
  void take_screenshot();
  void report(const QString& message);

  ConnectionTarget target_;
  MachineControl* machine_;
  QString title_;
  SpiceConsole console_;
  ConsoleWidget* widget_;
  QScrollArea* scroll_area_;
  StatusPage* status_page_;
  QStackedWidget* pages_;
  FullScreenBar* bar_ = nullptr;
  QToolBar* tool_bar_ = nullptr;

  QAction* full_screen_action_ = nullptr;
  QAction* screenshot_action_ = nullptr;
  QAction* pause_action_ = nullptr;
  QList<QAction*> running_actions_;  // Enabled while the machine runs.
  QAction* start_action_ = nullptr;
  QActionGroup* view_actions_ = nullptr;
  QMenu* keys_menu_ = nullptr;

  QLabel* hint_label_ = nullptr;
  QLabel* size_label_ = nullptr;
  QLabel* locks_label_ = nullptr;

  QRect geometry_before_;  // Of the window, where we had to fill the screen ourselves.
  PathWatcher socket_watcher_;
  QTimer retry_timer_;
  int retries_ = 0;
  bool was_open_ = false;    // At least once: then a lost connection is "lost", not "not found".
  bool sized_once_ = false;  // The window has taken the guest's size.
  bool wrong_password_ = false;
};

}  // namespace saffron::viewer
