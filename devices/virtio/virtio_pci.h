// SPDX-License-Identifier: Apache-2.0
// VirtioPciTransport: a virtio device as a PCI function (virtio 1.2, 4.1).
//
// Models: the modern interface only, with all five capabilities (common, notify, ISR, device, PCI configuration access)
// in one 64-bit BAR; MSI-X with a vector per queue and one for configuration changes, INTx with the ISR register
// otherwise; feature negotiation; VIRTIO_F_INDIRECT_DESC and VIRTIO_F_EVENT_IDX; doorbells as eventfds, in the kernel
// where the binder can.
// Missing: the legacy and transitional interface; packed queues; VIRTIO_F_RING_RESET, VIRTIO_F_NOTIFICATION_DATA,
// VIRTIO_F_ACCESS_PLATFORM; shared memory regions. The Bus Master bit steers MSI-X but does not stop the rings.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "devices/pci/pci_device.h"
#include "devices/virtio/virtio_device.h"
#include "devices/virtio/virtio_pci_layout.h"
#include "engine/core/guest_memory.h"
#include "engine/core/irq.h"
#include "engine/core/log.h"
#include "engine/core/memory_slot.h"
#include "engine/core/unique_fd.h"

namespace saffron::virtio {

/// The class code that firmware and systems expect for a type: 0x010000 (SCSI storage) for disks, and so on.
std::uint32_t pci_class_code(VirtioType type);

class VirtioPciTransport final : public pci::PciDevice {
 public:
  /// Control thread. The references must outlive it. The name is the device's. Errors: what the controller says when
  /// it has no more vectors, or the system no more file descriptors; kInvalidArgument for a device against the rules
  /// (no queues or more than 64, or sizes that are not powers of two up to 1024).
  static core::Result<std::unique_ptr<VirtioPciTransport>> create(std::unique_ptr<VirtioDevice> device,
                                                                  const core::GuestMemory& memory,
                                                                  core::DoorbellBinder& doorbells,
                                                                  core::MsiController& interrupts);
  /// Control thread, vCPUs stopped. Deactivates the device.
  ~VirtioPciTransport() override;

  VirtioDevice& device() { return *device_; }

 protected:
  void on_config_write(unsigned offset, unsigned size) override;
  void on_config_read(unsigned offset, unsigned size) override;
  void on_bar_changed(unsigned index, std::optional<std::uint64_t> address) override;
  void on_reset() override;

 private:
  /// What answers in the BAR. Offsets are the BAR's.
  class Registers final : public core::BusDevice {
   public:
    explicit Registers(VirtioPciTransport& transport) : transport_(transport) {}
    std::string_view name() const override { return transport_.name(); }
    core::AccessSizes access_sizes() const override { return {1, 2, 4}; }  // 4.1.3.1; the bus splits wider ones.
    std::uint64_t read(std::uint64_t offset, unsigned size) override { return transport_.read_bar(offset, size); }
    void write(std::uint64_t offset, unsigned size, std::uint64_t value) override {
      transport_.write_bar(offset, size, value);
    }

   private:
    VirtioPciTransport& transport_;
  };
  struct Queue {
    explicit Queue(std::uint16_t largest) : max_size(largest) { layout.size = largest; }
    const std::uint16_t max_size;
    VirtqueueLayout layout;  // As the driver writes it; it is fixed once `enabled`.
    bool enabled = false;
    std::atomic<std::uint16_t> vector{kNoVector};
    core::UniqueFd kick;
    std::unique_ptr<Virtqueue> live;             // While the device is activated.
    std::optional<core::GuestAddress> doorbell;  // Where `kick` is bound in the kernel.
  };

  VirtioPciTransport(std::unique_ptr<VirtioDevice> device, const core::GuestMemory& memory,
                     core::DoorbellBinder& doorbells, std::vector<std::unique_ptr<Queue>> queues);
  void add_structures(std::vector<std::unique_ptr<core::MsiVector>> vectors);
  void add_structure(PciCapabilityType type, std::uint64_t offset, std::uint64_t size);

  // The BAR.
  std::uint64_t read_bar(std::uint64_t offset, unsigned size);
  void write_bar(std::uint64_t offset, unsigned size, std::uint64_t value);
  std::uint64_t read_isr();
  static bool access_legal(std::uint32_t bar, std::uint32_t offset, std::uint32_t length);
  void kick(std::uint64_t queue);

  // The common configuration structure. The lock is held, except in write_common and write_status.
  CommonConfig common_config();
  void write_common(std::uint64_t offset, unsigned size, std::uint32_t value);
  void write_status(std::uint8_t value);
  void write_global_field(std::uint64_t offset, std::uint32_t value);
  void write_queue_field(Queue& queue, std::uint64_t offset, std::uint32_t value);
  void write_driver_feature(std::uint32_t value);
  core::Result<void> update_status(std::uint8_t value);
  std::uint16_t accept_vector(std::uint32_t value) const;
  bool features_acceptable() const;
  std::uint64_t offered_features() const;
  Queue* selected_queue();

  // Life of the device. The lock is held.
  core::Result<void> activate();
  void reset_device();
  void bind_doorbells();
  void unbind_doorbells();

  // Interrupts: any thread, without the lock.
  void interrupt_queue(const Queue& queue);
  void interrupt_config();
  void set_needs_reset(std::string_view reason);
  void lower_intx();

  const core::GuestMemory& memory_;
  core::DoorbellBinder& doorbells_;
  Registers registers_{*this};
  unsigned access_capability_ = 0;  // Offset of the PCI configuration access capability.
  std::uint16_t vector_count_ = 0;

  std::atomic<std::uint8_t> status_{0};
  std::atomic<std::uint8_t> generation_{0};
  std::atomic<std::uint8_t> isr_{0};
  std::atomic<std::uint16_t> config_vector_{kNoVector};

  // Guards what follows, and the queues' registers. Held while the device is called; so the device's threads must not
  // wait for it, and nothing that they call takes it. Then come the locks of PciDevice and of the doorbell binder.
  std::mutex mutex_;
  bool activated_ = false;
  std::optional<std::uint64_t> bar_base_;
  std::uint32_t device_feature_select_ = 0;
  std::uint32_t driver_feature_select_ = 0;
  std::uint64_t driver_features_ = 0;
  std::uint16_t queue_select_ = 0;

  core::LogOnce log_rules_;
  core::LogOnce log_broken_;
  core::LogOnce log_unusable_;
  core::LogOnce log_doorbell_;
  std::vector<std::unique_ptr<Queue>> queues_;
  std::unique_ptr<VirtioDevice> device_;  // Last: it goes first, while the queues' eventfds are still open.
};

}  // namespace saffron::virtio
