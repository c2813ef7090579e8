// SPDX-License-Identifier: Apache-2.0
// saffron-fake-engine: the command line, sockets, states and events of saffron-engine without a machine, for tests of
// saffronctl and the application. Set SAFFRON_ENGINE to it. What it models: pause, resume, reset, power button (the
// "guest" shuts down at once, unless SAFFRON_FAKE_IGNORES_POWER is set), stop, screenshot (a gradient that changes with
// each key), media, ticket, typing, and a serial port that echoes. Missing: a SPICE server.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <string_view>

#include "engine/api/config_file.h"
#include "engine/api/control_server.h"
#include "engine/api/engine_launcher.h"
#include "engine/api/paths.h"
#include "engine/core/event_loop.h"
#include "engine/core/log.h"

namespace saffron::fakes {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

class FakeMachine final : public api::ControlHandler {
 public:
  FakeMachine(core::EventLoop& loop, const api::MachineConfig& config, const api::MachinePaths& paths)
      : loop_(loop), paths_(paths) {
    status_.name = config.name;
    status_.state = api::MachineState::kRunning;
    status_.pid = static_cast<std::uint32_t>(getpid());
    status_.vcpus = config.cpus;
    status_.memory_mib = config.memory_mib;
    status_.display = {640, 480};
    status_.spice.unix_path = paths.spice_socket;
    status_.spice.uris = {"spice+unix://" + paths.spice_socket};
    for (const api::DiskConfig& disk : config.disks) {
      status_.media.push_back({disk.id, false, disk.path, disk.read_only, false});
    }
    for (const api::CdromConfig& cdrom : config.cdroms) {
      status_.media.push_back({cdrom.id, true, cdrom.path, true, false});
    }
  }

  Result<void> start(const std::string& control_socket) {
    api::ControlServerOptions options;
    options.socket_path = control_socket;
    options.machine_name = status_.name;
    options.engine_version = "fake";
    server_ = SAFFRON_TRY(api::ControlServer::create(loop_, *this, options));
    serial_ = SAFFRON_TRY(api::listen_unix(paths_.serial_socket));
    serial_watch_ = SAFFRON_TRY(loop_.watch(serial_.get(), EPOLLIN, [this](core::FdEvents) { accept_serial(); }));
    return {};
  }
  ~FakeMachine() override { unlink(paths_.serial_socket.c_str()); }

  api::MachineStatus status() override { return status_; }
  Result<void> pause() override { return change(api::MachineState::kPaused, api::PauseReason::kUser); }
  Result<void> resume() override { return change(api::MachineState::kRunning, api::PauseReason::kNone); }
  Result<void> reset() override {
    server_->publish(api::GuestReset{});
    return {};
  }
  Result<void> power_button() override {
    if (std::getenv("SAFFRON_FAKE_IGNORES_POWER") == nullptr) {
      end(api::StopReason::kGuestShutdown);
    }
    return {};
  }
  Result<void> force_stop() override {
    end(api::StopReason::kForced);
    return {};
  }
  Result<api::Screenshot> screenshot() override {
    std::vector<std::uint32_t> pixels(std::size_t{status_.display.width} * status_.display.height);
    for (std::size_t index = 0; index < pixels.size(); ++index) {
      const auto x = static_cast<std::uint32_t>(index % status_.display.width);
      const auto y = static_cast<std::uint32_t>(index / status_.display.width);
      pixels[index] = ((x & 0xff) << 16) | ((y & 0xff) << 8) | (keys_ & 0xff);
    }
    return api::make_screenshot(status_.display.width, status_.display.height, pixels.data());
  }
  Result<void> key(const api::KeyEvent& event) override {
    ++keys_;
    core::log_info("fake", "key {} {}", api::key_name(event.code), event.pressed ? "down" : "up");
    return {};
  }
  Result<void> pointer(const api::PointerRequest&) override { return {}; }
  Result<void> insert_media(const api::MediaInsertRequest& request) override {
    SAFFRON_TRY(api::check_cdrom_image(request.path, "path"));
    return set_medium(request.id, request.path);
  }
  Result<void> eject_media(const api::MediaEjectRequest& request) override {
    return set_medium(request.id, std::nullopt);
  }
  Result<api::SpiceInfo> spice_info() override { return status_.spice; }
  Result<void> set_spice_ticket(const api::SetTicketRequest& request) override {
    status_.spice.ticket_required = request.ticket.has_value();
    return {};
  }
  Result<api::SerialInfo> serial_info() override { return api::SerialInfo{paths_.serial_socket, paths_.serial_log}; }
  Result<api::MetricsResult> metrics() override { return api::MetricsResult{{{"fake.keys", keys_}}}; }

 private:
  struct SerialClient {
    core::UniqueFd fd;
    std::unique_ptr<core::EventLoop::Watch> watch;
  };

  Result<void> change(api::MachineState state, api::PauseReason reason) {
    if (status_.state != state) {
      status_.state = state;
      status_.pause_reason = reason;
      server_->publish(api::StateChanged{state, reason});
    }
    return {};
  }
  Result<void> set_medium(const std::string& id, const std::optional<std::string>& path) {
    for (api::MediaInfo& media : status_.media) {
      if (media.id == id && media.removable) {
        media.path = path;
        server_->publish(api::MediaChanged{media});
        return {};
      }
    }
    return Error{ErrorCode::kNotFound, "There is no such drive", id};
  }
  void end(api::StopReason reason) {
    (void)change(api::MachineState::kStopped, api::PauseReason::kNone);
    server_->publish(api::Stopped{reason, {}});
    loop_.post([this] { loop_.stop(); });
  }
  void accept_serial() {
    core::UniqueFd fd(accept4(serial_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
      return;
    }
    const int number = fd.get();
    auto watch = loop_.watch(number, EPOLLIN, [this, number](core::FdEvents) { echo(number); });
    if (watch.ok()) {
      serial_clients_[number] = {std::move(fd), std::move(watch).value()};
    }
  }
  void echo(int fd) {
    std::array<char, 4096> buffer;
    const ssize_t count = read(fd, buffer.data(), buffer.size());
    if (count <= 0 || send(fd, buffer.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) != count) {
      serial_clients_[fd].watch.reset();
      serial_clients_.erase(fd);
    }
  }

  core::EventLoop& loop_;
  api::MachinePaths paths_;
  api::MachineStatus status_;
  std::uint64_t keys_ = 0;
  core::UniqueFd serial_;
  std::unique_ptr<core::EventLoop::Watch> serial_watch_;
  std::map<int, SerialClient> serial_clients_;
  std::unique_ptr<api::ControlServer> server_;  // Last: goes first, and calls nobody after that.
};

struct Options {
  std::string machine;
  std::string runtime;
  int status_fd = -1;
};

Result<void> run(const Options& options) {
  const api::BasePaths base = SAFFRON_TRY(api::BasePaths::from_environment());
  const api::MachineConfig config = SAFFRON_TRY(api::load_machine_config(options.machine));
  const std::string runtime = options.runtime.empty() ? base.runtime + "/" + config.name : options.runtime;
  const api::MachinePaths paths = api::machine_paths_in(base, config.name, options.machine, runtime);
  const api::MachineLock lock = SAFFRON_TRY(api::MachineLock::acquire(paths));
  const auto loop = SAFFRON_TRY(core::EventLoop::create());
  FakeMachine machine(*loop, config, paths);
  SAFFRON_TRY(machine.start(paths.control_socket));
  api::report_start_ok(options.status_fd);
  loop->run();
  return {};
}

}  // namespace
}  // namespace saffron::fakes

int main(int count, char** words) {
  saffron::fakes::Options options;
  for (int index = 1; index < count; ++index) {
    const std::string_view word = words[index];
    if (index + 1 < count && word == "--machine") {
      options.machine = words[++index];
    } else if (index + 1 < count && word == "--runtime") {
      options.runtime = words[++index];
    } else if (index + 1 < count && word == "--status-fd") {
      options.status_fd = std::atoi(words[++index]);
    }
  }
  const auto result = saffron::fakes::run(options);
  if (!result.ok()) {
    saffron::core::log_error("fake", "{}: {}", result.error().subject, result.error().message);
    saffron::api::report_start_failure(options.status_fd, result.error());
    return 1;
  }
  return 0;
}
