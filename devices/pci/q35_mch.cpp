// SPDX-License-Identifier: Apache-2.0
#include "devices/pci/q35_mch.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "devices/pci/pci_config_space.h"

namespace saffron::pci {

namespace {

// Registers of device 0.
constexpr unsigned kEpbar = 0x40;
constexpr unsigned kMchbar = 0x48;
constexpr unsigned kGgc = 0x52;
constexpr unsigned kDeven = 0x54;
constexpr unsigned kDmibar = 0x68;
constexpr unsigned kPam0 = 0x90;
constexpr unsigned kPam6 = 0x96;
constexpr unsigned kLac = 0x97;
constexpr unsigned kRemapBase = 0x98;
constexpr unsigned kRemapLimit = 0x9a;
constexpr unsigned kSmram = 0x9d;
constexpr unsigned kEsmramc = 0x9e;
constexpr unsigned kTom = 0xa0;
constexpr unsigned kTouud = 0xa2;
constexpr unsigned kGbsm = 0xa4;
constexpr unsigned kBgsm = 0xa8;
constexpr unsigned kTsegmb = 0xac;
constexpr unsigned kTolud = 0xb0;
constexpr unsigned kErrorCommand = 0xca;
constexpr unsigned kScratch = 0xdc;

constexpr std::uint8_t kSmramOpen = 1u << 6;  // D_OPEN
constexpr std::uint8_t kSmramLock = 1u << 4;  // D_LCK

constexpr PciIdentity kIdentity{.vendor = 0x8086,
                                .device = 0x29c0,
                                .subsystem_vendor = 0x1af4,
                                .subsystem = 0x1100,
                                .class_code = 0x060000,
                                .revision = 2,
                                .interrupt_pin = 0,
                                .multifunction = false};

struct PamPlace {
  std::uint64_t base;
  std::uint64_t size;
  unsigned offset;  // Register.
  unsigned shift;   // Of the nibble.
};

/// PAM0's low nibble is reserved; the others have two 16 KiB parts each.
constexpr PamPlace pam_place(unsigned index) {
  if (index == Q35Mch::kPamRegionCount - 1) {
    return {0xf0000, 0x10000, kPam0, 4};
  }
  return {0xc0000 + std::uint64_t{index} * 0x4000, 0x4000, kPam0 + 1 + index / 2, index % 2 * 4};
}

bool touches(unsigned offset, unsigned size, unsigned first, unsigned last) {
  return offset <= last && offset + size > first;
}

}  // namespace

Q35Mch::Q35Mch(core::Bus& memory_bus, core::BusDevice& ecam, PamListener& pam_listener, const Q35MchOptions& options)
    : PciDevice("mch", kIdentity), options_(options), pam_listener_(pam_listener), ecam_(memory_bus, &ecam) {
  for (unsigned i = 0; i < kPamRegionCount; ++i) {
    reported_[i] = {pam_place(i).base, pam_place(i).size, false, false};
  }
  // Memory access and bus mastering are always on; only SERR and parity can be written.
  set_register(kConfigCommand, 2, kCommandMemory | kCommandBusMaster, kCommandSerr | kCommandParityResponse);
  set_register(kEpbar, 8, 0, 0xffffff001);
  set_register(kMchbar, 8, 0, 0xfffffc001);
  set_register(kGgc, 2, 0x0002, 0);  // No integrated graphics: VGA cycles go elsewhere, and nothing is stolen.
  set_register(kDeven, 4, 0x00000001, 0);
  set_register(kPciexbar, 8, 0xe0000000, 0xff0000007 | 0x0c000000);
  set_register(kDmibar, 8, 0, 0xffffff001);
  set_register(kPam0, 1, 0, 0x30);
  for (unsigned offset = kPam0 + 1; offset <= kPam6; ++offset) {
    set_register(offset, 1, 0, 0x33);
  }
  set_register(kLac, 1, 0, 0x83);
  set_register(kErrorCommand, 2, 0, 0x0bfb);
  set_register(kScratch, 4, 0, 0xffffffff);
  define_memory_registers();
  define_smram_registers();
}

void Q35Mch::define_memory_registers() {
  constexpr std::uint64_t kMegabyte = 1ull << 20;
  constexpr std::uint64_t kFourGigabytes = 1ull << 32;
  // What firmware on hardware programs after it has sized the DIMMs; here RAM is in place from the first instruction.
  const std::uint64_t low = std::min(options_.low_ram_size, kFourGigabytes - kMegabyte) / kMegabyte;
  const std::uint64_t total = (options_.low_ram_size + options_.high_ram_size) / (64 * kMegabyte);
  const std::uint64_t top = options_.high_ram_size == 0 ? low : (kFourGigabytes + options_.high_ram_size) / kMegabyte;
  set_register(kRemapBase, 2, 0x03ff, 0x03ff);  // Base above limit: no remapping.
  set_register(kRemapLimit, 2, 0x0000, 0x03ff);
  set_register(kTom, 2, std::clamp<std::uint64_t>(total, 1, 0x3ff), 0x03ff);  // Units of 64 MiB.
  set_register(kTouud, 2, std::min<std::uint64_t>(top, 0xffff), 0xffff);      // Units of 1 MiB.
  set_register(kGbsm, 4, low << 20, 0xfff00000);
  set_register(kBgsm, 4, low << 20, 0xfff00000);
  set_register(kTsegmb, 4, low << 20, 0xfff00000);
  set_register(kTolud, 2, low << 4, 0xfff0);
}

void Q35Mch::define_smram_registers() {
  set_register(kSmram, 1, 0x02, 0x78);    // C_BASE_SEG is 010: A0000.
  set_register(kEsmramc, 1, 0x38, 0x87);  // SM_CACHE, SM_L1 and SM_L2 read 1.
}

std::array<PamRegion, Q35Mch::kPamRegionCount> Q35Mch::pam_regions() const {
  std::array<PamRegion, kPamRegionCount> regions;
  for (unsigned i = 0; i < kPamRegionCount; ++i) {
    const PamPlace place = pam_place(i);
    const std::uint32_t bits = config_value(place.offset, 1) >> place.shift;
    regions[i] = {place.base, place.size, (bits & 1) != 0, (bits & 2) != 0};
  }
  return regions;
}

void Q35Mch::on_config_write(unsigned offset, unsigned size) {
  if (touches(offset, size, kPciexbar, kPciexbar + 7)) {
    follow_ecam();
  }
  if (touches(offset, size, kPam0, kPam6)) {
    follow_pam();
  }
  if (touches(offset, size, kSmram, kEsmramc)) {
    lock_smram();
  }
}

void Q35Mch::on_reset() {
  // The lock changed what may be written, and the values that configuration space resets to.
  define_memory_registers();
  define_smram_registers();
  follow_ecam();
  follow_pam();
}

std::optional<core::BusRange> Q35Mch::ecam_range() const {
  const std::uint32_t low = config_value(kPciexbar, 4);
  const std::uint64_t value = low | std::uint64_t{config_value(kPciexbar + 4, 4)} << 32;
  // PCIEXBAR: bit 0 enables; bits 2:1 are the length (256, 128, 64 MiB; 11b is reserved). Base bits below it do not
  // count.
  const unsigned length = (low >> 1) & 3;
  if ((value & 1) == 0 || length == 3) {
    return std::nullopt;
  }
  const std::uint64_t size = std::uint64_t{256} << 20 >> length;
  const std::uint64_t base = value & ~(size - 1);
  if (base == 0) {
    return std::nullopt;  // That is RAM.
  }
  return core::BusRange{base, size, 0};
}

void Q35Mch::follow_ecam() {
  ecam_.follow([this] { return ecam_range(); });
}

void Q35Mch::follow_pam() {
  std::unique_lock lock(mutex_);
  if (reporting_) {
    return;  // That thread looks again before it leaves.
  }
  reporting_ = true;
  for (;;) {
    const std::array<PamRegion, kPamRegionCount> now = pam_regions();
    std::vector<PamRegion> changed;
    for (unsigned i = 0; i < kPamRegionCount; ++i) {
      if (now[i] != reported_[i]) {
        changed.push_back(now[i]);
      }
    }
    if (changed.empty()) {
      break;
    }
    reported_ = now;
    lock.unlock();
    pam_listener_.pam_changed(changed);
    lock.lock();
  }
  reporting_ = false;
}

void Q35Mch::lock_smram() {
  const std::uint32_t smram = config_value(kSmram, 1);
  if ((smram & kSmramLock) == 0) {
    return;
  }
  // D_LCK closes SMRAM, and makes all that decides about stolen memory read only until a reset.
  set_config_value(kSmram, 1, smram & ~std::uint32_t{kSmramOpen});
  constexpr std::array<std::pair<unsigned, unsigned>, 7> kFrozen = {
      {{kSmram, 1}, {kEsmramc, 1}, {kTom, 2}, {kGbsm, 4}, {kBgsm, 4}, {kTsegmb, 4}, {kTolud, 2}}};
  for (const auto& [offset, size] : kFrozen) {
    std::array<std::uint8_t, 4> bytes;
    const std::uint32_t value = config_value(offset, size);
    for (unsigned i = 0; i < 4; ++i) {
      bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
    set_config(offset, {bytes.data(), size});
  }
}

}  // namespace saffron::pci
