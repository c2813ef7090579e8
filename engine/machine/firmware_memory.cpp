// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/firmware_memory.h"

#include <algorithm>

#include "engine/core/log.h"
#include "engine/machine/memory_layout.h"

namespace saffron::machine {

namespace {

constexpr std::uint64_t kLowCopyStart = 0xe0000;
constexpr std::uint64_t kLowCopySize = 0x20000;
constexpr std::uint64_t kBlock = 0x10000;

/// The thirteen regions of PAM0..PAM6 (3 Series datasheet, 5.1.18): twelve of 16 KiB, then the BIOS's 64 KiB.
std::vector<pci::PamRegion> all_regions() {
  std::vector<pci::PamRegion> regions;
  for (std::uint64_t base = kPamStart; base < 0xf0000; base += 0x4000) {
    regions.push_back({base, 0x4000});
  }
  regions.push_back({0xf0000, 0x10000});
  return regions;
}

}  // namespace

core::Result<std::unique_ptr<FirmwareMemory>> FirmwareMemory::create(const core::GuestMemory& ram,
                                                                     core::MemorySlotFactory& slots,
                                                                     std::span<const std::uint8_t> image) {
  auto memory = std::unique_ptr<FirmwareMemory>(new FirmwareMemory(ram));
  if (!image.empty()) {
    SAFFRON_TRY(memory->add_image(slots, image));
  }
  SAFFRON_TRY(memory->add_areas(slots));
  return memory;
}

core::Result<void> FirmwareMemory::add_image(core::MemorySlotFactory& slots, std::span<const std::uint8_t> image) {
  if (image.size() < kBlock || image.size() > kMaxImage || image.size() % kBlock != 0) {
    return core::Error{core::ErrorCode::kInvalidArgument,
                       "a BIOS image must be 64 KiB to 8 MiB, in whole 64 KiB blocks", "firmware.path"};
  }
  image_ = SAFFRON_TRY(core::SharedMemory::create("saffron-bios", image.size()));
  std::copy(image.begin(), image.end(), image_->bytes().begin());
  top_ = SAFFRON_TRY(slots.create_slot("bios", *image_, {.access = core::SlotAccess::kReadOnly}));
  return top_->map({kFirmwareTop - image.size()});
}

core::Result<void> FirmwareMemory::add_areas(core::MemorySlotFactory& slots) {
  for (const pci::PamRegion& region : all_regions()) {
    Area area;
    area.region = region;
    // RAM's regions begin at 0, where the file offset is the address.
    core::MemorySlotOptions options{.offset = region.base, .size = region.size};
    area.ram = SAFFRON_TRY(slots.create_slot("pam-ram", ram_.backing(), options));
    options.access = core::SlotAccess::kReadOnly;
    area.ram_read_only = SAFFRON_TRY(slots.create_slot("pam-ram-ro", ram_.backing(), options));
    const std::uint64_t copy = image_ ? std::min<std::uint64_t>(kLowCopySize, image_->size()) : 0;
    const std::uint64_t copy_start = kLowCopyStart + kLowCopySize - copy;
    if (copy != 0 && region.base >= copy_start) {
      options.offset = image_->size() - copy + (region.base - copy_start);
      area.rom = SAFFRON_TRY(slots.create_slot("pam-rom", *image_, options));
    }
    show(area);
    areas_.push_back(std::move(area));
  }
  return {};
}

void FirmwareMemory::show(Area& area) {
  core::MemorySlot* wanted = nullptr;
  if (area.region.read_enable) {
    wanted = area.region.write_enable ? area.ram.get() : area.ram_read_only.get();
  } else {
    wanted = area.rom.get();
  }
  for (core::MemorySlot* slot : {area.ram.get(), area.ram_read_only.get(), area.rom.get()}) {
    if (slot != nullptr && slot != wanted) {
      slot->unmap();
    }
  }
  if (wanted != nullptr) {
    // A guest may have put a BAR there: then its memory is missing, and it is told once.
    const auto mapped = wanted->map({area.region.base});
    if (!mapped.ok()) {
      map_failed_.warning("pam", "{}: {}", mapped.error().subject, mapped.error().message);
    }
  }
}

void FirmwareMemory::pam_changed(std::span<const pci::PamRegion> regions) {
  const std::lock_guard lock(mutex_);
  for (const pci::PamRegion& region : regions) {
    for (Area& area : areas_) {
      if (area.region.base == region.base && area.region != region) {
        area.region = region;
        show(area);
      }
    }
  }
}

std::uint64_t FirmwareMemory::read(std::uint64_t, unsigned) {
  return ~std::uint64_t{0};  // Only regions without RAM or ROM behind them come here.
}

void FirmwareMemory::write(std::uint64_t offset, unsigned size, std::uint64_t value) {
  const std::lock_guard lock(mutex_);
  for (unsigned i = 0; i < size; ++i) {  // An access may cross from one area into another.
    const std::uint64_t address = kPamStart + offset + i;
    const std::uint8_t byte = static_cast<std::uint8_t>(value >> (i * 8));
    for (const Area& area : areas_) {
      const bool inside = address >= area.region.base && address - area.region.base < area.region.size;
      if (inside && area.region.write_enable) {
        (void)ram_.write({address}, {&byte, 1});  // RAM is there by construction.
      }
    }
  }
}

}  // namespace saffron::machine
