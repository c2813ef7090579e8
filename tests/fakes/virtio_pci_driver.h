// SPDX-License-Identifier: Apache-2.0
// A guest's driver of virtio over PCI: finds the structures through the capabilities, and goes through the registers as
// operating systems do.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "devices/pci/pci_device.h"
#include "devices/virtio/virtio_pci_layout.h"
#include "tests/fakes/fake_pci_socket.h"
#include "tests/fakes/raw_ring.h"

namespace saffron::fakes {

/// One thread at a time.
class VirtioPciDriver {
 public:
  static constexpr std::uint64_t kBarBase = 0x8'0000'0000;
  static constexpr std::uint32_t kMsixBase = 0xe000'0000;

  /// Plugs `device` in and places its BARs.
  explicit VirtioPciDriver(pci::PciDevice& device) : device_(device) {
    device_.plug(socket_);
    place_bars(kBarBase);
    find_capabilities();
  }

  void place_bars(std::uint64_t base) {
    device_.write_config(0x04, 2, 0);
    device_.write_config(0x14, 4, kMsixBase);
    device_.write_config(0x20, 4, static_cast<std::uint32_t>(base));
    device_.write_config(0x24, 4, static_cast<std::uint32_t>(base >> 32));
    device_.write_config(0x04, 2, 0x6);  // Memory and bus master.
    bar_ = base;
  }
  /// MSI-X on, all vectors unmasked; vector n has data n.
  void enable_msix(unsigned vectors) {
    for (unsigned i = 0; i < vectors; ++i) {
      write_memory(kMsixBase + 16ULL * i, 4, 0xfee0'0000);
      write_memory(kMsixBase + 16ULL * i + 8, 4, i);
      write_memory(kMsixBase + 16ULL * i + 12, 4, 0);
    }
    device_.write_config(msix_capability_ + 2, 2, 0x8000);
  }

  std::uint32_t read(std::uint64_t offset, unsigned size) { return read_memory(bar_ + offset, size); }
  void write(std::uint64_t offset, unsigned size, std::uint32_t value) { write_memory(bar_ + offset, size, value); }
  std::uint32_t common(std::size_t field, unsigned size) { return read(virtio::kCommonOffset + field, size); }
  void set_common(std::size_t field, unsigned size, std::uint32_t value) {
    write(virtio::kCommonOffset + field, size, value);
  }

  std::uint8_t status() { return static_cast<std::uint8_t>(common(offsetof(virtio::CommonConfig, device_status), 1)); }
  void set_status(std::uint8_t value) { set_common(offsetof(virtio::CommonConfig, device_status), 1, value); }
  void add_status(std::uint8_t bits) { set_status(static_cast<std::uint8_t>(status() | bits)); }

  std::uint64_t device_features() {
    std::uint64_t features = 0;
    for (std::uint32_t i = 0; i < 2; ++i) {
      set_common(offsetof(virtio::CommonConfig, device_feature_select), 4, i);
      features |= std::uint64_t{common(offsetof(virtio::CommonConfig, device_feature), 4)} << 32 * i;
    }
    return features;
  }
  void set_features(std::uint64_t features) {
    for (std::uint32_t i = 0; i < 2; ++i) {
      set_common(offsetof(virtio::CommonConfig, driver_feature_select), 4, i);
      set_common(offsetof(virtio::CommonConfig, driver_feature), 4, static_cast<std::uint32_t>(features >> 32 * i));
    }
  }
  /// 3.1.1, steps 1 to 6. Whether FEATURES_OK held.
  bool negotiate(std::uint64_t features) {
    set_status(0);
    add_status(virtio::kStatusAcknowledge);
    add_status(virtio::kStatusDriver);
    set_features(features);
    add_status(virtio::kStatusFeaturesOk);
    return (status() & virtio::kStatusFeaturesOk) != 0;
  }
  /// Step 7, for one queue.
  void set_up_queue(std::uint16_t index, const virtio::VirtqueueLayout& layout,
                    std::uint16_t vector = virtio::kNoVector) {
    set_common(offsetof(virtio::CommonConfig, queue_select), 2, index);
    set_common(offsetof(virtio::CommonConfig, queue_size), 2, layout.size);
    set_common(offsetof(virtio::CommonConfig, queue_msix_vector), 2, vector);
    set_address(offsetof(virtio::CommonConfig, queue_desc), layout.descriptors);
    set_address(offsetof(virtio::CommonConfig, queue_driver), layout.driver_area);
    set_address(offsetof(virtio::CommonConfig, queue_device), layout.device_area);
    set_common(offsetof(virtio::CommonConfig, queue_enable), 2, 1);
  }
  void set_address(std::size_t field, core::GuestAddress address) {
    set_common(field, 4, static_cast<std::uint32_t>(address.value));
    set_common(field + 4, 4, static_cast<std::uint32_t>(address.value >> 32));
  }
  void kick(std::uint16_t queue) { write(virtio::kNotifyOffset + virtio::kNotifyMultiplier * queue, 2, queue); }

  /// Offset of the capability of a type, or 0.
  unsigned capability(virtio::PciCapabilityType type) const { return capabilities_.at(static_cast<std::size_t>(type)); }
  /// An access through PCI configuration space (4.1.4.9).
  std::uint32_t read_indirect(std::uint32_t offset, std::uint32_t length) {
    aim(offset, length);
    return device_.read_config(capability(virtio::PciCapabilityType::kPciAccess) + 16, 4);
  }
  void write_indirect(std::uint32_t offset, std::uint32_t length, std::uint32_t value) {
    aim(offset, length);
    device_.write_config(capability(virtio::PciCapabilityType::kPciAccess) + 16, 4, value);
  }
  FakePciSocket& socket() { return socket_; }

 private:
  void aim(std::uint32_t offset, std::uint32_t length) {
    const unsigned at = capability(virtio::PciCapabilityType::kPciAccess);
    device_.write_config(at + 4, 1, virtio::kBarIndex);
    device_.write_config(at + 8, 4, offset);
    device_.write_config(at + 12, 4, length);
  }
  void find_capabilities() {
    unsigned at = device_.read_config(0x34, 1);
    for (unsigned steps = 0; at != 0 && steps < 48; ++steps) {
      const std::uint32_t id = device_.read_config(at, 1);
      const std::uint32_t type = device_.read_config(at + 3, 1);
      if (id == virtio::kPciVendorCapability && type < capabilities_.size()) {
        capabilities_[type] = at;
      } else if (id == 0x11) {
        msix_capability_ = at;
      }
      at = device_.read_config(at + 1, 1);
    }
  }
  std::uint32_t read_memory(std::uint64_t address, unsigned size) {
    std::uint64_t value = 0;
    socket_.memory.read(address, size, value);
    return static_cast<std::uint32_t>(value);
  }
  void write_memory(std::uint64_t address, unsigned size, std::uint32_t value) {
    socket_.memory.write(address, size, value);
  }

  FakePciSocket socket_;
  pci::PciDevice& device_;
  std::uint64_t bar_ = 0;
  std::array<unsigned, 6> capabilities_{};
  unsigned msix_capability_ = 0;
};

}  // namespace saffron::fakes
