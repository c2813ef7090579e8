// SPDX-License-Identifier: Apache-2.0
// The library on disk, paths, and starting engines.
#include "engine/api/machine_library.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest/QtTest>

#include "engine/api/engine_launcher.h"

namespace saffron::api {

namespace {

constexpr HostLimits kPlenty{1 << 20, 64};

MachineConfig config_named(const std::string& name) {
  MachineConfig config;
  config.name = name;
  config.memory_mib = 64;
  config.cpus = 1;
  return config;
}

void write_file(const QString& path, const QByteArray& text, bool program = false) {
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(text);
  file.close();
  if (program) {
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
  }
}

}  // namespace

class MachineLibraryTest : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> root_;
  BasePaths base() const {
    const std::string root = root_->path().toStdString();
    return {root + "/machines", root + "/run", root + "/state"};
  }
  MachineLibrary library() const { return MachineLibrary(base()); }
  QString path(const QString& below) const { return root_->path() + "/" + below; }
  QStringList machines() const {
    return QDir(path("machines")).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
  }

 private slots:
  void init() { root_ = std::make_unique<QTemporaryDir>(); }

  void a_missing_library_is_empty() {
    const auto list = library().list();

    QVERIFY(list.ok());
    QVERIFY(list->empty());
  }

  void create_makes_a_complete_machine() {
    const auto created = library().create(config_named("demo"), {.new_disk_bytes = std::uint64_t{10} << 30}, kPlenty);

    QVERIFY2(created.ok(), created.ok() ? "" : created.error().message.c_str());
    const auto loaded = library().load("demo");
    QVERIFY(loaded.ok());
    QVERIFY(*loaded == *created);
    QCOMPARE(loaded->disks.size(), std::size_t{1});
    QVERIFY(!loaded->uuid.empty());
    struct stat disk {};
    QCOMPARE(stat(path("machines/demo/disk.raw").toStdString().c_str(), &disk), 0);
    QCOMPARE(disk.st_size, off_t{10} << 30);
    QVERIFY(disk.st_blocks < 1000);
    struct stat file {};
    QCOMPARE(stat(path("machines/demo/machine.json").toStdString().c_str(), &file), 0);
    QCOMPARE(file.st_mode & 0777, mode_t{0600});
    QCOMPARE(machines(), QStringList{"demo"});
  }

  void failed_create_leaves_nothing_data() {
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("subject");
    QTest::newRow("slash") << "slash"
                           << "name";
    QTest::newRow("memory") << "memory"
                            << "memory_mib";
    QTest::newRow("cpus") << "cpus"
                          << "cpus";
    QTest::newRow("missing iso") << "missing"
                                 << "cdroms[0].path";
    QTest::newRow("empty iso") << "empty"
                               << "cdroms[0].path";
    QTest::newRow("directory") << "directory"
                               << "cdroms[0].path";
    QTest::newRow("unreadable") << "fifo"
                                << "cdroms[0].path";
    QTest::newRow("disk too small") << "small"
                                    << "new_disk";
    QTest::newRow("disk too large") << "large"
                                    << "new_disk";
    QTest::newRow("odd disk") << "odd"
                              << "disks[0].path";
    QTest::newRow("no kernel") << "kernel"
                               << "boot.kernel";
  }
  void failed_create_leaves_nothing() {
    QFETCH(QString, what);
    QFETCH(QString, subject);
    write_file(path("empty.iso"), "");
    write_file(path("odd.raw"), "123");
    QDir().mkpath(path("directory.iso"));
    QCOMPARE(mkfifo(path("fifo.iso").toStdString().c_str(), 0600), 0);
    MachineConfig config = config_named(what == "slash" ? "a/b" : "demo");
    CreateOptions options;
    if (what == "memory") {
      config.memory_mib = kPlenty.memory_mib + 1;
    } else if (what == "cpus") {
      config.cpus = kPlenty.cpus + 1;
    } else if (what == "small" || what == "large") {
      options.new_disk_bytes = what == "small" ? 512 : kMaxDiskBytes + 512;
    } else if (what == "odd") {
      config.disks = {{"disk0", path("odd.raw").toStdString(), DiskBus::kVirtio, false, true, 1, ""}};
    } else if (what == "kernel") {
      config.boot.kernel = "/nonexistent/vmlinuz";
    } else if (what != "slash") {
      config.cdroms = {{"cd0", path(what + ".iso").toStdString()}};
    }

    const auto created = library().create(config, options, kPlenty);

    QVERIFY(!created.ok());
    QCOMPARE(QString::fromStdString(created.error().subject), subject);
    QCOMPARE(machines(), QStringList());
  }

  void a_taken_name_is_refused() {
    QVERIFY(library().create(config_named("demo"), {}, kPlenty).ok());

    const auto again = library().create(config_named("demo"), {}, kPlenty);

    QVERIFY(!again.ok());
    QVERIFY(again.error().code == core::ErrorCode::kAlreadyExists);
    QCOMPARE(machines(), QStringList{"demo"});
  }

  void broken_machines_are_rows_with_a_reason() {
    QVERIFY(library().create(config_named("good"), {}, kPlenty).ok());
    QDir().mkpath(path("machines/empty"));
    QDir().mkpath(path("machines/broken"));
    write_file(path("machines/broken/machine.json"), R"({"format":1,"name":"broken","memory_mib":"x"})");
    QDir().mkpath(path("machines/moved"));
    QFile::copy(path("machines/good/machine.json"), path("machines/moved/machine.json"));
    QDir().mkpath(path("machines/huge"));
    write_file(path("machines/huge/machine.json"), QByteArray(2 << 20, ' '));
    QDir().mkpath(path("machines/pipe"));
    QCOMPARE(mkfifo(path("machines/pipe/machine.json").toStdString().c_str(), 0600), 0);
    write_file(path("machines/a file"), "not a machine");

    const auto list = library().list();

    QVERIFY(list.ok());
    QCOMPARE(list->size(), std::size_t{6});
    for (const MachineEntry& entry : *list) {
      const bool good = entry.paths.name == "good";
      QCOMPARE(entry.config.has_value(), good);
      QCOMPARE(entry.problem.has_value(), !good);
      QVERIFY(good || !entry.problem->message.empty());
    }
    QVERIFY(library().find("nobody").error().code == core::ErrorCode::kNotFound);
    QVERIFY(!library().find("../machines").ok());
  }

  void update_is_atomic_and_checked() {
    QVERIFY(library().create(config_named("demo"), {}, kPlenty).ok());
    MachineConfig config = *library().load("demo");
    config.cpus = 2;
    QVERIFY(library().update(config, kPlenty).ok());
    MachineConfig wrong = config;
    wrong.disks = {{"Bad Id", "x", DiskBus::kVirtio, false, true, 1, ""}};

    QVERIFY(!library().update(wrong, kPlenty).ok());

    QVERIFY(*library().load("demo") == config);
    QCOMPARE(QDir(path("machines/demo")).entryList(QDir::Files | QDir::Hidden), QStringList{"machine.json"});
  }

  void rename_moves_everything_or_nothing() {
    QVERIFY(library().create(config_named("old"), {.new_disk_bytes = 1 << 20}, kPlenty).ok());
    QVERIFY(library().create(config_named("taken"), {}, kPlenty).ok());

    QVERIFY(library().rename("old", "taken").error().code == core::ErrorCode::kAlreadyExists);
    QVERIFY(!library().rename("old", "a/b").ok());
    QVERIFY(library().load("old").ok());
    QVERIFY(library().rename("old", "new").ok());

    QCOMPARE(library().load("new")->name, std::string("new"));
    QCOMPARE(machines(), (QStringList{"new", "taken"}));
    QVERIFY(QFile::exists(path("machines/new/disk.raw")));
  }

  void a_running_machine_cannot_be_removed() {
    QVERIFY(library().create(config_named("demo"), {}, kPlenty).ok());
    {
      const auto lock = MachineLock::acquire(library().paths("demo"));
      QVERIFY(lock.ok());
      QVERIFY(library().running("demo"));
      QVERIFY(MachineLock::acquire(library().paths("demo")).error().code == core::ErrorCode::kBusy);
      QVERIFY(library().remove("demo").error().code == core::ErrorCode::kBusy);
      QVERIFY(library().rename("demo", "other").error().code == core::ErrorCode::kBusy);
      QVERIFY(library().list()->front().running);
      BasePaths elsewhere = base();
      elsewhere.runtime = path("other-run").toStdString();  // As in a session of its own.
      const MachineLibrary other(elsewhere);
      QVERIFY(other.running("demo"));
      QVERIFY(other.remove("demo").error().code == core::ErrorCode::kBusy);
      QVERIFY(MachineLock::acquire(other.paths("demo")).error().code == core::ErrorCode::kBusy);
      QVERIFY(!QFile::exists(QString::fromStdString(other.paths("demo").runtime)));
    }

    QVERIFY(!library().running("demo"));
    QVERIFY(library().remove("demo").ok());
    QCOMPARE(machines(), QStringList());
    QVERIFY(library().remove("demo").error().code == core::ErrorCode::kNotFound);
  }

  void a_released_lock_leaves_nothing_and_a_left_one_is_taken_over() {
    const MachinePaths paths = library().paths("demo");
    {
      const auto lock = MachineLock::acquire(paths);
      QVERIFY(lock.ok());
      QVERIFY(QFile::exists(QString::fromStdString(paths.lock_file)));
    }
    QVERIFY(!QFile::exists(QString::fromStdString(paths.runtime)));

    QDir().mkpath(path("run/demo"));
    write_file(path("run/demo/lock"), "");
    write_file(path("run/demo/other"), "");
    {
      const auto lock = MachineLock::acquire(paths);
      QVERIFY(lock.ok());
      QVERIFY(MachineLock::is_held(paths));
    }
    QVERIFY(!MachineLock::is_held(paths));
    QVERIFY(QFile::exists(path("run/demo/other")));
  }

  void remove_follows_no_links() {
    QDir().mkpath(path("precious"));
    write_file(path("precious/file"), "x");
    QVERIFY(library().create(config_named("demo"), {}, kPlenty).ok());
    QVERIFY(QFile::link(path("precious"), path("machines/demo/link")));

    QVERIFY(library().remove("demo").ok());

    QVERIFY(QFile::exists(path("precious/file")));
  }

  void environment_decides_the_directories() {
    qputenv("SAFFRON_MACHINES", "/m/");
    qputenv("SAFFRON_RUNTIME", "");
    qputenv("XDG_RUNTIME_DIR", "relative");
    qputenv("XDG_STATE_HOME", "/s");
    qunsetenv("SAFFRON_STATE");

    const auto paths = BasePaths::from_environment();

    QVERIFY(paths.ok());
    QCOMPARE(paths->machines, std::string("/m"));
    QCOMPARE(paths->state, std::string("/s/saffron"));
    QVERIFY(paths->runtime.starts_with("/run/user/") || paths->runtime.starts_with("/tmp/saffron-"));
    qputenv("XDG_RUNTIME_DIR", "/r");
    QCOMPARE(BasePaths::from_environment()->runtime, std::string("/r/saffron"));
  }

  void runtime_directories_of_others_are_refused() {
    const std::string open = path("open").toStdString();
    QVERIFY(make_private_directory(open).ok());
    QCOMPARE(chmod(open.c_str(), 0777), 0);
    QVERIFY(prepare_runtime_directory(open).error().code == core::ErrorCode::kPermissionDenied);
    QCOMPARE(chmod(open.c_str(), 0755), 0);
    QVERIFY(prepare_runtime_directory(open).ok());
    struct stat info {};
    QCOMPARE(stat(open.c_str(), &info), 0);
    QCOMPARE(info.st_mode & 0777, mode_t{0700});
    QVERIFY(QFile::link(path("open"), path("link")));
    QVERIFY(!prepare_runtime_directory(path("link").toStdString()).ok());
    if (geteuid() == 0) {
      QCOMPARE(chown(open.c_str(), 12345, 12345), 0);
      QVERIFY(prepare_runtime_directory(open).error().code == core::ErrorCode::kPermissionDenied);
    }
  }

  void launch_reports_data() {
    QTest::addColumn<QByteArray>("script");
    QTest::addColumn<int>("code");  // -1: success.
    QTest::addColumn<QString>("message");
    QTest::newRow("success") << QByteArray("#!/bin/sh\necho '{\"ok\":true}' >&3\nexec 3>&-\n") << -1 << "";
    QTest::newRow("the engine's own error")
        << QByteArray(
               "#!/bin/sh\necho '{\"error\":{\"code\":\"permission_denied\",\"message\":\"No KVM\","
               "\"subject\":\"/dev/kvm\"}}' >&3\n")
        << static_cast<int>(core::ErrorCode::kPermissionDenied) << "No KVM";
    QTest::newRow("death with a last word") << QByteArray("#!/bin/sh\necho 'error engine: oh dear' >&2\nexit 1\n")
                                            << static_cast<int>(core::ErrorCode::kInternal) << "oh dear";
    QTest::newRow("nonsense") << QByteArray("#!/bin/sh\necho 'what' >&3\n")
                              << static_cast<int>(core::ErrorCode::kInternal) << "";
    QTest::newRow("not a program") << QByteArray("\x7f\x45garbage") << static_cast<int>(core::ErrorCode::kNotFound)
                                   << "Cannot run";
  }
  void launch_reports() {
    QFETCH(QByteArray, script);
    QFETCH(int, code);
    QFETCH(QString, message);
    write_file(path("engine"), script, true);
    const MachinePaths paths = library().paths("demo");

    auto launch = EngineLaunch::start(paths, {path("engine").toStdString(), {}});
    QVERIFY(launch.ok());
    const auto outcome = (*launch)->wait(30000);

    QCOMPARE(outcome.ok(), code < 0);
    if (!outcome.ok()) {
      QCOMPARE(static_cast<int>(outcome.error().code), code);
      QVERIFY2(outcome.error().message.find(message.toStdString()) != std::string::npos,
               outcome.error().message.c_str());
    }
  }

  void launched_engine_has_its_own_session_and_arguments() {
    // The session id is the sixth field of /proc/PID/stat; "sh" has no parenthesis or space in its name.
    write_file(path("engine"),
               "#!/bin/sh\nread -r pid comm state parent group session rest < /proc/$$/stat\n"
               "echo \"args: $*\"\necho \"session: $session\"\ncat\necho '{\"ok\":true}' >&3\n",
               true);
    const MachinePaths paths = library().paths("demo");

    auto launch = EngineLaunch::start(paths, {path("engine").toStdString(), {"--headless"}});
    QVERIFY(launch.ok());
    QVERIFY((*launch)->wait(30000).ok());

    const std::string log = log_tail(paths.log_file, 10000);
    QVERIFY2(log.find("args: --machine " + paths.directory + " --runtime " + paths.runtime +
                      " --status-fd 3 --headless\n") != std::string::npos,
             log.c_str());
    QVERIFY(log.find(fmt::format("session: {}\n", getsid(0))) == std::string::npos);
    QVERIFY(log.find("session: ") != std::string::npos);
  }

  void the_engines_side_of_the_status_line() {
    int ends[2] = {-1, -1};
    QCOMPARE(pipe(ends), 0);
    const core::UniqueFd reader(ends[0]);

    report_start_failure(ends[1], {core::ErrorCode::kBusy, "a \"quoted\"\nline", "x"});

    char buffer[200] = {};
    QVERIFY(read(reader.get(), buffer, sizeof(buffer) - 1) > 0);
    QCOMPARE(QByteArray(buffer),
             QByteArray("{\"error\":{\"code\":\"busy\",\"message\":\"a \\\"quoted\\\"\\nline\",\"subject\":\"x\"}}\n"));
    report_start_ok(-1);
  }
};

}  // namespace saffron::api

using saffron::api::MachineLibraryTest;
QTEST_APPLESS_MAIN(MachineLibraryTest)
#include "machine_library_test.moc"
