// SPDX-License-Identifier: Apache-2.0
#include "devices/net/passt_backend.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <QtTest/QtTest>

#include <QtCore/QTemporaryDir>
#include <cerrno>
#include <fstream>

using namespace saffron;
using net::PasstBackend;
using Frame = std::vector<std::uint8_t>;

namespace {

// Stand-ins for passt; the socket is descriptor 3.
constexpr const char* kEcho = "exec cat <&3 >&3";
// Takes a frame of 60 bytes, says something, and dies.
constexpr const char* kDies = "head -c 64 <&3 >/dev/null; echo boom >&2; exit 3";

Frame make_frame(std::size_t size, std::uint8_t seed = 0) {
  Frame frame(size);
  for (std::size_t i = 0; i < size; ++i) {
    frame[i] = static_cast<std::uint8_t>(seed + i * 7 + i / 256);
  }
  return frame;
}

struct Bench {
  explicit Bench(const std::string& script) : loop(std::move(core::EventLoop::create()).value()) {
    const std::string path = directory.filePath("passt").toStdString();
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    ::chmod(path.c_str(), 0700);
    use(path);
  }
  void use(const std::string& program) {
    net::PasstConfig config;
    config.program = program;
    backend = std::move(PasstBackend::create("net0", config)).value();
  }
  core::Result<void> attach() {
    return backend->attach(
        *loop,
        {.can_receive = [this] { return accepting; },
         .receive = [this](std::span<const std::uint8_t> frame) { received.emplace_back(frame.begin(), frame.end()); },
         .link_changed = [this](bool up) { links.push_back(up); },
         .writable = [this] { ++writable; }});
  }
  bool send(const Frame& frame) {
    const iovec piece{const_cast<std::uint8_t*>(frame.data()), frame.size()};
    return backend->send({&piece, 1});
  }
  /// Runs the loop until `done`, which is asked no more after it has said yes; or for ten seconds. Whether it was done.
  bool run_until(const std::function<bool()>& done) {
    const std::int64_t limit = loop->clock().now_ns() + 10'000'000'000;
    while (loop->clock().now_ns() < limit) {
      if (done()) {
        return true;
      }
      run_for(5'000'000);
    }
    return false;
  }
  void run_for(std::int64_t nanoseconds) {
    const auto timer = loop->create_timer([this] { loop->stop(); });
    timer->arm(loop->clock().now_ns() + nanoseconds);
    loop->run();
  }

  QTemporaryDir directory;
  std::unique_ptr<core::EventLoop> loop;
  std::unique_ptr<PasstBackend> backend;
  bool accepting = true;
  std::vector<Frame> received;
  std::vector<bool> links;
  unsigned writable = 0;
};

}  // namespace

class PasstBackendTest : public QObject {
  Q_OBJECT
 private slots:
  void missing_program_names_the_package();
  void wrong_forwards();
  void arguments();
  void frames_come_back_whole();
  void many_pieces_are_one_frame();
  void frames_outside_the_limits_are_dropped();
  void paused_guest_gets_everything_later();
  void full_socket_says_so_and_recovers();
  void death_takes_the_link_down_and_up();
  void hopeless_start_leaves_the_link_down();
  void wrong_length_ends_the_connection();
  void detach_ends_the_process();
  void real_passt_answers_dhcp();
};

void PasstBackendTest::missing_program_names_the_package() {
  net::PasstConfig config;
  config.program = "no-such-passt";
  const auto result = PasstBackend::create("net0", config);
  QVERIFY(!result.ok());
  QCOMPARE(result.error().code, core::ErrorCode::kNotFound);
  QVERIFY(result.error().message.find("package passt") != std::string::npos);
}

void PasstBackendTest::wrong_forwards() {
  for (const net::PortForward& forward : std::vector<net::PortForward>{{net::ForwardProtocol::kTcp, "", 0, 22},
                                                                       {net::ForwardProtocol::kTcp, "", 22, 0},
                                                                       {net::ForwardProtocol::kUdp, "localhost", 1, 1},
                                                                       {net::ForwardProtocol::kUdp, "--help", 1, 1}}) {
    net::PasstConfig config;
    config.program = "/bin/sh";
    config.forwards = {forward};
    const auto result = PasstBackend::create("net0", config);
    QVERIFY(!result.ok());
    QCOMPARE(result.error().code, core::ErrorCode::kInvalidArgument);
  }
}

void PasstBackendTest::arguments() {
  using Words = std::vector<std::string>;
  QCOMPARE(PasstBackend::arguments({}),
           (Words{"--foreground", "--stderr", "--fd", "3", "--tcp-ports", "none", "--udp-ports", "none"}));
  net::PasstConfig config;
  config.forwards = {{net::ForwardProtocol::kTcp, "127.0.0.1", 2222, 22},
                     {net::ForwardProtocol::kTcp, "", 8080, 80},
                     {net::ForwardProtocol::kUdp, "::1", 53, 5353}};
  config.host_access = false;
  QCOMPARE(PasstBackend::arguments(config),
           (Words{"--foreground", "--stderr", "--fd", "3", "--tcp-ports", "127.0.0.1/2222:22", "--tcp-ports", "8080:80",
                  "--udp-ports", "::1/53:5353", "--no-map-gw"}));
}

void PasstBackendTest::frames_come_back_whole() {
  Bench bench(kEcho);
  QVERIFY(bench.attach().ok());
  QVERIFY(bench.backend->link_up());
  const std::vector<Frame> frames = {make_frame(14), make_frame(1514, 3), make_frame(PasstBackend::kMaxFrame, 5),
                                     make_frame(60, 9)};
  for (const Frame& frame : frames) {
    QVERIFY(bench.run_until([&] { return bench.send(frame); }));
  }
  QVERIFY(bench.run_until([&] { return bench.received.size() == frames.size(); }));
  QCOMPARE(bench.received, frames);
}

void PasstBackendTest::many_pieces_are_one_frame() {
  Bench bench(kEcho);
  QVERIFY(bench.attach().ok());
  Frame frame = make_frame(1500);
  std::vector<iovec> pieces;
  for (std::uint8_t& byte : frame) {
    pieces.push_back({&byte, 1});
  }
  QVERIFY(bench.backend->send(pieces));
  QVERIFY(bench.run_until([&] { return !bench.received.empty(); }));
  QCOMPARE(bench.received[0], frame);
}

void PasstBackendTest::frames_outside_the_limits_are_dropped() {
  Bench bench(kEcho);
  QVERIFY(bench.attach().ok());
  QVERIFY(bench.send({}));
  QVERIFY(bench.send(make_frame(13)));
  QVERIFY(bench.send(make_frame(PasstBackend::kMaxFrame + 1)));
  QVERIFY(bench.send(make_frame(60)));
  QVERIFY(bench.run_until([&] { return !bench.received.empty(); }));
  QCOMPARE(bench.received, (std::vector<Frame>{make_frame(60)}));
}

void PasstBackendTest::paused_guest_gets_everything_later() {
  Bench bench(kEcho);
  QVERIFY(bench.attach().ok());
  bench.accepting = false;
  for (std::uint8_t i = 0; i < 20; ++i) {
    QVERIFY(bench.send(make_frame(1000, i)));
  }
  bench.run_for(50'000'000);
  QVERIFY(bench.received.empty());
  bench.accepting = true;
  bench.backend->resume_receive();
  QVERIFY(bench.run_until([&] { return bench.received.size() == 20; }));
  QCOMPARE(bench.received[19], make_frame(1000, 19));
}

void PasstBackendTest::full_socket_says_so_and_recovers() {
  Bench bench("sleep 0.3; exec cat <&3 >&3");
  QVERIFY(bench.attach().ok());
  const Frame frame = make_frame(60000, 1);
  std::size_t sent = 0;
  while (bench.send(frame)) {
    QVERIFY(++sent < 1000);
  }
  QVERIFY(sent > 0);
  QVERIFY(bench.run_until([&] { return bench.writable == 1; }));
  QVERIFY(bench.run_until([&] { return bench.send(make_frame(60)); }));
  QVERIFY(bench.run_until([&] { return bench.received.size() == sent + 1; }));
  QCOMPARE(bench.received[sent - 1], frame);
  QCOMPARE(bench.received[sent], make_frame(60));
}

void PasstBackendTest::death_takes_the_link_down_and_up() {
  Bench bench(kDies);
  QVERIFY(bench.attach().ok());
  QVERIFY(bench.send(make_frame(60)));
  QVERIFY(bench.run_until([&] { return bench.links.size() == 2; }));
  QCOMPARE(bench.links, (std::vector<bool>{false, true}));
  QVERIFY(bench.backend->link_up());
}

void PasstBackendTest::hopeless_start_leaves_the_link_down() {
  Bench bench("echo x >> \"$0.starts\"; exit 1");
  QVERIFY(bench.attach().ok());
  const std::string file = bench.directory.filePath("passt.starts").toStdString();
  QVERIFY(bench.run_until([&] {
    std::ifstream stream(file);
    std::string line;
    int starts = 0;
    while (std::getline(stream, line)) {
      ++starts;
    }
    return starts == 3;
  }));
  QCOMPARE(bench.links, (std::vector<bool>{false}));
  QVERIFY(bench.send(make_frame(60)));
}

void PasstBackendTest::wrong_length_ends_the_connection() {
  Bench bench("printf '\\0\\0\\0\\5hello' >&3; sleep 60");
  QVERIFY(bench.attach().ok());
  QVERIFY(bench.run_until([&] { return !bench.links.empty(); }));
  QCOMPARE(bench.links[0], false);
  QVERIFY(bench.received.empty());
}

void PasstBackendTest::detach_ends_the_process() {
  Bench bench(
      "echo $$ >"
      "\"$0.pid\"; sleep 60");
  QVERIFY(bench.attach().ok());
  const std::string file = bench.directory.filePath("passt.pid").toStdString();
  pid_t pid = 0;
  QVERIFY(bench.run_until([&] { return static_cast<bool>(std::ifstream(file) >> pid); }));
  bench.backend->detach();
  QVERIFY(!bench.backend->link_up());
  QVERIFY(::kill(pid, 0) != 0 && errno == ESRCH);  // Ended, and collected.
  QVERIFY(bench.send(make_frame(60)));
}

// As whoever runs the tests, root included: passt then drops to another user.
void PasstBackendTest::real_passt_answers_dhcp() {
  if (!PasstBackend::create("net0", {}).ok()) {
    QSKIP("passt is not installed");
  }
  Bench bench(kEcho);
  bench.use("passt");
  QVERIFY(bench.attach().ok());
  // DHCPDISCOVER (RFC 2131), broadcast; checksums of zero mean none for UDP, and passt does not look at IP's.
  Frame frame(14 + 20 + 8 + 300);
  const Frame head = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 0x08, 0x00};
  const Frame ip = {0x45, 0, 0x01, 0x48, 0, 0, 0, 0, 64, 17, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
  const Frame udp = {0, 68, 0, 67, 0x01, 0x34, 0, 0};
  const Frame dhcp = {1, 1, 6, 0, 0, 0, 0x12, 0x34};
  const Frame options = {0x63, 0x82, 0x53, 0x63, 53, 1, 1, 0xff};
  std::copy(head.begin(), head.end(), frame.begin());
  std::copy(ip.begin(), ip.end(), frame.begin() + 14);
  std::copy(udp.begin(), udp.end(), frame.begin() + 34);
  std::copy(dhcp.begin(), dhcp.end(), frame.begin() + 42);
  std::copy(head.begin() + 6, head.begin() + 12, frame.begin() + 42 + 28);
  std::copy(options.begin(), options.end(), frame.begin() + 42 + 236);
  QVERIFY(bench.send(frame));
  const bool answered = bench.run_until([&] { return !bench.received.empty() || !bench.links.empty(); });
  if (!bench.links.empty()) {
    QSKIP("passt does not run here (a host without a network?)");
  }
  QVERIFY(answered);
  QCOMPARE(bench.received[0][35], std::uint8_t{67});  // From the DHCP server's port.
}

QTEST_APPLESS_MAIN(PasstBackendTest)
#include "passt_backend_test.moc"
