// SPDX-License-Identifier: Apache-2.0
// The control protocol, both ways: the input is written to a real server's socket as it is (after a hello, if its first
// byte is odd), in pieces; and read as an engine's lines by the client's parser. The server must stay alive and
// serve a well-behaved client afterwards.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/api/control_client.h"
#include "engine/api/control_server.h"
#include "engine/api/control_wire.h"
#include "engine/api/paths.h"
#include "engine/core/event_loop.h"
#include "tests/fakes/fake_control_handler.h"

namespace {

namespace api = saffron::api;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

/// One engine for all inputs: a connection's mess must not outlive it.
struct Engine {
  Engine() {
    // Abstract enough: a directory of this process only.
    directory = "/tmp/saffron-control-fuzz-XXXXXX";
    require(mkdtemp(directory.data()) != nullptr);
    loop = std::move(saffron::core::LoopThread::start("engine")).value();
    api::ControlServerOptions options;
    options.socket_path = directory + "/control.sock";
    options.machine_name = "fuzz";
    options.max_line_bytes = 4096;
    path = options.socket_path;
    loop->loop().run_sync([&] {
      auto made = api::ControlServer::create(loop->loop(), handler, options);
      require(made.ok());
      server = std::move(made).value();
    });
  }
  ~Engine() {
    loop->loop().run_sync([&] { server.reset(); });
    rmdir(directory.c_str());
  }
  void forget() {
    loop->loop().run_sync([&] {
      handler.calls.clear();
      handler.keys.clear();
      handler.pointers.clear();
    });
  }
  std::string directory;
  std::string path;
  saffron::fakes::FakeControlHandler handler;
  std::unique_ptr<saffron::core::LoopThread> loop;
  std::unique_ptr<api::ControlServer> server;
};

void drain(int fd, int timeout_ms) {
  char buffer[65536];
  pollfd waited{fd, POLLIN, 0};
  while (poll(&waited, 1, timeout_ms) > 0 && read(fd, buffer, sizeof(buffer)) > 0) {
  }
}

void attack(const Engine& engine, std::string_view input) {
  auto peer = api::connect_unix(engine.path);
  require(peer.ok());
  std::string bytes;
  if (!input.empty() && (input[0] & 1) != 0) {
    bytes = R"({"jsonrpc":"2.0","id":0,"method":"hello","params":{"protocol":1}})";
    bytes += '\n';
  }
  bytes += input;
  const std::size_t half = bytes.size() / 2;
  for (std::string_view rest : {std::string_view(bytes).substr(0, half), std::string_view(bytes).substr(half)}) {
    // Whole or not at all: the socket's buffer is larger than any input of the fuzzer.
    (void)!send(peer->get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    drain(peer->get(), 0);
  }
  shutdown(peer->get(), SHUT_WR);
  drain(peer->get(), 1000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Engine engine;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  attack(engine, input);

  auto client = api::ControlClient::connect(engine.path, "fuzz");
  require(client.ok());
  require((*client)->call_blocking<api::method::Status>({}, 10000).ok());
  engine.forget();

  api::LineSplitter lines(1000);
  lines.append(input);
  while (const auto line = lines.next()) {
    const auto incoming = api::read_incoming(*line);
    require(incoming.ok() || !incoming.error().message.empty());
  }
  return 0;
}
