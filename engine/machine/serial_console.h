// SPDX-License-Identifier: Apache-2.0
// SerialConsole: the serial port's other end: a Unix socket for one client at a time, and a log file.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "devices/ports/character_backend.h"
#include "engine/core/event_loop.h"
#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace saffron::machine {

struct SerialConsoleOptions {
  std::string socket_path;
  std::string log_path;  // Empty: no log.
};

/// Control thread, but for write() and resume_receive(). A client gets what nobody has read yet, then what comes; a
/// second client takes over from the first.
class SerialConsole final : public ports::CharacterBackend {
 public:
  static constexpr std::size_t kBuffer = 64 * 1024;            // What waits for a client, at most.
  static constexpr std::uint64_t kLogLimit = 8 * 1024 * 1024;  // Then the log starts anew; one old one is kept.

  static core::Result<std::unique_ptr<SerialConsole>> create(core::EventLoop& loop, SerialConsoleOptions options);
  ~SerialConsole() override;

  void attach(Callbacks callbacks) override;
  std::size_t write(std::span<const std::uint8_t> bytes) override;
  void resume_receive() override;

 private:
  SerialConsole(core::EventLoop& loop, SerialConsoleOptions options);
  core::Result<void> listen();
  void open_log();
  void accept_client();
  void drop_client();
  void client_ready(core::FdEvents events);
  void read_client();
  void keep_tail();  // With mutex_ held.
  void flush();
  void send_pending();
  void write_log(const std::vector<std::uint8_t>& bytes);
  void update_watch(bool output_waits);

  core::EventLoop& loop_;
  SerialConsoleOptions options_;
  Callbacks callbacks_;
  core::UniqueFd listener_;
  core::UniqueFd client_;
  core::UniqueFd log_;
  std::uint64_t log_size_ = 0;
  bool receive_paused_ = false;
  std::unique_ptr<core::EventLoop::Watch> listen_watch_;
  std::unique_ptr<core::EventLoop::Watch> client_watch_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // For posted tasks.
  std::mutex mutex_;                                            // Leaf lock; guards what follows.
  std::vector<std::uint8_t> pending_;
  std::vector<std::uint8_t> log_pending_;
  bool connected_ = false;
  bool logging_ = false;
  bool refused_ = false;  // write() took less than all: say writable.
  bool flush_posted_ = false;
};

}  // namespace saffron::machine
