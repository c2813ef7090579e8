// SPDX-License-Identifier: Apache-2.0
// What each mode looks like: register values and bytes in, pixels out. Each picture reaches the sink as damage, and
// must equal what capture() sees.
#include <QtTest/QtTest>
#include <cstring>

#include "devices/display/vga_adapter.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/recording_sink.h"
#include "tests/fakes/vga_guest.h"

using saffron::display::VgaAdapter;
using saffron::fakes::ManualClock;
using saffron::fakes::RecordingSink;
using saffron::fakes::VgaGuest;

namespace {

constexpr std::size_t kBytes = 16 << 20;
constexpr std::int64_t kRefresh = 20'000'000;

// What 4-bit pixel `i` shows with the palette of VgaGuest's 16-colour modes.
std::uint32_t color16(unsigned i) {
  return VgaGuest::dac_color(saffron::fakes::vga_tables::kColors16[i]);
}

// A screen under test: memory, adapter, guest and sink.
struct Screen {
  std::vector<std::uint64_t> storage = std::vector<std::uint64_t>(kBytes / 8);
  ManualClock clock;
  std::span<std::uint8_t> bytes{reinterpret_cast<std::uint8_t*>(storage.data()), kBytes};
  VgaAdapter adapter{bytes, nullptr, clock};
  VgaGuest guest{adapter};
  RecordingSink sink;

  Screen() { adapter.set_sink(&sink); }
  // Lets the adapter look, and checks the sink against capture().
  bool show() {
    clock.advance(kRefresh);
    // Blinking is shown as lit by capture: go to a moment when it is.
    clock.advance(2'000'000'000 - clock.now_ns() % 2'000'000'000 + kRefresh);
    const auto frame = adapter.capture();
    return sink.error.empty() && frame.width == sink.picture.width && frame.height == sink.picture.height &&
           frame.pixels == sink.picture.pixels;
  }
  std::uint32_t pixel(std::uint32_t x, std::uint32_t y) const { return sink.pixel(x, y); }
};

constexpr std::array<std::uint8_t, 16> kDiagonal = {0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01,
                                                    0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81};

}  // namespace

class VgaPictureTest : public QObject {
  Q_OBJECT

 private slots:
  void standard_modes_have_their_size_data() {
    QTest::addColumn<int>("mode");
    QTest::addColumn<QSize>("size");
    QTest::newRow("01h") << 0x01 << QSize(720, 400);
    QTest::newRow("03h") << 0x03 << QSize(720, 400);
    QTest::newRow("04h") << 0x04 << QSize(640, 400);
    QTest::newRow("06h") << 0x06 << QSize(640, 400);
    QTest::newRow("07h") << 0x07 << QSize(720, 400);
    QTest::newRow("0dh") << 0x0d << QSize(640, 400);
    QTest::newRow("0eh") << 0x0e << QSize(640, 400);
    QTest::newRow("10h") << 0x10 << QSize(640, 350);
    QTest::newRow("11h") << 0x11 << QSize(640, 480);
    QTest::newRow("12h") << 0x12 << QSize(640, 480);
    QTest::newRow("13h") << 0x13 << QSize(640, 400);
  }
  void standard_modes_have_their_size() {
    QFETCH(int, mode);
    QFETCH(QSize, size);
    Screen screen;
    screen.guest.set_mode(static_cast<unsigned>(mode));
    QVERIFY(screen.show());
    QCOMPARE(QSize(int(screen.sink.picture.width), int(screen.sink.picture.height)), size);
  }

  void text_draws_glyphs_in_their_colours() {
    Screen screen;
    screen.guest.set_mode(3);
    screen.guest.crtc(0x0a, 0x20);
    screen.guest.load_glyph(0, 'A', kDiagonal);
    screen.guest.text(81, "A", 0x1e);  // Column 1 of row 1, yellow on blue.
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(9, 16), color16(14));
    QCOMPARE(screen.pixel(10, 16), color16(1));
    QCOMPARE(screen.pixel(9 + 7, 16 + 7), color16(14));
    QCOMPARE(screen.pixel(9 + 8, 16 + 7), color16(1));  // The ninth dot is background.
    QCOMPARE(screen.pixel(8, 16), color16(0));
  }

  void line_graphics_repeat_the_eighth_dot() {
    Screen screen;
    screen.guest.set_mode(3);
    screen.guest.load_glyph(0, 0xc4, kDiagonal);
    screen.guest.load_glyph(0, 0xe0, kDiagonal);
    screen.guest.text(10, "\xc4\xe0", 0x0f);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(90 + 8, 7), color16(15));
    QCOMPARE(screen.pixel(99 + 8, 7), color16(0));
  }

  void attribute_bit_3_selects_the_other_font() {
    Screen screen;
    screen.guest.set_mode(3);
    const std::array<std::uint8_t, 2> full = {0xff, 0xff};
    screen.guest.load_glyph(1, 'x', full);
    screen.guest.sequencer(3, 0x04);  // Font A: block 1; font B: block 0.
    screen.guest.text(10, "x", 0x07);
    screen.guest.text(11, "x", 0x0f);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(90, 0), color16(0));
    QCOMPARE(screen.pixel(99, 0), color16(15));
  }

  void a_new_font_redraws_the_text() {
    Screen screen;
    screen.guest.set_mode(3);
    screen.guest.text(0, "Z", 0x07);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(0, 0), color16(0));
    screen.guest.load_glyph(0, 'Z', kDiagonal);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(0, 0), color16(7));
  }

  void only_changed_cells_are_damage() {
    Screen screen;
    screen.guest.set_mode(3);
    screen.guest.crtc(0x0a, 0x20);
    screen.guest.load_glyph(0, 'A', kDiagonal);
    QVERIFY(screen.show());
    screen.sink.bytes_copied = 0;
    screen.guest.text(2 * 80 + 5, "AA", 0x07);
    QVERIFY(screen.show());
    QCOMPARE(screen.sink.last_damage, (std::vector<saffron::ports::Rect>{{45, 32, 18, 16}}));
    QCOMPARE(screen.sink.bytes_copied, std::uint64_t{18 * 16 * 4});
    screen.guest.text(2 * 80 + 5, "AA", 0x07);  // The same again.
    QVERIFY(screen.show());
    QCOMPARE(screen.sink.bytes_copied, std::uint64_t{18 * 16 * 4});
  }

  void cursor_covers_its_rows() {
    Screen screen;
    screen.guest.set_mode(3);
    screen.guest.text(0, "   ", 0x02);
    screen.guest.crtc(0x0a, 0x0d);
    screen.guest.crtc(0x0b, 0x0e);
    screen.guest.crtc(0x0f, 2);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(18, 12), color16(0));
    QCOMPARE(screen.pixel(18, 13), color16(2));
    QCOMPARE(screen.pixel(26, 14), color16(2));
    QCOMPARE(screen.pixel(27, 14), color16(0));
    QCOMPARE(screen.pixel(18, 15), color16(0));
    screen.guest.crtc(0x0f, 1);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(18, 13), color16(0));
    QCOMPARE(screen.pixel(9, 13), color16(2));
  }

  void blink_bit_is_intensity_when_blinking_is_off() {
    Screen screen;
    screen.guest.set_mode(3);
    screen.guest.crtc(0x0a, 0x20);
    screen.guest.text(0, " ", 0xf0);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(0, 0), color16(7));
    screen.guest.attribute(0x10, 0x04);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(0, 0), color16(15));
  }

  void hardware_scrolling_moves_text() {
    Screen screen;
    screen.guest.set_mode(3);
    screen.guest.load_glyph(0, 'A', kDiagonal);
    screen.guest.text(80, "A", 0x07);
    screen.guest.crtc(0x0d, 80);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(0, 0), color16(7));
  }

  void line_compare_splits_the_screen() {
    Screen screen;
    screen.guest.set_mode(3);
    screen.guest.load_glyph(0, 'A', kDiagonal);
    screen.guest.text(0, "A", 0x07);
    screen.guest.crtc(0x0c, 0x08);  // The upper part shows other memory.
    screen.guest.crtc(0x18, 199);
    screen.guest.crtc(0x07, 0x0f);
    screen.guest.crtc(0x09, 0x0f);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(0, 0), color16(0));
    QCOMPARE(screen.pixel(0, 200), color16(7));
    QCOMPARE(screen.pixel(1, 201), color16(7));
  }

  void planar_pixels_combine_four_planes() {
    Screen screen;
    screen.guest.set_mode(0x12);
    screen.guest.graphics(5, 2);
    screen.guest.graphics(8, 0x80);
    screen.guest.peek(0xa0000 + 80 * 3 + 2);
    screen.guest.poke(0xa0000 + 80 * 3 + 2, 0x0b);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(16, 3), color16(11));
    QCOMPARE(screen.pixel(17, 3), color16(0));
  }

  void planar_damage_is_as_small_as_the_change() {
    Screen screen;
    screen.guest.set_mode(0x12);
    QVERIFY(screen.show());
    screen.guest.poke(0xa0000 + 80 * 100 + 10, 0x18);
    QVERIFY(screen.show());
    QCOMPARE(screen.sink.last_damage, (std::vector<saffron::ports::Rect>{{83, 100, 2, 1}}));
  }

  void panning_moves_planes_left() {
    Screen screen;
    screen.guest.set_mode(0x12);
    screen.guest.poke(0xa0000 + 80, 0x80);  // First pixel of line 1, just right of line 0.
    screen.guest.attribute(0x13, 3);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(637, 0), color16(15));
  }

  void low_resolution_planes_are_doubled_both_ways() {
    Screen screen;
    screen.guest.set_mode(0x0d);
    screen.guest.poke(0xa0000 + 40, 0x40);
    QVERIFY(screen.show());
    for (auto [x, y] : {std::pair{2, 2}, {3, 2}, {2, 3}, {3, 3}}) {
      QCOMPARE(screen.pixel(unsigned(x), unsigned(y)), color16(15));
    }
    QCOMPARE(screen.pixel(4, 2), color16(0));
    QCOMPARE(screen.pixel(2, 4), color16(0));
  }

  void cga_lines_alternate_between_banks() {
    Screen screen;
    screen.guest.set_mode(0x04);
    screen.guest.poke(0xb8000, 0x1b);           // Line 0: colours 0 1 2 3.
    screen.guest.poke(0xb8001, 0xc0);           // Then 3.
    screen.guest.poke(0xb8000 + 0x2000, 0xff);  // Line 1.
    screen.guest.poke(0xb8000 + 80, 0xaa);      // Line 2.
    QVERIFY(screen.show());
    const auto cga = [](unsigned i) { return VgaGuest::dac_color(saffron::fakes::vga_tables::kCga[i]); };
    QCOMPARE(screen.pixel(0, 0), cga(0));
    QCOMPARE(screen.pixel(2, 0), cga(1));
    QCOMPARE(screen.pixel(4, 0), cga(2));
    QCOMPARE(screen.pixel(6, 0), cga(3));
    QCOMPARE(screen.pixel(8, 0), cga(3));
    QCOMPARE(screen.pixel(10, 0), cga(0));
    QCOMPARE(screen.pixel(0, 2), cga(3));
    QCOMPARE(screen.pixel(0, 4), cga(2));
  }

  void two_colour_mode_6_is_a_bit_a_pixel() {
    Screen screen;
    screen.guest.set_mode(0x06);
    screen.guest.poke(0xb8000 + 0x2000, 0x01);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(7, 2), VgaGuest::dac_color(0x3f));
    QCOMPARE(screen.pixel(7, 3), VgaGuest::dac_color(0x3f));
    QCOMPARE(screen.pixel(6, 2), VgaGuest::dac_color(0));
  }

  void mode_13h_is_a_byte_a_pixel() {
    Screen screen;
    screen.guest.set_mode(0x13);
    screen.guest.poke(0xa0000 + 320 * 5 + 7, 200);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(14, 10), VgaGuest::dac_color(200));
    QCOMPARE(screen.pixel(15, 11), VgaGuest::dac_color(200));
    QCOMPARE(screen.pixel(16, 10), VgaGuest::dac_color(0));
  }

  void mode_x_takes_pixels_from_planes() {
    Screen screen;
    screen.guest.set_mode(0x13);
    screen.guest.sequencer(4, 0x06);
    screen.guest.crtc(0x14, 0x00);
    screen.guest.crtc(0x17, 0xe3);
    screen.guest.sequencer(2, 1 << 2);
    screen.guest.poke(0xa0000 + 80 * 9 + 1, 77);  // Pixel 4 + 2 of line 9.
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(12, 18), VgaGuest::dac_color(77));
    screen.guest.crtc(0x0d, 80);  // One line down.
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(12, 16), VgaGuest::dac_color(77));
  }

  void palette_and_mask_change_the_picture() {
    Screen screen;
    screen.guest.set_mode(0x13);
    screen.guest.poke(0xa0000, 0x81);
    screen.guest.dac(0x81, 63, 0, 0);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(0, 0), 0xff0000u);
    screen.guest.out(0x3c6, 0x0f);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(0, 0), VgaGuest::dac_color(1));
  }

  void dispi_depths_decode_their_colours_data() {
    QTest::addColumn<int>("bits");
    QTest::addColumn<QByteArray>("pixel");
    QTest::addColumn<quint32>("color");
    QTest::newRow("8") << 8 << QByteArray::fromHex("21") << VgaGuest::dac_color(0x21);
    QTest::newRow("15") << 15 << QByteArray::fromHex("1f7c") << 0xff00ffu;
    QTest::newRow("16") << 16 << QByteArray::fromHex("e007") << 0x00ff00u;
    QTest::newRow("24") << 24 << QByteArray::fromHex("332211") << 0x112233u;
    QTest::newRow("32") << 32 << QByteArray::fromHex("332211ee") << 0x112233u;
  }
  void dispi_depths_decode_their_colours() {
    QFETCH(int, bits);
    QFETCH(QByteArray, pixel);
    QFETCH(quint32, color);
    Screen screen;
    screen.guest.set_mode(3);  // Loads the palette.
    screen.guest.set_dispi_mode(800, 600, static_cast<std::uint16_t>(bits));
    const std::size_t bytes = static_cast<std::size_t>(pixel.size());
    std::memcpy(&screen.bytes[800 * bytes * 2 + bytes * 5], pixel.data(), bytes);
    screen.adapter.invalidate();  // As if the dirty log had said so.
    QVERIFY(screen.show());
    QCOMPARE(screen.sink.picture.width, 800u);
    QCOMPARE(screen.pixel(5, 2), color);
    QCOMPARE(screen.pixel(6, 2), bits == 8 ? VgaGuest::dac_color(0) : 0u);
  }

  void dispi_planar_uses_the_16_colour_palette() {
    Screen screen;
    screen.guest.set_mode(0x12);
    screen.guest.set_dispi_mode(1024, 768, 4, 0x01);
    screen.guest.dispi(5, 1);
    screen.guest.poke(0xa0000 + 128 * 600 - 65536, 0x80);  // Line 600 is in the second bank.
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(0, 600), color16(15));
  }

  void eight_bit_dac_has_finer_colours() {
    Screen screen;
    screen.guest.set_dispi_mode(640, 480, 8, 0x61);
    screen.guest.dac(0, 0x81, 0x02, 0xff);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(0, 0), 0x8102ffu);
  }

  void blanking_shows_black_and_captures_nothing() {
    Screen screen;
    screen.guest.set_mode(0x13);
    screen.guest.poke(0xa0000, 9);
    QVERIFY(screen.show());
    screen.guest.in(0x3da);
    screen.guest.out(0x3c0, 0x00);
    screen.clock.advance(kRefresh);
    QCOMPARE(screen.sink.picture.width, 640u);
    QCOMPARE(screen.pixel(0, 0), 0u);
    QCOMPARE(screen.adapter.capture().width, 0u);
    screen.guest.out(0x3c0, 0x20);
    screen.guest.in(0x3da);
    screen.guest.out(0x3c0, 0x20);
    QVERIFY(screen.show());
    QCOMPARE(screen.pixel(0, 0), VgaGuest::dac_color(9));
  }

  void modes_follow_each_other_without_traces() {
    Screen screen;
    for (unsigned mode : {0x03u, 0x12u, 0x13u, 0x03u, 0x04u, 0x06u, 0x0du, 0x10u, 0x03u}) {
      screen.guest.set_mode(mode);
      screen.guest.poke(0xa0000, 0x55);
      screen.guest.poke(0xb8000, 0x55);
      QVERIFY(screen.show());
      screen.guest.set_dispi_mode(640, 480, mode == 0x13 ? 32 : 16);
      QVERIFY(screen.show());
    }
  }
};

QTEST_APPLESS_MAIN(VgaPictureTest)
#include "vga_picture_test.moc"
