// SPDX-License-Identifier: Apache-2.0
#include "devices/pci/pci_root.h"

#include <thread>

#include "devices/pci/pcie_root_port.h"
#include "tests/fakes/fake_irq.h"
#include "tests/fakes/sample_pci_device.h"

namespace saffron::pci {

namespace {

using fakes::find_capability;
using fakes::SamplePciDevice;

constexpr std::uint64_t kEcamBase = 0xb0000000;

/// The reset register's place in the middle of the address register.
class ResetRegister final : public core::BusDevice {
 public:
  std::string_view name() const override { return "reset"; }
  core::AccessSizes access_sizes() const override { return {1}; }
  std::uint64_t read(std::uint64_t offset, unsigned) override { return 0x50 + offset; }
  void write(std::uint64_t, unsigned, std::uint64_t value) override { written.push_back(value); }
  std::vector<std::uint64_t> written;
};

struct Board {
  core::Bus io{"io", 16};
  core::Bus memory{"memory", 64};
  std::array<fakes::FakeIrqLine, 8> wires;
  ResetRegister reset_register;
  PciRoot root{io, memory, {&wires[0], &wires[1], &wires[2], &wires[3], &wires[4], &wires[5], &wires[6], &wires[7]}};
  SamplePciDevice device;

  Board() {
    (void)root.connect_config_ports(&reset_register);
    (void)memory.insert({kEcamBase, 256 * PciRoot::kEcamBytesPerBus, 0}, root.ecam());
    (void)root.add(4, 0, device);
  }
  static std::uint32_t address(unsigned bus, unsigned slot, unsigned function, unsigned offset) {
    return 0x80000000u | bus << 16 | slot << 11 | function << 8 | (offset & 0xfc);
  }
  void out(std::uint64_t port, unsigned size, std::uint64_t value) { io.write(port, size, value); }
  std::uint32_t in(std::uint64_t port, unsigned size) {
    std::uint64_t value = 0;
    io.read(port, size, value);
    return static_cast<std::uint32_t>(value);
  }
  std::uint32_t ecam(unsigned slot, unsigned offset, unsigned size) {
    std::uint64_t value = 0;
    memory.read(kEcamBase + (slot << 15) + offset, size, value);
    return static_cast<std::uint32_t>(value);
  }
};

/// A bridge as PciBus sees it.
class SampleBridge final : public PciDevice, public PciBridge {
 public:
  explicit SampleBridge(PciBus::Wiring wiring)
      : PciDevice("bridge", SamplePciDevice::kIdentity), bus_(std::move(wiring)) {}
  PciBus& secondary_bus() override { return bus_; }
  std::uint8_t secondary_number() const override { return secondary; }
  std::uint8_t subordinate_number() const override { return subordinate; }
  std::uint8_t secondary = 0;
  std::uint8_t subordinate = 0;

 private:
  PciBus bus_;
};

}  // namespace

class PciRootTest : public QObject {
  Q_OBJECT

 private slots:
  void address_register_takes_whole_dwords();
  void reset_register_answers_bytes();
  void data_port_reaches_bytes_and_words();
  void data_port_is_closed_without_enable();
  void nobody_home_reads_all_ones();
  void ports_and_memory_agree();
  void memory_reaches_extended_space();
  void wrong_places_are_refused();
  void function_zero_tells_of_others();
  void pins_go_to_pirqs_data();
  void pins_go_to_pirqs();
  void shared_wire_falls_with_the_last();
  void shared_wire_is_right_after_a_race();
  void cycles_reach_behind_bridges();
  void root_port_carries_a_device();
};

void PciRootTest::address_register_takes_whole_dwords() {
  Board board;
  board.out(0xcf8, 4, 0xffffffff);
  QCOMPARE(board.in(0xcf8, 4), 0x80fffffcu);
  // What an old kernel does to find mechanism #1: a byte to 0xCFB must not change it.
  board.out(0xcfb, 1, 0x01);
  board.out(0xcf8, 2, 0x1234);
  QCOMPARE(board.in(0xcf8, 4), 0x80fffffcu);
  QCOMPARE(board.in(0xcf8, 1), 0xffu);
  board.root.reset();
  QCOMPARE(board.in(0xcf8, 4), 0u);
}

void PciRootTest::reset_register_answers_bytes() {
  Board board;
  board.out(0xcf9, 1, 0x06);
  QCOMPARE(board.reset_register.written, std::vector<std::uint64_t>{0x06});
  QCOMPARE(board.in(0xcf9, 1), 0x50u);
  board.out(0xcf8, 4, 0x80000600);
  QCOMPARE(board.reset_register.written.size(), std::size_t{1});
}

void PciRootTest::data_port_reaches_bytes_and_words() {
  Board board;
  board.out(0xcf8, 4, Board::address(0, 4, 0, 0));
  QCOMPARE(board.in(0xcfc, 4), 0x56781234u);
  QCOMPARE(board.in(0xcfe, 2), 0x5678u);
  QCOMPARE(board.in(0xcff, 1), 0x56u);
  QCOMPARE(board.in(0xcfd, 2), 0x7812u);  // Not aligned, yet inside the dword.
  board.out(0xcf8, 4, Board::address(0, 4, 0, 0x3c));
  board.out(0xcfc, 1, 0x0a);
  QCOMPARE(board.in(0xcfc, 2), 0x010au);
}

void PciRootTest::data_port_is_closed_without_enable() {
  Board board;
  board.out(0xcf8, 4, Board::address(0, 4, 0, 0x3c) & 0x7fffffff);
  QCOMPARE(board.in(0xcfc, 4), 0xffffffffu);
  board.out(0xcfc, 1, 0x0a);
  QCOMPARE(board.device.read_config(0x3c, 1), 0u);
}

void PciRootTest::nobody_home_reads_all_ones() {
  Board board;
  for (std::uint32_t address : {Board::address(0, 5, 0, 0), Board::address(0, 4, 1, 0), Board::address(1, 4, 0, 0)}) {
    board.out(0xcf8, 4, address);
    QCOMPARE(board.in(0xcfc, 4), 0xffffffffu);
    QCOMPARE(board.in(0xcfc, 2), 0xffffu);
    board.out(0xcfc, 4, 0);
  }
  QCOMPARE(board.ecam(5, 0, 4), 0xffffffffu);
}

void PciRootTest::ports_and_memory_agree() {
  Board board;
  board.device.write_config(0x0c, 1, 0x10);
  for (unsigned offset = 0; offset < 256; offset += 4) {
    board.out(0xcf8, 4, Board::address(0, 4, 0, offset));
    QCOMPARE(board.ecam(4, offset, 4), board.in(0xcfc, 4));
    for (unsigned byte = 0; byte < 4; ++byte) {
      QCOMPARE(board.ecam(4, offset + byte, 1), board.in(0xcfc + byte, 1));
    }
  }
}

void PciRootTest::memory_reaches_extended_space() {
  Board board;
  const std::array<std::uint8_t, 4> value = {0x78, 0x56, 0x34, 0x12};
  const std::array<std::uint8_t, 4> writable = {0xff, 0, 0, 0};
  board.device.set_config(0xffc, value, writable);
  QCOMPARE(board.ecam(4, 0xffc, 4), 0x12345678u);
  board.memory.write(kEcamBase + (4u << 15) + 0xffc, 4, 0xaaaaaaaa);
  QCOMPARE(board.ecam(4, 0xffc, 4), 0x123456aau);
}

void PciRootTest::wrong_places_are_refused() {
  Board board;
  SamplePciDevice other("other");
  QCOMPARE(board.root.add(32, 0, other).error().code, core::ErrorCode::kOutOfRange);
  QCOMPARE(board.root.add(0, 8, other).error().code, core::ErrorCode::kOutOfRange);
  const auto taken = board.root.add(4, 0, other);
  QCOMPARE(taken.error().code, core::ErrorCode::kAlreadyExists);
  QCOMPARE(taken.error().subject, std::string("sample"));
  QVERIFY(!board.root.connect_config_ports(nullptr).ok());
}

void PciRootTest::function_zero_tells_of_others() {
  Board board;
  QCOMPARE(board.device.read_config(0x0e, 1), 0u);
  QVERIFY(board.root.add(4, 2, std::make_unique<SamplePciDevice>("other")).ok());
  QCOMPARE(board.device.read_config(0x0e, 1), 0x80u);
  board.root.reset();
  QCOMPARE(board.device.read_config(0x0e, 1), 0x80u);
  QVERIFY(board.root.find(0, 4, 2) != nullptr);
}

void PciRootTest::pins_go_to_pirqs_data() {
  QTest::addColumn<unsigned>("slot");
  QTest::addColumn<unsigned>("pin");
  QTest::addColumn<unsigned>("pirq");
  QTest::newRow("slot 0, INTA: E") << 0u << 1u << 4u;
  QTest::newRow("slot 1, INTA: F") << 1u << 1u << 5u;
  QTest::newRow("slot 3, INTB: E") << 3u << 2u << 4u;
  QTest::newRow("slot 24, INTD: H") << 24u << 4u << 7u;
  QTest::newRow("slot 25, INTA: A") << 25u << 1u << 0u;
  QTest::newRow("slot 31, INTA: A") << 31u << 1u << 0u;
  QTest::newRow("slot 31, INTD: D") << 31u << 4u << 3u;
}

void PciRootTest::pins_go_to_pirqs() {
  QFETCH(unsigned, slot);
  QFETCH(unsigned, pin);
  QFETCH(unsigned, pirq);
  Board board;
  PciIdentity identity = SamplePciDevice::kIdentity;
  identity.interrupt_pin = static_cast<std::uint8_t>(pin);
  SamplePciDevice device("pin", identity);
  QVERIFY(board.root.add(slot, 0, device).ok());
  device.set_intx(true);
  for (unsigned i = 0; i < 8; ++i) {
    QCOMPARE(board.wires[i].level(), i == pirq);
  }
}

void PciRootTest::shared_wire_falls_with_the_last() {
  Board board;
  SamplePciDevice other("other");
  QVERIFY(board.root.add(8, 0, other).ok());  // The same PIRQ as slot 4.
  fakes::FakeIrqLine& wire = board.wires[PciRoot::pirq_of(4, 1)];
  board.device.set_intx(true);
  other.set_intx(true);
  other.set_intx(true);
  board.device.set_intx(false);
  QVERIFY(wire.level());
  other.set_intx(false);
  QVERIFY(!wire.level());
  QCOMPARE(wire.rises(), 1u);
}

void PciRootTest::shared_wire_is_right_after_a_race() {
  Board board;
  SamplePciDevice other("other");
  QVERIFY(board.root.add(8, 0, other).ok());
  const auto toggle = [](SamplePciDevice& device, bool last) {
    for (unsigned i = 0; i < 3000; ++i) {
      device.set_intx(i % 2 == 0);
    }
    device.set_intx(last);
  };
  std::thread thread([&] { toggle(other, false); });
  toggle(board.device, true);
  thread.join();
  fakes::FakeIrqLine& wire = board.wires[PciRoot::pirq_of(4, 1)];
  QVERIFY(wire.level());
  board.device.set_intx(false);
  QVERIFY(!wire.level());
}

void PciRootTest::cycles_reach_behind_bridges() {
  Board board;
  WiredOr wire(nullptr);
  const auto wiring = [&] {
    return PciBus::Wiring{.io_bus = board.io,
                          .memory_bus = board.memory,
                          .wire_of = [&wire](unsigned, std::uint8_t) -> WiredOr& { return wire; },
                          .address_space_freed = [] {},
                          .link = false};
  };
  SampleBridge outer(wiring());
  SampleBridge inner(wiring());
  SamplePciDevice leaf("leaf");
  QVERIFY(board.root.add(2, 0, outer).ok());
  QVERIFY(outer.secondary_bus().add(0, 0, inner).ok());
  QVERIFY(inner.secondary_bus().add(3, 1, leaf).ok());
  QVERIFY(board.root.find(2, 3, 1) == nullptr);
  outer.secondary = 1;
  outer.subordinate = 2;
  inner.secondary = inner.subordinate = 2;
  QCOMPARE(board.root.find(2, 3, 1), static_cast<PciDevice*>(&leaf));
  QCOMPARE(board.root.find(1, 0, 0), static_cast<PciDevice*>(&inner));
  inner.secondary = 1;  // Buses in a circle: found nowhere, and found out in finite time.
  inner.subordinate = 255;
  QVERIFY(board.root.find(2, 3, 1) == nullptr);
  board.root.reset();
  QCOMPARE(leaf.resets, 1u);
}

void PciRootTest::root_port_carries_a_device() {
  Board board;
  PcieRootPort port("port1", 7, board.io, board.memory);
  SamplePciDevice leaf("leaf");
  leaf.add_bar(leaf.plain_bar(0, PciBarKind::kMemory32, 0x1000));
  leaf.add_express_endpoint_capability();
  QVERIFY(board.root.add(2, 0, port).ok());
  QVERIFY(port.add(0, leaf).ok());

  QCOMPARE(port.read_config(0x0a, 2), 0x0604u);
  QCOMPARE(port.read_config(0x0e, 1), 1u);
  const unsigned port_express = find_capability(port, 0x10);
  QCOMPARE(port.read_config(port_express + 2, 2), 0x0142u);
  QCOMPARE(port.read_config(port_express + 0x14, 4), 7u << 19);
  QCOMPARE(port.read_config(port_express + 0x1a, 2), 0x40u);
  QCOMPARE(port.read_config(port_express + 0x12, 2), 0x2104u);
  const unsigned leaf_express = find_capability(leaf, 0x10);
  QCOMPARE(leaf.read_config(leaf_express + 2, 2), 0x02u);  // An endpoint, no longer of the root complex.

  QCOMPARE(board.root.read_config(1, 0, 0, 4), 0xffffffffu);
  board.root.write_config(0, 2 << 3, 0x18, 4, 0xffffff00 | 0x010100);
  QCOMPARE(port.read_config(0x18, 4), 0x00ffff00u);
  board.root.write_config(0, 2 << 3, 0x18, 4, 0x00010100);
  QCOMPARE(board.root.read_config(1, 0, 0, 4), 0x56781234u);
  board.root.write_config(1, 0, 0x10, 4, 0xfe000000);
  board.root.write_config(1, 0, 0x04, 2, 2);
  QCOMPARE(leaf.bar_address(0), std::optional<std::uint64_t>(0xfe000000));

  leaf.set_intx(true);  // INTA of slot 0 below is INTA of the port in slot 2.
  QVERIFY(board.wires[PciRoot::pirq_of(2, 1)].level());
  leaf.set_intx(false);
  QVERIFY(!board.wires[PciRoot::pirq_of(2, 1)].level());
  board.root.reset();
  QCOMPARE(board.root.read_config(1, 0, 0, 4), 0xffffffffu);
  QVERIFY(!leaf.bar_address(0).has_value());
}

}  // namespace saffron::pci

QTEST_APPLESS_MAIN(saffron::pci::PciRootTest)
#include "pci_root_test.moc"
