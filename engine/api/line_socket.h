// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: a non-blocking Unix socket that carries lines, with file descriptors beside some of them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "engine/api/control_wire.h"
#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace saffron::api {

struct LineSocketLimits {
  std::size_t max_line_bytes = 0;
  std::size_t max_output_bytes = 0;
  bool accept_fds = false;  // false: the kernel drops what a peer attaches.
};

/// Both ends of the control protocol. One thread.
class LineSocket {
 public:
  LineSocket(core::UniqueFd fd, const LineSocketLimits& limits)
      : fd_(std::move(fd)), limits_(limits), in_(limits.max_line_bytes) {}

  int fd() const { return fd_.get(); }

  /// Reads once, at most 64 KiB. False: nothing was there. Check ended() and overflown() after it.
  bool receive();
  std::optional<std::string_view> next_line() { return in_.next(); }
  void compact() { in_.compact(); }
  /// The oldest descriptor that came and was not taken.
  std::optional<core::UniqueFd> take_fd();

  /// Appends to the output. False if that would be more than max_output_bytes: the peer does not read.
  bool queue(std::string line, core::UniqueFd attached = {});
  /// Sends what the peer takes now.
  void flush();
  std::size_t pending_bytes() const { return pending_bytes_; }

  bool ended() const { return ended_; }    // The peer sends no more.
  bool broken() const { return broken_; }  // Nothing can be sent any more.
  bool overflown() const { return in_.overflown(); }

 private:
  struct OutLine {
    std::string text;
    core::UniqueFd attached;
  };
  long send_some(const OutLine& line, std::size_t offset) const;

  core::UniqueFd fd_;
  LineSocketLimits limits_;
  LineSplitter in_;
  std::deque<core::UniqueFd> fds_;
  std::deque<OutLine> out_;
  std::size_t offset_ = 0;  // Sent of the first line.
  std::size_t pending_bytes_ = 0;
  bool ended_ = false;
  bool broken_ = false;
};

}  // namespace saffron::api
