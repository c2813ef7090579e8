// SPDX-License-Identifier: Apache-2.0
// Q35Mch, Ich9Lpc and Ich9Smbus on one board.
#include "devices/pci/ich9_lpc.h"
#include "devices/pci/ich9_smbus.h"
#include "devices/pci/pci_root.h"
#include "devices/pci/q35_mch.h"
#include "tests/fakes/fake_irq.h"
#include "tests/fakes/sample_pci_device.h"

namespace saffron::pci {

namespace {

using fakes::EchoHandler;
using fakes::SamplePciDevice;

constexpr std::uint64_t kMegabyte = 1ull << 20;

class RecordingPamListener final : public PamListener {
 public:
  void pam_changed(std::span<const PamRegion> regions) override { calls.emplace_back(regions.begin(), regions.end()); }
  std::vector<std::vector<PamRegion>> calls;
};

struct Board {
  core::Bus io{"io", 16};
  core::Bus memory{"memory", 64};
  std::array<fakes::FakeIrqLine, 24> gsis;
  EchoHandler acpi;
  RecordingPamListener pam;
  Ich9Lpc lpc{io, memory, lines()};
  PciRoot root{io, memory, lpc.pirq_lines()};
  Q35Mch mch{memory, root.ecam(), pam, {.low_ram_size = 2048 * kMegabyte, .high_ram_size = 2048 * kMegabyte}};
  Ich9Smbus smbus;

  Board() {
    lpc.connect_acpi_block(acpi);
    (void)root.connect_config_ports(nullptr);
    (void)root.add(0, 0, mch);
    (void)root.add(31, 0, lpc);
    (void)root.add(31, 3, smbus);
  }
  std::array<core::IrqLine*, 24> lines() {
    std::array<core::IrqLine*, 24> pointers;
    for (unsigned i = 0; i < 24; ++i) {
      pointers[i] = &gsis[i];
    }
    return pointers;
  }
  std::vector<unsigned> raised() const {
    std::vector<unsigned> numbers;
    for (unsigned i = 0; i < 24; ++i) {
      if (gsis[i].level()) {
        numbers.push_back(i);
      }
    }
    return numbers;
  }
  std::uint64_t read(core::Bus& bus, std::uint64_t address, unsigned size) {
    std::uint64_t value = 0;
    bus.read(address, size, value);
    return value;
  }
};

using Numbers = std::vector<unsigned>;

}  // namespace

class ChipsetTest : public QObject {
  Q_OBJECT

 private slots:
  void identities();
  void pciexbar_moves_ecam();
  void pam_tells_what_changed();
  void pam_writable_bits();
  void memory_registers_tell_where_ram_ends();
  void smram_lock_freezes();
  void acpi_block_follows_pmbase();
  void rcba_block();
  void pirqs_reach_ioapic_and_chosen_isa_line();
  void reserved_isa_lines_are_not_routed();
  void sci_goes_where_acpi_cntl_says();
  void wires_are_shared();
  void smi_lock_is_sticky();
  void reset_takes_everything_back();
  void smbus_reports_that_nobody_answers();
  void smbus_semaphore();
};

void ChipsetTest::identities() {
  Board board;
  QCOMPARE(board.root.read_config(0, 0, 0, 4), 0x29c08086u);
  QCOMPARE(board.root.read_config(0, 0, 0x0a, 2), 0x0600u);
  QCOMPARE(board.root.read_config(0, 0, 0x2c, 4), 0x11001af4u);
  QCOMPARE(board.root.read_config(0, 0xf8, 0, 4), 0x29188086u);
  QCOMPARE(board.root.read_config(0, 0xf8, 0x0a, 2), 0x0601u);
  QCOMPARE(board.root.read_config(0, 0xf8, 0x0e, 1), 0x80u);
  QCOMPARE(board.root.read_config(0, 0xfb, 0, 4), 0x29308086u);
  QCOMPARE(board.root.read_config(0, 0xfb, 0x0a, 2), 0x0c05u);
}

void ChipsetTest::pciexbar_moves_ecam() {
  Board board;
  QCOMPARE(board.mch.read_config(0x60, 4), 0xe0000000u);
  QCOMPARE(board.read(board.memory, 0xe0000000, 4), 0xffffffffull);
  board.mch.write_config(0x64, 4, 0);
  board.mch.write_config(0x60, 4, 0xb0000001);
  QCOMPARE(board.read(board.memory, 0xb0000000, 4), 0x29c08086ull);
  QCOMPARE(board.read(board.memory, 0xb00f8000, 4), 0x29188086ull);
  QCOMPARE(board.read(board.memory, 0xbff00000, 4), 0xffffffffull);  // Bus 255, where nobody is.
  // 64 MiB: buses 0 to 63, at a base that 256 MiB could not have.
  board.mch.write_config(0x60, 4, 0xb4000005);
  QCOMPARE(board.read(board.memory, 0xb4000000, 4), 0x29c08086ull);
  std::uint64_t value = 0;
  QVERIFY(!board.memory.read(0xb8000000, 4, value));
  board.mch.write_config(0x60, 4, 0xb0000007);  // The reserved length.
  QVERIFY(!board.memory.read(0xb0000000, 4, value));
}

void ChipsetTest::pam_tells_what_changed() {
  Board board;
  board.mch.write_config(0x90, 1, 0x30);
  QCOMPARE(board.pam.calls.size(), std::size_t{1});
  QVERIFY((board.pam.calls[0] == std::vector<PamRegion>{{0xf0000, 0x10000, true, true}}));
  board.mch.write_config(0x92, 1, 0x12);
  QVERIFY(
      (board.pam.calls[1] == std::vector<PamRegion>{{0xc8000, 0x4000, false, true}, {0xcc000, 0x4000, true, false}}));
  board.mch.write_config(0x92, 1, 0x12);
  QCOMPARE(board.pam.calls.size(), std::size_t{2});
  board.mch.write_config(0x90, 4, 0x33333330);
  QCOMPARE(board.pam.calls[2].size(), std::size_t{6});
  QVERIFY((board.mch.pam_regions()[12] == PamRegion{0xf0000, 0x10000, true, true}));
  QVERIFY((board.mch.pam_regions()[8] == PamRegion{0xe0000, 0x4000, false, false}));
}

void ChipsetTest::pam_writable_bits() {
  Board board;
  board.mch.write_config(0x90, 4, 0xffffffff);
  board.mch.write_config(0x94, 2, 0xffff);
  QCOMPARE(board.mch.read_config(0x90, 4), 0x33333330u);
  QCOMPARE(board.mch.read_config(0x94, 2), 0x3333u);
}

void ChipsetTest::memory_registers_tell_where_ram_ends() {
  Board board;
  QCOMPARE(board.mch.read_config(0xb0, 2), 0x8000u);      // TOLUD: 2 GiB.
  QCOMPARE(board.mch.read_config(0xac, 4), 0x80000000u);  // TSEGMB.
  QCOMPARE(board.mch.read_config(0xa0, 2), 64u);          // TOM: 4 GiB.
  QCOMPARE(board.mch.read_config(0xa2, 2), 0x1800u);      // TOUUD: 6 GiB.
}

void ChipsetTest::smram_lock_freezes() {
  Board board;
  QCOMPARE(board.mch.read_config(0x9d, 1), 0x02u);
  QCOMPARE(board.mch.read_config(0x9e, 1), 0x38u);
  board.mch.write_config(0x9d, 1, 0x4a);
  QCOMPARE(board.mch.read_config(0x9d, 1), 0x4au);
  board.mch.write_config(0x9d, 1, 0x5a);
  QCOMPARE(board.mch.read_config(0x9d, 1), 0x1au);
  board.mch.write_config(0x9d, 1, 0xff);
  board.mch.write_config(0x9e, 1, 0xff);
  board.mch.write_config(0xb0, 2, 0x1230);
  QCOMPARE(board.mch.read_config(0x9d, 1), 0x1au);
  QCOMPARE(board.mch.read_config(0x9e, 1), 0x38u);
  QCOMPARE(board.mch.read_config(0xb0, 2), 0x8000u);
  board.root.reset();
  QCOMPARE(board.mch.read_config(0x9d, 1), 0x02u);
  board.mch.write_config(0x9d, 1, 0x4a);
  QCOMPARE(board.mch.read_config(0x9d, 1), 0x4au);
}

void ChipsetTest::acpi_block_follows_pmbase() {
  Board board;
  QCOMPARE(board.lpc.read_config(0x40, 4), 1u);
  board.lpc.write_config(0x40, 4, 0x601);
  std::uint64_t value = 0;
  QVERIFY(!board.io.read(0x608, 4, value));
  board.lpc.write_config(0x44, 1, 0x80);
  QCOMPARE(board.read(board.io, 0x608, 4), 0xab000008ull);
  QVERIFY(!board.io.read(0x680, 4, value));
  board.lpc.write_config(0x40, 4, 0xb000);
  QCOMPARE(board.lpc.read_config(0x40, 4), 0xb001u);
  QVERIFY(!board.io.read(0x608, 4, value));
  QCOMPARE(board.read(board.io, 0xb008, 4), 0xab000008ull);
}

void ChipsetTest::rcba_block() {
  Board board;
  board.lpc.write_config(0xf0, 4, 0xfed1c001);
  QCOMPARE(board.read(board.memory, 0xfed1c000 + 0x3140, 2), 0x3210ull);
  // "No Reboot" is a strap, for watchdog drivers to see.
  QCOMPARE(board.read(board.memory, 0xfed1c000 + 0x3410, 4), 0x20ull);
  board.memory.write(0xfed1c000 + 0x3410, 4, 0);
  board.memory.write(0xfed1c000 + 0x3140, 2, 0);
  QCOMPARE(board.read(board.memory, 0xfed1c000 + 0x3410, 4), 0x20ull);
  QCOMPARE(board.read(board.memory, 0xfed1c000 + 0x3140, 2), 0x3210ull);
  std::uint64_t value = 0;
  QVERIFY(!board.memory.read(0xfed20000, 4, value));
}

void ChipsetTest::pirqs_reach_ioapic_and_chosen_isa_line() {
  Board board;
  SamplePciDevice device;
  QVERIFY(board.root.add(2, 0, device).ok());  // PIRQG.
  device.set_intx(true);
  QCOMPARE(board.raised(), Numbers{22});
  board.lpc.write_config(0x6a, 1, 0x0b);
  QCOMPARE(board.raised(), (Numbers{11, 22}));
  board.lpc.write_config(0x6a, 1, 0x0a);
  QCOMPARE(board.raised(), (Numbers{10, 22}));
  device.set_intx(false);
  QCOMPARE(board.raised(), Numbers{});
  device.set_intx(true);
  board.lpc.write_config(0x68, 4, 0x80808080);
  QCOMPARE(board.raised(), Numbers{22});
}

void ChipsetTest::reserved_isa_lines_are_not_routed() {
  Board board;
  board.lpc.pirq_lines()[0]->set_level(true);
  for (unsigned irq : {0u, 1u, 2u, 8u, 13u}) {
    board.lpc.write_config(0x60, 1, irq);
    QCOMPARE(board.raised(), Numbers{16});
  }
}

void ChipsetTest::sci_goes_where_acpi_cntl_says() {
  Board board;
  board.lpc.sci_line().set_level(true);
  QCOMPARE(board.raised(), Numbers{9});
  board.lpc.write_config(0x44, 1, 0x82);
  QCOMPARE(board.raised(), Numbers{11});
  board.lpc.write_config(0x44, 1, 0x84);
  QCOMPARE(board.raised(), Numbers{20});
  board.lpc.write_config(0x44, 1, 0x83);
  QCOMPARE(board.raised(), Numbers{});
}

void ChipsetTest::wires_are_shared() {
  Board board;
  core::IrqLine& isa = board.lpc.add_isa_line(9);
  isa.set_level(true);
  board.lpc.sci_line().set_level(true);
  isa.set_level(false);
  QCOMPARE(board.raised(), Numbers{9});
  board.lpc.sci_line().set_level(false);
  QCOMPARE(board.raised(), Numbers{});
}

void ChipsetTest::smi_lock_is_sticky() {
  Board board;
  board.lpc.write_config(0xa0, 2, 0x10);
  board.lpc.write_config(0xa0, 2, 0);
  QCOMPARE(board.lpc.read_config(0xa0, 2), 0x10u);
  board.root.reset();
  QCOMPARE(board.lpc.read_config(0xa0, 2), 0u);
}

void ChipsetTest::reset_takes_everything_back() {
  Board board;
  board.mch.write_config(0x60, 4, 0xb0000001);
  board.mch.write_config(0x90, 1, 0x30);
  board.lpc.write_config(0x40, 4, 0x601);
  board.lpc.write_config(0x44, 1, 0x81);
  board.lpc.write_config(0xf0, 4, 0xfed1c001);
  board.lpc.write_config(0x60, 1, 0x0b);
  board.root.reset();
  std::uint64_t value = 0;
  QVERIFY(!board.memory.read(0xb0000000, 4, value));
  QVERIFY(!board.memory.read(0xfed1c000, 4, value));
  QVERIFY(!board.io.read(0x600, 4, value));
  QVERIFY((board.pam.calls.back() == std::vector<PamRegion>{{0xf0000, 0x10000, false, false}}));
  board.lpc.pirq_lines()[0]->set_level(true);
  board.lpc.sci_line().set_level(true);
  QCOMPARE(board.raised(), (Numbers{9, 16}));
}

void ChipsetTest::smbus_reports_that_nobody_answers() {
  Board board;
  board.smbus.write_config(0x20, 4, 0x700);
  board.smbus.write_config(0x04, 2, 1);
  board.io.write(0x704, 1, 0xa1);
  board.io.write(0x702, 1, 0x49);  // Start before the host is enabled: nothing.
  QCOMPARE(board.read(board.io, 0x700, 1) & 0x1f, 0ull);
  board.smbus.write_config(0x40, 1, 1);
  board.io.write(0x702, 1, 0x49);
  QCOMPARE(board.read(board.io, 0x700, 1) & 0x1f, 0x04ull);
  QCOMPARE(board.read(board.io, 0x702, 1), 0x09ull);
  QCOMPARE(board.raised(), Numbers{16});
  board.io.write(0x700, 1, 0x04);
  QCOMPARE(board.read(board.io, 0x700, 1) & 0x1f, 0ull);
  QCOMPARE(board.raised(), Numbers{});
}

void ChipsetTest::smbus_semaphore() {
  Board board;
  board.smbus.write_config(0x20, 4, 0x700);
  board.smbus.write_config(0x04, 2, 1);
  QCOMPARE(board.read(board.io, 0x700, 1), 0x00ull);
  QCOMPARE(board.read(board.io, 0x700, 1), 0x40ull);
  board.io.write(0x700, 1, 0x40);
  QCOMPARE(board.read(board.io, 0x700, 1), 0x00ull);
}

}  // namespace saffron::pci

QTEST_APPLESS_MAIN(saffron::pci::ChipsetTest)
#include "chipset_test.moc"
