// SPDX-License-Identifier: Apache-2.0
// The settings of a machine: what is edited stands in machine.json, and what is wrong stands beside its field.
#include <QtTest/QtTest>
#include <QtWidgets/QApplication>
#include <QtWidgets/QComboBox>
#include <QtWidgets/QInputDialog>
#include <QtWidgets/QTableWidget>

#include "app/common/application.h"
#include "app/desktop/main_window.h"
#include "app/desktop/settings_dialog.h"
#include "app/desktop/settings_page_devices.h"
#include "engine/api/config_fields.h"
#include "tests/fakes/fake_engine.h"
#include "tests/gui/desktop_fixture.h"

using namespace saffron;
using desktop::SettingsDialog;

class SettingsTest : public QObject {
  Q_OBJECT
 private slots:
  void init() {
    QSettings().clear();
    files = std::make_unique<desktop_test::TemporaryLibrary>();
    files->make_machine("m");
    model = std::make_unique<desktop::LibraryModel>(files->library);
    QTRY_VERIFY(model->find("m") != nullptr);
    dialog = std::make_unique<SettingsDialog>(*model, model->find("m"));
    dialog->show();
    QVERIFY(QTest::qWaitForWindowExposed(dialog.get()));
  }
  void cleanup() {
    dialog.reset();
    model.reset();
    files.reset();
  }

  void nothing_changes_by_looking() {
    QVERIFY(dialog->draft() == files->library.load("m").value());
    for (int page = 0; page < dialog->page_count(); ++page) {
      dialog->show_page(page);
    }
    dialog->accept();
    QTRY_VERIFY(!dialog->isVisible());
    QVERIFY(files->library.load("m").value() == model->find("m")->config());
  }

  void every_setting_reaches_the_file() {
    field<desktop::AmountEdit>("memory_mib")->set_value(384);
    field<QComboBox>("panic_action")->setCurrentIndex(static_cast<int>(api::PanicAction::kReset));
    field<QCheckBox>("rng")->setChecked(false);
    field<QCheckBox>("boot.menu")->setChecked(true);
    field<QCheckBox>("display.spice.tcp")->setChecked(true);
    field<QSpinBox>("display.spice.tcp.port")->setValue(5999);
    field<QLineEdit>("display.spice.ticket")->setText("sesame");
    field<QComboBox>("display.video_memory_mib")->setCurrentIndex(6);
    field<QComboBox>("input.keyboard")->setCurrentIndex(1);
    field<QCheckBox>("input.tablet")->setChecked(false);
    field<QCheckBox>("serial.log")->setChecked(false);
    field<QCheckBox>("networks")->setChecked(true);
    field<QLineEdit>("networks[].mac")->setText("52:54:00:00:00:01");
    dialog->accept();
    QTRY_VERIFY(!dialog->isVisible());
    const api::MachineConfig saved = files->library.load("m").value();
    QCOMPARE(saved.memory_mib, std::uint64_t{384});
    QCOMPARE(saved.panic_action, api::PanicAction::kReset);
    QCOMPARE(saved.rng, false);
    QCOMPARE(saved.boot.menu, true);
    QCOMPARE(saved.display.spice.tcp->port, 5999u);
    QCOMPARE(saved.display.spice.ticket.value(), std::string("sesame"));
    QCOMPARE(saved.display.video_memory_mib, 64u);
    QCOMPARE(saved.input.keyboard, api::KeyboardKind::kVirtio);
    QCOMPARE(saved.input.tablet, false);
    QCOMPARE(saved.serial.log, false);
    QCOMPARE(saved.networks.at(0).mac.value(), std::string("52:54:00:00:00:01"));
  }

  void what_is_wrong_stands_beside_the_field_and_is_not_saved() {
    field<QCheckBox>("networks")->setChecked(true);
    field<QLineEdit>("networks[].mac")->setText("nonsense");
    QTRY_VERIFY(!page<desktop::NetworkPage>()->form().error_at("networks[].mac").isEmpty());
    const api::MachineConfig before = files->library.load("m").value();
    dialog->accept();
    QTRY_VERIFY(page<desktop::NetworkPage>()->isVisible());
    QVERIFY(dialog->isVisible());
    QVERIFY(files->library.load("m").value() == before);
    field<QLineEdit>("networks[].mac")->clear();
    QTRY_VERIFY(page<desktop::NetworkPage>()->form().error_at("networks[].mac").isEmpty());
  }

  void a_missing_kernel_is_found() {
    field<desktop::FilePicker>("boot.kernel")->set_path("/nonexistent/vmlinuz");
    QTRY_VERIFY(page<desktop::BootPage>()->form().error_at("boot.kernel").contains("/nonexistent/vmlinuz"));
  }

  void a_network_ticket_is_demanded_where_it_must_be() {
    field<QCheckBox>("display.spice.tcp")->setChecked(true);
    field<QLineEdit>("display.spice.tcp.address")->setText("0.0.0.0");
    QTRY_VERIFY(!page<desktop::DisplayPage>()->form().error_at("display.spice.ticket").isEmpty());
  }

  void disks_show_their_size() {
    const auto size_at = [this](int row) {
      return page<desktop::StoragePage>()->findChild<QTreeWidget*>("disk_list")->topLevelItem(row)->text(3);
    };
    make_disk();
    QTRY_COMPARE(dialog->draft().disks.size(), std::size_t{2});
    QTRY_VERIFY(size_at(1).startsWith("1 GiB, "));
    dialog.reset();
    const api::DiskConfig disk = files->library.load("m").value().disks.at(0);
    QVERIFY(QFile::remove(QString::fromStdString(api::resolve_path(files->library.paths("m").directory, disk.path))));
    dialog = std::make_unique<SettingsDialog>(*model, model->find("m"));
    QTRY_COMPARE(size_at(0), QString("missing"));
  }

  void disks_made_here_belong_to_the_machine_only_if_saved() {
    const QString folder = QString::fromStdString(files->library.paths("m").directory);
    make_disk();
    QTRY_VERIFY(QFile::exists(folder + "/disk2.raw"));
    QTRY_COMPARE(dialog->draft().disks.size(), std::size_t{2});
    dialog->reject();
    dialog.reset();
    QVERIFY(!QFile::exists(folder + "/disk2.raw"));
    dialog = std::make_unique<SettingsDialog>(*model, model->find("m"));
    dialog->show();
    make_disk();
    QTRY_COMPARE(dialog->draft().disks.size(), std::size_t{2});
    dialog->accept();
    QTRY_VERIFY(!dialog->isVisible());
    dialog.reset();
    QVERIFY(QFile::exists(folder + "/disk2.raw"));
    QCOMPARE(files->library.load("m").value().disks.size(), std::size_t{2});
  }

  void renaming_moves_the_machine() {
    QSignalSpy renamed(dialog.get(), &SettingsDialog::renamed);
    field<QLineEdit>("name")->setText("other");
    dialog->accept();
    QTRY_VERIFY(!dialog->isVisible());
    QVERIFY(files->library.find("other").ok());
    QVERIFY(!files->library.find("m").ok());
    QCOMPARE(renamed.count(), 1);
  }

  void changes_from_elsewhere_are_not_overwritten() {
    api::MachineConfig elsewhere = files->library.load("m").value();
    elsewhere.memory_mib = 192;
    QVERIFY(files->library.update(elsewhere, api::host_limits()).ok());
    field<desktop::AmountEdit>("memory_mib")->set_value(384);
    dialog->accept();
    auto* problem = dialog->findChild<QLabel*>("settings_problem");
    QTRY_VERIFY(problem->isVisible());
    QCOMPARE(files->library.load("m").value().memory_mib, std::uint64_t{192});
  }

  void a_running_machine_gets_its_cd_at_once() {
    const std::string iso = files->make_file("drivers.iso");
    fakes::FakeEngine engine(files->library.paths("m"));
    QTRY_COMPARE(model->find("m")->phase(), desktop::Phase::kRunning);
    QVERIFY(!field<QLineEdit>("name")->isEnabled());
    api::MachineConfig wanted = dialog->draft();
    wanted.cdroms.at(0).path = iso;
    page<desktop::StoragePage>()->load(wanted);
    dialog->accept();
    QTRY_VERIFY(!dialog->isVisible());
    QTRY_COMPARE(engine.calls(), std::vector<std::string>{"insert cd0 " + iso});
    QCOMPARE(files->library.load("m").value().cdroms.at(0).path.value(), iso);
  }

  void the_command_does_the_same_as_the_dialog() {
    api::MachineConfig from = files->library.load("m").value();
    api::MachineConfig to = from;
    to.memory_mib = 384;
    to.boot.menu = true;
    to.display.spice.tcp = api::SpiceTcpConfig{"127.0.0.1", 6001};
    const QString command = desktop::set_command(from, to);
    QVERIFY(command.startsWith("saffronctl set m "));
    for (const QString& word : command.split(' ').mid(3)) {
      const qsizetype sign = word.indexOf('=');
      const auto set = api::set_config_field(from, word.left(sign).toStdString(), word.mid(sign + 1).toStdString());
      QVERIFY2(set.ok(), qPrintable(word));
    }
    QVERIFY(from == to);
    QCOMPARE(desktop::set_command(to, to), QString());
  }

 private:
  template <typename T>
  T* field(const char* path) {
    T* found = dialog->findChild<T*>(path);
    if (found == nullptr) {
      qFatal("no editor for %s", path);
    }
    return found;
  }
  template <typename T>
  T* page() {
    return dialog->findChild<T*>();
  }
  void make_disk() {
    for (auto* button : page<desktop::StoragePage>()->findChildren<QPushButton*>()) {
      if (button->text().contains("New")) {
        button->click();
        break;
      }
    }
    auto* size = dialog->findChild<QInputDialog*>("new_disk_dialog");
    QVERIFY(size != nullptr);
    size->setIntValue(1);
    size->accept();
  }

  std::unique_ptr<desktop_test::TemporaryLibrary> files;
  std::unique_ptr<desktop::LibraryModel> model;
  std::unique_ptr<SettingsDialog> dialog;
};

int main(int argc, char* argv[]) {
  QStandardPaths::setTestModeEnabled(true);
  common::prepare_application("saffron-settings-test");
  QApplication application(argc, argv);
  SettingsTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "settings_test.moc"
