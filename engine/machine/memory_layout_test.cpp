// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/memory_layout.h"

#include <QtTest/QtTest>

#include <algorithm>

using namespace saffron;
using namespace saffron::machine;

class MemoryLayoutTest : public QObject {
  Q_OBJECT
 private slots:
  void ram_is_split_around_the_hole_data();
  void ram_is_split_around_the_hole();
  void the_high_window_stays_inside_the_processors_addresses_data();
  void the_high_window_stays_inside_the_processors_addresses();
  void pci_windows_leave_out_the_ecam();
  void maps_have_no_overlaps_and_cover_ram_data();
  void maps_have_no_overlaps_and_cover_ram();
};

void MemoryLayoutTest::ram_is_split_around_the_hole_data() {
  QTest::addColumn<quint64>("total");
  QTest::addColumn<quint64>("low");
  QTest::addColumn<quint64>("high");
  QTest::newRow("smallest") << quint64{16 * kMiB} << quint64{16 * kMiB} << quint64{0};
  QTest::newRow("2 GiB") << quint64{2 * kGiB} << quint64{2 * kGiB} << quint64{0};
  QTest::newRow("just under the hole") << quint64{kEcamBase - kMiB} << quint64{kEcamBase - kMiB} << quint64{0};
  QTest::newRow("up to the hole") << quint64{kEcamBase} << quint64{kEcamBase} << quint64{0};
  QTest::newRow("past the hole") << quint64{kEcamBase + kMiB} << quint64{2 * kGiB}
                                 << quint64{kEcamBase + kMiB - 2 * kGiB};
  QTest::newRow("4 GiB") << quint64{4 * kGiB} << quint64{2 * kGiB} << quint64{2 * kGiB};
  QTest::newRow("16 TiB") << quint64{16384 * kGiB} << quint64{2 * kGiB} << quint64{16382 * kGiB};
}

void MemoryLayoutTest::ram_is_split_around_the_hole() {
  QFETCH(quint64, total);
  QFETCH(quint64, low);
  QFETCH(quint64, high);

  const MemoryLayout layout = MemoryLayout::of(total, 48);

  QCOMPARE(quint64{layout.low_size}, low);
  QCOMPARE(quint64{layout.high_size}, high);
  QCOMPARE(quint64{layout.ram_end()}, high == 0 ? low : 4 * kGiB + high);
  const auto regions = layout.regions();
  std::uint64_t sum = 0;
  for (const core::GuestRegion& region : regions) {
    sum += region.size;
  }
  QCOMPARE(quint64{sum}, total);
  QCOMPARE(regions.size(), high == 0 ? std::size_t{1} : std::size_t{2});
}

void MemoryLayoutTest::the_high_window_stays_inside_the_processors_addresses_data() {
  QTest::addColumn<quint64>("total");
  QTest::addColumn<unsigned>("bits");
  QTest::addColumn<bool>("exists");
  QTest::newRow("36 bits") << quint64{2 * kGiB} << 36U << true;
  QTest::newRow("36 bits, full of RAM") << quint64{62 * kGiB} << 36U << false;
  QTest::newRow("40 bits") << quint64{8 * kGiB} << 40U << true;
  QTest::newRow("48 bits") << quint64{256 * kGiB} << 48U << true;
  QTest::newRow("more bits than x86 has") << quint64{2 * kGiB} << 64U << true;
}

void MemoryLayoutTest::the_high_window_stays_inside_the_processors_addresses() {
  QFETCH(quint64, total);
  QFETCH(unsigned, bits);
  QFETCH(bool, exists);

  const MemoryLayout layout = MemoryLayout::of(total, bits);

  QCOMPARE(layout.pci_high_end != 0, exists);
  if (exists) {
    QVERIFY(layout.pci_high_start >= std::max(layout.ram_end(), 4 * kGiB));
    QVERIFY(layout.pci_high_start < layout.pci_high_end);
    // To the last address: newer firmware puts BARs there.
    QCOMPARE(quint64{layout.pci_high_end}, quint64{(std::uint64_t{1} << std::min(bits, 52U)) - 1});
    QCOMPARE(quint64{layout.pci_high_start % (32 * kGiB)}, quint64{0});  // Room for a large BAR's alignment.
  }
}

void MemoryLayoutTest::pci_windows_leave_out_the_ecam() {
  const MemoryLayout small = MemoryLayout::of(kGiB, 40);
  const auto usual = small.pci_low_windows({});
  QCOMPARE(quint64{usual[0].last}, quint64{0});
  QCOMPARE(quint64{usual[1].first}, quint64{kPciLowStart});
  QCOMPARE(quint64{usual[1].last}, quint64{kPciLowEnd});

  const EcamPlace high{0xe0000000, 256 * kMiB};
  const auto moved = small.pci_low_windows(high);
  QCOMPARE(quint64{moved[0].first}, quint64{2 * kGiB});
  QCOMPARE(quint64{moved[0].last}, quint64{0xdfffffff});
  QCOMPARE(quint64{moved[1].first}, quint64{0xf0000000});
  QCOMPARE(quint64{moved[1].last}, quint64{kPciLowEnd});
  const auto top = small.pci_low_windows({0xf0000000, 256 * kMiB});
  QCOMPARE(quint64{top[0].last}, quint64{0});
  QCOMPARE(quint64{top[1].last}, quint64{0xefffffff});
  QCOMPARE(quint64{MemoryLayout::of(2800 * kMiB, 40).pci_low_windows(high)[0].first}, quint64{2800 * kMiB});
}

void MemoryLayoutTest::maps_have_no_overlaps_and_cover_ram_data() {
  QTest::addColumn<quint64>("total");
  for (const std::uint64_t mib : {16UL, 17UL, 512UL, 2047UL, 2048UL, 2816UL, 2817UL, 4096UL, 65536UL}) {
    QTest::addRow("%lu MiB", static_cast<unsigned long>(mib)) << quint64{mib * kMiB};
  }
}

void MemoryLayoutTest::maps_have_no_overlaps_and_cover_ram() {
  QFETCH(quint64, total);
  const MemoryLayout layout = MemoryLayout::of(total, 40);
  const auto check = [&](std::vector<E820Entry> map, std::uint64_t ram_expected, bool ecam_expected) {
    std::sort(map.begin(), map.end(), [](const auto& a, const auto& b) { return a.address < b.address; });
    std::uint64_t end = 0;
    std::uint64_t ram = 0;
    for (const E820Entry& entry : map) {
      QVERIFY(entry.size > 0);
      QVERIFY(entry.address >= end);
      end = entry.address + entry.size;
      if (entry.type == kE820Ram) {
        ram += entry.size;
        QVERIFY(end <= layout.low_size || (entry.address >= 4 * kGiB && end <= layout.ram_end()));
      } else {
        QCOMPARE(std::uint32_t{entry.type}, kE820Reserved);
      }
    }
    QCOMPARE(quint64{ram}, quint64{ram_expected});
    const bool ecam = std::any_of(map.begin(), map.end(), [](const E820Entry& entry) {
      return entry.address == kEcamBase && entry.size == kEcamSize && entry.type == kE820Reserved;
    });
    QCOMPARE(ecam, ecam_expected);
  };

  // Firmware reserves the ECAM where it puts it.
  check(firmware_memory_map(layout), total, false);
  // Of the first MiB, a kernel gets what is below a BIOS's EBDA.
  check(direct_boot_memory_map(layout), total - kMiB + 0x9fc00, true);
}

QTEST_APPLESS_MAIN(MemoryLayoutTest)
#include "memory_layout_test.moc"
