// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/virtio_blk.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

namespace saffron::storage {

namespace {

constexpr unsigned kMaxQueues = 64;
/// A segment's length: above what drivers merge, below what makes iovec lengths a concern.
constexpr std::uint32_t kSizeMax = 4 << 20;

VirtioBlkConfig configuration(const VirtioBlkShared& shared, std::size_t queues) {
  const ports::BlockGeometry& geometry = shared.geometry;
  const std::uint32_t physical = std::max(geometry.physical_block_size, geometry.block_size);
  VirtioBlkConfig config{};
  config.capacity = geometry.size / 512;
  config.size_max = kSizeMax;
  config.seg_max = VirtioBlk::kQueueSize - 2;  // Header and status take a descriptor each (2.7.5.3.1).
  config.block_size = geometry.block_size;
  config.physical_block_exponent = static_cast<std::uint8_t>(std::bit_width(physical / geometry.block_size) - 1);
  config.min_io_size = static_cast<std::uint16_t>(physical / geometry.block_size);
  config.writeback = shared.writeback ? 1 : 0;
  config.queue_count = static_cast<std::uint16_t>(queues);
  config.max_discard_sectors = VirtioBlkQueue::kMaxRangeSectors;
  config.max_discard_segments = VirtioBlkQueue::kMaxDiscardRanges;
  config.discard_alignment = physical / 512;
  config.max_write_zeroes_sectors = VirtioBlkQueue::kMaxRangeSectors;
  config.max_write_zeroes_segments = VirtioBlkQueue::kMaxWriteZeroesRanges;
  config.write_zeroes_may_unmap = 1;
  return config;
}

}  // namespace

VirtioBlk::VirtioBlk(std::string name, std::string serial, ports::BlockBackend& backend,
                     std::vector<core::EventLoop*> loops, unsigned queues)
    : name_(std::move(name)), shared_{backend, backend.geometry(), std::move(serial), true, {}} {
  const std::size_t count = std::clamp<std::size_t>(queues == 0 ? loops.size() : queues, 1, kMaxQueues);
  for (std::size_t index = 0; index < count; ++index) {
    queues_.push_back(std::make_unique<VirtioBlkQueue>(shared_, *loops[index % loops.size()], kQueueSize));
  }
}

VirtioBlk::~VirtioBlk() {
  for (auto& queue : queues_) {
    queue->loop().run_sync([&queue] { queue.reset(); });
  }
}

std::uint64_t VirtioBlk::device_features() const {
  const ports::BlockGeometry& geometry = shared_.geometry;
  std::uint64_t features = kBlkSizeMax | kBlkSegMax | kBlkBlockSize | kBlkTopology | kBlkFlush | kBlkConfigWce;
  features |= queues_.size() > 1 ? kBlkMultiQueue : 0;
  if (geometry.read_only) {
    return features | kBlkReadOnly;
  }
  features |= geometry.can_discard ? kBlkDiscard : 0;
  features |= geometry.can_write_zeroes ? kBlkWriteZeroes : 0;
  return features;
}

std::vector<std::uint16_t> VirtioBlk::queue_sizes() const {
  return std::vector<std::uint16_t>(queues_.size(), kQueueSize);
}

void VirtioBlk::read_config(std::uint64_t offset, std::span<std::uint8_t> to) {
  const VirtioBlkConfig config = configuration(shared_, queues_.size());
  std::fill(to.begin(), to.end(), std::uint8_t{0});
  if (offset < sizeof config) {
    const std::size_t count = std::min<std::size_t>(to.size(), sizeof config - offset);
    std::memcpy(to.data(), reinterpret_cast<const std::uint8_t*>(&config) + offset, count);
  }
}

void VirtioBlk::write_config(std::uint64_t offset, std::span<const std::uint8_t> from) {
  // 5.2.5.1: only the write cache's switch can be written. It has no meaning unless CONFIG_WCE is negotiated, which
  // activate() sees to.
  constexpr std::uint64_t kAt = offsetof(VirtioBlkConfig, writeback);
  if (offset <= kAt && kAt - offset < from.size()) {
    shared_.writeback = (from[kAt - offset] & 1) != 0;
  }
}

core::Result<void> VirtioBlk::activate(virtio::VirtioActivation activation) {
  if ((activation.features & kBlkConfigWce) == 0) {
    // 5.2.5.2: a driver that cannot flush is not to be given a cache.
    shared_.writeback = (activation.features & kBlkFlush) != 0;
  }
  for (std::size_t index = 0; index < queues_.size() && index < activation.queues.size(); ++index) {
    virtio::Virtqueue* const queue = activation.queues[index];
    if (queue == nullptr) {
      continue;
    }
    core::Result<void> result;
    queues_[index]->loop().run_sync([&] { result = queues_[index]->start(*queue, activation.needs_reset); });
    SAFFRON_TRY(std::move(result));
  }
  return {};
}

void VirtioBlk::deactivate() {
  for (auto& queue : queues_) {
    queue->loop().run_sync([&] { queue->stop(); });
  }
  shared_.writeback = true;
}

}  // namespace saffron::storage
