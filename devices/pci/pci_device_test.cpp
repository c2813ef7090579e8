// SPDX-License-Identifier: Apache-2.0
#include "devices/pci/pci_device.h"

#include "devices/pci/pci_root.h"
#include "engine/core/bus.h"
#include "tests/fakes/fake_irq.h"
#include "tests/fakes/fake_memory_slot.h"
#include "tests/fakes/sample_pci_device.h"

namespace saffron::pci {

namespace {

using fakes::find_capability;
using fakes::SamplePciDevice;

constexpr unsigned kCommand = 0x04;
constexpr unsigned kStatus = 0x06;
constexpr unsigned kBar0 = 0x10;
constexpr unsigned kRom = 0x30;
constexpr std::uint32_t kAllBits = 0xffffffff;

/// A root with buses and PIRQ wires that a test can look at.
struct Board {
  core::Bus io{"io", 16};
  core::Bus memory{"memory", 64};
  std::array<fakes::FakeIrqLine, 8> wires;
  PciRoot root{io, memory, {&wires[0], &wires[1], &wires[2], &wires[3], &wires[4], &wires[5], &wires[6], &wires[7]}};

  bool answers(std::uint64_t address) const {
    std::uint64_t value = 0;
    return memory.read(address, 4, value);
  }
  std::uint32_t read32(std::uint64_t address) const {
    std::uint64_t value = 0;
    memory.read(address, 4, value);
    return static_cast<std::uint32_t>(value);
  }
};

}  // namespace

class PciDeviceTest : public QObject {
  Q_OBJECT

 private slots:
  void header_says_who_it_is();
  void read_only_bits_stay();
  void unaligned_and_outside_cycles_do_nothing();
  void capabilities_are_linked_in_order();
  void express_capability_names_an_integrated_endpoint();
  void bar_sizing_data();
  void bar_sizing();
  void bar_follows_command_and_moves();
  void sizing_with_decoding_on_decodes_nothing();
  void windows_get_their_offsets();
  void slot_windows_are_mapped();
  void rom_needs_both_enables();
  void taken_place_is_decoded_when_it_comes_free();
  void bars_of_one_device_can_trade_places();
  void io_bar_above_ports_is_not_decoded();
  void intx_has_status_and_disable();
  void reset_restores_everything();
};

void PciDeviceTest::header_says_who_it_is() {
  SamplePciDevice device;
  QCOMPARE(device.read_config(0x00, 4), 0x56781234u);
  QCOMPARE(device.read_config(0x08, 4), 0xff000003u);
  QCOMPARE(device.read_config(0x2c, 4), 0x11001af4u);
  QCOMPARE(device.read_config(0x3d, 1), 1u);
  QCOMPARE(device.read_config(0x02, 2), 0x5678u);
  QCOMPARE(device.read_config(0x100, 4), 0u);  // No extended capability.
}

void PciDeviceTest::read_only_bits_stay() {
  SamplePciDevice device;
  for (unsigned offset = 0; offset < 0x40; offset += 4) {
    device.write_config(offset, 4, kAllBits);
  }
  QCOMPARE(device.read_config(0x00, 4), 0x56781234u);
  QCOMPARE(device.read_config(kCommand, 2), 0x0547u);  // I/O, memory, bus master, parity, SERR, interrupt disable.
  QCOMPARE(device.read_config(0x0c, 4), 0x000000ffu);  // Cache line size only.
  QCOMPARE(device.read_config(kBar0, 4), 0u);          // No such BAR.
  QCOMPARE(device.read_config(0x3c, 2), 0x01ffu);      // Interrupt line only.
}

void PciDeviceTest::unaligned_and_outside_cycles_do_nothing() {
  SamplePciDevice device;
  device.write_config(0x3b, 2, 0xffff);
  device.write_config(4096, 4, kAllBits);
  QCOMPARE(device.read_config(0x3c, 1), 0u);
  QCOMPARE(device.read_config(4096, 4), kAllBits);
  QVERIFY(device.config_writes.empty());
}

void PciDeviceTest::capabilities_are_linked_in_order() {
  SamplePciDevice device;
  QCOMPARE(device.read_config(kStatus, 2), 0u);
  const std::array<std::uint8_t, 5> body = {1, 2, 3, 4, 5};
  const std::array<std::uint8_t, 5> writable = {0, 0xf0, 0, 0, 0};
  const unsigned first = device.add_capability(0x09, body, writable);
  const unsigned second = device.add_capability(0x01, body);
  QCOMPARE(first, 0x40u);
  QCOMPARE(second, 0x48u);
  QCOMPARE(device.read_config(kStatus, 2), 0x10u);
  QCOMPARE(device.read_config(0x34, 1), first);
  QCOMPARE(device.read_config(first, 2), 0x09u | second << 8);
  QCOMPARE(device.read_config(second, 2), 0x01u);
  device.write_config(first + 3, 1, 0xff);
  device.write_config(second + 3, 1, 0xff);
  QCOMPARE(device.read_config(first + 3, 1), 0xf2u);
  QCOMPARE(device.read_config(second + 3, 1), 2u);
}

void PciDeviceTest::express_capability_names_an_integrated_endpoint() {
  SamplePciDevice device;
  device.add_express_endpoint_capability();
  const unsigned offset = find_capability(device, 0x10);
  QVERIFY(offset != 0);
  QCOMPARE(device.read_config(offset + 2, 2), 0x92u);
  QCOMPARE(device.read_config(offset + 8, 2), 0x2810u);
  device.write_config(offset + 8, 2, 0xffff);
  QCOMPARE(device.read_config(offset + 8, 2), 0x781fu);
}

void PciDeviceTest::bar_sizing_data() {
  QTest::addColumn<int>("kind");
  QTest::addColumn<quint64>("size");
  QTest::addColumn<quint32>("low");
  QTest::addColumn<quint32>("high");
  QTest::newRow("smallest I/O") << int(PciBarKind::kIo) << quint64{4} << 0xfffffffdu << 0u;
  QTest::newRow("I/O") << int(PciBarKind::kIo) << quint64{0x40} << 0xffffffc1u << 0u;
  QTest::newRow("smallest memory") << int(PciBarKind::kMemory32) << quint64{16} << 0xfffffff0u << 0u;
  QTest::newRow("2 GiB") << int(PciBarKind::kMemory32) << (quint64{1} << 31) << 0x80000000u << 0u;
  QTest::newRow("64-bit") << int(PciBarKind::kMemory64) << quint64{0x4000} << 0xffffc004u << 0xffffffffu;
  QTest::newRow("8 GiB") << int(PciBarKind::kMemory64) << (quint64{8} << 30) << 0x00000004u << 0xfffffffeu;
}

void PciDeviceTest::bar_sizing() {
  QFETCH(int, kind);
  QFETCH(quint64, size);
  QFETCH(quint32, low);
  QFETCH(quint32, high);
  SamplePciDevice device;
  device.add_bar(device.plain_bar(2, PciBarKind(kind), size));
  device.write_config(0x18, 4, kAllBits);
  device.write_config(0x1c, 4, kAllBits);
  QCOMPARE(device.read_config(0x18, 4), low);
  QCOMPARE(device.read_config(0x1c, 4), high);
}

void PciDeviceTest::bar_follows_command_and_moves() {
  Board board;
  SamplePciDevice device;
  device.add_bar(device.plain_bar(0, PciBarKind::kMemory32, 0x1000));
  QVERIFY(board.root.add(3, 0, device).ok());

  device.write_config(kBar0, 4, 0xfe000000);
  QVERIFY(!board.answers(0xfe000000));
  device.write_config(kCommand, 2, 2);
  QCOMPARE(board.read32(0xfe000010), 0xab000010u);
  QCOMPARE(device.bar_address(0), std::optional<std::uint64_t>(0xfe000000));
  device.write_config(kBar0, 4, 0xfd000fff);  // Bits below the size do not count.
  QVERIFY(!board.answers(0xfe000000));
  QCOMPARE(board.read32(0xfd000ffc), 0xab000ffcu);
  device.write_config(kCommand, 2, 0);
  QVERIFY(!board.answers(0xfd000000));
  QVERIFY(!device.bar_address(0).has_value());

  const std::vector<std::pair<unsigned, std::optional<std::uint64_t>>> expected = {
      {0, 0xfe000000}, {0, std::nullopt}, {0, 0xfd000000}, {0, std::nullopt}};
  QVERIFY(device.bar_changes == expected);
}

void PciDeviceTest::sizing_with_decoding_on_decodes_nothing() {
  Board board;
  SamplePciDevice device;
  device.add_bar(device.plain_bar(0, PciBarKind::kMemory64, 0x1000));
  QVERIFY(board.root.add(3, 0, device).ok());
  device.write_config(kCommand, 2, 2);
  device.write_config(kBar0, 4, kAllBits);  // Ends at 4 GiB for a moment: over the firmware.
  QVERIFY(!board.answers(0xfffff000));
  device.write_config(kBar0 + 4, 4, kAllBits);
  QVERIFY(!device.bar_address(0).has_value());
  device.write_config(kBar0, 4, 0x00001000);
  device.write_config(kBar0 + 4, 4, 0x10);
  QCOMPARE(board.read32(0x1000001008), 0xab000008u);
}

void PciDeviceTest::windows_get_their_offsets() {
  Board board;
  SamplePciDevice device;
  device.add_bar({.index = 1,
                  .kind = PciBarKind::kMemory32,
                  .prefetchable = true,
                  .size = 0x4000,
                  .windows = {{.offset = 0x1000, .size = 0x100, .handler = &device.echo, .device_offset = 0x50000}}});
  QVERIFY(board.root.add(3, 0, device).ok());
  device.write_config(kBar0 + 4, 4, 0xc0000000);
  device.write_config(kCommand, 2, 2);
  QCOMPARE(device.read_config(kBar0 + 4, 4), 0xc0000008u);
  QCOMPARE(board.read32(0xc0001004), 0xab050004u);
  QVERIFY(!board.answers(0xc0000ffc));
  QVERIFY(!board.answers(0xc0001100));
}

void PciDeviceTest::slot_windows_are_mapped() {
  Board board;
  auto shared = core::SharedMemory::create("vram", 0x10000).value();
  QVERIFY(shared != nullptr);
  fakes::FakeMemorySlot slot(*shared);
  SamplePciDevice device;
  device.add_bar({.index = 0,
                  .kind = PciBarKind::kMemory32,
                  .prefetchable = true,
                  .size = 0x10000,
                  .windows = {{.offset = 0, .size = 0x10000, .slot = &slot}}});
  QVERIFY(board.root.add(1, 0, device).ok());
  device.write_config(kBar0, 4, 0xfd000000);
  QVERIFY(!slot.mapped());
  device.write_config(kCommand, 2, 2);
  QCOMPARE(slot.base->value, 0xfd000000ull);
  device.write_config(kBar0, 4, 0xfc000000);
  QCOMPARE(slot.base->value, 0xfc000000ull);
  board.root.reset();
  QVERIFY(!slot.mapped());
}

void PciDeviceTest::rom_needs_both_enables() {
  Board board;
  SamplePciDevice device;
  device.add_bar(device.plain_bar(6, PciBarKind::kMemory32, 0x10000));
  QVERIFY(board.root.add(1, 0, device).ok());
  device.write_config(kRom, 4, 0xfffff800);
  QCOMPARE(device.read_config(kRom, 4), 0xffff0000u);
  device.write_config(kRom, 4, 0xfea00000);
  device.write_config(kCommand, 2, 2);
  QVERIFY(!board.answers(0xfea00000));
  device.write_config(kRom, 4, 0xfea00001);
  QVERIFY(board.answers(0xfea00000));
  device.write_config(kCommand, 2, 0);
  QVERIFY(!board.answers(0xfea00000));
}

void PciDeviceTest::taken_place_is_decoded_when_it_comes_free() {
  Board board;
  SamplePciDevice first("first");
  SamplePciDevice second("second");
  first.add_bar(first.plain_bar(0, PciBarKind::kMemory32, 0x1000));
  second.add_bar(second.plain_bar(0, PciBarKind::kMemory32, 0x1000));
  QVERIFY(board.root.add(1, 0, first).ok());
  QVERIFY(board.root.add(2, 0, second).ok());
  first.write_config(kBar0, 4, 0xfe000000);
  first.write_config(kCommand, 2, 2);
  second.write_config(kBar0, 4, 0xfe000000);
  second.write_config(kCommand, 2, 2);
  QVERIFY(first.bar_address(0).has_value());
  QVERIFY(!second.bar_address(0).has_value());
  first.write_config(kBar0, 4, 0xfe100000);
  QCOMPARE(second.bar_address(0), std::optional<std::uint64_t>(0xfe000000));
  QVERIFY(board.answers(0xfe100000));
}

void PciDeviceTest::bars_of_one_device_can_trade_places() {
  Board board;
  SamplePciDevice device;
  device.add_bar(device.plain_bar(0, PciBarKind::kMemory32, 0x1000));
  device.add_bar(device.plain_bar(1, PciBarKind::kMemory32, 0x1000));
  QVERIFY(board.root.add(1, 0, device).ok());
  device.write_config(kBar0, 4, 0xfe000000);
  device.write_config(kBar0 + 4, 4, 0xfe001000);
  device.write_config(kCommand, 2, 2);
  device.write_config(kBar0, 4, 0xfe001000);
  QVERIFY(!device.bar_address(0).has_value());
  device.write_config(kBar0 + 4, 4, 0xfe000000);
  QCOMPARE(device.bar_address(0), std::optional<std::uint64_t>(0xfe001000));
  QCOMPARE(device.bar_address(1), std::optional<std::uint64_t>(0xfe000000));
}

void PciDeviceTest::io_bar_above_ports_is_not_decoded() {
  Board board;
  SamplePciDevice device;
  device.add_bar(device.plain_bar(4, PciBarKind::kIo, 0x20));
  QVERIFY(board.root.add(1, 0, device).ok());
  device.write_config(kCommand, 2, 1);
  device.write_config(kBar0 + 16, 4, 0x10000);
  QVERIFY(!device.bar_address(4).has_value());
  device.write_config(kBar0 + 16, 4, 0xc000);
  std::uint64_t value = 0;
  QVERIFY(board.io.read(0xc01c, 4, value));
  QCOMPARE(value, 0xab00001cull);
}

void PciDeviceTest::intx_has_status_and_disable() {
  Board board;
  SamplePciDevice device;
  QVERIFY(board.root.add(2, 0, device).ok());
  fakes::FakeIrqLine& wire = board.wires[PciRoot::pirq_of(2, 1)];
  device.set_intx(true);
  QVERIFY(wire.level());
  QCOMPARE(device.read_config(kStatus, 2), 0x08u);
  device.write_config(kCommand, 2, 1u << 10);
  QVERIFY(!wire.level());
  QCOMPARE(device.read_config(kStatus, 2), 0x08u);
  device.write_config(kCommand, 2, 0);
  QVERIFY(wire.level());
  device.set_intx(false);
  QVERIFY(!wire.level());
  QCOMPARE(device.read_config(kStatus, 2), 0u);
}

void PciDeviceTest::reset_restores_everything() {
  Board board;
  SamplePciDevice device;
  device.add_bar(device.plain_bar(0, PciBarKind::kMemory32, 0x1000));
  QVERIFY(board.root.add(2, 0, device).ok());
  device.write_config(kBar0, 4, 0xfe000000);
  device.write_config(kCommand, 2, 0x7);
  device.write_config(0x3c, 1, 11);
  device.set_intx(true);
  device.reset();
  QVERIFY(!board.answers(0xfe000000));
  QVERIFY(!board.wires[PciRoot::pirq_of(2, 1)].level());
  QCOMPARE(device.read_config(kBar0, 4), 0u);
  QCOMPARE(device.read_config(kCommand, 2), 0u);
  QCOMPARE(device.read_config(0x3c, 1), 0u);
  QVERIFY(!device.bus_master_enabled());
  QCOMPARE(device.resets, 1u);
}

}  // namespace saffron::pci

QTEST_APPLESS_MAIN(saffron::pci::PciDeviceTest)
#include "pci_device_test.moc"
