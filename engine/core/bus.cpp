// SPDX-License-Identifier: Apache-2.0
#include "engine/core/bus.h"

#include <algorithm>
#include <limits>
#include <string>

#include <fmt/core.h>

namespace saffron::core {

namespace {

constexpr std::uint64_t all_ones(unsigned size) {
  return size >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (size * 8)) - 1;
}

/// The size of the next piece of an access of `left` bytes: the largest that the device takes, inside its range.
/// 0 if the device takes nothing that narrow.
unsigned piece_size(const BusDevice& device, unsigned left, std::uint64_t remaining) {
  const auto limit = static_cast<unsigned>(std::min<std::uint64_t>(left, remaining));
  return device.access_sizes().largest_up_to(limit);
}

}  // namespace

Bus::Bus(std::string_view name, unsigned address_space_bits) : name_(name), last_address_(0) {
  last_address_ = address_space_bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << address_space_bits) - 1;
}

void Bus::move_entry(unsigned from, unsigned to) {
  entries_[to].base.store(entries_[from].base.load(std::memory_order_relaxed), std::memory_order_release);
  entries_[to].size.store(entries_[from].size.load(std::memory_order_relaxed), std::memory_order_release);
  entries_[to].device_offset.store(entries_[from].device_offset.load(std::memory_order_relaxed),
                                   std::memory_order_release);
  entries_[to].device.store(entries_[from].device.load(std::memory_order_relaxed), std::memory_order_release);
}

Result<void> Bus::insert(const BusRange& range, BusDevice& device) {
  const auto refuse = [&](ErrorCode code, std::string why) {
    return Error{code, std::move(why), std::string(device.name())};
  };
  if (range.size == 0) {
    return refuse(ErrorCode::kInvalidArgument, "an empty range cannot be put on a bus");
  }
  if (range.base > last_address_ || range.size - 1 > last_address_ - range.base) {
    return refuse(ErrorCode::kInvalidArgument,
                  fmt::format("range {:#x}+{:#x} is past the end of the {} bus", range.base, range.size, name_));
  }
  const std::lock_guard lock(writers_);
  const unsigned count = count_.load(std::memory_order_relaxed);
  unsigned position = 0;
  for (; position < count; ++position) {
    const std::uint64_t base = entries_[position].base.load(std::memory_order_relaxed);
    const std::uint64_t size = entries_[position].size.load(std::memory_order_relaxed);
    if (range.base <= base + (size - 1) && base <= range.base + (range.size - 1)) {
      const BusDevice* other = entries_[position].device.load(std::memory_order_relaxed);
      return Error{ErrorCode::kAlreadyExists,
                   fmt::format("range {:#x}+{:#x} of {} overlaps {} on the {} bus", range.base, range.size,
                               device.name(), other->name(), name_),
                   std::string(other->name())};
    }
    if (base > range.base) {
      break;
    }
  }
  if (count == kMaxRanges) {
    return refuse(ErrorCode::kExhausted, fmt::format("the {} bus has no room for another range", name_));
  }
  sequence_.fetch_add(1, std::memory_order_acq_rel);  // Odd: readers wait.
  for (unsigned i = count; i > position; --i) {
    move_entry(i - 1, i);
  }
  entries_[position].base.store(range.base, std::memory_order_release);
  entries_[position].size.store(range.size, std::memory_order_release);
  entries_[position].device_offset.store(range.device_offset, std::memory_order_release);
  entries_[position].device.store(&device, std::memory_order_release);
  count_.store(count + 1, std::memory_order_release);
  sequence_.fetch_add(1, std::memory_order_release);
  return {};
}

Result<void> Bus::remove(std::uint64_t base) {
  const std::lock_guard lock(writers_);
  const unsigned count = count_.load(std::memory_order_relaxed);
  for (unsigned position = 0; position < count; ++position) {
    if (entries_[position].base.load(std::memory_order_relaxed) != base) {
      continue;
    }
    sequence_.fetch_add(1, std::memory_order_acq_rel);
    for (unsigned i = position + 1; i < count; ++i) {
      move_entry(i, i - 1);
    }
    count_.store(count - 1, std::memory_order_release);
    sequence_.fetch_add(1, std::memory_order_release);
    return {};
  }
  return Error{ErrorCode::kNotFound, fmt::format("no range starts at {:#x} on the {} bus", base, name_), {}};
}

Bus::Hit Bus::search(std::uint64_t address, unsigned count) const {
  // The first entry whose base is above the address; the one before it may hold the address.
  unsigned low = 0;
  unsigned high = std::min(count, kMaxRanges);
  while (low < high) {
    const unsigned middle = (low + high) / 2;
    if (entries_[middle].base.load(std::memory_order_acquire) <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  Hit hit;
  if (low > 0) {
    const Entry& entry = entries_[low - 1];
    const std::uint64_t relative = address - entry.base.load(std::memory_order_acquire);
    const std::uint64_t size = entry.size.load(std::memory_order_acquire);
    if (relative < size) {
      hit.device = entry.device.load(std::memory_order_acquire);
      hit.offset = relative + entry.device_offset.load(std::memory_order_acquire);
      hit.remaining = size - relative;
      return hit;
    }
  }
  hit.remaining = std::numeric_limits<std::uint64_t>::max();
  if (low < count && low < kMaxRanges) {
    hit.remaining = entries_[low].base.load(std::memory_order_acquire) - address;
  }
  return hit;
}

Bus::Hit Bus::find(std::uint64_t address) const {
  for (;;) {
    const std::uint32_t before = sequence_.load(std::memory_order_acquire);
    if ((before & 1) == 0) {
      const Hit hit = search(address, count_.load(std::memory_order_acquire));
      if (sequence_.load(std::memory_order_acquire) == before) {
        return hit;
      }
    }
  }
}

bool Bus::read(std::uint64_t address, unsigned size, std::uint64_t& value) const {
  value = 0;
  bool any = false;
  for (unsigned done = 0; done < size;) {
    const unsigned left = size - done;
    const Hit hit = find(address + done);
    unsigned piece = 0;
    std::uint64_t part = 0;
    if (hit.device != nullptr && (piece = piece_size(*hit.device, left, hit.remaining)) != 0) {
      part = hit.device->read(hit.offset, piece) & all_ones(piece);
      any = true;
    } else {
      piece = static_cast<unsigned>(std::min<std::uint64_t>(left, std::max<std::uint64_t>(hit.remaining, 1)));
      part = all_ones(piece);
    }
    value |= part << (done * 8);
    done += piece;
  }
  return any;
}

bool Bus::write(std::uint64_t address, unsigned size, std::uint64_t value) const {
  bool any = false;
  for (unsigned done = 0; done < size;) {
    const unsigned left = size - done;
    const Hit hit = find(address + done);
    unsigned piece = 0;
    if (hit.device != nullptr && (piece = piece_size(*hit.device, left, hit.remaining)) != 0) {
      hit.device->write(hit.offset, piece, (value >> (done * 8)) & all_ones(piece));
      any = true;
    } else {
      piece = static_cast<unsigned>(std::min<std::uint64_t>(left, std::max<std::uint64_t>(hit.remaining, 1)));
    }
    done += piece;
  }
  return any;
}

}  // namespace saffron::core
