// SPDX-License-Identifier: Apache-2.0
// VirtioBlk: the virtio block device (virtio 1.2, 5.2). Models reads, writes, flush, discard, write-zeroes, the device
// identity, several queues, a write cache that the driver may turn off, topology. Data moves between guest memory and
// the backend without a copy. Missing: secure erase, lifetime, zoned devices, a change of size while running.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "devices/ports/block_backend.h"
#include "devices/storage/virtio_blk_queue.h"
#include "devices/virtio/virtio_device.h"

namespace saffron::storage {

class VirtioBlk final : public virtio::VirtioDevice {
 public:
  /// So that a request of 1 MiB in 4 KiB pages is one chain.
  static constexpr std::uint16_t kQueueSize = 512;

  /// Queue i works on loops[i % loops.size()], so that a queue has a thread of its own if there are enough. `loops`
  /// are not empty, none is the control loop (a guest's reset waits for them), and they outlive the device, as
  /// `backend` does. `serial`: the first 20 bytes are shown. `queues`: 1 to 64, 0 for one per loop.
  VirtioBlk(std::string name, std::string serial, ports::BlockBackend& backend, std::vector<core::EventLoop*> loops,
            unsigned queues = 0);
  ~VirtioBlk() override;

  std::string_view name() const override { return name_; }
  virtio::VirtioType type() const override { return virtio::VirtioType::kBlock; }
  std::uint64_t device_features() const override;
  std::vector<std::uint16_t> queue_sizes() const override;
  void read_config(std::uint64_t offset, std::span<std::uint8_t> to) override;
  void write_config(std::uint64_t offset, std::span<const std::uint8_t> from) override;
  core::Result<void> activate(virtio::VirtioActivation activation) override;
  void deactivate() override;

 private:
  const std::string name_;
  VirtioBlkShared shared_;
  std::vector<std::unique_ptr<VirtioBlkQueue>> queues_;
};

}  // namespace saffron::storage
