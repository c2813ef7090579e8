// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/fw_cfg.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace saffron::legacy {
namespace {

// Registers, relative to 0x510 ("x86, x86-64 register locations").
constexpr std::uint64_t kSelector = 0;
constexpr std::uint64_t kData = 1;
constexpr std::uint64_t kDmaHigh = 4;
constexpr std::uint64_t kDmaLow = 8;
constexpr std::uint64_t kDmaEnd = 12;

constexpr std::uint16_t kSignatureKey = 0x0000;
constexpr std::uint16_t kFeaturesKey = 0x0001;
constexpr std::uint16_t kDirectoryKey = 0x0019;
constexpr std::uint16_t kWriteChannel = 0x4000;  // Bit 14 of the selector: once asked for writing, now ignored.

constexpr std::uint32_t kFeatureTraditional = 1 << 0;
constexpr std::uint32_t kFeatureDma = 1 << 1;

// DMA control ("Guest-side DMA Interface").
constexpr std::uint32_t kDmaError = 1 << 0;
constexpr std::uint32_t kDmaRead = 1 << 1;
constexpr std::uint32_t kDmaSkip = 1 << 2;
constexpr std::uint32_t kDmaSelect = 1 << 3;
constexpr std::uint32_t kDmaWrite = 1 << 4;

constexpr std::string_view kDmaSignature = "QEMU CFG";
constexpr std::size_t kDirectoryEntrySize = 64;

void put_big_endian(FwCfg::Bytes& to, std::uint64_t value, unsigned size) {
  for (unsigned i = size; i-- > 0;) {
    to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
}

FwCfg::Bytes little_endian(std::uint64_t value, unsigned size) {
  FwCfg::Bytes bytes;
  for (unsigned i = 0; i < size; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  return bytes;
}

std::uint64_t get_big_endian(std::span<const std::uint8_t> from) {
  std::uint64_t value = 0;
  for (std::uint8_t byte : from) {
    value = value << 8 | byte;
  }
  return value;
}

}  // namespace

/// FWCfgDmaAccess, decoded.
struct FwCfg::DmaRequest {
  std::uint32_t control;
  std::uint32_t length;
  core::GuestAddress address;
};

FwCfg::FwCfg(const core::GuestMemory& memory) : memory_(memory) {
  add_item(kSignatureKey, {'Q', 'E', 'M', 'U'});
  add_u32(kFeaturesKey, kFeatureTraditional | kFeatureDma);
  rebuild_directory();
  selection_.bytes = items_[kSignatureKey].bytes;
}

void FwCfg::add_item(std::uint16_t key, Bytes bytes) {
  std::lock_guard lock(mutex_);
  items_[key] = Item{std::make_shared<const Bytes>(std::move(bytes)), {}, {}, false};
}

void FwCfg::add_u16(std::uint16_t key, std::uint16_t value) {
  add_item(key, little_endian(value, 2));
}
void FwCfg::add_u32(std::uint16_t key, std::uint32_t value) {
  add_item(key, little_endian(value, 4));
}
void FwCfg::add_u64(std::uint16_t key, std::uint64_t value) {
  add_item(key, little_endian(value, 8));
}

core::Result<void> FwCfg::add_file(std::string name, Bytes bytes) {
  return insert_file(std::move(name), Item{std::make_shared<const Bytes>(std::move(bytes)), {}, {}, false});
}

core::Result<void> FwCfg::add_file(std::string name, std::uint32_t size, Provider provider) {
  // Zeroes stand for the bytes until they are asked for: the directory needs their size.
  Provider sized = [size, provider = std::move(provider)] {
    Bytes bytes = provider();
    bytes.resize(size);
    return bytes;
  };
  return insert_file(std::move(name), Item{std::make_shared<const Bytes>(size), std::move(sized), {}, false});
}

core::Result<void> FwCfg::add_writable_file(std::string name, Bytes initial, WriteListener listener) {
  return insert_file(std::move(name),
                     Item{std::make_shared<const Bytes>(std::move(initial)), {}, std::move(listener), true});
}

core::Result<void> FwCfg::insert_file(std::string name, Item item) {
  if (name.empty() || name.size() > kMaxFileName) {
    return core::Error{core::ErrorCode::kInvalidArgument, "A firmware file name has 1 to 55 characters.", name};
  }
  if (item.bytes->size() > UINT32_MAX) {
    return core::Error{core::ErrorCode::kInvalidArgument, "A firmware file must be smaller than 4 GiB.", name};
  }
  std::lock_guard lock(mutex_);
  if (files_.contains(name)) {
    return core::Error{core::ErrorCode::kAlreadyExists, "There is a firmware file of this name already.", name};
  }
  if (files_.size() >= kMaxFiles) {
    return core::Error{core::ErrorCode::kExhausted, "There are too many firmware files.", name};
  }
  const auto key = static_cast<std::uint16_t>(kFirstFileKey + files_.size());
  items_[key] = std::move(item);
  files_[std::move(name)] = key;
  rebuild_directory();
  return {};
}

core::Result<void> FwCfg::replace_file(const std::string& name, Bytes bytes) {
  std::lock_guard lock(mutex_);
  const auto file = files_.find(name);
  if (file == files_.end() || items_[file->second].writable) {
    return core::Error{core::ErrorCode::kNotFound, "There is no such read-only firmware file.", name};
  }
  items_[file->second] = Item{std::make_shared<const Bytes>(std::move(bytes)), {}, {}, false};
  rebuild_directory();
  return {};
}

// "File Directory": a big-endian count, then struct FWCfgFile for each.
void FwCfg::rebuild_directory() {
  Bytes directory;
  directory.reserve(4 + files_.size() * kDirectoryEntrySize);
  put_big_endian(directory, files_.size(), 4);
  for (const auto& [name, key] : files_) {
    put_big_endian(directory, items_[key].bytes->size(), 4);
    put_big_endian(directory, key, 2);
    put_big_endian(directory, 0, 2);
    directory.insert(directory.end(), name.begin(), name.end());
    directory.resize(directory.size() + kMaxFileName + 1 - name.size());
  }
  items_[kDirectoryKey] = Item{std::make_shared<const Bytes>(std::move(directory)), {}, {}, false};
}

std::uint64_t FwCfg::read(std::uint64_t offset, unsigned size) {
  if (offset >= kDmaHigh) {
    // The DMA register reads as a signature, so that a guest can find it.
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) {
      const std::uint64_t index = offset - kDmaHigh + i;
      if (index < kDmaSignature.size()) {
        value |= std::uint64_t{static_cast<std::uint8_t>(kDmaSignature[index])} << (8 * i);
      }
    }
    return value;
  }
  // The data register overlaps the selector's upper byte: bytes are data, and only bytes can be read.
  return size == 1 && offset <= kData ? read_data() : ~std::uint64_t{0};
}

void FwCfg::write(std::uint64_t offset, unsigned size, std::uint64_t value) {
  if (offset == kSelector && size == 2) {
    select(static_cast<std::uint16_t>(value));
    return;
  }
  if (size != 4 || offset < kDmaHigh || offset >= kDmaEnd) {
    return;  // Writing data is gone from the specification; other widths never had a meaning.
  }
  // The register is big-endian, the port little-endian.
  const std::uint32_t half = __builtin_bswap32(static_cast<std::uint32_t>(value));
  std::uint64_t address = 0;
  {
    std::lock_guard lock(mutex_);
    if (offset == kDmaHigh) {
      dma_high_ = half;
      return;
    }
    if (offset != kDmaLow) {
      return;
    }
    address = std::uint64_t{std::exchange(dma_high_, 0)} << 32 | half;
  }
  run_dma({address});
}

void FwCfg::reset() {
  select(kSignatureKey);
  std::lock_guard lock(mutex_);
  dma_high_ = 0;
}

void FwCfg::select(std::uint16_t key) {
  key &= static_cast<std::uint16_t>(~kWriteChannel);
  Selection chosen{key, 0, nullptr};
  Provider provider;
  {
    std::lock_guard lock(mutex_);
    if (const auto item = items_.find(key); item != items_.end()) {
      chosen.bytes = item->second.bytes;
      provider = item->second.provider;
    }
  }
  if (provider) {
    chosen.bytes = std::make_shared<const Bytes>(provider());
  }
  std::lock_guard lock(mutex_);
  selection_ = std::move(chosen);
}

std::uint8_t FwCfg::read_data() {
  std::lock_guard lock(mutex_);
  if (selection_.bytes == nullptr || selection_.offset >= selection_.bytes->size()) {
    return 0;  // "Reading past the end returns zero", as does an item that is not there.
  }
  return (*selection_.bytes)[selection_.offset++];
}

void FwCfg::run_dma(core::GuestAddress request_address) {
  std::array<std::uint8_t, 16> raw;
  if (!memory_.read(request_address, raw).ok()) {
    bad_dma_.warning(name(), "the guest gave a DMA request outside of its memory, at {:#x}", request_address.value);
    return;  // There is no place for an error either.
  }
  const DmaRequest request{static_cast<std::uint32_t>(get_big_endian(std::span(raw).subspan(0, 4))),
                           static_cast<std::uint32_t>(get_big_endian(std::span(raw).subspan(4, 4))),
                           {get_big_endian(std::span(raw).subspan(8, 8))}};
  if ((request.control & kDmaSelect) != 0) {
    select(static_cast<std::uint16_t>(request.control >> 16));
  }
  // Read goes before write, and write before skip, where several are set.
  bool done = true;
  if ((request.control & kDmaRead) != 0) {
    done = dma_read(request);
  } else if ((request.control & kDmaWrite) != 0) {
    done = dma_write(request);
  } else if ((request.control & kDmaSkip) != 0) {
    std::lock_guard lock(mutex_);
    selection_.offset += request.length;  // A guest that wraps its 64 bits, in hours, begins anew.
  }
  Bytes result;
  put_big_endian(result, done ? 0 : kDmaError, 4);
  if (!memory_.write(request_address, result).ok() || !done) {
    bad_dma_.warning(name(), "a DMA request of {} bytes at {:#x} failed", request.length, request.address.value);
  }
}

// What lies past the item's end reads as zero. The work is bounded by guest memory: a length past it is an error.
bool FwCfg::dma_read(const DmaRequest& request) {
  Selection from;
  {
    std::lock_guard lock(mutex_);
    from = selection_;
    selection_.offset += request.length;
  }
  const std::uint64_t size = from.bytes == nullptr ? 0 : from.bytes->size();
  const std::uint64_t available = size - std::min(size, from.offset);
  const std::uint64_t copied = std::min<std::uint64_t>(available, request.length);
  if (copied != 0 && !memory_.write(request.address, std::span(*from.bytes).subspan(from.offset, copied)).ok()) {
    return false;
  }
  return copied == request.length || memory_.fill(request.address + copied, 0, request.length - copied).ok();
}

// Only inside a writable file, and only whole ("Guest-side DMA Interface": otherwise an error).
bool FwCfg::dma_write(const DmaRequest& request) {
  Selection target;
  {
    std::lock_guard lock(mutex_);
    target = selection_;
    const auto item = items_.find(target.key);
    if (item == items_.end() || !item->second.writable || target.offset > target.bytes->size() ||
        request.length > target.bytes->size() - target.offset) {
      return false;
    }
  }
  Bytes changed = *target.bytes;
  if (!memory_.read(request.address, std::span(changed).subspan(target.offset, request.length)).ok()) {
    return false;
  }
  auto whole = std::make_shared<const Bytes>(std::move(changed));
  WriteListener listener;
  {
    std::lock_guard lock(mutex_);
    Item& item = items_[target.key];
    item.bytes = whole;
    listener = item.listener;
    if (selection_.key == target.key) {
      selection_.bytes = whole;
      selection_.offset = target.offset + request.length;
    }
  }
  if (listener) {
    listener(*whole);
  }
  return true;
}

}  // namespace saffron::legacy
