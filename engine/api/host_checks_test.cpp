// SPDX-License-Identifier: Apache-2.0
#include "engine/api/host_checks.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest/QtTest>
#include <cerrno>

namespace saffron::api {

class HostChecksTest : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> root_;
  HostProbe probe_;

  void put(const QString& path, const QByteArray& text = "x") {
    const QString full = root_->path() + path;
    QDir().mkpath(QFileInfo(full).path());
    QFile file(full);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
  }
  HostCheck check(const std::string& id) const {
    for (const HostCheck& found : run_host_checks(probe_)) {
      if (found.id == id) {
        return found;
      }
    }
    qFatal("no such check");
  }

 private slots:
  /// A host where all is well.
  void init() {
    root_ = std::make_unique<QTemporaryDir>();
    probe_ = {};
    probe_.root = root_->path().toStdString();
    probe_.runtime_directory = "/run/user/1000/saffron";
    probe_.engine_program = "/usr/bin/saffron-engine";
    probe_.open_read_write = [](const std::string&) { return 0; };
    probe_.io_uring_errno = [] { return 0; };
    put("/proc/cpuinfo", "processor : 0\nflags\t\t: fpu vmx sse2\n");
    put("/proc/meminfo", "MemTotal:       16000000 kB\nMemFree:  1 kB\nMemAvailable:    8000000 kB\n");
    put("/dev/kvm");
    put("/usr/share/seabios/bios-256k.bin");
    put("/usr/share/seabios/vgabios-stdvga.bin");
    put("/usr/bin/passt");
    put("/usr/lib/x86_64-linux-gnu/libspice-server.so.1");
    put("/sys/module/kvm_intel/parameters/nested", "Y\n");
  }

  void a_good_host_has_no_complaints() {
    for (const HostCheck& found : run_host_checks(probe_)) {
      QVERIFY2(found.state == CheckState::kOk, found.id.c_str());
      QVERIFY2(found.fix.empty(), found.id.c_str());
      QVERIFY2(!found.detail.empty(), found.id.c_str());
    }
    QVERIFY(kvm_problem(probe_).empty());
  }

  void problems_come_with_a_fix_data() {
    QTest::addColumn<QString>("spoil");
    QTest::addColumn<QString>("id");
    QTest::addColumn<int>("state");
    const int warning = static_cast<int>(CheckState::kWarning);
    const int failed = static_cast<int>(CheckState::kFailed);
    QTest::newRow("no flags") << "/proc/cpuinfo"
                              << "cpu_virtualization" << failed;
    QTest::newRow("no /dev/kvm") << "/dev/kvm"
                                 << "kvm_device" << failed;
    QTest::newRow("no firmware") << "/usr/share/seabios/bios-256k.bin"
                                 << "firmware" << failed;
    QTest::newRow("no video firmware") << "/usr/share/seabios/vgabios-stdvga.bin"
                                       << "firmware" << failed;
    QTest::newRow("no passt") << "/usr/bin/passt"
                              << "passt" << warning;
    QTest::newRow("no spice") << "/usr/lib/x86_64-linux-gnu/libspice-server.so.1"
                              << "spice_server" << failed;
    QTest::newRow("no memory") << "/proc/meminfo"
                               << "memory" << warning;
  }
  void problems_come_with_a_fix() {
    QFETCH(QString, spoil);
    QFETCH(QString, id);
    QFETCH(int, state);
    QVERIFY(QFile::remove(root_->path() + spoil));
    const std::string wanted = id == "passt" ? "passt" : id.toStdString();

    const HostCheck found = check(wanted);

    QCOMPARE(static_cast<int>(found.state), state);
    QVERIFY(!found.fix.empty());
  }

  void permission_names_the_group() {
    probe_.open_read_write = [](const std::string&) { return EACCES; };

    QVERIFY(check("kvm_device").fix.find("group kvm") != std::string::npos);
    QVERIFY(!kvm_problem(probe_).empty());
  }

  void kvm_pvm_is_told_apart() {
    put("/proc/cpuinfo", "flags : fpu hypervisor\n");
    put("/sys/module/kvm_pvm/refcnt", "0\n");

    QVERIFY(check("cpu_virtualization").detail.find("cannot run ordinary guests at speed") != std::string::npos);
    QVERIFY(kvm_problem(probe_).find("kvm_pvm") != std::string::npos);
  }

  void io_uring_is_optional() {
    probe_.io_uring_errno = [] { return EPERM; };

    QVERIFY(check("io_uring").state == CheckState::kWarning);
  }
};

}  // namespace saffron::api

using saffron::api::HostChecksTest;
QTEST_APPLESS_MAIN(HostChecksTest)
#include "host_checks_test.moc"
