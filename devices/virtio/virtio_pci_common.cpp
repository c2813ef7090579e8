// SPDX-License-Identifier: Apache-2.0
// The common configuration structure (virtio 1.2, 4.1.4.3).
#include <bit>

#include "devices/virtio/virtio_pci.h"

namespace saffron::virtio {
namespace {

constexpr std::uint64_t kQueueSize = offsetof(CommonConfig, queue_size);

/// The width of the field at `offset`, in bytes; 0 if none begins there. 4.1.3.1: drivers access fields whole.
unsigned field_size(std::uint64_t offset) {
  if (offset >= sizeof(CommonConfig)) {
    return 0;
  }
  if (offset == offsetof(CommonConfig, device_status) || offset == offsetof(CommonConfig, config_generation)) {
    return 1;
  }
  const bool dword =
      offset < offsetof(CommonConfig, config_msix_vector) ||
      (offset >= offsetof(CommonConfig, queue_desc) && offset < offsetof(CommonConfig, queue_notify_data));
  const unsigned size = dword ? 4 : 2;
  return offset % size == 0 ? size : 0;
}

std::uint32_t half(std::uint64_t value, std::uint32_t select) {
  return select < 2 ? static_cast<std::uint32_t>(value >> 32 * select) : 0;
}

void set_half(std::uint64_t& value, std::uint32_t select, std::uint32_t part) {
  if (select < 2) {
    value = (value & ~(0xffffffffULL << 32 * select)) | std::uint64_t{part} << 32 * select;
  }
}

void put_address(std::uint32_t (&field)[2], core::GuestAddress address) {
  field[0] = half(address.value, 0);
  field[1] = half(address.value, 1);
}

}  // namespace

std::uint64_t VirtioPciTransport::offered_features() const {
  return (device_->device_features() & ~kTransportFeatures) | kFeatureVersion1 | kFeatureEventIndex |
         kFeatureIndirectDescriptors;
}

VirtioPciTransport::Queue* VirtioPciTransport::selected_queue() {
  return queue_select_ < queues_.size() ? queues_[queue_select_].get() : nullptr;
}

CommonConfig VirtioPciTransport::common_config() {
  CommonConfig config;
  config.device_feature_select = device_feature_select_;
  config.device_feature = half(offered_features(), device_feature_select_);
  config.driver_feature_select = driver_feature_select_;
  config.driver_feature = half(driver_features_, driver_feature_select_);
  config.config_msix_vector = config_vector_;
  config.num_queues = static_cast<std::uint16_t>(queues_.size());
  config.device_status = status_;
  config.config_generation = generation_;
  config.queue_select = queue_select_;
  config.queue_msix_vector = kNoVector;
  if (const Queue* const queue = selected_queue()) {  // Else queue_size is 0: there is no such queue.
    config.queue_size = queue->layout.size;
    config.queue_msix_vector = queue->vector;
    config.queue_enable = queue->enabled ? 1 : 0;
    config.queue_notify_off = queue_select_;
    put_address(config.queue_desc, queue->layout.descriptors);
    put_address(config.queue_driver, queue->layout.driver_area);
    put_address(config.queue_device, queue->layout.device_area);
  }
  return config;
}

void VirtioPciTransport::write_common(std::uint64_t offset, unsigned size, std::uint32_t value) {
  if (size != field_size(offset)) {
    log_rules_.warning("virtio", "{}: the guest wrote {} bytes at {:#x} of the common configuration", name(), size,
                       offset);
    return;
  }
  if (offset == offsetof(CommonConfig, device_status)) {
    write_status(static_cast<std::uint8_t>(value));
    return;
  }
  const std::lock_guard lock(mutex_);
  if (offset < kQueueSize) {
    write_global_field(offset, value);
  } else if (Queue* const queue = selected_queue()) {
    write_queue_field(*queue, offset, value);
  }
}

void VirtioPciTransport::write_global_field(std::uint64_t offset, std::uint32_t value) {
  switch (offset) {
    case offsetof(CommonConfig, device_feature_select):
      device_feature_select_ = value;
      break;
    case offsetof(CommonConfig, driver_feature_select):
      driver_feature_select_ = value;
      break;
    case offsetof(CommonConfig, driver_feature):
      write_driver_feature(value);
      break;
    case offsetof(CommonConfig, config_msix_vector):
      config_vector_ = accept_vector(value);
      break;
    case offsetof(CommonConfig, queue_select):
      queue_select_ = static_cast<std::uint16_t>(value);
      break;
    default:
      break;  // Read only.
  }
}

/// 3.1.1, step 5: what was agreed on stays.
void VirtioPciTransport::write_driver_feature(std::uint32_t value) {
  if ((status_ & kStatusFeaturesOk) != 0) {
    log_rules_.warning("virtio", "{}: the guest wrote features after FEATURES_OK", name());
    return;
  }
  set_half(driver_features_, driver_feature_select_, value);
}

/// 4.1.5.1.2.1: a vector that there is not reads back as no vector.
std::uint16_t VirtioPciTransport::accept_vector(std::uint32_t value) const {
  return value < vector_count_ ? static_cast<std::uint16_t>(value) : kNoVector;
}

void VirtioPciTransport::write_queue_field(Queue& queue, std::uint64_t offset, std::uint32_t value) {
  if (offset == offsetof(CommonConfig, queue_msix_vector)) {
    queue.vector = accept_vector(value);
    return;
  }
  // 4.1.4.3.2: a queue is described before it is enabled, and enabled before DRIVER_OK. Later writes would pull the
  // rings from under a device that has checked them.
  if (queue.enabled || activated_) {
    log_rules_.warning("virtio", "{}: the guest wrote at {:#x} of a live queue's description", name(), offset);
    return;
  }
  VirtqueueLayout& layout = queue.layout;
  switch (offset) {
    case kQueueSize:
      if (std::has_single_bit(value) && value <= queue.max_size) {
        layout.size = static_cast<std::uint16_t>(value);
      } else {
        log_rules_.warning("virtio", "{}: the guest wanted a queue of {} entries", name(), value);
      }
      break;
    case offsetof(CommonConfig, queue_enable):
      queue.enabled = value == 1;
      break;
    case offsetof(CommonConfig, queue_desc):
    case offsetof(CommonConfig, queue_desc) + 4:
      set_half(layout.descriptors.value, offset % 8 / 4, value);
      break;
    case offsetof(CommonConfig, queue_driver):
    case offsetof(CommonConfig, queue_driver) + 4:
      set_half(layout.driver_area.value, offset % 8 / 4, value);
      break;
    case offsetof(CommonConfig, queue_device):
    case offsetof(CommonConfig, queue_device) + 4:
      set_half(layout.device_area.value, offset % 8 / 4, value);
      break;
    default:
      break;  // Read only, or of a feature that is not offered.
  }
}

void VirtioPciTransport::write_status(std::uint8_t value) {
  core::Result<void> activated;
  {
    const std::lock_guard lock(mutex_);
    if (value != 0) {
      activated = update_status(value);
    } else {
      reset_device();
    }
  }
  // Interrupts change outside the lock.
  if (value == 0) {
    lower_intx();
  }
  if (!activated.ok()) {
    log_unusable_.warning("virtio", "{}: the device cannot be used: {}", name(), activated.error().message);
    if ((status_ & kStatusDriverOk) != 0) {  // Else reset meanwhile: nobody waits for it.
      interrupt_config();
    }
  }
}

/// 2.1.1: the driver only adds bits; what it leaves out stays.
core::Result<void> VirtioPciTransport::update_status(std::uint8_t value) {
  const std::uint8_t before = status_;
  auto added = static_cast<std::uint8_t>(value & ~before & ~kStatusNeedsReset);
  if ((added & kStatusFeaturesOk) != 0 && !features_acceptable()) {
    // 2.2.2: the driver reads it back, and sees that it is not set.
    log_rules_.warning("virtio", "{}: the guest wants features {:#x}, which cannot be", name(), driver_features_);
    added = static_cast<std::uint8_t>(added & ~kStatusFeaturesOk);
  }
  if ((added & kStatusDriverOk) != 0 && ((before | added) & kStatusFeaturesOk) == 0) {
    log_rules_.warning("virtio", "{}: the guest set DRIVER_OK without FEATURES_OK", name());
    added = static_cast<std::uint8_t>(added & ~kStatusDriverOk);
  }
  status_ |= added;
  core::Result<void> activated;
  if ((added & kStatusDriverOk) != 0) {
    activated = activate();
  }
  if (!activated.ok()) {
    status_ |= kStatusNeedsReset;  // Here, where no reset can come between; its interrupt follows.
  }
  return activated;
}

/// 2.2.2, 6.1: nothing that was not offered, and VERSION_1, as there is no legacy interface.
bool VirtioPciTransport::features_acceptable() const {
  return (driver_features_ & ~offered_features()) == 0 && (driver_features_ & kFeatureVersion1) != 0;
}

}  // namespace saffron::virtio
