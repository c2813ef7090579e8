// SPDX-License-Identifier: Apache-2.0
// VirtioRng: the entropy device (virtio 1.2, 5.4), fed from the host kernel's generator.
//
// Models: the request queue. Missing: nothing that the specification has. A request is answered with at most 4 KiB,
// however long it is, and all of them together get 16 MiB per second: see the constants.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "devices/virtio/loop_worker.h"
#include "devices/virtio/virtio_device.h"
#include "engine/core/clock.h"
#include "engine/core/event_loop.h"
#include "engine/core/log.h"

namespace saffron::virtio {

class VirtioRng final : public VirtioDevice {
 public:
  /// A request for more gets this much: 5.4.6.2 only wants one byte or more. The device works on a thread that it
  /// shares, and a guest may ask for 4 GiB at once.
  static constexpr std::uint32_t kMaxRequestBytes = 4096;
  /// What guests get in each period: about 1 ms of work, so that the shared thread has time for others.
  static constexpr std::uint32_t kBytesPerPeriod = 256 * 1024;
  static constexpr std::int64_t kPeriodNs = 16'000'000;

  /// On the loop's thread, or before it runs; so is the destructor. `loop` must outlive it.
  VirtioRng(std::string name, core::EventLoop& loop);
  ~VirtioRng() override;

  std::string_view name() const override { return name_; }
  VirtioType type() const override { return VirtioType::kEntropy; }
  std::uint64_t device_features() const override { return 0; }
  std::vector<std::uint16_t> queue_sizes() const override { return {64}; }
  void read_config(std::uint64_t offset, std::span<std::uint8_t> to) override;
  core::Result<void> activate(VirtioActivation activation) override;
  void deactivate() override;

 private:
  void serve();
  bool within_budget();

  std::string name_;
  core::EventLoop& loop_;
  std::int64_t period_start_ns_ = 0;  // Loop thread only, as is what follows.
  std::uint32_t spent_ = 0;           // Bytes given in this period.
  core::LogOnce log_source_;
  LoopWorker worker_;
  std::unique_ptr<core::Timer> next_period_;
};

}  // namespace saffron::virtio
