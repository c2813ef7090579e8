// SPDX-License-Identifier: Apache-2.0
// Wire structures of the virtio block device (virtio 1.2, 5.2.3 to 5.2.6). Little-endian.
#pragma once

#include <cstdint>

namespace saffron::storage {

// 5.2.3: feature bits.
inline constexpr std::uint64_t kBlkSizeMax = 1ULL << 1;
inline constexpr std::uint64_t kBlkSegMax = 1ULL << 2;
inline constexpr std::uint64_t kBlkReadOnly = 1ULL << 5;
inline constexpr std::uint64_t kBlkBlockSize = 1ULL << 6;
inline constexpr std::uint64_t kBlkFlush = 1ULL << 9;
inline constexpr std::uint64_t kBlkTopology = 1ULL << 10;
inline constexpr std::uint64_t kBlkConfigWce = 1ULL << 11;
inline constexpr std::uint64_t kBlkMultiQueue = 1ULL << 12;
inline constexpr std::uint64_t kBlkDiscard = 1ULL << 13;
inline constexpr std::uint64_t kBlkWriteZeroes = 1ULL << 14;

// 5.2.6: request types and status.
inline constexpr std::uint32_t kBlkIn = 0;
inline constexpr std::uint32_t kBlkOut = 1;
inline constexpr std::uint32_t kBlkFlushRequest = 4;
inline constexpr std::uint32_t kBlkGetId = 8;
inline constexpr std::uint32_t kBlkDiscardRequest = 11;
inline constexpr std::uint32_t kBlkWriteZeroesRequest = 13;
inline constexpr std::uint8_t kBlkOk = 0;
inline constexpr std::uint8_t kBlkIoError = 1;
inline constexpr std::uint8_t kBlkUnsupported = 2;
inline constexpr std::uint64_t kBlkIdSize = 20;

/// 5.2.4: the configuration space.
struct VirtioBlkConfig {
  std::uint64_t capacity;  // In 512-byte sectors, as all sectors here.
  std::uint32_t size_max;
  std::uint32_t seg_max;
  std::uint16_t cylinders;
  std::uint8_t heads;
  std::uint8_t sectors;
  std::uint32_t block_size;
  std::uint8_t physical_block_exponent;
  std::uint8_t alignment_offset;
  std::uint16_t min_io_size;
  std::uint32_t optimal_io_size;
  std::uint8_t writeback;
  std::uint8_t reserved0;
  std::uint16_t queue_count;
  std::uint32_t max_discard_sectors;
  std::uint32_t max_discard_segments;
  std::uint32_t discard_alignment;
  std::uint32_t max_write_zeroes_sectors;
  std::uint32_t max_write_zeroes_segments;
  std::uint8_t write_zeroes_may_unmap;
  std::uint8_t reserved1[3];
  std::uint32_t max_secure_erase_sectors;
};
static_assert(sizeof(VirtioBlkConfig) == 64);

struct VirtioBlkHeader {
  std::uint32_t type;
  std::uint32_t reserved;
  std::uint64_t sector;
};
static_assert(sizeof(VirtioBlkHeader) == 16);

/// 5.2.6: one range of a discard or write-zeroes request.
struct VirtioBlkRange {
  std::uint64_t sector;
  std::uint32_t count;
  std::uint32_t flags;
};
static_assert(sizeof(VirtioBlkRange) == 16);
inline constexpr std::uint32_t kBlkUnmapFlag = 1;

}  // namespace saffron::storage
