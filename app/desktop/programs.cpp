// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/programs.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QDateTime>
#include <QtCore/QDir>
#include <QtCore/QFileInfo>
#include <QtCore/QProcess>
#include <QtCore/QSettings>
#include <QtCore/QStandardPaths>

namespace saffron::desktop {

namespace {

constexpr const char* kViewer = "saffron-viewer";

QString find_viewer() {
  const QString named = qEnvironmentVariable("SAFFRON_VIEWER");
  if (!named.isEmpty()) {
    return named;
  }
  const QString beside = QCoreApplication::applicationDirPath() + "/" + kViewer;
  return QFileInfo(beside).isExecutable() ? beside : QStandardPaths::findExecutable(kViewer);
}

// On the application, so that it needs no variable of its own.
constexpr const char* kViewerOptions = "viewer_options";

}  // namespace

void set_viewer_options(const QString& language, common::ColorScheme scheme) {
  QStringList arguments;
  if (!language.isEmpty()) {
    arguments += {"--language", language};
  }
  if (scheme != common::ColorScheme::kSystem) {
    arguments += {"--color-scheme", scheme == common::ColorScheme::kDark ? "dark" : "light"};
  }
  QCoreApplication::instance()->setProperty(kViewerOptions, arguments);
}

core::Result<void> start_viewer(const QString& machine) {
  const QString program = find_viewer();
  if (program.isEmpty()) {
    return core::Error{
        core::ErrorCode::kNotFound,
        QCoreApplication::translate("Programs", "The program %1 is not installed").arg(kViewer).toStdString(), kViewer};
  }
  QProcess process;
  process.setProgram(program);
  process.setArguments(QStringList{"--machine", machine} +
                       QCoreApplication::instance()->property(kViewerOptions).toStringList());
  process.setStandardInputFile(QProcess::nullDevice());
  if (!process.startDetached()) {
    return core::Error{
        core::ErrorCode::kIo,
        QCoreApplication::translate("Programs", "The program %1 does not start").arg(program).toStdString(),
        program.toStdString()};
  }
  return {};
}

QString next_screenshot_file(const QString& machine) {
  QString folder = QStandardPaths::writableLocation(QStandardPaths::PicturesLocation);
  if (folder.isEmpty() || !QFileInfo(folder).isDir()) {
    folder = QDir::homePath();
  }
  const QString stem =
      QString("%1/%2 %3").arg(folder, machine, QDateTime::currentDateTime().toString("yyyy-MM-dd HH-mm-ss"));
  QString file = stem + ".png";
  for (int number = 2; QFileInfo::exists(file); ++number) {
    file = QString("%1 %2.png").arg(stem).arg(number);
  }
  return file;
}

QString last_directory(const char* kind) {
  const QString folder = QSettings().value(QString("folders/") + kind).toString();
  if (!folder.isEmpty() && QFileInfo(folder).isDir()) {
    return folder;
  }
  const QString downloads = QStandardPaths::writableLocation(QStandardPaths::DownloadLocation);
  return QFileInfo(downloads).isDir() ? downloads : QDir::homePath();
}

void remember_directory(const char* kind, const QString& file) {
  QSettings().setValue(QString("folders/") + kind, QFileInfo(file).path());
}

}  // namespace saffron::desktop
