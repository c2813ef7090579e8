// SPDX-License-Identifier: Apache-2.0
// Guest RAM: a sealed, shared memfd, mapped once, seen through checked copies and bounded spans.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/core/result.h"

namespace saffron::core {

/// A guest-physical address.
struct GuestAddress {
  std::uint64_t value = 0;
  constexpr auto operator<=>(const GuestAddress&) const = default;
  constexpr GuestAddress operator+(std::uint64_t bytes) const { return {value + bytes}; }
};

/// A memfd of fixed size (sealed against shrinking and growing), mapped shared. Page aligned, zeroed, paged in on use.
class SharedMemory {
 public:
  static Result<std::unique_ptr<SharedMemory>> create(std::string_view name, std::uint64_t size);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  std::span<std::uint8_t> bytes() const { return bytes_; }
  std::uint64_t size() const { return bytes_.size(); }
  int fd() const { return fd_; }

 private:
  SharedMemory(int fd, std::span<std::uint8_t> bytes) : fd_(fd), bytes_(bytes) {}
  int fd_;
  std::span<std::uint8_t> bytes_;
};

/// One run of RAM in guest-physical space, backed by [file_offset, +size) of the memory's memfd.
struct GuestRegion {
  GuestAddress base;
  std::uint64_t size = 0;
  std::uint64_t file_offset = 0;
};

/// All RAM of a guest. Regions never change after creation. Any thread; the guest may write at the same time, so read
/// a value once, into a copy, and check the copy.
class GuestMemory {
 public:
  /// `regions` must be non-empty, sorted, page aligned and disjoint; file offsets are assigned in order.
  static Result<std::unique_ptr<GuestMemory>> create(std::span<const GuestRegion> regions);

  const std::vector<GuestRegion>& regions() const { return regions_; }
  SharedMemory& backing() const { return *backing_; }
  std::uint64_t total_size() const { return backing_->size(); }

  /// kOutOfRange unless [address, +length) is RAM. A range may span adjacent regions only for read and write.
  Result<void> read(GuestAddress address, std::span<std::uint8_t> to) const;
  Result<void> write(GuestAddress address, std::span<const std::uint8_t> from) const;
  Result<void> fill(GuestAddress address, std::uint8_t value, std::uint64_t length) const;

  /// A bounded view of [address, +length) inside one region; empty optional if it is not RAM (a length of 0 is RAM
  /// if the address is).
  std::optional<std::span<std::uint8_t>> span(GuestAddress address, std::uint64_t length) const;

  template <typename T>
  Result<T> read_object(GuestAddress address) const {
    static_assert(std::is_trivially_copyable_v<T>);
    T object;
    auto result = read(address, {reinterpret_cast<std::uint8_t*>(&object), sizeof(T)});
    if (!result.ok()) {
      return std::move(result).error();
    }
    return object;
  }
  template <typename T>
  Result<void> write_object(GuestAddress address, const T& object) const {
    static_assert(std::is_trivially_copyable_v<T>);
    return write(address, {reinterpret_cast<const std::uint8_t*>(&object), sizeof(T)});
  }

  /// Little-endian 16-bit accesses that are atomic and ordered against the guest (ring indices).
  /// kOutOfRange, or kInvalidArgument if the address is odd.
  Result<std::uint16_t> load_acquire_u16(GuestAddress address) const;
  Result<void> store_release_u16(GuestAddress address, std::uint16_t value) const;

 private:
  GuestMemory(std::unique_ptr<SharedMemory> backing, std::vector<GuestRegion> regions);
  const GuestRegion* region_of(GuestAddress address) const;

  std::unique_ptr<SharedMemory> backing_;
  std::vector<GuestRegion> regions_;
};

}  // namespace saffron::core
