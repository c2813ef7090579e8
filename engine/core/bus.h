// SPDX-License-Identifier: Apache-2.0
// Bus: routes accesses of port I/O or MMIO to devices. One type serves both address spaces.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "engine/core/result.h"

namespace saffron::core {

/// The access sizes, in bytes, that a device accepts; a set of 1, 2, 4 and 8.
class AccessSizes {
 public:
  constexpr AccessSizes(std::initializer_list<unsigned> sizes) {
    for (unsigned size : sizes) {
      mask_ |= static_cast<std::uint8_t>(size);
    }
  }
  constexpr bool contains(unsigned size) const { return (mask_ & size) != 0; }
  /// The largest legal size that is not above `limit`, or 0.
  constexpr unsigned largest_up_to(unsigned limit) const {
    for (unsigned size = 8; size != 0; size >>= 1) {
      if (size <= limit && contains(size)) {
        return size;
      }
    }
    return 0;
  }

 private:
  std::uint8_t mask_ = 0;
};

/// A device as the bus sees it. It does not know where it lives: offsets are relative to its range (plus the range's
/// device_offset). Called on vCPU threads, several at once: the device does its own locking.
class BusDevice {
 public:
  virtual ~BusDevice() = default;
  /// For logs, e.g. "rtc". Valid as long as the device.
  virtual std::string_view name() const = 0;
  /// The bus never calls read or write with another size. A wider access is split into legal ones, in address order;
  /// a narrower one reads as all ones and writes nothing.
  virtual AccessSizes access_sizes() const = 0;
  virtual std::uint64_t read(std::uint64_t offset, unsigned size) = 0;
  virtual void write(std::uint64_t offset, unsigned size, std::uint64_t value) = 0;
};

/// [base, base + size) of an address space; `device_offset` is added to the relative offset, so that one device can
/// serve several ranges (the i8042: 0x60 and 0x64).
struct BusRange {
  std::uint64_t base = 0;
  std::uint64_t size = 0;
  std::uint64_t device_offset = 0;
};

/// An address space. Look-up takes no lock: readers check a sequence number around a search of a fixed table.
/// Devices must outlive the bus's users: removing a range does not wait for an access that is under way.
class Bus {
 public:
  static constexpr unsigned kMaxRanges = 256;  // Far above a machine's needs; a guest cannot add ranges of its own.

  /// `address_space_bits` bounds ranges: 16 for ports, 64 for MMIO.
  explicit Bus(std::string_view name, unsigned address_space_bits = 64);

  /// Any thread. Errors: kInvalidArgument (empty, or past the address space), kAlreadyExists (overlap; the subject
  /// names the other device), kExhausted.
  Result<void> insert(const BusRange& range, BusDevice& device);
  /// Any thread. Removes the range that starts at `base`; kNotFound if there is none.
  Result<void> remove(std::uint64_t base);

  /// Any thread. `size` is 1, 2, 4 or 8. Unclaimed bytes read as all ones; writes to them go nowhere.
  /// Returns whether any device was there.
  bool read(std::uint64_t address, unsigned size, std::uint64_t& value) const;
  bool write(std::uint64_t address, unsigned size, std::uint64_t value) const;

  std::string_view name() const { return name_; }

 private:
  struct Entry {
    std::atomic<std::uint64_t> base{0};
    std::atomic<std::uint64_t> size{0};
    std::atomic<std::uint64_t> device_offset{0};
    std::atomic<BusDevice*> device{nullptr};
  };
  struct Hit {
    BusDevice* device = nullptr;
    std::uint64_t offset = 0;     // Device-relative.
    std::uint64_t remaining = 0;  // Bytes from the address to the range's end; or to the next range if there is no hit.
  };

  Hit find(std::uint64_t address) const;
  Hit search(std::uint64_t address, unsigned count) const;
  void move_entry(unsigned from, unsigned to);

  std::string_view name_;
  std::uint64_t last_address_;
  std::mutex writers_;  // Leaf lock: nothing is called under it.
  std::atomic<std::uint32_t> sequence_{0};
  std::atomic<unsigned> count_{0};
  std::array<Entry, kMaxRanges> entries_;
};

}  // namespace saffron::core
