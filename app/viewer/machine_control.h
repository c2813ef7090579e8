// SPDX-License-Identifier: Apache-2.0
// The machine behind a console, when it is one of this user's: its state, and what its menu does. Asynchronous all
// through; GUI thread only.
#pragma once

#include <QtCore/QObject>
#include <QtCore/QSocketNotifier>
#include <QtCore/QString>
#include <QtCore/QTimer>
#include <memory>
#include <optional>

#include "app/viewer/path_watcher.h"
#include "engine/api/control_client.h"
#include "engine/api/engine_launcher.h"
#include "engine/api/paths.h"

namespace saffron::viewer {

class MachineControl final : public QObject {
  Q_OBJECT
 public:
  MachineControl(api::MachinePaths paths, QObject* parent = nullptr);
  ~MachineControl() override;

  /// Finds the engine, now or when one starts, and again after it has ended.
  void begin();

  const api::MachinePaths& paths() const { return paths_; }
  bool running() const { return client_ != nullptr; }
  bool starting() const { return launch_ != nullptr; }
  /// Of the running machine.
  api::MachineState state() const { return state_; }

  void start();
  void pause();
  void resume();
  void reset();
  void power_button();
  void force_off();

 signals:
  /// running(), starting() or state() has changed.
  void changed();
  /// A sentence for a person.
  void failed(const QString& message);

 private:
  void connect_to_engine();
  void kill_engine();
  void process();
  void take_event(const api::Event& event);
  void engine_has_gone();
  void poll_launch();
  template <typename Method>
  void call(const typename Method::Request& request);

  api::MachinePaths paths_;
  PathWatcher watcher_;
  std::unique_ptr<api::ControlClient> client_;
  std::unique_ptr<QSocketNotifier> readable_;
  std::unique_ptr<QSocketNotifier> writable_;
  bool killed_ = false;  // By us; what it left unanswered is no failure.
  QTimer force_timer_;   // Runs while an engine has been told to end.
  std::unique_ptr<api::EngineLaunch> launch_;
  std::unique_ptr<QSocketNotifier> launch_readable_;
  api::MachineState state_ = api::MachineState::kStopped;
};

}  // namespace saffron::viewer
