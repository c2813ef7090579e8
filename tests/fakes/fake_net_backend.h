// SPDX-License-Identifier: Apache-2.0
// FakeNetBackend: a link whose other end is a test.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "devices/ports/net_backend.h"

namespace saffron::fakes {

/// The loop's thread, as the port demands.
class FakeNetBackend final : public ports::NetBackend {
 public:
  using Frame = std::vector<std::uint8_t>;

  /// What outlives the backend, for a test to look at.
  struct Record {
    std::vector<Frame> sent;
    unsigned attached = 0;
    unsigned detached = 0;
  };

  explicit FakeNetBackend(Record& record) : record_(record) {}

  core::Result<void> attach(core::EventLoop&, Callbacks callbacks) override {
    if (attach_error) {
      return *attach_error;
    }
    callbacks_ = std::move(callbacks);
    ++record_.attached;
    return {};
  }
  void detach() override { ++record_.detached; }
  void resume_receive() override {
    while (!incoming_.empty() && callbacks_.can_receive()) {
      const Frame frame = std::move(incoming_.front());
      incoming_.pop_front();
      callbacks_.receive(frame);
    }
  }
  bool send(std::span<const iovec> pieces) override {
    if (room == 0) {
      return false;
    }
    --room;
    Frame frame;
    for (const iovec& piece : pieces) {
      const auto* begin = static_cast<const std::uint8_t*>(piece.iov_base);
      frame.insert(frame.end(), begin, begin + piece.iov_len);
    }
    record_.sent.push_back(std::move(frame));
    return true;
  }
  bool link_up() const override { return up; }

  /// A frame arrives; it waits here while the device cannot take it.
  void arrive(Frame frame) {
    incoming_.push_back(std::move(frame));
    resume_receive();
  }
  std::size_t waiting() const { return incoming_.size(); }
  void set_link(bool now) {
    up = now;
    callbacks_.link_changed(now);
  }
  void make_room(std::size_t frames) {
    room = frames;
    callbacks_.writable();
  }

  std::optional<core::Error> attach_error;
  bool up = true;
  std::size_t room = SIZE_MAX;

 private:
  Record& record_;
  Callbacks callbacks_;
  std::deque<Frame> incoming_;
};

}  // namespace saffron::fakes
