// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/text_screen.h"

#include <QtTest/QtTest>

#include "devices/display/std_vga.h"
#include "tests/fakes/fake_memory_slot.h"
#include "tests/fakes/fake_pci_socket.h"
#include "tests/fakes/manual_clock.h"

using namespace saffron;
using namespace saffron::machine;

namespace {

constexpr std::size_t kFontBytes = 256 * 16;
constexpr std::size_t kFontPlace = 1000;

/// A VGA BIOS whose font has characters 0 and 1 as all fonts have them, and a block for 'A'.
std::vector<std::uint8_t> bios_with_font() {
  std::vector<std::uint8_t> bios(kFontPlace + kFontBytes, 0xcc);
  std::fill_n(bios.begin() + kFontPlace, 32, std::uint8_t{0});
  const std::array<std::uint8_t, 10> face{0x7e, 0x81, 0xa5, 0x81, 0x81, 0xbd, 0x99, 0x81, 0x81, 0x7e};
  std::copy(face.begin(), face.end(), bios.begin() + kFontPlace + 18);
  std::fill_n(bios.begin() + kFontPlace + ' ' * 16, 16, std::uint8_t{0});
  std::fill_n(bios.begin() + kFontPlace + 'A' * 16, 16, std::uint8_t{0xff});
  return bios;
}

}  // namespace

class TextScreenTest : public QObject {
  Q_OBJECT
 private slots:
  void the_font_is_found_by_its_beginning();
  void a_bios_without_a_font_gives_none();
  void text_that_a_kernel_writes_is_seen();
};

void TextScreenTest::the_font_is_found_by_its_beginning() {
  const auto bios = bios_with_font();

  const auto font = find_text_font(bios);

  QVERIFY(font.has_value());
  QCOMPARE(font->size(), kFontBytes);
  QCOMPARE((*font)['A' * 16], std::uint8_t{0xff});
}

void TextScreenTest::a_bios_without_a_font_gives_none() {
  auto bios = bios_with_font();
  bios.pop_back();  // Cut short.
  QVERIFY(!find_text_font(bios));
  QVERIFY(!find_text_font(std::vector<std::uint8_t>(40000)));
  QVERIFY(!find_text_font({}));
}

void TextScreenTest::text_that_a_kernel_writes_is_seen() {
  fakes::FakeMemorySlotFactory factory;
  fakes::ManualClock clock;
  fakes::FakePciSocket socket;
  const auto vga = display::StdVga::create({}, factory, clock).value();
  vga->plug(socket);
  vga->connect_legacy(socket.io, socket.memory).value();
  QCOMPARE(vga->capture().width, 0U);  // Off.

  show_text_screen(socket.io, socket.memory, *find_text_font(bios_with_font()));
  socket.memory.write(0xb8000 + 2 * (80 + 2), 2, 0x1f00 | 'A');  // White on blue.

  const ports::Frame frame = vga->capture();
  QCOMPARE(frame.width, 720U);
  QCOMPARE(frame.height, 400U);
  const auto pixel = [&](std::size_t x, std::size_t y) { return frame.pixels[y * frame.width + x] & 0xffffff; };
  QCOMPARE(pixel(2 * 9, 16), 0xffffffU);
  QCOMPARE(pixel(2 * 9 + 8, 31), 0x0000aaU);  // The ninth dot is background.
  QCOMPARE(pixel(9, 16), 0x000000U);
  socket.memory.write(0xb8000 + 2 * (80 + 2), 2, 0x1e00 | 'A');
  const ports::Frame yellow = vga->capture();
  QCOMPARE(yellow.pixels[16 * 720 + 18] & 0xffffff, 0xffff55U);
}

QTEST_APPLESS_MAIN(TextScreenTest)
#include "text_screen_test.moc"
