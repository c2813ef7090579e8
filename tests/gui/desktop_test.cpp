// SPDX-License-Identifier: Apache-2.0
// The desktop application's window, with machines whose engines are fakes: what it shows and what it asks for.
#include <QtCore/QMimeData>
#include <QtGui/QDropEvent>
#include <QtTest/QtTest>
#include <QtWidgets/QApplication>
#include <QtWidgets/QComboBox>
#include <QtWidgets/QInputDialog>
#include <QtWidgets/QMessageBox>
#include <QtWidgets/QPushButton>

#include "app/common/application.h"
#include "app/desktop/host_window.h"
#include "app/desktop/log_window.h"
#include "app/desktop/main_window.h"
#include "app/desktop/new_machine_wizard.h"
#include "app/desktop/single_instance.h"
#include "app/desktop/texts.h"
#include "tests/fakes/fake_engine.h"
#include "tests/gui/desktop_fixture.h"

using namespace saffron;
using desktop::MachineSession;
using desktop::MainWindow;
using desktop::Phase;
using Calls = std::vector<std::string>;

class DesktopTest : public QObject {
  Q_OBJECT
 private slots:
  void init() {
    QSettings().clear();
    files = std::make_unique<desktop_test::TemporaryLibrary>();
  }
  void cleanup() {
    window.reset();
    files.reset();
  }

  void an_empty_library_offers_a_new_machine() {
    open();
    auto* button = window->findChild<QPushButton*>("first_new_machine");
    QTRY_VERIFY(button->isVisible());
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_VERIFY(window->findChild<desktop::NewMachineWizard*>() != nullptr);
  }

  void a_broken_machine_is_a_row_with_its_reason() {
    files->make_machine("good");
    files->make_broken_machine("bad");
    open();
    QTRY_COMPARE(window->library().names(), (QStringList{"bad", "good"}));
    window->select("bad");
    QCOMPARE(window->actions().session()->phase(), Phase::kBroken);
    QVERIFY(window->actions().session()->problem().has_value());
    QVERIFY(!window->actions().start->isEnabled());
    QVERIFY(window->actions().remove->isEnabled());
    window->select("good");
    QVERIFY(window->actions().start->isEnabled());
  }

  void machines_come_and_go_while_it_is_open() {
    open();
    QTRY_VERIFY(window->library().loaded());
    files->make_machine("new");
    QTRY_COMPARE(window->library().names(), QStringList{"new"});
    QVERIFY(files->library.rename("new", "newer").ok());
    QTRY_COMPARE(window->library().names(), QStringList{"newer"});
    QVERIFY(files->library.remove("newer").ok());
    QTRY_COMPARE(window->library().rowCount(), 0);
    QTRY_VERIFY(window->findChild<QPushButton*>("first_new_machine")->isVisible());
  }

  void the_search_field_and_the_order_choose_rows() {
    for (const char* name : {"beta", "alpha 10", "alpha 9"}) {
      files->make_machine(name);
    }
    fakes::FakeEngine engine(files->library.paths("beta"));
    open();
    QTRY_COMPARE(shown(), (QStringList{"alpha 9", "alpha 10", "beta"}));
    QTRY_COMPARE(session("beta")->phase(), Phase::kRunning);
    window->findChild<QAction*>("sort_by_state")->trigger();
    QTRY_COMPARE(shown(), (QStringList{"beta", "alpha 9", "alpha 10"}));
    auto* search = window->findChild<QLineEdit*>("search");
    QTest::keyClicks(search, "ALPHA");
    QCOMPARE(shown(), (QStringList{"alpha 9", "alpha 10"}));
    search->clear();
    QCOMPARE(shown().size(), 3);
  }

  void a_running_machine_is_found_and_its_state_followed() {
    files->make_machine("m");
    fakes::FakeEngine engine(files->library.paths("m"));
    open();
    QTRY_VERIFY(session("m") != nullptr && session("m")->phase() == Phase::kRunning);
    window->select("m");
    QVERIFY(window->actions().pause->isEnabled());
    QVERIFY(!window->actions().remove->isEnabled());
    QVERIFY(!window->actions().rename->isEnabled());
    window->actions().pause->trigger();
    QTRY_COMPARE(engine.calls(), Calls{"pause"});
    engine.change_state(api::MachineState::kPaused, api::PauseReason::kUser);
    QTRY_COMPARE(session("m")->phase(), Phase::kPaused);
    QVERIFY(window->actions().resume->isVisible());
    window->actions().resume->trigger();
    window->actions().power_button->trigger();
    QTRY_COMPARE(engine.calls(), (Calls{"pause", "resume"}));  // The button is for a running one.
    engine.change_state(api::MachineState::kRunning);
    QTRY_VERIFY(window->actions().power_button->isEnabled());
    window->actions().power_button->trigger();
    window->actions().reset->trigger();
    QTRY_VERIFY(confirm_button("reset_question") != nullptr);
    QTest::mouseClick(confirm_button("reset_question"), Qt::LeftButton);
    QTRY_COMPARE(engine.calls(), (Calls{"pause", "resume", "power_button", "reset"}));
    engine.end(api::StopReason::kGuestShutdown);
    QTRY_COMPARE(session("m")->phase(), Phase::kStopped);
    QVERIFY(window->actions().start->isEnabled());
    QCOMPARE(window->messages().count(), 0);
  }

  void an_engine_started_later_is_found_and_a_killed_one_is_told() {
    files->make_machine("m");
    open();
    QTRY_VERIFY(session("m") != nullptr);
    auto engine = std::make_unique<fakes::FakeEngine>(files->library.paths("m"));
    QTRY_COMPARE(session("m")->phase(), Phase::kRunning);
    engine->end();
    QTRY_COMPARE(session("m")->phase(), Phase::kStopped);
    QTRY_COMPARE(window->messages().count(), 1);
    QVERIFY(window->messages().last_text().contains("m"));
    engine = std::make_unique<fakes::FakeEngine>(files->library.paths("m"));
    QTRY_COMPARE(session("m")->phase(), Phase::kRunning);
  }

  void what_the_engine_refuses_is_shown_and_blocks_nothing() {
    files->make_machine("m");
    fakes::FakeEngine engine(files->library.paths("m"));
    engine.run([&] { engine.handler.failure = core::Error{core::ErrorCode::kInvalidState, "No pausing today", {}}; });
    open();
    QTRY_VERIFY(session("m") != nullptr && session("m")->phase() == Phase::kRunning);
    window->select("m");
    window->actions().pause->trigger();
    QTRY_VERIFY(window->messages().last_text().contains("No pausing today"));
    QVERIFY(QApplication::activeModalWidget() == nullptr);
  }

  void force_off_asks_first() {
    files->make_machine("m");
    fakes::FakeEngine engine(files->library.paths("m"));
    open();
    QTRY_VERIFY(session("m") != nullptr && session("m")->phase() == Phase::kRunning);
    window->select("m");
    window->actions().force_off->trigger();
    auto* question = window->findChild<QMessageBox*>("force_off_question");
    QVERIFY(question != nullptr);
    QTest::mouseClick(question->button(QMessageBox::Cancel), Qt::LeftButton);
    QVERIFY(engine.calls().empty());
    window->actions().force_off->trigger();
    QTRY_VERIFY(confirm_button("force_off_question") != nullptr);
    QTest::mouseClick(confirm_button("force_off_question"), Qt::LeftButton);
    QTRY_COMPARE(engine.calls(), Calls{"force_stop"});
  }

  void thumbnails_show_what_the_guest_shows() {
    files->make_machine("m");
    fakes::FakeEngine engine(files->library.paths("m"));
    engine.set_screen(2, {0xff0000, 0x00ff00, 0x0000ff, 0xffffff});
    open();
    QTRY_VERIFY(session("m") != nullptr && !session("m")->thumbnail().isNull());
    const QImage picture = session("m")->thumbnail();
    QCOMPARE(picture.size(), QSize(2, 2));
    QCOMPARE(picture.pixel(0, 0), qRgb(255, 0, 0));
    QCOMPARE(picture.pixel(1, 1), qRgb(255, 255, 255));
    engine.set_screen(1, {0x123456});
    QTRY_COMPARE_WITH_TIMEOUT(session("m")->thumbnail().size(), QSize(1, 1), 10000);
    // A large one is made small enough to keep.
    engine.set_screen(2048, std::vector<std::uint32_t>(2048 * 1024, 0xabcdef));
    QTRY_COMPARE_WITH_TIMEOUT(session("m")->thumbnail().size(), QSize(1024, 512), 10000);
  }

  void deleting_names_the_files_and_asks() {
    files->make_machine("m");
    open();
    QTRY_VERIFY(session("m") != nullptr);
    window->select("m");
    window->actions().remove->trigger();
    QTRY_VERIFY(confirm_button("delete_question") != nullptr);
    auto* question = window->findChild<QMessageBox*>("delete_question");
    QVERIFY(question->informativeText().contains("disk.raw"));
    QVERIFY(question->informativeText().contains("machine.json"));
    QVERIFY(files->library.find("m").ok());
    QTest::mouseClick(confirm_button("delete_question"), Qt::LeftButton);
    QTRY_VERIFY(!files->library.find("m").ok());
    QTRY_COMPARE(window->library().rowCount(), 0);
  }

  void the_details_tell_how_large_a_disk_is() {
    files->make_machine("m");
    open();
    QTRY_VERIFY(session("m") != nullptr);
    window->select("m");
    const auto* disks = window->findChild<QLabel*>("details_disks");
    QTRY_VERIFY(disks->text().startsWith("disk.raw · virtio · 1 GiB, "));
  }

  void renaming_keeps_the_machine_selected() {
    files->make_machine("old");
    files->make_machine("zebra");
    open();
    QTRY_COMPARE(window->library().rowCount(), 2);
    window->select("old");
    window->actions().rename->trigger();
    auto* dialog = window->findChild<QInputDialog*>("rename_dialog");
    QVERIFY(dialog != nullptr);
    dialog->setTextValue("zoo");
    dialog->accept();
    QTRY_COMPARE(window->library().names(), (QStringList{"zebra", "zoo"}));
    QTRY_COMPARE(window->list().currentIndex().data().toString(), QString("zoo"));
  }

  void a_cd_is_changed_in_the_running_machine_and_in_its_file() {
    files->make_machine("m");
    const std::string iso = files->make_file("new.iso");
    fakes::FakeEngine engine(files->library.paths("m"));
    open();
    QTRY_VERIFY(session("m") != nullptr && session("m")->phase() == Phase::kRunning);
    std::optional<core::Result<void>> outcome;
    session("m")->insert_media("cd0", iso, [&](core::Result<void> result) { outcome = std::move(result); });
    QTRY_VERIFY(outcome.has_value());
    QVERIFY(outcome->ok());
    QCOMPARE(engine.calls(), Calls{"insert cd0 " + iso});
  }

  void the_wizard_makes_a_machine_from_an_iso() {
    const std::string iso = files->make_file("my-linux.iso");
    open();
    desktop::NewMachineWizard* wizard = window->open_wizard();
    QTRY_VERIFY(wizard->isVisible());
    auto* next = wizard->button(QWizard::NextButton);
    QVERIFY(!next->isEnabled());
    auto* file = wizard->findChild<desktop::FilePicker*>("iso")->edit();
    QTest::keyClicks(file, "/nonexistent.iso");
    QTRY_VERIFY(visible_error(*wizard).contains("/nonexistent.iso"));
    QVERIFY(!next->isEnabled());
    file->clear();
    QTest::keyClicks(file, QString::fromStdString(iso));
    QTRY_VERIFY(next->isEnabled());
    QTest::mouseClick(next, Qt::LeftButton);
    auto* name = wizard->findChild<QLineEdit*>("name");
    QTRY_VERIFY(name->isVisible());
    QCOMPARE(name->text(), QString("my-linux"));
    name->setText("a/b");
    QVERIFY(!visible_error(*wizard).isEmpty());
    QVERIFY(!next->isEnabled());
    name->setText("penguin");
    wizard->findChild<desktop::AmountEdit*>("memory_mib")->set_value(512);
    QTest::mouseClick(next, Qt::LeftButton);
    auto* start = wizard->findChild<QCheckBox*>("start_now");
    QTRY_VERIFY(start->isVisible());
    start->setChecked(false);
    QTest::mouseClick(wizard->button(QWizard::FinishButton), Qt::LeftButton);
    QTRY_VERIFY(files->library.find("penguin").ok());
    const api::MachineConfig made = files->library.load("penguin").value();
    QCOMPARE(made.memory_mib, std::uint64_t{512});
    QCOMPARE(*made.cdroms.at(0).path, iso);
    QCOMPARE(made.disks.size(), std::size_t{1});
    QTRY_COMPARE(window->list().currentIndex().data().toString(), QString("penguin"));
  }

  void a_dropped_image_opens_the_wizard() {
    const std::string iso = files->make_file("dropped.iso");
    open();
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(QString::fromStdString(iso))});
    QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window.get(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window.get(), &drop);
    auto* wizard = window->findChild<desktop::NewMachineWizard*>();
    QVERIFY(wizard != nullptr);
    QTRY_VERIFY(wizard->button(QWizard::NextButton)->isEnabled());
    QCOMPARE(wizard->source_page().suggested_name(), QString("dropped"));
  }

  void the_wizard_refuses_a_taken_name() {
    files->make_machine("taken");
    open();
    QTRY_COMPARE(window->library().rowCount(), 1);
    desktop::NewMachineWizard* wizard = window->open_wizard();
    wizard->source_page().choose(desktop::MachineSource::kNothing);
    QTRY_VERIFY(wizard->button(QWizard::NextButton)->isEnabled());
    wizard->next();
    wizard->findChild<QLineEdit*>("name")->setText("taken");
    QVERIFY(!wizard->button(QWizard::NextButton)->isEnabled());
    QVERIFY(!visible_error(*wizard).isEmpty());
  }

  void the_log_grows_as_it_is_written() {
    files->make_machine("m");
    QDir().mkpath(QString::fromStdString(files->base.state));
    QFile log(QString::fromStdString(files->library.paths("m").log_file));
    QVERIFY(log.open(QIODevice::WriteOnly | QIODevice::Unbuffered));
    log.write("first line\n");
    open();
    auto* view = window->open_log("m")->findChild<desktop::LogView*>("engine_log");
    QTRY_VERIFY(view->toPlainText().contains("first line"));
    log.write("second line\n");
    QTRY_COMPARE(view->toPlainText().trimmed(), QString("first line\nsecond line"));
  }

  void host_checks_say_what_is_wrong_and_the_fix() {
    open();
    desktop::HostWindow* host = window->open_host();
    host->show_checks({{"kvm_device", "KVM device", api::CheckState::kFailed, "/dev/kvm is missing",
                        "Load KVM: sudo modprobe kvm-amd"},
                       {"memory", "Memory", api::CheckState::kOk, "1 MiB available of 2 MiB", {}}});
    QString text;
    for (const QLabel* label : host->findChildren<QLabel*>()) {
      text += label->text() + "\n";
    }
    QVERIFY(text.contains("sudo modprobe kvm-amd"));
    QVERIFY(text.contains("/dev/kvm is missing"));
  }

  void a_second_start_is_handed_over() {
    open();
    QVERIFY(api::prepare_runtime_directory(files->base.runtime).ok());
    const QString directory = QString::fromStdString(files->base.runtime);
    desktop::SingleInstance first(directory);
    first.listen();
    QSignalSpy asked(&first, &desktop::SingleInstance::asked);
    // The other one waits for an answer, so it needs a thread of its own.
    std::atomic<int> outcome = -1;
    auto* other = QThread::create([&] {
      desktop::SingleInstance second(directory);
      desktop::DesktopOptions options;
      options.machine = "m";
      outcome = second.handed_over(options) ? 1 : 0;
    });
    other->start();
    QTRY_COMPARE(outcome.load(), 1);
    other->wait();
    delete other;
    QCOMPARE(asked.count(), 1);
    QCOMPARE(asked.first().first().value<desktop::DesktopOptions>().machine, QString("m"));
  }

  void both_languages_are_complete() {
    for (const char* language : {"en", "zh_CN"}) {
      QTranslator translator;
      QVERIFY2(translator.load(QString(":/i18n/saffron_%1.qm").arg(language)), language);
    }
    QTranslator chinese;
    QVERIFY(chinese.load(":/i18n/saffron_zh_CN.qm"));
    QCoreApplication::installTranslator(&chinese);
    open();
    QString untranslated;
    for (const QAction* action : window->findChildren<QAction*>()) {
      const QString text = action->text();
      const bool has_chinese = std::any_of(text.begin(), text.end(), [](QChar c) { return c.unicode() >= 0x4e00; });
      if (!text.isEmpty() && !has_chinese) {
        untranslated += text + "; ";
      }
    }
    QCoreApplication::removeTranslator(&chinese);
    QCOMPARE(untranslated, QString());
  }

  void sentences_of_the_engine_are_translated() {
    QTranslator chinese;
    QVERIFY(chinese.load(":/i18n/saffron_zh_CN.qm"));
    QCoreApplication::installTranslator(&chinese);
    const QString text = desktop::engine_text("The machine wants 999 MiB of RAM, but this host has 64 MiB");
    QCoreApplication::removeTranslator(&chinese);
    QVERIFY(text.contains("999") && text.contains("64") && !text.contains("machine"));
    QCOMPARE(desktop::engine_text("Never heard of this"), QString("Never heard of this"));
  }

  void labels_lose_their_mnemonics() {
    QCOMPARE(desktop::plain_label("S&ettings…"), QString("Settings"));
    QCOMPARE(desktop::plain_label("设置(&E)…"), QString("设置"));
  }

  void words_for_shells_are_quoted() {
    QCOMPARE(desktop::shell_quoted("plain-1.iso"), QString("plain-1.iso"));
    QCOMPARE(desktop::shell_quoted("my machine"), QString("'my machine'"));
    QCOMPARE(desktop::shell_quoted("it's"), QString("'it'\\''s'"));
    QCOMPARE(desktop::shell_quoted(""), QString("''"));
  }

 private:
  void open() {
    window = std::make_unique<MainWindow>(files->library);
    window->show();
    QVERIFY(QTest::qWaitForWindowExposed(window.get()));
  }
  MachineSession* session(const char* name) { return window->library().find(name); }
  QStringList shown() {
    QStringList names;
    const QAbstractItemModel* model = window->list().model();
    for (int row = 0; row < model->rowCount(); ++row) {
      names += model->index(row, 0).data().toString();
    }
    return names;
  }
  QPushButton* confirm_button(const char* question) {
    for (QMessageBox* box : window->findChildren<QMessageBox*>(question)) {
      if (box->isVisible()) {
        return box->findChild<QPushButton*>("confirm");
      }
    }
    return nullptr;
  }
  static QString visible_error(const QWidget& form) {
    QString text;
    for (const QLabel* label : form.findChildren<QLabel*>("field_error")) {
      text += label->isVisible() ? label->text() : QString();
    }
    return text;
  }

  std::unique_ptr<desktop_test::TemporaryLibrary> files;
  std::unique_ptr<MainWindow> window;
};

int main(int argc, char* argv[]) {
  QStandardPaths::setTestModeEnabled(true);
  common::prepare_application("saffron-desktop-test");
  QApplication application(argc, argv);
  DesktopTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "desktop_test.moc"
