// SPDX-License-Identifier: Apache-2.0
// VirtioInput: what the input devices have in common (virtio 1.2, 5.8).
//
// Models: the whole configuration space, the event queue, the status queue. Missing: nothing that the specification
// has. When the guest is slow, whole packets (events up to SYN_REPORT) are left out, never parts; the derived device
// then brings the guest up to date by comparing what it was told with what is so (catch_up).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "devices/virtio/loop_worker.h"
#include "devices/virtio/virtio_device.h"
#include "engine/core/event_loop.h"
#include "engine/core/log.h"

namespace saffron::virtio {

/// virtio_input_event (5.8.6): type, code and value as in Linux's input-event-codes.h.
struct InputEvent {
  std::uint16_t type = 0;
  std::uint16_t code = 0;
  std::uint32_t value = 0;
  bool operator==(const InputEvent&) const = default;
};
static_assert(sizeof(InputEvent) == 8);

/// virtio_input_absinfo (5.8.4): the range of an absolute axis.
struct InputAxis {
  std::uint32_t min = 0;
  std::uint32_t max = 0;
  std::uint32_t fuzz = 0;
  std::uint32_t flat = 0;
  std::uint32_t resolution = 0;
};
static_assert(sizeof(InputAxis) == 20);

/// What the configuration space tells (5.8.2 to 5.8.5).
struct InputDescription {
  std::string name;
  std::string serial;
  std::uint16_t product = 0;
  std::vector<std::uint8_t> properties;                      // INPUT_PROP_*, a bit each.
  std::map<std::uint8_t, std::vector<std::uint8_t>> events;  // By EV_* type: the codes, a bit each.
  std::map<std::uint8_t, InputAxis> axes;                    // By ABS_* code.
};

/// Bit `code` of a bitmap, which grows as needed.
void set_bit(std::vector<std::uint8_t>& bitmap, unsigned code);

class VirtioInput : public VirtioDevice {
 public:
  static constexpr std::uint16_t kQueueSize = 64;
  /// Events that wait on our side beyond the 64 that the guest's buffers hold: a second or so of hard work with
  /// keyboard and mouse. A guest that is slower than that loses packets.
  static constexpr std::size_t kMaxWaiting = 256;

  ~VirtioInput() override;

  std::string_view name() const override { return name_; }
  VirtioType type() const override { return VirtioType::kInput; }
  std::uint64_t device_features() const override { return 0; }
  std::vector<std::uint16_t> queue_sizes() const override { return {kQueueSize, kQueueSize}; }
  void read_config(std::uint64_t offset, std::span<std::uint8_t> to) override;
  void write_config(std::uint64_t offset, std::span<const std::uint8_t> from) override;
  core::Result<void> activate(VirtioActivation activation) override;
  void deactivate() override;

 protected:
  /// On the loop's thread, or before it runs; so is the destructor.
  VirtioInput(std::string name, InputDescription description, core::EventLoop& loop);

  /// Any thread.
  bool driver_listens() const { return worker_.running(); }
  /// Loop thread. Adds a packet: SYN_REPORT is appended here. False if nobody listens, or there is no room.
  bool send(std::span<const InputEvent> events);
  /// Loop thread. Whether all that was sent is in the guest's hands.
  bool nothing_waits() const { return waiting_.empty(); }

  /// Any thread: runs `task` on the loop's thread, unless this is gone by then.
  void post(std::function<void()> task) { worker_.post(std::move(task)); }

  // All on the loop's thread.
  /// Room came free: send what the guest does not know yet. It is inside of work: call no listeners.
  virtual void catch_up() = 0;
  /// The driver sent an event, e.g. EV_LED. Inside of work, too.
  virtual void on_status(const InputEvent& event) { (void)event; }
  /// A driver came (true), which knows nothing of what was sent before; or went.
  virtual void on_driver(bool listens) = 0;

 private:
  void serve(unsigned queue);
  void deliver(const VirtioActivation& activation);
  void receive(const VirtioActivation& activation);
  std::vector<std::uint8_t> selected() const;

  std::string name_;
  InputDescription description_;
  std::uint8_t select_ = 0;  // With the transport's lock held, as all accesses to the configuration.
  std::uint8_t subselect_ = 0;
  std::deque<InputEvent> waiting_;  // Loop thread only; at most kMaxWaiting.
  LoopWorker worker_;
};

}  // namespace saffron::virtio
