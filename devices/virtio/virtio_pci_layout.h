// SPDX-License-Identifier: Apache-2.0
// The numbers of virtio over PCI (virtio 1.2, 2.1, 4.1 and 6), and where our windows are inside the BAR.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saffron::virtio {

/// Device status (2.1).
inline constexpr std::uint8_t kStatusAcknowledge = 1;
inline constexpr std::uint8_t kStatusDriver = 2;
inline constexpr std::uint8_t kStatusDriverOk = 4;
inline constexpr std::uint8_t kStatusFeaturesOk = 8;
inline constexpr std::uint8_t kStatusNeedsReset = 64;
inline constexpr std::uint8_t kStatusFailed = 128;

/// Reserved feature bits (6): 24 to 49 are the transport's, all others the device type's.
inline constexpr std::uint64_t kFeatureIndirectDescriptors = 1ULL << 28;
inline constexpr std::uint64_t kFeatureEventIndex = 1ULL << 29;
inline constexpr std::uint64_t kFeatureVersion1 = 1ULL << 32;
inline constexpr std::uint64_t kTransportFeatures = ((1ULL << 26) - 1) << 24;

/// ISR status (4.1.4.5).
inline constexpr std::uint8_t kIsrQueue = 1;
inline constexpr std::uint8_t kIsrConfig = 2;

/// "No vector" in the vector registers (4.1.4.3).
inline constexpr std::uint16_t kNoVector = 0xffff;

/// PCI identity (4.1.2).
inline constexpr std::uint16_t kPciVendor = 0x1af4;
inline constexpr std::uint16_t kPciDeviceBase = 0x1040;
inline constexpr std::uint16_t kPciSubsystem = 0x1100;
inline constexpr std::uint8_t kPciVendorCapability = 0x09;

/// cfg_type of the vendor capabilities (4.1.4).
enum class PciCapabilityType : std::uint8_t { kCommon = 1, kNotify = 2, kIsr = 3, kDevice = 4, kPciAccess = 5 };

/// virtio_pci_common_cfg (4.1.4.3). Sixty-four-bit fields are accessed by halves.
struct CommonConfig {
  std::uint32_t device_feature_select = 0;
  std::uint32_t device_feature = 0;
  std::uint32_t driver_feature_select = 0;
  std::uint32_t driver_feature = 0;
  std::uint16_t config_msix_vector = 0;
  std::uint16_t num_queues = 0;
  std::uint8_t device_status = 0;
  std::uint8_t config_generation = 0;
  std::uint16_t queue_select = 0;
  std::uint16_t queue_size = 0;
  std::uint16_t queue_msix_vector = 0;
  std::uint16_t queue_enable = 0;
  std::uint16_t queue_notify_off = 0;
  std::uint32_t queue_desc[2] = {};
  std::uint32_t queue_driver[2] = {};
  std::uint32_t queue_device[2] = {};
  std::uint16_t queue_notify_data = 0;
  std::uint16_t queue_reset = 0;
};
static_assert(sizeof(CommonConfig) == 60);
static_assert(offsetof(CommonConfig, device_status) == 20 && offsetof(CommonConfig, queue_desc) == 32);

/// Our BAR: one page for each structure, so that a hypervisor below could map them apart.
inline constexpr unsigned kBarIndex = 4;
inline constexpr std::uint64_t kBarSize = 0x4000;
inline constexpr std::uint64_t kCommonOffset = 0x0000;
inline constexpr std::uint64_t kIsrOffset = 0x1000;
inline constexpr std::uint64_t kDeviceOffset = 0x2000;
inline constexpr std::uint64_t kNotifyOffset = 0x3000;
inline constexpr std::uint64_t kPageSize = 0x1000;
inline constexpr std::uint32_t kNotifyMultiplier = 4;

inline constexpr unsigned kMsixBarIndex = 1;
inline constexpr std::uint64_t kMsixBarSize = 0x1000;
inline constexpr std::uint64_t kMsixPendingOffset = 0x800;
/// So that the vectors (one more than queues) fit in front of the pending bits.
inline constexpr std::size_t kMaxQueues = 64;
static_assert((kMaxQueues + 1) * 16 <= kMsixPendingOffset);
static_assert(kMaxQueues * kNotifyMultiplier <= kPageSize);
inline constexpr std::uint16_t kMaxQueueSize = 1024;

}  // namespace saffron::virtio
