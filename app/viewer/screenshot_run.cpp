// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/screenshot_run.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QTimer>
#include <cstdio>

#include "app/viewer/spice_console.h"

namespace saffron::viewer {

namespace {

/// A server may send the first picture in pieces: it is complete when nothing more came for so long,
constexpr int kQuietMilliseconds = 150;
/// or, with a picture that never rests, after so long.
constexpr int kEnoughMilliseconds = 1500;

int fail(const QString& message) {
  std::fprintf(stderr, "saffron-viewer: %s\n", qPrintable(message));
  return 1;
}

QString reason(SpiceConsole::End why, const QString& detail, const ConnectionTarget& target) {
  switch (why) {
    case SpiceConsole::End::kClosed:
      return "the other side has closed the connection";
    case SpiceConsole::End::kNoConnection:
      return "nobody answers at " + target.description() + (detail.isEmpty() ? QString() : " (" + detail + ")");
    case SpiceConsole::End::kTicketRefused:
      return "the console needs a password, or another one; a .vv file can hold it";
    case SpiceConsole::End::kFailed:
      break;
  }
  return "the connection failed: " + detail;
}

}  // namespace

int run_screenshot(const ViewerOptions& options) {
  SpiceConsole console;
  QTimer quiet;
  QTimer enough;
  QTimer limit;
  for (QTimer* timer : {&quiet, &enough, &limit}) {
    timer->setSingleShot(true);
  }
  const auto save = [&] {
    console.disconnect();
    const bool saved = console.screen().save(options.screenshot_file, "PNG");
    QCoreApplication::exit(saved ? 0 : fail("cannot write " + options.screenshot_file));
  };
  QObject::connect(&quiet, &QTimer::timeout, save);
  QObject::connect(&enough, &QTimer::timeout, save);
  QObject::connect(&limit, &QTimer::timeout, [&] { QCoreApplication::exit(fail("no picture came in time")); });
  QObject::connect(&console, &SpiceConsole::screen_changed, [&] {
    quiet.start(kQuietMilliseconds);
    if (!enough.isActive()) {
      enough.start(kEnoughMilliseconds);
    }
  });
  QObject::connect(&console, &SpiceConsole::ended, [&](SpiceConsole::End why, const QString& detail) {
    QCoreApplication::exit(fail(reason(why, detail, options.target)));
  });
  limit.start(options.timeout_seconds * 1000);
  console.open(options.target);
  return QCoreApplication::exec();
}

}  // namespace saffron::viewer
