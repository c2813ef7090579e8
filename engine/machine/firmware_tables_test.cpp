// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/firmware_tables.h"

#include <QtTest/QtTest>

#include <numeric>

#include "tests/fakes/fake_irq.h"
#include "tests/fakes/manual_clock.h"

using namespace saffron;
using namespace saffron::machine;

namespace {

FirmwareFacts make_facts(std::uint64_t memory, unsigned cpu_count) {
  FirmwareFacts facts;
  facts.identity = {
      "demo", "00112233-4455-6677-8899-aabbccddeeff", "A Processor", "0.1.0", cpu_count, MemoryLayout::of(memory, 40)};
  facts.boot_order = {"/pci@i0cf8/scsi@3/disk@0,0", "/pci@i0cf8/pci8086,2922@1f,2/drive@0/disk@0"};
  return facts;
}

/// fw_cfg and the CMOS, read through their ports as firmware does.
struct Firmware {
  explicit Firmware(const FirmwareFacts& facts) {
    const core::GuestRegion region{{0}, kMiB};
    ram = core::GuestMemory::create({&region, 1}).value();
    fw_cfg = std::make_unique<legacy::FwCfg>(*ram);
    rtc = std::make_unique<legacy::Rtc>(irq, clock);
    result = publish_to_firmware(facts, *fw_cfg, *rtc);
  }
  QByteArray item(std::uint16_t key, int size) {
    fw_cfg->write(0, 2, key);
    QByteArray bytes;
    for (int i = 0; i < size; ++i) {
      bytes.append(static_cast<char>(fw_cfg->read(1, 1)));
    }
    return bytes;
  }
  /// Name to content, by the directory (big-endian).
  std::map<QByteArray, QByteArray> files() {
    const auto big_endian = [](const QByteArray& bytes, int at, int size) {
      int value = 0;
      for (int i = 0; i < size; ++i) {
        value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
      }
      return value;
    };
    const int count = big_endian(item(0x19, 4), 0, 4);
    const QByteArray directory = item(0x19, 4 + count * 64);
    std::map<QByteArray, QByteArray> result_files;
    for (int i = 0; i < count; ++i) {
      const int at = 4 + i * 64;
      const QByteArray name(directory.constData() + at + 8);
      const int size = big_endian(directory, at, 4);
      result_files[name] = item(static_cast<std::uint16_t>(big_endian(directory, at + 4, 2)), size);
    }
    return result_files;
  }
  int cmos(std::uint8_t index) { return rtc->byte(index); }

  fakes::FakeIrqLine irq;
  fakes::ManualClock clock;
  std::unique_ptr<core::GuestMemory> ram;
  std::unique_ptr<legacy::FwCfg> fw_cfg;
  std::unique_ptr<legacy::Rtc> rtc;
  core::Result<void> result;
};

quint64 little_endian(const QByteArray& bytes, int at, int size) {
  quint64 value = 0;
  for (int i = size - 1; i >= 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

}  // namespace

class FirmwareTablesTest : public QObject {
  Q_OBJECT
 private slots:
  void numbered_items();
  void firmware_locks_the_msr_that_vmx_needs();
  void every_file_that_firmware_asks_for();
  void the_script_links_files_that_exist();
  void the_memory_map_is_the_layouts();
  void the_boot_order_is_lines();
  void cmos_tells_the_memory_data();
  void cmos_tells_the_memory();
  void tables_for_a_direct_boot_are_in_the_bios_segment_data();
  void tables_for_a_direct_boot_are_in_the_bios_segment();
};

void FirmwareTablesTest::numbered_items() {
  FirmwareFacts facts = make_facts(4 * kGiB, 3);
  facts.boot_menu = true;
  Firmware firmware(facts);

  QVERIFY(firmware.result.ok());
  QCOMPARE(firmware.item(0x00, 4), QByteArray("QEMU"));
  QCOMPARE(little_endian(firmware.item(0x03, 8), 0, 8), quint64{4 * kGiB});
  QCOMPARE(little_endian(firmware.item(0x05, 2), 0, 2), quint64{3});
  QCOMPARE(little_endian(firmware.item(0x0f, 2), 0, 2), quint64{3});
  QCOMPARE(little_endian(firmware.item(0x0e, 2), 0, 2), quint64{1});
  QCOMPARE(firmware.item(0x02, 16).toHex(), QByteArray("33221100554477668899aabbccddeeff"));
  QCOMPARE(little_endian(firmware.item(0x04, 2), 0, 2), quint64{0});
  facts.has_display = false;
  QCOMPARE(little_endian(Firmware(facts).item(0x04, 2), 0, 2), quint64{1});
}

void FirmwareTablesTest::firmware_locks_the_msr_that_vmx_needs() {
  FirmwareFacts facts = make_facts(4 * kGiB, 2);
  QCOMPARE(Firmware(facts).files().count("etc/msr_feature_control"), std::size_t{0});
  facts.has_vmx = true;
  QCOMPARE(Firmware(facts).files().at("etc/msr_feature_control").toHex(), QByteArray("0500000000000000"));
}

void FirmwareTablesTest::every_file_that_firmware_asks_for() {
  Firmware firmware(make_facts(4 * kGiB, 2));

  const auto files = firmware.files();

  for (const char* name : {"etc/acpi/tables", "etc/acpi/rsdp", "etc/table-loader", "etc/e820", "bootorder",
                           "etc/smbios/smbios-anchor", "etc/smbios/smbios-tables", "etc/system-states"}) {
    QVERIFY2(files.count(name) == 1 && !files.at(name).isEmpty(), name);
  }
  QCOMPARE(files.at("etc/acpi/rsdp").size(), 36);
  QCOMPARE(files.at("etc/smbios/smbios-anchor").size(), 31);
  QCOMPARE(files.at("etc/table-loader").size() % 128, 0);
  QCOMPARE(files.at("etc/system-states").size(), 6);
  QVERIFY(files.at("etc/acpi/tables").startsWith("FACS"));
}

void FirmwareTablesTest::the_script_links_files_that_exist() {
  Firmware firmware(make_facts(4 * kGiB, 2));
  const auto files = firmware.files();
  const QByteArray script = files.at("etc/table-loader");

  int allocated = 0;
  for (int at = 0; at < script.size(); at += 128) {
    const quint64 command = little_endian(script, at, 4);
    const QByteArray file(script.constData() + at + 4);
    QVERIFY2(files.count(file) == 1, file);
    const auto size = static_cast<quint64>(files.at(file).size());
    if (command == 1) {
      ++allocated;
    } else if (command == 2) {
      const QByteArray target(script.constData() + at + 60);
      const quint64 offset = little_endian(script, at + 116, 4);
      const auto width = static_cast<int>(little_endian(script, at + 120, 1));
      QVERIFY(offset + static_cast<quint64>(width) <= size);
      // What is there already is an offset into the target.
      QVERIFY(little_endian(files.at(file), static_cast<int>(offset), width) <
              static_cast<quint64>(files.at(target).size()));
    } else {
      QCOMPARE(command, quint64{3});
      QVERIFY(little_endian(script, at + 60, 4) < size);
      QVERIFY(little_endian(script, at + 64, 4) + little_endian(script, at + 68, 4) <= size);
    }
  }
  QCOMPARE(allocated, 2);
}

void FirmwareTablesTest::the_memory_map_is_the_layouts() {
  const FirmwareFacts facts = make_facts(8 * kGiB, 1);
  Firmware firmware(facts);

  const QByteArray map = firmware.files().at("etc/e820");

  const auto expected = firmware_memory_map(facts.identity.memory);
  QCOMPARE(map.size(), static_cast<int>(expected.size() * 20));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const int at = static_cast<int>(i * 20);
    QCOMPARE(little_endian(map, at, 8), quint64{expected[i].address});
    QCOMPARE(little_endian(map, at + 8, 8), quint64{expected[i].size});
    QCOMPARE(little_endian(map, at + 16, 4), quint64{expected[i].type});
  }
}

void FirmwareTablesTest::the_boot_order_is_lines() {
  Firmware firmware(make_facts(kGiB, 1));

  QCOMPARE(firmware.files().at("bootorder"),
           QByteArray("/pci@i0cf8/scsi@3/disk@0,0\n/pci@i0cf8/pci8086,2922@1f,2/drive@0/disk@0\n\0", 72));
}

void FirmwareTablesTest::cmos_tells_the_memory_data() {
  QTest::addColumn<quint64>("memory");
  QTest::addColumn<int>("kib_above_1_mib");
  QTest::addColumn<int>("blocks_above_16_mib");
  QTest::addColumn<int>("blocks_above_4_gib");
  QTest::newRow("16 MiB") << quint64{16 * kMiB} << 15 * 1024 << 0 << 0;
  QTest::newRow("512 MiB") << quint64{512 * kMiB} << 0xffff << 496 * 16 << 0;
  QTest::newRow("4 GiB") << quint64{4 * kGiB} << 0xffff << 2032 * 16 << 2048 * 16;
  QTest::newRow("1 TiB") << quint64{1024 * kGiB} << 0xffff << 2032 * 16 << 1022 * 1024 * 16;
}

void FirmwareTablesTest::cmos_tells_the_memory() {
  QFETCH(quint64, memory);
  QFETCH(int, kib_above_1_mib);
  QFETCH(int, blocks_above_16_mib);
  QFETCH(int, blocks_above_4_gib);

  Firmware firmware(make_facts(memory, 4));

  QCOMPARE(firmware.cmos(0x17) | firmware.cmos(0x18) << 8, kib_above_1_mib);
  QCOMPARE(firmware.cmos(0x30) | firmware.cmos(0x31) << 8, kib_above_1_mib);
  QCOMPARE(firmware.cmos(0x34) | firmware.cmos(0x35) << 8, blocks_above_16_mib);
  QCOMPARE(firmware.cmos(0x5b) | firmware.cmos(0x5c) << 8 | firmware.cmos(0x5d) << 16, blocks_above_4_gib);
  QCOMPARE(firmware.cmos(0x5f), 3);  // Processors, less one.
}

void FirmwareTablesTest::tables_for_a_direct_boot_are_in_the_bios_segment_data() {
  QTest::addColumn<unsigned>("cpu_count");
  QTest::newRow("1") << 1U;
  QTest::newRow("the most") << 254U;
}

void FirmwareTablesTest::tables_for_a_direct_boot_are_in_the_bios_segment() {
  QFETCH(unsigned, cpu_count);
  const core::GuestRegion region{{0}, 2 * kMiB};
  const auto ram = core::GuestMemory::create({&region, 1}).value();

  const auto rsdp = place_tables(make_facts(kGiB, cpu_count), *ram);

  QVERIFY(rsdp.ok());
  QByteArray segment(0x20000, '\0');
  ram->read({0xe0000}, {reinterpret_cast<std::uint8_t*>(segment.data()), 0x20000}).value();
  const int at = static_cast<int>(rsdp->value - 0xe0000);
  QVERIFY(segment.mid(at).startsWith("RSD PTR "));
  // SMBIOS is found by a search on 16-byte boundaries of 0xf0000..0xfffff.
  const int anchor = segment.indexOf("_SM_", 0x10000);
  QVERIFY(anchor >= 0x10000 && anchor % 16 == 0);
  const auto structures = static_cast<int>(little_endian(segment, anchor + 24, 4)) - 0xe0000;
  const auto length = static_cast<int>(little_endian(segment, anchor + 22, 2));
  QVERIFY(structures > anchor && structures + length <= segment.size());
  QCOMPARE(segment.mid(structures + length - 6, 6), QByteArray("\x7f\x04\x00\x7f\x00\x00", 6));  // The end of the list.
  QCOMPARE(int{ram->read_object<std::uint8_t>({0x100000}).value()}, 0);                          // Nothing beyond.
}

QTEST_APPLESS_MAIN(FirmwareTablesTest)
#include "firmware_tables_test.moc"
