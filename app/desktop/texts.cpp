// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/texts.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QLocale>
#include <QtCore/QRegularExpression>
#include <vector>

#include "app/desktop/message_table.h"
#include "app/desktop/notice.h"

namespace saffron::desktop {

namespace {

struct Texts {
  Q_DECLARE_TR_FUNCTIONS(Texts)
};

/// A sentence with %1, %2 for what varies, as a pattern that finds them.
QRegularExpression pattern_of(const QString& sentence) {
  QString pattern = QRegularExpression::escape(sentence);
  for (const char* place : {"\\%1", "\\%2", "\\%3", "%1", "%2", "%3"}) {
    pattern.replace(place, "(.*?)");
  }
  return QRegularExpression("\\A" + pattern + "\\z", QRegularExpression::DotMatchesEverythingOption);
}

std::optional<QString> translate_with(const QString& english, const char* sentence) {
  const QString known = QString::fromUtf8(sentence);
  if (!known.contains('%')) {
    return known == english ? std::optional(QCoreApplication::translate("EngineText", sentence)) : std::nullopt;
  }
  const QRegularExpressionMatch match = pattern_of(known).match(english);
  if (!match.hasMatch()) {
    return std::nullopt;
  }
  QString translated = QCoreApplication::translate("EngineText", sentence);
  // The system's own words ("Permission denied") come in the system's language.
  for (int which = 1; which <= match.lastCapturedIndex(); ++which) {
    translated.replace(QString("%%1").arg(which), match.captured(which));
  }
  return translated;
}

QString trimmed_number(double number) {
  return QLocale().toString(number, 'f', number < 10 && number != static_cast<int>(number) ? 1 : 0);
}

}  // namespace

QString size_text(std::uint64_t bytes) {
  const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double number = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; number >= 1024 && unit + 1 < std::size(units); ++unit) {
    number /= 1024;
  }
  return trimmed_number(number) + " " + units[unit];
}

QString memory_text(std::uint64_t mib) {
  return size_text(mib << 20);
}

QString duration_text(double seconds) {
  const auto minutes = static_cast<std::int64_t>(seconds / 60);
  if (minutes < 1) {
    return Texts::tr("less than a minute");
  }
  if (minutes < 60) {
    return Texts::tr("%1 min").arg(minutes);
  }
  if (minutes < 24 * 60) {
    return Texts::tr("%1 h %2 min").arg(minutes / 60).arg(minutes % 60);
  }
  return Texts::tr("%1 d %2 h").arg(minutes / (24 * 60)).arg(minutes / 60 % 24);
}

QString cpus_text(std::uint32_t cpus) {
  return Texts::tr("%n CPU(s)", nullptr, static_cast<int>(cpus));
}

QString engine_text(const std::string& english) {
  const QString text = QString::fromStdString(english);
  for (const char* sentence : engine_sentences()) {
    if (auto translated = translate_with(text, sentence)) {
      return *translated;
    }
  }
  return text;
}

QString error_text(const core::Error& error) {
  const QString text = engine_text(error.message);
  // A path into machine.json tells where to look; other subjects stand in the sentence already.
  const QString subject = QString::fromStdString(error.subject);
  const bool field = !subject.isEmpty() && !subject.contains('/') && !text.contains(subject);
  return field ? Texts::tr("%1 (%2)").arg(text, subject) : text;
}

QString field_label(const char* path) {
  const FieldWords* words = field_of(path);
  return words == nullptr ? QString() : QCoreApplication::translate("FieldLabel", words->label);
}

QString field_help(const char* path) {
  const FieldWords* words = field_of(path);
  return words == nullptr ? QString() : QCoreApplication::translate("FieldHelp", words->help);
}

QString boot_device_text(api::BootDevice device) {
  switch (device) {
    case api::BootDevice::kDisk:
      return Texts::tr("Hard disk");
    case api::BootDevice::kCdrom:
      return Texts::tr("CD-ROM");
    case api::BootDevice::kNetwork:
      break;
  }
  return Texts::tr("Network");
}

QString disk_bus_text(api::DiskBus bus) {
  return bus == api::DiskBus::kVirtio ? Texts::tr("virtio (fast)") : Texts::tr("SATA (needs no driver)");
}

QString panic_action_text(api::PanicAction action) {
  switch (action) {
    case api::PanicAction::kPause:
      return Texts::tr("Pause, so that its screen can be read");
    case api::PanicAction::kReset:
      return Texts::tr("Restart");
    case api::PanicAction::kStop:
      break;
  }
  return Texts::tr("Turn off");
}

QString plain_label(QString text) {
  static const QRegularExpression bracketed("\\(&.\\)");
  return text.remove(bracketed).remove('&').remove("…");
}

QString shell_quoted(const QString& word) {
  static const QRegularExpression plain("\\A[A-Za-z0-9_@%+=:,./-]+\\z");
  if (plain.match(word).hasMatch()) {
    return word;
  }
  QString quoted = word;
  quoted.replace("'", "'\\''");
  return "'" + quoted + "'";
}

Notice Notice::from_error(const QString& what, const core::Error& error, const QString& machine) {
  QString message = QString::fromStdString(error.message);
  QString details;
  if (const qsizetype line = message.indexOf('\n'); line >= 0) {
    details = message.mid(line + 1).trimmed();
    message.truncate(line);
  }
  core::Error first_line = error;
  first_line.message = message.toStdString();
  Notice notice;
  notice.text = what + " " + error_text(first_line);
  if (!notice.text.endsWith('.') && !notice.text.endsWith(QChar(0x3002)) && !notice.text.endsWith(':')) {
    notice.text += Texts::tr(".");
  }
  notice.details = details;
  notice.machine = machine;
  notice.kind = what;
  return notice;
}

}  // namespace saffron::desktop
