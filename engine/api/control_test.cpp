// SPDX-License-Identifier: Apache-2.0
// Server and client of the control protocol, over a real socket.
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest/QtTest>
#include <atomic>

#include "engine/api/control_client.h"
#include "engine/api/control_server.h"
#include "engine/api/paths.h"
#include "engine/core/event_loop.h"
#include "tests/fakes/fake_control_handler.h"

namespace saffron::api {

namespace {

constexpr int kLong = 20000;

/// A server on a thread of its own.
struct Engine {
  explicit Engine(const std::string& socket, const std::function<void(ControlServerOptions&)>& adjust = {}) {
    ControlServerOptions options;
    options.socket_path = socket;
    options.machine_name = "demo";
    options.engine_version = "1.2.3";
    if (adjust) {
      adjust(options);
    }
    handler.machine.name = "demo";
    handler.machine.state = MachineState::kRunning;
    thread = *core::LoopThread::start("engine");
    on_loop([&] { server = *ControlServer::create(thread->loop(), handler, options); });
  }
  ~Engine() {
    on_loop([&] { server.reset(); });
  }
  void on_loop(const std::function<void()>& task) { thread->loop().run_sync(task); }
  void publish(EventBody body) {
    on_loop([&] { server->publish(std::move(body)); });
  }
  unsigned clients() {
    unsigned count = 0;
    on_loop([&] { count = server->client_count(); });
    return count;
  }

  fakes::FakeControlHandler handler;
  std::unique_ptr<core::LoopThread> thread;
  std::unique_ptr<ControlServer> server;
};

/// A client without manners.
struct RawClient {
  explicit RawClient(const std::string& path) : fd(*connect_unix(path)) { fcntl(fd.get(), F_SETFL, 0); }
  bool send(const QByteArray& text) {
    const char* from = text.constData();
    for (qsizetype left = text.size(); left > 0;) {
      const ssize_t count = ::send(fd.get(), from, static_cast<std::size_t>(left), MSG_NOSIGNAL);
      if (count < 0) {
        return false;
      }
      from += count;
      left -= count;
    }
    return true;
  }
  bool send_line(const QByteArray& text) { return send(text + "\n"); }
  /// One line; empty at the connection's end.
  QByteArray line() {
    for (;;) {
      const auto end = buffer.indexOf('\n');
      if (end >= 0) {
        const QByteArray result = buffer.left(end);
        buffer.remove(0, end + 1);
        return result;
      }
      char bytes[4096];
      pollfd waited{fd.get(), POLLIN, 0};
      if (poll(&waited, 1, kLong) <= 0) {
        return "timeout";
      }
      const ssize_t count = read(fd.get(), bytes, sizeof(bytes));
      if (count <= 0) {
        return {};
      }
      buffer.append(bytes, count);
    }
  }
  void hello() {
    send_line(R"({"jsonrpc":"2.0","id":0,"method":"hello","params":{"protocol":1}})");
    line();
  }
  core::UniqueFd fd;
  QByteArray buffer;
};

}  // namespace

class ControlTest : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir directory_;
  std::string socket() const { return directory_.path().toStdString() + "/control.sock"; }
  std::unique_ptr<ControlClient> client() const { return *ControlClient::connect(socket(), "test"); }

 private slots:
  void requests_reach_the_handler() {
    Engine engine(socket());
    const auto peer = client();

    QVERIFY(peer->call_blocking<method::Pause>({}, kLong).ok());
    QVERIFY(peer->call_blocking<method::Stop>({.force = true}, kLong).ok());
    QVERIFY(peer->call_blocking<method::Stop>({.force = false}, kLong).ok());
    QVERIFY(peer->call_blocking<method::MediaInsert>({"cd0", "/a.iso"}, kLong).ok());

    const std::vector<std::string> expected{"pause", "force_stop", "power_button", "insert cd0 /a.iso"};
    QVERIFY(engine.handler.calls == expected);
  }

  void errors_arrive_whole() {
    Engine engine(socket());
    engine.handler.failure = core::Error{core::ErrorCode::kInvalidState, "Not \"now\"", "machine"};
    const auto peer = client();

    const auto result = peer->call_blocking<method::Resume>({}, kLong);

    QVERIFY(!result.ok());
    QVERIFY(result.error().code == core::ErrorCode::kInvalidState);
    QCOMPARE(result.error().message, std::string("Not \"now\""));
    QCOMPARE(result.error().subject, std::string("machine"));
  }

  void snapshot_round_trip() {
    Engine engine(socket());
    MachineStatus& machine = engine.handler.machine;
    machine.pid = 7;
    machine.display = {1920, 1080};
    machine.leds.caps_lock = true;
    machine.spice = {"/x/spice.sock", "127.0.0.1", 5930, {"spice+unix:///x/spice.sock"}, true};
    machine.media = {{"cd0", true, "/a.iso", true, true}};
    machine.uptime_seconds = 1.5;
    machine.last_error = ErrorInfo{"io", "Disk broke", "disk0"};
    const auto peer = client();

    const auto status = peer->call_blocking<method::Status>({}, kLong);

    QVERIFY(status.ok());
    QVERIFY(*status == machine);
  }

  void screenshot_comes_as_a_sealed_memfd() {
    Engine engine(socket());
    const auto peer = client();

    const auto shot = peer->screenshot_blocking(kLong);

    QVERIFY(shot.ok());
    QCOMPARE(shot->first.width, 2U);
    QCOMPARE(shot->first.height, 2U);
    std::uint32_t pixels[4] = {};
    QCOMPARE(pread(shot->second.get(), pixels, sizeof(pixels), 0), static_cast<ssize_t>(sizeof(pixels)));
    QCOMPARE(pixels[3], 0xaabbccU);
    QVERIFY((fcntl(shot->second.get(), F_GET_SEALS) & F_SEAL_SHRINK) != 0);
  }

  void several_screenshots_in_flight_keep_their_pixels() {
    Engine engine(socket());
    const auto peer = client();
    int answers = 0;
    for (int index = 0; index < 10; ++index) {
      peer->screenshot([&](core::Result<ScreenshotResult> result, core::UniqueFd fd) {
        QVERIFY(result.ok() && fd);
        ++answers;
      });
    }

    while (answers < 10) {
      QVERIFY(peer->process_blocking(kLong).ok());
    }
  }

  void events_follow_the_snapshot_in_order() {
    Engine engine(socket());
    engine.publish(GuestReset{});
    const auto peer = client();
    std::vector<Event> events;
    peer->set_event_listener([&](const Event& event) { events.push_back(event); });
    const auto snapshot = peer->call_blocking<method::Subscribe>({}, kLong);

    engine.publish(StateChanged{MachineState::kPaused, PauseReason::kDiskFull});
    engine.publish(Stopped{StopReason::kError, ErrorInfo{"io", "m", "s"}});
    while (events.size() < 2) {
      QVERIFY(peer->process_blocking(kLong).ok());
    }

    QVERIFY(snapshot.ok());
    QCOMPARE(snapshot->sequence, std::uint64_t{1});
    QCOMPARE(events[0].sequence, std::uint64_t{2});
    QCOMPARE(events[1].sequence, std::uint64_t{3});
    const auto* state = std::get_if<StateChanged>(&events[0].body);
    QVERIFY(state != nullptr && state->state == MachineState::kPaused && state->pause_reason == PauseReason::kDiskFull);
    const auto* stopped = std::get_if<Stopped>(&events[1].body);
    QVERIFY(stopped != nullptr && stopped->error && stopped->error->subject == "s");
  }

  void a_client_that_lost_its_connection_resyncs() {
    auto engine = std::make_unique<Engine>(socket());
    auto peer = client();
    QVERIFY(peer->call_blocking<method::Subscribe>({}, kLong).ok());

    engine.reset();
    core::Result<bool> processed = true;
    while (processed.ok()) {
      processed = peer->process_blocking(kLong);
    }
    QVERIFY(!peer->connected());
    bool answered = false;
    peer->call<method::Pause>({}, [&](core::Result<Empty> result) { answered = !result.ok(); });
    QVERIFY(answered);
    QVERIFY(ControlClient::connect(socket(), "test").error().code == core::ErrorCode::kNotFound);

    engine = std::make_unique<Engine>(socket());
    engine->publish(GuestReset{});
    engine->handler.machine.state = MachineState::kPaused;
    peer = client();
    const auto snapshot = peer->call_blocking<method::Subscribe>({}, kLong);
    QVERIFY(snapshot.ok());
    QVERIFY(snapshot->state == MachineState::kPaused);
    QCOMPARE(snapshot->sequence, std::uint64_t{1});
  }

  void typing_is_a_job() {
    Engine engine(socket());
    const auto peer = client();

    const auto started = peer->call_blocking<method::InputType>({"aB", {}, 1}, kLong);
    QVERIFY(started.ok());
    QVERIFY(peer->wait_for_job(started->job, kLong).ok());

    QVERIFY(engine.handler.keys == *text_to_keys("aB"));
  }

  void cancelled_typing_releases_the_keys() {
    Engine engine(socket());
    const auto peer = client();
    const auto started = peer->call_blocking<method::InputType>({{}, "shift-a", 1000}, kLong);
    QVERIFY(started.ok());
    bool pressed = false;
    while (!pressed) {
      engine.on_loop([&] { pressed = !engine.handler.keys.empty(); });
    }

    QVERIFY(peer->call_blocking<method::JobCancel>({started->job}, kLong).ok());
    const auto ended = peer->wait_for_job(started->job, kLong);

    QVERIFY(!ended.ok());
    QVERIFY(ended.error().code == core::ErrorCode::kCancelled);
    QVERIFY(!engine.handler.keys.back().pressed);
    QVERIFY(!peer->call_blocking<method::JobCancel>({started->job}, kLong).ok());
    QVERIFY(peer->call_blocking<method::JobGet>({999}, kLong).error().code == core::ErrorCode::kNotFound);
  }

  void wrong_requests_get_the_right_error_data() {
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<int>("number");
    QTest::addColumn<QByteArray>("id");
    QTest::newRow("garbage") << QByteArray("hello?") << -32700 << QByteArray("null");
    QTest::newRow("binary") << QByteArray("\x00\xff\x01", 3) << -32700 << QByteArray("null");
    QTest::newRow("empty line") << QByteArray("") << -32700 << QByteArray("null");
    QTest::newRow("batch") << QByteArray("[]") << -32600 << QByteArray("null");
    QTest::newRow("deep") << QByteArray(500, '[') + QByteArray(500, ']') << -32700 << QByteArray("null");
    QTest::newRow("no version") << QByteArray(R"({"id":4,"method":"pause"})") << -32600 << QByteArray("4");
    QTest::newRow("no method") << QByteArray(R"({"jsonrpc":"2.0","id":4})") << -32600 << QByteArray("4");
    QTest::newRow("id is a list") << QByteArray(R"({"jsonrpc":"2.0","id":[],"method":"pause"})") << -32600
                                  << QByteArray("null");
    QTest::newRow("unknown member") << QByteArray(R"({"jsonrpc":"2.0","id":4,"method":"pause","x":1})") << -32600
                                    << QByteArray("4");
    QTest::newRow("unknown method") << QByteArray(R"({"jsonrpc":"2.0","id":"q","method":"dance"})") << -32601
                                    << QByteArray("\"q\"");
    QTest::newRow("unknown parameter") << QByteArray(
                                              R"({"jsonrpc":"2.0","id":4,"method":"stop","params":{"farce":true}})")
                                       << -32602 << QByteArray("4");
    QTest::newRow("parameters as list") << QByteArray(R"({"jsonrpc":"2.0","id":4,"method":"stop","params":[true]})")
                                        << -32602 << QByteArray("4");
    QTest::newRow("key out of range")
        << QByteArray(
               R"({"jsonrpc":"2.0","id":4,"method":"input.keys","params":{"keys":[{"code":70000,"pressed":true}]}})")
        << -32602 << QByteArray("4");
    QTest::newRow("relative path")
        << QByteArray(R"({"jsonrpc":"2.0","id":4,"method":"media.insert","params":{"id":"a","path":"b"}})") << -32000
        << QByteArray("4");
  }
  void wrong_requests_get_the_right_error() {
    QFETCH(QByteArray, request);
    QFETCH(int, number);
    QFETCH(QByteArray, id);
    Engine engine(socket());
    RawClient raw(socket());
    raw.hello();

    raw.send(request + "\n");

    const QByteArray reply = raw.line();
    QVERIFY2(
        reply.startsWith("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"error\":{\"code\":" + QByteArray::number(number)),
        reply);
    QVERIFY(engine.handler.calls.empty());
    QVERIFY(client()->call_blocking<method::Pause>({}, kLong).ok());
  }

  void nothing_goes_before_hello() {
    Engine engine(socket());
    RawClient raw(socket());

    raw.send_line(R"({"jsonrpc":"2.0","id":1,"method":"stop","params":{"force":true}})");

    QVERIFY(raw.line().contains("invalid_state"));
    QVERIFY(engine.handler.calls.empty());
  }

  void another_version_is_refused() {
    Engine engine(socket());
    RawClient raw(socket());

    raw.send_line(R"({"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":99}})");

    QVERIFY(raw.line().contains("unsupported"));
  }

  void notifications_get_no_reply() {
    Engine engine(socket());
    RawClient raw(socket());
    raw.hello();

    raw.send("{\"jsonrpc\":\"2.0\",\"method\":\"pause\"}\n{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"resume\"}\r\n");

    QCOMPARE(raw.line(), QByteArray(R"({"jsonrpc":"2.0","id":5,"result":{}})"));
    const std::vector<std::string> expected{"pause", "resume"};
    QVERIFY(engine.handler.calls == expected);
  }

  void half_a_line_is_waited_for_and_dropped_at_the_end() {
    Engine engine(socket());
    {
      RawClient raw(socket());
      raw.hello();
      raw.send("{\"jsonrpc\":\"2.0\",\"id\":5,\"met");
      raw.send("hod\":\"pause\"}\n");
      QVERIFY(raw.line().contains("\"id\":5,\"result\""));
      raw.send(R"({"jsonrpc":"2.0","id":6,"method":"stop")");
      shutdown(raw.fd.get(), SHUT_WR);
      QVERIFY(raw.line().isEmpty());
    }

    const std::vector<std::string> expected{"pause"};
    QVERIFY(engine.handler.calls == expected);
  }

  void a_hundred_megabytes_end_the_connection() {
    Engine engine(socket());
    RawClient raw(socket());
    raw.hello();
    const QByteArray block(1 << 20, 'x');

    bool open = true;
    for (int sent = 0; sent < 100 && open; ++sent) {
      open = raw.send(block);
    }

    QVERIFY(!open);
    QVERIFY(client()->call_blocking<method::Pause>({}, kLong).ok());
  }

  void endless_garbage_lines_end_the_connection() {
    Engine engine(socket());
    RawClient raw(socket());

    bool open = true;
    for (int sent = 0; sent < 100000 && open; ++sent) {
      open = raw.send("garbage\n");
    }

    QVERIFY(!open || raw.line().contains("error"));
    QVERIFY(client()->call_blocking<method::Pause>({}, kLong).ok());
  }

  void a_client_that_never_reads_is_disconnected_by_events() {
    Engine engine(socket(), [](ControlServerOptions& options) { options.max_output_bytes = 64 << 10; });
    RawClient raw(socket());
    raw.hello();
    raw.send_line(R"({"jsonrpc":"2.0","id":1,"method":"subscribe"})");
    raw.line();

    for (int count = 0; count < 10000 && engine.clients() > 0; ++count) {
      engine.publish(LogEvent{"info", "test", std::string(1000, 'x')});
    }

    QCOMPARE(engine.clients(), 0U);
    QVERIFY(client()->call_blocking<method::Pause>({}, kLong).ok());
  }

  void a_client_that_asks_and_never_reads_is_not_served_further() {
    Engine engine(socket(), [](ControlServerOptions& options) { options.pause_input_bytes = 4096; });
    RawClient raw(socket());
    raw.hello();
    fcntl(raw.fd.get(), F_SETFL, O_NONBLOCK);
    const QByteArray request = QByteArray(R"({"jsonrpc":"2.0","id":1,"method":"pause"})") + "\n";

    // Until the socket's buffers are full both ways, the server having stopped to read.
    int sent = 0;
    pollfd waited{raw.fd.get(), POLLOUT, 0};
    while (sent < 10'000'000 && poll(&waited, 1, 200) > 0 && raw.send(request)) {
      ++sent;
    }

    QVERIFY(sent < 10'000'000);
    QVERIFY(client()->call_blocking<method::Resume>({}, kLong).ok());
    QCOMPARE(engine.handler.calls.back(), std::string("resume"));
  }

  void too_many_clients_are_told_so() {
    Engine engine(socket(), [](ControlServerOptions& options) { options.max_clients = 2; });
    RawClient first(socket());
    first.hello();
    RawClient second(socket());
    second.hello();
    RawClient third(socket());

    QVERIFY(third.line().contains("exhausted"));
    QVERIFY(third.line().isEmpty());
    QVERIFY(ControlClient::connect(socket(), "x").value()->call_blocking<method::Pause>({}, kLong).error().code ==
            core::ErrorCode::kExhausted);
  }

  void a_callback_may_destroy_the_client() {
    Engine engine(socket());
    auto peer = client();
    bool called = false;
    peer->call<method::Pause>({}, [&](core::Result<Empty>) {
      called = true;
      peer.reset();
    });

    while (peer) {
      pollfd waited{peer->fd(), POLLIN, 0};
      QVERIFY(poll(&waited, 1, kLong) > 0);
      (void)peer->process();
    }

    QVERIFY(called);
  }

  void a_callback_may_destroy_the_client_when_the_connection_ends() {
    auto engine = std::make_unique<Engine>(socket());
    auto peer = client();
    QVERIFY(peer->call_blocking<method::Pause>({}, kLong).ok());
    engine.reset();
    int calls = 0;
    for (int index = 0; index < 3; ++index) {
      peer->call<method::Pause>({}, [&](core::Result<Empty> result) {
        QVERIFY(!result.ok());
        ++calls;
        peer.reset();
      });
    }

    while (peer) {
      (void)peer->process();
    }

    QCOMPARE(calls, 1);
  }

  void a_second_server_on_the_same_socket_is_refused_and_a_stale_socket_is_not() {
    {
      Engine engine(socket());
      fakes::FakeControlHandler handler;
      const auto loop = *core::EventLoop::create();
      ControlServerOptions options;
      options.socket_path = socket();
      QVERIFY(ControlServer::create(*loop, handler, options).error().code == core::ErrorCode::kBusy);
      QVERIFY(client()->call_blocking<method::Pause>({}, kLong).ok());
    }
    QVERIFY(!QFile::exists(QString::fromStdString(socket())));
    const std::string stale = directory_.path().toStdString() + "/stale.sock";
    listen_unix(stale)->reset();
    QVERIFY(listen_unix(stale).ok());
  }

  void socket_paths_may_be_longer_than_sun_path() {
    const QString deep = directory_.path() + "/" + QString(100, 'd') + "/" + QString(100, 'e');
    QDir().mkpath(deep);
    const std::string path = deep.toStdString() + "/control.sock";
    Engine engine(path);

    const auto peer = ControlClient::connect(path, "test");

    QVERIFY(peer.ok());
    QVERIFY((*peer)->call_blocking<method::Pause>({}, kLong).ok());
  }
};

}  // namespace saffron::api

using saffron::api::ControlTest;
QTEST_APPLESS_MAIN(ControlTest)
#include "control_test.moc"
