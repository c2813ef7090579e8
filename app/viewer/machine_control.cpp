// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/machine_control.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QTimer>
#include <utility>

namespace saffron::viewer {

namespace {

/// The socket file is there a moment before somebody listens on it, and after.
constexpr int kRetryMilliseconds = 500;

}  // namespace

MachineControl::MachineControl(api::MachinePaths paths, QObject* parent) : QObject(parent), paths_(std::move(paths)) {
  connect(&watcher_, &PathWatcher::appeared, this, &MachineControl::connect_to_engine);
  force_timer_.setSingleShot(true);
  force_timer_.setInterval(api::kForceStopPatienceMs);
  connect(&force_timer_, &QTimer::timeout, this, &MachineControl::kill_engine);
}

MachineControl::~MachineControl() = default;

void MachineControl::begin() {
  watcher_.wait_for(QString::fromStdString(paths_.control_socket));
}

void MachineControl::connect_to_engine() {
  const QString name = QCoreApplication::applicationName() + " " + QCoreApplication::applicationVersion();
  auto result = api::ControlClient::connect(paths_.control_socket, name.toStdString());
  if (!result.ok()) {
    QTimer::singleShot(kRetryMilliseconds, this, &MachineControl::begin);
    return;
  }
  client_ = std::move(result).value();
  killed_ = false;
  client_->set_event_listener([this](const api::Event& event) { take_event(event); });
  client_->call<api::method::Subscribe>({}, [this](core::Result<api::MachineStatus> status) {
    if (status.ok()) {
      state_ = status->state;
      emit changed();
    }
  });
  readable_ = std::make_unique<QSocketNotifier>(client_->fd(), QSocketNotifier::Read);
  writable_ = std::make_unique<QSocketNotifier>(client_->fd(), QSocketNotifier::Write);
  connect(readable_.get(), &QSocketNotifier::activated, this, &MachineControl::process);
  connect(writable_.get(), &QSocketNotifier::activated, this, &MachineControl::process);
  state_ = api::MachineState::kStarting;
  process();
}

void MachineControl::process() {
  if (client_ == nullptr) {
    return;
  }
  const core::Result<void> result = client_->process();
  if (!result.ok() || !client_->connected()) {
    engine_has_gone();
    return;
  }
  writable_->setEnabled(client_->wants_write());
}

void MachineControl::engine_has_gone() {
  // Not here: a notifier of it is on the stack.
  readable_->setEnabled(false);
  writable_->setEnabled(false);
  readable_.release()->deleteLater();
  writable_.release()->deleteLater();
  client_.reset();
  force_timer_.stop();
  state_ = api::MachineState::kStopped;
  emit changed();
  QTimer::singleShot(kRetryMilliseconds, this, &MachineControl::begin);
}

void MachineControl::take_event(const api::Event& event) {
  if (const auto* changed_state = std::get_if<api::StateChanged>(&event.body)) {
    state_ = changed_state->state;
    emit changed();
  } else if (const auto* full = std::get_if<api::DiskFull>(&event.body)) {
    emit failed(tr("The disk that holds %1 is full. The machine is paused; make room and resume it.")
                    .arg(QString::fromStdString(full->path)));
  } else if (const auto* stopped = std::get_if<api::Stopped>(&event.body); stopped != nullptr && stopped->error) {
    emit failed(QString::fromStdString(stopped->error->message));
  }
}

template <typename Method>
void MachineControl::call(const typename Method::Request& request) {
  if (client_ == nullptr) {
    return;
  }
  client_->call<Method>(request, [this](core::Result<typename Method::Result> result) {
    if (!result.ok() && !killed_) {
      emit failed(QString::fromStdString(result.error().message));
    }
  });
  process();
}

void MachineControl::pause() {
  call<api::method::Pause>({});
}
void MachineControl::resume() {
  call<api::method::Resume>({});
}
void MachineControl::reset() {
  call<api::method::Reset>({});
}
void MachineControl::power_button() {
  call<api::method::PowerButton>({});
}
void MachineControl::force_off() {
  if (client_ == nullptr) {
    return;  // It has ended by itself meanwhile.
  }
  force_timer_.start();
  call<api::method::Stop>(api::StopRequest{true});
}
void MachineControl::kill_engine() {
  if (client_ != nullptr) {
    killed_ = true;
    if (const auto result = client_->kill_engine(); !result.ok()) {
      emit failed(QString::fromStdString(result.error().message));
    }
  }
}

void MachineControl::start() {
  if (running() || starting()) {
    return;
  }
  auto result = api::EngineLaunch::start(paths_, {});
  if (!result.ok()) {
    emit failed(QString::fromStdString(result.error().message));
    return;
  }
  launch_ = std::move(result).value();
  launch_readable_ = std::make_unique<QSocketNotifier>(launch_->fd(), QSocketNotifier::Read);
  connect(launch_readable_.get(), &QSocketNotifier::activated, this, &MachineControl::poll_launch);
  emit changed();
}

void MachineControl::poll_launch() {
  const auto outcome = launch_->poll();
  if (!outcome) {
    return;
  }
  launch_readable_->setEnabled(false);
  launch_readable_.release()->deleteLater();
  launch_.reset();
  if (!outcome->ok()) {
    emit failed(QString::fromStdString(outcome->error().message));
  }
  emit changed();
}

}  // namespace saffron::viewer
