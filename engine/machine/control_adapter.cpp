// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/control_adapter.h"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/core/version.h"

namespace saffron::machine {

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

core::Error no_display() {
  return {core::ErrorCode::kInvalidState, "this machine has no display", "display.device"};
}

ports::PointerButton button_of(api::PointerButtonName name) {
  switch (name) {
    case api::PointerButtonName::kLeft:
      return ports::PointerButton::kLeft;
    case api::PointerButtonName::kMiddle:
      return ports::PointerButton::kMiddle;
    case api::PointerButtonName::kRight:
      return ports::PointerButton::kRight;
    case api::PointerButtonName::kSide:
      return ports::PointerButton::kSide;
    case api::PointerButtonName::kExtra:
      return ports::PointerButton::kExtra;
  }
  return ports::PointerButton::kLeft;
}

}  // namespace

core::Result<std::unique_ptr<ControlAdapter>> ControlAdapter::create(core::EventLoop& loop, Machine& machine,
                                                                     std::function<void()> ended) {
  auto adapter = std::unique_ptr<ControlAdapter>(new ControlAdapter(loop, machine));
  SAFFRON_TRY(adapter->listen(std::move(ended)));
  return adapter;
}

ControlAdapter::ControlAdapter(core::EventLoop& loop, Machine& machine)
    : loop_(loop),
      machine_(machine),
      started_ns_(loop.clock().now_ns()),
      ticket_required_(machine.config().display.spice.ticket.has_value()) {}

ControlAdapter::~ControlAdapter() {
  machine_.set_listener({});
  machine_.keyboard_router().set_status_listener(nullptr);
  if (machine_.display() != nullptr) {
    machine_.display()->set_size_listener(nullptr);
  }
}

core::Result<void> ControlAdapter::listen(std::function<void()> ended) {
  api::ControlServerOptions options;
  options.socket_path = machine_.paths().control_socket;
  options.machine_name = machine_.config().name;
  options.engine_version = core::kVersion;
  server_ = SAFFRON_TRY(api::ControlServer::create(loop_, *this, std::move(options)));
  machine_.set_listener({[this](api::EventBody body) { server_->publish(std::move(body)); }, std::move(ended)});
  machine_.keyboard_router().set_status_listener([this] { input_changed(); });
  if (machine_.display() != nullptr) {
    machine_.display()->set_size_listener([this] { server_->publish(api::DisplayChanged{display_info()}); });
  }
  ticket_expiry_ = loop_.create_timer([this] {
    if (machine_.spice() != nullptr) {
      (void)machine_.spice()->set_ticket("");
    }
  });
  return {};
}

void ControlAdapter::input_changed() {
  const ports::KeyboardLeds leds = machine_.keyboard_router().leds();
  const bool tablet = machine_.tablet() != nullptr && machine_.tablet()->active();
  server_->publish(api::InputChanged{{leds.scroll_lock, leds.num_lock, leds.caps_lock}, tablet});
}

api::MachineStatus ControlAdapter::status() {
  api::MachineStatus status;
  status.name = machine_.config().name;
  status.state = machine_.state();
  status.pause_reason = machine_.pause_reason();
  status.pid = static_cast<std::uint32_t>(::getpid());
  status.vcpus = machine_.config().cpus;
  status.memory_mib = machine_.config().memory_mib;
  status.uptime_seconds = static_cast<double>(loop_.clock().now_ns() - started_ns_) / 1e9;
  status.cpu_seconds = cpu_seconds();
  status.display = display_info();
  const ports::KeyboardLeds leds = machine_.keyboard_router().leds();
  status.leds = {leds.scroll_lock, leds.num_lock, leds.caps_lock};
  status.tablet_active = machine_.tablet() != nullptr && machine_.tablet()->active();
  if (machine_.spice() != nullptr) {
    status.spice = spice_info().value();
    status.viewers = static_cast<std::uint32_t>(machine_.spice()->info().clients.size());
  }
  status.media = machine_.storage().media();
  status.last_error = machine_.last_error();
  return status;
}

api::DisplayInfo ControlAdapter::display_info() {
  if (machine_.display() == nullptr) {
    return {};
  }
  return {machine_.display()->width(), machine_.display()->height()};
}

core::Result<void> ControlAdapter::force_stop() {
  loop_.post([this] { machine_.stop(api::StopReason::kForced); });
  return {};
}

core::Result<api::Screenshot> ControlAdapter::screenshot() {
  if (machine_.display() == nullptr) {
    return no_display();
  }
  const ports::Frame frame = machine_.display()->capture();
  return api::make_screenshot(frame.width, frame.height, frame.pixels.data());
}

core::Result<void> ControlAdapter::key(const api::KeyEvent& event) {
  machine_.keyboard().key(event.code, event.pressed);
  if (machine_.display() != nullptr) {
    machine_.display()->wake();
  }
  return {};
}

core::Result<void> ControlAdapter::pointer(const api::PointerRequest& request) {
  ports::TabletPort* tablet = machine_.tablet();
  const bool use_tablet = tablet != nullptr && tablet->active();
  SAFFRON_TRY(move_pointer(request));
  for (const api::PointerButtonEvent& event : request.buttons) {
    if (use_tablet) {
      tablet->button(button_of(event.button), event.pressed);
    } else {
      machine_.mouse().button(button_of(event.button), event.pressed);
    }
  }
  if (machine_.display() != nullptr) {
    machine_.display()->wake();
  }
  return {};
}

core::Result<void> ControlAdapter::move_pointer(const api::PointerRequest& request) {
  ports::TabletPort* tablet = machine_.tablet();
  const bool use_tablet = tablet != nullptr && tablet->active();
  if (request.x && request.y) {
    if (!use_tablet) {
      return core::Error{core::ErrorCode::kInvalidState, "the guest does not listen to the tablet: move with dx and dy",
                         "x"};
    }
    tablet->position(static_cast<std::uint16_t>(*request.x), static_cast<std::uint16_t>(*request.y));
  }
  const bool moves = request.dx != 0 || request.dy != 0;
  if (use_tablet && request.wheel != 0) {
    tablet->wheel(request.wheel);
  }
  if (moves || (!use_tablet && request.wheel != 0)) {
    machine_.mouse().move(request.dx, request.dy, use_tablet ? 0 : request.wheel);
  }
  return {};
}

core::Result<void> ControlAdapter::insert_media(const api::MediaInsertRequest& request) {
  return machine_.storage().insert(request.id, request.path);
}

core::Result<void> ControlAdapter::eject_media(const api::MediaEjectRequest& request) {
  return machine_.storage().eject(request.id, request.force);
}

core::Result<api::SpiceInfo> ControlAdapter::spice_info() {
  if (machine_.spice() == nullptr) {
    return no_display();
  }
  const spice::SpiceInfo info = machine_.spice()->info();
  api::SpiceInfo result;
  result.unix_path = machine_.paths().spice_socket;
  result.uris = info.uris;
  if (info.tcp_port != 0) {
    result.tcp_port = info.tcp_port;
    const auto& tcp = machine_.config().display.spice.tcp;
    result.tcp_address = tcp ? tcp->address : "";
  }
  result.ticket_required = info.tcp_port != 0 && ticket_required_;
  return result;
}

core::Result<void> ControlAdapter::set_spice_ticket(const api::SetTicketRequest& request) {
  if (machine_.spice() == nullptr) {
    return no_display();
  }
  SAFFRON_TRY(machine_.spice()->set_ticket(request.ticket.value_or("")));
  ticket_required_ = true;  // Without one, nobody new gets in.
  ticket_expiry_->cancel();
  if (request.lifetime_seconds != 0) {
    ticket_expiry_->arm(loop_.clock().now_ns() + std::int64_t{request.lifetime_seconds} * 1'000'000'000);
  }
  return {};
}

core::Result<api::SerialInfo> ControlAdapter::serial_info() {
  api::SerialInfo info;
  info.socket_path = machine_.paths().serial_socket;
  if (machine_.config().serial.log) {
    info.log_path = machine_.paths().serial_log;
  }
  return info;
}

core::Result<api::MetricsResult> ControlAdapter::metrics() {
  api::MetricsResult result;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  result.counters["engine.cpu_us"] = static_cast<std::uint64_t>(cpu_seconds() * 1e6);
  result.counters["engine.max_rss_kib"] = static_cast<std::uint64_t>(usage.ru_maxrss);
  result.counters["engine.voluntary_switches"] = static_cast<std::uint64_t>(usage.ru_nvcsw);
  result.counters["engine.involuntary_switches"] = static_cast<std::uint64_t>(usage.ru_nivcsw);
  return result;
}

}  // namespace saffron::machine
