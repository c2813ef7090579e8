// SPDX-License-Identifier: Apache-2.0
// VirtioBlkQueue: one request queue of a virtio block device, on one I/O thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "devices/ports/block_backend.h"
#include "devices/storage/virtio_blk_layout.h"
#include "devices/virtio/virtqueue.h"
#include "engine/core/log.h"

namespace saffron::storage {

/// What all queues of a device have in common.
struct VirtioBlkShared {
  ports::BlockBackend& backend;
  ports::BlockGeometry geometry;
  std::string serial;
  /// The driver's wish (5.2.5): completed writes may still be in a cache.
  std::atomic<bool> writeback{true};
  core::LogOnce complaint;
};

class VirtioBlkQueue final {
 public:
  static constexpr std::uint32_t kMaxRangeSectors = 1u << 22;  // 2 GiB: bounds how long one request can take.
  static constexpr std::uint32_t kMaxDiscardRanges = 16;
  static constexpr std::uint32_t kMaxWriteZeroesRanges = 1;

  VirtioBlkQueue(VirtioBlkShared& shared, core::EventLoop& loop, std::uint16_t size);
  ~VirtioBlkQueue();  // Loop thread, or while it does not run.

  core::EventLoop& loop() const { return loop_; }

  // Loop thread, or while it does not run.
  core::Result<void> start(virtio::Virtqueue& queue, std::function<void(std::string_view)> needs_reset);
  /// Every chain is back in the queue when it returns.
  void stop();

 private:
  /// A chain under way.
  struct Request {
    std::optional<virtio::DescriptorChain> chain;
    std::uint8_t* status = nullptr;
    std::uint32_t type = 0;
    unsigned pieces = 0;  // Backend requests under way.
    int error = 0;
  };

  void on_kick();
  /// Takes what the driver has made available, until there is no more.
  void process();
  void take_available();
  /// Waits a little for more before sleeping, where that has paid off; returns whether more came.
  bool poll_briefly();
  void adapt_polling(std::uint64_t slept);

  void begin(virtio::DescriptorChain chain);
  void read_or_write(unsigned slot, const VirtioBlkHeader& header, virtio::ChainReader& reader);
  void change_ranges(unsigned slot, virtio::ChainReader& reader);
  void get_id(unsigned slot);
  void send(unsigned slot, ports::BlockRequest request);
  void piece_done(unsigned slot, int error);
  void complete(unsigned slot, std::uint8_t status);
  bool range_inside(std::uint64_t sector, std::uint64_t bytes) const;

  VirtioBlkShared& shared_;
  core::EventLoop& loop_;
  std::unique_ptr<ports::BlockQueue> lane_;
  virtio::Virtqueue* queue_ = nullptr;
  std::function<void(std::string_view)> needs_reset_;
  std::unique_ptr<core::EventLoop::Watch> watch_;
  std::vector<Request> requests_;  // As many as the queue has descriptors.
  std::vector<unsigned> free_requests_;
  bool processing_ = false;
  std::uint64_t completed_ = 0;
  std::uint64_t bytes_ = 0;  // Of all requests so far.
  unsigned visit_work_ = 0;  // Chains and rounds since the loop came here.
  std::uint64_t poll_ticks_ = 0;
  std::uint64_t idle_since_ = 0;
};

}  // namespace saffron::storage
