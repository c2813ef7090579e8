// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/platform.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "engine/kvm/cpuid.h"

namespace saffron::machine {

namespace {

constexpr unsigned kChipsetSlot = 31;

}  // namespace

core::Result<std::unique_ptr<Platform>> Platform::create(const PlatformOptions& options, core::EventLoop& control) {
  auto platform = std::unique_ptr<Platform>(new Platform(control));
  SAFFRON_TRY(platform->build(options));
  return platform;
}

Platform::~Platform() = default;

core::Result<void> Platform::build(const PlatformOptions& options) {
  cpu_count_ = options.cpu_count;
  system = SAFFRON_TRY(kvm::System::open());
  if (cpu_count_ > system->max_vcpus()) {
    return core::Error{core::ErrorCode::kOutOfRange,
                       fmt::format("this host's KVM gives a machine at most {} processors", system->max_vcpus()),
                       "cpus"};
  }
  const unsigned address_bits = std::min(kvm::physical_address_bits(system->supported_cpuid()), 52U);
  layout = MemoryLayout::of(options.memory_bytes, address_bits);
  if (layout.ram_end() > std::uint64_t{1} << address_bits) {
    return core::Error{core::ErrorCode::kOutOfRange,
                       fmt::format("this host's processor addresses {} GiB, too few for {} GiB of memory",
                                   (std::uint64_t{1} << address_bits) / kGiB, options.memory_bytes / kGiB),
                       "memory_mib"};
  }
  ram = SAFFRON_TRY(core::GuestMemory::create(layout.regions()));
  vm = SAFFRON_TRY(kvm::Vm::create(*system));
  vm->post_writes(0x70, 1);  // The RTC's index: a read of its data follows, or nothing.
  vm->post_writes(0x80, 1);  // POST codes and Linux' I/O delay: nobody listens.
  interrupts = SAFFRON_TRY(kvm::IrqChip::create(*vm));
  SAFFRON_TRY(map_ram());
  firmware_memory_ = SAFFRON_TRY(FirmwareMemory::create(*ram, *vm, options.bios));
  SAFFRON_TRY(memory_bus.insert({kPamStart, kMiB - kPamStart}, *firmware_memory_));
  return build_chipset();
}

core::Result<void> Platform::map_ram() {
  // All but the VGA's window and what PAM rules; the RAM beneath them exists, as on a board.
  const auto map = [&](std::string_view name, std::uint64_t base, std::uint64_t offset,
                       std::uint64_t size) -> core::Result<void> {
    auto slot = SAFFRON_TRY(vm->create_slot(name, ram->backing(), {.offset = offset, .size = size}));
    SAFFRON_TRY(slot->map({base}));
    ram_slots_.push_back(std::move(slot));
    return {};
  };
  SAFFRON_TRY(map("ram-base", 0, 0, kVgaWindow));
  SAFFRON_TRY(map("ram-low", kMiB, kMiB, layout.low_size - kMiB));
  if (layout.high_size != 0) {
    SAFFRON_TRY(map("ram-high", 4 * kGiB, layout.low_size, layout.high_size));
  }
  return {};
}

core::Result<void> Platform::build_chipset() {
  std::array<core::IrqLine*, pci::Ich9Lpc::kGsiCount> wires{};
  for (unsigned gsi = 0; gsi < wires.size(); ++gsi) {
    wires[gsi] = &interrupts->wire(gsi);
  }
  lpc = std::make_unique<pci::Ich9Lpc>(io, memory_bus, wires);
  pci = std::make_unique<pci::PciRoot>(io, memory_bus, lpc->pirq_lines());
  const pci::Q35MchOptions sizes{layout.low_size, layout.high_size};
  auto mch = std::make_unique<pci::Q35Mch>(memory_bus, pci->ecam(), *firmware_memory_, sizes);
  mch_ = mch.get();
  SAFFRON_TRY(pci->add(0, 0, std::move(mch)));
  SAFFRON_TRY(pci->add(kChipsetSlot, 0, *lpc));
  return pci->add(kChipsetSlot, 3, std::make_unique<pci::Ich9Smbus>());
}

core::Result<unsigned> Platform::take_slot() {
  if (next_slot_ >= kChipsetSlot) {
    return core::Error{core::ErrorCode::kExhausted, "the machine has no free PCI slot for another device", "disks"};
  }
  return next_slot_++;
}

core::Result<unsigned> Platform::plug(std::unique_ptr<pci::PciDevice> device) {
  const unsigned slot = SAFFRON_TRY(take_slot());
  SAFFRON_TRY(pci->add(slot, 0, std::move(device)));
  return slot;
}

core::Result<std::unique_ptr<kvm::VcpuSet>> Platform::create_vcpus(kvm::VcpuListener listener) {
  kvm::CpuTopology topology;
  topology.count = cpu_count_;
  topology.tsc_deadline_timer = system->capability(KVM_CAP_TSC_DEADLINE_TIMER) > 0;
  std::vector<std::unique_ptr<kvm::Vcpu>> vcpus;
  for (topology.index = 0; topology.index < cpu_count_; ++topology.index) {
    if (topology.tsc_khz == 0) {
      topology.tsc_khz = vm->tsc_khz();
    }
    auto cpuid = kvm::make_cpuid(system->supported_cpuid(), topology);
    vcpus.push_back(SAFFRON_TRY(kvm::Vcpu::create(*vm, topology.index, std::move(cpuid), io, memory_bus)));
  }
  return kvm::VcpuSet::create(std::move(vcpus), control, std::move(listener));
}

void Platform::play_firmware() {
  constexpr std::uint8_t kMch = 0;
  constexpr std::uint8_t kLpc = kChipsetSlot << 3;
  pci->write_config(0, kMch, pci::Q35Mch::kPciexbar, 4, static_cast<std::uint32_t>(kEcamBase) | 1);
  constexpr unsigned kPam0 = 0x90;
  pci->write_config(0, kMch, kPam0, 1, 0x30);
  for (unsigned i = 1; i <= 6; ++i) {
    pci->write_config(0, kMch, kPam0 + i, 1, 0x33);
  }
  pci->write_config(0, kLpc, pci::Ich9Lpc::kPmBase, 4, 0x601);
  pci->write_config(0, kLpc, pci::Ich9Lpc::kAcpiControl, 1, 0x80);
  constexpr std::array<unsigned, 8> kPirqRoutes{0x60, 0x61, 0x62, 0x63, 0x68, 0x69, 0x6a, 0x6b};
  for (unsigned i = 0; i < kPirqRoutes.size(); ++i) {
    pci->write_config(0, kLpc, kPirqRoutes[i], 1, i % 2 == 0 ? 10 : 11);
  }
}

void Platform::reset() {
  pci->reset();
  vm->reset_irqchips();
}

EcamPlace Platform::ecam_place() const {
  const auto range = mch_->ecam_range();
  return range && range->base < 4 * kGiB ? EcamPlace{range->base, range->size} : EcamPlace{};
}

bool Platform::has_vmx() const {
  return kvm::has_vmx(system->supported_cpuid());
}

std::string Platform::processor() const {
  return kvm::processor_name(system->supported_cpuid());
}

}  // namespace saffron::machine
