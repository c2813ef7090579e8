// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "devices/storage/ata_device.h"
#include "devices/storage/file_io.h"

namespace saffron::storage {

namespace {

/// AHCI 1.3.1, 4.2.3.3.
struct PrdtEntry {
  std::uint64_t address;
  std::uint32_t reserved;
  std::uint32_t count_and_flags;
};
static_assert(sizeof(PrdtEntry) == 16);

}  // namespace

std::span<std::uint8_t> PrdtCursor::next(std::uint64_t limit) {
  if (!returned_.empty()) {
    std::span<std::uint8_t>& first = returned_.back();
    const auto run = first.first(std::min<std::uint64_t>(limit, first.size()));
    first = first.subspan(run.size());
    if (first.empty()) {
      returned_.pop_back();
    }
    return run;
  }
  if (current_.empty()) {
    if (index_ == entries_ || failed_) {
      return {};
    }
    const auto entry = memory_->read_object<PrdtEntry>(table_ + std::uint64_t{index_} * sizeof(PrdtEntry));
    ++index_;
    if (!entry.ok()) {
      failed_ = true;
      return {};
    }
    // Bit 0 of the count is always one, of the address always zero: runs are of whole words.
    const std::uint64_t size = ((entry->count_and_flags & 0x3fffff) | 1) + 1;
    const auto span = memory_->span({entry->address & ~std::uint64_t{1}}, size);
    if (!span) {
      failed_ = true;
      return {};
    }
    current_ = *span;
    current_interrupts_ = (entry->count_and_flags >> 31) != 0;
  }
  const auto run = current_.first(std::min<std::uint64_t>(limit, current_.size()));
  current_ = current_.subspan(run.size());
  wants_interrupt_ |= current_.empty() && current_interrupts_;
  return run;
}

std::uint64_t PrdtCursor::take(std::uint64_t bytes, std::uint64_t block, std::vector<iovec>& to) {
  const std::size_t first = to.size();
  std::uint64_t taken = 0;
  while (taken < bytes && to.size() - first < kMaxKernelVectors) {
    const auto run = next(bytes - taken);
    if (run.empty()) {
      break;
    }
    to.push_back({run.data(), run.size()});
    taken += run.size();
  }
  std::uint64_t excess = taken % block;
  taken -= excess;
  while (excess != 0) {
    iovec& last = to.back();
    const auto back = std::min<std::uint64_t>(excess, last.iov_len);
    last.iov_len -= back;
    returned_.push_back({static_cast<std::uint8_t*>(last.iov_base) + last.iov_len, back});
    if (last.iov_len == 0) {
      to.pop_back();
    }
    excess -= back;
  }
  transferred_ += taken;
  return taken;
}

std::uint64_t PrdtCursor::copy_to_guest(std::span<const std::uint8_t> from) {
  std::uint64_t copied = 0;
  while (copied < from.size()) {
    const auto run = next(from.size() - copied);
    if (run.empty()) {
      break;
    }
    std::memcpy(run.data(), from.data() + copied, run.size());
    copied += run.size();
  }
  transferred_ += copied;
  return copied;
}

std::uint64_t PrdtCursor::copy_from_guest(std::span<std::uint8_t> to) {
  std::uint64_t copied = 0;
  while (copied < to.size()) {
    const auto run = next(to.size() - copied);
    if (run.empty()) {
      break;
    }
    std::memcpy(to.data() + copied, run.data(), run.size());
    copied += run.size();
  }
  transferred_ += copied;
  return copied;
}

}  // namespace saffron::storage
