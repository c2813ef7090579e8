// SPDX-License-Identifier: Apache-2.0
#include "devices/net/passt_backend.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "engine/core/log.h"

namespace saffron::net {
namespace {

constexpr std::size_t kHeader = 4;
// Room for two of the largest frames, so that the rest of one never keeps the next out.
constexpr std::size_t kInputSize = 2 * (kHeader + PasstBackend::kMaxFrame);
// A frame in more pieces than this is copied into one: the guest decides how many there are, up to its queue's size.
constexpr std::size_t kMaxPieces = 64;
// Reads of the socket in one turn of the loop, so that a flood leaves time for what else is on it.
constexpr int kReadsPerTurn = 8;

// In each direction. Room for a few of the largest frames, as TCP sends them in bursts.
constexpr int kSocketBuffer = 1 << 20;

constexpr std::size_t kMaxLogLine = 512;
constexpr std::size_t kKeptLines = 4;

constexpr std::int64_t kFirstPauseNs = 200'000'000;
constexpr std::int64_t kLongestPauseNs = 60'000'000'000;
constexpr std::int64_t kHealthyNs = 10'000'000'000;  // Having run this long, it starts again soon.
// A passt that cannot work (no network on the host, a forwarded port in use) ends within this. The guest's cable is not
// plugged in for such a short time.
constexpr std::int64_t kSettleNs = 500'000'000;

bool numeric_address(const std::string& text) {
  std::array<std::uint8_t, sizeof(in6_addr)> address;
  return ::inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

core::Result<void> check_forward(const PortForward& forward) {
  if (forward.host_port == 0 || forward.guest_port == 0) {
    return core::Error{core::ErrorCode::kInvalidArgument, "A forwarded port is 1 to 65535, on both sides.", {}};
  }
  if (!forward.host_address.empty() && !numeric_address(forward.host_address)) {
    return core::Error{core::ErrorCode::kInvalidArgument, "A port can be forwarded from a numeric address only.",
                       forward.host_address};
  }
  return {};
}

core::Result<std::string> find_program(const std::string& program) {
  const auto usable = [](const std::string& path) { return ::access(path.c_str(), X_OK) == 0; };
  if (program.find('/') != std::string::npos) {
    if (usable(program)) {
      return program;
    }
  } else {
    const char* const variable = std::getenv("PATH");
    std::string places = variable == nullptr ? "" : variable;
    places += ":/usr/local/bin:/usr/bin:/bin";
    for (std::size_t begin = 0; begin <= places.size();) {
      const std::size_t end = std::min(places.find(':', begin), places.size());
      const std::string path = places.substr(begin, end - begin) + "/" + program;
      if (path.size() > program.size() + 1 && usable(path)) {
        return path;
      }
      begin = end + 1;
    }
  }
  return core::Error{core::ErrorCode::kNotFound,
                     "User-mode networking needs the program passt, which is not installed: on Debian, install the "
                     "package passt.",
                     program};
}

std::string forward_argument(const PortForward& forward) {
  const std::string address = forward.host_address.empty() ? "" : forward.host_address + "/";
  return fmt::format("{}{}:{}", address, forward.host_port, forward.guest_port);
}

std::size_t total_size(std::span<const iovec> buffers) {
  std::size_t total = 0;
  for (const iovec& buffer : buffers) {
    total += buffer.iov_len;
  }
  return total;
}

}  // namespace

core::Result<std::unique_ptr<PasstBackend>> PasstBackend::create(std::string name, PasstConfig config) {
  for (const PortForward& forward : config.forwards) {
    SAFFRON_TRY(check_forward(forward));
  }
  std::string program = SAFFRON_TRY(find_program(config.program));
  return std::unique_ptr<PasstBackend>(new PasstBackend(std::move(name), std::move(program), arguments(config)));
}

std::vector<std::string> PasstBackend::arguments(const PasstConfig& config) {
  std::vector<std::string> list = {"--foreground", "--stderr", "--fd", std::to_string(ChildProcess::kSocketFd)};
  bool tcp = false;
  bool udp = false;
  for (const PortForward& forward : config.forwards) {
    const bool is_tcp = forward.protocol == ForwardProtocol::kTcp;
    (is_tcp ? tcp : udp) = true;
    list.insert(list.end(), {is_tcp ? "--tcp-ports" : "--udp-ports", forward_argument(forward)});
  }
  if (!tcp) {
    list.insert(list.end(), {"--tcp-ports", "none"});
  }
  if (!udp) {
    list.insert(list.end(), {"--udp-ports", "none"});  // Else it would follow the TCP ports.
  }
  if (!config.host_access) {
    list.emplace_back("--no-map-gw");
  }
  return list;
}

PasstBackend::PasstBackend(std::string name, std::string program, std::vector<std::string> arguments)
    : name_(std::move(name)),
      program_(std::move(program)),
      arguments_(std::move(arguments)),
      input_(new std::uint8_t[kInputSize]) {}  // Not zeroed: untouched pages cost nothing.

PasstBackend::~PasstBackend() {
  detach();
}

core::Result<void> PasstBackend::attach(core::EventLoop& loop, Callbacks callbacks) {
  if (loop_ != nullptr) {
    return core::Error{core::ErrorCode::kInvalidState, "The network is attached already.", name_};
  }
  loop_ = &loop;
  callbacks_ = std::move(callbacks);
  timer_ = loop.create_timer([this] { on_timer(); });
  pause_ns_ = kFirstPauseNs;
  if (auto started = start(); !started.ok()) {
    detach();
    return started;
  }
  settled_ = true;  // The first time, the machine is not to wait for it.
  return {};
}

void PasstBackend::detach() {
  stop();
  timer_.reset();
  callbacks_ = {};
  loop_ = nullptr;
}

core::Result<void> PasstBackend::start() {
  int sockets[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
    return core::Error::from_errno(errno, "Cannot make a socket for passt", name_);
  }
  core::UniqueFd ours(sockets[0]);
  const core::UniqueFd theirs(sockets[1]);
  for (int socket : sockets) {
    // A try: the host has a limit of its own (net.core.wmem_max), which is smaller as a rule.
    (void)::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &kSocketBuffer, sizeof kSocketBuffer);
  }
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
    return core::Error::from_errno(errno, "Cannot make a pipe for passt's log", name_);
  }
  core::UniqueFd log(pipe[0]);
  const core::UniqueFd log_writer(pipe[1]);
  auto socket_watch =
      SAFFRON_TRY(loop_->watch(ours.get(), EPOLLIN, [this](core::FdEvents events) { on_socket(events); }));
  auto log_watch = SAFFRON_TRY(loop_->watch(log.get(), EPOLLIN, [this](core::FdEvents) { on_log(); }));
  child_.emplace(SAFFRON_TRY(ChildProcess::start(program_, arguments_, theirs.get(), log_writer.get())));
  socket_ = std::move(ours);
  log_ = std::move(log);
  socket_watch_ = std::move(socket_watch);
  log_watch_ = std::move(log_watch);
  started_ns_ = loop_->clock().now_ns();
  core::log_debug("net", "{}: {} runs as process {}", name_, program_, child_->pid());
  return {};
}

// Forgets the connection and ends the process.
void PasstBackend::stop() {
  socket_watch_.reset();
  log_watch_.reset();
  socket_.reset();  // Ends passt by itself, where we may not kill it.
  log_.reset();
  child_.reset();
  input_begin_ = 0;
  input_end_ = 0;
  output_.clear();
  output_sent_ = 0;
  input_paused_ = false;
  settled_ = false;
  log_line_.clear();
  last_lines_.clear();
  if (timer_) {
    timer_->cancel();
  }
}

void PasstBackend::ended(const std::string& how) {
  on_log();  // Its last words.
  socket_watch_.reset();
  socket_.reset();
  const std::string outcome = child_ ? child_->finish() : "";
  const std::int64_t now = loop_->clock().now_ns();
  if (now - started_ns_ >= kHealthyNs) {
    pause_ns_ = kFirstPauseNs;
  }
  // Once is enough, until it has been well again.
  core::log(pause_ns_ == kFirstPauseNs ? core::LogLevel::kWarning : core::LogLevel::kDebug, "net",
            "{}: passt has ended: {} ({}); it said: {}", name_, how, outcome,
            last_lines_.empty() ? "nothing" : fmt::format("{}", fmt::join(last_lines_, " | ")));
  const bool was_blocked = std::exchange(output_blocked_, false);
  const bool was_up = settled_;
  stop();
  timer_->arm(now + pause_ns_);
  pause_ns_ = std::min(2 * pause_ns_, kLongestPauseNs);
  if (was_up) {
    callbacks_.link_changed(false);
  }
  if (was_blocked) {
    callbacks_.writable();  // Whoever waits for room may drop its frames now.
  }
}

void PasstBackend::on_timer() {
  if (child_) {
    settled_ = true;
    callbacks_.link_changed(true);
    return;
  }
  const std::int64_t now = loop_->clock().now_ns();
  if (auto started = start(); started.ok()) {
    timer_->arm(now + kSettleNs);
    return;
  } else {
    core::log_warning("net", "{}: {}", name_, started.error().message);
  }
  timer_->arm(now + pause_ns_);
  pause_ns_ = std::min(2 * pause_ns_, kLongestPauseNs);
}

void PasstBackend::on_socket(core::FdEvents events) {
  if ((events & EPOLLOUT) != 0) {
    flush();
  }
  if (child_ && (events & EPOLLIN) != 0) {
    for (int i = 0; i < kReadsPerTurn && child_ && !input_paused_; ++i) {
      if (!receive()) {
        return;
      }
    }
  }
  // While frames wait for the guest nothing is read, so a closed socket shows only here, or once reading goes on.
  if (child_ && (events & (EPOLLHUP | EPOLLERR)) != 0 && ((events & EPOLLIN) == 0 || input_paused_)) {
    ended("the connection was closed");
  }
}

// Reads once, and hands on what is whole. False: nothing more for now (or the peer is gone).
bool PasstBackend::receive() {
  const std::size_t room = kInputSize - input_end_;
  const ssize_t got = ::recv(socket_.get(), input_.get() + input_end_, room, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    return false;
  }
  if (got <= 0) {
    ended(got == 0 ? "it closed the connection" : fmt::format("the connection broke: errno {}", errno));
    return false;
  }
  input_end_ += static_cast<std::size_t>(got);
  return deliver() && static_cast<std::size_t>(got) == room;
}

// False if the guest cannot take the next frame, or the peer is gone.
bool PasstBackend::deliver() {
  while (input_end_ - input_begin_ >= kHeader) {
    std::uint32_t length = 0;
    std::memcpy(&length, input_.get() + input_begin_, kHeader);
    length = ntohl(length);
    if (length < kMinFrame || length > kMaxFrame) {
      ended(fmt::format("it sent a frame of {} bytes", length));
      return false;
    }
    if (input_end_ - input_begin_ < kHeader + length) {
      break;
    }
    if (!callbacks_.can_receive()) {
      input_paused_ = true;
      watch_socket();
      return false;
    }
    const std::span<const std::uint8_t> frame(input_.get() + input_begin_ + kHeader, length);
    input_begin_ += kHeader + length;
    callbacks_.receive(frame);
    if (!child_) {
      return false;
    }
  }
  // The rest of a frame moves to the front, so that there is always room for a whole one.
  std::memmove(input_.get(), input_.get() + input_begin_, input_end_ - input_begin_);
  input_end_ -= input_begin_;
  input_begin_ = 0;
  return true;
}

void PasstBackend::resume_receive() {
  if (child_ && std::exchange(input_paused_, false)) {
    watch_socket();
    (void)deliver();  // More than that comes with the next turn of the loop.
  }
}

bool PasstBackend::send(std::span<const iovec> frame) {
  const std::size_t size = total_size(frame);
  if (!child_ || size < kMinFrame || size > kMaxFrame) {
    return true;  // Dropped: no cable, or not a frame.
  }
  if (output_blocked_ || !output_.empty()) {
    output_blocked_ = true;
    return false;
  }
  std::uint32_t header = htonl(static_cast<std::uint32_t>(size));
  std::array<iovec, kMaxPieces + 1> pieces;
  std::size_t count = 0;
  pieces[count++] = {&header, sizeof header};
  std::vector<std::uint8_t> copy;
  if (frame.size() <= kMaxPieces) {
    count = static_cast<std::size_t>(std::copy(frame.begin(), frame.end(), pieces.begin() + 1) - pieces.begin());
  } else {
    copy.reserve(size);
    for (const iovec& piece : frame) {
      const auto* begin = static_cast<const std::uint8_t*>(piece.iov_base);
      copy.insert(copy.end(), begin, begin + piece.iov_len);
    }
    pieces[count++] = {copy.data(), copy.size()};
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) {
      return true;  // The peer is gone; the watch says so in a moment.
    }
    output_blocked_ = true;
    watch_socket();
    return false;
  }
  std::size_t skip = static_cast<std::size_t>(sent);
  for (const iovec& piece : std::span(pieces).first(count)) {
    const std::size_t done = std::min(skip, piece.iov_len);
    skip -= done;
    const auto* begin = static_cast<const std::uint8_t*>(piece.iov_base);
    output_.insert(output_.end(), begin + done, begin + piece.iov_len);
  }
  if (!output_.empty()) {
    watch_socket();
  }
  return true;
}

// The socket has room: the rest of a frame first, then whoever waits.
void PasstBackend::flush() {
  if (output_sent_ < output_.size()) {
    const ssize_t sent = ::send(socket_.get(), output_.data() + output_sent_, output_.size() - output_sent_,
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      return;  // Not yet; or gone, which the watch tells.
    }
    output_sent_ += static_cast<std::size_t>(sent);
    if (output_sent_ < output_.size()) {
      return;
    }
  }
  output_.clear();
  output_sent_ = 0;
  const bool wanted = std::exchange(output_blocked_, false);
  watch_socket();
  if (wanted) {
    callbacks_.writable();
  }
}

void PasstBackend::watch_socket() {
  socket_watch_->set_events((input_paused_ ? 0U : static_cast<unsigned>(EPOLLIN)) |
                            (output_blocked_ || !output_.empty() ? static_cast<unsigned>(EPOLLOUT) : 0U));
}

void PasstBackend::on_log() {
  std::array<char, 1024> bytes;
  for (int i = 0; i < kReadsPerTurn && log_; ++i) {
    const ssize_t got = ::read(log_.get(), bytes.data(), bytes.size());
    if (got == 0) {
      log_watch_.reset();  // It has closed its log; that alone means nothing.
    }
    if (got <= 0) {
      return;
    }
    for (char letter : std::span(bytes).first(static_cast<std::size_t>(got))) {
      if (letter == '\n' || log_line_.size() >= kMaxLogLine) {
        note_log_line(std::exchange(log_line_, {}));
      }
      if (letter != '\n') {
        log_line_.push_back(letter);
      }
    }
  }
}

void PasstBackend::note_log_line(std::string line) {
  // Where there is no system logger, passt complains about that for each of its lines.
  if (line.empty() || line.starts_with("Failed to send ")) {
    return;
  }
  core::log_debug("passt", "{}: {}", name_, line);
  last_lines_.push_back(std::move(line));
  if (last_lines_.size() > kKeptLines) {
    last_lines_.pop_front();
  }
}

}  // namespace saffron::net
