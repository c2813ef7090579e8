// SPDX-License-Identifier: Apache-2.0
#include "devices/display/edid.h"

#include <QtTest/QtTest>
#include <numeric>

using saffron::display::make_edid;

class EdidTest : public QObject {
  Q_OBJECT

 private slots:
  void block_is_valid_and_names_the_preferred_mode_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("height");
    QTest::addColumn<int>("clock_khz");  // From VESA's CVT generator, reduced blanking, 60 Hz.
    QTest::newRow("1280x800") << 1280 << 800 << 71000;
    QTest::newRow("1920x1080") << 1920 << 1080 << 138500;
    QTest::newRow("2560x1440") << 2560 << 1440 << 241500;
    QTest::newRow("3840x2160") << 3840 << 2160 << 533000;
  }
  void block_is_valid_and_names_the_preferred_mode() {
    QFETCH(int, width);
    QFETCH(int, height);
    QFETCH(int, clock_khz);
    const auto edid = make_edid(static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height));
    QCOMPARE(std::accumulate(edid.begin(), edid.end(), 0u) & 0xff, 0u);
    QCOMPARE(QByteArray(reinterpret_cast<const char*>(edid.data()), 8), QByteArray::fromHex("00ffffffffffff00"));
    QCOMPARE(int(edid[126]), 0);
    const std::uint8_t* timing = &edid[54];
    QCOMPARE(timing[2] + ((timing[4] >> 4) << 8), width);
    QCOMPARE(timing[5] + ((timing[7] >> 4) << 8), height);
    const int clock = (timing[0] + (timing[1] << 8)) * 10;
    QVERIFY2(std::abs(clock - clock_khz) <= 250, qPrintable(QString::number(clock)));
  }

  void sizes_out_of_range_are_clamped() {
    const auto edid = make_edid(100000, 1);
    QCOMPARE(edid[56] + ((edid[58] >> 4) << 8), 3840);
    QCOMPARE(edid[59] + ((edid[61] >> 4) << 8), 200);
    QCOMPARE(std::accumulate(edid.begin(), edid.end(), 0u) & 0xff, 0u);
  }
};

QTEST_APPLESS_MAIN(EdidTest)
#include "edid_test.moc"
