// SPDX-License-Identifier: Apache-2.0
#include "devices/display/dispi.h"

#include <QtTest/QtTest>

using saffron::display::Dispi;
using saffron::display::DispiMode;
using saffron::display::DispiRegisters;
using saffron::display::resolve_mode;
using saffron::display::VgaEffect;

namespace {
constexpr std::uint64_t kMemory = 16 << 20;
enum { kId, kXres, kYres, kBpp, kEnable, kBank, kVirtualWidth, kVirtualHeight, kXOffset, kYOffset, kMemory64K };
}  // namespace

class DispiTest : public QObject {
  Q_OBJECT

 private:
  DispiRegisters registers_;
  Dispi dispi_{registers_, kMemory};

  Dispi::WriteResult set_mode(std::uint16_t width, std::uint16_t height, std::uint16_t bits, std::uint16_t flags) {
    dispi_.write(kEnable, 0);
    dispi_.write(kXres, width);
    dispi_.write(kYres, height);
    dispi_.write(kBpp, bits);
    return dispi_.write(kEnable, flags);
  }

 private slots:
  void init() { registers_ = {}; }

  void id_answers_the_versions_that_we_know() {
    QCOMPARE(int(dispi_.read(kId)), 0xb0c5);
    dispi_.write(kId, 0xb0c2);
    QCOMPARE(int(dispi_.read(kId)), 0xb0c2);
    dispi_.write(kId, 0xb0c6);
    QCOMPARE(int(dispi_.read(kId)), 0xb0c2);
  }

  void memory_is_told_in_units_of_64k() { QCOMPARE(int(dispi_.read(kMemory64K)), 256); }

  void capabilities_answer_while_asked_for() {
    dispi_.write(kXres, 640);
    dispi_.write(kEnable, DispiRegisters::kGetCapabilities);
    QCOMPARE(int(dispi_.read(kXres)), 3840);
    QCOMPARE(int(dispi_.read(kYres)), 2160);
    QCOMPARE(int(dispi_.read(kBpp)), 32);
    dispi_.write(kEnable, 0);
    QCOMPARE(int(dispi_.read(kXres)), 640);
  }

  void enabling_clears_the_screen_unless_told_not_to() {
    QCOMPARE(set_mode(800, 600, 32, 0x41).clear_bytes, std::uint64_t{800 * 600 * 4});
    QCOMPARE(set_mode(800, 600, 32, 0xc1).clear_bytes, std::uint64_t{0});
    // Writing ENABLE again while on clears nothing.
    QCOMPARE(dispi_.write(kEnable, 0x41).clear_bytes, std::uint64_t{0});
  }

  void enabling_starts_at_the_top_with_a_virtual_screen_as_wide_as_the_real_one() {
    registers_.virtual_width = 2000;
    registers_.x_offset = 5;
    registers_.y_offset = 7;
    set_mode(1024, 768, 32, 0x41);
    QCOMPARE(int(dispi_.read(kVirtualWidth)), 1024);
    QCOMPARE(int(dispi_.read(kVirtualHeight)), 4096);
    QCOMPARE(resolve_mode(registers_, kMemory).start, 0u);
  }

  void virtual_width_gives_stride_and_offsets_give_start() {
    set_mode(640, 480, 16, 0x41);
    dispi_.write(kVirtualWidth, 1000);
    dispi_.write(kXOffset, 10);
    dispi_.write(kYOffset, 20);
    const DispiMode mode = resolve_mode(registers_, kMemory);
    QCOMPARE(mode.stride, 2000u);
    QCOMPARE(mode.start, 20u * 2000 + 20);
    QCOMPARE(int(dispi_.read(kVirtualWidth)), 1000);
  }

  void a_virtual_width_that_does_not_fit_is_refused() {
    set_mode(1920, 1080, 32, 0x41);
    dispi_.write(kVirtualWidth, 8000);
    QCOMPARE(int(dispi_.read(kVirtualWidth)), 1920);
    dispi_.write(kVirtualWidth, 100);
    QCOMPARE(int(dispi_.read(kVirtualWidth)), 1920);
  }

  void depths_that_do_not_exist_become_eight() {
    dispi_.write(kBpp, 17);
    QCOMPARE(int(dispi_.read(kBpp)), 8);
  }

  void planar_lines_count_bytes_of_a_plane() {
    set_mode(800, 600, 4, 0x01);
    const DispiMode mode = resolve_mode(registers_, kMemory);
    QCOMPARE(mode.stride, 100u);
    QCOMPARE(mode.width, 800u);
  }

  void banks_stay_inside_the_memory() {
    set_mode(640, 480, 8, 0x01);
    dispi_.write(kBank, 300);
    QCOMPARE(int(dispi_.read(kBank)), 300 & 255);
    dispi_.write(kEnable, 0);
    QCOMPARE(int(dispi_.read(kBank)), 0);
  }

  void size_changes_while_on_are_mode_changes() {
    set_mode(640, 480, 32, 0x41);
    QVERIFY(dispi_.write(kXres, 1366).effect == VgaEffect::kMode);
    QCOMPARE(resolve_mode(registers_, kMemory).width, 1366u);
    QCOMPARE(resolve_mode(registers_, kMemory).stride, 1366u * 4);
  }

  void every_pixel_is_inside_the_memory_data() {
    QTest::addColumn<int>("bits");
    QTest::addColumn<quint64>("memory");
    for (int bits : {4, 8, 15, 16, 24, 32}) {
      for (quint64 memory : {quint64{1} << 20, quint64{16} << 20}) {
        QTest::addRow("%d bits, %llu MiB", bits, memory >> 20) << bits << memory;
      }
    }
  }
  void every_pixel_is_inside_the_memory() {
    QFETCH(int, bits);
    QFETCH(quint64, memory);
    constexpr std::array<std::uint16_t, 6> kValues = {0, 1, 640, 3840, 4096, 0xffff};
    for (std::uint16_t width : kValues) {
      for (std::uint16_t height : kValues) {
        for (std::uint16_t virtual_width : kValues) {
          for (std::uint16_t offset : kValues) {
            DispiRegisters r;
            r.bits_per_pixel = static_cast<std::uint16_t>(bits);
            r.width = width;
            r.height = height;
            r.virtual_width = virtual_width;
            r.x_offset = offset;
            r.y_offset = offset;
            const DispiMode mode = resolve_mode(r, memory);
            const quint64 line = bits == 4 ? mode.width / 8 : quint64{mode.width} * ((bits + 7) / 8);
            const quint64 end = mode.start + quint64{mode.stride} * (mode.height - 1) + line;
            QVERIFY(mode.width >= 8 && mode.width <= 3840 && mode.height >= 1 && mode.height <= 2160);
            QVERIFY(mode.stride >= line);
            QVERIFY2(end <= (bits == 4 ? memory / 4 : memory), qPrintable(QString::number(end)));
          }
        }
      }
    }
  }
};

QTEST_APPLESS_MAIN(DispiTest)
#include "dispi_test.moc"
