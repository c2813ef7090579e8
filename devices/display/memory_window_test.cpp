// SPDX-License-Identifier: Apache-2.0
#include "devices/display/memory_window.h"

#include <QtTest/QtTest>

using saffron::display::DispiRegisters;
using saffron::display::MemoryWindow;
using saffron::display::VgaRegisters;
using saffron::display::VideoMemory;

class MemoryWindowTest : public QObject {
  Q_OBJECT

 private:
  static constexpr std::size_t kBytes = 1 << 20;
  std::vector<std::uint64_t> storage_ = std::vector<std::uint64_t>(kBytes / 8);
  VideoMemory memory_{{reinterpret_cast<std::uint8_t*>(storage_.data()), kBytes}};
  VgaRegisters vga_;
  DispiRegisters dispi_;
  MemoryWindow window_{vga_, dispi_, memory_};

  // All planes, 64 KiB at 0xA0000, as mode 12h leaves it.
  void set_planar() {
    vga_.miscellaneous = 0x63;
    vga_.sequencer = {3, 1, 0x0f, 0, 0x06};
    vga_.graphics = {0, 0, 0, 0, 0, 0, 0x05, 0x0f, 0xff};
  }

 private slots:
  void init() {
    std::fill(storage_.begin(), storage_.end(), 0);
    std::vector<std::uint64_t> bitmap(memory_.bitmap_words());
    memory_.collect_dirty(bitmap);
    vga_ = {};
    dispi_ = {};
    set_planar();
  }

  void plain_writes_reach_the_planes_of_the_map_mask() {
    vga_.sequencer[2] = 0x05;
    window_.write(3, 0xa5);
    QCOMPARE(memory_.load_word(3), 0x00a500a5u);
    vga_.graphics[4] = 2;
    QCOMPARE(int(window_.read(3)), 0xa5);
    vga_.graphics[4] = 1;
    QCOMPARE(int(window_.read(3)), 0x00);
  }

  void bit_mask_keeps_the_latched_bits() {
    memory_.store_word(0, 0x11223344, ~0u);
    window_.read(0);
    vga_.graphics[8] = 0x0f;
    window_.write(0, 0xff);
    QCOMPARE(memory_.load_word(0), 0x1f2f3f4fu);
  }

  void set_reset_replaces_the_enabled_planes() {
    vga_.graphics[0] = 0x02;
    vga_.graphics[1] = 0x06;
    window_.write(0, 0x81);
    QCOMPARE(memory_.load_word(0), 0x8100ff81u);
  }

  void rotate_turns_the_byte_right() {
    vga_.graphics[3] = 3;
    window_.write(0, 0x01);
    QCOMPARE(memory_.load_word(0), 0x20202020u);
  }

  void logic_operations_use_the_latches_data() {
    QTest::addColumn<int>("function");
    QTest::addColumn<quint32>("expected");
    QTest::newRow("replace") << 0x00 << 0xccccccccu;
    QTest::newRow("and") << 0x08 << 0x88888888u;
    QTest::newRow("or") << 0x10 << 0xeeeeeeeeu;
    QTest::newRow("xor") << 0x18 << 0x66666666u;
  }
  void logic_operations_use_the_latches() {
    QFETCH(int, function);
    QFETCH(quint32, expected);
    memory_.store_word(0, 0xaaaaaaaa, ~0u);
    window_.read(0);
    vga_.graphics[3] = static_cast<std::uint8_t>(function);
    window_.write(0, 0xcc);
    QCOMPARE(memory_.load_word(0), expected);
  }

  void write_mode_1_copies_the_latches() {
    memory_.store_word(5, 0xdeadbeef, ~0u);
    window_.read(5);
    vga_.graphics[5] = 1;
    window_.write(9, 0x00);
    QCOMPARE(memory_.load_word(9), 0xdeadbeefu);
  }

  void write_mode_2_paints_a_colour() {
    window_.read(0);
    vga_.graphics[5] = 2;
    vga_.graphics[8] = 0xf0;
    window_.write(0, 0x09);
    QCOMPARE(memory_.load_word(0), 0xf00000f0u);
  }

  void write_mode_3_paints_set_reset_through_the_byte() {
    memory_.store_word(0, 0x0000ffff, ~0u);
    window_.read(0);
    vga_.graphics[5] = 3;
    vga_.graphics[0] = 0x0c;
    vga_.graphics[8] = 0x3f;
    window_.write(0, 0xf1);
    // Mask 0x31: those pixels become colour 12, others stay.
    QCOMPARE(memory_.load_word(0), 0x3131ceceu);
  }

  void read_mode_1_compares_colours_of_the_planes_that_matter() {
    memory_.store_word(0, 0x0000f0ff, ~0u);  // Left half colour 3, right half colour 1.
    vga_.graphics[5] = 0x08;
    vga_.graphics[2] = 0x03;
    QCOMPARE(int(window_.read(0)), 0xf0);
    vga_.graphics[7] = 0x0d;  // Plane 1 does not matter.
    QCOMPARE(int(window_.read(0)), 0xff);
  }

  void odd_even_puts_characters_and_attributes_into_planes() {
    vga_.sequencer = {3, 0, 3, 0, 2};
    vga_.graphics[5] = 0x10;
    vga_.graphics[6] = 0x0e;
    window_.write(0x18000, 'A');
    window_.write(0x18001, 0x1e);
    window_.write(0x18002, 'B');
    QCOMPARE(memory_.load_word(0), 0x00001e41u);
    QCOMPARE(memory_.load_word(2), 0x00000042u);
    QCOMPARE(int(window_.read(0x18001)), 0x1e);
    QCOMPARE(int(window_.read(0x18002)), 'B');
  }

  void chain_4_is_linear_and_obeys_the_map_mask() {
    vga_.sequencer[4] = 0x0e;
    vga_.graphics[5] = 0x40;
    for (unsigned i = 0; i < 5; ++i) {
      window_.write(i, static_cast<std::uint8_t>(0x10 + i));
    }
    QCOMPARE(memory_.load_word(0), 0x13121110u);
    QCOMPARE(int(window_.read(4)), 0x14);
    vga_.sequencer[2] = 0x0d;
    window_.write(1, 0x99);
    QCOMPARE(int(window_.read(1)), 0x11);
  }

  void memory_map_select_decides_what_is_decoded_data() {
    QTest::addColumn<int>("select");
    QTest::addColumn<quint64>("first");
    QTest::addColumn<quint64>("size");
    QTest::newRow("128 KiB") << 0x00 << quint64{0} << quint64{0x20000};
    QTest::newRow("A0000") << 0x04 << quint64{0} << quint64{0x10000};
    QTest::newRow("B0000") << 0x08 << quint64{0x10000} << quint64{0x8000};
    QTest::newRow("B8000") << 0x0c << quint64{0x18000} << quint64{0x8000};
  }
  void memory_map_select_decides_what_is_decoded() {
    QFETCH(int, select);
    QFETCH(quint64, first);
    QFETCH(quint64, size);
    vga_.graphics[6] = static_cast<std::uint8_t>(select | 1);
    window_.write(first, 0x5a);
    QCOMPARE(memory_.load_word(0), 0x5a5a5a5au);
    QCOMPARE(int(window_.read(first)), 0x5a);
    memory_.clear(kBytes);
    if (first != 0) {
      QCOMPARE(int(window_.read(first - 1)), 0xff);
    }
    if (first + size < MemoryWindow::kSize) {
      QCOMPARE(int(window_.read(first + size)), 0xff);
    }
  }

  void ram_enable_off_closes_the_window() {
    vga_.miscellaneous = 0x61;
    window_.write(0, 0x5a);
    QCOMPARE(memory_.load_word(0), 0u);
    QCOMPARE(int(window_.read(0)), 0xff);
  }

  void dispi_banks_are_linear_whatever_the_graphics_controller_says() {
    vga_.graphics[5] = 1;
    vga_.graphics[6] = 0x0e;
    dispi_.enable = 1;
    dispi_.bits_per_pixel = 8;
    dispi_.bank = 3;
    window_.write(0x10, 0x77);
    QCOMPARE(int(memory_.load_byte(0x30010)), 0x77);
    QCOMPARE(int(window_.read(0x10)), 0x77);
    QCOMPARE(int(window_.read(0x10010)), 0xff);
  }

  void dispi_planar_banks_reach_beyond_64k_of_a_plane() {
    dispi_.enable = 1;
    dispi_.bits_per_pixel = 4;
    dispi_.bank = 1;
    window_.write(2, 0xff);
    QCOMPARE(memory_.load_word(0x10002), 0xffffffffu);
  }

  void writes_mark_their_page_and_fonts() {
    std::vector<std::uint64_t> bitmap(memory_.bitmap_words());
    memory_.take_font_plane_written();
    vga_.sequencer[2] = 0x03;
    window_.write(0x400, 1);  // Byte 0x1000 of the memory.
    QVERIFY(memory_.collect_dirty(bitmap));
    QCOMPARE(bitmap[0], std::uint64_t{2});
    QVERIFY(!memory_.take_font_plane_written());
    vga_.sequencer[2] = 0x04;
    window_.write(0, 1);
    QVERIFY(memory_.take_font_plane_written());
    QVERIFY(memory_.collect_dirty(bitmap));
    QVERIFY(!memory_.collect_dirty(bitmap));
  }
};

QTEST_APPLESS_MAIN(MemoryWindowTest)
#include "memory_window_test.moc"
