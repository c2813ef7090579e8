// SPDX-License-Identifier: Apache-2.0
// When the adapter looks, what it tells the sink, and what that costs.
#include "devices/display/vga_adapter.h"

#include <QtTest/QtTest>

#include "tests/fakes/fake_memory_slot.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/recording_sink.h"
#include "tests/fakes/vga_guest.h"

using saffron::display::VgaAdapter;
using saffron::fakes::FakeMemorySlot;
using saffron::fakes::ManualClock;
using saffron::fakes::RecordingSink;
using saffron::fakes::VgaGuest;
using saffron::ports::Rect;

namespace {
constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kBytes = 16 << 20;
}  // namespace

class VgaAdapterTest : public QObject {
  Q_OBJECT

 private:
  struct Machine {
    std::unique_ptr<saffron::core::SharedMemory> memory =
        std::move(saffron::core::SharedMemory::create("test", kBytes)).value();
    FakeMemorySlot slot{*memory};
    ManualClock clock;
    VgaAdapter adapter{memory->bytes(), &slot, clock};
    VgaGuest guest{adapter};
    RecordingSink sink;

    Machine() { (void)slot.map({0xe0000000}); }
    void attach_with_desktop(std::uint16_t width, std::uint16_t height) {
      guest.set_dispi_mode(width, height, 32);
      adapter.set_sink(&sink);
      clock.advance(20 * kMillisecond);
    }
    // Looks at the dirty log in `nanoseconds`.
    unsigned looks_during(std::int64_t nanoseconds) {
      const unsigned before = slot.collections;
      clock.advance(nanoseconds);
      return slot.collections - before;
    }
    // The guest writes a pixel through its mapping.
    void draw(std::uint32_t offset, std::uint32_t color) {
      std::memcpy(memory->bytes().data() + offset, &color, 4);
      slot.dirty_pages.push_back(offset / 4096);
    }
  };

 private slots:
  void a_new_sink_gets_size_and_picture_at_once() {
    Machine m;
    m.guest.set_dispi_mode(800, 600, 32);
    m.draw(0, 0x123456);
    m.adapter.set_sink(&m.sink);
    QCOMPARE(m.sink.resizes, 1u);
    QCOMPARE(m.sink.picture.width, 800u);
    QCOMPARE(m.sink.pixel(0, 0), 0x123456u);
    QCOMPARE(m.sink.error, std::string());
  }

  void refresh_all_sends_it_again() {
    Machine m;
    m.attach_with_desktop(640, 480);
    m.adapter.refresh_all();
    QCOMPARE(m.sink.resizes, 2u);
    QCOMPARE(m.sink.last_damage, (std::vector<Rect>{{0, 0, 640, 480}}));
  }

  void dirty_pages_are_damage_and_cost_one_copy() {
    Machine m;
    m.attach_with_desktop(1024, 768);
    m.sink.bytes_copied = 0;
    m.draw(10 * 4096 + 40, 0xff00ff);
    m.draw(11 * 4096, 0x00ff00);
    m.clock.advance(20 * kMillisecond);
    QCOMPARE(m.sink.last_damage, (std::vector<Rect>{{0, 10, 1024, 2}}));
    QCOMPARE(m.sink.bytes_copied, std::uint64_t{2 * 4096});
    QCOMPARE(m.sink.pixel(10, 10), 0xff00ffu);
  }

  void nothing_is_sent_when_nothing_changed() {
    Machine m;
    m.attach_with_desktop(1024, 768);
    m.sink.updates = 0;
    m.clock.advance(5 * kSecond);
    QCOMPARE(m.sink.updates, 0u);
  }

  void page_flips_show_the_other_buffer() {
    Machine m;
    m.attach_with_desktop(1024, 768);
    m.draw(768 * 4096, 0xabcdef);
    m.guest.dispi(9, 768);
    m.clock.advance(20 * kMillisecond);
    QCOMPARE(m.sink.pixel(0, 0), 0xabcdefu);
    QCOMPARE(m.sink.last_damage, (std::vector<Rect>{{0, 0, 1024, 768}}));
    QCOMPARE(m.sink.resizes, 1u);
  }

  void an_idle_screen_is_looked_at_twice_a_second() {
    Machine m;
    m.attach_with_desktop(1024, 768);
    const unsigned first = m.looks_during(200 * kMillisecond);
    QVERIFY2(first >= 10, qPrintable(QString::number(first)));
    m.clock.advance(3 * kSecond);
    const unsigned idle = m.looks_during(10 * kSecond);
    QVERIFY2(idle >= 19 && idle <= 21, qPrintable(QString::number(idle)));
  }

  void input_brings_the_full_rate_back() {
    Machine m;
    m.attach_with_desktop(1024, 768);
    m.clock.advance(5 * kSecond);
    m.adapter.wake();
    const unsigned looks = m.looks_during(200 * kMillisecond);
    QVERIFY2(looks >= 11, qPrintable(QString::number(looks)));
  }

  void large_damage_brings_the_full_rate_back() {
    Machine m;
    m.attach_with_desktop(1024, 768);
    m.clock.advance(5 * kSecond);
    for (std::uint64_t page = 0; page < 200; ++page) {
      m.slot.dirty_pages.push_back(page);
    }
    const unsigned looks = m.looks_during(900 * kMillisecond);
    QVERIFY2(looks >= 15, qPrintable(QString::number(looks)));
  }

  void a_blinking_caret_stays_cheap() {
    Machine m;
    m.attach_with_desktop(1024, 768);
    m.clock.advance(5 * kSecond);
    unsigned looks = 0;
    for (int i = 0; i < 20; ++i) {
      m.draw(100 * 4096, static_cast<std::uint32_t>(i));
      looks += m.looks_during(600 * kMillisecond);
    }
    QVERIFY2(looks <= 12 * 4, qPrintable(QString::number(looks)));  // Of 12 seconds.
    QCOMPARE(m.sink.pixel(0, 100), 19u);
  }

  void nobody_looking_means_no_timer_at_all() {
    Machine m;
    m.sink.viewers = false;
    m.attach_with_desktop(1024, 768);
    m.clock.advance(kSecond);
    QCOMPARE(m.clock.armed_timers(), 0u);
    QCOMPARE(m.sink.updates, 0u);
    m.draw(0, 0x111111);
    m.guest.set_mode(3);
    m.guest.text(0, "hello", 0x07);
    m.clock.advance(kSecond);
    // Only the size was told.
    QCOMPARE(m.clock.armed_timers(), 0u);
    QCOMPARE(m.sink.updates, 0u);
    QCOMPARE(m.sink.picture.width, 720u);
  }

  void viewers_that_come_find_the_current_picture() {
    Machine m;
    m.sink.viewers = false;
    m.attach_with_desktop(640, 480);
    m.draw(640 * 4, 0x222222);
    m.sink.viewers = true;
    m.adapter.refresh_all();
    QCOMPARE(m.sink.pixel(0, 1), 0x222222u);
    m.draw(640 * 8, 0x333333);
    m.clock.advance(20 * kMillisecond);
    QCOMPARE(m.sink.pixel(0, 2), 0x333333u);
  }

  void writes_through_the_window_end_a_doze() {
    Machine m;
    m.guest.set_mode(0x13);
    m.adapter.set_sink(&m.sink);
    m.clock.advance(5 * kSecond);
    m.guest.poke(0xa0000, 5);
    m.clock.advance(20 * kMillisecond);
    QCOMPARE(m.sink.pixel(0, 0), VgaGuest::dac_color(5));
  }

  void mode_changes_end_a_doze() {
    Machine m;
    m.attach_with_desktop(1024, 768);
    m.clock.advance(5 * kSecond);
    m.guest.set_dispi_mode(800, 600, 32);
    m.clock.advance(20 * kMillisecond);
    QCOMPARE(m.sink.picture.width, 800u);
  }

  void a_blinking_cursor_costs_two_wake_ups_a_second() {
    Machine m;
    m.guest.set_mode(3);
    m.guest.text(0, " ", 0x07);
    m.adapter.set_sink(&m.sink);
    m.clock.advance(5 * kSecond);
    m.sink.updates = 0;
    const unsigned looks = m.looks_during(10 * kSecond);
    QVERIFY2(looks <= 21, qPrintable(QString::number(looks)));
    QCOMPARE(m.sink.updates, 20u);
    QCOMPARE(m.sink.last_damage, (std::vector<Rect>{{0, 0, 9, 16}}));
  }

  void sizes_between_register_writes_are_not_told() {
    Machine m;
    m.guest.set_mode(0x12);
    m.guest.crtc(0x11, 0x0c);  // Not protected.
    m.adapter.set_sink(&m.sink);
    m.clock.advance(100 * kMillisecond);
    for (int step = 0; step < 30; ++step) {
      m.guest.crtc(1, static_cast<std::uint8_t>(40 + step));  // A slow guest: 1 ms between writes.
      m.clock.advance(kMillisecond);
    }
    QCOMPARE(m.sink.resizes, 1u);
    m.clock.advance(50 * kMillisecond);
    QCOMPARE(m.sink.resizes, 2u);
    QCOMPARE(m.sink.picture.width, 70u * 8);
  }

  void a_guest_that_never_stops_changing_size_is_still_shown() {
    Machine m;
    m.guest.set_mode(0x12);
    m.guest.crtc(0x11, 0x0c);  // Not protected.
    m.adapter.set_sink(&m.sink);
    for (int step = 0; step < 1000; ++step) {
      m.guest.crtc(1, static_cast<std::uint8_t>(40 + step % 40));
      m.clock.advance(kMillisecond);
    }
    QVERIFY(m.sink.resizes >= 3);
    QCOMPARE(m.sink.error, std::string());
  }

  void a_moved_mapping_is_looked_at_as_a_whole() {
    Machine m;
    m.attach_with_desktop(1024, 768);
    const std::uint32_t color = 0x445566;
    std::memcpy(m.memory->bytes().data(), &color, 4);  // The dirty log lost this one.
    m.adapter.invalidate();
    m.clock.advance(20 * kMillisecond);
    QCOMPARE(m.sink.pixel(0, 0), color);
  }

  void a_detached_sink_is_left_alone() {
    Machine m;
    m.attach_with_desktop(1024, 768);
    m.adapter.set_sink(nullptr);
    m.sink.updates = 0;
    m.guest.set_mode(3);
    m.adapter.wake();
    m.clock.advance(kSecond);
    QCOMPARE(m.clock.armed_timers(), 0u);
    QCOMPARE(m.sink.updates, 0u);
  }

  void reset_blanks_the_screen_in_its_size() {
    Machine m;
    m.attach_with_desktop(800, 600);
    m.draw(0, 0x777777);
    m.clock.advance(20 * kMillisecond);
    m.adapter.reset();
    m.clock.advance(kSecond);
    QCOMPARE(m.sink.picture.width, 800u);
    QCOMPARE(m.sink.pixel(0, 0), 0u);
    QCOMPARE(int(m.adapter.read_dispi(4)), 0);
  }

  void a_blanked_screen_keeps_its_size_for_viewers_that_come() {
    Machine m;
    m.attach_with_desktop(800, 600);
    m.adapter.reset();
    m.clock.advance(kSecond);
    m.sink.resizes = 0;
    m.adapter.refresh_all();
    QCOMPARE(m.sink.resizes, 1u);
    QCOMPARE(m.sink.picture.width, 800u);
    QCOMPARE(m.sink.picture.height, 600u);
  }

  void enabling_a_mode_clears_what_was_there() {
    Machine m;
    m.attach_with_desktop(640, 480);
    m.draw(0, 0x888888);
    m.guest.set_dispi_mode(640, 480, 32);
    m.clock.advance(20 * kMillisecond);
    QCOMPARE(m.sink.pixel(0, 0), 0u);
    m.draw(0, 0x888888);
    m.guest.set_dispi_mode(640, 480, 32, 0xc1);
    m.clock.advance(20 * kMillisecond);
    QCOMPARE(m.sink.pixel(0, 0), 0x888888u);
  }
};

QTEST_APPLESS_MAIN(VgaAdapterTest)
#include "vga_adapter_test.moc"
