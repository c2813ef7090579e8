// SPDX-License-Identifier: Apache-2.0
// serial, log, events: verbs that go on until they are told to stop.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/ctl/arguments.h"
#include "app/ctl/context.h"
#include "engine/api/engine_launcher.h"

namespace saffron::ctl {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;
using core::UniqueFd;

constexpr char kEscape = 0x1d;  // Ctrl-], as in telnet and virsh.
constexpr std::size_t kMaxTail = 16 << 20;
constexpr int kFollowMs = 250;

/// A terminal in raw mode for as long as this lives. Does nothing where standard input is no terminal.
class RawTerminal {
 public:
  RawTerminal() {
    if (tcgetattr(STDIN_FILENO, &saved_) == 0) {
      termios raw = saved_;
      cfmakeraw(&raw);
      active_ = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    }
  }
  ~RawTerminal() {
    if (active_) {
      tcsetattr(STDIN_FILENO, TCSANOW, &saved_);
    }
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  bool active() const { return active_; }

 private:
  termios saved_{};
  bool active_ = false;
};

bool write_all(int fd, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t count = write(fd, bytes, size);
    if (count < 0) {
      pollfd waited{fd, POLLOUT, 0};
      if (errno == EINTR || (errno == EAGAIN && poll(&waited, 1, -1) >= 0)) {
        continue;
      }
      return false;
    }
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

enum class Moved { kSome, kEnd, kEscaped };

/// One read from `from` to `to`; looks for the escape character if `watch_escape`.
Moved move_bytes(int from, int to, bool watch_escape) {
  std::array<char, 4096> buffer;
  const ssize_t count = read(from, buffer.data(), buffer.size());
  if (count < 0) {
    return errno == EAGAIN || errno == EINTR ? Moved::kSome : Moved::kEnd;
  }
  if (count == 0) {
    return Moved::kEnd;
  }
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
  const std::size_t escape = watch_escape ? bytes.find(kEscape) : std::string_view::npos;
  if (!write_all(to, bytes.data(), std::min(escape, bytes.size()))) {
    return Moved::kEnd;
  }
  return escape == std::string_view::npos ? Moved::kSome : Moved::kEscaped;
}

/// Terminal and serial port, both ways, until either ends or the user leaves.
void bridge(int serial, bool interactive) {
  bool input_open = true;
  for (;;) {
    std::array<pollfd, 2> waited{{{serial, POLLIN, 0}, {input_open ? STDIN_FILENO : -1, POLLIN, 0}}};
    if (poll(waited.data(), waited.size(), -1) < 0 && errno != EINTR) {
      return;
    }
    if (waited[0].revents != 0 && move_bytes(serial, STDOUT_FILENO, false) == Moved::kEnd) {
      return;
    }
    if (waited[1].revents != 0) {
      const Moved moved = move_bytes(STDIN_FILENO, serial, interactive);
      if (moved == Moved::kEscaped) {
        return;
      }
      // A pipe that has ended has said all; what the guest answers is still wanted.
      input_open = moved != Moved::kEnd;
    }
  }
}

/// Prints what is appended to a log, also when another file takes its place.
void follow(const std::string& path, off_t at, ino_t inode) {
  for (;;) {
    UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat info {};
    if (file && fstat(file.get(), &info) == 0) {
      if (info.st_ino != inode || info.st_size < at) {
        at = 0;
        inode = info.st_ino;
      }
      std::array<char, 16384> buffer;
      ssize_t count = 0;
      while ((count = pread(file.get(), buffer.data(), buffer.size(), at)) > 0) {
        const std::string text = printable(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
        if (!write_all(STDOUT_FILENO, text.data(), text.size())) {
          return;
        }
        at += count;
      }
    }
    poll(nullptr, 0, kFollowMs);
  }
}

/// The last `count` lines of `text`.
std::string_view last_lines(std::string_view text, std::int64_t count) {
  // The end of the last line separates it from nothing.
  std::size_t at = text.ends_with('\n') ? text.size() - 1 : text.size();
  for (; count > 0 && at > 0; --count) {
    at = text.rfind('\n', at - 1);
    if (at == std::string_view::npos) {
      return text;
    }
  }
  return at == 0 ? text : text.substr(at + 1);
}

}  // namespace

Result<int> run_serial(Context& context, const Arguments& arguments) {
  const auto client = SAFFRON_TRY(context.connect(arguments.at(0)));
  const auto info = SAFFRON_TRY(client->call_blocking<api::method::SerialQuery>({}, kAnswerMs));
  if (context.json()) {
    context.answer(Json::parse(api::encode(info)));
    return 0;
  }
  const UniqueFd serial = SAFFRON_TRY(api::connect_unix(info.socket_path));
  signal(SIGPIPE, SIG_IGN);
  const RawTerminal terminal;
  if (terminal.active()) {
    fmt::print(stderr, "Connected to the serial port of \"{}\"; Ctrl-] leaves.\r\n", printable(arguments.at(0)));
  }
  bridge(serial.get(), terminal.active());
  if (terminal.active()) {
    fmt::print(stderr, "\r\n");
  }
  return 0;
}

Result<int> run_log(Context& context, const Arguments& arguments) {
  const api::MachineLibrary library = SAFFRON_TRY(context.library());
  const api::MachineEntry entry = SAFFRON_TRY(library.find(arguments.at(0)));
  if (context.json() && arguments.has("--follow")) {
    return Error{ErrorCode::kInvalidArgument, "--json and --follow do not go together; \"saffronctl events\" has both",
                 "--follow"};
  }
  const std::int64_t lines = SAFFRON_TRY(arguments.number("--lines", 0, 1, 1'000'000));
  const std::string& path = arguments.has("--serial") ? entry.paths.serial_log : entry.paths.log_file;
  struct stat info {};
  const bool there = stat(path.c_str(), &info) == 0;
  if (!there && !arguments.has("--follow")) {
    return Error{ErrorCode::kNotFound, "The machine has no log: it has never run", path};
  }
  const std::string text = api::log_tail(path, kMaxTail);
  const std::string_view shown = lines > 0 ? last_lines(text, lines) : std::string_view(text);
  if (context.json()) {
    Json answer;
    answer["path"] = path;
    answer["text"] = std::string(shown);
    context.answer(answer);
    return 0;
  }
  fmt::print("{}", printable(shown));
  std::fflush(stdout);
  if (arguments.has("--follow")) {
    follow(path, there ? info.st_size : 0, there ? info.st_ino : 0);
  }
  return 0;
}

Result<int> run_events(Context& context, const Arguments& arguments) {
  const auto client = SAFFRON_TRY(context.connect(arguments.at(0)));
  client->set_event_listener([&](const api::Event& event) {
    const std::string body = std::visit([](const auto& alternative) { return api::encode(alternative); }, event.body);
    if (context.json()) {
      fmt::print("{{\"sequence\":{},\"event\":\"{}\",\"data\":{}}}\n", event.sequence, api::event_name(event.body),
                 body);
    } else {
      fmt::print("{:>6} {:<16} {}\n", event.sequence, api::event_name(event.body), printable(body));
    }
    std::fflush(stdout);
  });
  const auto snapshot = SAFFRON_TRY(client->call_blocking<api::method::Subscribe>({}, kAnswerMs));
  if (context.json()) {
    fmt::print("{{\"sequence\":{},\"event\":\"snapshot\",\"data\":{}}}\n", snapshot.sequence, api::encode(snapshot));
  } else {
    fmt::print("{:>6} {:<16} {}\n", snapshot.sequence, "snapshot", api::name_of(snapshot.state));
  }
  std::fflush(stdout);
  while (client->process_blocking(-1).ok()) {
  }
  return 0;
}

}  // namespace saffron::ctl
