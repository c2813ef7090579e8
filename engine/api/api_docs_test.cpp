// SPDX-License-Identifier: Apache-2.0
// docs/machine-file.md and docs/control-protocol.md name what the code has, and nothing that it has not.
#include <QFile>
#include <QRegularExpression>
#include <QtTest/QtTest>

#include "engine/api/config_fields.h"
#include "engine/api/control_messages.h"
#include "engine/core/result.h"

namespace saffron::api {

namespace {

QString read(const QString& below) {
  QFile file(QString(SOURCE_DIRECTORY) + below);
  return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

QSet<QString> captures(const QString& text, const QString& pattern) {
  QSet<QString> found;
  QRegularExpressionMatchIterator at =
      QRegularExpression(pattern, QRegularExpression::MultilineOption).globalMatch(text);
  while (at.hasNext()) {
    found.insert(at.next().captured(1));
  }
  return found;
}

/// The first column of the table after `heading`.
QSet<QString> table(const QString& document, const QString& heading) {
  const QString section = document.section("\n## " + heading + "\n", 1).section("\n## ", 0, 0);
  return captures(section, "^\\| `([^`]+)` \\|");
}

}  // namespace

class ApiDocsTest : public QObject {
  Q_OBJECT

 private slots:
  void machine_file_lists_every_field_with_its_choices() {
    const QString document = read("/docs/machine-file.md");
    QSet<QString> fields;
    for (const FieldInfo& field : config_fields()) {
      const QString path = QString::fromStdString(field.path);
      fields.insert(path);
      const QString row = document.section("| `" + path + "` |", 1).section('\n', 0, 0);
      for (const std::string& choice : field.choices) {
        QVERIFY2(row.contains("`" + QString::fromStdString(choice) + "`"), field.path.c_str());
      }
      if (field.type == FieldType::kInteger) {
        QVERIFY2(row.contains(QString("%1 to %2").arg(field.minimum).arg(field.maximum)), field.path.c_str());
      }
      if (field.type != FieldType::kObject && !field.required) {
        const QString shown = row.section(" | ", 1, 1).remove('`').remove(' ');
        QCOMPARE(shown, QString::fromStdString(field.default_value));
      }
    }

    QCOMPARE(table(document, "Fields"), fields);
  }

  void protocol_lists_every_method_and_event() {
    const QString document = read("/docs/control-protocol.md");

    QCOMPARE(table(document, "Methods"), captures(read("/engine/api/control_methods.h"), "kName = \"([a-z_.]+)\""));
    QCOMPARE(table(document, "Events and resync"),
             captures(read("/engine/api/control_events.h"), "kName = \"([a-z_.]+)\""));
    QVERIFY(!table(document, "Methods").isEmpty());
  }

  void protocol_lists_every_error_code_and_key() {
    const QString document = read("/docs/control-protocol.md");

    for (int code = 0; code <= static_cast<int>(core::ErrorCode::kInternal); ++code) {
      const QString name = core::error_code_name(static_cast<core::ErrorCode>(code));
      QVERIFY2(document.contains("`" + name + "`"), qPrintable(name));
    }
    for (const std::string_view key : key_names()) {
      const QString name = QString::fromUtf8(key.data(), static_cast<qsizetype>(key.size()));
      const bool in_a_range = key.size() == 1 || QRegularExpression("^(f|kp)[0-9]+$").match(name).hasMatch();
      QVERIFY2(in_a_range || document.contains("`" + name + "`"), qPrintable(name));
    }
  }
};

}  // namespace saffron::api

using saffron::api::ApiDocsTest;
QTEST_APPLESS_MAIN(ApiDocsTest)
#include "api_docs_test.moc"
