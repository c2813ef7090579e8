// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/privileges.h"

#include <QtTest/QtTest>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace saffron;

namespace {

/// Runs drop_privileges in a child, and returns its /proc/self/status with a line for the core limit; empty on failure.
QByteArray status_after_drop(bool keep_user_change) {
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) {
    return {};
  }
  const pid_t child = ::fork();
  if (child == 0) {
    if (machine::drop_privileges(keep_user_change).ok()) {
      QFile status("/proc/self/status");
      status.open(QFile::ReadOnly);
      QByteArray text = status.readAll();
      rlimit core{1, 1};
      ::getrlimit(RLIMIT_CORE, &core);
      text += "CoreLimit:\t" + QByteArray::number(static_cast<qulonglong>(core.rlim_max)) + "\n";
      [[maybe_unused]] const ssize_t written =
          ::write(ends[1], text.constData(), static_cast<std::size_t>(text.size()));
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  QByteArray text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<int>(got));
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

QByteArray field(const QByteArray& status, const char* name) {
  for (const QByteArray& line : status.split('\n')) {
    if (line.startsWith(QByteArray(name) + ":")) {
      return line.mid(static_cast<int>(qstrlen(name)) + 1).trimmed();
    }
  }
  return "missing";
}

}  // namespace

class PrivilegesTest : public QObject {
  Q_OBJECT
 private slots:
  void nothing_is_left();
  void what_passt_needs_is_left_to_root_only();
  void dropping_twice_is_no_error();
};

void PrivilegesTest::nothing_is_left() {
  const QByteArray status = status_after_drop(false);

  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
    QCOMPARE(field(status, set), QByteArray("0000000000000000"));
  }
  if (::geteuid() == 0) {
    QCOMPARE(field(status, "CapBnd"), QByteArray("0000000000000000"));
  }
  QCOMPARE(field(status, "NoNewPrivs"), QByteArray("1"));
  QCOMPARE(field(status, "CoreLimit"), QByteArray("0"));
}

void PrivilegesTest::what_passt_needs_is_left_to_root_only() {
  const QByteArray status = status_after_drop(true);

  const QByteArray expected = ::geteuid() == 0 ? "00000000000000c0" : "0000000000000000";  // SETGID, SETUID
  QCOMPARE(field(status, "CapEff"), expected);
  QCOMPARE(field(status, "CapPrm"), expected);
  QCOMPARE(field(status, "NoNewPrivs"), QByteArray("1"));
}

void PrivilegesTest::dropping_twice_is_no_error() {
  // The last test: this process gives up its own.
  QVERIFY(machine::drop_privileges(false).ok());
  QVERIFY(machine::drop_privileges(false).ok());
}

QTEST_APPLESS_MAIN(PrivilegesTest)
#include "privileges_test.moc"
