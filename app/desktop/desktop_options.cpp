// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/desktop_options.h"

#include <QtCore/QCommandLineParser>
#include <QtCore/QCoreApplication>
#include <QtCore/QFileInfo>
#include <string_view>

namespace saffron::desktop {

namespace {

core::Error usage(const QString& text) {
  return {core::ErrorCode::kInvalidArgument, text.toStdString(), {}};
}

}  // namespace

bool wants_text_only(int argc, const char* const* argv) {
  for (int index = 1; index < argc; ++index) {
    const std::string_view argument(argv[index]);
    if (argument == "--help" || argument == "-h" || argument == "--help-all" || argument == "--version" ||
        argument == "-v") {
      return true;
    }
  }
  return false;
}

core::Result<DesktopOptions> parse_options(const QStringList& arguments) {
  QCommandLineParser parser;
  parser.setApplicationDescription(
      "Virtual machines on a Linux desktop: the library of machines, their settings and their state.\n"
      "Closing it never stops a machine. saffronctl does the same from a shell; saffron-viewer shows a screen.");
  parser.addPositionalArgument("image", "Make a new machine from this CD or disk image.", "[IMAGE]");
  parser.addHelpOption();
  parser.addVersionOption();
  const QCommandLineOption machine("machine", "Select the machine NAME.", "NAME");
  const QCommandLineOption start("start", "Start the machine that --machine names.");
  const QCommandLineOption create("new", "Open the assistant for a new machine.");
  const QCommandLineOption scheme("color-scheme", "Colours: system, light or dark.", "SCHEME", "system");
  const QCommandLineOption language("language", "Language: en or zh_CN; otherwise the user's.", "LANGUAGE");
  parser.addOptions({machine, start, create, scheme, language});
  if (!parser.parse(arguments)) {
    return usage(parser.errorText());
  }
  if (parser.isSet("help")) {
    parser.showHelp();
  }
  if (parser.isSet("version")) {
    parser.showVersion();
  }
  const QStringList images = parser.positionalArguments();
  if (images.size() > 1) {
    return usage("unexpected argument: " + images[1]);
  }
  DesktopOptions options;
  const auto colors = common::color_scheme_from_name(parser.value(scheme));
  if (!colors) {
    return usage("--color-scheme is system, light or dark");
  }
  options.color_scheme = *colors;
  options.language = parser.value(language);
  if (!common::is_language(options.language)) {
    return usage("--language is en or zh_CN");
  }
  options.machine = parser.value(machine);
  options.new_machine = parser.isSet(create);
  if (!images.isEmpty()) {
    options.image = QFileInfo(images[0]).absoluteFilePath();
  }
  options.start = parser.isSet(start);
  if (options.start && options.machine.isEmpty()) {
    return usage("--start needs --machine");
  }
  return options;
}

}  // namespace saffron::desktop
