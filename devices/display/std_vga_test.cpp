// SPDX-License-Identifier: Apache-2.0
// StdVga as a guest finds it on the PCI bus.
#include "devices/display/std_vga.h"

#include <QtTest/QtTest>

#include "tests/fakes/fake_memory_slot.h"
#include "tests/fakes/fake_pci_socket.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/recording_sink.h"

using saffron::display::StdVga;
using saffron::display::StdVgaOptions;

namespace {

constexpr std::uint32_t kVideoMemory = 0xe0000000;
constexpr std::uint32_t kMmio = 0xfebf0000;
constexpr std::uint32_t kRom = 0xfeb00000;

std::vector<std::uint8_t> small_rom() {
  std::vector<std::uint8_t> rom(39936);
  rom[0] = 0x55;
  rom[1] = 0xaa;
  return rom;
}

// The device on a bus, placed and decoding.
struct Board {
  saffron::fakes::FakeMemorySlotFactory factory;
  saffron::fakes::ManualClock clock;
  saffron::fakes::FakePciSocket socket;
  std::unique_ptr<StdVga> vga;

  Board() {
    const StdVgaOptions options{
        .vram_bytes = 32 << 20, .rom = small_rom(), .preferred_width = 1920, .preferred_height = 1080};
    vga = std::move(StdVga::create(options, factory, clock)).value();
    vga->plug(socket);
    vga->connect_legacy(socket.io, socket.memory).value();
    vga->write_config(0x10, 4, kVideoMemory);
    vga->write_config(0x18, 4, kMmio);
    vga->write_config(0x30, 4, kRom | 1);
    vga->write_config(0x04, 2, 0x0003);
  }
  std::uint32_t read(std::uint64_t address, unsigned size) {
    std::uint64_t value = 0;
    socket.memory.read(address, size, value);
    return static_cast<std::uint32_t>(value);
  }
  std::uint32_t in(std::uint16_t port, unsigned size) {
    std::uint64_t value = 0;
    socket.io.read(port, size, value);
    return static_cast<std::uint32_t>(value);
  }
  void out(std::uint16_t port, unsigned size, std::uint32_t value) { socket.io.write(port, size, value); }
};

}  // namespace

class StdVgaTest : public QObject {
  Q_OBJECT

 private slots:
  void identity_is_what_drivers_bind_to() {
    Board board;
    QCOMPARE(board.vga->read_config(0x00, 4), 0x11111234u);
    QCOMPARE(board.vga->read_config(0x08, 4), 0x03000002u);
    QCOMPARE(board.vga->read_config(0x2c, 4), 0x11001af4u);
    QCOMPARE(board.vga->read_config(0x10, 4) & 0xf, 0x8u);  // Prefetchable, 32 bits.
  }

  void bars_have_their_sizes() {
    Board board;
    board.vga->write_config(0x04, 2, 0);
    const auto size_of = [&](unsigned offset) {
      board.vga->write_config(offset, 4, 0xffffffff);
      return ~(board.vga->read_config(offset, 4) & 0xfffff800u) + 1;
    };
    QCOMPARE(size_of(0x10), 32u << 20);
    QCOMPARE(size_of(0x18), 4096u);
    QCOMPARE(size_of(0x30), 65536u);
  }

  void video_memory_and_rom_are_mapped_directly() {
    Board board;
    QCOMPARE(board.factory.created.size(), std::size_t{2});
    QCOMPARE(board.factory.created[0]->base->value, std::uint64_t{kVideoMemory});
    QCOMPARE(board.factory.created[1]->base->value, std::uint64_t{kRom});
    QCOMPARE(int(board.factory.created[1]->memory.bytes()[1]), 0xaa);
  }

  void mmio_window_shows_the_edid() {
    Board board;
    QCOMPARE(board.read(kMmio, 4), 0xffffff00u);
    QCOMPARE(board.read(kMmio + 4, 4), 0x00ffffffu);
    QCOMPARE(board.read(kMmio + 56, 1), 1920u & 0xff);
    QCOMPARE(board.read(kMmio + 128, 4), 0u);
  }

  void mmio_window_has_the_dispi_registers() {
    Board board;
    QCOMPARE(board.read(kMmio + 0x500, 2), 0xb0c5u);
    QCOMPARE(board.read(kMmio + 0x514, 2), 512u);
    board.socket.memory.write(kMmio + 0x502, 4, (480u << 16) | 640u);
    QCOMPARE(board.read(kMmio + 0x502, 2), 640u);
    QCOMPARE(board.read(kMmio + 0x504, 2), 480u);
  }

  void mmio_window_has_the_vga_ports() {
    Board board;
    board.socket.memory.write(kMmio + 0x400 + 0x0e, 2, 0x0508);  // Graphics register 8.
    QCOMPARE(board.in(0x3cf, 1), 0x05u);
    // The colour place of the CRTC answers here even in mono.
    QCOMPARE(board.in(0x3cc, 1) & 1, 0u);
    board.socket.memory.write(kMmio + 0x400 + 0x14, 2, 0x220f);
    QCOMPARE(board.read(kMmio + 0x400 + 0x15, 1), 0x22u);
  }

  void extended_registers_say_size_and_byte_order() {
    Board board;
    QCOMPARE(board.read(kMmio + 0x600, 4), 8u);
    QCOMPARE(board.read(kMmio + 0x604, 4), 0x1e1e1e1eu);
    QCOMPARE(board.read(kMmio + 0x700, 4), 0xffffffffu);
  }

  void dispi_ports_take_words_at_both_data_places() {
    Board board;
    board.out(0x1ce, 2, 3);
    board.out(0x1cf, 2, 32);
    QCOMPARE(board.in(0x1cf, 2), 32u);
    QCOMPARE(board.in(0x1d0, 2), 32u);
    QCOMPARE(board.in(0x1ce, 2), 3u);
    board.out(0x1d0, 2, 16);
    QCOMPARE(board.in(0x1cf, 2), 16u);
  }

  void word_writes_set_index_and_data_at_once() {
    Board board;
    board.out(0x3c2, 1, 0x63);
    board.out(0x3c4, 2, 0x0f02);
    board.out(0x3c4, 2, 0x0604);
    board.out(0x3ce, 2, 0xff08);
    board.out(0x3ce, 2, 0x0506);
    board.socket.memory.write(0xa0000, 2, 0x1234);
    QCOMPARE(board.read(0xa0000, 2), 0x1234u);
    QCOMPARE(board.read(0xb8000, 1), 0xffu);
  }

  void a_linux_driver_sets_a_mode_and_it_is_shown() {
    Board board;
    saffron::fakes::RecordingSink sink;
    board.vga->set_sink(&sink);
    board.socket.memory.write(kMmio + 0x400, 1, 0x20);
    for (auto [index, value] :
         {std::pair{4u, 0u}, {3, 32}, {1, 1366}, {2, 768}, {5, 0}, {6, 1366}, {8, 0}, {9, 0}, {4, 0x41}}) {
      board.socket.memory.write(kMmio + 0x500 + index * 2, 2, value);
    }
    board.factory.created[0]->memory.bytes()[1] = 0xff;
    board.factory.created[0]->dirty_pages.push_back(0);
    board.clock.advance(50'000'000);
    QCOMPARE(sink.picture.width, 1366u);
    QCOMPARE(sink.pixel(0, 0), 0x00ff00u);
    QCOMPARE(board.vga->capture().pixels, sink.picture.pixels);
  }

  void reset_unmaps_and_blanks() {
    Board board;
    board.out(0x1ce, 2, 4);
    board.out(0x1cf, 2, 1);
    board.vga->reset();
    QVERIFY(!board.factory.created[0]->mapped());
    QCOMPARE(board.in(0x1ce, 2), 0u);
    QCOMPARE(board.vga->capture().width, 0u);
  }

  void bad_options_are_refused_data() {
    QTest::addColumn<quint64>("vram");
    QTest::addColumn<QByteArray>("rom");
    QTest::addColumn<QString>("subject");
    QTest::newRow("not a power of two") << quint64{3 << 20} << QByteArray() << "vram_bytes";
    QTest::newRow("too small") << quint64{1 << 19} << QByteArray() << "vram_bytes";
    QTest::newRow("too large") << (quint64{1} << 30) << QByteArray() << "vram_bytes";
    QTest::newRow("no signature") << quint64{16 << 20} << QByteArray(1024, 'x') << "rom";
    QTest::newRow("short ROM") << quint64{16 << 20} << QByteArray("\x55\xaa") << "rom";
    QTest::newRow("huge ROM") << quint64{16 << 20} << QByteArray(200000, 'x') << "rom";
  }
  void bad_options_are_refused() {
    QFETCH(quint64, vram);
    QFETCH(QByteArray, rom);
    QFETCH(QString, subject);
    saffron::fakes::FakeMemorySlotFactory factory;
    saffron::fakes::ManualClock clock;
    const StdVgaOptions options{.vram_bytes = vram, .rom = {rom.begin(), rom.end()}};
    const auto result = StdVga::create(options, factory, clock);
    QVERIFY(!result.ok());
    QCOMPARE(QString::fromStdString(result.error().subject), subject);
  }

  void legacy_places_that_are_taken_are_an_error() {
    Board board;
    const auto again = board.vga->connect_legacy(board.socket.io, board.socket.memory);
    QVERIFY(!again.ok());
  }
};

QTEST_APPLESS_MAIN(StdVgaTest)
#include "std_vga_test.moc"
