// SPDX-License-Identifier: Apache-2.0
// The program itself, against a fake engine; and that help, manual and completion know the same verbs.
#include <signal.h>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest/QtTest>

#include "app/ctl/verb.h"

namespace saffron::ctl {

namespace {

constexpr int kLong = 60000;

struct Outcome {
  int status = -1;
  QByteArray out;
  QByteArray error;
  QJsonDocument json() const { return QJsonDocument::fromJson(out); }
};

QByteArray file_text(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QStringList all_verbs() {
  QStringList names;
  for (const Verb& verb : verbs()) {
    names.append(QString::fromUtf8(verb.name.data(), static_cast<qsizetype>(verb.name.size())));
  }
  names.sort();
  return names;
}

QStringList matches(const QByteArray& text, const QString& pattern) {
  QStringList found;
  QRegularExpressionMatchIterator at =
      QRegularExpression(pattern, QRegularExpression::MultilineOption).globalMatch(QString::fromUtf8(text));
  while (at.hasNext()) {
    found.append(at.next().captured(1));
  }
  found.removeDuplicates();
  found.sort();
  return found;
}

}  // namespace

class SaffronctlTest : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> root_;

  Outcome run(const QStringList& words, const QByteArray& input = {}, const QString& variable = {}) const {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("SAFFRON_MACHINES", root_->path() + "/machines");
    environment.insert("SAFFRON_RUNTIME", root_->path() + "/run");
    environment.insert("SAFFRON_STATE", root_->path() + "/state");
    environment.insert("SAFFRON_ENGINE", FAKE_ENGINE);
    if (!variable.isEmpty()) {
      environment.insert(variable, "1");
    }
    process.setProcessEnvironment(environment);
    process.setWorkingDirectory(root_->path());
    process.start(SAFFRONCTL, words);
    process.write(input);
    process.closeWriteChannel();
    Outcome outcome;
    if (process.waitForFinished(kLong) && process.exitStatus() == QProcess::NormalExit) {
      outcome.status = process.exitCode();
    }
    outcome.out = process.readAllStandardOutput();
    outcome.error = process.readAllStandardError();
    return outcome;
  }
  void create(const QString& name) const {
    const Outcome outcome = run({"create", name, "--disk-size", "1M", "-m", "64", "-c", "1"});
    QVERIFY2(outcome.status == 0, outcome.error);
  }
  QString state(const QString& name) const { return run({"show", name, "--json"}).json().object()["state"].toString(); }

 private slots:
  void init() { root_ = std::make_unique<QTemporaryDir>(); }
  void cleanup() {
    for (const auto& name : run({"list", "--names"}).out.split('\n')) {
      if (!name.isEmpty()) {
        run({"stop", "--force", QString::fromUtf8(name)});
      }
    }
  }

  void a_machines_life() {
    create("demo");
    QCOMPARE(state("demo"), QString("off"));
    const Outcome started = run({"start", "demo"});
    QVERIFY2(started.status == 0, started.error);
    QCOMPARE(state("demo"), QString("running"));
    QCOMPARE(run({"start", "demo"}).status, 4);
    QCOMPARE(run({"pause", "demo"}).status, 0);
    QCOMPARE(state("demo"), QString("paused"));
    QCOMPARE(run({"resume", "demo"}).status, 0);
    QCOMPARE(run({"reset", "demo"}).status, 0);
    QCOMPARE(run({"delete", "demo"}).status, 4);
    QCOMPARE(run({"spice", "demo"}).out.trimmed(), "spice+unix://" + root_->path().toUtf8() + "/run/demo/spice.sock");
    QVERIFY(run({"metrics", "demo", "--json"}).json().object()["counters"].isObject());
    QCOMPARE(run({"stop", "demo"}).status, 0);
    QCOMPARE(state("demo"), QString("off"));
    QCOMPARE(run({"stop", "demo"}).status, 4);
    QCOMPARE(run({"delete", "demo"}).status, 0);
    QCOMPARE(run({"show", "demo"}).status, 3);
  }

  void a_guest_that_ignores_its_button_is_stopped_by_force_only() {
    create("demo");
    QCOMPARE(run({"start", "demo"}, {}, "SAFFRON_FAKE_IGNORES_POWER").status, 0);

    QCOMPARE(run({"power", "demo"}).status, 0);
    const Outcome stop = run({"stop", "demo", "--timeout", "1"});
    QCOMPARE(stop.status, 6);
    QVERIFY(stop.error.contains("--force"));
    QCOMPARE(state("demo"), QString("running"));
    QCOMPARE(run({"stop", "demo", "--force"}).status, 0);
    QCOMPARE(state("demo"), QString("off"));
  }

  void an_engine_that_does_not_answer_is_ended_by_force() {
    create("demo");
    QCOMPARE(run({"start", "demo"}).status, 0);
    const int pid = run({"show", "demo", "--json"}).json().object()["status"].toObject()["pid"].toInt();
    QVERIFY(pid > 1);
    QCOMPARE(::kill(pid, SIGSTOP), 0);
    const Outcome stop = run({"stop", "demo", "--force"});
    QVERIFY2(stop.status == 0, stop.error);
    QVERIFY(stop.error.contains("does not answer"));
    QCOMPARE(state("demo"), QString("off"));
    QCOMPARE(run({"start", "demo"}).status, 0);
  }

  void typing_and_keys_arrive() {
    create("demo");
    QCOMPARE(run({"start", "demo"}).status, 0);

    QCOMPARE(run({"type", "demo", "--interval", "1", "a", "B"}).status, 0);
    QCOMPARE(run({"type", "demo", "--interval", "1", "-"}, "\n").status, 0);
    QCOMPARE(run({"key", "demo", "ctrl-alt-delete", "--interval=1"}).status, 0);
    QCOMPARE(run({"key", "demo", "nonsense"}).status, 2);
    QCOMPARE(run({"type", "demo", "é"}).status, 2);

    const QByteArray log = run({"log", "demo"}).out;
    const QStringList keys = [&] {
      QStringList list;
      for (const auto& line : log.split('\n')) {
        if (line.contains("key ")) {
          list.append(QString::fromUtf8(line.mid(line.indexOf("key ") + 4)));
        }
      }
      return list;
    }();
    const QStringList expected{"a down",      "a up",      "space down", "space up", "shift down", "b down",
                               "b up",        "shift up",  "enter down", "enter up", "ctrl down",  "alt down",
                               "delete down", "delete up", "alt up",     "ctrl up"};
    QCOMPARE(keys, expected);
    QCOMPARE(run({"log", "demo", "-n", "1"}).out.count('\n'), 1);
    QVERIFY(run({"log", "demo", "-n1"}).out.contains("ctrl up"));
  }

  void screenshot_is_a_png_of_the_screen() {
    create("demo");
    QCOMPARE(run({"start", "demo"}).status, 0);

    const Outcome shot = run({"screenshot", "demo", "shot.png", "--json"});

    QCOMPARE(shot.status, 0);
    QCOMPARE(shot.json().object()["width"].toInt(), 640);
    QVERIFY(file_text(root_->path() + "/shot.png").startsWith("\x89PNG\r\n"));
    QCOMPARE(run({"screenshot", "demo", "-"}).out, file_text(root_->path() + "/shot.png"));
    QVERIFY(run({"screenshot", "demo", "/nonexistent/x.png"}).status != 0);
  }

  void the_serial_port_echoes() {
    create("demo");
    QCOMPARE(run({"start", "demo"}).status, 0);
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("SAFFRON_MACHINES", root_->path() + "/machines");
    environment.insert("SAFFRON_RUNTIME", root_->path() + "/run");
    environment.insert("SAFFRON_STATE", root_->path() + "/state");
    process.setProcessEnvironment(environment);
    process.start(SAFFRONCTL, {"serial", "demo"});

    process.write("hello\n");
    QByteArray answer;
    while (!answer.contains('\n') && process.waitForReadyRead(kLong)) {
      answer += process.readAllStandardOutput();
    }

    QCOMPARE(answer, QByteArray("hello\n"));
    QCOMPARE(run({"stop", "--force", "demo"}).status, 0);
    QVERIFY(process.waitForFinished(kLong));
  }

  void events_are_lines_of_json() {
    create("demo");
    QCOMPARE(run({"start", "demo"}).status, 0);
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("SAFFRON_MACHINES", root_->path() + "/machines");
    environment.insert("SAFFRON_RUNTIME", root_->path() + "/run");
    process.setProcessEnvironment(environment);
    process.start(SAFFRONCTL, {"events", "demo", "--json"});
    QVERIFY(process.waitForReadyRead(kLong));

    QCOMPARE(run({"stop", "demo"}).status, 0);

    QVERIFY(process.waitForFinished(kLong));
    const auto lines = process.readAllStandardOutput().trimmed().split('\n');
    QStringList names;
    for (const auto& line : lines) {
      names.append(QJsonDocument::fromJson(line).object()["event"].toString());
    }
    QCOMPARE(names, (QStringList{"snapshot", "state_changed", "stopped"}));
  }

  void media_change_in_machine_and_file() {
    create("demo");
    QFile iso(root_->path() + "/a.iso");
    QVERIFY(iso.open(QIODevice::WriteOnly));
    iso.write(QByteArray(2048, 'x'));
    iso.close();
    QCOMPARE(run({"start", "demo"}).status, 0);

    QCOMPARE(run({"insert", "demo", "a.iso"}).status, 0);
    QCOMPARE(run({"show", "demo", "--field", "cdroms[0].path"}).out.trimmed(),
             "\"" + root_->path().toUtf8() + "/a.iso\"");
    QCOMPARE(run({"insert", "demo", "missing.iso"}).status, 3);
    QCOMPARE(run({"insert", "demo", "a.iso", "--drive", "cd7"}).status, 3);
    QCOMPARE(run({"eject", "demo"}).status, 0);
    QCOMPARE(run({"show", "demo", "--field", "cdroms[0].path"}).out.trimmed(), QByteArray("null"));
  }

  void an_engine_that_cannot_start_says_why() {
    create("demo");
    QVERIFY(QFile::remove(root_->path() + "/machines/demo/disk.raw"));

    const Outcome outcome = run({"start", "demo", "--json"});

    QCOMPARE(outcome.status, 3);
    QCOMPARE(outcome.json().object()["error"].toObject()["subject"].toString(), QString("disks[0].path"));
  }

  void wrong_command_lines_data() {
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<int>("status");
    QTest::newRow("nothing") << QStringList{} << 2;
    QTest::newRow("unknown verb") << QStringList{"dance"} << 2;
    QTest::newRow("missing name") << QStringList{"start"} << 2;
    QTest::newRow("too much") << QStringList{"pause", "a", "b"} << 2;
    QTest::newRow("unknown option") << QStringList{"list", "--all"} << 2;
    QTest::newRow("option without value") << QStringList{"create", "a", "--memory"} << 2;
    QTest::newRow("flag with value") << QStringList{"list", "--names=1"} << 2;
    QTest::newRow("slash") << QStringList{"create", "a/b"} << 2;
    QTest::newRow("long name") << QStringList{"create", QString(10000, 'a')} << 2;
    QTest::newRow("too many CPUs") << QStringList{"create", "a", "--cpus", "254"} << 7;
    QTest::newRow("memory of another size") << QStringList{"create", "a", "--memory", "x"} << 2;
    QTest::newRow("disk of no size") << QStringList{"create", "a", "--disk-size", "0"} << 2;
    QTest::newRow("missing ISO") << QStringList{"create", "a", "--cdrom", "/nonexistent"} << 3;
    QTest::newRow("directory as ISO") << QStringList{"create", "a", "--cdrom", "/"} << 2;
    QTest::newRow("no such machine") << QStringList{"start", "a"} << 3;
    QTest::newRow("no such field") << QStringList{"create", "a", "--set", "x=1"} << 3;
    QTest::newRow("no assignment") << QStringList{"create", "a", "--set", "memory"} << 2;
  }
  void wrong_command_lines() {
    QFETCH(QStringList, words);
    QFETCH(int, status);

    const Outcome plain = run(words);
    const Outcome json = run(QStringList(words) << "--json");

    QCOMPARE(plain.status, status);
    QVERIFY(!plain.error.isEmpty());
    QVERIFY(plain.out.isEmpty());
    QCOMPARE(json.status, status);
    QVERIFY(words.isEmpty() || json.json().object()["error"].toObject()["code"].isString());
    QVERIFY(run({"list", "--names"}).out.isEmpty());
  }

  void every_verb_has_help_manual_and_json() {
    const QString share = QString(PAGES);
    for (const QString& verb : all_verbs()) {
      const Outcome help = run({verb, "--help"});
      QCOMPARE(help.status, 0);
      QVERIFY2(help.out.contains("Usage: saffronctl " + verb.toUtf8()), qPrintable(verb));
      QVERIFY2(help.out.contains("--json"), qPrintable(verb));
      QVERIFY2(QFile::exists(share + "/man/man1/saffronctl-" + verb + ".1"), qPrintable(verb));
    }
    for (const QStringList& words : {QStringList{"list"}, {"fields"}, {"doctor"}, {"version"}, {"help"}}) {
      QVERIFY2(!run(QStringList(words) << "--json").json().isNull(), qPrintable(words.first()));
    }
  }

  void help_manual_and_completion_list_the_same_verbs() {
    const QString share = QString(PAGES);
    const QStringList expected = all_verbs();
    const QByteArray help = run({"help"}).out;
    const QByteArray bash = file_text(share + "/bash-completion/completions/saffronctl");

    QCOMPARE(
        matches(help.mid(help.indexOf("Verbs:"), help.indexOf("Every verb") - help.indexOf("Verbs:")), "^  ([a-z]+) "),
        expected);
    QCOMPARE(matches(file_text(share + "/man/man1/saffronctl.1"), "^\\.SS (.*)$"), expected);
    QCOMPARE(matches(bash, "^ *\\[([a-z]+)\\]="), expected);
    QStringList listed = matches(bash, "^_saffronctl_verbs='(.*)'$").value(0).split(' ');
    listed.sort();
    QCOMPARE(listed, expected);
    QCOMPARE(matches(file_text(share + "/zsh/site-functions/_saffronctl"), "^ +'([a-z]+):"), expected);
    QCOMPARE(matches(file_text(share + "/fish/vendor_completions.d/saffronctl.fish"),
                     "__fish_use_subcommand -f -a ([a-z]+) "),
             expected);
    QCOMPARE(QJsonDocument::fromJson(run({"help", "--json"}).out).array().size(), expected.size());
  }

  void no_template_marker_is_left() {
    for (const char* page : {"/man/man1/saffronctl.1", "/bash-completion/completions/saffronctl",
                             "/zsh/site-functions/_saffronctl", "/fish/vendor_completions.d/saffronctl.fish"}) {
      const QByteArray text = file_text(QString(PAGES) + page);
      QVERIFY2(!text.isEmpty(), page);
      QVERIFY2(matches(text, "@([A-Z_]+)@").isEmpty(), page);
    }
  }

  void bash_completes_verbs_options_and_machines() {
    create("demo");
    const auto complete = [&](const QByteArray& words, int index) {
      QProcess process;
      QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
      environment.insert("SAFFRON_MACHINES", root_->path() + "/machines");
      environment.insert("SAFFRON_RUNTIME", root_->path() + "/run");
      environment.insert("PATH", QFileInfo(SAFFRONCTL).path() + ":" + environment.value("PATH"));
      process.setProcessEnvironment(environment);
      process.start("bash",
                    {"--norc", "-c",
                     QString("source %1/bash-completion/completions/saffronctl; COMP_WORDS=(%2); COMP_CWORD=%3; "
                             "_saffronctl; echo \"${COMPREPLY[@]}\"")
                         .arg(PAGES, QString::fromUtf8(words))
                         .arg(index)});
      process.waitForFinished(kLong);
      return process.readAllStandardOutput().trimmed();
    };

    QCOMPARE(complete("saffronctl scr", 1), QByteArray("screenshot"));
    QCOMPARE(complete("saffronctl stop --fo", 2), QByteArray("--force"));
    QCOMPARE(complete("saffronctl pause d", 2), QByteArray("demo"));
    QCOMPARE(complete("saffronctl set demo memo", 3), QByteArray("memory_mib="));
  }
};

}  // namespace saffron::ctl

using saffron::ctl::SaffronctlTest;
QTEST_GUILESS_MAIN(SaffronctlTest)
#include "saffronctl_test.moc"
