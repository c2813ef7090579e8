// SPDX-License-Identifier: Apache-2.0
// PasstBackend: user-mode networking. passt, a process of its own, does DHCP, DNS and the translation to the host's
// sockets; frames go over a socket pair, each behind its length in four big-endian bytes.
// Models: starting it with a descriptor (so that no socket appears in the file system, and any user it drops to may
// use it), port forwards, its log, and a new start with growing pauses when it ends (the guest sees the cable out, and
// in again). Missing: passt's vhost-user mode, which Debian 12's version does not have yet; migration.
// Source: passt(1) of 2023-03 (options -F, -t, -u; --fd implies --one-off: it ends when the socket closes).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "devices/net/child_process.h"
#include "devices/ports/net_backend.h"

namespace saffron::net {

enum class ForwardProtocol { kTcp, kUdp };

/// A port of the host that leads to the guest.
struct PortForward {
  ForwardProtocol protocol = ForwardProtocol::kTcp;
  std::string host_address;  // Numeric IPv4 or IPv6; empty: every address of the host.
  std::uint16_t host_port = 0;
  std::uint16_t guest_port = 0;
};

struct PasstConfig {
  std::vector<PortForward> forwards;
  /// Whether the guest reaches the host's own services under its gateway's address.
  bool host_access = true;
  std::string program = "passt";  // A name is looked up in PATH and the usual places.
};

/// Loop thread, except for create().
class PasstBackend final : public ports::NetBackend {
 public:
  static constexpr std::size_t kMinFrame = 14;
  static constexpr std::size_t kMaxFrame = 65550;

  /// Any thread. Starts nothing yet. Errors: kNotFound (passt is not installed), kInvalidArgument (a forward).
  static core::Result<std::unique_ptr<PasstBackend>> create(std::string name, PasstConfig config);
  ~PasstBackend() override;

  core::Result<void> attach(core::EventLoop& loop, Callbacks callbacks) override;
  void detach() override;
  void resume_receive() override;
  bool send(std::span<const iovec> frame) override;
  bool link_up() const override { return child_.has_value() && settled_; }

  /// The arguments that passt gets.
  static std::vector<std::string> arguments(const PasstConfig& config);

 private:
  PasstBackend(std::string name, std::string program, std::vector<std::string> arguments);
  core::Result<void> start();
  void stop();
  void on_socket(core::FdEvents events);
  void on_log();
  void note_log_line(std::string line);
  void ended(const std::string& how);
  void on_timer();
  bool receive();
  bool deliver();
  void flush();
  void watch_socket();

  const std::string name_;
  const std::string program_;
  const std::vector<std::string> arguments_;

  core::EventLoop* loop_ = nullptr;
  Callbacks callbacks_;
  std::optional<ChildProcess> child_;
  core::UniqueFd socket_;
  core::UniqueFd log_;
  std::unique_ptr<core::EventLoop::Watch> socket_watch_;
  std::unique_ptr<core::EventLoop::Watch> log_watch_;
  std::unique_ptr<core::Timer> timer_;  // The next start; after one, the moment at which it counts as a success.
  bool settled_ = false;                // The link is up, as far as anybody was told.

  std::unique_ptr<std::uint8_t[]> input_;  // kInputSize bytes; [input_begin_, input_end_) is not delivered yet.
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  std::vector<std::uint8_t> output_;  // The rest of a frame that the socket took in part: less than one frame.
  std::size_t output_sent_ = 0;
  bool output_blocked_ = false;  // send() has said no.
  bool input_paused_ = false;    // can_receive has said no.

  std::string log_line_;                // At most kMaxLogLine.
  std::deque<std::string> last_lines_;  // For the message when it ends.
  std::int64_t started_ns_ = 0;
  std::int64_t pause_ns_ = 0;  // Before the next start.
};

}  // namespace saffron::net
