// SPDX-License-Identifier: Apache-2.0
// Where a console is: from a SPICE URI, or a virt-viewer connection file (.vv).
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QString>
#include <QtCore/QStringList>
#include <optional>

#include "engine/core/result.h"

namespace saffron::viewer {

struct ConnectionTarget {
  /// Set: it says where; host and ports are empty then.
  QString uri;
  QString host;
  QString port;
  QString tls_port;
  QString password;
  QByteArray ca;  // PEM.
  QString host_subject;
  QString proxy;
  QStringList secure_channels;
  QString title;
  bool full_screen = false;

  /// The Unix socket's path, if it is one.
  QString unix_path() const;
  /// For people.
  QString description() const;
};

/// spice://host:port, spice+tls://host:port, spice+unix:///path. kInvalidArgument otherwise.
core::Result<ConnectionTarget> target_from_uri(const QString& uri);

/// The text of a .vv file. Unknown keys are ignored, as other viewers do. kInvalidArgument: not a SPICE file, or one
/// without a place to connect to. `delete_file`: whether the file asks to be deleted once it is read.
struct VvFile {
  ConnectionTarget target;
  bool delete_file = false;
};
core::Result<VvFile> parse_vv(const QByteArray& text);

/// Reads the file (at most 1 MiB), and deletes it if it asks for that.
core::Result<ConnectionTarget> target_from_vv(const QString& path);

}  // namespace saffron::viewer
