// SPDX-License-Identifier: Apache-2.0
// saffron: the desktop application.
#include <QtCore/QLocale>
#include <QtCore/QThreadPool>
#include <QtGui/QIcon>
#include <QtWidgets/QApplication>
#include <algorithm>
#include <cstdio>
#include <string_view>

#include "app/common/application.h"
#include "app/desktop/desktop_options.h"
#include "app/desktop/main_window.h"
#include "app/desktop/new_machine_wizard.h"
#include "app/desktop/programs.h"
#include "app/desktop/single_instance.h"

namespace {

using namespace saffron;

int complain(const std::string& message) {
  std::fprintf(stderr, "saffron: %s\n", message.c_str());
  return 2;
}

/// Qt would abort without one.
bool has_display(int argc, char* argv[]) {
  const auto names_platform = [](const char* argument) { return std::string_view(argument) == "-platform"; };
  return qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY") ||
         qEnvironmentVariableIsSet("QT_QPA_PLATFORM") || std::any_of(argv, argv + argc, names_platform);
}

void follow(desktop::MainWindow& window, const desktop::DesktopOptions& options) {
  if (!options.machine.isEmpty()) {
    window.select(options.machine);
    if (options.start) {
      window.start_when_there(options.machine);
    }
  }
  if (!options.image.isEmpty()) {
    window.open_image(options.image);
  } else if (options.new_machine) {
    window.open_wizard();
  }
}

int run(QApplication& application, const desktop::DesktopOptions& options) {
  if (!options.language.isEmpty()) {
    QLocale::setDefault(QLocale(options.language));
  } else if (QLocale().language() == QLocale::C) {
    QLocale::setDefault(QLocale(QLocale::English));  // For its plurals.
  }
  common::install_translations(application, "saffron");
  QApplication::setWindowIcon(QIcon(":/icons/saffron.svg"));
  QApplication::setApplicationDisplayName(QString());
  QGuiApplication::setDesktopFileName("org.saffron.Saffron");
  // run_async()'s work waits for disks and engines; one that hangs must not keep all others waiting.
  QThreadPool::globalInstance()->setMaxThreadCount(std::max(8, QThread::idealThreadCount()));
  desktop::set_viewer_options(options.language, options.color_scheme);
  common::ColorSchemeKeeper colors(application);
  colors.set(options.color_scheme);

  auto library = api::MachineLibrary::open_default();
  if (!library.ok()) {
    return complain(library.error().message);
  }
  const std::string runtime = library->base().runtime;
  const auto prepared = api::prepare_runtime_directory(runtime);
  desktop::SingleInstance instance(QString::fromStdString(runtime));
  if (prepared.ok()) {
    if (instance.handed_over(options)) {
      return 0;
    }
    instance.listen();
  }
  desktop::MainWindow window(*std::move(library));
  QObject::connect(&instance, &desktop::SingleInstance::asked, &window,
                   [&window](const desktop::DesktopOptions& wishes) {
                     window.bring_to_front();
                     follow(window, wishes);
                   });
  window.show();
  window.check_host();
  follow(window, options);
  return QApplication::exec();
}

}  // namespace

int main(int argc, char* argv[]) {
  common::prepare_application("saffron");
  if (desktop::wants_text_only(argc, argv)) {
    QCoreApplication application(argc, argv);
    const auto options = desktop::parse_options(application.arguments());
    return options.ok() ? 0 : complain(options.error().message);
  }
  if (!has_display(argc, argv)) {
    return complain("there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set");
  }
  QApplication application(argc, argv);
  const auto options = desktop::parse_options(application.arguments());
  return options.ok() ? run(application, *options) : complain(options.error().message);
}
