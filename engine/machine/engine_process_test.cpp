// SPDX-License-Identifier: Apache-2.0
// The program saffron-engine, as its users see it: exit status, sockets, signals, locks, and what is left behind.
#include <QtTest/QtTest>

#include <linux/input-event-codes.h>
#include <signal.h>
#include <unistd.h>

#include "engine/api/control_client.h"
#include "engine/api/engine_launcher.h"
#include "engine/api/machine_config.h"
#include "engine/api/paths.h"
#include "engine/kvm/system.h"
#include "tests/fakes/kernel_images.h"

using namespace saffron;

namespace {

constexpr int kPatienceMs = 60000;

/// A machine's folder, and engines that run it.
struct Bench {
  Bench() {
    config.name = "bench";
    config.uuid = "00112233-4455-6677-8899-aabbccddeeff";
    config.memory_mib = 64;
    config.cpus = 1;
    config.display.device = api::DisplayDevice::kNone;
    fakes::BzImage kernel;
    kernel.xloadflags = 0;
    kernel.payload[0] = 0xeb;  // jmp .
    kernel.payload[1] = 0xfe;
    fakes::write_file(path("kernel"), kernel.bytes());
    config.boot.kernel = "kernel";
    environment = QProcessEnvironment::systemEnvironment();
    environment.insert("SAFFRON_STATE", folder.filePath("state"));
    environment.insert("SAFFRON_RUNTIME", folder.filePath("run"));
    environment.remove("SAFFRON_LOG");
  }
  std::string path(const char* name) const { return folder.filePath(name).toStdString(); }
  void write_config() const {
    const std::string text = api::serialize_machine_config(config);
    fakes::write_file(path("machine.json"), fakes::FileBytes(text.begin(), text.end()));
  }
  std::unique_ptr<QProcess> start(QStringList arguments) const {
    auto process = std::make_unique<QProcess>();
    process->setProcessEnvironment(environment);
    process->setProcessChannelMode(QProcess::MergedChannels);
    process->start(SAFFRON_ENGINE, arguments);
    return process;
  }
  /// An engine that runs the machine, up to where it answers; null (with a failed test) if it does not.
  std::unique_ptr<QProcess> run() {
    write_config();
    auto process = start({"--machine", folder.path(), "--runtime", folder.filePath("run")});
    for (QDeadlineTimer patience(kPatienceMs); !patience.hasExpired() && process->state() != QProcess::NotRunning;) {
      auto connected = api::ControlClient::connect(path("run/control.sock"), "test");
      if (connected.ok()) {
        client = std::move(connected).value();
        if (client->call_blocking<api::method::Status>({}, kPatienceMs).ok()) {
          return process;
        }
      }
      process->waitForFinished(20);
    }
    process->waitForFinished(1000);
    QTest::qFail(process->readAll().constData(), __FILE__, __LINE__);
    return nullptr;
  }
  bool exists(const char* name) const { return QFileInfo::exists(folder.filePath(name)); }

  QTemporaryDir folder;
  api::MachineConfig config;
  QProcessEnvironment environment;
  std::unique_ptr<api::ControlClient> client;
};

struct Outcome {
  int status = -1;
  QByteArray output;
};
Outcome finish(QProcess& process) {
  if (!process.waitForFinished(kPatienceMs) || process.exitStatus() != QProcess::NormalExit) {
    return {-1, process.readAll()};
  }
  return {process.exitCode(), process.readAll()};
}

/// Processes whose parent is `pid`.
std::vector<qint64> children_of(qint64 pid) {
  std::vector<qint64> found;
  for (const QString& entry : QDir("/proc").entryList(QDir::Dirs)) {
    QFile file("/proc/" + entry + "/stat");
    if (entry.toLongLong() > 0 && file.open(QFile::ReadOnly)) {
      const QByteArray text = file.readAll();  // "pid (name) state parent ..."; a name may hold anything.
      if (text.mid(text.lastIndexOf(')') + 2).split(' ').value(1).toLongLong() == pid) {
        found.push_back(entry.toLongLong());
      }
    }
  }
  return found;
}

bool is_alive(qint64 pid) {
  QFile file(QString("/proc/%1/stat").arg(pid));
  if (!file.open(QFile::ReadOnly)) {
    return false;
  }
  const QByteArray text = file.readAll();
  return !text.mid(text.lastIndexOf(')') + 2).startsWith('Z');
}

/// Looks until `condition` holds; false after a minute.
bool wait_for(const std::function<bool()>& condition) {
  for (QDeadlineTimer patience(kPatienceMs); !condition();) {
    if (patience.hasExpired()) {
      return false;
    }
    QTest::qSleep(20);
  }
  return true;
}

}  // namespace

class EngineProcessTest : public QObject {
  Q_OBJECT
 private slots:
  void wrong_usage_is_2_with_a_message_data();
  void wrong_usage_is_2_with_a_message();
  void help_and_version_are_0();
  void a_bad_machine_is_1_with_a_message_data();
  void a_bad_machine_is_1_with_a_message();
  void the_control_socket_commands_the_machine();
  void screen_and_input_answer();
  void events_come_in_order();
  void a_signal_ends_in_order_data();
  void a_signal_ends_in_order();
  void a_second_engine_finds_the_machine_busy();
  void a_killed_engine_is_replaced();
  void the_engine_has_given_up_its_rights();
  void the_networks_process_has_nothing_of_the_engines_data();
  void the_networks_process_has_nothing_of_the_engines();
  void the_launcher_learns_what_happened();
};

#define NEEDS_KVM()                          \
  do {                                       \
    const auto system = kvm::System::open(); \
    if (!system.ok()) {                      \
      QSKIP(system.error().message.c_str()); \
    }                                        \
  } while (false)

void EngineProcessTest::wrong_usage_is_2_with_a_message_data() {
  QTest::addColumn<QStringList>("arguments");
  QTest::newRow("nothing") << QStringList();
  QTest::newRow("an unknown option") << QStringList{"--machine", "/tmp", "--colour"};
  QTest::newRow("an option without its value") << QStringList{"--machine"};
  QTest::newRow("one word too many") << QStringList{"--machine", "/tmp", "again"};
  QTest::newRow("a descriptor that is a word") << QStringList{"--machine", "/tmp", "--status-fd", "three"};
  QTest::newRow("a descriptor below 0") << QStringList{"--machine", "/tmp", "--status-fd", "-4"};
}

void EngineProcessTest::wrong_usage_is_2_with_a_message() {
  QFETCH(QStringList, arguments);

  const Outcome outcome = finish(*Bench().start(arguments));

  QCOMPARE(outcome.status, 2);
  QVERIFY2(outcome.output.contains("saffron-engine"), outcome.output);
}

void EngineProcessTest::help_and_version_are_0() {
  const Bench bench;

  const Outcome help = finish(*bench.start({"--help"}));
  const Outcome version = finish(*bench.start({"--version"}));

  QCOMPARE(help.status, 0);
  QVERIFY(help.output.startsWith("Usage: saffron-engine"));
  QCOMPARE(version.status, 0);
  QVERIFY(version.output.startsWith("saffron-engine "));
}

void EngineProcessTest::a_bad_machine_is_1_with_a_message_data() {
  QTest::addColumn<QByteArray>("file");
  QTest::addColumn<QByteArray>("says");
  QTest::newRow("no file") << QByteArray() << QByteArray("machine.json");
  QTest::newRow("no JSON") << QByteArray("{") << QByteArray("machine.json");
  QTest::newRow("an unknown field") << QByteArray(R"({"format":1,"name":"bench",
      "uuid":"00112233-4455-6677-8899-aabbccddeeff","memory_mib":64,"cpus":1,"turbo":true})")
                                    << QByteArray("turbo");
  QTest::newRow("more memory than the host has") << QByteArray(R"({"format":1,"name":"bench",
      "uuid":"00112233-4455-6677-8899-aabbccddeeff","memory_mib":16777216,"cpus":1})")
                                                 << QByteArray("memory_mib");
}

void EngineProcessTest::a_bad_machine_is_1_with_a_message() {
  QFETCH(QByteArray, file);
  QFETCH(QByteArray, says);
  const Bench bench;
  if (!file.isEmpty()) {
    fakes::write_file(bench.path("machine.json"), fakes::FileBytes(file.begin(), file.end()));
  }

  const Outcome outcome =
      finish(*bench.start({"--machine", bench.folder.path(), "--runtime", bench.folder.filePath("run")}));

  QCOMPARE(outcome.status, 1);
  QVERIFY2(outcome.output.contains("error engine: ") && outcome.output.contains(says), outcome.output);
  QVERIFY(!bench.exists("run/control.sock"));
  QVERIFY(!bench.exists("run/serial.sock"));
}

void EngineProcessTest::the_control_socket_commands_the_machine() {
  NEEDS_KVM();
  Bench bench;
  bench.config.cdroms.push_back({"cd0", std::nullopt});
  const auto engine = bench.run();
  QVERIFY(engine != nullptr);
  api::ControlClient& client = *bench.client;
  const auto status = [&] { return client.call_blocking<api::method::Status>({}, kPatienceMs).value(); };

  QCOMPARE(status().name, std::string("bench"));
  QCOMPARE(qint64{status().pid}, engine->processId());
  QVERIFY(status().state == api::MachineState::kRunning);
  QVERIFY(client.call_blocking<api::method::Pause>({}, kPatienceMs).ok());
  QVERIFY(status().state == api::MachineState::kPaused);
  QCOMPARE(client.call_blocking<api::method::PowerButton>({}, kPatienceMs).error().code,
           core::ErrorCode::kInvalidState);
  QVERIFY(client.call_blocking<api::method::Resume>({}, kPatienceMs).ok());
  QVERIFY(client.call_blocking<api::method::Reset>({}, kPatienceMs).ok());
  QCOMPARE(client.screenshot_blocking(kPatienceMs).error().code, core::ErrorCode::kInvalidState);
  fakes::write_file(bench.path("a.iso"), fakes::FileBytes(4096));
  QVERIFY(client.call_blocking<api::method::MediaInsert>({"cd0", bench.path("a.iso")}, kPatienceMs).ok());
  QCOMPARE(status().media.at(0).path.value_or(""), bench.path("a.iso"));
  QCOMPARE(client.call_blocking<api::method::MediaInsert>({"cd9", bench.path("a.iso")}, kPatienceMs).error().code,
           core::ErrorCode::kNotFound);
  QCOMPARE(client.call_blocking<api::method::SerialQuery>({}, kPatienceMs)->socket_path, bench.path("run/serial.sock"));
  QVERIFY(client.call_blocking<api::method::Metrics>({}, kPatienceMs)->counters.count("engine.cpu_us") == 1);
  QVERIFY(client.call_blocking<api::method::Stop>({true}, kPatienceMs).ok());

  QCOMPARE(finish(*engine).status, 0);
  QVERIFY(!bench.exists("run/control.sock"));
}

void EngineProcessTest::screen_and_input_answer() {
  NEEDS_KVM();
  if (!QFileInfo::exists("/usr/share/seabios/bios-256k.bin")) {
    QSKIP("SeaBIOS (package seabios) is not installed");
  }
  Bench bench;
  bench.config.boot.kernel.reset();  // Firmware turns the screen on.
  bench.config.display.device = api::DisplayDevice::kVga;
  const auto engine = bench.run();
  QVERIFY(engine != nullptr);
  api::ControlClient& client = *bench.client;

  auto picture = client.screenshot_blocking(kPatienceMs);
  QVERIFY(wait_for([&] {
    if (!picture.ok()) {
      picture = client.screenshot_blocking(kPatienceMs);
    }
    return picture.ok();
  }));
  QVERIFY(picture->first.width > 0 && picture->first.stride >= picture->first.width * 4);
  QCOMPARE(::lseek(picture->second.get(), 0, SEEK_END), off_t{picture->first.stride} * picture->first.height);
  api::KeysRequest keys;
  keys.keys = {{KEY_A, true}, {KEY_A, false}};
  QVERIFY(client.call_blocking<api::method::InputKeys>(keys, kPatienceMs).ok());
  api::PointerRequest pointer;
  pointer.dx = 5;
  pointer.buttons = {{api::PointerButtonName::kLeft, true}, {api::PointerButtonName::kLeft, false}};
  QVERIFY(client.call_blocking<api::method::InputPointer>(pointer, kPatienceMs).ok());
  // The guest has no driver for the tablet.
  pointer.x = pointer.y = 100;
  QCOMPARE(client.call_blocking<api::method::InputPointer>(pointer, kPatienceMs).error().code,
           core::ErrorCode::kInvalidState);
  const auto spice = client.call_blocking<api::method::SpiceQuery>({}, kPatienceMs);
  QVERIFY(spice.ok());
  QCOMPARE(spice->unix_path, bench.path("run/spice.sock"));
  QVERIFY(!spice->uris.empty() && !spice->ticket_required);

  engine->terminate();
  QCOMPARE(finish(*engine).status, 0);
}

void EngineProcessTest::events_come_in_order() {
  NEEDS_KVM();
  Bench bench;
  const auto engine = bench.run();
  QVERIFY(engine != nullptr);
  std::vector<std::string> names;
  std::vector<std::uint64_t> numbers;
  bench.client->set_event_listener([&](const api::Event& event) {
    names.emplace_back(api::event_name(event.body));
    numbers.push_back(event.sequence);
  });
  const auto snapshot = bench.client->call_blocking<api::method::Subscribe>({}, kPatienceMs);
  QVERIFY(snapshot.ok());

  QVERIFY(bench.client->call_blocking<api::method::Pause>({}, kPatienceMs).ok());
  QVERIFY(bench.client->call_blocking<api::method::Resume>({}, kPatienceMs).ok());
  QVERIFY(bench.client->call_blocking<api::method::Stop>({true}, kPatienceMs).ok());
  while (bench.client->connected() && bench.client->process_blocking(kPatienceMs).ok()) {
  }

  QCOMPARE(finish(*engine).status, 0);
  QCOMPARE(names,
           (std::vector<std::string>{"state_changed", "state_changed", "state_changed", "state_changed", "stopped"}));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    QCOMPARE(numbers[i], snapshot->sequence + 1 + i);
  }
}

void EngineProcessTest::a_signal_ends_in_order_data() {
  QTest::addColumn<int>("number");
  QTest::newRow("SIGTERM") << SIGTERM;
  QTest::newRow("SIGINT") << SIGINT;
  QTest::newRow("SIGHUP") << SIGHUP;
}

void EngineProcessTest::a_signal_ends_in_order() {
  QFETCH(int, number);
  NEEDS_KVM();
  Bench bench;
  const auto engine = bench.run();
  QVERIFY(engine != nullptr);
  QVERIFY(bench.exists("run/control.sock") && bench.exists("run/serial.sock"));

  ::kill(static_cast<pid_t>(engine->processId()), number);
  ::kill(static_cast<pid_t>(engine->processId()), number);  // An impatient user.
  const Outcome outcome = finish(*engine);

  QVERIFY2(outcome.status == 0, outcome.output);
  for (const char* socket : {"run/control.sock", "run/serial.sock", "run/spice.sock"}) {
    QVERIFY2(!bench.exists(socket), socket);
  }
}

void EngineProcessTest::a_second_engine_finds_the_machine_busy() {
  NEEDS_KVM();
  Bench bench;
  const auto engine = bench.run();
  QVERIFY(engine != nullptr);

  const Outcome second =
      finish(*bench.start({"--machine", bench.folder.path(), "--runtime", bench.folder.filePath("run")}));

  QCOMPARE(second.status, 1);
  QVERIFY2(second.output.contains("busy"), second.output);
  QVERIFY(bench.client->call_blocking<api::method::Status>({}, kPatienceMs).ok());  // The first did not notice.
  QVERIFY(bench.exists("run/control.sock") && bench.exists("run/serial.sock"));
  engine->terminate();
  QCOMPARE(finish(*engine).status, 0);
}

void EngineProcessTest::a_killed_engine_is_replaced() {
  NEEDS_KVM();
  Bench bench;
  bench.config.display.device = api::DisplayDevice::kVga;
  bench.config.disks.resize(1);
  bench.config.disks[0].id = "disk0";
  bench.config.disks[0].path = "disk";
  fakes::write_file(bench.path("disk"), fakes::FileBytes(1 << 20));
  auto engine = bench.run();
  QVERIFY(engine != nullptr);

  engine->kill();
  QVERIFY(engine->waitForFinished(kPatienceMs));
  QVERIFY(bench.exists("run/control.sock") && bench.exists("run/spice.sock"));  // It could not clean up.
  const auto next = bench.run();

  QVERIFY(next != nullptr);  // Neither the old sockets nor the locks are in the way.
  QVERIFY(bench.client->call_blocking<api::method::Status>({}, kPatienceMs)->state == api::MachineState::kRunning);
  next->terminate();
  QCOMPARE(finish(*next).status, 0);
}

void EngineProcessTest::the_engine_has_given_up_its_rights() {
  NEEDS_KVM();
  Bench bench;
  const auto engine = bench.run();
  QVERIFY(engine != nullptr);

  QFile status(QString("/proc/%1/status").arg(engine->processId()));
  QVERIFY(status.open(QFile::ReadOnly));
  const QByteArray text = status.readAll();

  QVERIFY2(text.contains("CapEff:\t0000000000000000"), text);
  QVERIFY2(text.contains("NoNewPrivs:\t1"), text);
  QVERIFY(children_of(engine->processId()).empty());  // No network: no passt.
  engine->terminate();
  QCOMPARE(finish(*engine).status, 0);
}

void EngineProcessTest::the_networks_process_has_nothing_of_the_engines_data() {
  QTest::addColumn<int>("number");
  QTest::newRow("SIGTERM") << SIGTERM;
  QTest::newRow("SIGKILL") << SIGKILL;
}

void EngineProcessTest::the_networks_process_has_nothing_of_the_engines() {
  QFETCH(int, number);
  NEEDS_KVM();
  if (QStandardPaths::findExecutable("passt").isEmpty()) {
    QSKIP("passt is not installed");
  }
  Bench bench;
  bench.config.networks.emplace_back().id = "net0";
  const auto engine = bench.run();
  QVERIFY(engine != nullptr);
  const qint64 pid = engine->processId();
  QVERIFY(wait_for([&] { return !children_of(pid).empty(); }));
  const qint64 passt = children_of(pid).front();

  // Neither guest memory nor /dev/kvm nor our sockets' listeners reach it.
  const auto descriptors = QDir(QString("/proc/%1/fd").arg(passt)).entryInfoList(QDir::System | QDir::Files);
  QVERIFY(!descriptors.isEmpty());
  for (const QFileInfo& entry : descriptors) {
    const QString target = entry.symLinkTarget();
    QVERIFY2(!target.contains("memfd") && !target.contains("kvm") && !target.contains("lock"), target.toUtf8());
  }
  ::kill(static_cast<pid_t>(pid), number);

  QVERIFY(engine->waitForFinished(kPatienceMs));
  QVERIFY(wait_for([&] { return !is_alive(passt); }));
}

void EngineProcessTest::the_launcher_learns_what_happened() {
  NEEDS_KVM();
  Bench bench;
  qputenv("SAFFRON_STATE", bench.folder.filePath("state").toUtf8());
  const api::BasePaths base{bench.path("machines"), bench.path("runtime"), bench.path("state")};
  const std::string directory = bench.folder.path().toStdString();
  const auto paths = api::machine_paths_in(base, "bench", directory, bench.path("run"));
  api::LaunchOptions options;
  options.engine_program = SAFFRON_ENGINE;

  bench.config.disks.resize(1);
  bench.config.disks[0].id = "disk0";
  bench.config.disks[0].path = "nowhere";
  bench.write_config();
  const auto failed = api::EngineLaunch::start(paths, options).value()->wait(kPatienceMs);
  QCOMPARE(failed.error().subject, std::string("disks[0].path"));

  bench.config.disks.clear();
  bench.write_config();
  const auto started = api::EngineLaunch::start(paths, options).value()->wait(kPatienceMs);
  QVERIFY2(started.ok(), started.ok() ? "" : started.error().message.c_str());
  auto client = api::ControlClient::connect(paths.control_socket, "test").value();
  const auto pid = client->call_blocking<api::method::Status>({}, kPatienceMs)->pid;
  QVERIFY(client->call_blocking<api::method::Stop>({true}, kPatienceMs).ok());
  QVERIFY(wait_for([&] { return !is_alive(pid); }));
  QVERIFY(!api::MachineLock::is_held(paths));
}

QTEST_GUILESS_MAIN(EngineProcessTest)
#include "engine_process_test.moc"
