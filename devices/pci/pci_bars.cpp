// SPDX-License-Identifier: Apache-2.0
#include "devices/pci/pci_bars.h"

#include <algorithm>
#include <bit>

namespace saffron::pci {

namespace {

constexpr unsigned kRomIndex = 6;
constexpr std::uint32_t kBarIo = 1;              // 6.2.5.1: bit 0 tells I/O from memory.
constexpr std::uint32_t kBarMemory64 = 2u << 1;  // Type 10b.
constexpr std::uint32_t kBarPrefetchable = 1u << 3;
constexpr std::uint32_t kRomEnable = 1;          // 6.2.5.2.
constexpr std::uint64_t kMinimumRomSize = 2048;  // Bits 10:1 of the ROM register are reserved.

unsigned register_of(unsigned index) {
  return index == kRomIndex ? kConfigRom : kConfigBar0 + 4 * index;
}

std::uint64_t minimum_size(const PciBarSpec& spec) {
  if (spec.index == kRomIndex) {
    return kMinimumRomSize;
  }
  return spec.kind == PciBarKind::kIo ? 4 : 16;
}

bool valid(const PciBarSpec& spec) {
  const unsigned count = spec.kind == PciBarKind::kMemory64 ? 2 : 1;
  const bool index_fits =
      spec.index == kRomIndex ? spec.kind == PciBarKind::kMemory32 : spec.index + count <= kRomIndex;
  const std::uint64_t largest = spec.kind == PciBarKind::kIo         ? 256
                                : spec.kind == PciBarKind::kMemory32 ? std::uint64_t{1} << 31
                                                                     : std::uint64_t{1} << 48;
  return index_fits && std::has_single_bit(spec.size) && spec.size >= minimum_size(spec) && spec.size <= largest;
}

std::uint32_t type_bits(const PciBarSpec& spec) {
  if (spec.index == kRomIndex) {
    return 0;
  }
  if (spec.kind == PciBarKind::kIo) {
    return kBarIo;
  }
  return (spec.kind == PciBarKind::kMemory64 ? kBarMemory64 : 0) | (spec.prefetchable ? kBarPrefetchable : 0);
}

bool windows_inside(const PciBarSpec& spec, const PciBarWindow& window) {
  return window.size != 0 && window.size <= spec.size && window.offset <= spec.size - window.size &&
         (window.handler != nullptr) != (window.slot != nullptr);
}

}  // namespace

void PciBars::add(PciBarSpec spec, PciConfigSpace& config) {
  if (spec.index == kRomIndex) {
    spec.size = std::max(spec.size, kMinimumRomSize);
  }
  if (!valid(spec) || specs_[spec.index].size != 0) {
    core::log_error("pci", "{}: BAR {} of {:#x} bytes is against the rules; left out", name_, spec.index, spec.size);
    return;
  }
  const std::uint64_t mask = ~(spec.size - 1);
  const std::uint32_t enable = spec.index == kRomIndex ? kRomEnable : 0;
  config.define32(register_of(spec.index), type_bits(spec), static_cast<std::uint32_t>(mask) | enable);
  if (spec.kind == PciBarKind::kMemory64) {
    config.define32(register_of(spec.index) + 4, 0, static_cast<std::uint32_t>(mask >> 32));
  }
  const std::vector<PciBarWindow> windows = std::move(spec.windows);
  spec.windows.clear();
  const unsigned index = spec.index;
  specs_[index] = std::move(spec);
  for (const PciBarWindow& window : windows) {
    add_window(index, window);
  }
}

void PciBars::add_window(unsigned index, const PciBarWindow& window) {
  if (index >= kCount || !windows_inside(specs_[index], window)) {
    core::log_error("pci", "{}: a window of BAR {} is outside of it, or is nothing; left out", name_, index);
    return;
  }
  specs_[index].windows.push_back(window);
}

std::optional<std::uint64_t> PciBars::wanted_at(const PciBarSpec& spec, const PciConfigSpace& config) const {
  const std::uint32_t command = config.value(kConfigCommand, 2);
  const std::uint32_t low = config.value(register_of(spec.index), 4);
  const bool is_io = spec.kind == PciBarKind::kIo;
  if ((command & (is_io ? kCommandIo : kCommandMemory)) == 0 || (spec.index == kRomIndex && (low & kRomEnable) == 0)) {
    return std::nullopt;
  }
  std::uint64_t base = low;
  std::uint64_t limit = is_io ? 0xffff : 0xffffffff;
  if (spec.kind == PciBarKind::kMemory64) {
    base |= std::uint64_t{config.value(register_of(spec.index) + 4, 4)} << 32;
    // 52 bits are the most that an x86 page table can name; KVM refuses slots above the CPU's own width.
    limit = (std::uint64_t{1} << 52) - 1;
  }
  base &= ~(spec.size - 1);
  const std::uint64_t last = base + (spec.size - 1);
  // 0 is where a BAR that nobody placed yet is. A range that ends at 4 GiB is what sizing writes with decoding on
  // leave (the low half of a 64-bit BAR too), and hides the firmware and the reset vector.
  if (base == 0 || last > limit || last == 0xffffffff) {
    return std::nullopt;
  }
  return base;
}

PciBars::Addresses PciBars::wanted(const PciConfigSpace& config) const {
  Addresses addresses;
  for (unsigned index = 0; index < kCount; ++index) {
    if (specs_[index].size != 0) {
      addresses[index] = wanted_at(specs_[index], config);
    }
  }
  return addresses;
}

bool PciBars::update(const std::function<Addresses()>& read_wanted, const Listener& listener) {
  if (socket_ == nullptr) {
    return false;
  }
  std::unique_lock lock(mutex_);
  const Addresses target = read_wanted();
  bool freed = false;
  // First all that goes, so that BARs of one device can trade places.
  for (unsigned index = 0; index < kCount; ++index) {
    const std::uint64_t current = mapped_[index];
    if (current != kUnmapped && target[index] != current) {
      unmap_windows(specs_[index], current, specs_[index].windows.size());
      mapped_[index] = kUnmapped;
      freed = true;
    }
  }
  bool any_blocked = false;
  for (unsigned index = 0; index < kCount; ++index) {
    if (!target[index].has_value() || mapped_[index] != kUnmapped) {
      continue;
    }
    if (map(specs_[index], *target[index])) {
      mapped_[index] = *target[index];
    } else {
      any_blocked = true;
    }
  }
  blocked_ = any_blocked;
  report(lock, listener);
  return freed;
}

void PciBars::report(std::unique_lock<std::mutex>& lock, const Listener& listener) {
  if (reporting_) {
    return;  // That thread goes on until it sees what we did.
  }
  reporting_ = true;
  for (bool again = true; again;) {
    again = false;
    for (unsigned index = 0; index < kCount; ++index) {
      const std::uint64_t current = mapped_[index];
      if (reported_[index] == current) {
        continue;
      }
      again = true;
      // A move is told as two events, whoever saw the state in between.
      const bool leaving = reported_[index] != kUnmapped;
      reported_[index] = leaving ? kUnmapped : current;
      lock.unlock();
      listener(index, leaving ? std::nullopt : std::optional<std::uint64_t>(current));
      lock.lock();
    }
  }
  reporting_ = false;
}

core::Bus& PciBars::bus_of(const PciBarSpec& spec) const {
  return spec.kind == PciBarKind::kIo ? socket_->io_bus() : socket_->memory_bus();
}

bool PciBars::map(const PciBarSpec& spec, std::uint64_t base) {
  for (std::size_t i = 0; i < spec.windows.size(); ++i) {
    if (!map_window(spec, spec.windows[i], base)) {
      unmap_windows(spec, base, i);
      return false;
    }
  }
  return true;
}

bool PciBars::map_window(const PciBarSpec& spec, const PciBarWindow& window, std::uint64_t base) {
  const core::Result<void> result =
      window.slot != nullptr
          ? window.slot->map(core::GuestAddress{base + window.offset})
          : bus_of(spec).insert({base + window.offset, window.size, window.device_offset}, *window.handler);
  if (!result.ok()) {
    log_blocked_.warning("pci", "{}: BAR {} cannot be decoded at {:#x}: {}", name_, spec.index, base,
                         result.error().message);
  }
  return result.ok();
}

void PciBars::unmap_windows(const PciBarSpec& spec, std::uint64_t base, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const PciBarWindow& window = spec.windows[i];
    if (window.slot != nullptr) {
      window.slot->unmap();
    } else {
      // Can only fail if the range is not there, which is what is asked for.
      (void)bus_of(spec).remove(base + window.offset);
    }
  }
}

std::optional<std::uint64_t> PciBars::address(unsigned index) const {
  const std::uint64_t base = index < kCount ? mapped_[index].load() : kUnmapped;
  return base == kUnmapped ? std::nullopt : std::optional<std::uint64_t>(base);
}

bool PciBars::concerns(unsigned offset, unsigned size) {
  const auto touches = [&](unsigned first, unsigned last) { return offset <= last && offset + size > first; };
  return touches(kConfigCommand, kConfigCommand + 1) || touches(kConfigBar0, kConfigBar0 + 23) ||
         touches(kConfigRom, kConfigRom + 3);
}

}  // namespace saffron::pci
