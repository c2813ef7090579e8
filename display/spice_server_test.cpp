// SPDX-License-Identifier: Apache-2.0
// The whole adapter, loaded as the engine loads it, against a client that is not ours: spicy-screenshot.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <QtCore/QElapsedTimer>
#include <QtCore/QFile>
#include <QtCore/QProcess>
#include <QtCore/QStandardPaths>
#include <QtCore/QTemporaryDir>
#include <QtTest/QtTest>

#include "display/spice_loader.h"
#include "tests/fakes/fake_display_source.h"
#include "tests/fakes/fake_input.h"

using namespace saffron;
using core::ErrorCode;

/// libspice-server forgets some bytes of each server it destroys; our own allocations are draw_queue_test's business.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}

namespace {

spice::SpiceOptions unix_options(const std::string& path) {
  spice::SpiceOptions options;
  options.unix_socket_path = path;
  return options;
}

spice::SpiceOptions tcp_options(const std::string& ticket, std::uint16_t port = 0, bool allow_no_ticket = false,
                                const std::string& address = "127.0.0.1") {
  spice::SpiceOptions options;
  options.tcp = spice::TcpListen{address, port};
  options.ticket = ticket;
  options.allow_tcp_without_ticket = allow_no_ticket;
  return options;
}

/// An engine's worth of surroundings: a loop thread, fake devices, a server.
class Host {
 public:
  explicit Host(spice::SpiceOptions options = {}, std::uint32_t width = 320, std::uint32_t height = 200)
      : source(width, height) {
    loop_thread = core::LoopThread::start("control").value();
    if (options.unix_socket_path.empty() && !options.tcp) {
      options.unix_socket_path = path();
    }
    spice::SpiceRequest request{options, &loop(), {&keyboard, &mouse, &tablet}, &source};
    run([&] {
      auto result = spice::load_spice_server(request);
      if (result.ok()) {
        server = std::move(result).value();
      } else {
        error = result.error();
      }
    });
  }
  ~Host() {
    run([&] { server.reset(); });
  }

  core::EventLoop& loop() { return loop_thread->loop(); }
  void run(const std::function<void()>& task) { loop().run_sync(task); }
  std::string path() const { return folder.filePath("spice.sock").toStdString(); }
  unsigned clients() {
    unsigned count = 0;
    run([&] { count = static_cast<unsigned>(server->info().clients.size()); });
    return count;
  }
  ports::Frame frame() {
    ports::Frame copy;
    run([&] { copy = source.capture(); });
    return copy;
  }

  QTemporaryDir folder;
  std::unique_ptr<core::LoopThread> loop_thread;
  fakes::FakeDisplaySource source;
  fakes::FakeKeyboard keyboard;
  fakes::FakeMouse mouse;
  fakes::FakeTablet tablet;
  std::unique_ptr<spice::SpiceServer> server;
  core::Error error;
};

/// Binary PPM to a frame; empty when it is none.
ports::Frame read_ppm(const QString& path) {
  QFile file(path);
  ports::Frame frame;
  if (!file.open(QIODevice::ReadOnly)) {
    return frame;
  }
  const QByteArray magic = file.readLine().trimmed();
  const QList<QByteArray> size = file.readLine().trimmed().split(' ');
  file.readLine();
  const QByteArray data = file.readAll();
  if (magic != "P6" || size.size() != 2) {
    return frame;
  }
  frame.width = size[0].toUInt();
  frame.height = size[1].toUInt();
  for (qsizetype i = 0; i + 2 < data.size(); i += 3) {
    const auto byte = [&](qsizetype at) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(data[at])); };
    frame.pixels.push_back(byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2));
  }
  return frame;
}

ports::Frame spicy_screenshot(const Host& host, const QStringList& arguments) {
  const QString file = host.folder.filePath("shot.ppm");
  QFile::remove(file);
  QProcess process;
  process.setProcessChannelMode(QProcess::MergedChannels);
  process.start("spicy-screenshot", QStringList(arguments) << "-o" << file);
  process.waitForFinished(20'000);
  const ports::Frame frame = read_ppm(file);
  if (frame.pixels.empty()) {
    qWarning() << process.readAll();
  }
  return frame;
}

QStringList unix_uri(const Host& host) {
  return {"--uri=spice+unix://" + QString::fromStdString(host.path())};
}

/// A connected socket that says nothing and reads nothing.
core::UniqueFd connect_unix(const std::string& path) {
  core::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  return socket;
}

#define COMPARE_FRAMES(actual, expected)                   \
  do {                                                     \
    const ports::Frame actual_frame = (actual);            \
    const ports::Frame expected_frame = (expected);        \
    QCOMPARE(actual_frame.width, expected_frame.width);    \
    QCOMPARE(actual_frame.height, expected_frame.height);  \
    QVERIFY(actual_frame.pixels == expected_frame.pixels); \
  } while (false)

}  // namespace

class SpiceServerTest : public QObject {
  Q_OBJECT
 private slots:
  void the_socket_is_for_the_user_alone_and_goes_with_the_server() {
    std::string path;
    {
      Host host;
      QVERIFY2(host.server != nullptr, host.error.message.c_str());
      path = host.path();
      struct stat info {};
      QCOMPARE(::stat(path.c_str(), &info), 0);
      QCOMPARE(static_cast<int>(info.st_mode & 0777), 0600);
      std::vector<std::string> uris;
      host.run([&] { uris = host.server->info().uris; });
      QCOMPARE(uris, (std::vector<std::string>{"spice+unix://" + path}));
      host.run([&] { host.server.reset(); });
      QVERIFY(::stat(path.c_str(), &info) != 0);
    }
  }

  void a_busy_socket_is_an_error_and_a_stale_one_is_replaced() {
    Host first;
    Host second(unix_options(first.path()));
    QVERIFY(second.server == nullptr);
    QCOMPARE(second.error.code, ErrorCode::kBusy);

    const std::string stale = first.folder.filePath("stale.sock").toStdString();
    {
      const core::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      stale.copy(address.sun_path, sizeof(address.sun_path) - 1);
      QCOMPARE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    }
    Host third(unix_options(stale));
    QVERIFY2(third.server != nullptr, third.error.message.c_str());
  }

  void a_file_in_the_sockets_place_is_left_alone() {
    QTemporaryDir folder;
    QFile file(folder.filePath("precious"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.close();
    Host host(unix_options(file.fileName().toStdString()));
    QVERIFY(host.server == nullptr);
    QCOMPARE(host.error.code, ErrorCode::kAlreadyExists);
    QVERIFY(QFile::exists(file.fileName()));
  }

  void a_taken_port_is_a_clear_error() {
    Host first(tcp_options("secret"));
    QVERIFY2(first.server != nullptr, first.error.message.c_str());
    const std::uint16_t port = first.server->info().tcp_port;
    QVERIFY(port >= 5900 && port <= 5999);
    Host second(tcp_options("secret", port));
    QCOMPARE(second.error.code, ErrorCode::kBusy);
    QVERIFY(second.error.message.find(std::to_string(port)) != std::string::npos);
    Host third(tcp_options("secret"));
    QVERIFY(third.server != nullptr);
    QVERIFY(third.server->info().tcp_port != port);
  }

  void tcp_needs_a_ticket() {
    QCOMPARE(Host(tcp_options({})).error.code, ErrorCode::kInvalidArgument);
    QCOMPARE(Host(tcp_options({}, 0, true, "0.0.0.0")).error.code, ErrorCode::kInvalidArgument);
    QVERIFY(Host(tcp_options({}, 0, true)).server != nullptr);
    QCOMPARE(Host(tcp_options(std::string(61, 'x'))).error.code, ErrorCode::kInvalidArgument);
  }

  void a_missing_or_foreign_module_is_a_clear_error() {
    Host host;
    spice::SpiceRequest request;
    QCOMPARE(spice::load_spice_server(request, {"/nowhere/saffron-spice.so"}).error().code, ErrorCode::kNotFound);
    QFile file(host.folder.filePath("saffron-spice.so"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("not a module");
    file.close();
    QCOMPARE(spice::load_spice_server(request, {file.fileName().toStdString()}).error().code, ErrorCode::kUnsupported);
  }

  void a_client_sees_the_screen_pixel_by_pixel() {
    if (QStandardPaths::findExecutable("spicy-screenshot").isEmpty()) {
      QSKIP("spicy-screenshot (spice-client-gtk) is not installed");
    }
    Host host({}, 333, 217);
    host.run([&] { host.source.paint_pattern(1); });
    COMPARE_FRAMES(spicy_screenshot(host, unix_uri(host)), host.frame());
    // Painted with nobody looking; the next client must not get the old picture, and not after a new mode either.
    host.run([&] { host.source.paint_pattern(2); });
    COMPARE_FRAMES(spicy_screenshot(host, unix_uri(host)), host.frame());
    host.run([&] {
      host.source.set_mode(640, 480);
      host.source.paint_pattern(3);
    });
    COMPARE_FRAMES(spicy_screenshot(host, unix_uri(host)), host.frame());
  }

  void compression_over_tcp_is_lossless_and_the_ticket_is_checked() {
    if (QStandardPaths::findExecutable("spicy-screenshot").isEmpty()) {
      QSKIP("spicy-screenshot (spice-client-gtk) is not installed");
    }
    Host host(tcp_options("open sesame"), 640, 400);
    host.run([&] { host.source.paint_pattern(4); });
    const QString port = QString::number(host.server->info().tcp_port);
    COMPARE_FRAMES(spicy_screenshot(host, {"-h", "127.0.0.1", "-p", port, "-w", "open sesame"}), host.frame());
    QVERIFY(spicy_screenshot(host, {"-h", "127.0.0.1", "-p", port, "-w", "wrong"}).pixels.empty());
    host.run([&] { QVERIFY(host.server->set_ticket("another").ok()); });
    QVERIFY(spicy_screenshot(host, {"-h", "127.0.0.1", "-p", port, "-w", "open sesame"}).pixels.empty());
    COMPARE_FRAMES(spicy_screenshot(host, {"-h", "127.0.0.1", "-p", port, "-w", "another"}), host.frame());
  }

  void a_port_without_a_ticket_closes_once_one_is_set() {
    if (QStandardPaths::findExecutable("spicy-screenshot").isEmpty()) {
      QSKIP("spicy-screenshot (spice-client-gtk) is not installed");
    }
    Host host(tcp_options({}, 0, true));
    const QString port = QString::number(host.server->info().tcp_port);
    COMPARE_FRAMES(spicy_screenshot(host, {"-h", "127.0.0.1", "-p", port}), host.frame());
    host.run([&] { QVERIFY(host.server->set_ticket("now").ok()); });
    QVERIFY(spicy_screenshot(host, {"-h", "127.0.0.1", "-p", port}).pixels.empty());
    COMPARE_FRAMES(spicy_screenshot(host, {"-h", "127.0.0.1", "-p", port, "-w", "now"}), host.frame());
  }

  void nobody_looking_costs_the_device_nothing() {
    Host host;
    bool viewers = true;
    host.run([&] { viewers = host.server->sink().has_viewers(); });
    QVERIFY(!viewers);
    std::vector<unsigned> counts;
    host.run([&] { host.server->set_listener([&](unsigned count) { counts.push_back(count); }); });
    if (QStandardPaths::findExecutable("spicy-screenshot").isEmpty()) {
      QSKIP("spicy-screenshot (spice-client-gtk) is not installed");
    }
    spicy_screenshot(host, unix_uri(host));
    QTRY_COMPARE(host.clients(), 0u);
    host.run([&] { viewers = host.server->sink().has_viewers(); });
    QVERIFY(!viewers);
    QCOMPARE(counts, (std::vector<unsigned>{1, 0}));
  }

  void strangers_do_no_harm() {
    Host host;
    std::vector<core::UniqueFd> strangers;
    for (int i = 0; i < 300; ++i) {
      strangers.push_back(connect_unix(host.path()));
    }
    const std::string garbage(4096, 'G');
    for (const core::UniqueFd& stranger : strangers) {
      [[maybe_unused]] const ssize_t sent = ::send(stranger.get(), garbage.data(), garbage.size(), MSG_NOSIGNAL);
    }
    QCOMPARE(host.clients(), 0u);
    strangers.clear();
    if (QStandardPaths::findExecutable("spicy-screenshot").isEmpty()) {
      QSKIP("spicy-screenshot (spice-client-gtk) is not installed");
    }
    host.run([&] { host.source.paint_pattern(9); });
    COMPARE_FRAMES(spicy_screenshot(host, unix_uri(host)), host.frame());
  }
};

QTEST_GUILESS_MAIN(SpiceServerTest)
#include "spice_server_test.moc"
