// SPDX-License-Identifier: Apache-2.0
// The viewer's window against the real SPICE server with fake devices behind it.
#include <linux/input-event-codes.h>

#include <QtCore/QProcess>
#include <QtCore/QTemporaryDir>
#include <QtCore/QTranslator>
#include <QtGui/QAction>
#include <QtTest/QtTest>
#include <QtWidgets/QApplication>
#include <QtWidgets/QLabel>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QMenuBar>
#include <QtWidgets/QMessageBox>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QStatusBar>
#include <QtWidgets/QToolButton>

#include "app/common/application.h"
#include "app/viewer/full_screen_bar.h"
#include "app/viewer/machine_control.h"
#include "app/viewer/status_page.h"
#include "app/viewer/viewer_window.h"
#include "engine/api/control_server.h"
#include "tests/fakes/fake_control_handler.h"
#include "tests/fakes/spice_host.h"

using namespace saffron;
using ports::PointerButton;
using viewer::ViewerWindow;
using KeyLog = std::vector<std::pair<std::uint16_t, bool>>;
using ButtonLog = std::vector<std::pair<PointerButton, bool>>;

namespace {

QImage image_of(const ports::Frame& frame) {
  return QImage(reinterpret_cast<const uchar*>(frame.pixels.data()), static_cast<int>(frame.width),
                static_cast<int>(frame.height), static_cast<int>(frame.width * 4), QImage::Format_RGB32)
      .copy();
}

bool same_picture(const QImage& a, const QImage& b) {
  return a.size() == b.size() && a.convertToFormat(QImage::Format_RGB888) == b.convertToFormat(QImage::Format_RGB888);
}

spice::SpiceOptions unix_options(const QString& path) {
  spice::SpiceOptions options;
  options.unix_socket_path = path.toStdString();
  return options;
}

}  // namespace

class ViewerTest : public QObject {
  Q_OBJECT
 private slots:
  void init() {
    folder = std::make_unique<QTemporaryDir>();
    socket = folder->filePath("spice.sock");
    target = viewer::target_from_uri("spice+unix://" + socket).value();
    target.title = "Test machine";
  }
  void cleanup() {
    window.reset();
    host.reset();
  }

  void the_window_shows_the_guest_pixel_by_pixel() {
    start(800, 500);
    QTRY_VERIFY(same_picture(shown(), image_of(host->frame())));
    host->run([&] { host->source.fill({10, 10, 50, 20}, 0x00ff00ff); });
    QTRY_VERIFY(same_picture(shown(), image_of(host->frame())));
    // The guest's mode changes while the window is there: scaled to what the window has.
    host->run([&] {
      host->source.set_mode(640, 480);
      host->source.paint_pattern(5);
    });
    QTRY_VERIFY(same_picture(window->console().screen(), image_of(host->frame())));
  }

  void keys_reach_the_guest_and_stuck_ones_are_released() {
    start(320, 200);
    QTest::keyClick(&widget(), Qt::Key_A);
    QTest::keyClick(&widget(), Qt::Key_Tab);
    QTRY_COMPARE(host->get(host->keyboard.keys),
                 (KeyLog{{KEY_A, true}, {KEY_A, false}, {KEY_TAB, true}, {KEY_TAB, false}}));
    QTest::keyPress(&widget(), Qt::Key_Alt);
    QTRY_COMPARE(host->get(host->keyboard.keys).back(), (KeyLog::value_type{KEY_LEFTALT, true}));
    QFocusEvent focus_out(QEvent::FocusOut);
    QApplication::sendEvent(&widget(), &focus_out);
    QTRY_COMPARE(host->get(host->keyboard.keys).back(), (KeyLog::value_type{KEY_LEFTALT, false}));
  }

  void real_keys_of_the_window_system_reach_the_guest() {
    if (QGuiApplication::platformName() != "xcb" || QStandardPaths::findExecutable("xdotool").isEmpty()) {
      QSKIP("needs X11 and xdotool");
    }
    start(320, 200);
    QTest::mouseClick(&widget(), Qt::LeftButton);
    QTRY_VERIFY(widget().hasFocus());
    QCOMPARE(QProcess::execute("xdotool", {"key", "--delay", "20", "q", "Up", "Super_L"}), 0);
    QTRY_COMPARE(host->get(host->keyboard.keys), (KeyLog{{KEY_Q, true},
                                                         {KEY_Q, false},
                                                         {KEY_UP, true},
                                                         {KEY_UP, false},
                                                         {KEY_LEFTMETA, true},
                                                         {KEY_LEFTMETA, false}}));
  }

  void the_release_key_releases_and_is_not_the_guests() {
    if (QStandardPaths::findExecutable("xdotool").isEmpty()) {
      QSKIP("needs xdotool");
    }
    start(320, 200);
    QTest::mouseClick(&widget(), Qt::LeftButton, {}, QPoint(5, 5));
    QTRY_VERIFY(widget().hasFocus());
    QVERIFY(widget().keyboard_grabbed());
    QVERIFY(hint().contains("Right Ctrl"));
    // By its key code: for the name, xdotool presses the left one too.
    QCOMPARE(QProcess::execute("xdotool", {"key", "105"}), 0);
    QTRY_VERIFY(!widget().keyboard_grabbed());
    QVERIFY(!widget().pointer_grabbed());
    QVERIFY(host->get(host->keyboard.keys).empty());
    QVERIFY(hint().contains("Click"));
  }

  void absolute_pointer_positions_and_buttons() {
    start(320, 200);
    host->run([&] { host->tablet.set_active(true); });
    QTRY_VERIFY(window->console().absolute_pointer());
    const QPoint middle(widget().width() / 2, widget().height() / 2);
    QTest::mouseMove(&widget(), middle);
    QTest::mouseClick(&widget(), Qt::RightButton, {}, middle);
    QTRY_COMPARE(host->get(host->tablet.buttons),
                 (ButtonLog{{PointerButton::kRight, true}, {PointerButton::kRight, false}}));
    const auto last = host->get(host->tablet.positions).back();
    QVERIFY2(std::abs(last.first - 16384) < 120 && std::abs(last.second - 16384) < 200,
             qPrintable(QString("%1 %2").arg(last.first).arg(last.second)));
    QTest::mouseClick(&widget(), Qt::BackButton, {}, middle);
    QTRY_COMPARE(host->get(host->tablet.buttons).back(), (ButtonLog::value_type{PointerButton::kSide, false}));
    QWheelEvent wheel(middle, widget().mapToGlobal(middle), {}, QPoint(0, 240), Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(&widget(), &wheel);
    QTRY_COMPARE(host->get(host->tablet.wheel_detents), 2);
    QVERIFY(!widget().pointer_grabbed());
  }

  void a_click_takes_the_relative_pointer_into_the_guest() {
    start(320, 200);
    QTRY_VERIFY(!window->console().absolute_pointer());
    QTest::mouseClick(&widget(), Qt::LeftButton);
    QVERIFY(widget().pointer_grabbed());
    QVERIFY(host->get(host->mouse.buttons).empty());
    const QPoint center = widget().rect().center();
    QMouseEvent move(QEvent::MouseMove, center + QPoint(7, -3), widget().mapToGlobal(center + QPoint(7, -3)),
                     Qt::NoButton, Qt::NoButton, Qt::NoModifier);
    QApplication::sendEvent(&widget(), &move);
    QTRY_COMPARE(host->get(host->mouse.x), 7);
    QCOMPARE(host->get(host->mouse.y), -3);
    QTest::mouseClick(&widget(), Qt::MiddleButton);
    QTRY_COMPARE(host->get(host->mouse.buttons),
                 (ButtonLog{{PointerButton::kMiddle, true}, {PointerButton::kMiddle, false}}));
    // The guest's tablet driver comes up: no grab is needed any more.
    host->run([&] { host->tablet.set_active(true); });
    QTRY_VERIFY(!widget().pointer_grabbed());
  }

  void the_keys_menu_sends_combinations() {
    start(320, 200);
    action("Send Ctrl+Alt+&Delete")->trigger();
    QTRY_COMPARE(host->get(host->keyboard.keys), (KeyLog{{KEY_LEFTCTRL, true},
                                                         {KEY_LEFTALT, true},
                                                         {KEY_DELETE, true},
                                                         {KEY_DELETE, false},
                                                         {KEY_LEFTALT, false},
                                                         {KEY_LEFTCTRL, false}}));
  }

  void lock_lights_are_shown() {
    start(320, 200);
    host->run([&] { host->keyboard.led_listener({.scroll_lock = false, .num_lock = true, .caps_lock = true}); });
    const auto shows_caps = [&] {
      const QList<QLabel*> labels = window->statusBar()->findChildren<QLabel*>();
      return std::any_of(labels.begin(), labels.end(), [](QLabel* label) { return label->text() == "Caps Num"; });
    };
    QTRY_VERIFY(shows_caps());
  }

  void the_hosts_locks_are_the_guests() {
    if (QStandardPaths::findExecutable("xdotool").isEmpty()) {
      QSKIP("needs xdotool");
    }
    const QStringList press_num_lock{"key", "77"};
    QCOMPARE(QProcess::execute("xdotool", press_num_lock), 0);
    start(320, 200);
    QTest::mouseClick(&widget(), Qt::LeftButton);
    const bool pressed = QTest::qWaitFor([&] { return !host->get(host->keyboard.keys).empty(); });
    QProcess::execute("xdotool", press_num_lock);
    QVERIFY(pressed);
    QCOMPARE(host->get(host->keyboard.keys).front(), (KeyLog::value_type{KEY_NUMLOCK, true}));
  }

  void full_screen_has_a_bar_that_leads_back() {
    start(320, 200);
    action("&Full Screen")->trigger();
    QTRY_VERIFY(window->isFullScreen());
    QTRY_COMPARE(window->size(), window->screen()->size());
    auto* bar = window->findChild<viewer::FullScreenBar*>();
    QVERIFY(!window->menuBar()->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(!bar->isVisible(), 10'000);
    QTest::mouseMove(&widget(), QPoint(widget().width() / 2, 20));
    QTest::mouseMove(&widget(), QPoint(widget().width() / 2, 0));
    QTRY_VERIFY(bar->isVisible());
    const QList<QToolButton*> buttons = bar->findChildren<QToolButton*>();
    QTest::mouseClick(buttons.back(), Qt::LeftButton);
    QTRY_VERIFY(!window->isFullScreen());
    QVERIFY(window->menuBar()->isVisible());
  }

  void actual_size_is_one_pixel_for_one_pixel() {
    start(1000, 700);
    window->resize(500, 400);
    action("&Actual Size (1:1)")->trigger();
    QTRY_VERIFY(widget().width() >= 1000 && widget().height() >= 700);
    QTRY_VERIFY(same_picture(widget().grab(QRect(0, 0, 1000, 700)).toImage(), image_of(host->frame())));
    action("&Scale to the Window")->trigger();
    QTRY_VERIFY(widget().width() <= 500);
  }

  void it_reconnects_when_the_machine_is_back() {
    start(320, 200);
    host->stop();
    auto* page = window->findChild<viewer::StatusPage*>();
    QTRY_VERIFY(page->isVisible());
    QVERIFY(page->findChild<QPushButton*>("status_action")->isVisible());
    QVERIFY(window->isVisible());
    host->start();
    host->run([&] { host->source.paint_pattern(8); });
    QTRY_VERIFY_WITH_TIMEOUT(same_picture(window->console().screen(), image_of(host->frame())), 20'000);
    QVERIFY(!page->isVisible());
  }

  void nobody_there_yet_is_no_error() {
    open_window();
    auto* page = window->findChild<viewer::StatusPage*>();
    QTRY_VERIFY(page->findChild<QPushButton*>("status_action")->isVisible());
    host = std::make_unique<fakes::SpiceHost>(unix_options(socket), 64, 48);
    QTRY_VERIFY_WITH_TIMEOUT(window->console().is_open(), 20'000);
  }

  void it_asks_for_the_ticket_until_it_is_right() {
    spice::SpiceOptions options;
    options.tcp = spice::TcpListen{};
    options.ticket = "open sesame";
    host = std::make_unique<fakes::SpiceHost>(options, 320, 200);
    QVERIFY2(host->server() != nullptr, host->error.message.c_str());
    target = viewer::target_from_uri(QString::fromStdString(host->server()->info().uris.front())).value();
    open_window();
    auto* field = window->findChild<viewer::StatusPage*>()->findChild<QLineEdit*>();
    QTRY_VERIFY(field->isVisible());
    QTest::keyClicks(field, "wrong");
    QTest::keyClick(field, Qt::Key_Return);
    QTRY_VERIFY(field->isVisible() && field->text().isEmpty());
    QTest::keyClicks(field, "open sesame");
    QTest::keyClick(field, Qt::Key_Return);
    QTRY_VERIFY(window->console().is_open());
  }

  void closing_the_window_only_ends_the_connection() {
    start(320, 200);
    QCOMPARE(host->clients(), 1u);
    window->close();
    QTRY_COMPARE(host->clients(), 0u);
    QVERIFY(host->server() != nullptr);
  }

  void a_machine_that_is_off_can_be_started() {
    use_private_folders();
    auto* machine =
        new viewer::MachineControl(api::machine_paths(api::BasePaths::from_environment().value(), "nowhere"));
    window = std::make_unique<ViewerWindow>(target, machine);
    window->show();
    window->begin();
    auto* button = window->findChild<viewer::StatusPage*>()->findChild<QPushButton*>("status_action");
    QTRY_VERIFY(button->isVisible());
    QCOMPARE(button->text(), QString("Start"));
    QVERIFY(!action("&Force Off…")->isEnabled());
  }

  void the_machine_menu_controls_the_engine() {
    use_private_folders();
    const api::MachinePaths paths = api::machine_paths(api::BasePaths::from_environment().value(), "vm");
    QVERIFY(api::make_private_directory(paths.runtime).ok());
    host = std::make_unique<fakes::SpiceHost>(unix_options(QString::fromStdString(paths.spice_socket)), 320, 200);
    fakes::FakeControlHandler engine;
    engine.machine.state = api::MachineState::kRunning;
    std::unique_ptr<api::ControlServer> control;
    const auto serve = [&] {
      api::ControlServerOptions options;
      options.socket_path = paths.control_socket;
      options.machine_name = "vm";
      control = api::ControlServer::create(host->loop(), engine, options).value();
    };
    host->run(serve);
    target = viewer::target_from_uri("spice+unix://" + QString::fromStdString(paths.spice_socket)).value();
    target.title = "vm";
    window = std::make_unique<ViewerWindow>(target, new viewer::MachineControl(paths));
    window->show();
    window->begin();
    QTRY_VERIFY(window->console().is_open());
    QTRY_VERIFY(action("&Force Off…")->isEnabled());

    action("&Pause")->trigger();
    QTRY_COMPARE(host->get(engine.calls), (std::vector<std::string>{"pause"}));
    host->run([&] { control->publish(api::StateChanged{api::MachineState::kPaused, api::PauseReason::kUser}); });
    QTRY_VERIFY(window->windowTitle().contains("(paused)"));
    action("&Resume")->trigger();
    action("Press the P&ower Button")->trigger();
    QTRY_COMPARE(host->get(engine.calls), (std::vector<std::string>{"pause", "resume", "power_button"}));

    // Nothing is lost by a click alone: the user is asked.
    action("&Force Off…")->trigger();
    auto* box = window->findChild<QMessageBox*>();
    QTRY_VERIFY(box != nullptr && box->isVisible());
    QCOMPARE(host->get(engine.calls).size(), std::size_t{3});
    for (QAbstractButton* button : box->buttons()) {
      if (box->buttonRole(button) == QMessageBox::DestructiveRole) {
        QTest::mouseClick(button, Qt::LeftButton);
      }
    }
    QTRY_COMPARE(host->get(engine.calls).back(), std::string("force_stop"));

    // It ends, and comes back.
    host->stop();
    host->run([&] { control.reset(); });
    auto* page = window->findChild<viewer::StatusPage*>();
    QTRY_COMPARE(page->findChild<QPushButton*>("status_action")->text(), QString("Start"));
    host->start();
    host->run(serve);
    QTRY_VERIFY_WITH_TIMEOUT(window->console().is_open(), 20'000);
    window.reset();
    host->run([&] { control.reset(); });
  }

  void it_speaks_chinese() {
    const QLocale before;
    QLocale::setDefault(QLocale("zh_CN"));
    common::install_translations(*qApp, "saffron-viewer");
    start(320, 200);
    QVERIFY(action("全屏(&F)") != nullptr);
    QVERIFY(hint().contains("点击"));
    QCOMPARE(window->windowTitle(), QString("Test machine - Saffron 查看器"));
    for (QTranslator* translator : qApp->findChildren<QTranslator*>()) {
      delete translator;
    }
    QLocale::setDefault(before);
  }

  void dark_and_light() {
    common::ColorSchemeKeeper colors(*qApp);
    colors.set(common::ColorScheme::kDark);
    QVERIFY(colors.dark());
    start(320, 200);
    QVERIFY(window->palette().color(QPalette::Window).lightness() < 100);
    colors.set(common::ColorScheme::kLight);
    QVERIFY(!colors.dark());
    QTRY_VERIFY(window->palette().color(QPalette::Window).lightness() > 150);
  }

 private:
  void use_private_folders() {
    qputenv("SAFFRON_RUNTIME", folder->filePath("run").toUtf8());
    qputenv("SAFFRON_MACHINES", folder->filePath("machines").toUtf8());
    qputenv("SAFFRON_STATE", folder->filePath("state").toUtf8());
  }
  viewer::ConsoleWidget& widget() { return window->console_widget(); }
  QImage shown() { return widget().grab().toImage(); }
  QString hint() {
    QString text;
    for (const QLabel* label : window->statusBar()->findChildren<QLabel*>()) {
      text += label->text();
    }
    return text;
  }
  QAction* action(const QString& text) {
    for (QAction* candidate : window->findChildren<QAction*>()) {
      if (candidate->text() == text) {
        return candidate;
      }
    }
    qFatal("no action named %s", qPrintable(text));
    return nullptr;
  }
  void open_window() {
    window = std::make_unique<ViewerWindow>(target, nullptr);
    window->show();
    QVERIFY(QTest::qWaitForWindowExposed(window.get()));
    window->activateWindow();
    window->begin();
  }
  void start(std::uint32_t width, std::uint32_t height) {
    host = std::make_unique<fakes::SpiceHost>(unix_options(socket), width, height);
    QVERIFY2(host->server() != nullptr, host->error.message.c_str());
    host->run([&] { host->source.paint_pattern(1); });
    open_window();
    QTRY_VERIFY(window->console().is_open());
    QTRY_VERIFY(same_picture(window->console().screen(), image_of(host->frame())));
    QTRY_VERIFY(window->console().takes_input());
  }

  std::unique_ptr<QTemporaryDir> folder;
  QString socket;
  viewer::ConnectionTarget target;
  std::unique_ptr<fakes::SpiceHost> host;
  std::unique_ptr<ViewerWindow> window;
};

int main(int argc, char* argv[]) {
  QStandardPaths::setTestModeEnabled(true);
  common::prepare_application("saffron-viewer-test");
  QApplication application(argc, argv);
  ViewerTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "viewer_test.moc"
