// SPDX-License-Identifier: Apache-2.0
// saffron-viewer: a window on a machine's screen.
#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QLocale>
#include <QtCore/QSettings>
#include <QtWidgets/QApplication>
#include <algorithm>
#include <cstdio>
#include <string_view>

#include "app/common/application.h"
#include "app/common/icons.h"
#include "app/viewer/machine_control.h"
#include "app/viewer/screenshot_run.h"
#include "app/viewer/viewer_options.h"
#include "app/viewer/viewer_window.h"

namespace {

using namespace saffron;

int complain(const QString& message) {
  std::fprintf(stderr, "saffron-viewer: %s\n", qPrintable(message));
  return 2;
}

/// Qt would abort without one.
bool has_display(int argc, char* argv[]) {
  const auto names_platform = [](const char* argument) { return std::string_view(argument) == "-platform"; };
  return qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY") ||
         qEnvironmentVariableIsSet("QT_QPA_PLATFORM") || std::any_of(argv, argv + argc, names_platform);
}

/// spice-client-glib lives on GLib's main context, which only this dispatcher runs.
bool has_glib_dispatcher() {
  const QAbstractEventDispatcher* dispatcher = QAbstractEventDispatcher::instance();
  return dispatcher != nullptr && dispatcher->inherits("QEventDispatcherGlib");
}

int run_window(QApplication& application, const viewer::ViewerOptions& options) {
  if (!options.language.isEmpty()) {
    QLocale::setDefault(QLocale(options.language));
  }
  common::install_translations(application, "saffron-viewer");
  QApplication::setWindowIcon(common::themed_icon("video-display"));
  common::ColorSchemeKeeper colors(application);
  colors.set(options.color_scheme);

  viewer::MachineControl* machine = nullptr;
  if (options.machine) {
    machine = new viewer::MachineControl(*options.machine);
  }
  viewer::ViewerWindow window(options.target, machine);
  window.set_release_key(options.release_key);
  if (options.target.full_screen) {
    window.set_full_screen(true);
  }
  window.show();
  window.begin();
  return QApplication::exec();
}

}  // namespace

int main(int argc, char* argv[]) {
  common::prepare_application("saffron-viewer");
  // A picture in a file needs no display.
  if (viewer::wants_screenshot_only(argc, argv)) {
    QCoreApplication application(argc, argv);
    const auto options = viewer::parse_options(application.arguments());
    if (!options.ok()) {
      return complain(QString::fromStdString(options.error().message));
    }
    return has_glib_dispatcher() ? viewer::run_screenshot(*options) : complain("QT_NO_GLIB must not be set");
  }
  if (!has_display(argc, argv)) {
    return complain("there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set (--screenshot needs none)");
  }
  // Qt would take --title for itself; our parser knows it by another name as well.
  static char window_title[] = "--window-title";
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--title") {
      argv[i] = window_title;
    }
  }
  QApplication application(argc, argv);
  const auto options = viewer::parse_options(application.arguments());
  if (!options.ok()) {
    return complain(QString::fromStdString(options.error().message));
  }
  return has_glib_dispatcher() ? run_window(application, *options) : complain("QT_NO_GLIB must not be set");
}
