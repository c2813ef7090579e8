// SPDX-License-Identifier: Apache-2.0
// VirtioDevice: a device type, whatever its transport (virtio 1.2, chapter 5).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "devices/virtio/virtqueue.h"
#include "engine/core/result.h"

namespace saffron::virtio {

/// Device ids (virtio 1.2, 5).
enum class VirtioType : std::uint16_t { kNet = 1, kBlock = 2, kEntropy = 4, kInput = 18 };

/// What the device gets when the driver has set DRIVER_OK.
struct VirtioActivation {
  std::uint64_t features = 0;  // Negotiated.
  /// By queue index; null where the driver left the queue disabled. They live until deactivate() returns.
  std::vector<Virtqueue*> queues;
  /// Tells the driver that the configuration space changed (3.1). Any thread.
  std::function<void()> config_changed;
  /// The driver broke the rules: sets DEVICE_NEEDS_RESET (2.1.2). Any thread.
  std::function<void(std::string_view reason)> needs_reset;
};

/// Calls come from vCPU threads, one at a time (the transport's lock is held: never call back into the transport
/// except through VirtioActivation).
class VirtioDevice {
 public:
  virtual ~VirtioDevice() = default;
  virtual std::string_view name() const = 0;
  virtual VirtioType type() const = 0;
  /// Device features; the transport adds VERSION_1, EVENT_IDX and INDIRECT_DESC.
  virtual std::uint64_t device_features() const = 0;
  /// Largest size of each queue: powers of two, at most 1024; their number is the number of queues.
  virtual std::vector<std::uint16_t> queue_sizes() const = 0;
  /// Device configuration space. Bytes outside of it read as 0.
  virtual void read_config(std::uint64_t offset, std::span<std::uint8_t> to) = 0;
  virtual void write_config(std::uint64_t offset, std::span<const std::uint8_t> from) { (void)offset, (void)from; }
  /// DRIVER_OK: watch the queues' kick_fd on a loop of the device's own, and process what is there already: on that
  /// loop, not before this returns, as interrupts are not raised under the transport's lock. An error (the host's, for
  /// example a disk that cannot be opened any more) leaves the device activated and useless: the transport tells the
  /// driver that it needs a reset.
  virtual core::Result<void> activate(VirtioActivation activation) = 0;
  /// Reset: stop using the queues, wait for (or cancel) all I/O, return every chain. Synchronous. Not called unless
  /// activated. It may wait for an I/O thread, but never for the control loop, which may be waiting for this vCPU:
  /// a device that works there uses LoopWorker.
  virtual void deactivate() = 0;
};

}  // namespace saffron::virtio
