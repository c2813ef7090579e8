// SPDX-License-Identifier: Apache-2.0
#include "devices/virtio/virtio_pci.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

namespace saffron::virtio {
namespace {

constexpr std::uint8_t kInterruptPinA = 1;

pci::PciIdentity identity_of(VirtioType type) {
  pci::PciIdentity identity;
  identity.vendor = kPciVendor;
  identity.device = static_cast<std::uint16_t>(kPciDeviceBase + static_cast<std::uint16_t>(type));
  identity.subsystem_vendor = kPciVendor;
  identity.subsystem = kPciSubsystem;  // 4.1.2.1: 0x40 or more for a non-transitional device.
  identity.class_code = pci_class_code(type);
  identity.revision = 1;  // 4.1.2.1.
  identity.interrupt_pin = kInterruptPinA;
  return identity;
}

bool queue_sizes_legal(const std::vector<std::uint16_t>& sizes) {
  return !sizes.empty() && sizes.size() <= kMaxQueues &&
         std::all_of(sizes.begin(), sizes.end(),
                     [](std::uint16_t size) { return std::has_single_bit(size) && size <= kMaxQueueSize; });
}

/// Adds one to an eventfd. It cannot overflow: the counter would need 2^64 kicks that nobody fetched.
void signal_event(int fd) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof one);
}

void drain_event(int fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd, &count, sizeof count);
}

}  // namespace

std::uint32_t pci_class_code(VirtioType type) {
  switch (type) {
    case VirtioType::kNet:
      return 0x020000;
    case VirtioType::kBlock:
      return 0x010000;
    case VirtioType::kInput:
      return 0x098000;
    case VirtioType::kEntropy:
      break;
  }
  return 0x00ff00;
}

core::Result<std::unique_ptr<VirtioPciTransport>> VirtioPciTransport::create(std::unique_ptr<VirtioDevice> device,
                                                                             const core::GuestMemory& memory,
                                                                             core::DoorbellBinder& doorbells,
                                                                             core::MsiController& interrupts) {
  const std::string name(device->name());
  const std::vector<std::uint16_t> sizes = device->queue_sizes();
  if (!queue_sizes_legal(sizes)) {
    return core::Error{core::ErrorCode::kInvalidArgument, "the device's queues are against the rules", name};
  }
  std::vector<std::unique_ptr<Queue>> queues;
  for (const std::uint16_t size : sizes) {
    auto queue = std::make_unique<Queue>(size);
    queue->kick.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!queue->kick) {
      return core::Error::from_errno(errno, "cannot create a queue's eventfd", name);
    }
    queues.push_back(std::move(queue));
  }
  std::vector<std::unique_ptr<core::MsiVector>> vectors;
  for (std::size_t i = 0; i <= sizes.size(); ++i) {
    vectors.push_back(
        SAFFRON_TRY(interrupts.allocate(i == 0 ? name + "-config" : fmt::format("{}-queue{}", name, i - 1))));
  }
  std::unique_ptr<VirtioPciTransport> transport(
      new VirtioPciTransport(std::move(device), memory, doorbells, std::move(queues)));
  transport->add_structures(std::move(vectors));
  return transport;
}

VirtioPciTransport::VirtioPciTransport(std::unique_ptr<VirtioDevice> device, const core::GuestMemory& memory,
                                       core::DoorbellBinder& doorbells, std::vector<std::unique_ptr<Queue>> queues)
    : PciDevice(std::string(device->name()), identity_of(device->type())),
      memory_(memory),
      doorbells_(doorbells),
      queues_(std::move(queues)),
      device_(std::move(device)) {}

VirtioPciTransport::~VirtioPciTransport() {
  const std::lock_guard lock(mutex_);
  reset_device();
}

// ---- The BAR ----

std::uint64_t VirtioPciTransport::read_bar(std::uint64_t offset, unsigned size) {
  const std::uint64_t inside = offset % kPageSize;
  std::uint32_t value = 0;
  switch (offset - inside) {
    case kCommonOffset:
      if (inside + size <= sizeof(CommonConfig)) {
        const std::lock_guard lock(mutex_);
        const CommonConfig config = common_config();
        std::array<std::uint8_t, sizeof(CommonConfig)> bytes{};
        std::memcpy(bytes.data(), &config, sizeof config);
        std::memcpy(&value, bytes.data() + inside, size);
      }
      break;
    case kIsrOffset:
      return inside == 0 ? read_isr() : 0;
    case kDeviceOffset: {
      std::array<std::uint8_t, 4> bytes{};
      const std::lock_guard lock(mutex_);
      device_->read_config(inside, std::span(bytes).first(size));
      std::memcpy(&value, bytes.data(), size);
      break;
    }
    default:
      break;  // The notification area is written only.
  }
  return value;
}

void VirtioPciTransport::write_bar(std::uint64_t offset, unsigned size, std::uint64_t value) {
  const std::uint64_t inside = offset % kPageSize;
  switch (offset - inside) {
    case kCommonOffset:
      write_common(inside, size, static_cast<std::uint32_t>(value));
      break;
    case kDeviceOffset: {
      std::array<std::uint8_t, 4> bytes{};
      std::memcpy(bytes.data(), &value, size);
      const std::lock_guard lock(mutex_);
      device_->write_config(inside, std::span<const std::uint8_t>(bytes).first(size));
      break;
    }
    case kNotifyOffset:
      kick(inside / kNotifyMultiplier);
      break;
    default:
      break;  // ISR is read only.
  }
}

/// A notification that did not take the short way through the kernel. Without the lock: `kick` never changes.
void VirtioPciTransport::kick(std::uint64_t queue) {
  if (queue < queues_.size()) {
    signal_event(queues_[queue]->kick.get());
  }
}

/// 4.1.4.5: reading clears it, and takes the wire down.
std::uint64_t VirtioPciTransport::read_isr() {
  const std::uint8_t value = isr_.exchange(0);
  lower_intx();
  return value;
}

void VirtioPciTransport::on_bar_changed(unsigned index, std::optional<std::uint64_t> address) {
  if (index != kBarIndex) {
    return;
  }
  const std::lock_guard lock(mutex_);
  unbind_doorbells();
  bar_base_ = address;
  if (activated_) {
    bind_doorbells();
  }
}

void VirtioPciTransport::on_reset() {
  {
    const std::lock_guard lock(mutex_);
    reset_device();
  }
  lower_intx();
}

// ---- Life of the device ----

/// DRIVER_OK (3.1.1, step 8): the queues become what the driver wrote, and stay so until reset.
core::Result<void> VirtioPciTransport::activate() {
  VirtioActivation activation;
  activation.features = driver_features_;
  for (const auto& pointer : queues_) {
    Queue& queue = *pointer;
    if (queue.enabled) {
      VirtqueueLayout layout = queue.layout;
      layout.event_index = (driver_features_ & kFeatureEventIndex) != 0;
      layout.indirect = (driver_features_ & kFeatureIndirectDescriptors) != 0;
      queue.live = std::make_unique<Virtqueue>(
          memory_, layout, queue.kick.get(), [this, &queue] { interrupt_queue(queue); },
          [this](std::string_view reason) { set_needs_reset(reason); });
    }
    activation.queues.push_back(queue.live.get());
  }
  activation.config_changed = [this] { interrupt_config(); };
  activation.needs_reset = [this](std::string_view reason) { set_needs_reset(reason); };
  activated_ = true;
  bind_doorbells();
  return device_->activate(std::move(activation));
}

/// 2.4: back to the beginning, whatever state it is in. When it returns, no thread of the device uses a queue.
void VirtioPciTransport::reset_device() {
  if (activated_) {
    device_->deactivate();
    activated_ = false;
    unbind_doorbells();
  }
  for (const auto& queue : queues_) {
    queue->live.reset();
    queue->layout = VirtqueueLayout{};
    queue->layout.size = queue->max_size;
    queue->enabled = false;
    queue->vector = kNoVector;
    drain_event(queue->kick.get());
  }
  config_vector_ = kNoVector;
  isr_ = 0;
  status_ = 0;
  device_feature_select_ = 0;
  driver_feature_select_ = 0;
  driver_features_ = 0;
  queue_select_ = 0;
}

void VirtioPciTransport::bind_doorbells() {
  if (!bar_base_) {
    return;
  }
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    Queue& queue = *queues_[i];
    if (queue.live == nullptr) {
      continue;
    }
    const core::GuestAddress address{*bar_base_ + kNotifyOffset + kNotifyMultiplier * i};
    // Any size: KVM's quickest kind, and drivers may write 2 or 4 bytes (4.1.5.2).
    const auto bound = doorbells_.bind(address, 0, queue.kick.get());
    if (bound.ok()) {
      queue.doorbell = address;
    } else {
      log_doorbell_.warning("virtio", "{}: kicks go the long way: {}", name(), bound.error().message);
    }
  }
}

void VirtioPciTransport::unbind_doorbells() {
  for (const auto& queue : queues_) {
    if (queue->doorbell) {
      doorbells_.unbind(*queue->doorbell, 0, queue->kick.get());
      queue->doorbell.reset();
    }
  }
}

// ---- Interrupts (4.1.4.5, 4.1.5.1) ----

void VirtioPciTransport::interrupt_queue(const Queue& queue) {
  if (msix_enabled()) {
    signal_msix(queue.vector);  // No vector is out of range, and signals nothing.
    return;
  }
  isr_ |= kIsrQueue;
  set_intx(true);
}

void VirtioPciTransport::interrupt_config() {
  ++generation_;  // 4.1.4.3.1: so that a driver that is just reading the configuration reads it again.
  isr_ |= kIsrConfig;
  if (msix_enabled()) {
    signal_msix(config_vector_);
  } else {
    set_intx(true);
  }
}

/// 2.1.2.
void VirtioPciTransport::set_needs_reset(std::string_view reason) {
  log_broken_.warning("virtio", "{}: the guest's driver broke the rules, the device waits for a reset: {}", name(),
                      reason);
  const std::uint8_t before = status_.fetch_or(kStatusNeedsReset);
  if ((before & kStatusNeedsReset) == 0 && (before & kStatusDriverOk) != 0) {
    interrupt_config();
  }
}

/// Without a lock around register and wire, an interrupt may come between clearing the one and lowering the other:
/// then the wire goes up again. One too many may follow; one too few may not.
void VirtioPciTransport::lower_intx() {
  set_intx(false);
  if (isr_ != 0 && !msix_enabled()) {
    set_intx(true);
  }
}

}  // namespace saffron::virtio
