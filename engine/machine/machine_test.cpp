// SPDX-License-Identifier: Apache-2.0
// Whole machines on this host's /dev/kvm: built, run, reset and ended, with a few instructions as their guest. Skipped,
// with the reason, where /dev/kvm does not open.
#include "engine/machine/machine.h"

#include <QtTest/QtTest>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/kvm/system.h"
#include "engine/machine/machine_builder.h"
#include "tests/fakes/kernel_images.h"

using namespace saffron;
using namespace saffron::machine;

namespace {

// 32-bit code for a bzImage's 32-bit entry.
const fakes::FileBytes kSpin{0xeb, 0xfe};                                                 // jmp .
const fakes::FileBytes kPowerOff{0x66, 0xba, 0x04, 0x06, 0x66, 0xb8, 0x00, 0x20,          // mov dx,0x604; mov ax,0x2000
                                 0x66, 0xef, 0xeb, 0xfe};                                 // out dx,ax: SLP_EN; jmp .
const fakes::FileBytes kResetPort{0x66, 0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee, 0xeb, 0xfe};  // out 0xcf9,6
const fakes::FileBytes kPanic{0x66, 0xba, 0x05, 0x05, 0xb0, 0x01, 0xee, 0xeb, 0xfe};      // out 0x505,1
const fakes::FileBytes kTripleFault{0x0f, 0x0b};                                          // ud2, with no IDT.
const fakes::FileBytes kPrint{0x66, 0xba, 0xf8, 0x03, 0xb0, 'O',  0xee, 0xb0, 'K',  0xee,  // out 0x3f8,"OK"
                              0x66, 0xba, 0x04, 0x06, 0x66, 0xb8, 0x00, 0x20, 0x66, 0xef, 0xeb, 0xfe};

std::string kvm_missing() {
  const auto system = kvm::System::open();
  return system.ok() ? std::string() : system.error().message;
}

int entries_of(const char* folder) {
  return static_cast<int>(QDir(folder).entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::System).size());
}

/// What a machine takes from this process while it lives.
struct Usage {
  int descriptors = entries_of("/proc/self/fd");
  int threads = entries_of("/proc/self/task");
  bool operator==(const Usage&) const = default;
};

/// A machine's folders, its configuration and all that it said.
struct Bench {
  Bench() {
    config.name = "bench";
    config.uuid = "00112233-4455-6677-8899-aabbccddeeff";
    config.memory_mib = 64;
    config.cpus = 1;
    config.display.device = api::DisplayDevice::kNone;
    const std::string root = folder.path().toStdString();
    paths = api::machine_paths_in({root, root + "/run", root + "/state"}, config.name, root, root + "/run");
    QDir().mkpath(folder.filePath("run"));
    QDir().mkpath(folder.filePath("state"));
    loop = core::EventLoop::create().value();
  }
  ~Bench() { machine.reset(); }

  std::string file(const char* name, const fakes::FileBytes& bytes) const {
    const std::string path = folder.filePath(name).toStdString();
    fakes::write_file(path, bytes);
    return path;
  }
  api::DiskConfig& add_disk(const std::string& id, const std::string& path) {
    api::DiskConfig& disk = config.disks.emplace_back();
    disk.id = id;
    disk.path = path;
    return disk;
  }
  /// A guest of these instructions.
  void boot(const fakes::FileBytes& code) {
    fakes::BzImage kernel;
    kernel.xloadflags = 0;
    std::copy(code.begin(), code.end(), kernel.payload.begin());
    config.boot.kernel = file("kernel", kernel.bytes());
  }
  core::Result<void> build(bool headless = true) {
    auto built = MachineBuilder::build(config, paths, *loop, {.headless = headless});
    if (!built.ok()) {
      return std::move(built).error();
    }
    machine = std::move(built).value();
    machine->set_listener({[this](api::EventBody body) {
                             note(body);
                             if (until && until()) {
                               loop->stop();
                             }
                           },
                           [this] {
                             ++ended;
                             if (until && until()) {
                               loop->stop();
                             }
                           }});
    return {};
  }
  void note(const api::EventBody& body) {
    std::string text(api::event_name(body));
    if (const auto* changed = std::get_if<api::StateChanged>(&body)) {
      text = std::string(api::name_of(changed->state));
      if (changed->pause_reason != api::PauseReason::kNone) {
        text += ":" + std::string(api::name_of(changed->pause_reason));
      }
    } else if (const auto* stopped = std::get_if<api::Stopped>(&body)) {
      text += ":" + std::string(api::name_of(stopped->reason));
    }
    if (text != "display_changed") {
      events.push_back(text);
    }
  }
  /// Runs the loop until `condition`, which is looked at after each event and now and then; false after a minute.
  bool run_until(std::function<bool()> condition) {
    until = std::move(condition);
    bool late = false;
    if (!until()) {
      const auto watchdog = loop->create_timer([&] {
        late = true;
        loop->stop();
      });
      watchdog->arm(loop->clock().now_ns() + 60'000'000'000);
      std::unique_ptr<core::Timer> look;
      look = loop->create_timer([&] {
        if (until()) {
          loop->stop();
        }
        look->arm(loop->clock().now_ns() + 20'000'000);
      });
      look->arm(loop->clock().now_ns() + 20'000'000);
      loop->run();
    }
    until = nullptr;
    return !late;
  }
  bool run_until_ended() {
    return run_until([this] { return ended > 0; });
  }
  /// Posted work, and what it posts.
  void settle() {
    for (int i = 0; i < 20; ++i) {
      loop->post([] {});  // So that the loop looks at all that is ready before it stops.
      loop->stop();
      loop->run();
    }
  }
  bool has(const char* event) const { return std::find(events.begin(), events.end(), event) != events.end(); }

  QTemporaryDir folder;
  api::MachineConfig config;
  api::MachinePaths paths;
  std::unique_ptr<core::EventLoop> loop;
  std::unique_ptr<Machine> machine;
  std::vector<std::string> events;
  int ended = 0;
  std::function<bool()> until;
};

using Events = std::vector<std::string>;

QByteArray text_of(const Events& events) {
  QByteArray all;
  for (const std::string& event : events) {
    all += QByteArray::fromStdString(event) + " ";
  }
  return all;
}

}  // namespace

class MachineTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase();
  void everything_is_built_and_nothing_is_left();
  void a_life_in_order();
  void firmware_runs_and_starts_again_after_a_reset();
  void requests_in_the_wrong_state();
  void stopping_twice_ends_once();
  void stopping_beats_a_reset_that_is_under_way();
  void resuming_does_not_beat_a_stop();
  void many_changes_of_mind();
  void a_guest_that_powers_off();
  void a_guest_that_resets_data();
  void a_guest_that_resets();
  void a_reset_without_its_kernel_can_be_made_good();
  void a_guest_that_panics_data();
  void a_guest_that_panics();
  void a_guest_that_prints();
  void bad_files_data();
  void bad_files();
  void a_taken_spice_port_is_named();
  void a_bad_kernel_does_not_start_data();
  void a_bad_kernel_does_not_start();
};

void MachineTest::initTestCase() {
  const std::string missing = kvm_missing();
  if (!missing.empty()) {
    QSKIP(missing.c_str());
  }
}

void MachineTest::everything_is_built_and_nothing_is_left() {
  Bench bench;
  bench.boot(kSpin);
  bench.config.cpus = 2;
  bench.config.display.device = api::DisplayDevice::kVga;
  bench.config.input.keyboard = api::KeyboardKind::kVirtio;
  bench.add_disk("disk0", bench.file("disk0", fakes::FileBytes(1 << 20))).queues = 2;
  bench.add_disk("disk1", bench.file("disk1", fakes::FileBytes(1 << 20))).bus = api::DiskBus::kSata;
  bench.config.cdroms.push_back({"cd0", bench.file("cd.iso", fakes::FileBytes(1 << 20))});
  bench.config.cdroms.push_back({"cd1", std::nullopt});
  bench.config.networks.emplace_back().id = "net0";
  const Usage before;

  const auto built = bench.build(false);
  if (!built.ok() && built.error().subject == "networks[0]") {
    QSKIP(("no network here: " + built.error().message).c_str());
  }
  QVERIFY2(built.ok(), built.ok() ? "" : built.error().message.c_str());
  QVERIFY(QFileInfo::exists(QString::fromStdString(bench.paths.serial_socket)));
  QVERIFY(QFileInfo::exists(QString::fromStdString(bench.paths.spice_socket)));
  QCOMPARE(bench.machine->storage().media().size(), std::size_t{4});
  QVERIFY(bench.machine->tablet() != nullptr);
  QVERIFY(bench.machine->start().ok());
  bench.settle();
  bench.machine->stop(api::StopReason::kForced);
  QVERIFY(bench.run_until_ended());
  bench.machine.reset();

  QVERIFY(!QFileInfo::exists(QString::fromStdString(bench.paths.serial_socket)));
  QVERIFY(!QFileInfo::exists(QString::fromStdString(bench.paths.spice_socket)));
  QCOMPARE(::waitpid(-1, nullptr, WNOHANG), -1);  // No child, not even a dead one.
  const Usage after;
  QCOMPARE(after.threads, before.threads);
  // The SPICE library keeps a few descriptors of its own for the process.
  QVERIFY2(after.descriptors - before.descriptors <= 4, QByteArray::number(after.descriptors - before.descriptors));
}

void MachineTest::a_life_in_order() {
  Bench bench;
  bench.boot(kSpin);
  QVERIFY(bench.build().ok());
  QVERIFY(bench.machine->state() == api::MachineState::kStarting);

  QVERIFY(bench.machine->start().ok());
  QVERIFY(bench.machine->pause().ok());
  QVERIFY(bench.machine->pause().ok());  // Again is no error, and no event.
  QVERIFY(bench.machine->pause_reason() == api::PauseReason::kUser);
  QVERIFY(bench.machine->resume().ok());
  QVERIFY(bench.machine->resume().ok());
  QVERIFY(bench.machine->reset().ok());
  QVERIFY(bench.run_until([&] { return bench.has("guest_reset"); }));
  QVERIFY(bench.machine->power_button().ok());
  bench.machine->stop(api::StopReason::kForced);
  QVERIFY(bench.run_until_ended());

  QCOMPARE(text_of(bench.events),
           text_of({"running", "paused:user", "running", "guest_reset", "stopping", "stopped", "stopped:forced"}));
  QVERIFY(bench.machine->state() == api::MachineState::kStopped);
}

void MachineTest::firmware_runs_and_starts_again_after_a_reset() {
  if (!QFileInfo::exists("/usr/share/seabios/bios-256k.bin")) {
    QSKIP("SeaBIOS (package seabios) is not installed");
  }
  Bench bench;
  bench.config.display.device = api::DisplayDevice::kVga;
  bench.add_disk("disk0", bench.file("disk0", fakes::FileBytes(1 << 20)));
  QVERIFY(bench.build().ok());
  QVERIFY(bench.machine->start().ok());

  // SeaBIOS prints its name before it looks for something to boot.
  const auto shows_text = [&] {
    const ports::Frame frame = bench.machine->display()->capture();
    return std::any_of(frame.pixels.begin(), frame.pixels.end(), [](std::uint32_t pixel) { return pixel != 0; });
  };
  QVERIFY(bench.run_until(shows_text));
  QVERIFY(bench.machine->reset().ok());
  QVERIFY(bench.run_until([&] { return bench.has("guest_reset"); }));
  bench.machine->stop(api::StopReason::kForced);
  QVERIFY(bench.run_until_ended());
}

void MachineTest::requests_in_the_wrong_state() {
  Bench bench;
  bench.boot(kSpin);
  QVERIFY(bench.build().ok());

  QCOMPARE(bench.machine->pause().error().code, core::ErrorCode::kInvalidState);
  QCOMPARE(bench.machine->resume().error().code, core::ErrorCode::kInvalidState);
  QCOMPARE(bench.machine->reset().error().code, core::ErrorCode::kInvalidState);
  QVERIFY(bench.machine->start().ok());
  QVERIFY(bench.machine->pause().ok());
  QCOMPARE(bench.machine->power_button().error().code, core::ErrorCode::kInvalidState);
  bench.machine->stop(api::StopReason::kForced);
  QVERIFY(bench.run_until_ended());
  QCOMPARE(bench.machine->resume().error().code, core::ErrorCode::kInvalidState);
  QCOMPARE(bench.machine->pause().error().code, core::ErrorCode::kInvalidState);
  QCOMPARE(bench.machine->reset().error().code, core::ErrorCode::kInvalidState);
}

void MachineTest::stopping_twice_ends_once() {
  Bench bench;
  bench.boot(kSpin);
  QVERIFY(bench.build().ok());
  QVERIFY(bench.machine->start().ok());

  bench.machine->stop(api::StopReason::kForced);
  bench.machine->stop(api::StopReason::kForced);
  QVERIFY(bench.run_until_ended());
  bench.machine->stop(api::StopReason::kForced);
  bench.settle();

  QCOMPARE(bench.ended, 1);
  QCOMPARE(text_of(bench.events), text_of({"running", "stopping", "stopped", "stopped:forced"}));
}

void MachineTest::stopping_beats_a_reset_that_is_under_way() {
  Bench bench;
  bench.boot(kSpin);
  QVERIFY(bench.build().ok());
  QVERIFY(bench.machine->start().ok());

  QVERIFY(bench.machine->reset().ok());
  bench.machine->stop(api::StopReason::kForced);
  QVERIFY(bench.run_until_ended());
  bench.settle();

  QVERIFY(bench.machine->state() == api::MachineState::kStopped);
  QCOMPARE(bench.events.back(), std::string("stopped:forced"));
  QVERIFY(std::count(bench.events.begin(), bench.events.end(), "running") == 1);
}

void MachineTest::resuming_does_not_beat_a_stop() {
  Bench bench;
  bench.boot(kSpin);
  QVERIFY(bench.build().ok());
  QVERIFY(bench.machine->start().ok());
  QVERIFY(bench.machine->pause().ok());

  bench.machine->stop(api::StopReason::kForced);
  QCOMPARE(bench.machine->resume().error().code, core::ErrorCode::kInvalidState);
  QVERIFY(bench.run_until_ended());

  QCOMPARE(text_of(bench.events), text_of({"running", "paused:user", "stopping", "stopped", "stopped:forced"}));
}

void MachineTest::many_changes_of_mind() {
  Bench bench;
  bench.boot(kSpin);
  bench.config.cpus = 4;
  QVERIFY(bench.build().ok());
  QVERIFY(bench.machine->start().ok());

  for (int i = 0; i < 200; ++i) {
    QVERIFY(bench.machine->pause().ok());
    if (i % 3 == 0) {
      QVERIFY(bench.machine->reset().ok());
    }
    if (i % 5 == 0) {
      bench.settle();
    }
    QVERIFY(bench.machine->resume().ok());
  }
  bench.settle();

  QVERIFY(bench.machine->state() == api::MachineState::kRunning);
  bench.machine->stop(api::StopReason::kForced);
  QVERIFY(bench.run_until_ended());
  QVERIFY(!bench.has("error"));
}

void MachineTest::a_guest_that_powers_off() {
  Bench bench;
  bench.boot(kPowerOff);
  QVERIFY(bench.build().ok());

  QVERIFY(bench.machine->start().ok());
  QVERIFY(bench.run_until_ended());

  QCOMPARE(text_of(bench.events), text_of({"running", "stopping", "stopped", "stopped:guest_shutdown"}));
}

void MachineTest::a_guest_that_resets_data() {
  QTest::addColumn<QByteArray>("code");
  const auto row = [](const char* name, const fakes::FileBytes& code) {
    QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(code.data()), static_cast<int>(code.size()));
  };
  row("port 0xcf9", kResetPort);
  row("a triple fault", kTripleFault);
}

void MachineTest::a_guest_that_resets() {
  QFETCH(QByteArray, code);
  Bench bench;
  bench.boot(fakes::FileBytes(code.begin(), code.end()));
  bench.config.cpus = 2;
  QVERIFY(bench.build().ok());
  QVERIFY(bench.machine->start().ok());

  // It boots again, and resets again.
  QVERIFY(bench.run_until([&] { return std::count(bench.events.begin(), bench.events.end(), "guest_reset") == 5; }));
  bench.machine->stop(api::StopReason::kForced);
  QVERIFY(bench.run_until_ended());

  QCOMPARE(bench.events.front(), std::string("running"));
  QCOMPARE(bench.events.back(), std::string("stopped:forced"));
  QVERIFY(!bench.has("error"));
}

void MachineTest::a_reset_without_its_kernel_can_be_made_good() {
  Bench bench;
  bench.boot(kSpin);
  QVERIFY(bench.build().ok());
  QVERIFY(bench.machine->start().ok());
  QVERIFY(QFile::remove(bench.folder.filePath("kernel")));

  QVERIFY(bench.machine->reset().ok());
  QVERIFY(bench.run_until([&] { return bench.has("error"); }));
  QVERIFY(bench.machine->state() == api::MachineState::kCrashed);
  QCOMPARE(bench.machine->last_error()->subject, std::string("boot.kernel"));
  QCOMPARE(bench.machine->last_error()->code, std::string("not_found"));

  bench.boot(kSpin);
  QVERIFY(bench.machine->reset().ok());
  QVERIFY(bench.run_until([&] { return bench.has("guest_reset"); }));
  bench.settle();
  QVERIFY(bench.machine->state() == api::MachineState::kRunning);
  bench.machine->stop(api::StopReason::kForced);
  QVERIFY(bench.run_until_ended());
}

void MachineTest::a_guest_that_panics_data() {
  QTest::addColumn<int>("action");
  QTest::addColumn<QByteArray>("last");
  QTest::newRow("pause") << static_cast<int>(api::PanicAction::kPause) << QByteArray("paused:guest_panic");
  QTest::newRow("stop") << static_cast<int>(api::PanicAction::kStop) << QByteArray("stopped:guest_panic");
  QTest::newRow("reset") << static_cast<int>(api::PanicAction::kReset) << QByteArray("guest_reset");
}

void MachineTest::a_guest_that_panics() {
  QFETCH(int, action);
  QFETCH(QByteArray, last);
  Bench bench;
  bench.boot(kPanic);
  bench.config.panic_action = static_cast<api::PanicAction>(action);
  QVERIFY(bench.build().ok());
  QVERIFY(bench.machine->start().ok());

  QVERIFY(bench.run_until([&] { return bench.has(last.constData()); }));

  QCOMPARE(bench.events[1], std::string("guest_panicked"));
  if (action == static_cast<int>(api::PanicAction::kPause)) {
    // A reset makes it good again: it runs, up to its next panic.
    QVERIFY(bench.machine->reset().ok());
    QVERIFY(
        bench.run_until([&] { return std::count(bench.events.begin(), bench.events.end(), "guest_panicked") == 2; }));
  }
  bench.machine->stop(api::StopReason::kForced);
  QVERIFY(bench.run_until_ended());
}

void MachineTest::a_guest_that_prints() {
  Bench bench;
  bench.boot(kPrint);
  QVERIFY(bench.build().ok());

  QVERIFY(bench.machine->start().ok());
  QVERIFY(bench.run_until_ended());
  bench.machine.reset();

  QFile log(QString::fromStdString(bench.paths.serial_log));
  QVERIFY(log.open(QFile::ReadOnly));
  QCOMPARE(log.readAll(), QByteArray("OK"));
}

void MachineTest::bad_files_data() {
  QTest::addColumn<QString>("what");
  QTest::addColumn<QByteArray>("subject");
  QTest::newRow("a disk that is missing") << "disk missing" << QByteArray("disks[0].path");
  QTest::newRow("a disk that is a directory") << "disk directory" << QByteArray("disks[0].path");
  QTest::newRow("a disk that is empty") << "disk empty" << QByteArray("disks[0].path");
  QTest::newRow("a disk that is in use") << "disk busy" << QByteArray("disks[0].path");
  QTest::newRow("the same disk twice") << "disk twice" << QByteArray("disks[1].path");
  QTest::newRow("a CD that is missing") << "cd missing" << QByteArray("cdroms[0].path");
  QTest::newRow("a BIOS that is missing") << "bios missing" << QByteArray("firmware.path");
  QTest::newRow("a BIOS of a wrong size") << "bios size" << QByteArray("firmware.path");
  QTest::newRow("too many processors") << "cpus" << QByteArray("cpus");
  QTest::newRow("too much memory") << "memory" << QByteArray("memory_mib");
  QTest::newRow("too many SATA drives") << "sata" << QByteArray("cdroms");
  QTest::newRow("a serial socket in the way") << "serial" << QByteArray("serial.sock");
}

void MachineTest::bad_files() {
  QFETCH(QString, what);
  QFETCH(QByteArray, subject);
  Bench other;
  Bench bench;
  bench.boot(kSpin);
  const std::string disk = bench.file("disk", fakes::FileBytes(1 << 20));
  bench.add_disk("disk0", disk);
  if (what == "disk missing") {
    bench.config.disks[0].path = "nowhere";
  } else if (what == "disk directory") {
    bench.config.disks[0].path = bench.folder.path().toStdString();
  } else if (what == "disk empty") {
    bench.config.disks[0].path = bench.file("empty", {});
  } else if (what == "disk busy") {
    other.boot(kSpin);
    other.config.disks = bench.config.disks;
    QVERIFY(other.build().ok());
  } else if (what == "disk twice") {
    bench.add_disk("disk1", disk);
  } else if (what == "cd missing") {
    bench.config.cdroms.push_back({"cd0", "nowhere.iso"});
  } else if (what == "bios missing") {
    bench.config.boot.kernel.reset();
    bench.config.firmware.path = "/nowhere/bios.bin";
  } else if (what == "bios size") {
    bench.config.boot.kernel.reset();
    bench.config.firmware.path = bench.file("bios", fakes::FileBytes(1000));
  } else if (what == "cpus") {
    bench.config.cpus = 100000;
  } else if (what == "memory") {
    bench.config.memory_mib = std::uint64_t{1} << 33;  // 8 PiB
  } else if (what == "sata") {
    for (int i = 0; i < 7; ++i) {
      bench.config.cdroms.push_back({"cd" + std::to_string(i), std::nullopt});
    }
  } else if (what == "serial") {
    bench.file("run/serial.sock", {1});
  }
  const Usage before;

  const auto built = bench.build();

  QVERIFY(!built.ok());
  QVERIFY2(QByteArray::fromStdString(built.error().subject).endsWith(subject), built.error().subject.c_str());
  QVERIFY(!built.error().message.empty());
  const Usage after;
  QCOMPARE(after.descriptors, before.descriptors);
  QCOMPARE(after.threads, before.threads);
  const bool in_the_way = what == "serial";
  QCOMPARE(QFileInfo::exists(QString::fromStdString(bench.paths.serial_socket)), in_the_way);
}

void MachineTest::a_taken_spice_port_is_named() {
  const core::UniqueFd holder(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  QCOMPARE(::bind(holder.get(), generic, length), 0);
  QCOMPARE(::listen(holder.get(), 1), 0);
  QCOMPARE(::getsockname(holder.get(), generic, &length), 0);
  Bench bench;
  bench.boot(kSpin);
  bench.config.display.device = api::DisplayDevice::kVga;
  bench.config.display.spice.tcp = api::SpiceTcpConfig{"127.0.0.1", ntohs(address.sin_port)};

  const auto built = bench.build(false);

  QVERIFY(!built.ok());
  QCOMPARE(built.error().subject, std::string("display.spice.tcp"));
  QVERIFY(!QFileInfo::exists(QString::fromStdString(bench.paths.spice_socket)));
  QVERIFY(!QFileInfo::exists(QString::fromStdString(bench.paths.serial_socket)));
  QVERIFY(bench.build(true).ok());  // Without the server nothing is in the way.
}

void MachineTest::a_bad_kernel_does_not_start_data() {
  QTest::addColumn<QString>("what");
  QTest::addColumn<QByteArray>("subject");
  QTest::newRow("missing") << "missing" << QByteArray("boot.kernel");
  QTest::newRow("no kernel") << "text" << QByteArray("boot.kernel");
  QTest::newRow("too large for the machine") << "large" << QByteArray("boot.kernel");
  QTest::newRow("a missing initrd") << "initrd" << QByteArray("boot.initrd");
  QTest::newRow("a long command line") << "line" << QByteArray("boot.command_line");
}

void MachineTest::a_bad_kernel_does_not_start() {
  QFETCH(QString, what);
  QFETCH(QByteArray, subject);
  Bench bench;
  bench.boot(kSpin);
  if (what == "missing") {
    bench.config.boot.kernel = "nowhere";
  } else if (what == "text") {
    bench.config.boot.kernel = bench.file("kernel", fakes::FileBytes(10000, 'x'));
  } else if (what == "large") {
    fakes::BzImage kernel;
    kernel.init_size = 64 << 20;
    bench.config.boot.kernel = bench.file("kernel", kernel.bytes());
  } else if (what == "initrd") {
    bench.config.boot.initrd = "nowhere";
  } else if (what == "line") {
    bench.config.boot.command_line = std::string(256, 'x');  // The kernel takes 255.
  }
  QVERIFY(bench.build().ok());

  const auto started = bench.machine->start();

  QVERIFY(!started.ok());
  QCOMPARE(QByteArray::fromStdString(started.error().subject), subject);
  QVERIFY(bench.events.empty());
  bench.machine.reset();
  QVERIFY(!QFileInfo::exists(QString::fromStdString(bench.paths.serial_socket)));
}

QTEST_APPLESS_MAIN(MachineTest)
#include "machine_test.moc"
