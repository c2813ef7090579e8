// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/smbios.h"

#include <QtTest/QtTest>

#include <cstring>
#include <map>
#include <numeric>
#include <set>

using namespace saffron;
using namespace saffron::machine;

namespace {

constexpr const char* kUuid = "00112233-4455-6677-8899-aabbccddeeff";

SmbiosFacts facts(unsigned cpu_count = 2, std::uint64_t memory = 4 * kGiB) {
  return {"Büro PC", kUuid, "A Processor", "0.1.0", cpu_count, MemoryLayout::of(memory, 40)};
}

struct Structure {
  std::uint16_t handle = 0;
  QByteArray formatted;
  std::vector<QByteArray> strings;

  template <typename T>
  T field(int offset) const {
    T value{};
    if (offset + static_cast<int>(sizeof(T)) <= formatted.size()) {
      std::memcpy(&value, formatted.constData() + offset, sizeof(T));
    }
    return value;
  }
  /// The string whose index is at `offset`.
  QByteArray text(int offset) const {
    const auto index = field<std::uint8_t>(offset);
    return index == 0 || index > strings.size() ? QByteArray() : strings[index - 1U];
  }
};

/// Walks as a reader does: formatted part, strings, an empty one. Empty on anything malformed.
std::multimap<int, Structure> walk(const std::vector<std::uint8_t>& bytes) {
  std::multimap<int, Structure> result;
  const QByteArray all(reinterpret_cast<const char*>(bytes.data()), static_cast<int>(bytes.size()));
  int at = 0;
  while (at + 4 <= all.size()) {
    Structure found;
    const int type = static_cast<unsigned char>(all[at]);
    const int length = static_cast<unsigned char>(all[at + 1]);
    std::memcpy(&found.handle, all.constData() + at + 2, 2);
    if (length < 4 || at + length + 2 > all.size()) {
      return {};
    }
    found.formatted = all.mid(at, length);
    at += length;
    if (all[at] == '\0') {
      ++at;  // No strings: two zeroes.
    }
    while (at < all.size() && all[at] != '\0') {
      const QByteArray text(all.constData() + at);
      found.strings.push_back(text);
      at += text.size() + 1;
    }
    ++at;
    result.emplace(type, found);
    if (type == 127) {
      return at == all.size() ? result : std::multimap<int, Structure>();
    }
  }
  return {};
}

std::uint8_t sum(const std::vector<std::uint8_t>& bytes, std::size_t start, std::size_t length) {
  const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(start);
  return static_cast<std::uint8_t>(std::accumulate(first, first + static_cast<std::ptrdiff_t>(length), 0U));
}

}  // namespace

class SmbiosTest : public QObject {
  Q_OBJECT
 private slots:
  void the_anchor_describes_the_structures();
  void moving_the_structures_mends_both_checksums();
  void all_required_structures_are_there_once();
  void system_says_who_the_machine_is();
  void uuid_has_little_endian_fields();
  void processors_are_counted_data();
  void processors_are_counted();
  void memory_is_described_data();
  void memory_is_described();
  void long_names_are_cut();
  void dmidecode_agrees();
};

void SmbiosTest::the_anchor_describes_the_structures() {
  const SmbiosTables tables = make_smbios(facts());
  const auto structures = walk(tables.structures);

  QCOMPARE(tables.anchor.size(), std::size_t{31});
  QCOMPARE(std::memcmp(tables.anchor.data(), "_SM_", 4), 0);
  QCOMPARE(std::memcmp(tables.anchor.data() + 16, "_DMI_", 5), 0);
  QCOMPARE(int{tables.anchor[5]}, 31);
  QCOMPARE(tables.anchor[22] | tables.anchor[23] << 8, static_cast<int>(tables.structures.size()));
  QCOMPARE(tables.anchor[28] | tables.anchor[29] << 8, static_cast<int>(structures.size()));
  QCOMPARE(int{sum(tables.anchor, 0, 31)}, 0);
  QCOMPARE(int{sum(tables.anchor, 16, 15)}, 0);
}

void SmbiosTest::moving_the_structures_mends_both_checksums() {
  SmbiosTables tables = make_smbios(facts());

  set_smbios_address(tables.anchor, 0x000f0020);

  QCOMPARE(std::vector<std::uint8_t>(tables.anchor.begin() + 24, tables.anchor.begin() + 28),
           (std::vector<std::uint8_t>{0x20, 0x00, 0x0f, 0x00}));
  QCOMPARE(int{sum(tables.anchor, 0, 31)}, 0);
  QCOMPARE(int{sum(tables.anchor, 16, 15)}, 0);
}

void SmbiosTest::all_required_structures_are_there_once() {
  const auto structures = walk(make_smbios(facts()).structures);

  // 6.2: BIOS, system, chassis, processor, memory array, module, mapped address (two: below and above 4 GiB), boot.
  for (const int type : {0, 1, 3, 4, 16, 17, 32, 127}) {
    QVERIFY2(structures.count(type) == 1, QByteArray::number(type));
  }
  QCOMPARE(structures.count(19), std::size_t{2});
  std::set<std::uint16_t> handles;
  for (const auto& [type, structure] : structures) {
    QVERIFY(handles.insert(structure.handle).second);
  }
}

void SmbiosTest::system_says_who_the_machine_is() {
  const auto structures = walk(make_smbios(facts()).structures);
  const Structure& system = structures.find(1)->second;

  QCOMPARE(system.text(4), QByteArray("Saffron"));
  QCOMPARE(system.text(5), QByteArray("Saffron PC"));
  QCOMPARE(system.text(6), QByteArray("0.1.0"));
  QCOMPARE(system.text(7), QByteArray("Büro PC"));
  QCOMPARE(structures.find(4)->second.text(0x10), QByteArray("A Processor"));
}

void SmbiosTest::uuid_has_little_endian_fields() {
  // 7.2.1 has this very example.
  const std::vector<std::uint8_t> expected{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
                                           0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};

  QCOMPARE(make_smbios_uuid(kUuid), expected);
  const auto structures = walk(make_smbios(facts()).structures);
  QCOMPARE(structures.find(1)->second.formatted.mid(8, 16),
           QByteArray(reinterpret_cast<const char*>(expected.data()), 16));
}

void SmbiosTest::processors_are_counted_data() {
  QTest::addColumn<unsigned>("count");
  QTest::addColumn<int>("byte");
  QTest::newRow("one") << 1U << 1;
  QTest::newRow("254") << 254U << 254;
  QTest::newRow("256") << 256U << 255;  // 0xff: look at the 16-bit field.
}

void SmbiosTest::processors_are_counted() {
  QFETCH(unsigned, count);
  QFETCH(int, byte);

  const auto structures = walk(make_smbios(facts(count)).structures);

  const Structure& processor = structures.find(4)->second;
  QCOMPARE(int{processor.field<std::uint8_t>(0x23)}, byte);
  QCOMPARE(unsigned{processor.field<std::uint16_t>(0x2a)}, count);
}

void SmbiosTest::memory_is_described_data() {
  QTest::addColumn<quint64>("mib");
  QTest::addColumn<unsigned>("size");
  QTest::addColumn<unsigned>("extended");
  QTest::newRow("512 MiB") << quint64{512} << 512U << 0U;
  QTest::newRow("under the extended field's") << quint64{32766} << 32766U << 0U;
  QTest::newRow("the first extended one") << quint64{32767} << 0x7fffU << 32767U;
  QTest::newRow("64 GiB") << quint64{65536} << 0x7fffU << 65536U;
}

void SmbiosTest::memory_is_described() {
  QFETCH(quint64, mib);
  QFETCH(unsigned, size);
  QFETCH(unsigned, extended);

  const auto structures = walk(make_smbios(facts(1, mib * kMiB)).structures);

  const Structure& module = structures.find(17)->second;
  QCOMPARE(unsigned{module.field<std::uint16_t>(0x0c)}, size);
  QCOMPARE(module.field<std::uint32_t>(0x1c), extended);
  QCOMPARE(module.field<std::uint16_t>(4), structures.find(16)->second.handle);
  quint64 mapped = 0;
  const auto [first, last] = structures.equal_range(19);
  for (auto range = first; range != last; ++range) {
    const Structure& map = range->second;
    const bool wide = map.field<std::uint32_t>(4) == 0xffffffff;
    mapped += wide ? map.field<std::uint64_t>(0x17) - map.field<std::uint64_t>(0x0f) + 1
                   : (quint64{map.field<std::uint32_t>(8)} - map.field<std::uint32_t>(4) + 1) * 1024;
  }
  QCOMPARE(mapped, mib * kMiB);
}

void SmbiosTest::long_names_are_cut() {
  SmbiosFacts long_facts = facts();
  long_facts.machine_name = std::string(5000, 'n');

  const auto structures = walk(make_smbios(long_facts).structures);

  QVERIFY(!structures.empty());
  QCOMPARE(structures.find(1)->second.text(7).size(), 64);
}

void SmbiosTest::dmidecode_agrees() {
  const QString program =
      QStandardPaths::findExecutable("dmidecode", {"/usr/sbin", "/sbin", "/usr/bin", "/usr/local/sbin"});
  if (program.isEmpty()) {
    QSKIP("dmidecode is not installed");
  }
  SmbiosTables tables = make_smbios(facts());
  set_smbios_address(tables.anchor, 32);  // dmidecode's dump: the anchor, and the structures at 32.
  QTemporaryDir folder;
  QFile dump(folder.filePath("dump"));
  QVERIFY(dump.open(QFile::WriteOnly));
  dump.write(QByteArray(reinterpret_cast<const char*>(tables.anchor.data()), 31).leftJustified(32, '\0'));
  dump.write(
      QByteArray(reinterpret_cast<const char*>(tables.structures.data()), static_cast<int>(tables.structures.size())));
  dump.close();

  QProcess process;
  process.setProcessChannelMode(QProcess::MergedChannels);
  process.start(program, {"--from-dump", dump.fileName()});
  QVERIFY(process.waitForFinished(30000));
  const QByteArray output = process.readAll();

  QVERIFY2(output.contains("UUID: " + QByteArray(kUuid)), output);
  QVERIFY2(output.contains("Product Name: Saffron PC"), output);
  QVERIFY2(output.contains("Maximum Capacity: 4 GB"), output);
  for (const char* complaint : {"BROKEN", "checksum", "truncated", "Invalid", "<BAD INDEX>", "Wrong DMI"}) {
    QVERIFY2(!output.contains(complaint), output);
  }
}

QTEST_APPLESS_MAIN(SmbiosTest)
#include "smbios_test.moc"
