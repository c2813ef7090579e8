// SPDX-License-Identifier: Apache-2.0
#include "engine/api/line_socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace saffron::api {
namespace {

constexpr std::size_t kReadBytes = 64 << 10;
constexpr std::size_t kMaxFdsAtOnce = 4;    // The engine attaches one to a line.
constexpr std::size_t kMaxFdsWaiting = 16;  // More than a peer may leave us holding.

struct alignas(cmsghdr) FdBuffer {
  std::array<char, CMSG_SPACE(sizeof(int) * kMaxFdsAtOnce)> bytes{};
};

}  // namespace

bool LineSocket::receive() {
  std::array<char, kReadBytes> buffer;
  iovec part{buffer.data(), buffer.size()};
  FdBuffer control;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (limits_.accept_fds) {
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
  }
  const ssize_t count = recvmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) {
      ended_ = broken_ = true;
    }
    return false;
  }
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    for (std::size_t at = 0; CMSG_LEN(at + sizeof(int)) <= header->cmsg_len; at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + at, sizeof(fd));
      core::UniqueFd owned(fd);
      if (fds_.size() < kMaxFdsWaiting) {
        fds_.push_back(std::move(owned));
      }
    }
  }
  if (count == 0) {
    ended_ = true;
    return false;
  }
  in_.append(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
  return true;
}

std::optional<core::UniqueFd> LineSocket::take_fd() {
  if (fds_.empty()) {
    return std::nullopt;
  }
  core::UniqueFd fd = std::move(fds_.front());
  fds_.pop_front();
  return fd;
}

bool LineSocket::queue(std::string line, core::UniqueFd attached) {
  if (line.size() > limits_.max_output_bytes - std::min(pending_bytes_, limits_.max_output_bytes)) {
    return false;
  }
  pending_bytes_ += line.size();
  out_.push_back({std::move(line), std::move(attached)});
  return true;
}

long LineSocket::send_some(const OutLine& line, std::size_t offset) const {
  iovec part{const_cast<char*>(line.text.data()) + offset, line.text.size() - offset};
  FdBuffer control;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (offset == 0 && line.attached) {
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int));
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = line.attached.get();
    std::memcpy(CMSG_DATA(header), &fd, sizeof(fd));
  }
  return sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void LineSocket::flush() {
  while (!out_.empty() && !broken_) {
    const long count = send_some(out_.front(), offset_);
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      broken_ = errno != EAGAIN;
      return;
    }
    offset_ += static_cast<std::size_t>(count);
    pending_bytes_ -= static_cast<std::size_t>(count);
    if (offset_ == out_.front().text.size()) {
      out_.pop_front();
      offset_ = 0;
    }
  }
}

}  // namespace saffron::api
