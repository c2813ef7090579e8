// SPDX-License-Identifier: Apache-2.0
#include "engine/api/machine_config.h"

#include <QtTest/QtTest>

#include "engine/api/config_fields.h"

namespace saffron::api {

namespace {

constexpr const char* kUuid = "01234567-89ab-4def-8123-456789abcdef";

MachineConfig full_config() {
  MachineConfig config;
  config.name = "München 2";
  config.uuid = kUuid;
  config.memory_mib = 4096;
  config.cpus = 4;
  config.firmware.path = "/opt/bios.bin";
  config.boot.order = {BootDevice::kCdrom, BootDevice::kDisk, BootDevice::kNetwork};
  config.boot.menu = true;
  config.boot.kernel = "vmlinuz";
  config.boot.initrd = "/boot/initrd";
  config.boot.command_line = "console=ttyS0 \"quoted\"";
  config.disks = {{"disk0", "disk.raw", DiskBus::kVirtio, false, true, 4, "S1"},
                  {"disk1", "/dev/sdb", DiskBus::kSata, true, false, 1, ""}};
  config.cdroms = {{"cd0", "/isos/a.iso"}, {"cd1", std::nullopt}};
  config.networks = {{"net0", NetworkMode::kUser, "52:54:00:12:34:56", {{ForwardProtocol::kUdp, "::1", 5353, 53}}},
                     {"net1", NetworkMode::kNone, std::nullopt, {}}};
  config.display.spice.tcp = SpiceTcpConfig{"0.0.0.0", 5931};
  config.display.spice.ticket = "secret";
  config.input.keyboard = KeyboardKind::kVirtio;
  config.panic_action = PanicAction::kReset;
  return config;
}

/// A least valid file, with one more member spliced in at the end.
QByteArray minimal(const QByteArray& more = {}) {
  QByteArray text = R"({"format":1,"name":"a","uuid":"01234567-89ab-4def-8123-456789abcdef","memory_mib":64,"cpus":1)";
  return text + (more.isEmpty() ? "" : ",") + more + "}";
}

}  // namespace

class MachineConfigTest : public QObject {
  Q_OBJECT

 private slots:
  void round_trip_keeps_everything() {
    const MachineConfig config = full_config();

    const auto read = parse_machine_config(serialize_machine_config(config));

    QVERIFY2(read.ok(), read.ok() ? "" : (read.error().message + " " + read.error().subject).c_str());
    QVERIFY(*read == config);
  }

  void serialization_is_stable_and_ends_with_a_newline() {
    const std::string once = serialize_machine_config(full_config());

    const std::string twice = serialize_machine_config(*parse_machine_config(once));

    QCOMPARE(twice, once);
    QVERIFY(once.ends_with("}\n"));
    QVERIFY(once.find("\"format\"") < once.find("\"name\"") && once.find("\"name\"") < once.find("\"disks\""));
  }

  void absent_fields_take_defaults() {
    const auto read = parse_machine_config(minimal().toStdString());

    QVERIFY(read.ok());
    MachineConfig expected;
    expected.name = "a";
    expected.uuid = kUuid;
    expected.memory_mib = 64;
    expected.cpus = 1;
    QVERIFY(*read == expected);
  }

  void wrong_files_name_the_field_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("subject");
    QTest::addColumn<int>("code");
    const auto row = [](const char* name, const QByteArray& text, const char* subject, core::ErrorCode code) {
      QTest::newRow(name) << text << subject << static_cast<int>(code);
    };
    using enum core::ErrorCode;
    row("not JSON", "{", "", kProtocol);
    row("empty", "", "", kProtocol);
    row("an array", "[]", "", kInvalidArgument);
    row("trailing garbage", minimal() + "x", "", kProtocol);
    row("invalid UTF-8", minimal("\"boot\":{\"command_line\":\"\xff\"}"), "", kProtocol);
    row("name twice", minimal("\"cpus\":2"), "cpus", kProtocol);
    row("too deep", QByteArray(100, '[') + QByteArray(100, ']'), "", kProtocol);
    row("no format", R"({"name":"a"})", "format", kInvalidArgument);
    row("newer format", R"({"format":2,"whatever":1})", "format", kUnsupported);
    row("format as text", R"({"format":"1"})", "format", kInvalidArgument);
    row("no name", R"({"format":1})", "name", kInvalidArgument);
    row("unknown field", minimal(R"("colour":1)"), "colour", kInvalidArgument);
    row("unknown inner field", minimal(R"("boot":{"ordre":[]})"), "boot.ordre", kInvalidArgument);
    row("unknown field in list", minimal(R"("disks":[{"id":"a","path":"b","x":1}])"), "disks[0].x", kInvalidArgument);
    row("disk without path", minimal(R"("disks":[{"id":"a"}])"), "disks[0].path", kInvalidArgument);
    row("disk path null", minimal(R"("disks":[{"id":"a","path":null}])"), "disks[0].path", kInvalidArgument);
    row("disk path empty", minimal(R"("disks":[{"id":"a","path":""}])"), "disks[0].path", kInvalidArgument);
    row("second disk mistyped", minimal(R"("disks":[{"id":"a","path":"b"},{"id":"c","path":5}])"), "disks[1].path",
        kInvalidArgument);
    row("zero in path", minimal(R"("disks":[{"id":"a","path":"b\u0000c"}])"), "disks[0].path", kInvalidArgument);
    row("same id", minimal(R"("disks":[{"id":"a","path":"b"}],"cdroms":[{"id":"a"}])"), "cdroms[0].id", kAlreadyExists);
    row("bad id", minimal(R"("cdroms":[{"id":"A/b"}])"), "cdroms[0].id", kInvalidArgument);
    row("bad bus", minimal(R"("disks":[{"id":"a","path":"b","bus":"scsi"}])"), "disks[0].bus", kInvalidArgument);
    row("sata queues", minimal(R"("disks":[{"id":"a","path":"b","bus":"sata","queues":2}])"), "disks[0].queues",
        kInvalidArgument);
    row("too many queues", minimal(R"("disks":[{"id":"a","path":"b","queues":17}])"), "disks[0].queues", kOutOfRange);
    row("boolean as text", minimal(R"("rng":"yes")"), "rng", kInvalidArgument);
    row("boolean as number", minimal(R"("boot":{"menu":1})"), "boot.menu", kInvalidArgument);
    row("object as list", minimal(R"("display":[])"), "display", kInvalidArgument);
    row("list as object", minimal(R"("disks":{})"), "disks", kInvalidArgument);
    row("boot twice", minimal(R"("boot":{"order":["disk","disk"]})"), "boot.order[1]", kInvalidArgument);
    row("boot unknown", minimal(R"("boot":{"order":["floppy"]})"), "boot.order[0]", kInvalidArgument);
    row("initrd alone", minimal(R"("boot":{"initrd":"x"})"), "boot.initrd", kInvalidArgument);
    row("command line alone", minimal(R"("boot":{"command_line":"x"})"), "boot.command_line", kInvalidArgument);
    row("bad mac", minimal(R"("networks":[{"id":"n","mac":"52:54:00:12:34:5g"}])"), "networks[0].mac",
        kInvalidArgument);
    row("multicast mac", minimal(R"("networks":[{"id":"n","mac":"01:00:5e:00:00:01"}])"), "networks[0].mac",
        kInvalidArgument);
    row("port 0", minimal(R"("networks":[{"id":"n","forwards":[{"host_port":0,"guest_port":22}]}])"),
        "networks[0].forwards[0].host_port", kOutOfRange);
    row("port 65536", minimal(R"("networks":[{"id":"n","forwards":[{"host_port":1,"guest_port":65536}]}])"),
        "networks[0].forwards[0].guest_port", kOutOfRange);
    row("forward without network",
        minimal(R"("networks":[{"id":"n","mode":"none","forwards":[{"host_port":1,"guest_port":1}]}])"),
        "networks[0].forwards", kInvalidArgument);
    row("host name as address", minimal(R"("display":{"spice":{"tcp":{"address":"localhost"}}})"),
        "display.spice.tcp.address", kInvalidArgument);
    row("open without ticket", minimal(R"("display":{"spice":{"tcp":{"address":"0.0.0.0"}}})"), "display.spice.ticket",
        kInvalidArgument);
    row("video memory", minimal(R"("display":{"video_memory_mib":24})"), "display.video_memory_mib", kInvalidArgument);
    row("size does not fit", minimal(R"("display":{"video_memory_mib":2,"width":1920,"height":1080})"), "display.width",
        kInvalidArgument);
    const QByteArray head = R"({"format":1,"name":"a","uuid":"01234567-89ab-4def-8123-456789abcdef",)";
    row("no memory", head + R"("memory_mib":0,"cpus":1})", "memory_mib", kOutOfRange);
    row("negative memory", head + R"("memory_mib":-1,"cpus":1})", "memory_mib", kOutOfRange);
    row("fraction of memory", head + R"("memory_mib":1.5,"cpus":1})", "memory_mib", kInvalidArgument);
    row("huge memory", head + R"("memory_mib":18446744073709551615,"cpus":1})", "memory_mib", kOutOfRange);
    row("no CPUs", head + R"("memory_mib":64,"cpus":0})", "cpus", kOutOfRange);
    row("4294967297 CPUs", head + R"("memory_mib":64,"cpus":4294967297})", "cpus", kOutOfRange);
    row("bad uuid", R"({"format":1,"name":"a","uuid":"x","memory_mib":64,"cpus":1})", "uuid", kInvalidArgument);
    row("slash in name", R"({"format":1,"name":"a/b"})", "name", kInvalidArgument);
    row("long name", "{\"format\":1,\"name\":\"" + QByteArray(10000, 'n') + "\"}", "name", kOutOfRange);
  }
  void wrong_files_name_the_field() {
    QFETCH(QByteArray, text);
    QFETCH(QString, subject);
    QFETCH(int, code);

    const auto read = parse_machine_config(text.toStdString());

    QVERIFY(!read.ok());
    QCOMPARE(QString::fromStdString(read.error().subject), subject);
    QCOMPARE(core::error_code_name(read.error().code), core::error_code_name(static_cast<core::ErrorCode>(code)));
    QVERIFY(!read.error().message.empty());
  }

  void syntax_errors_name_line_and_column() {
    const auto read = parse_machine_config("{\n  \"format\": 1,\n  oops\n}");

    QVERIFY(!read.ok());
    QVERIFY2(read.error().message.find("line 3, column 3") != std::string::npos, read.error().message.c_str());
  }

  void names_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<bool>("right");
    QTest::newRow("plain") << QByteArray("demo") << true;
    QTest::newRow("spaces inside") << QByteArray("my demo 2") << true;
    QTest::newRow("Chinese") << QByteArray("演示") << true;
    QTest::newRow("64 bytes") << QByteArray(64, 'a') << true;
    QTest::newRow("65 bytes") << QByteArray(65, 'a') << false;
    QTest::newRow("empty") << QByteArray("") << false;
    QTest::newRow("slash") << QByteArray("a/b") << false;
    QTest::newRow("dot") << QByteArray(".") << false;
    QTest::newRow("hidden") << QByteArray(".a") << false;
    QTest::newRow("dot inside") << QByteArray("a.b") << true;
    QTest::newRow("newline") << QByteArray("a\nb") << false;
    QTest::newRow("zero") << QByteArray("a\0b", 3) << false;
    QTest::newRow("delete") << QByteArray("a\x7f") << false;
    QTest::newRow("C1 control") << QByteArray("a\xc2\x85") << false;
    QTest::newRow("right-to-left override") << QByteArray("a\xe2\x80\xae") << false;
    QTest::newRow("cut UTF-8") << QByteArray("a\xe6\xbc") << false;
    QTest::newRow("overlong UTF-8") << QByteArray("a\xc0\xaf") << false;
    QTest::newRow("surrogate") << QByteArray("a\xed\xa0\x80") << false;
    QTest::newRow("leading space") << QByteArray(" a") << false;
    QTest::newRow("trailing space") << QByteArray("a ") << false;
  }
  void names() {
    QFETCH(QByteArray, name);
    QFETCH(bool, right);

    QCOMPARE(check_machine_name(name.toStdString()).ok(), right);
  }

  void validation_finds_text_that_is_not_utf8() {
    MachineConfig config = full_config();
    config.disks[0].path = "\xff";

    QVERIFY(!validate_machine_config(config).ok());
  }

  void uuids_are_valid_and_differ() {
    MachineConfig config = full_config();
    config.uuid = random_uuid();

    QVERIFY(validate_machine_config(config).ok());
    QVERIFY(config.uuid != random_uuid());
  }

  void derived_mac_is_stable_unicast_and_differs_between_cards() {
    MachineConfig config = full_config();
    config.networks[0].mac.reset();

    const std::string first = effective_mac(config, config.networks[0]);

    QCOMPARE(effective_mac(config, config.networks[0]), first);
    QVERIFY(first != effective_mac(config, config.networks[1]));
    config.networks[0].mac = first;
    QVERIFY(validate_machine_config(config).ok());
  }

  void every_field_has_metadata_and_a_readable_default() {
    const MachineConfig config = full_config();
    const auto fields = config_fields();

    QVERIFY(fields.size() > 40);
    for (const FieldInfo& field : fields) {
      QVERIFY2(!field.help.empty(), field.path.c_str());
      if (field.path.find("[]") == std::string::npos) {
        QVERIFY2(get_config_field(config, field.path).ok(), field.path.c_str());
      }
      QCOMPARE(field.default_value.empty(), field.required);
      QVERIFY(config_field(field.path).ok());
    }
  }

  void set_changes_one_field_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("result");
    QTest::newRow("memory in MiB") << "memory"
                                   << "4096"
                                   << "4096";
    QTest::newRow("memory in GiB") << "memory_mib"
                                   << "3G"
                                   << "3072";
    QTest::newRow("cpus") << "cpus"
                          << "3"
                          << "3";
    QTest::newRow("yes") << "boot.menu"
                         << "no"
                         << "false";
    QTest::newRow("choice") << "panic_action"
                            << "stop"
                            << "\"stop\"";
    QTest::newRow("in a list") << "disks[1].read_only"
                               << "off"
                               << "false";
    QTest::newRow("null") << "cdroms[0].path"
                          << "none"
                          << "null";
    QTest::newRow("from null") << "cdroms[1].path"
                               << "/x.iso"
                               << "\"/x.iso\"";
    QTest::newRow("list of choices") << "boot.order"
                                     << "disk,network"
                                     << "[\"disk\",\"network\"]";
    QTest::newRow("one choice") << "boot.order[0]"
                                << "disk"
                                << "";
    QTest::newRow("port") << "display.spice.tcp.port"
                          << "6000"
                          << "6000";
    QTest::newRow("object to null") << "display.spice.tcp"
                                    << "null"
                                    << "null";
    QTest::newRow("list as JSON") << "networks[0].forwards"
                                  << "[]"
                                  << "[]";
    QTest::newRow("append") << "cdroms[2]"
                            << "{\"id\":\"cd2\"}"
                            << "{\"id\":\"cd2\",\"path\":null}";
  }
  void set_changes_one_field() {
    QFETCH(QString, path);
    QFETCH(QString, value);
    QFETCH(QString, result);
    MachineConfig config = full_config();
    config.boot.order = {BootDevice::kCdrom};

    const auto set = set_config_field(config, path.toStdString(), value.toStdString());

    QVERIFY2(set.ok(), set.ok() ? "" : (set.error().message + " " + set.error().subject).c_str());
    if (!result.isEmpty()) {
      QCOMPARE(*get_config_field(config, path.toStdString()), result.toStdString());
    }
  }

  void wrong_set_changes_nothing_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("value");
    QTest::newRow("no such field") << "memori"
                                   << "1";
    QTest::newRow("no field") << ""
                              << "1";
    QTest::newRow("no such element") << "disks[9].path"
                                     << "x";
    QTest::newRow("broken path") << "disks[0"
                                 << "x";
    QTest::newRow("broken path 2") << "disks[0]path"
                                   << "x";
    QTest::newRow("broken path 3") << "boot..menu"
                                   << "true";
    QTest::newRow("text for integer") << "cpus"
                                      << "two";
    QTest::newRow("integer with rest") << "cpus"
                                       << "2x";
    QTest::newRow("zero") << "cpus"
                          << "0";
    QTest::newRow("memory not whole") << "memory"
                                      << "1K";
    QTest::newRow("memory overflow") << "memory"
                                     << "99999999999999T";
    QTest::newRow("not a boolean") << "rng"
                                   << "maybe";
    QTest::newRow("not a choice") << "panic_action"
                                  << "explode";
    QTest::newRow("null where none may be") << "name"
                                            << "";
    QTest::newRow("not JSON") << "disks"
                              << "[";
    QTest::newRow("format") << "format"
                            << "2";
  }
  void wrong_set_changes_nothing() {
    QFETCH(QString, path);
    QFETCH(QString, value);
    MachineConfig config = full_config();

    const auto set = set_config_field(config, path.toStdString(), value.toStdString());

    QVERIFY(!set.ok());
    QVERIFY(config == full_config());
  }

  void sizes() {
    QCOMPARE(*parse_size("10G", 1), std::uint64_t{10} << 30);
    QCOMPARE(*parse_size("512MiB", 1), std::uint64_t{512} << 20);
    QCOMPARE(*parse_size("7", 512), std::uint64_t{3584});
    QCOMPARE(*parse_size("1t", 1), std::uint64_t{1} << 40);
    QVERIFY(!parse_size("", 1).ok());
    QVERIFY(!parse_size("G", 1).ok());
    QVERIFY(!parse_size("-1", 1).ok());
    QVERIFY(!parse_size("1X", 1).ok());
    QVERIFY(!parse_size("9999999999999999999999", 1).ok());
    QVERIFY(!parse_size("9000000T", 1).ok());
  }
};

}  // namespace saffron::api

using saffron::api::MachineConfigTest;
QTEST_APPLESS_MAIN(MachineConfigTest)
#include "machine_config_test.moc"
