// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/connection_target.h"

#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>
#include <QtTest/QtTest>

using namespace saffron::viewer;
using saffron::core::ErrorCode;

class ConnectionTargetTest : public QObject {
  Q_OBJECT
 private slots:
  void addresses() {
    QCOMPARE(target_from_uri("spice://example.org:5900")->uri, QString("spice://example.org:5900"));
    QCOMPARE(target_from_uri("spice+unix:///run/user/1/x y.sock")->unix_path(), QString("/run/user/1/x y.sock"));
    QVERIFY(target_from_uri("spice+tls://[::1]:5901").ok());
    QVERIFY(target_from_uri("spice://example.org?port=5900").ok());
    QVERIFY(target_from_uri("spice://example.org:5900")->unix_path().isEmpty());
  }

  void what_is_no_address() {
    for (const char* text : {"", "example.org:5900", "http://example.org:5900", "spice://example.org", "spice://:5900",
                             "spice+unix://", "spice://host:99999"}) {
      const auto result = target_from_uri(text);
      QVERIFY2(!result.ok(), text);
      QCOMPARE(result.error().code, ErrorCode::kInvalidArgument);
    }
  }

  void a_connection_file() {
    const auto file = parse_vv(
        "# from a broker\r\n[virt-viewer]\r\ntype=spice\nhost = 10.0.0.7\nport=5900\ntls-port=5901\n"
        "password=pa=ss\\sword\ntitle=Office\nfullscreen=1\ndelete-this-file=1\nca=-----BEGIN\\nabc\\n\n"
        "host-subject=CN=x\nproxy=http://p:3128\nsecure-channels=main;inputs;\nsomething-new=1\n[other]\nhost=evil\n");
    QVERIFY(file.ok());
    QVERIFY(file->delete_file);
    const ConnectionTarget& target = file->target;
    QCOMPARE(target.host, QString("10.0.0.7"));
    QCOMPARE(target.port, QString("5900"));
    QCOMPARE(target.tls_port, QString("5901"));
    QCOMPARE(target.password, QString("pa=ss word"));
    QCOMPARE(target.title, QString("Office"));
    QVERIFY(target.full_screen);
    QCOMPARE(target.ca, QByteArray("-----BEGIN\nabc\n"));
    QCOMPARE(target.host_subject, QString("CN=x"));
    QCOMPARE(target.secure_channels, (QStringList{"main", "inputs"}));
  }

  void what_is_no_connection_file() {
    for (const char* text :
         {"", "type=spice\nhost=x\nport=1\n", "[virt-viewer]\ntype=vnc\nhost=x\nport=1\n",
          "[virt-viewer]\ntype=spice\nport=1\n", "[virt-viewer]\ntype=spice\nhost=x\n",
          "[virt-viewer]\ntype=spice\nhost=x\nport=0\n", "[virt-viewer]\ntype=spice\nhost=x\nport=70000\n"}) {
      const auto result = parse_vv(text);
      QVERIFY2(!result.ok(), text);
      QCOMPARE(result.error().code, ErrorCode::kInvalidArgument);
    }
  }

  void a_file_is_deleted_when_it_asks_for_it_and_only_then() {
    const QTemporaryDir folder;
    const auto write = [&](const char* name, const QByteArray& text) {
      QFile file(folder.filePath(name));
      if (file.open(QIODevice::WriteOnly)) {
        file.write(text);
      }
      return file.fileName();
    };
    const QString once =
        write("once.vv", "[virt-viewer]\ntype=spice\nhost=x\nport=1\npassword=p\ndelete-this-file=1\n");
    const QString keep = write("keep.vv", "[virt-viewer]\ntype=spice\nhost=x\nport=1\n");
    const QString wrong = write("wrong.vv", "[virt-viewer]\ntype=vnc\ndelete-this-file=1\n");
    QVERIFY(target_from_vv(once).ok());
    QVERIFY(target_from_vv(keep).ok());
    QVERIFY(!target_from_vv(wrong).ok());
    QVERIFY(!QFile::exists(once));
    QVERIFY(QFile::exists(keep));
    QVERIFY(QFile::exists(wrong));
    QCOMPARE(target_from_vv(once).error().code, ErrorCode::kNotFound);
  }

  void a_huge_file_is_refused() {
    const QTemporaryDir folder;
    QFile file(folder.filePath("huge.vv"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("[virt-viewer]\ntype=spice\nhost=x\nport=1\n");
    file.resize(8 << 20);
    file.close();
    QCOMPARE(target_from_vv(file.fileName()).error().code, ErrorCode::kInvalidArgument);
  }
};

QTEST_APPLESS_MAIN(ConnectionTargetTest)
#include "connection_target_test.moc"
