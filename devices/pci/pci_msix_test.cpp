// SPDX-License-Identifier: Apache-2.0
#include "devices/pci/pci_msix.h"

#include <thread>

#include "devices/pci/pci_root.h"
#include "tests/fakes/sample_pci_device.h"

namespace saffron::pci {

namespace {

using fakes::find_capability;
using fakes::SamplePciDevice;

constexpr std::uint64_t kBase = 0xfe000000;
constexpr std::uint64_t kPending = kBase + 0x800;
constexpr std::uint16_t kEnable = 1u << 15;
constexpr std::uint16_t kFunctionMask = 1u << 14;

struct Board {
  core::Bus io{"io", 16};
  core::Bus memory{"memory", 64};
  fakes::FakeIrqLine wire;
  PciRoot root{io, memory, {&wire, &wire, &wire, &wire, &wire, &wire, &wire, &wire}};
  SamplePciDevice device;

  Board() {
    device.add_sample_msix(1, 3);
    (void)root.add(1, 0, device);
    device.write_config(0x14, 4, kBase);
    device.write_config(0x04, 2, 0x6);
  }
  void control(std::uint16_t value) { device.write_config(find_capability(device, 0x11) + 2, 2, value); }
  void write(std::uint64_t address, unsigned size, std::uint64_t value) { memory.write(address, size, value); }
  std::uint64_t read(std::uint64_t address, unsigned size) {
    std::uint64_t value = 0;
    memory.read(address, size, value);
    return value;
  }
  void program(unsigned index, std::uint32_t address, std::uint32_t data, bool masked) {
    write(kBase + 16 * index, 4, address);
    write(kBase + 16 * index + 4, 4, 0);
    write(kBase + 16 * index + 8, 4, data);
    write(kBase + 16 * index + 12, 4, masked ? 1 : 0);
  }
  fakes::FakeMsiVector& vector(unsigned index) { return *device.controller.vectors[index]; }
};

/// Counts how often it is routed, and notices being used without a route.
class CountingVector final : public core::MsiVector {
 public:
  void configure(const core::MsiMessage&) override {
    routed = true;
    ++configured;
  }
  void disconnect() override { routed = false; }
  void signal() override {
    if (routed) {
      last_delivered = sent.load();
    }
  }
  int event_fd() const override { return 77; }

  std::atomic<bool> routed{false};
  std::atomic<unsigned> configured{0};
  std::atomic<unsigned> sent{0};            // The test's count of events.
  std::atomic<unsigned> last_delivered{0};  // The newest event that a delivered message told of.
};

}  // namespace

class PciMsixTest : public QObject {
  Q_OBJECT

 private slots:
  void capability_describes_the_table();
  void table_takes_4_and_8_bytes();
  void entries_start_masked_and_deliver_when_unmasked();
  void function_mask_holds_all();
  void pending_array_is_read_only();
  void disabled_means_silence();
  void bus_master_off_holds_messages();
  void unmasked_entry_is_rerouted_at_once();
  void only_changed_entries_are_rerouted();
  void event_fd_only_while_it_can_send();
  void intx_is_silent_while_msix_is_on();
  void out_of_range_is_nothing();
  void msi_delivers_masks_and_shows_pending();
  void no_interrupt_is_lost_while_masking();
};

void PciMsixTest::capability_describes_the_table() {
  Board board;
  const unsigned offset = find_capability(board.device, 0x11);
  QVERIFY(offset != 0);
  QCOMPARE(board.device.read_config(offset + 2, 2), 2u);  // Size less one.
  QCOMPARE(board.device.read_config(offset + 4, 4), 1u);
  QCOMPARE(board.device.read_config(offset + 8, 4), 0x801u);
  board.device.write_config(offset + 2, 2, 0xffff);
  QCOMPARE(board.device.read_config(offset + 2, 2), 0xc002u);
}

void PciMsixTest::table_takes_4_and_8_bytes() {
  Board board;
  QCOMPARE(board.read(kBase + 16 + 12, 4), 1ull);
  board.write(kBase + 16, 8, 0x1122334455667788);
  QCOMPARE(board.read(kBase + 16, 4), 0x55667788ull);
  QCOMPARE(board.read(kBase + 20, 4), 0x11223344ull);
  board.write(kBase + 24, 8, 0xffffffff0000abcd);
  QCOMPARE(board.read(kBase + 24, 8), 0x000000010000abcdull);
  board.write(kBase + 16, 4, 0xffffffff);
  QCOMPARE(board.read(kBase + 16, 4), 0xfffffffcull);
}

void PciMsixTest::entries_start_masked_and_deliver_when_unmasked() {
  Board board;
  board.control(kEnable);
  QVERIFY(board.device.msix_enabled());
  board.device.signal_msix(1);
  QVERIFY(!board.vector(1).message.has_value());
  QCOMPARE(board.read(kPending, 8), 2ull);
  board.program(1, 0xfee00000, 0x31, false);
  QVERIFY((board.vector(1).message == core::MsiMessage{0xfee00000, 0x31}));
  QCOMPARE(board.vector(1).signal_count.load(), 1u);
  QCOMPARE(board.read(kPending, 4), 0ull);
  board.device.signal_msix(1);
  QCOMPARE(board.vector(1).signal_count.load(), 2u);
}

void PciMsixTest::function_mask_holds_all() {
  Board board;
  board.program(0, 0xfee00000, 0x30, false);
  board.control(kEnable | kFunctionMask);
  board.device.signal_msix(0);
  QCOMPARE(board.vector(0).signal_count.load(), 0u);
  QCOMPARE(board.read(kPending, 4), 1ull);
  board.control(kEnable);
  QCOMPARE(board.vector(0).signal_count.load(), 1u);
}

void PciMsixTest::pending_array_is_read_only() {
  Board board;
  board.control(kEnable);
  board.write(kPending, 8, ~0ull);
  QCOMPARE(board.read(kPending, 8), 0ull);
  board.device.signal_msix(2);
  board.write(kPending, 4, 0);
  QCOMPARE(board.read(kPending, 4), 4ull);
}

void PciMsixTest::disabled_means_silence() {
  Board board;
  board.program(0, 0xfee00000, 0x30, false);
  board.device.signal_msix(0);
  QVERIFY(!board.vector(0).message.has_value());
  board.control(kEnable);
  QCOMPARE(board.vector(0).signal_count.load(), 0u);
  board.control(0);
  QVERIFY(!board.vector(0).message.has_value());
}

void PciMsixTest::bus_master_off_holds_messages() {
  Board board;
  board.program(0, 0xfee00000, 0x30, false);
  board.control(kEnable);
  board.device.write_config(0x04, 2, 0x2);
  board.device.signal_msix(0);
  QCOMPARE(board.vector(0).signal_count.load(), 0u);
  board.device.write_config(0x04, 2, 0x6);
  QCOMPARE(board.vector(0).signal_count.load(), 1u);
}

void PciMsixTest::unmasked_entry_is_rerouted_at_once() {
  Board board;
  board.program(0, 0xfee00000, 0x30, false);
  board.control(kEnable);
  board.write(kBase + 8, 4, 0x44);
  QVERIFY((board.vector(0).message == core::MsiMessage{0xfee00000, 0x44}));
  board.write(kBase + 12, 4, 1);
  QVERIFY(!board.vector(0).message.has_value());
}

void PciMsixTest::only_changed_entries_are_rerouted() {
  std::vector<std::unique_ptr<core::MsiVector>> vectors;
  auto owned = std::make_unique<CountingVector>();
  CountingVector& vector = *owned;
  vectors.push_back(std::move(owned));
  MsixTable table("sample", std::move(vectors));
  (void)table.set_control(true, false, true);
  table.vectors().sync_all();
  table.table_window().write(0, 8, 0xfee00000);
  table.table_window().write(8, 4, 0x20);
  QCOMPARE(vector.configured.load(), 0u);  // Still masked.
  table.table_window().write(12, 4, 0);
  table.table_window().write(12, 4, 0);
  table.table_window().write(8, 4, 0x20);
  QCOMPARE(vector.configured.load(), 1u);
}

void PciMsixTest::event_fd_only_while_it_can_send() {
  std::vector<std::unique_ptr<core::MsiVector>> vectors;
  vectors.push_back(std::make_unique<CountingVector>());
  MsixTable table("sample", std::move(vectors));
  QCOMPARE(table.vectors().event_fd(0), -1);
  (void)table.set_control(true, false, true);
  table.vectors().sync_all();
  QCOMPARE(table.vectors().event_fd(0), -1);
  table.table_window().write(12, 4, 0);
  QCOMPARE(table.vectors().event_fd(0), 77);
  QCOMPARE(table.vectors().event_fd(1), -1);
}

void PciMsixTest::intx_is_silent_while_msix_is_on() {
  Board board;
  board.device.set_intx(true);
  QVERIFY(board.wire.level());
  board.control(kEnable);
  QVERIFY(!board.wire.level());
  board.control(0);
  QVERIFY(board.wire.level());
}

void PciMsixTest::out_of_range_is_nothing() {
  Board board;
  board.control(kEnable);
  board.device.signal_msix(3);
  board.device.signal_msix(0xffffffff);
  QCOMPARE(board.read(kPending, 8), 0ull);
}

void PciMsixTest::msi_delivers_masks_and_shows_pending() {
  SamplePciDevice device;
  device.add_sample_msi();
  const unsigned offset = find_capability(device, 0x05);
  QCOMPARE(device.read_config(offset + 2, 2), 0x0180u);
  device.write_config(offset + 4, 4, 0xfee01003);
  device.write_config(offset + 8, 4, 0);
  device.write_config(offset + 0xc, 2, 0x41);
  device.signal_msi();
  device.write_config(0x04, 2, 0x4);
  device.write_config(offset + 2, 2, 1);
  QVERIFY(device.msi_enabled());
  fakes::FakeMsiVector& vector = *device.controller.vectors[0];
  QVERIFY((vector.message == core::MsiMessage{0xfee01000, 0x41}));
  device.signal_msi();
  QCOMPARE(vector.signal_count.load(), 1u);
  device.write_config(offset + 0x10, 4, 1);
  device.signal_msi();
  QCOMPARE(vector.signal_count.load(), 1u);
  QCOMPARE(device.read_config(offset + 0x14, 4), 1u);
  device.write_config(offset + 0x10, 4, 0);
  QCOMPARE(vector.signal_count.load(), 2u);
  QCOMPARE(device.read_config(offset + 0x14, 4), 0u);
}

void PciMsixTest::no_interrupt_is_lost_while_masking() {
  std::vector<std::unique_ptr<core::MsiVector>> vectors;
  auto owned = std::make_unique<CountingVector>();
  CountingVector& vector = *owned;
  vectors.push_back(std::move(owned));
  MessageVectors messages(std::move(vectors));
  messages.set_enabled(true);
  // The guest masks and unmasks while an I/O thread signals. Whatever was swallowed must have been sent again.
  std::thread guest([&] {
    for (unsigned i = 0; i < 2000; ++i) {
      messages.want(0, i % 2 == 0 ? std::optional(core::MsiMessage{0xfee00000, i}) : std::nullopt);
      messages.sync_all();
    }
  });
  for (unsigned i = 0; i < 2000; ++i) {
    ++vector.sent;
    messages.signal(0);
  }
  guest.join();
  messages.want(0, core::MsiMessage{0xfee00000, 1});
  messages.sync_all();
  QVERIFY(!messages.pending(0));
  QCOMPARE(vector.last_delivered.load(), 2000u);
}

}  // namespace saffron::pci

QTEST_APPLESS_MAIN(saffron::pci::PciMsixTest)
#include "pci_msix_test.moc"
