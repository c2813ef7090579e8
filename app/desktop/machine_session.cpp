// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/machine_session.h"

#include <sys/stat.h>
#include <unistd.h>

#include <QtCore/QCoreApplication>
#include <QtCore/QPointer>
#include <utility>

#include "app/desktop/async.h"
#include "app/desktop/texts.h"

namespace saffron::desktop {

namespace {

constexpr int kRetryMilliseconds = 400;
/// No screen of ours is larger than 3840 x 2160; a reply that says otherwise is not believed.
constexpr std::uint32_t kMaxSide = 16384;

/// The pixels behind a screenshot's file descriptor. Worker thread.
QImage read_picture(const api::ScreenshotResult& picture, int fd) {
  if (picture.width == 0 || picture.height == 0 || picture.width > kMaxSide || picture.height > kMaxSide ||
      picture.stride < picture.width * 4 || picture.stride > kMaxSide * 4) {
    return {};
  }
  QImage image(static_cast<int>(picture.width), static_cast<int>(picture.height), QImage::Format_RGB32);
  if (image.isNull()) {
    return {};
  }
  const std::size_t row = std::size_t{picture.width} * 4;
  for (std::uint32_t y = 0; y < picture.height; ++y) {
    const auto offset = static_cast<off_t>(std::uint64_t{y} * picture.stride);
    if (::pread(fd, image.scanLine(static_cast<int>(y)), row, offset) != static_cast<ssize_t>(row)) {
      return {};
    }
  }
  return image;
}

QImage shrunk(QImage image) {
  if (image.width() > MachineSession::kThumbnailSize.width() ||
      image.height() > MachineSession::kThumbnailSize.height()) {
    return image.scaled(MachineSession::kThumbnailSize, Qt::KeepAspectRatio, Qt::SmoothTransformation);
  }
  return image;
}

std::string client_name() {
  return (QCoreApplication::applicationName() + " " + QCoreApplication::applicationVersion()).toStdString();
}

/// A notifier may be on the stack.
void release(std::unique_ptr<QSocketNotifier>& notifier) {
  if (notifier != nullptr) {
    notifier->setEnabled(false);
    notifier.release()->deleteLater();
  }
}

}  // namespace

MachineSession::MachineSession(api::MachineEntry entry, QObject* parent) : QObject(parent), entry_(std::move(entry)) {
  retry_.setSingleShot(true);
  retry_.setInterval(kRetryMilliseconds);
  connect(&retry_, &QTimer::timeout, this, &MachineSession::refresh_wanted);
  force_timer_.setSingleShot(true);
  force_timer_.setInterval(api::kForceStopPatienceMs);
  connect(&force_timer_, &QTimer::timeout, this, &MachineSession::kill_engine);
  if (entry_.running) {
    connect_to_engine();
  }
}

MachineSession::~MachineSession() = default;

Phase MachineSession::phase() const {
  if (launching_) {
    return Phase::kLaunching;
  }
  if (client_ == nullptr) {
    if (entry_.running) {
      return winding_down_ ? Phase::kStopping : Phase::kConnecting;
    }
    return entry_.config ? Phase::kStopped : Phase::kBroken;
  }
  if (!subscribed_) {
    return Phase::kConnecting;
  }
  switch (status_.state) {
    case api::MachineState::kStarting:
      return Phase::kStarting;
    case api::MachineState::kRunning:
      return Phase::kRunning;
    case api::MachineState::kPaused:
      return Phase::kPaused;
    case api::MachineState::kStopping:
    case api::MachineState::kStopped:
      return Phase::kStopping;
    case api::MachineState::kCrashed:
      break;
  }
  return Phase::kCrashed;
}

QString MachineSession::phase_text() const {
  switch (phase()) {
    case Phase::kBroken:
      return tr("Broken");
    case Phase::kStopped:
      return tr("Off");
    case Phase::kLaunching:
    case Phase::kStarting:
      return tr("Starting…");
    case Phase::kConnecting:
      return tr("Connecting…");
    case Phase::kRunning:
      return tr("Running");
    case Phase::kPaused:
      switch (status_.pause_reason) {
        case api::PauseReason::kDiskFull:
          return tr("Paused: host disk full");
        case api::PauseReason::kGuestPanic:
          return tr("Paused: guest panic");
        case api::PauseReason::kError:
          return tr("Paused: error");
        default:
          return tr("Paused");
      }
    case Phase::kStopping:
      return tr("Shutting down…");
    case Phase::kCrashed:
      break;
  }
  return tr("Crashed");
}

double MachineSession::uptime_seconds() const {
  return status_.uptime_seconds + (status_age_.isValid() ? static_cast<double>(status_age_.elapsed()) / 1000 : 0);
}

void MachineSession::set_entry(api::MachineEntry entry) {
  entry_ = std::move(entry);
  winding_down_ = winding_down_ && entry_.running;
  if (entry_.running && client_ == nullptr && !launching_) {
    connect_to_engine();
  }
  emit changed();
}

void MachineSession::connect_to_engine() {
  auto result = api::ControlClient::connect(entry_.paths.control_socket, client_name());
  if (!result.ok()) {
    // Between the lock and the socket, at an engine's start or end. Look again whether there is one.
    retry_.start();
    return;
  }
  client_ = std::move(result).value();
  stop_was_announced_ = false;
  client_->set_event_listener([this](const api::Event& event) { take_event(event); });
  client_->call<api::method::Subscribe>({}, [this](core::Result<api::MachineStatus> status) {
    if (status.ok()) {
      take_status(*std::move(status));
    }
  });
  readable_ = std::make_unique<QSocketNotifier>(client_->fd(), QSocketNotifier::Read);
  writable_ = std::make_unique<QSocketNotifier>(client_->fd(), QSocketNotifier::Write);
  connect(readable_.get(), &QSocketNotifier::activated, this, &MachineSession::process);
  connect(writable_.get(), &QSocketNotifier::activated, this, &MachineSession::process);
  watch_writing();
  emit changed();
}

void MachineSession::take_status(api::MachineStatus status) {
  status_ = std::move(status);
  status_age_.start();
  subscribed_ = true;
  winding_down_ = false;
  if (status_.last_error && status_.state == api::MachineState::kCrashed) {
    report(tr("The machine has crashed."), status_.last_error->to_error());
  }
  emit changed();
  refresh_thumbnail();
}

void MachineSession::watch_writing() {
  if (client_ != nullptr && writable_ != nullptr) {
    writable_->setEnabled(client_->wants_write());
  }
}

void MachineSession::process() {
  if (client_ == nullptr) {
    return;
  }
  const core::Result<void> result = client_->process();
  if (!result.ok() || !client_->connected()) {
    engine_has_gone();
    return;
  }
  watch_writing();
}

void MachineSession::engine_has_gone() {
  release(readable_);
  release(writable_);
  client_.reset();
  force_timer_.stop();
  if (subscribed_ && !stop_was_announced_) {
    Notice notice{Notice::Severity::kError, tr("The engine of “%1” has ended unexpectedly.").arg(name()), {}, name()};
    notice.kind = "engine";
    notice.has_log = true;
    emit noticed(notice);
  }
  subscribed_ = false;
  grabbing_thumbnail_ = false;
  thumbnail_ = {};
  winding_down_ = true;  // Until the library has seen that its lock is free.
  emit changed();
  emit thumbnail_changed();
  emit refresh_wanted();
}

void MachineSession::take_event(const api::Event& event) {
  if (const auto* state = std::get_if<api::StateChanged>(&event.body)) {
    status_.state = state->state;
    status_.pause_reason = state->pause_reason;
    refresh_thumbnail();
  } else if (const auto* display = std::get_if<api::DisplayChanged>(&event.body)) {
    status_.display = display->display;
  } else if (const auto* viewers = std::get_if<api::ViewersChanged>(&event.body)) {
    status_.viewers = viewers->viewers;
  } else if (const auto* media = std::get_if<api::MediaChanged>(&event.body)) {
    for (api::MediaInfo& info : status_.media) {
      if (info.id == media->media.id) {
        info = media->media;
      }
    }
  } else if (const auto* full = std::get_if<api::DiskFull>(&event.body)) {
    Notice notice{Notice::Severity::kWarning,
                  tr("The host's disk is full, so “%1” is paused. Make room, then resume it.").arg(name()),
                  QString::fromStdString(full->path), name()};
    notice.kind = "disk_full";
    emit noticed(notice);
  } else if (std::holds_alternative<api::GuestPanicked>(event.body)) {
    Notice notice{Notice::Severity::kWarning,
                  tr("The guest of “%1” reports that its kernel has panicked.").arg(name()),
                  {},
                  name()};
    notice.kind = "panic";
    emit noticed(notice);
  } else if (const auto* error = std::get_if<api::ErrorEvent>(&event.body)) {
    report(tr("The machine “%1” has a problem.").arg(name()), error->error.to_error());
  } else if (const auto* stopped = std::get_if<api::Stopped>(&event.body)) {
    take_stopped(*stopped);
  } else {
    return;
  }
  emit changed();
}

void MachineSession::take_stopped(const api::Stopped& stopped) {
  stop_was_announced_ = true;
  status_.state = api::MachineState::kStopping;
  if (stopped.error) {
    report(tr("The machine “%1” has ended with an error.").arg(name()), stopped.error->to_error());
  } else if (stopped.reason == api::StopReason::kGuestPanic) {
    Notice notice{Notice::Severity::kWarning,
                  tr("The guest of “%1” has panicked, so the machine was stopped.").arg(name()),
                  {},
                  name()};
    notice.kind = "panic";
    notice.has_log = true;
    emit noticed(notice);
  }
}

void MachineSession::report(const QString& what, const core::Error& error) {
  Notice notice = Notice::from_error(what, error, name());
  notice.has_log = true;
  emit noticed(notice);
}

template <typename Method>
void MachineSession::request(const typename Method::Request& arguments, const QString& what, Done done) {
  if (client_ == nullptr) {
    const core::Error error{core::ErrorCode::kInvalidState, "The machine is not running", {}};
    done ? done(error) : report(what, error);
    return;
  }
  client_->call<Method>(arguments, [this, what, done = std::move(done)](core::Result<typename Method::Result> result) {
    if (done) {
      done(result.ok() ? core::Result<void>() : core::Result<void>(result.error()));
    } else if (!result.ok() && !stop_was_announced_) {
      report(what, result.error());
    }
  });
  watch_writing();
}

void MachineSession::pause() {
  request<api::method::Pause>({}, tr("Cannot pause “%1”.").arg(name()));
}
void MachineSession::resume() {
  request<api::method::Resume>({}, tr("Cannot resume “%1”.").arg(name()));
}
void MachineSession::reset() {
  request<api::method::Reset>({}, tr("Cannot reset “%1”.").arg(name()));
}
void MachineSession::power_button() {
  request<api::method::PowerButton>({}, tr("Cannot press the power button of “%1”.").arg(name()));
}
void MachineSession::force_off() {
  if (client_ == nullptr) {
    return;  // It has ended by itself meanwhile.
  }
  request<api::method::Stop>(api::StopRequest{true}, tr("Cannot force “%1” off.").arg(name()));
  force_timer_.start();
}
void MachineSession::kill_engine() {
  if (client_ == nullptr) {
    return;
  }
  stop_was_announced_ = true;  // It will be gone without a word, as the user wants.
  if (const auto result = client_->kill_engine(); !result.ok()) {
    report(tr("Cannot force “%1” off.").arg(name()), result.error());
  }
}
void MachineSession::insert_media(const std::string& id, const std::string& path, Done done) {
  request<api::method::MediaInsert>(api::MediaInsertRequest{id, path}, {}, std::move(done));
}
void MachineSession::eject_media(const std::string& id, bool force, Done done) {
  request<api::method::MediaEject>(api::MediaEjectRequest{id, force}, {}, std::move(done));
}

void MachineSession::refresh_thumbnail() {
  const bool moves = phase() == Phase::kRunning || (phase() == Phase::kPaused && thumbnail_.isNull());
  if (!moves || grabbing_thumbnail_) {
    return;
  }
  grabbing_thumbnail_ = true;
  grab_screen([this](QImage image, const std::optional<core::Error>&) {
    run_async(
        this, [image = std::move(image)]() mutable { return shrunk(std::move(image)); },
        [this](QImage small) {
          grabbing_thumbnail_ = false;
          if (connected()) {
            thumbnail_ = std::move(small);
            emit thumbnail_changed();
          }
        });
  });
}

void MachineSession::grab_screen(std::function<void(QImage, std::optional<core::Error>)> done) {
  if (client_ == nullptr) {
    done({}, core::Error{core::ErrorCode::kInvalidState, "The machine is not running", {}});
    return;
  }
  client_->screenshot([this, done = std::move(done)](core::Result<api::ScreenshotResult> picture, core::UniqueFd fd) {
    if (!picture.ok()) {
      done({}, picture.error());
      return;
    }
    const auto pixels = std::make_shared<core::UniqueFd>(std::move(fd));
    run_async(
        this, [picture = *picture, pixels] { return read_picture(picture, pixels->get()); },
        [done](QImage image) {
          const core::Error bad{core::ErrorCode::kProtocol, "The engine sent a picture that cannot be read", {}};
          done(image, image.isNull() ? std::optional(bad) : std::nullopt);
        });
  });
  watch_writing();
}

void MachineSession::start() {
  if (active() || !entry_.config) {
    return;
  }
  launching_ = true;
  emit changed();
  run_async(
      this, [paths = entry_.paths] { return api::EngineLaunch::start(paths, {}); },
      [this](core::Result<std::unique_ptr<api::EngineLaunch>> result) {
        if (!result.ok()) {
          launch_ended(std::move(result).error());
          return;
        }
        launch_ = std::move(result).value();
        launch_readable_ = std::make_unique<QSocketNotifier>(launch_->fd(), QSocketNotifier::Read);
        connect(launch_readable_.get(), &QSocketNotifier::activated, this, &MachineSession::poll_launch);
        poll_launch();
      });
}

void MachineSession::poll_launch() {
  if (auto outcome = launch_ != nullptr ? launch_->poll() : std::nullopt) {
    release(launch_readable_);
    launch_.reset();
    launch_ended(*std::move(outcome));
  }
}

void MachineSession::launch_ended(core::Result<void> outcome) {
  launching_ = false;
  if (outcome.ok()) {
    entry_.running = true;
    connect_to_engine();
  } else {
    winding_down_ = true;
    report(tr("Cannot start “%1”.").arg(name()), outcome.error());
    emit refresh_wanted();
  }
  emit changed();
}

}  // namespace saffron::desktop
