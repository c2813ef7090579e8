// SPDX-License-Identifier: Apache-2.0
#include "engine/core/guest_memory.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>

namespace saffron::core {

namespace {

constexpr std::uint64_t kPageSize = 4096;

Error outside(GuestAddress address, std::uint64_t length) {
  return Error{ErrorCode::kOutOfRange, fmt::format("guest address {:#x}+{:#x} is not RAM", address.value, length), {}};
}

/// Calls `visit(host bytes)` for each contiguous piece of [address, +length); false once a part of it is not RAM, after
/// the pieces before it were visited: so callers that copy check with is_ram first.
template <typename Visit>
bool for_each_piece(const GuestMemory& memory, GuestAddress address, std::uint64_t length, Visit visit) {
  while (length > 0) {
    const auto& regions = memory.regions();
    const auto after = std::upper_bound(regions.begin(), regions.end(), address,
                                        [](GuestAddress a, const GuestRegion& region) { return a < region.base; });
    if (after == regions.begin()) {
      return false;
    }
    const GuestRegion& region = *(after - 1);
    const std::uint64_t offset = address.value - region.base.value;
    if (offset >= region.size) {
      return false;
    }
    const std::uint64_t piece = std::min(length, region.size - offset);
    visit(memory.backing().bytes().subspan(region.file_offset + offset, piece));
    address = address + piece;
    length -= piece;
  }
  return true;
}

bool is_ram(const GuestMemory& memory, GuestAddress address, std::uint64_t length) {
  return for_each_piece(memory, address, length, [](std::span<std::uint8_t>) {});
}

}  // namespace

Result<std::unique_ptr<SharedMemory>> SharedMemory::create(std::string_view name, std::uint64_t size) {
  if (size == 0 || size % kPageSize != 0) {
    return Error{ErrorCode::kInvalidArgument, "shared memory must be whole pages", std::string(name)};
  }
  const int fd = ::memfd_create(std::string(name).c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) {
    return Error::from_errno(errno, "cannot create a memory file", std::string(name));
  }
  void* address = MAP_FAILED;
  int failure = 0;
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0 ||
      ::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    failure = errno;
  } else {
    address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    failure = errno;
  }
  if (address == MAP_FAILED) {
    ::close(fd);
    return Error::from_errno(failure, fmt::format("cannot map {} MiB of memory", size >> 20), std::string(name));
  }
  // A core dump of the engine must not hold the guest's memory. Failure only makes dumps larger.
  ::madvise(address, size, MADV_DONTDUMP);
  return std::unique_ptr<SharedMemory>(
      new SharedMemory(fd, {static_cast<std::uint8_t*>(address), static_cast<std::size_t>(size)}));
}

SharedMemory::~SharedMemory() {
  ::munmap(bytes_.data(), bytes_.size());
  ::close(fd_);
}

GuestMemory::GuestMemory(std::unique_ptr<SharedMemory> backing, std::vector<GuestRegion> regions)
    : backing_(std::move(backing)), regions_(std::move(regions)) {}

Result<std::unique_ptr<GuestMemory>> GuestMemory::create(std::span<const GuestRegion> regions) {
  std::vector<GuestRegion> placed;
  std::uint64_t total = 0;
  std::uint64_t free_from = 0;
  for (const GuestRegion& region : regions) {
    const std::uint64_t base = region.base.value;
    if (region.size == 0 || region.size % kPageSize != 0 || base % kPageSize != 0 || base < free_from ||
        region.size > (std::uint64_t{1} << 52) || base > (std::uint64_t{1} << 52)) {
      return Error{
          ErrorCode::kInvalidArgument,
          fmt::format("RAM region {:#x}+{:#x} is empty, unaligned, out of order or too large", base, region.size),
          "memory"};
    }
    placed.push_back({region.base, region.size, total});
    total += region.size;
    free_from = base + region.size;
  }
  if (placed.empty()) {
    return Error{ErrorCode::kInvalidArgument, "a guest needs RAM", "memory"};
  }
  auto backing = SAFFRON_TRY(SharedMemory::create("saffron-guest-ram", total));
  return std::unique_ptr<GuestMemory>(new GuestMemory(std::move(backing), std::move(placed)));
}

const GuestRegion* GuestMemory::region_of(GuestAddress address) const {
  // Few regions: a scan beats a search.
  for (const GuestRegion& region : regions_) {
    if (address.value >= region.base.value && address.value - region.base.value < region.size) {
      return &region;
    }
  }
  return nullptr;
}

Result<void> GuestMemory::read(GuestAddress address, std::span<std::uint8_t> to) const {
  if (!is_ram(*this, address, to.size())) {
    return outside(address, to.size());
  }
  std::size_t done = 0;
  for_each_piece(*this, address, to.size(), [&](std::span<std::uint8_t> piece) {
    std::memcpy(to.data() + done, piece.data(), piece.size());
    done += piece.size();
  });
  return {};
}

Result<void> GuestMemory::write(GuestAddress address, std::span<const std::uint8_t> from) const {
  if (!is_ram(*this, address, from.size())) {
    return outside(address, from.size());
  }
  std::size_t done = 0;
  for_each_piece(*this, address, from.size(), [&](std::span<std::uint8_t> piece) {
    std::memcpy(piece.data(), from.data() + done, piece.size());
    done += piece.size();
  });
  return {};
}

Result<void> GuestMemory::fill(GuestAddress address, std::uint8_t value, std::uint64_t length) const {
  if (!is_ram(*this, address, length)) {
    return outside(address, length);
  }
  for_each_piece(*this, address, length,
                 [&](std::span<std::uint8_t> piece) { std::memset(piece.data(), value, piece.size()); });
  return {};
}

std::optional<std::span<std::uint8_t>> GuestMemory::span(GuestAddress address, std::uint64_t length) const {
  const GuestRegion* region = region_of(address);
  if (region == nullptr) {
    return std::nullopt;
  }
  const std::uint64_t offset = address.value - region->base.value;
  if (length > region->size - offset) {
    return std::nullopt;
  }
  return backing_->bytes().subspan(region->file_offset + offset, length);
}

Result<std::uint16_t> GuestMemory::load_acquire_u16(GuestAddress address) const {
  if (address.value % 2 != 0) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("guest address {:#x} is odd", address.value), {}};
  }
  const auto bytes = span(address, 2);
  if (!bytes) {
    return outside(address, 2);
  }
  // The bytes are a shared, aligned 16-bit object of the guest's: atomic_ref is the way to touch it.
  return std::atomic_ref(*reinterpret_cast<std::uint16_t*>(bytes->data())).load(std::memory_order_acquire);
}

Result<void> GuestMemory::store_release_u16(GuestAddress address, std::uint16_t value) const {
  if (address.value % 2 != 0) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("guest address {:#x} is odd", address.value), {}};
  }
  const auto bytes = span(address, 2);
  if (!bytes) {
    return outside(address, 2);
  }
  std::atomic_ref(*reinterpret_cast<std::uint16_t*>(bytes->data())).store(value, std::memory_order_release);
  return {};
}

}  // namespace saffron::core
