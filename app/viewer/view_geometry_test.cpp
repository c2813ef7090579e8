// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/view_geometry.h"

#include <QtTest/QtTest>
#include <cmath>

using namespace saffron::viewer;

class ViewGeometryTest : public QObject {
  Q_OBJECT
 private slots:
  void scaled_keeps_the_aspect_and_fills_one_direction() {
    QCOMPARE(screen_rect(QSize(1000, 1000), QSize(400, 200), View{}), QRect(0, 250, 1000, 500));
    QCOMPARE(screen_rect(QSize(1000, 300), QSize(400, 200), View{}), QRect(200, 0, 600, 300));
    QCOMPARE(screen_rect(QSize(400, 200), QSize(400, 200), View{}), QRect(0, 0, 400, 200));
    QVERIFY(screen_rect(QSize(400, 200), QSize(), View{}).isEmpty());
  }

  void actual_size_is_exact_at_every_ratio_data() {
    QTest::addColumn<double>("ratio");
    for (const double ratio : {1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 3.0}) {
      QTest::newRow(qPrintable(QString::number(ratio))) << ratio;
    }
  }
  void actual_size_is_exact_at_every_ratio() {
    QFETCH(double, ratio);
    const View view{ViewMode::kActualSize, 1.0};
    for (const QSize guest :
         {QSize(640, 480), QSize(1280, 800), QSize(1366, 768), QSize(1919, 1079), QSize(1100, 11)}) {
      const QSize logical = widget_size_for(guest, view, ratio);
      const QSize physical = physical_size(logical, ratio);
      QVERIFY(physical.width() >= guest.width() && physical.height() >= guest.height());
      // Less than one logical pixel is wasted, and what rounding makes of it.
      QVERIFY(physical.width() - guest.width() <= std::ceil(ratio) &&
              physical.height() - guest.height() <= std::ceil(ratio));
      QCOMPARE(screen_rect(physical, guest, view).size(), guest);
    }
  }

  void every_guest_pixel_can_be_pointed_at_data() { actual_size_is_exact_at_every_ratio_data(); }
  void every_guest_pixel_can_be_pointed_at() {
    QFETCH(double, ratio);
    const QSize guest(640, 480);
    const QSize widget(900, 500);
    const QRect screen = screen_rect(physical_size(widget, ratio), guest, View{});
    for (const QPoint pixel : {QPoint(0, 0), QPoint(1, 1), QPoint(320, 240), QPoint(639, 479), QPoint(17, 333)}) {
      const double physical_x = screen.x() + (pixel.x() + 0.5) * screen.width() / guest.width();
      const double physical_y = screen.y() + (pixel.y() + 0.5) * screen.height() / guest.height();
      QCOMPARE(guest_position(QPointF(physical_x, physical_y) / ratio, ratio, screen, guest), pixel);
    }
  }

  void points_outside_are_clamped() {
    const QRect screen(100, 0, 800, 600);
    QCOMPARE(guest_position(QPointF(0, 0), 1.0, screen, QSize(400, 300)), QPoint(0, 0));
    QCOMPARE(guest_position(QPointF(5000, 5000), 1.0, screen, QSize(400, 300)), QPoint(399, 299));
    QCOMPARE(guest_position(QPointF(-5000, 300), 1.0, screen, QSize(400, 300)), QPoint(0, 150));
    QCOMPARE(guest_position(QPointF(1, 1), 1.0, QRect(), QSize()), QPoint(0, 0));
  }

  void a_damaged_area_is_covered_data() { actual_size_is_exact_at_every_ratio_data(); }
  void a_damaged_area_is_covered() {
    QFETCH(double, ratio);
    const QSize guest(800, 600);
    const QSize widget(733, 611);
    const QRect screen = screen_rect(physical_size(widget, ratio), guest, View{});
    const QRect area(100, 50, 7, 9);
    const QRect logical = widget_area(area, ratio, screen, guest);
    const double left = (screen.x() + static_cast<double>(area.left()) * screen.width() / guest.width()) / ratio;
    const double right =
        (screen.x() + static_cast<double>(area.x() + area.width()) * screen.width() / guest.width()) / ratio;
    QVERIFY(logical.x() <= left && logical.x() + logical.width() >= right);
    QVERIFY(logical.width() <= right - left + 8);
  }
};

QTEST_APPLESS_MAIN(ViewGeometryTest)
#include "view_geometry_test.moc"
