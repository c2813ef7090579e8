// SPDX-License-Identifier: Apache-2.0
#include "app/common/application.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QLibraryInfo>
#include <QtCore/QLocale>
#include <QtCore/QSettings>
#include <QtCore/QStandardPaths>
#include <QtCore/QTranslator>
#include <QtDBus/QDBusConnection>
#include <QtDBus/QDBusMessage>
#include <QtDBus/QDBusPendingCallWatcher>
#include <QtDBus/QDBusPendingReply>
#include <QtDBus/QDBusVariant>
#include <QtGui/QIcon>
#include <QtGui/QPalette>
#include <QtWidgets/QApplication>
#include <QtWidgets/QStyle>
#include <QtWidgets/QStyleFactory>

#include "app/common/color_scheme_watcher.h"

namespace saffron::common {

namespace {

constexpr const char* kPortalService = "org.freedesktop.portal.Desktop";
constexpr const char* kPortalPath = "/org/freedesktop/portal/desktop";
constexpr const char* kPortalInterface = "org.freedesktop.portal.Settings";
constexpr const char* kAppearance = "org.freedesktop.appearance";
constexpr const char* kColorScheme = "color-scheme";

/// The colours of Fusion's own dark variant (what Qt 6.5's Fusion uses when the desktop is dark; 6.4 has none).
QPalette dark_palette() {
  const QColor window(0x32, 0x32, 0x32);
  const QColor base(0x24, 0x24, 0x24);
  const QColor text(0xf0, 0xf0, 0xf0);
  const QColor faint(0x8c, 0x8c, 0x8c);
  const QColor highlight(0x30, 0x8c, 0xc6);
  QPalette palette(text, window, window.lighter(140), window.darker(180), window.darker(120), text, Qt::white, base,
                   window);
  palette.setColor(QPalette::AlternateBase, QColor(0x2b, 0x2b, 0x2b));
  palette.setColor(QPalette::Button, QColor(0x3a, 0x3a, 0x3a));
  palette.setColor(QPalette::ButtonText, text);
  palette.setColor(QPalette::ToolTipBase, base);
  palette.setColor(QPalette::ToolTipText, text);
  palette.setColor(QPalette::PlaceholderText, faint);
  palette.setColor(QPalette::Link, QColor(0x5a, 0xb0, 0xf0));
  palette.setColor(QPalette::LinkVisited, QColor(0xb0, 0x8c, 0xe0));
  palette.setColor(QPalette::Highlight, highlight);
  palette.setColor(QPalette::HighlightedText, Qt::white);
  palette.setColor(QPalette::Inactive, QPalette::Highlight, highlight.darker(120));
  for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    palette.setColor(QPalette::Disabled, role, faint);
  }
  return palette;
}

bool is_dark(const QPalette& palette) {
  return palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness();
}

/// What GTK programs would do; the fallback where no portal answers.
bool gtk_prefers_dark() {
  const QString theme = qEnvironmentVariable("GTK_THEME");
  if (!theme.isEmpty()) {
    return theme.endsWith(":dark") || theme.endsWith("-dark");
  }
  const QString config = QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation);
  for (const char* version : {"gtk-4.0", "gtk-3.0"}) {
    const QString path = config + "/" + version + "/settings.ini";
    if (QFile::exists(path)) {
      const QSettings settings(path, QSettings::IniFormat);
      return settings.value("Settings/gtk-application-prefer-dark-theme").toBool() ||
             settings.value("Settings/gtk-theme-name").toString().endsWith("-dark", Qt::CaseInsensitive);
    }
  }
  return false;
}

/// Asking for a bus that is not there may start one.
bool session_bus_exists() {
  return !qEnvironmentVariable("DBUS_SESSION_BUS_ADDRESS").isEmpty() ||
         QFile::exists(qEnvironmentVariable("XDG_RUNTIME_DIR") + "/bus");
}

}  // namespace

std::optional<ColorScheme> color_scheme_from_name(const QString& name) {
  if (name == "system") {
    return ColorScheme::kSystem;
  }
  if (name == "light") {
    return ColorScheme::kLight;
  }
  if (name == "dark") {
    return ColorScheme::kDark;
  }
  return std::nullopt;
}

void prepare_application(const char* program_name) {
  QCoreApplication::setOrganizationName("saffron");
  QCoreApplication::setApplicationName(program_name);
  QCoreApplication::setApplicationVersion(SAFFRON_VERSION);
  // Pixels of the guest and of the host must meet: take the desktop's fractional scale as it is.
  QGuiApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
}

bool is_language(const QString& name) {
  return name.isEmpty() || name == "en" || name == "zh_CN";
}

void install_translations(QApplication& application, const QString& catalog) {
  const QLocale locale;
  auto* qt = new QTranslator(&application);
  if (qt->load(locale, "qtbase", "_", QLibraryInfo::path(QLibraryInfo::TranslationsPath))) {
    QCoreApplication::installTranslator(qt);
  }
  auto* ours = new QTranslator(&application);
  if (ours->load(locale, catalog, "_", ":/i18n")) {
    QCoreApplication::installTranslator(ours);
  }
}

class ColorSchemeKeeper::Impl {
 public:
  explicit Impl(QApplication& application)
      : application_(application), system_palette_(application.palette()), system_style_(application.style()->name()) {
    watcher_.changed = [this](bool dark) {
      system_dark_ = dark;
      apply();
    };
  }

  void set(ColorScheme scheme) {
    scheme_ = scheme;
    // A platform theme (KDE's, GTK's) brings palette and style of its own, and keeps them up to date.
    const bool themed = system_style_ != "fusion" && system_style_ != "windows";
    if (scheme == ColorScheme::kSystem && !themed) {
      system_dark_ = gtk_prefers_dark();
      ask_portal();
    } else if (scheme == ColorScheme::kSystem) {
      system_dark_ = is_dark(system_palette_);
    }
    apply();
  }

  bool dark() const { return is_dark(application_.palette()); }

 private:
  void apply() {
    const bool dark = scheme_ == ColorScheme::kDark || (scheme_ == ColorScheme::kSystem && system_dark_);
    if (dark == is_dark(system_palette_)) {
      set_style(system_style_);
      application_.setPalette(system_palette_);
      return;
    }
    // The desktop's own colours are the other kind: Fusion is the style that follows any palette.
    set_style("fusion");
    application_.setPalette(dark ? dark_palette() : application_.style()->standardPalette());
  }

  void set_style(const QString& name) {
    if (application_.style()->name() != name) {
      application_.setStyle(QStyleFactory::create(name));
    }
  }

  void ask_portal() {
    if (asked_ || !session_bus_exists()) {
      return;
    }
    asked_ = true;
    QDBusConnection bus = QDBusConnection::sessionBus();
    QDBusMessage question = QDBusMessage::createMethodCall(kPortalService, kPortalPath, kPortalInterface, "Read");
    question << QString(kAppearance) << QString(kColorScheme);
    auto* pending = new QDBusPendingCallWatcher(bus.asyncCall(question), &watcher_);
    QObject::connect(pending, &QDBusPendingCallWatcher::finished, &watcher_, [this](QDBusPendingCallWatcher* call) {
      const QDBusPendingReply<QVariant> reply = *call;
      if (reply.isValid()) {
        watcher_.setting_changed(kAppearance, kColorScheme, QDBusVariant(reply.value()));
      }
      call->deleteLater();
    });
    bus.connect(kPortalService, kPortalPath, kPortalInterface, "SettingChanged", &watcher_,
                SLOT(setting_changed(QString, QString, QDBusVariant)));
  }

  QApplication& application_;
  const QPalette system_palette_;
  const QString system_style_;
  ColorScheme scheme_ = ColorScheme::kSystem;
  bool system_dark_ = false;
  bool asked_ = false;
  ColorSchemeWatcher watcher_;
};

ColorSchemeKeeper::ColorSchemeKeeper(QApplication& application) : impl_(std::make_unique<Impl>(application)) {}
ColorSchemeKeeper::~ColorSchemeKeeper() = default;
void ColorSchemeKeeper::set(ColorScheme scheme) {
  impl_->set(scheme);
}
bool ColorSchemeKeeper::dark() const {
  return impl_->dark();
}

void ColorSchemeWatcher::setting_changed(const QString& space, const QString& key, const QDBusVariant& value) {
  if (space != kAppearance || key != kColorScheme || !changed) {
    return;
  }
  // The portal's Read wraps its variant twice; SettingChanged does not.
  QVariant scheme = value.variant();
  while (scheme.canConvert<QDBusVariant>()) {
    scheme = scheme.value<QDBusVariant>().variant();
  }
  // 0: no preference, 1: dark, 2: light (xdg-desktop-portal, Settings).
  changed(scheme.toUInt() == 1);
}

}  // namespace saffron::common
