// SPDX-License-Identifier: Apache-2.0
// MachineSession: one machine of the library, and its engine while it runs. Asynchronous all through; GUI thread only.
#pragma once

#include <QtCore/QElapsedTimer>
#include <QtCore/QObject>
#include <QtCore/QSocketNotifier>
#include <QtCore/QTimer>
#include <QtGui/QImage>
#include <functional>
#include <memory>
#include <optional>

#include "app/desktop/notice.h"
#include "engine/api/control_client.h"
#include "engine/api/engine_launcher.h"
#include "engine/api/machine_library.h"

namespace saffron::desktop {

/// What a person sees a machine do. kConnecting: an engine holds it, but has not answered yet.
enum class Phase { kBroken, kStopped, kLaunching, kConnecting, kStarting, kRunning, kPaused, kStopping, kCrashed };

class MachineSession final : public QObject {
  Q_OBJECT
 public:
  using Done = std::function<void(core::Result<void>)>;
  static constexpr QSize kThumbnailSize{1024, 768};  // Larger screens are scaled down to fit.

  explicit MachineSession(api::MachineEntry entry, QObject* parent = nullptr);
  ~MachineSession() override;

  QString name() const { return QString::fromStdString(entry_.paths.name); }
  const api::MachinePaths& paths() const { return entry_.paths; }
  /// Empty if the machine is broken: then problem() says why.
  const std::optional<api::MachineConfig>& config() const { return entry_.config; }
  const std::optional<core::Error>& problem() const { return entry_.problem; }
  /// Of the engine; meaningful while connected().
  const api::MachineStatus& status() const { return status_; }
  /// There is an engine that can be spoken to, or ended, even if it has not answered yet.
  bool has_engine() const { return client_ != nullptr; }
  bool connected() const { return client_ != nullptr && subscribed_; }
  /// What the machine has: while it runs, whatever its settings say for the next start. Needs a config().
  std::uint64_t memory_mib() const { return connected() ? status_.memory_mib : config()->memory_mib; }
  std::uint32_t cpus() const { return connected() ? status_.vcpus : config()->cpus; }
  Phase phase() const;
  QString phase_text() const;
  /// Nothing may be done to the machine's directory.
  bool active() const { return phase() != Phase::kStopped && phase() != Phase::kBroken; }
  double uptime_seconds() const;
  /// The last picture of the screen; null if there is none.
  const QImage& thumbnail() const { return thumbnail_; }

  /// What the library has found on the disk.
  void set_entry(api::MachineEntry entry);

  void start();
  void pause();
  void resume();
  void reset();
  void power_button();
  void force_off();
  void insert_media(const std::string& id, const std::string& path, Done done);
  void eject_media(const std::string& id, bool force, Done done);
  /// Asks for a new picture, unless one is on its way or the screen stands still.
  void refresh_thumbnail();
  /// The screen in full size; null and an error otherwise.
  void grab_screen(std::function<void(QImage, std::optional<core::Error>)> done);

 signals:
  void changed();
  void thumbnail_changed();
  void noticed(const saffron::desktop::Notice& notice);
  /// The directory or the engine's lock should be looked at again.
  void refresh_wanted();

 private:
  void connect_to_engine();
  void retry_later();
  void process();
  void watch_writing();
  void take_event(const api::Event& event);
  void take_stopped(const api::Stopped& stopped);
  void take_status(api::MachineStatus status);
  void engine_has_gone();
  void poll_launch();
  void launch_ended(core::Result<void> outcome);
  void report(const QString& what, const core::Error& error);
  void kill_engine();
  template <typename Method>
  void request(const typename Method::Request& arguments, const QString& what, Done done = {});

  api::MachineEntry entry_;
  api::MachineStatus status_;
  QElapsedTimer status_age_;
  std::unique_ptr<api::ControlClient> client_;
  std::unique_ptr<QSocketNotifier> readable_;
  std::unique_ptr<QSocketNotifier> writable_;
  std::unique_ptr<api::EngineLaunch> launch_;
  std::unique_ptr<QSocketNotifier> launch_readable_;
  QTimer retry_;
  QTimer force_timer_;  // Runs while an engine has been told to end.
  bool launching_ = false;
  bool subscribed_ = false;
  bool winding_down_ = false;  // The engine has said goodbye, but may still hold its lock.
  bool stop_was_announced_ = false;
  bool grabbing_thumbnail_ = false;
  QImage thumbnail_;
};

}  // namespace saffron::desktop
