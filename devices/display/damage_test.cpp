// SPDX-License-Identifier: Apache-2.0
#include "devices/display/damage.h"

#include <QtTest/QtTest>

using saffron::display::add_dirty_pages;
using saffron::display::any_page_dirty;
using saffron::display::LinearPicture;
using saffron::display::RowDamage;
using saffron::ports::Rect;

class DamageTest : public QObject {
  Q_OBJECT

 private:
  RowDamage damage_;

  static std::uint64_t area(const std::vector<Rect>& rects) {
    std::uint64_t sum = 0;
    for (const Rect& rect : rects) {
      sum += static_cast<std::uint64_t>(rect.width) * static_cast<std::uint64_t>(rect.height);
    }
    return sum;
  }
  static bool covers(const std::vector<Rect>& rects, std::int32_t x, std::int32_t y) {
    return std::any_of(rects.begin(), rects.end(),
                       [&](const Rect& r) { return x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height; });
  }

 private slots:
  void nothing_added_is_no_rectangle() {
    damage_.reset(100, 100);
    QVERIFY(damage_.empty());
    QVERIFY(damage_.rects().empty());
  }

  void similar_lines_become_one_rectangle() {
    damage_.reset(100, 100);
    for (std::uint32_t row = 10; row < 20; ++row) {
      damage_.add(row, 5, 15);
    }
    QCOMPARE(damage_.rects(), (std::vector<Rect>{{5, 10, 10, 10}}));
  }

  void distant_or_unlike_lines_stay_apart() {
    damage_.reset(100, 100);
    damage_.add(1, 0, 10);
    damage_.add(2, 90, 100);
    damage_.add(50, 0, 100);
    QCOMPARE(damage_.rects(), (std::vector<Rect>{{0, 1, 10, 1}, {90, 2, 10, 1}, {0, 50, 100, 1}}));
  }

  void spans_of_a_line_are_joined_and_clipped() {
    damage_.reset(100, 10);
    damage_.add(3, 10, 20);
    damage_.add(3, 95, 300);
    damage_.add(10, 0, 5);
    damage_.add(4, 100, 101);
    QCOMPARE(damage_.rects(), (std::vector<Rect>{{10, 3, 90, 1}}));
  }

  void many_scattered_lines_are_few_rectangles_that_cover_them() {
    damage_.reset(1000, 2160);
    for (std::uint32_t row = 0; row < 2160; row += 2) {
      damage_.add(row, row % 7 * 100, row % 7 * 100 + 10);
    }
    const auto rects = damage_.rects();
    QVERIFY(!rects.empty() && rects.size() <= RowDamage::kMaxRects);
    for (std::int32_t row = 0; row < 2160; row += 2) {
      QVERIFY(covers(rects, row % 7 * 100, row) && covers(rects, row % 7 * 100 + 9, row));
    }
  }

  void a_page_is_the_part_of_the_lines_that_it_holds() {
    // 1920 pixels are 7680 bytes: page 1 holds bytes 4096 to 8191, the end of line 0 and the start of line 1.
    const LinearPicture picture{.start = 0, .stride = 7680, .width = 1920, .height = 10, .pixel_bytes = 4};
    const std::vector<std::uint64_t> bitmap{2};
    damage_.reset(1920, 10);
    add_dirty_pages(picture, bitmap, damage_);
    QCOMPARE(damage_.rects(), (std::vector<Rect>{{1024, 0, 896, 1}, {0, 1, 128, 1}}));
  }

  void pages_outside_of_the_picture_are_nothing() {
    const LinearPicture picture{.start = 8192, .stride = 4096, .width = 1000, .height = 2, .pixel_bytes = 4};
    std::vector<std::uint64_t> bitmap{0b10011};  // Pages 0, 1 and 4.
    damage_.reset(1000, 2);
    add_dirty_pages(picture, bitmap, damage_);
    QVERIFY(damage_.empty());
    bitmap[0] = 0b01000;
    add_dirty_pages(picture, bitmap, damage_);
    QCOMPARE(damage_.rects(), (std::vector<Rect>{{0, 1, 1000, 1}}));
  }

  void pages_are_never_missed_data() {
    QTest::addColumn<quint64>("start");
    QTest::addColumn<quint32>("stride");
    QTest::addColumn<quint32>("pixel_bytes");
    QTest::newRow("aligned") << quint64{0} << 4096u << 4u;
    QTest::newRow("odd start and stride") << quint64{1234} << 2401u << 3u;
    QTest::newRow("short lines") << quint64{4000} << 700u << 1u;
  }
  void pages_are_never_missed() {
    QFETCH(quint64, start);
    QFETCH(quint32, stride);
    QFETCH(quint32, pixel_bytes);
    const LinearPicture picture{
        .start = start, .stride = stride, .width = 600, .height = 50, .pixel_bytes = pixel_bytes};
    for (std::uint64_t page = 0; page < 64; ++page) {
      damage_.reset(600, 50);
      add_dirty_pages(picture, std::vector<std::uint64_t>{std::uint64_t{1} << page}, damage_);
      const auto rects = damage_.rects();
      std::uint64_t touched = 0;
      for (std::int32_t y = 0; y < 50; ++y) {
        for (std::int32_t x = 0; x < 600; ++x) {
          const quint64 first = start + static_cast<quint64>(y) * stride + static_cast<quint64>(x) * pixel_bytes;
          if (first / 4096 == page || (first + pixel_bytes - 1) / 4096 == page) {
            ++touched;
            QVERIFY(covers(rects, x, y));
          }
        }
      }
      QCOMPARE(rects.empty(), touched == 0);
      QVERIFY(area(rects) <= touched * 2);
    }
  }

  void bitmap_that_is_too_short_is_clean() {
    const LinearPicture picture{.start = 0, .stride = 4096, .width = 1024, .height = 200, .pixel_bytes = 4};
    damage_.reset(1024, 200);
    add_dirty_pages(picture, std::vector<std::uint64_t>{std::uint64_t{1} << 63}, damage_);
    QCOMPARE(damage_.rects(), (std::vector<Rect>{{0, 63, 1024, 1}}));
  }

  void any_page_dirty_looks_at_whole_pages() {
    const std::vector<std::uint64_t> bitmap{0, 1};  // Page 64.
    QVERIFY(any_page_dirty(bitmap, 64 * 4096 + 100, 64 * 4096 + 101));
    QVERIFY(any_page_dirty(bitmap, 0, 64 * 4096 + 1));
    QVERIFY(!any_page_dirty(bitmap, 0, 64 * 4096));
    QVERIFY(!any_page_dirty(bitmap, 65 * 4096, 1 << 30));
    QVERIFY(!any_page_dirty(bitmap, 64 * 4096, 64 * 4096));
  }
};

QTEST_APPLESS_MAIN(DamageTest)
#include "damage_test.moc"
