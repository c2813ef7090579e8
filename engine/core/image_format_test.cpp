// SPDX-License-Identifier: Apache-2.0
#include "engine/core/image_format.h"

#include <QtTest/QtTest>

using saffron::core::foreign_image_format;

class ImageFormatTest : public QObject {
  Q_OBJECT
 private slots:
  void formats_are_known_by_their_first_bytes_data() {
    QTest::addColumn<int>("offset");
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("format");
    QTest::newRow("qcow2") << 0 << QByteArray("QFI\xfb\0\0\0\3", 8) << QByteArray("qcow2");
    QTest::newRow("VMDK, sparse") << 0 << QByteArray("KDMV\1") << QByteArray("VMDK");
    QTest::newRow("VMDK, a description") << 0 << QByteArray("# Disk DescriptorFile\nversion=1\n") << QByteArray("VMDK");
    QTest::newRow("VDI") << 64 << QByteArray("\x7f\x10\xda\xbe") << QByteArray("VDI");
    QTest::newRow("VHDX") << 0 << QByteArray("vhdxfile") << QByteArray("VHDX");
    QTest::newRow("VHD, dynamic") << 0 << QByteArray("conectix") << QByteArray("VHD");
    QTest::newRow("a boot sector") << 510 << QByteArray("\x55\xaa") << QByteArray();
    QTest::newRow("QED without its zero") << 0 << QByteArray("QEDX") << QByteArray();
    QTest::newRow("qcow2's bytes elsewhere") << 64 << QByteArray("QFI\xfb") << QByteArray();
  }
  void formats_are_known_by_their_first_bytes() {
    QFETCH(int, offset);
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, format);
    std::vector<std::uint8_t> head(512);
    std::copy(bytes.begin(), bytes.end(), head.begin() + offset);

    const auto found = foreign_image_format(head);

    QCOMPARE(found.has_value(), !format.isEmpty());
    QCOMPARE(QByteArray::fromStdString(std::string(found.value_or(""))), format);
  }
  void a_file_shorter_than_a_signature_is_raw() {
    const std::vector<std::uint8_t> head{'Q', 'F', 'I'};
    QVERIFY(!foreign_image_format(head));
    QVERIFY(!foreign_image_format({}));
  }
};

QTEST_APPLESS_MAIN(ImageFormatTest)
#include "image_format_test.moc"
