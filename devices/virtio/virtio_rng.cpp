// SPDX-License-Identifier: Apache-2.0
#include "devices/virtio/virtio_rng.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace saffron::virtio {
namespace {

/// Fills all buffers from the kernel's generator; false if that fails (it does not, once a host has booted).
bool fill_random(std::span<const iovec> buffers) {
  for (const iovec& buffer : buffers) {
    std::size_t done = 0;
    while (done < buffer.iov_len) {
      const ssize_t got = ::getrandom(static_cast<std::uint8_t*>(buffer.iov_base) + done, buffer.iov_len - done, 0);
      if (got < 0 && errno != EINTR) {
        return false;
      }
      done += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
  }
  return true;
}

}  // namespace

VirtioRng::VirtioRng(std::string name, core::EventLoop& loop)
    : name_(std::move(name)),
      loop_(loop),
      worker_(loop, [this](unsigned) { serve(); }),
      next_period_(loop.create_timer([this] { worker_.run([this](const VirtioActivation&) { serve(); }); })) {}

VirtioRng::~VirtioRng() = default;

void VirtioRng::read_config(std::uint64_t, std::span<std::uint8_t> to) {
  std::fill(to.begin(), to.end(), std::uint8_t{0});  // 5.4.4: there is none.
}

core::Result<void> VirtioRng::activate(VirtioActivation activation) {
  worker_.start(std::move(activation));
  return {};
}

void VirtioRng::deactivate() {
  worker_.stop();
}

/// Whether another request may be served now; if not, the timer brings the next turn.
bool VirtioRng::within_budget() {
  const std::int64_t now = loop_.clock().now_ns();
  if (now - period_start_ns_ >= kPeriodNs) {
    period_start_ns_ = now;
    spent_ = 0;
  }
  if (spent_ < kBytesPerPeriod) {
    return true;
  }
  next_period_->arm(period_start_ns_ + kPeriodNs);
  return false;
}

void VirtioRng::serve() {
  worker_.run([this](const VirtioActivation& activation) {
    Virtqueue* const queue = activation.queues[0];
    if (queue == nullptr) {
      return;
    }
    while (within_budget()) {
      auto chain = queue->pop();
      if (!chain) {
        break;
      }
      ChainWriter writer(*chain);
      std::vector<iovec> buffers;
      (void)writer.take(std::min<std::uint64_t>(writer.remaining(), kMaxRequestBytes), buffers);
      if (!fill_random(buffers)) {
        log_source_.warning("virtio", "{}: the host gives no random numbers: errno {}", name_, errno);
        queue->undo_pop(std::move(*chain));  // Better late than guessable; the next kick tries again.
        (void)queue->enable_kicks();
        break;
      }
      // A request costs something even if it wants nothing.
      spent_ += std::max<std::uint32_t>(writer.written(), 64);
      queue->push(std::move(*chain), writer.written());
    }
    queue->notify();
  });
}

}  // namespace saffron::virtio
