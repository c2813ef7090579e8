// SPDX-License-Identifier: Apache-2.0
// The BARs and capabilities of virtio over PCI (virtio 1.2, 4.1.4), and configuration access (4.1.4.9).
#include <algorithm>
#include <array>
#include <utility>

#include "devices/virtio/virtio_pci.h"

namespace saffron::virtio {
namespace {

/// virtio_pci_cap (4.1.4), from cap_len on: PciDevice writes the capability's id and next.
constexpr unsigned kCapabilityLength = 16;
constexpr unsigned kCapabilityBar = 4;
constexpr unsigned kCapabilityOffset = 8;
constexpr unsigned kCapabilitySize = 12;
constexpr unsigned kCapabilityData = 16;  // pci_cfg_data (4.1.4.9), or notify_off_multiplier (4.1.4.4).

void put32(std::span<std::uint8_t> bytes, unsigned offset, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) {
    bytes[offset + i] = static_cast<std::uint8_t>(value >> 8 * i);
  }
}

}  // namespace

void VirtioPciTransport::add_structures(std::vector<std::unique_ptr<core::MsiVector>> vectors) {
  vector_count_ = static_cast<std::uint16_t>(vectors.size());
  pci::PciBarSpec message_bar;
  message_bar.index = kMsixBarIndex;
  message_bar.kind = pci::PciBarKind::kMemory32;
  message_bar.size = kMsixBarSize;
  add_bar(message_bar);
  pci::PciBarSpec bar;
  bar.index = kBarIndex;
  bar.kind = pci::PciBarKind::kMemory64;
  bar.prefetchable = true;
  bar.size = kBarSize;
  bar.windows.push_back({.offset = 0, .size = kBarSize, .handler = &registers_, .device_offset = 0, .slot = nullptr});
  add_bar(bar);

  add_structure(PciCapabilityType::kCommon, kCommonOffset, sizeof(CommonConfig));
  add_structure(PciCapabilityType::kIsr, kIsrOffset, 1);
  add_structure(PciCapabilityType::kDevice, kDeviceOffset, kPageSize);
  add_structure(PciCapabilityType::kNotify, kNotifyOffset, kNotifyMultiplier * queues_.size());
  add_structure(PciCapabilityType::kPciAccess, 0, 0);
  add_msix(kMsixBarIndex, 0, kMsixPendingOffset, std::move(vectors));
  add_express_endpoint_capability();
}

void VirtioPciTransport::add_structure(PciCapabilityType type, std::uint64_t offset, std::uint64_t size) {
  const bool notify = type == PciCapabilityType::kNotify;
  const bool access = type == PciCapabilityType::kPciAccess;
  const unsigned length = notify || access ? kCapabilityLength + 4 : kCapabilityLength;
  std::array<std::uint8_t, kCapabilityLength + 4> bytes{};
  std::array<std::uint8_t, kCapabilityLength + 4> writable{};
  bytes[2] = static_cast<std::uint8_t>(length);
  bytes[3] = static_cast<std::uint8_t>(type);
  bytes[kCapabilityBar] = access ? 0 : kBarIndex;
  put32(bytes, kCapabilityOffset, static_cast<std::uint32_t>(offset));
  put32(bytes, kCapabilitySize, static_cast<std::uint32_t>(size));
  if (notify) {
    put32(bytes, kCapabilityData, kNotifyMultiplier);
  }
  if (access) {  // 4.1.4.9: the driver says what to access, and moves the data.
    writable[kCapabilityBar] = 0xff;
    std::fill(writable.begin() + kCapabilityOffset, writable.end(), std::uint8_t{0xff});
  }
  const unsigned capability =
      add_capability(kPciVendorCapability, std::span(bytes).first(length).subspan(2),
                     access ? std::span(writable).first(length).subspan(2) : std::span<const std::uint8_t>());
  if (access) {
    access_capability_ = capability;
  }
}

// PCI configuration access (4.1.4.9): a window on the BAR, for firmware that cannot reach it.

void VirtioPciTransport::on_config_write(unsigned offset, unsigned size) {
  const unsigned data = access_capability_ + kCapabilityData;
  if (offset >= data + 4 || offset + size <= data) {
    return;
  }
  const std::uint32_t where = config_value(access_capability_ + kCapabilityOffset, 4);
  const std::uint32_t length = config_value(access_capability_ + kCapabilitySize, 4);
  if (access_legal(config_value(access_capability_ + kCapabilityBar, 1), where, length)) {
    const std::uint32_t value = config_value(data, 4);
    write_bar(where, length, length == 4 ? value : value & ((1U << 8 * length) - 1));
  }
}

void VirtioPciTransport::on_config_read(unsigned offset, unsigned size) {
  const unsigned data = access_capability_ + kCapabilityData;
  if (offset >= data + 4 || offset + size <= data) {
    return;
  }
  const std::uint32_t where = config_value(access_capability_ + kCapabilityOffset, 4);
  const std::uint32_t length = config_value(access_capability_ + kCapabilitySize, 4);
  if (access_legal(config_value(access_capability_ + kCapabilityBar, 1), where, length)) {
    set_config_value(data, 4, static_cast<std::uint32_t>(read_bar(where, length)));
  }
}

/// 4.1.4.9.2: a length of 1, 2 or 4, an offset that is a multiple of it, and a BAR with virtio structures. What a
/// driver gets wrong is not accessed.
bool VirtioPciTransport::access_legal(std::uint32_t bar, std::uint32_t offset, std::uint32_t length) {
  return bar == kBarIndex && (length == 1 || length == 2 || length == 4) && offset % length == 0 && offset < kBarSize;
}

}  // namespace saffron::virtio
