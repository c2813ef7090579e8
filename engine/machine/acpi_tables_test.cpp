// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/acpi_tables.h"

#include <QtTest/QtTest>

#include <cstring>
#include <map>
#include <numeric>

#include "devices/legacy/acpi_pm.h"
#include "engine/machine/aml.h"

using namespace saffron;
using namespace saffron::machine;

namespace {

/// The tables as an operating system finds them after a direct boot, or after firmware has run the loader's script.
struct Placed {
  explicit Placed(unsigned cpu_count, std::uint64_t memory_bytes = 4 * kGiB, const EcamPlace& ecam = {}) {
    const core::GuestRegion region{{0}, kMiB};
    ram = core::GuestMemory::create({&region, 1}).value();
    add_acpi_tables(loader, MemoryLayout::of(memory_bytes, 40), cpu_count, ecam);
    rsdp = loader.place(*ram, {0xe0000}, {0xf0000}).value().value;
  }

  QByteArray bytes(std::uint64_t address, std::size_t size) const {
    QByteArray result(static_cast<int>(size), '\0');
    ram->read({address}, {reinterpret_cast<std::uint8_t*>(result.data()), size}).value();
    return result;
  }
  template <typename T>
  T value(std::uint64_t address) const {
    return ram->read_object<T>({address}).value();
  }
  QByteArray table(std::uint64_t address) const { return bytes(address, value<std::uint32_t>(address + 4)); }
  bool sums_to_zero(std::uint64_t address, std::size_t size) const {
    const QByteArray all = bytes(address, size);
    return std::accumulate(all.begin(), all.end(), std::uint8_t{0}, [](std::uint8_t sum, char byte) {
             return static_cast<std::uint8_t>(sum + static_cast<std::uint8_t>(byte));
           }) == 0;
  }
  /// The addresses that the RSDT (4 bytes each) or XSDT (8) lists.
  std::vector<std::uint64_t> listed(std::uint64_t root, unsigned width) const {
    std::vector<std::uint64_t> result;
    for (std::uint64_t at = root + 36; at < root + value<std::uint32_t>(root + 4); at += width) {
      result.push_back(width == 8 ? value<std::uint64_t>(at) : value<std::uint32_t>(at));
    }
    return result;
  }
  std::uint64_t xsdt() const { return value<std::uint64_t>(rsdp + 24); }
  std::map<QByteArray, std::uint64_t> by_signature() const {
    std::map<QByteArray, std::uint64_t> result;
    for (const std::uint64_t address : listed(xsdt(), 8)) {
      result[bytes(address, 4)] = address;
    }
    result["DSDT"] = value<std::uint32_t>(result.at("FACP") + 40);
    return result;
  }

  std::unique_ptr<core::GuestMemory> ram;
  TableLoader loader;
  std::uint64_t rsdp = 0;
};

}  // namespace

class AcpiTablesTest : public QObject {
  Q_OBJECT
 private slots:
  void the_root_pointer_is_whole();
  void every_table_has_its_length_and_checksum();
  void both_roots_list_the_same();
  void fixed_table_matches_the_devices();
  void every_processor_is_listed_data();
  void every_processor_is_listed();
  void configuration_space_is_where_the_layout_says();
  void configuration_space_is_where_firmware_has_put_it();
  void the_compiler_agrees_data();
  void the_compiler_agrees();
  void aml_is_what_the_grammar_says();
};

void AcpiTablesTest::the_root_pointer_is_whole() {
  const Placed placed(2);

  QCOMPARE(placed.bytes(placed.rsdp, 8), QByteArray("RSD PTR "));
  QCOMPARE(placed.rsdp % 16, quint64{0});
  QCOMPARE(placed.value<std::uint8_t>(placed.rsdp + 15), std::uint8_t{2});
  QCOMPARE(placed.value<std::uint32_t>(placed.rsdp + 20), std::uint32_t{36});
  QVERIFY(placed.sums_to_zero(placed.rsdp, 20));
  QVERIFY(placed.sums_to_zero(placed.rsdp, 36));
  QCOMPARE(placed.bytes(placed.value<std::uint32_t>(placed.rsdp + 16), 4), QByteArray("RSDT"));
  QCOMPARE(placed.bytes(placed.xsdt(), 4), QByteArray("XSDT"));
}

void AcpiTablesTest::every_table_has_its_length_and_checksum() {
  const Placed placed(3);
  std::vector<std::uint64_t> tables = placed.listed(placed.xsdt(), 8);
  tables.push_back(placed.xsdt());
  tables.push_back(placed.value<std::uint32_t>(placed.rsdp + 16));
  tables.push_back(placed.by_signature().at("DSDT"));

  for (const std::uint64_t address : tables) {
    const std::uint32_t length = placed.value<std::uint32_t>(address + 4);
    QVERIFY2(length >= 36 && address + length <= 0xf0000, placed.bytes(address, 4));
    QVERIFY2(placed.sums_to_zero(address, length), placed.bytes(address, 4));
    QCOMPARE(address % 8, quint64{0});
  }
}

void AcpiTablesTest::both_roots_list_the_same() {
  const Placed placed(1);

  const auto wide = placed.listed(placed.xsdt(), 8);

  QCOMPARE(placed.listed(placed.value<std::uint32_t>(placed.rsdp + 16), 4), wide);
  std::vector<QByteArray> signatures;
  for (const std::uint64_t address : wide) {
    signatures.push_back(placed.bytes(address, 4));
  }
  QCOMPARE(signatures, (std::vector<QByteArray>{"FACP", "APIC", "SSDT", "MCFG", "WAET"}));
}

void AcpiTablesTest::fixed_table_matches_the_devices() {
  const Placed placed(1);
  const std::uint64_t fadt = placed.by_signature().at("FACP");

  QCOMPARE(placed.value<std::uint32_t>(fadt + 4), std::uint32_t{268});  // ACPI 5.1's length of revision 5.
  const std::uint32_t facs = placed.value<std::uint32_t>(fadt + 36);
  QCOMPARE(placed.bytes(facs, 4), QByteArray("FACS"));
  QCOMPARE(placed.value<std::uint32_t>(facs + 4), std::uint32_t{64});
  QCOMPARE(facs % 64, 0U);
  QCOMPARE(placed.value<std::uint64_t>(fadt + 140), quint64{placed.value<std::uint32_t>(fadt + 40)});  // X_DSDT, DSDT
  QCOMPARE(placed.value<std::uint16_t>(fadt + 46), std::uint16_t{9});                                  // SCI_INT
  QCOMPARE(placed.value<std::uint32_t>(fadt + 48), 0U);                                                // SMI_CMD
  QCOMPARE(placed.value<std::uint32_t>(fadt + 56), 0x600U);
  QCOMPARE(placed.value<std::uint32_t>(fadt + 64), 0x604U);
  QCOMPARE(placed.value<std::uint32_t>(fadt + 76), 0x608U);
  QCOMPARE(placed.value<std::uint32_t>(fadt + 80), 0x620U);
  QCOMPARE(placed.value<std::uint8_t>(fadt + 108), std::uint8_t{0x32});  // CENTURY
  const std::uint32_t flags = placed.value<std::uint32_t>(fadt + 112);
  QVERIFY((flags & (1U << 10)) != 0);  // RESET_REG_SUP
  QVERIFY((flags & (1U << 4)) == 0);   // The power button is a fixed one.
  QVERIFY((flags & (1U << 8)) == 0);   // TMR_VAL_EXT: the timer has 24 bits.
  QVERIFY((flags & (1U << 20)) == 0);  // Not hardware-reduced.
  QCOMPARE(placed.value<std::uint64_t>(fadt + 120), quint64{0xcf9});
  // The extended addresses say the same as the old ones.
  QCOMPARE(placed.value<std::uint64_t>(fadt + 148 + 4), quint64{0x600});
  QCOMPARE(placed.value<std::uint64_t>(fadt + 172 + 4), quint64{0x604});
  QCOMPARE(placed.value<std::uint64_t>(fadt + 208 + 4), quint64{0x608});
  QCOMPARE(placed.value<std::uint64_t>(fadt + 220 + 4), quint64{0x620});
}

void AcpiTablesTest::every_processor_is_listed_data() {
  QTest::addColumn<unsigned>("cpu_count");
  for (const unsigned count : {1U, 2U, 64U, 254U, 256U}) {
    QTest::addRow("%u", count) << count;
  }
}

void AcpiTablesTest::every_processor_is_listed() {
  QFETCH(unsigned, cpu_count);
  const Placed placed(cpu_count);

  const QByteArray madt = placed.table(placed.by_signature().at("APIC"));
  std::vector<unsigned> processors;
  unsigned io_apics = 0;
  unsigned pit_overrides = 0;
  int at = 44;
  while (at < madt.size()) {
    const auto type = static_cast<unsigned char>(madt[at]);
    const auto length = static_cast<unsigned char>(madt[at + 1]);
    QVERIFY(length >= 2 && at + length <= madt.size());
    if (type == 0) {
      QCOMPARE(length, static_cast<unsigned char>(8));
      QCOMPARE(madt[at + 4], '\1');  // Enabled.
      processors.push_back(static_cast<unsigned char>(madt[at + 3]));
    } else if (type == 9) {
      std::uint32_t id = 0;
      std::memcpy(&id, madt.constData() + at + 4, sizeof(id));
      QVERIFY(id >= 255);  // Below that, the short structure is to be used.
      processors.push_back(id);
    } else if (type == 1) {
      ++io_apics;
    } else if (type == 2 && madt[at + 3] == '\0') {
      ++pit_overrides;
      QCOMPARE(madt[at + 4], '\2');
    }
    at += length;
  }

  QCOMPARE(at, madt.size());
  QCOMPARE(processors.size(), std::size_t{cpu_count});
  for (unsigned i = 0; i < cpu_count; ++i) {
    QCOMPARE(processors[i], i);
  }
  QCOMPARE(io_apics, 1U);
  QCOMPARE(pit_overrides, 1U);
  // And the name space has a device for each.
  QCOMPARE(placed.table(placed.by_signature().at("SSDT")).count("ACPI0007"), static_cast<int>(cpu_count));
}

void AcpiTablesTest::configuration_space_is_where_the_layout_says() {
  const Placed placed(1);
  const std::uint64_t mcfg = placed.by_signature().at("MCFG");

  QCOMPARE(placed.value<std::uint64_t>(mcfg + 44), quint64{kEcamBase});
  QCOMPARE(placed.value<std::uint8_t>(mcfg + 54), std::uint8_t{0});
  QCOMPARE(quint64{placed.value<std::uint8_t>(mcfg + 55) + std::uint64_t{1}}, quint64{kEcamSize / kMiB});
}

void AcpiTablesTest::configuration_space_is_where_firmware_has_put_it() {
  const Placed usual(1);
  const Placed placed(1, 4 * kGiB, {0xe0000000, 64 * kMiB});
  const std::uint64_t mcfg = placed.by_signature().at("MCFG");

  QCOMPARE(placed.value<std::uint64_t>(mcfg + 44), quint64{0xe0000000});
  QCOMPARE(placed.value<std::uint8_t>(mcfg + 55), std::uint8_t{63});
  // The script's offsets fit both.
  QCOMPARE(placed.loader.script(), usual.loader.script());
  QCOMPARE(placed.loader.files().front().content.size(), usual.loader.files().front().content.size());
}

void AcpiTablesTest::the_compiler_agrees_data() {
  QTest::addColumn<quint64>("memory");
  QTest::addColumn<unsigned>("cpu_count");
  QTest::newRow("small") << quint64{512 * kMiB} << 1U;
  QTest::newRow("large") << quint64{64 * kGiB} << 256U;
}

void AcpiTablesTest::the_compiler_agrees() {
  QFETCH(quint64, memory);
  QFETCH(unsigned, cpu_count);
  const QString compiler = QStandardPaths::findExecutable("iasl");
  if (compiler.isEmpty()) {
    QSKIP("iasl (package acpica-tools) is not installed");
  }
  const Placed placed(cpu_count, memory);
  QTemporaryDir folder;
  const auto run = [&](const QStringList& arguments) {
    QProcess process;
    process.setWorkingDirectory(folder.path());
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(compiler, arguments);
    const bool good = process.waitForFinished(60000) && process.exitCode() == 0;
    return good ? QByteArray() : "iasl " + arguments.join(' ').toUtf8() + ":\n" + process.readAll();
  };
  const auto tables = placed.by_signature();
  for (const auto& [signature, address] : tables) {
    QFile file(folder.filePath(QString(signature).toLower() + ".dat"));
    QVERIFY(file.open(QFile::WriteOnly));
    file.write(placed.table(address));
  }

  for (const auto& [signature, address] : tables) {
    const QString name = QString(signature).toLower();
    const bool has_code = signature == "DSDT" || signature == "SSDT";
    const QStringList other{"-e", signature == "DSDT" ? "ssdt.dat" : "dsdt.dat"};
    const QByteArray taken_apart = run((has_code ? other : QStringList()) + QStringList{"-d", name + ".dat"});
    QVERIFY2(taken_apart.isEmpty(), taken_apart);
    const QByteArray put_together = run({"-p", name + "-again", name + ".dsl"});
    QVERIFY2(put_together.isEmpty(), put_together);
    if (!has_code) {
      // A table of data says all that it says in its source. (iasl writes itself into the creator's fields.)
      QFile file(folder.filePath(name + "-again.aml"));
      QVERIFY(file.open(QFile::ReadOnly));
      QCOMPARE(file.readAll().mid(36).toHex(), placed.table(address).mid(36).toHex());
    }
  }
}

void AcpiTablesTest::aml_is_what_the_grammar_says() {
  using aml::Bytes;

  QCOMPARE(aml::name_integer("ABCD", 0x1122), (Bytes{0x08, 'A', 'B', 'C', 'D', 0x0e, 0x22, 0x11, 0, 0, 0, 0, 0, 0}));
  QCOMPARE(aml::name_string("_HID", "X1"), (Bytes{0x08, '_', 'H', 'I', 'D', 0x0d, 'X', '1', 0}));
  // PkgLength in four bytes: lead byte 0xc0 with the low nibble, then 8 bits each; it counts itself.
  QCOMPARE(aml::device("DEV0", {1, 2}), (Bytes{0x5b, 0x82, 0xca, 0, 0, 0, 'D', 'E', 'V', '0', 1, 2}));
  const Bytes large = aml::scope("\\_SB_", Bytes(0x12345));
  QCOMPARE(Bytes(large.begin(), large.begin() + 5), (Bytes{0x10, 0xce, 0x34, 0x12, 0}));
  QCOMPARE(large.size(), std::size_t{1 + 4 + 5 + 0x12345});
}

QTEST_APPLESS_MAIN(AcpiTablesTest)
#include "acpi_tables_test.moc"
