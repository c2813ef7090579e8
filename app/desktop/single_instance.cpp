// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/single_instance.h"

#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtNetwork/QLocalSocket>

namespace saffron::desktop {

namespace {

constexpr int kPatienceMilliseconds = 1000;
/// A request is far shorter.
constexpr qint64 kMaxRequestBytes = 64 << 10;

}  // namespace

// No machine's name begins with a dot.
SingleInstance::SingleInstance(const QString& directory, QObject* parent)
    : QObject(parent), path_(directory + "/.desktop.sock") {
  server_.setSocketOptions(QLocalServer::UserAccessOption);
  connect(&server_, &QLocalServer::newConnection, this, &SingleInstance::take_connection);
}

bool SingleInstance::handed_over(const DesktopOptions& options) {
  QLocalSocket socket;
  socket.connectToServer(path_);
  if (!socket.waitForConnected(kPatienceMilliseconds)) {
    return false;
  }
  const QJsonObject request{
      {"machine", options.machine}, {"image", options.image}, {"new", options.new_machine}, {"start", options.start}};
  socket.write(QJsonDocument(request).toJson(QJsonDocument::Compact) + "\n");
  // It answers as soon as it is in its event loop; one that hangs does not keep us from opening.
  return socket.waitForReadyRead(kPatienceMilliseconds) && socket.readAll().startsWith("ok");
}

void SingleInstance::listen() {
  if (!server_.listen(path_)) {
    QLocalServer::removeServer(path_);
    server_.listen(path_);
  }
}

void SingleInstance::take_connection() {
  while (QLocalSocket* socket = server_.nextPendingConnection()) {
    connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
    const auto read = [this, socket] {
      if (!socket->canReadLine()) {
        if (socket->bytesAvailable() > kMaxRequestBytes) {
          socket->abort();
        }
        return;
      }
      const QJsonObject request = QJsonDocument::fromJson(socket->readLine(kMaxRequestBytes)).object();
      DesktopOptions options;
      options.machine = request["machine"].toString();
      options.image = request["image"].toString();
      options.new_machine = request["new"].toBool();
      options.start = request["start"].toBool();
      socket->write("ok\n");
      socket->flush();
      socket->disconnectFromServer();
      emit asked(options);
    };
    connect(socket, &QLocalSocket::readyRead, this, read);
    read();
  }
}

}  // namespace saffron::desktop
