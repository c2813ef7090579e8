// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/connection_target.h"

#include <QtCore/QFile>
#include <QtCore/QMap>
#include <QtCore/QUrl>
#include <algorithm>

namespace saffron::viewer {

using core::Error;
using core::ErrorCode;
using core::Result;

namespace {

/// A certificate chain has some kilobytes; a larger file is not a connection file.
constexpr qint64 kMaxFileBytes = 1 << 20;

/// GKeyFile's escapes: \n, \t, \r, \s, \\.
QString unescape(const QString& value) {
  QString result;
  for (qsizetype i = 0; i < value.size(); ++i) {
    if (value[i] != '\\' || i + 1 == value.size()) {
      result += value[i];
      continue;
    }
    ++i;
    switch (value[i].unicode()) {
      case 'n':
        result += '\n';
        break;
      case 't':
        result += '\t';
        break;
      case 'r':
        result += '\r';
        break;
      case 's':
        result += ' ';
        break;
      default:
        result += value[i];
    }
  }
  return result;
}

bool is_true(const QString& value) {
  return value == "1" || value == "true";
}

/// Empty, or 1..65535.
bool is_port(const QString& text) {
  bool number = false;
  const uint value = text.toUInt(&number);
  return text.isEmpty() || (number && value > 0 && value <= 65535);
}

}  // namespace

QString ConnectionTarget::unix_path() const {
  const QUrl url(uri);
  return url.scheme() == "spice+unix" ? url.path() : QString();
}

QString ConnectionTarget::description() const {
  if (!uri.isEmpty()) {
    return uri;
  }
  return host + ":" + (port.isEmpty() ? tls_port : port);
}

Result<ConnectionTarget> target_from_uri(const QString& uri) {
  const QUrl url(uri, QUrl::StrictMode);
  const bool network = url.scheme() == "spice" || url.scheme() == "spice+tls";
  // spice://host?port=5900 is the older spelling, which other viewers still write.
  if (network && !url.host().isEmpty() && (url.port() > 0 || url.query().contains("port="))) {
    ConnectionTarget target;
    target.uri = uri;
    return target;
  }
  if (url.scheme() == "spice+unix" && !url.path().isEmpty()) {
    ConnectionTarget target;
    target.uri = uri;
    return target;
  }
  return Error{ErrorCode::kInvalidArgument,
               "a SPICE address is spice://HOST:PORT, spice+tls://HOST:PORT or spice+unix:///PATH", uri.toStdString()};
}

Result<VvFile> parse_vv(const QByteArray& text) {
  QMap<QString, QString> values;
  bool in_group = false;
  bool seen_group = false;
  for (const QByteArray& raw : text.split('\n')) {
    const QString line = QString::fromUtf8(raw).trimmed();
    if (line.startsWith('[')) {
      in_group = line == "[virt-viewer]";
      seen_group = seen_group || in_group;
    } else if (const qsizetype equals = line.indexOf('='); in_group && equals > 0 && !line.startsWith('#')) {
      values[line.left(equals).trimmed()] = unescape(line.mid(equals + 1).trimmed());
    }
  }
  if (!seen_group || values["type"] != "spice") {
    return Error{ErrorCode::kInvalidArgument, "this is not a connection file for SPICE", {}};
  }
  VvFile file;
  ConnectionTarget& target = file.target;
  target.host = values["host"];
  target.port = values["port"];
  target.tls_port = values["tls-port"];
  if (target.host.isEmpty() || (target.port.isEmpty() && target.tls_port.isEmpty()) || !is_port(target.port) ||
      !is_port(target.tls_port)) {
    return Error{ErrorCode::kInvalidArgument, "the connection file names no host with a port to connect to", {}};
  }
  target.password = values["password"];
  target.ca = values["ca"].toUtf8();
  target.host_subject = values["host-subject"];
  target.proxy = values["proxy"];
  target.secure_channels = values["secure-channels"].split(';', Qt::SkipEmptyParts);
  target.title = values["title"];
  target.full_screen = is_true(values["fullscreen"]);
  file.delete_file = is_true(values["delete-this-file"]);
  return file;
}

Result<ConnectionTarget> target_from_vv(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) {
    return Error{ErrorCode::kNotFound, "cannot read the connection file: " + file.errorString().toStdString(),
                 path.toStdString()};
  }
  const QByteArray text = file.read(kMaxFileBytes + 1);
  if (text.size() > kMaxFileBytes) {
    return Error{ErrorCode::kInvalidArgument, "the connection file is too large", path.toStdString()};
  }
  VvFile parsed = SAFFRON_TRY(parse_vv(text));
  if (parsed.delete_file) {
    file.remove();
  }
  return parsed.target;
}

}  // namespace saffron::viewer
