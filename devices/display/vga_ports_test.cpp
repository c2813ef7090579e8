// SPDX-License-Identifier: Apache-2.0
#include "devices/display/vga_ports.h"

#include <QtTest/QtTest>

#include "tests/fakes/vga_mode_tables.h"

using saffron::display::set_dac_width;
using saffron::display::VgaEffect;
using saffron::display::VgaPorts;
using saffron::display::VgaRegisters;

class VgaPortsTest : public QObject {
  Q_OBJECT

 private:
  VgaRegisters registers_;
  VgaPorts ports_{registers_};

  void indexed(std::uint16_t port, std::uint8_t index, std::uint8_t value) {
    ports_.write(port, index);
    ports_.write(static_cast<std::uint16_t>(port + 1), value);
  }
  std::uint8_t read_indexed(std::uint16_t port, std::uint8_t index) {
    ports_.write(port, index);
    return ports_.read(static_cast<std::uint16_t>(port + 1), 0);
  }

 private slots:
  void init() { registers_ = {}; }

  void registers_keep_only_the_bits_that_exist() {
    indexed(0x3c4, 1, 0xff);
    indexed(0x3c4, 4, 0xff);
    indexed(0x3ce, 5, 0xff);
    indexed(0x3ce, 8, 0xff);
    QCOMPARE(int(read_indexed(0x3c4, 1)), 0x3d);
    QCOMPARE(int(read_indexed(0x3c4, 4)), 0x0e);
    QCOMPARE(int(read_indexed(0x3ce, 5)), 0x7b);
    QCOMPARE(int(read_indexed(0x3ce, 8)), 0xff);
  }

  void registers_that_do_not_exist_read_as_nothing() {
    indexed(0x3c4, 7, 0xff);
    indexed(0x3ce, 15, 0xff);
    QCOMPARE(int(read_indexed(0x3c4, 7)), 0);
    QCOMPARE(int(read_indexed(0x3ce, 15)), 0);
    QCOMPARE(int(ports_.read(0x3cd, 0)), 0xff);
  }

  void crtc_moves_between_mono_and_colour_places() {
    indexed(0x3b4, 0x0e, 0x12);
    QCOMPARE(int(ports_.read(0x3d5, 0)), 0xff);
    QCOMPARE(int(ports_.read(0x3b5, 0)), 0x12);
    ports_.write(0x3c2, 0x01);
    QCOMPARE(int(ports_.read(0x3b5, 0)), 0xff);
    QCOMPARE(int(ports_.read(0x3d5, 0)), 0x12);
    QCOMPARE(int(ports_.read(0x3cc, 0)), 0x01);
  }

  void the_register_window_ignores_the_mono_place() {
    ports_.write(0x3d4, 0x0e, true);
    ports_.write(0x3d5, 0x34, true);
    QCOMPARE(int(ports_.read(0x3d5, 0, true)), 0x34);
  }

  void crtc_protection_leaves_only_line_compare_bit_8() {
    ports_.write(0x3c2, 0x01);
    indexed(0x3d4, 0x00, 0x5f);
    indexed(0x3d4, 0x07, 0x0f);
    indexed(0x3d4, 0x11, 0x80);
    indexed(0x3d4, 0x00, 0xaa);
    indexed(0x3d4, 0x07, 0xf0);
    indexed(0x3d4, 0x08, 0x11);
    QCOMPARE(int(read_indexed(0x3d4, 0x00)), 0x5f);
    QCOMPARE(int(read_indexed(0x3d4, 0x07)), 0x1f);
    QCOMPARE(int(read_indexed(0x3d4, 0x08)), 0x11);
  }

  void attribute_writes_alternate_between_index_and_data() {
    ports_.read(0x3ba, 0);
    ports_.write(0x3c0, 0x12);
    ports_.write(0x3c0, 0x0b);
    ports_.write(0x3c0, 0x13);
    ports_.write(0x3c0, 0x05);
    QCOMPARE(int(registers_.attribute[0x12]), 0x0b);
    QCOMPARE(int(registers_.attribute[0x13]), 0x05);
    QCOMPARE(int(ports_.read(0x3c0, 0)), 0x13);
    QCOMPARE(int(ports_.read(0x3c1, 0)), 0x05);
  }

  void reading_input_status_resets_the_flip_flop() {
    ports_.write(0x3c0, 0x11);
    ports_.read(0x3ba, 0);
    ports_.write(0x3c0, 0x10);  // An index again, not data.
    ports_.write(0x3c0, 0x41);
    QCOMPARE(int(registers_.attribute[0x10]), 0x41);
    QCOMPARE(int(registers_.attribute[0x11]), 0);
  }

  void dac_writes_whole_entries_and_counts_up() {
    ports_.write(0x3c8, 0xff);
    for (int value : {0x01, 0x42, 0x03, 0x04, 0x05, 0x06, 0x3f, 0x3f}) {
      ports_.write(0x3c9, static_cast<std::uint8_t>(value));
    }
    QCOMPARE(int(ports_.read(0x3c7, 0)), 0);
    ports_.write(0x3c7, 0xff);
    QCOMPARE(int(ports_.read(0x3c7, 0)), 3);
    QVector<int> read;
    for (int i = 0; i < 9; ++i) {
      read.append(ports_.read(0x3c9, 0));
    }
    // 6 bits each; wraps from 255 to 0; the unfinished entry 1 has not changed.
    QCOMPARE(read, (QVector<int>{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0, 0, 0}));
  }

  void wider_dac_keeps_the_colours() {
    ports_.write(0x3c8, 7);
    for (int value : {0x3f, 0x20, 0x00}) {
      ports_.write(0x3c9, static_cast<std::uint8_t>(value));
    }
    set_dac_width(registers_, true);
    QCOMPARE(int(registers_.dac[21]), 0xff);
    QCOMPARE(int(registers_.dac[22]), 0x82);
    ports_.write(0x3c8, 8);
    for (int value : {0xfe, 0x80, 0x01}) {
      ports_.write(0x3c9, static_cast<std::uint8_t>(value));
    }
    QCOMPARE(int(registers_.dac[24]), 0xfe);
    set_dac_width(registers_, false);
    QCOMPARE(int(registers_.dac[21]), 0x3f);
    QCOMPARE(int(registers_.dac[22]), 0x20);
  }

  void retrace_follows_the_programmed_timing() {
    const auto table = saffron::fakes::vga_mode_table(3);
    registers_.miscellaneous = table.miscellaneous;
    registers_.sequencer = table.sequencer;
    registers_.crtc = table.crtc;
    // 70 Hz: 449 lines of 31.78 us. Lines 412 to 448 are retrace, 400 on are blank.
    const std::int64_t line = 31'780;
    const auto at = [&](std::int64_t row, std::int64_t offset) { return ports_.read(0x3da, row * line + offset); };
    QCOMPARE(at(100, 5'000) & 0x09, 0x00);
    QCOMPARE(at(100, 30'000) & 0x09, 0x01);
    QCOMPARE(at(405, 5'000) & 0x09, 0x01);
    QCOMPARE(at(420, 5'000) & 0x09, 0x09);
    QCOMPARE(at(449 + 100, 8'000) & 0x08, 0x00);
  }

  void retrace_toggles_without_any_mode() {
    int changes = 0;
    int last = -1;
    for (std::int64_t now = 0; now < 100'000'000; now += 100'000) {
      const int retrace = ports_.read(0x3ba, now) & 0x08;
      changes += last >= 0 && retrace != last;
      last = retrace;
    }
    QVERIFY2(changes >= 10 && changes <= 13, qPrintable(QString::number(changes)));
  }

  void effects_tell_what_a_write_changes() {
    ports_.write(0x3c2, 0x01);
    ports_.write(0x3d4, 0x01);
    QVERIFY(ports_.write(0x3d5, 0x4f) == VgaEffect::kMode);
    QVERIFY(ports_.write(0x3d5, 0x4f) == VgaEffect::kNone);
    ports_.write(0x3d4, 0x0f);
    QVERIFY(ports_.write(0x3d5, 0x10) == VgaEffect::kContent);
    ports_.write(0x3c4, 0x02);
    QVERIFY(ports_.write(0x3c5, 0x0f) == VgaEffect::kNone);
    QVERIFY(ports_.write(0x3c0, 0x20) == VgaEffect::kMode);
  }

  void no_access_reaches_outside_of_the_registers() {
    for (int index = 0; index < 256; ++index) {
      for (std::uint16_t port = VgaPorts::kFirstPort; port <= VgaPorts::kLastPort; ++port) {
        ports_.write(port, static_cast<std::uint8_t>(index));
        ports_.read(port, index);
      }
    }
    QVERIFY(registers_.dac_component < 3);
  }
};

QTEST_APPLESS_MAIN(VgaPortsTest)
#include "vga_ports_test.moc"
