// SPDX-License-Identifier: Apache-2.0
// The desktop application with real machines: made by clicks, started, seen, typed at; and it may be killed.
#include <fcntl.h>
#include <unistd.h>

#include <QtCore/QProcess>
#include <QtNetwork/QLocalSocket>
#include <QtTest/QtTest>
#include <QtWidgets/QApplication>
#include <QtWidgets/QCheckBox>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QPushButton>

#include "app/common/application.h"
#include "app/desktop/main_window.h"
#include "app/desktop/new_machine_wizard.h"
#include "tests/gui/desktop_fixture.h"

using namespace saffron;
using desktop::MachineSession;
using desktop::MainWindow;
using desktop::Phase;

namespace {

constexpr const char* kGrubCd = "/usr/lib/grub-rescue/grub-rescue-cdrom.iso";
/// Firmware on a slow host (kvm_pvm, other tests beside it).
constexpr int kFirmwareMilliseconds = 150000;

bool kvm_opens() {
  const int fd = ::open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (fd >= 0) {
    ::close(fd);
  }
  return fd >= 0;
}

/// How many pixels of a text screen are lit; an empty screen has none.
int lit_pixels(const QImage& image) {
  int count = 0;
  for (int y = 0; y < image.height(); y += 2) {
    for (int x = 0; x < image.width(); ++x) {
      count += qGray(image.pixel(x, y)) > 64 ? 1 : 0;
    }
  }
  return count;
}

}  // namespace

class DesktopMachineTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    if (!kvm_opens()) {
      QSKIP("/dev/kvm does not open here: the lab runs machines instead");
    }
    if (!QFile::exists(kGrubCd)) {
      QSKIP("the package grub-rescue-pc is not installed");
    }
    qputenv("SAFFRON_ENGINE", SAFFRON_PROGRAMS "/saffron-engine");
    files = std::make_unique<desktop_test::TemporaryLibrary>();
  }
  void cleanupTestCase() {
    if (files != nullptr) {
      (void)run_ctl({"stop", "--force", "grub"});
    }
    window.reset();
    files.reset();
  }

  void a_machine_is_made_by_clicks_and_started() {
    open();
    QTest::mouseClick(window->findChild<QPushButton*>("first_new_machine"), Qt::LeftButton);
    QTRY_VERIFY(window->findChild<desktop::NewMachineWizard*>() != nullptr);
    auto* wizard = window->findChild<desktop::NewMachineWizard*>();
    auto* next = wizard->button(QWizard::NextButton);
    QTest::keyClicks(wizard->findChild<desktop::FilePicker*>("iso")->edit(), kGrubCd);
    QTRY_VERIFY(next->isEnabled());
    QTest::mouseClick(next, Qt::LeftButton);
    auto* name = wizard->findChild<QLineEdit*>("name");
    QTRY_VERIFY(name->isVisible());
    name->clear();
    QTest::keyClicks(name, "grub");
    wizard->findChild<desktop::AmountEdit*>("memory_mib")->set_value(256);
    QTest::mouseClick(next, Qt::LeftButton);
    QTRY_VERIFY(wizard->findChild<QCheckBox*>("start_now")->isVisible());
    QTest::mouseClick(wizard->button(QWizard::FinishButton), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(session() != nullptr && session()->phase() == Phase::kRunning, kFirmwareMilliseconds);
  }

  void the_thumbnail_shows_the_firmware() {
    QVERIFY(session() != nullptr);
    QTRY_VERIFY_WITH_TIMEOUT(lit_pixels(session()->thumbnail()) > 400, kFirmwareMilliseconds);
  }

  void what_is_typed_shows() {
    // GRUB's prompt is there when the screen has come to rest.
    QImage last;
    QElapsedTimer still;
    still.start();
    QTRY_VERIFY_WITH_TIMEOUT(rests(last, still, 8000), kFirmwareMilliseconds);
    const QImage before = session()->thumbnail();
    QCOMPARE(run_ctl({"type", "grub", "saffron saffron saffron"}), 0);
    QTRY_VERIFY_WITH_TIMEOUT(lit_pixels(session()->thumbnail()) > lit_pixels(before) + 50, kFirmwareMilliseconds);
  }

  void closing_the_window_stops_nothing_and_reopening_finds_it() {
    const std::uint32_t engine = session()->status().pid;
    window->close();
    window.reset();
    QVERIFY(files->library.running("grub"));
    open();
    QTRY_VERIFY(session() != nullptr && session()->phase() == Phase::kRunning);
    QCOMPARE(session()->status().pid, engine);
  }

  void a_killed_application_harms_no_machine() {
    const std::uint32_t engine = session()->status().pid;
    window.reset();
    for (const char* language : {"en", "zh_CN"}) {
      for (const char* scheme : {"light", "dark"}) {
        QProcess program;
        program.setProcessChannelMode(QProcess::ForwardedChannels);
        program.start(SAFFRON_PROGRAMS "/saffron", {"--language", language, "--color-scheme", scheme});
        // It answers there as soon as it shows its window; a killed one's socket answers nobody.
        QTRY_VERIFY_WITH_TIMEOUT(application_answers(), 30000);
        program.kill();  // SIGKILL
        QVERIFY(program.waitForFinished());
        QVERIFY(files->library.running("grub"));
      }
    }
    open();
    QTRY_VERIFY(session() != nullptr && session()->phase() == Phase::kRunning);
    QCOMPARE(session()->status().pid, engine);
  }

  void forced_off_by_clicks() {
    window->select("grub");
    window->actions().force_off->trigger();
    auto* question = window->findChild<QWidget*>("force_off_question");
    QVERIFY(question != nullptr);
    QTest::mouseClick(question->findChild<QPushButton*>("confirm"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(session()->phase(), Phase::kStopped, 20000);
    QTRY_VERIFY(!files->library.running("grub"));
  }

  void a_machine_started_by_an_application_outlives_it() {
    window.reset();
    QProcess program;
    program.setProcessChannelMode(QProcess::ForwardedChannels);
    program.start(SAFFRON_PROGRAMS "/saffron", {"--machine", "grub", "--start"});
    QTRY_VERIFY_WITH_TIMEOUT(files->library.running("grub"), 30000);
    QTRY_VERIFY_WITH_TIMEOUT(run_ctl({"show", "grub"}) == 0, 30000);
    program.kill();
    QVERIFY(program.waitForFinished());
    open();
    QTRY_VERIFY_WITH_TIMEOUT(session() != nullptr && session()->phase() == Phase::kRunning, kFirmwareMilliseconds);
  }

  void an_engine_that_cannot_start_says_why() {
    (void)run_ctl({"stop", "--force", "grub"});
    QTRY_COMPARE_WITH_TIMEOUT(session()->phase(), Phase::kStopped, 20000);
    QVERIFY(QFile::remove(QString::fromStdString(files->library.paths("grub").directory) + "/disk.raw"));
    window->messages().clear();
    window->select("grub");
    window->actions().start->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(window->messages().last_text().contains("disk.raw"), 30000);
    QTRY_COMPARE_WITH_TIMEOUT(session()->phase(), Phase::kStopped, 20000);
  }

 private:
  void open() {
    window = std::make_unique<MainWindow>(files->library);
    window->show();
    QVERIFY(QTest::qWaitForWindowExposed(window.get()));
    QTRY_VERIFY(window->library().loaded());
  }
  MachineSession* session() { return window->library().find("grub"); }
  static int run_ctl(const QStringList& arguments) {
    QProcess program;
    program.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    program.start(SAFFRON_PROGRAMS "/saffronctl", arguments);
    return program.waitForFinished(60000) ? program.exitCode() : -1;
  }
  bool application_answers() {
    QLocalSocket socket;
    socket.connectToServer(QString::fromStdString(files->base.runtime) + "/.desktop.sock");
    if (!socket.waitForConnected(500)) {
      return false;
    }
    socket.write("{}\n");
    return socket.waitForReadyRead(2000);
  }
  bool rests(QImage& last, QElapsedTimer& still, int milliseconds) {
    const QImage now = session()->thumbnail();
    if (lit_pixels(now) != lit_pixels(last)) {
      last = now;
      still.restart();
    }
    return still.elapsed() > milliseconds;
  }

  std::unique_ptr<desktop_test::TemporaryLibrary> files;
  std::unique_ptr<MainWindow> window;
};

int main(int argc, char* argv[]) {
  QStandardPaths::setTestModeEnabled(true);
  common::prepare_application("saffron-desktop-test");
  QApplication application(argc, argv);
  QSettings().clear();
  DesktopMachineTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "desktop_machine_test.moc"
