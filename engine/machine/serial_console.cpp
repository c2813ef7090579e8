// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/serial_console.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "engine/api/paths.h"
#include "engine/core/log.h"

namespace saffron::machine {

core::Result<std::unique_ptr<SerialConsole>> SerialConsole::create(core::EventLoop& loop,
                                                                   SerialConsoleOptions options) {
  auto console = std::unique_ptr<SerialConsole>(new SerialConsole(loop, std::move(options)));
  SAFFRON_TRY(console->listen());
  return console;
}

SerialConsole::SerialConsole(core::EventLoop& loop, SerialConsoleOptions options)
    : loop_(loop), options_(std::move(options)) {}

SerialConsole::~SerialConsole() {
  *alive_ = false;
  callbacks_ = {};  // The device has gone before us.
  flush();
  if (listener_) {
    ::unlink(options_.socket_path.c_str());
  }
}

core::Result<void> SerialConsole::listen() {
  open_log();
  listener_ = SAFFRON_TRY(api::listen_unix(options_.socket_path));
  listen_watch_ = SAFFRON_TRY(loop_.watch(listener_.get(), EPOLLIN, [this](core::FdEvents) { accept_client(); }));
  return {};
}

void SerialConsole::open_log() {
  if (options_.log_path.empty()) {
    return;
  }
  log_.reset(::open(options_.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat info {};
  const bool opened = log_ && ::fstat(log_.get(), &info) == 0;
  if (!opened) {
    // The machine is worth more than its log.
    core::log_warning("serial", "cannot open the log {}: errno {}", options_.log_path, errno);
  }
  log_size_ = static_cast<std::uint64_t>(info.st_size);
  const std::lock_guard lock(mutex_);
  logging_ = opened;
}

void SerialConsole::attach(Callbacks callbacks) {
  callbacks_ = std::move(callbacks);
}

std::size_t SerialConsole::write(std::span<const std::uint8_t> bytes) {
  bool post = false;
  std::size_t taken = bytes.size();
  {
    const std::lock_guard lock(mutex_);
    if (connected_) {
      taken = std::min(taken, kBuffer - std::min(kBuffer, pending_.size()));
    }
    if (logging_) {
      taken = std::min(taken, kBuffer - std::min(kBuffer, log_pending_.size()));
      log_pending_.insert(log_pending_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    }
    pending_.insert(pending_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    if (pending_.size() > 2 * kBuffer) {  // Nobody reads: keep the tail. Rarely, as most writes are of one byte.
      keep_tail();
    }
    refused_ = refused_ || taken < bytes.size();
    post = (connected_ || logging_) && !flush_posted_;
    flush_posted_ = flush_posted_ || post;
  }
  if (post) {
    loop_.post([this, alive = alive_] {
      if (*alive) {
        flush();
      }
    });
  }
  return taken;
}

void SerialConsole::keep_tail() {
  if (pending_.size() > kBuffer) {
    pending_.erase(pending_.begin(), pending_.end() - static_cast<std::ptrdiff_t>(kBuffer));
  }
}

void SerialConsole::flush() {
  std::vector<std::uint8_t> log_bytes;
  {
    const std::lock_guard lock(mutex_);
    flush_posted_ = false;
    log_bytes.swap(log_pending_);
  }
  write_log(log_bytes);
  send_pending();
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    if (refused_ && (!connected_ || pending_.size() < kBuffer)) {
      refused_ = false;
      tell = true;
    }
  }
  if (tell && *alive_ && callbacks_.writable) {
    callbacks_.writable();
  }
}

void SerialConsole::write_log(const std::vector<std::uint8_t>& bytes) {
  if (bytes.empty() || !log_) {
    return;
  }
  if (log_size_ > kLogLimit) {
    ::rename(options_.log_path.c_str(), (options_.log_path + ".old").c_str());
    open_log();
  }
  // A full disk loses log lines, and nothing else.
  const ssize_t written = ::write(log_.get(), bytes.data(), bytes.size());
  log_size_ += written > 0 ? static_cast<std::uint64_t>(written) : 0;
}

void SerialConsole::send_pending() {
  if (!client_) {
    return;
  }
  bool waits = false;
  bool broken = false;
  {
    const std::lock_guard lock(mutex_);
    while (!pending_.empty()) {
      const ssize_t sent = ::send(client_.get(), pending_.data(), pending_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0) {
        waits = sent < 0 && (errno == EAGAIN || errno == EINTR);
        broken = !waits;
        break;
      }
      pending_.erase(pending_.begin(), pending_.begin() + sent);
    }
  }
  if (broken) {
    drop_client();
  } else {
    update_watch(waits);
  }
}

void SerialConsole::update_watch(bool output_waits) {
  if (client_watch_) {
    client_watch_->set_events((receive_paused_ ? 0U : EPOLLIN) | (output_waits ? EPOLLOUT : 0U));
  }
}

void SerialConsole::accept_client() {
  core::UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) {
    return;
  }
  drop_client();
  auto watch = loop_.watch(fd.get(), EPOLLIN, [this](core::FdEvents events) { client_ready(events); });
  if (!watch.ok()) {
    return;
  }
  client_ = std::move(fd);
  client_watch_ = std::move(watch).value();
  {
    const std::lock_guard lock(mutex_);
    keep_tail();
    connected_ = true;
  }
  flush();
}

void SerialConsole::drop_client() {
  client_watch_.reset();
  client_.reset();
  receive_paused_ = false;
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    connected_ = false;
    tell = std::exchange(refused_, false);
  }
  if (tell && callbacks_.writable) {
    callbacks_.writable();
  }
}

void SerialConsole::client_ready(core::FdEvents events) {
  if ((events & EPOLLOUT) != 0) {
    flush();
  }
  if (client_ && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    read_client();
  }
}

void SerialConsole::read_client() {
  const std::size_t room = callbacks_.room ? callbacks_.room() : 0;
  std::array<std::uint8_t, 256> buffer{};
  if (room == 0) {
    receive_paused_ = true;
    update_watch(false);
    send_pending();
    return;
  }
  const ssize_t got = ::recv(client_.get(), buffer.data(), std::min(room, buffer.size()), MSG_DONTWAIT);
  if (got > 0) {
    callbacks_.receive(std::span(buffer).first(static_cast<std::size_t>(got)));
  } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
    drop_client();
  }
}

void SerialConsole::resume_receive() {
  loop_.post([this, alive = alive_] {
    if (*alive && receive_paused_) {
      receive_paused_ = false;
      update_watch(false);
      send_pending();  // Watches for room again if output still waits.
    }
  });
}

}  // namespace saffron::machine
