// SPDX-License-Identifier: Apache-2.0
// VirtioNet: the network card (virtio 1.2, 5.1).
// Models: one pair of queues and the control queue; MAC, status (link), MTU, mergeable receive buffers, filtering by
// address and mode, setting the address. Missing: several queue pairs, VLAN filtering, announcements, coalescing, hash
// reports. Checksum and segmentation offloads are not offered: passt wants whole packets with valid checksums, so the
// host would only do the guest's work again; a large MTU gives the same gain without them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "devices/net/mac_address.h"
#include "devices/net/receive_filter.h"
#include "devices/ports/net_backend.h"
#include "devices/virtio/loop_worker.h"
#include "devices/virtio/virtio_device.h"
#include "engine/core/log.h"

namespace saffron::net {

struct VirtioNetOptions {
  /// What the driver is told to use (VIRTIO_NET_F_MTU), 68 to 65535; 0: nothing, DHCP says it.
  std::uint16_t mtu = 0;
};

class VirtioNet final : public virtio::VirtioDevice {
 public:
  static constexpr std::uint16_t kQueueSize = 256;
  static constexpr std::uint16_t kControlQueueSize = 64;

  /// Any thread. All work is done on `loop` (a thread of its own is meant, "net0"), which must outlive this.
  VirtioNet(std::string name, MacAddress mac, std::unique_ptr<ports::NetBackend> backend, core::EventLoop& loop,
            VirtioNetOptions options = {});
  /// Any thread; ends the backend on the loop.
  ~VirtioNet() override;

  /// Control thread, before the machine runs: attaches the backend, and says why if that fails. Without this call it
  /// is attached when the first driver comes; a failure is then only logged, and the cable stays out.
  core::Result<void> connect();

  std::string_view name() const override { return name_; }
  virtio::VirtioType type() const override { return virtio::VirtioType::kNet; }
  std::uint64_t device_features() const override;
  std::vector<std::uint16_t> queue_sizes() const override { return {kQueueSize, kQueueSize, kControlQueueSize}; }
  void read_config(std::uint64_t offset, std::span<std::uint8_t> to) override;
  core::Result<void> activate(virtio::VirtioActivation activation) override;
  void deactivate() override;

 private:
  enum class Delivery { kDone, kNoBuffers };

  core::Result<void> attach();
  void work(unsigned queue);
  void driver_changed(bool running);
  void set_link(bool up);

  void receive(std::span<const std::uint8_t> frame);
  void serve_receive(virtio::Virtqueue& queue);
  Delivery deliver(virtio::Virtqueue& queue, std::span<const std::uint8_t> frame);
  bool collect(virtio::Virtqueue& queue, std::uint64_t wanted);
  void put_back(virtio::Virtqueue& queue);
  void fill(virtio::Virtqueue& queue, std::span<const std::uint8_t> frame);

  void serve_transmit(virtio::Virtqueue& queue);
  bool transmit(virtio::Virtqueue& queue, virtio::DescriptorChain chain);
  void serve_control(virtio::Virtqueue& queue);
  bool handle_control(virtio::ChainReader& reader);
  bool handle_mode(virtio::ChainReader& reader, std::uint8_t command);
  bool handle_address(virtio::ChainReader& reader, std::uint8_t command);

  const std::string name_;
  const MacAddress own_mac_;
  const VirtioNetOptions options_;
  core::EventLoop& loop_;
  std::atomic<bool> link_up_{false};
  std::mutex mac_mutex_;  // Leaf lock; guards mac_.
  MacAddress mac_;        // As the driver has set it.

  // The loop's thread only.
  std::unique_ptr<ports::NetBackend> backend_;
  bool attached_ = false;
  bool mergeable_ = false;
  ReceiveFilter filter_;
  std::vector<virtio::DescriptorChain> chains_;  // Of the frame under way; empty between frames.
  std::vector<std::uint8_t> waiting_;            // A frame that found no buffers; at most one.
  std::vector<iovec> pieces_;
  core::LogOnce small_buffer_;
  core::LogOnce bad_control_;
  core::LogOnce no_backend_;
  std::unique_ptr<virtio::LoopWorker> worker_;
};

}  // namespace saffron::net
