// SPDX-License-Identifier: Apache-2.0
#include "display/damage_region.h"

#include <QtTest/QtTest>

#include <random>

using saffron::ports::Rect;
using saffron::spice::DamageRegion;

namespace {

constexpr std::uint32_t kWidth = 64;
constexpr std::uint32_t kHeight = 48;

/// Which pixels the region has; fails the test when two rectangles share one.
std::vector<int> painted(const DamageRegion& region) {
  std::vector<int> map(kWidth * kHeight, 0);
  for (const Rect& rect : region.rects()) {
    for (int y = rect.y; y < rect.y + rect.height; ++y) {
      for (int x = rect.x; x < rect.x + rect.width; ++x) {
        ++map.at(static_cast<std::size_t>(y) * kWidth + static_cast<std::size_t>(x));
      }
    }
  }
  return map;
}

}  // namespace

class DamageRegionTest : public QObject {
  Q_OBJECT
 private slots:
  void overlapping_rectangles_cover_each_pixel_once() {
    DamageRegion region;
    region.add({0, 0, 20, 20}, kWidth, kHeight);
    region.add({10, 10, 20, 20}, kWidth, kHeight);
    QCOMPARE(region.area(), std::uint64_t{400 + 400 - 100});
    for (const int count : painted(region)) {
      QVERIFY(count <= 1);
    }
  }

  void neighbours_become_one() {
    DamageRegion region;
    region.add({0, 0, 10, 10}, kWidth, kHeight);
    region.add({20, 0, 10, 10}, kWidth, kHeight);
    region.add({10, 0, 10, 10}, kWidth, kHeight);
    QCOMPARE(region.rects(), (std::vector<Rect>{{0, 0, 30, 10}}));
  }

  void a_cover_replaces_what_it_covers() {
    DamageRegion region;
    region.add({5, 5, 3, 3}, kWidth, kHeight);
    region.add({20, 20, 3, 3}, kWidth, kHeight);
    region.add({0, 0, 64, 48}, kWidth, kHeight);
    QCOMPARE(region.rects(), (std::vector<Rect>{{0, 0, 64, 48}}));
  }

  void what_is_covered_already_adds_nothing() {
    DamageRegion region;
    region.add({0, 0, 30, 30}, kWidth, kHeight);
    region.add({3, 3, 4, 4}, kWidth, kHeight);
    QCOMPARE(region.rects(), (std::vector<Rect>{{0, 0, 30, 30}}));
  }

  void rectangles_are_clipped_to_the_screen() {
    DamageRegion region;
    region.add({-5, -5, 10, 10}, kWidth, kHeight);
    region.add({60, 40, 2147483647, 2147483647}, kWidth, kHeight);
    region.add({100, 100, 5, 5}, kWidth, kHeight);
    region.add({10, 10, 0, -4}, kWidth, kHeight);
    QCOMPARE(region.rects(), (std::vector<Rect>{{0, 0, 5, 5}, {60, 40, 4, 8}}));
  }

  void random_damage_is_kept_and_stays_small() {
    std::mt19937 random(7);
    DamageRegion region;
    std::vector<int> wanted(kWidth * kHeight, 0);
    for (int i = 0; i < 500; ++i) {
      const Rect rect{static_cast<int>(random() % kWidth), static_cast<int>(random() % kHeight),
                      1 + static_cast<int>(random() % 5), 1 + static_cast<int>(random() % 5)};
      region.add(rect, kWidth, kHeight);
      for (int y = rect.y; y < std::min<int>(rect.y + rect.height, kHeight); ++y) {
        for (int x = rect.x; x < std::min<int>(rect.x + rect.width, kWidth); ++x) {
          wanted[static_cast<std::size_t>(y) * kWidth + static_cast<std::size_t>(x)] = 1;
        }
      }
      QVERIFY(region.rects().size() <= DamageRegion::kMaxRectangles);
      const std::vector<int> map = painted(region);
      for (std::size_t pixel = 0; pixel < map.size(); ++pixel) {
        QVERIFY(map[pixel] <= 1);
        QVERIFY(map[pixel] >= wanted[pixel]);
      }
    }
  }

  void take_empties_it() {
    DamageRegion region;
    region.add({1, 2, 3, 4}, kWidth, kHeight);
    QCOMPARE(region.take(), (std::vector<Rect>{{1, 2, 3, 4}}));
    QVERIFY(region.empty());
  }
};

QTEST_APPLESS_MAIN(DamageRegionTest)
#include "damage_region_test.moc"
