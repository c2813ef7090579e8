// SPDX-License-Identifier: Apache-2.0
// An engine's worth of surroundings for tests of SPICE clients: a loop thread, fake devices, the real server.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "display/spice_loader.h"
#include "tests/fakes/fake_display_source.h"
#include "tests/fakes/fake_input.h"

namespace saffron::fakes {

class SpiceHost {
 public:
  /// `options` needs a place to listen. See `error` if server() is nullptr.
  SpiceHost(spice::SpiceOptions options, std::uint32_t width, std::uint32_t height)
      : source(width, height), options_(std::move(options)) {
    loop_thread_ = core::LoopThread::start("control").value();
    start();
  }
  ~SpiceHost() { stop(); }
  SpiceHost(const SpiceHost&) = delete;
  SpiceHost& operator=(const SpiceHost&) = delete;

  /// On the devices' thread, where everything below may be touched.
  void run(const std::function<void()>& task) { loop_thread_->loop().run_sync(task); }
  core::EventLoop& loop() { return loop_thread_->loop(); }
  template <typename T>
  T get(const T& value) {
    T copy{};
    run([&] { copy = value; });
    return copy;
  }
  ports::Frame frame() {
    ports::Frame copy;
    run([&] { copy = source.capture(); });
    return copy;
  }
  /// As when the machine is turned off and on.
  void stop() {
    run([&] { server_.reset(); });
  }
  void start() {
    spice::SpiceRequest request{options_, &loop_thread_->loop(), {&keyboard, &mouse, &tablet}, &source};
    run([&] {
      auto result = spice::load_spice_server(request);
      if (result.ok()) {
        server_ = std::move(result).value();
      } else {
        error = result.error();
      }
    });
  }
  spice::SpiceServer* server() { return server_.get(); }
  unsigned clients() {
    unsigned count = 0;
    run([&] { count = server_ == nullptr ? 0 : static_cast<unsigned>(server_->info().clients.size()); });
    return count;
  }

  FakeDisplaySource source;
  FakeKeyboard keyboard;
  FakeMouse mouse;
  FakeTablet tablet;
  core::Error error;

 private:
  spice::SpiceOptions options_;
  std::unique_ptr<core::LoopThread> loop_thread_;
  std::unique_ptr<spice::SpiceServer> server_;
};

}  // namespace saffron::fakes
