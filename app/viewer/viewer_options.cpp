// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/viewer_options.h"

#include <QtCore/QCommandLineParser>
#include <QtCore/QFileInfo>
#include <QtCore/QSettings>
#include <QtCore/QUrl>
#include <string_view>

namespace saffron::viewer {

using core::Error;
using core::ErrorCode;
using core::Result;

namespace {

constexpr int kMaxTimeoutSeconds = 24 * 60 * 60;

Error wrong(const QString& message) {
  return Error{ErrorCode::kInvalidArgument, message.toStdString(), {}};
}

Result<void> take_place(const QCommandLineParser& parser, ViewerOptions& options) {
  const QStringList places = parser.positionalArguments();
  if (parser.isSet("machine")) {
    if (!places.isEmpty()) {
      return wrong("give either an address or --machine, not both");
    }
    const QString name = parser.value("machine");
    if (name.isEmpty() || name.contains('/') || name == "." || name == "..") {
      return wrong("'" + name + "' is not the name of a machine");
    }
    options.machine = api::machine_paths(SAFFRON_TRY(api::BasePaths::from_environment()), name.toStdString());
    // An engine that was told other directories has its socket where we look for it, but no directory in the library.
    if (!QFileInfo::exists(QString::fromStdString(options.machine->directory)) &&
        !QFileInfo::exists(QString::fromStdString(options.machine->control_socket))) {
      return Error{ErrorCode::kNotFound, "there is no machine named '" + name.toStdString() + "'", name.toStdString()};
    }
    options.target.uri = "spice+unix://" + QString::fromStdString(options.machine->spice_socket);
    options.target.title = name;
    return {};
  }
  if (places.size() != 1) {
    return wrong("an address, a .vv file or --machine NAME is needed; see --help");
  }
  const QString place = places.front();
  options.target = place.contains("://") && !place.startsWith("file://")
                       ? SAFFRON_TRY(target_from_uri(place))
                       : SAFFRON_TRY(target_from_vv(place.startsWith("file://") ? QUrl(place).toLocalFile() : place));
  return {};
}

void describe(QCommandLineParser& parser) {
  parser.setApplicationDescription(
      "Shows the screen of a virtual machine. Closing the window never stops the machine.");
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addPositionalArgument("place", "spice://HOST:PORT, spice+tls://HOST:PORT, spice+unix:///PATH, or a .vv file.",
                               "[place]");
  parser.addOptions({
      {"machine", "Show this user's machine NAME, with a menu to control it.", "NAME"},
      {{"title", "window-title"}, "The window's title.", "TEXT"},
      {"full-screen", "Begin in full screen."},
      {"color-scheme", "system, light or dark.", "SCHEME", "system"},
      {"language", "en or zh_CN; otherwise the user's.", "LANGUAGE"},
      {"release-key",
       "What gives keyboard and mouse back: right-ctrl, right-alt, right-shift, ctrl-alt, scroll-lock or "
       "pause.",
       "KEY"},
      {"screenshot", "Wait for a picture, save it to FILE (PNG) and end. Needs no display.", "FILE"},
      {"timeout", "How long --screenshot waits, in seconds (30).", "SECONDS", "30"},
  });
}

}  // namespace

bool wants_screenshot_only(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--screenshot" || argument.starts_with("--screenshot=") || argument == "--help" ||
        argument == "-h" || argument == "--help-all" || argument == "--version" || argument == "-v") {
      return true;
    }
  }
  return false;
}

Result<ViewerOptions> parse_options(const QStringList& arguments) {
  QCommandLineParser parser;
  describe(parser);
  if (!parser.parse(arguments)) {
    return wrong(parser.errorText());
  }
  if (parser.isSet("help") || parser.isSet("help-all")) {
    parser.showHelp();
  }
  if (parser.isSet("version")) {
    parser.showVersion();
  }
  ViewerOptions options;
  SAFFRON_TRY(take_place(parser, options));
  if (parser.isSet("title")) {
    options.target.title = parser.value("title");
  }
  options.target.full_screen = options.target.full_screen || parser.isSet("full-screen");
  options.screenshot_file = parser.value("screenshot");
  if (parser.isSet("screenshot") && options.screenshot_file.isEmpty()) {
    return wrong("--screenshot needs a file name");
  }
  bool number = false;
  options.timeout_seconds = parser.value("timeout").toInt(&number);
  if (!number || options.timeout_seconds < 1 || options.timeout_seconds > kMaxTimeoutSeconds) {
    return wrong("--timeout wants a number of seconds from 1 to " + QString::number(kMaxTimeoutSeconds));
  }
  const auto scheme = common::color_scheme_from_name(parser.value("color-scheme"));
  if (!scheme) {
    return wrong("--color-scheme wants system, light or dark");
  }
  options.color_scheme = *scheme;
  options.language = parser.value("language");
  if (!common::is_language(options.language)) {
    return wrong("--language wants en or zh_CN");
  }
  const bool key_given = parser.isSet("release-key");
  const auto key = ReleaseKey::from_id(key_given ? parser.value("release-key")
                                                 : QSettings().value("release_key", "right-ctrl").toString());
  if (!key && key_given) {
    return wrong("'" + parser.value("release-key") + "' is no release key; see --help");
  }
  options.release_key = key.value_or(ReleaseKey());
  return options;
}

}  // namespace saffron::viewer
