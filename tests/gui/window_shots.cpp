// SPDX-License-Identifier: Apache-2.0
// window_shots FOLDER: a picture of every window and page of the desktop application, in both languages and both colour
// schemes, with made-up machines. For people to look at; fails only if a picture cannot be made.
#include <QtCore/QProcess>
#include <QtGui/QPainter>
#include <QtTest/QtTest>
#include <QtWidgets/QApplication>
#include <QtWidgets/QInputDialog>
#include <QtWidgets/QMessageBox>
#include <cstdio>

#include "app/common/application.h"
#include "app/desktop/host_window.h"
#include "app/desktop/log_window.h"
#include "app/desktop/main_window.h"
#include "app/desktop/new_machine_wizard.h"
#include "app/desktop/settings_dialog.h"
#include "tests/fakes/fake_engine.h"
#include "tests/gui/desktop_fixture.h"

using namespace saffron;

namespace {

constexpr int kSettleMilliseconds = 350;

/// What a guest might show, painted by us.
std::vector<std::uint32_t> guest_screen(bool text_mode) {
  QImage image(1280, 800, QImage::Format_RGB32);
  QPainter painter(&image);
  if (text_mode) {
    image.fill(Qt::black);
    painter.setPen(QColor(0xaa, 0xaa, 0xaa));
    painter.setFont(QFont("DejaVu Sans Mono", 17));
    int y = 40;
    for (const char* line :
         {"SeaBIOS (version 1.16.2)", "", "Booting from DVD/CD...", "", "[    0.000000] Linux version 6.1.0-amd64",
          "[    0.412208] smp: Brought up 1 node, 2 CPUs",
          "[    1.031877] virtio_blk virtio1: [vda] 41943040 512-byte blocks", "login: _"}) {
      painter.drawText(24, y, line);
      y += 34;
    }
  } else {
    QLinearGradient sky(0, 0, 1280, 800);
    sky.setColorAt(0, QColor(0x24, 0x4a, 0x7c));
    sky.setColorAt(1, QColor(0xc8, 0x6b, 0x98));
    painter.fillRect(image.rect(), sky);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(250, 250, 250, 235));
    painter.drawRoundedRect(QRect(300, 150, 680, 430), 14, 14);
    painter.setBrush(QColor(0x30, 0x2c, 0x3c));
    painter.drawRect(0, 756, 1280, 44);
    painter.setPen(QColor(0x30, 0x2c, 0x3c));
    painter.setFont(QFont("DejaVu Sans", 30, QFont::Bold));
    painter.drawText(QRect(300, 150, 680, 430), Qt::AlignCenter, "Welcome");
  }
  painter.end();
  const auto* pixels = reinterpret_cast<const std::uint32_t*>(image.constBits());
  std::vector<std::uint32_t> copy(pixels, pixels + 1280 * 800);
  for (std::uint32_t& pixel : copy) {
    pixel &= 0xffffff;
  }
  return copy;
}

class Shooter {
 public:
  Shooter(QString folder, QString suffix) : folder_(std::move(folder)), suffix_(std::move(suffix)) {}

  void shoot(QWidget& window, const QString& name) {
    window.show();
    QTest::qWait(kSettleMilliseconds);
    const QString file = QString("%1/%2-%3.png").arg(folder_, name, suffix_);
    failed_ |= !window.grab().save(file);
    std::printf("%s\n", qPrintable(file));
  }
  bool failed() const { return failed_; }

 private:
  QString folder_;
  QString suffix_;
  bool failed_ = false;
};

void make_library(const desktop_test::TemporaryLibrary& files) {
  api::MachineConfig config = files.make_machine("Debian 12 desktop", 1024);
  config.networks = {{"net0", api::NetworkMode::kUser, std::nullopt, {}}};
  config.networks[0].forwards = {{api::ForwardProtocol::kTcp, "127.0.0.1", 2222, 22},
                                 {api::ForwardProtocol::kTcp, "127.0.0.1", 8080, 80}};
  config.cdroms[0].path = files.make_file("debian-12-netinst.iso");
  config.display.spice.tcp = api::SpiceTcpConfig{};
  (void)files.library.update(config, api::host_limits());
  files.make_machine("build-server", 512);
  files.make_machine("router");
  files.make_machine("测试机器");
  files.make_broken_machine("old laptop");
  QDir().mkpath(QString::fromStdString(files.base.state));
  QFile log(QString::fromStdString(files.library.paths("Debian 12 desktop").log_file));
  (void)log.open(QIODevice::WriteOnly);
  log.write(
      "10:21:07.114 info engine: saffron-engine 0.1.0: Debian 12 desktop runs with 2 vCPUs and 2048 MiB\n"
      "10:21:07.390 info storage: disk0: disk.raw, 1 GiB, virtio\n"
      "10:21:09.002 warning ps2: the guest wrote 0xd4 while the controller was busy (said once)\n");
}

void shoot_wizard(Shooter& shooter, desktop::MainWindow& window, const desktop_test::TemporaryLibrary& files) {
  desktop::NewMachineWizard* wizard = window.open_wizard();
  auto* iso = wizard->findChild<desktop::FilePicker*>("iso");
  iso->set_path("/home/anna/Downloads/missing.iso");
  shooter.shoot(*wizard, "wizard-1-error");
  iso->set_path(QString::fromStdString(files.make_file("debian-12-netinst.iso")));
  shooter.shoot(*wizard, "wizard-1-source");
  wizard->source_page().choose(desktop::MachineSource::kKernel);
  shooter.shoot(*wizard, "wizard-1-kernel");
  wizard->source_page().choose(desktop::MachineSource::kCdImage);
  QTest::qWait(kSettleMilliseconds);
  wizard->next();
  shooter.shoot(*wizard, "wizard-2-resources");
  wizard->next();
  shooter.shoot(*wizard, "wizard-3-summary");
  wizard->close();
}

void shoot_settings(Shooter& shooter, desktop::MainWindow& window) {
  auto* settings =
      static_cast<desktop::SettingsDialog*>(window.open_settings(window.library().find("Debian 12 desktop")));
  const char* const names[] = {"general", "start", "storage", "network", "screen", "devices"};
  for (int page = 0; page < settings->page_count(); ++page) {
    settings->show_page(page);
    shooter.shoot(*settings, QString("settings-%1-%2").arg(page + 1).arg(names[page]));
  }
  settings->close();
}

void shoot_main(Shooter& shooter, desktop::MainWindow& window) {
  for (const auto& [machine, name] :
       {std::pair("Debian 12 desktop", "main-running"), std::pair("router", "main-off"),
        std::pair("build-server", "main-paused"), std::pair("old laptop", "main-broken")}) {
    window.select(machine);
    shooter.shoot(window, name);
  }
  window.select("Debian 12 desktop");
  window.set_tiles(true);
  shooter.shoot(window, "main-tiles");
  window.set_tiles(false);
  QMenu menu(&window);
  window.actions().fill_menu(menu);
  menu.popup(window.mapToGlobal(QPoint(100, 200)));
  shooter.shoot(menu, "menu");
  menu.close();
  window.show_notice(desktop::Notice::from_error(
      desktop::MainWindow::tr("Cannot start the machine."),
      {core::ErrorCode::kPermissionDenied, "Cannot open /dev/kvm: Permission denied\nengine: /dev/kvm: EACCES", {}},
      "Debian 12 desktop"));
  shooter.shoot(window, "main-error");
  window.messages().clear();
  window.actions().force_off->trigger();
  for (auto* box : window.findChildren<QMessageBox*>()) {
    shooter.shoot(*box, "question-force-off");
    box->close();
  }
  window.select("router");
  window.actions().remove->trigger();
  QTest::qWait(kSettleMilliseconds);
  for (auto* box : window.findChildren<QMessageBox*>("delete_question")) {
    shooter.shoot(*box, "question-delete");
    box->close();
  }
}

int shoot_all(const QString& folder, const QString& suffix) {
  Shooter shooter(folder, suffix);
  {
    const desktop_test::TemporaryLibrary nothing;
    desktop::MainWindow window(nothing.library);
    window.resize(1120, 760);
    shooter.shoot(window, "first-run");
  }
  const desktop_test::TemporaryLibrary files;
  make_library(files);
  fakes::FakeEngine running(files.library.paths("Debian 12 desktop"));
  fakes::FakeEngine paused(files.library.paths("build-server"), api::MachineState::kPaused);
  running.set_screen(1280, guest_screen(false));
  running.run([&] {
    running.handler.machine.viewers = 1;
    running.handler.machine.uptime_seconds = 4000;
    running.handler.machine.spice.tcp_port = 5930;
  });
  paused.run([&] { paused.handler.machine.pause_reason = api::PauseReason::kUser; });
  paused.set_screen(1280, guest_screen(true));
  desktop::MainWindow window(files.library);
  window.resize(1120, 760);
  window.show();
  QTest::qWait(3 * kSettleMilliseconds);
  shoot_main(shooter, window);
  shoot_wizard(shooter, window, files);
  shoot_settings(shooter, window);
  shooter.shoot(*window.open_log("Debian 12 desktop"), "log");
  desktop::HostWindow* host = window.open_host();
  QTest::qWait(kSettleMilliseconds);
  shooter.shoot(*host, "host");
  return shooter.failed() ? 1 : 0;
}

}  // namespace

int main(int argc, char* argv[]) {
  QStandardPaths::setTestModeEnabled(true);
  common::prepare_application("saffron-shots");
  QApplication application(argc, argv);
  const QStringList arguments = application.arguments();
  if (arguments.size() == 2) {
    QDir().mkpath(arguments[1]);
    int status = 0;
    for (const char* language : {"en", "zh_CN"}) {
      for (const char* scheme : {"light", "dark"}) {
        // A process each: an application takes its language once.
        status |= QProcess::execute(arguments[0], {arguments[1], language, scheme});
      }
    }
    return status;
  }
  if (arguments.size() != 4) {
    std::fprintf(stderr, "Usage: window_shots FOLDER [LANGUAGE SCHEME]\n");
    return 2;
  }
  QSettings().clear();
  QLocale::setDefault(QLocale(arguments[2]));
  common::install_translations(application, "saffron");
  QApplication::setWindowIcon(QIcon(":/icons/saffron.svg"));
  common::ColorSchemeKeeper colors(application);
  colors.set(common::color_scheme_from_name(arguments[3]).value_or(common::ColorScheme::kLight));
  return shoot_all(arguments[1], arguments[2] + "-" + arguments[3]);
}
