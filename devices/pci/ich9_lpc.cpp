// SPDX-License-Identifier: Apache-2.0
#include "devices/pci/ich9_lpc.h"

#include <algorithm>
#include <utility>

#include "devices/pci/pci_config_space.h"

namespace saffron::pci {

namespace {

// Registers of device 31 function 0.
constexpr unsigned kGpioBase = 0x48;
constexpr unsigned kGpioControl = 0x4c;
constexpr unsigned kPirqA = 0x60;  // ..0x63: A..D.
constexpr unsigned kSerialIrq = 0x64;
constexpr unsigned kPirqE = 0x68;  // ..0x6b: E..H.
constexpr unsigned kIoDecode = 0x80;
constexpr unsigned kLpcEnable = 0x82;
constexpr unsigned kGenericDecode1 = 0x84;
constexpr unsigned kGeneralPmConfig1 = 0xa0;
constexpr unsigned kGpiRoute = 0xb8;
constexpr unsigned kFirmwareHubSelect1 = 0xd0;
constexpr unsigned kFirmwareHubSelect2 = 0xd4;
constexpr unsigned kFirmwareHubDecode = 0xd8;
constexpr unsigned kBiosControl = 0xdc;
constexpr unsigned kRcba = 0xf0;

constexpr std::uint32_t kAcpiEnable = 1u << 7;     // ACPI_CNTL.
constexpr std::uint32_t kPirqNotRouted = 1u << 7;  // IRQEN#.
constexpr std::uint32_t kSmiLock = 1u << 4;        // GEN_PMCON_1.
constexpr unsigned kNowhere = Ich9Lpc::kGsiCount;  // As a GSI.
constexpr unsigned kFirstPirqGsi = 16;             // PIRQA is IOAPIC input 16.

constexpr PciIdentity kIdentity{.vendor = 0x8086,
                                .device = 0x2918,
                                .subsystem_vendor = 0x1af4,
                                .subsystem = 0x1100,
                                .class_code = 0x060100,
                                .revision = 2,
                                .interrupt_pin = 0,
                                .multifunction = true};

unsigned pirq_register(unsigned pirq) {
  return pirq < 4 ? kPirqA + pirq : kPirqE + pirq - 4;
}

/// The ISA interrupt of a PIRQn_ROUT value: 0, 1, 2, 8 and 13 are reserved.
unsigned routed_irq(std::uint32_t value) {
  constexpr std::uint32_t kLegal = 0xdef8;
  const unsigned irq = value & 0xf;
  return (value & kPirqNotRouted) != 0 || (kLegal >> irq & 1) == 0 ? kNowhere : irq;
}

/// The GSI of SCI_IRQ_SEL.
unsigned sci_gsi(std::uint32_t acpi_control) {
  constexpr std::array<unsigned, 8> kSelected = {9, 10, 11, kNowhere, 20, 21, 22, 23};
  return kSelected[acpi_control & 7];
}

bool touches(unsigned offset, unsigned size, unsigned first, unsigned last) {
  return offset <= last && offset + size > first;
}

}  // namespace

/// One interrupt that goes to a fixed GSI (or none), and to another one that a register chooses.
class Ich9Lpc::Router final : public core::IrqLine {
 public:
  Router(const std::array<std::unique_ptr<WiredOr>, kGsiCount>& gsis, unsigned fixed, unsigned chosen)
      : fixed_(fixed), chosen_(chosen) {
    for (unsigned i = 0; i < kGsiCount; ++i) {
      inputs_[i] = std::make_unique<WiredInput>(*gsis[i]);
    }
  }

  void set_level(bool asserted) override {
    std::unique_lock lock(mutex_);
    level_ = asserted;
    drive(lock);
  }
  void choose(unsigned gsi) {
    std::unique_lock lock(mutex_);
    chosen_ = gsi;
    drive(lock);
  }

 private:
  void drive(std::unique_lock<std::mutex>& lock) {
    dirty_ = true;
    if (driving_) {
      return;  // That thread looks again before it leaves.
    }
    driving_ = true;
    while (dirty_) {
      dirty_ = false;
      const bool level = level_;
      const unsigned chosen = chosen_;
      lock.unlock();
      // Inputs remember their level, so telling all of them costs nothing where nothing changed.
      for (unsigned i = 0; i < kGsiCount; ++i) {
        inputs_[i]->set_level(level && (i == fixed_ || i == chosen));
      }
      lock.lock();
    }
    driving_ = false;
  }

  const unsigned fixed_;
  std::array<std::unique_ptr<WiredInput>, kGsiCount> inputs_;
  std::mutex mutex_;  // Leaf lock; guards what follows.
  unsigned chosen_;
  bool level_ = false;
  bool dirty_ = false;
  bool driving_ = false;
};

/// The 16 KiB of chipset configuration registers behind RCBA.
class Ich9Lpc::ChipsetBlock final : public core::BusDevice {
 public:
  static constexpr unsigned kSize = 0x4000;

  ChipsetBlock() { reset(); }
  std::string_view name() const override { return "ich9-rcba"; }
  core::AccessSizes access_sizes() const override { return {1, 2, 4}; }

  std::uint64_t read(std::uint64_t offset, unsigned size) override {
    const std::lock_guard lock(mutex_);
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size && offset + i < kSize; ++i) {
      value |= std::uint64_t{bytes_[offset + i]} << (8 * i);
    }
    return value;
  }

  void write(std::uint64_t offset, unsigned size, std::uint64_t value) override {
    const std::lock_guard lock(mutex_);
    for (unsigned i = 0; i < size && offset + i < kSize; ++i) {
      if (!read_only(offset + i)) {
        bytes_[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
      }
    }
    bytes_[kGcs] |= kNoReboot;
  }

  void reset() {
    const std::lock_guard lock(mutex_);
    bytes_.fill(0);
    bytes_[kGcs] = kNoReboot;
    // Which pin each function uses (D31IP..D25IP), and the PIRQ of each pin (D31IR..D25IR).
    put(0x3100, 4, 0x03243200);
    put(0x3108, 4, 0x10004321);
    put(0x310c, 4, 0x00214321);
    put(0x3110, 4, 0x00000001);
    put(0x3114, 4, 0x30000321);
    put(0x3118, 4, 0x00000001);
    for (unsigned offset : {0x3140u, 0x3144u, 0x3146u, 0x3148u, 0x314cu, 0x3150u}) {
      put(offset, 2, 0x3210);
    }
  }

 private:
  // General Control and Status (10.1.75): the strap "No Reboot" is set, and software cannot change that. It tells
  // watchdog drivers that the TCO timer, which is not there, would not reset the machine.
  static constexpr std::uint64_t kGcs = 0x3410;
  static constexpr std::uint8_t kNoReboot = 1 << 5;

  static bool read_only(std::uint64_t offset) { return offset >= 0x3100 && offset < 0x3160; }
  void put(unsigned offset, unsigned size, std::uint32_t value) {
    for (unsigned i = 0; i < size; ++i) {
      bytes_[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  }

  std::mutex mutex_;  // Leaf lock.
  std::array<std::uint8_t, kSize> bytes_;
};

Ich9Lpc::Ich9Lpc(core::Bus& io_bus, core::Bus& memory_bus, const std::array<core::IrqLine*, kGsiCount>& gsis)
    : PciDevice("lpc", kIdentity),
      chipset_block_(std::make_unique<ChipsetBlock>()),
      io_bus_(io_bus),
      chipset_range_(memory_bus, chipset_block_.get()) {
  for (unsigned i = 0; i < kGsiCount; ++i) {
    gsis_[i] = std::make_unique<WiredOr>(gsis[i]);
  }
  for (unsigned i = 0; i < kPirqCount; ++i) {
    pirqs_[i] = std::make_unique<Router>(gsis_, kFirstPirqGsi + i, kNowhere);
  }
  sci_ = std::make_unique<Router>(gsis_, kNowhere, sci_gsi(0));
  define_registers();
}

Ich9Lpc::~Ich9Lpc() = default;

void Ich9Lpc::define_registers() {
  // I/O, memory and bus mastering cannot be turned off.
  set_register(kConfigCommand, 2, kCommandIo | kCommandMemory | kCommandBusMaster,
               kCommandSerr | kCommandParityResponse);
  set_register(kPmBase, 4, 1, 0xff80);
  set_register(kAcpiControl, 1, 0, 0x87);
  set_register(kGpioBase, 4, 1, 0xff80);
  set_register(kGpioControl, 1, 0, 0x11);
  for (unsigned pirq = 0; pirq < kPirqCount; ++pirq) {
    set_register(pirq_register(pirq), 1, kPirqNotRouted, 0x8f);
  }
  set_register(kSerialIrq, 1, 0x10, 0xff);
  set_register(kIoDecode, 2, 0, 0x1377);
  set_register(kLpcEnable, 2, 0, 0x3f0f);
  for (unsigned i = 0; i < 4; ++i) {
    set_register(kGenericDecode1 + 4 * i, 4, 0, 0x00fcfffd);
  }
  set_register(kGeneralPmConfig1, 2, 0, 0x06bf);
  set_register(kGpiRoute, 4, 0, 0xffffffff);
  set_register(kFirmwareHubSelect1, 4, 0x00112233, 0x0fffffff);
  set_register(kFirmwareHubSelect2, 2, 0x4567, 0xffff);
  set_register(kFirmwareHubDecode, 2, 0xffcf, 0x7fcf);
  set_register(kBiosControl, 1, 0, 0x1f);
  set_register(kRcba, 4, 0, 0xffffc001);
}

void Ich9Lpc::connect_acpi_block(core::BusDevice& block) {
  acpi_range_ = std::make_unique<MovableRange>(io_bus_, &block);
}

std::array<core::IrqLine*, Ich9Lpc::kPirqCount> Ich9Lpc::pirq_lines() {
  std::array<core::IrqLine*, kPirqCount> lines;
  for (unsigned i = 0; i < kPirqCount; ++i) {
    lines[i] = pirqs_[i].get();
  }
  return lines;
}

core::IrqLine& Ich9Lpc::sci_line() {
  return *sci_;
}

core::IrqLine& Ich9Lpc::add_isa_line(unsigned irq) {
  isa_lines_.push_back(std::make_unique<WiredInput>(*gsis_[irq % 16]));
  return *isa_lines_.back();
}

void Ich9Lpc::follow_blocks() {
  if (acpi_range_ != nullptr) {
    acpi_range_->follow([this]() -> std::optional<core::BusRange> {
      const std::uint64_t base = config_value(kPmBase, 4) & 0xff80;
      if ((config_value(kAcpiControl, 1) & kAcpiEnable) == 0 || base == 0) {
        return std::nullopt;
      }
      return core::BusRange{base, kAcpiBlockSize, 0};
    });
  }
  chipset_range_.follow([this]() -> std::optional<core::BusRange> {
    const std::uint32_t value = config_value(kRcba, 4);
    const std::uint64_t base = value & 0xffffc000;
    if ((value & 1) == 0 || base == 0) {
      return std::nullopt;
    }
    return core::BusRange{base, ChipsetBlock::kSize, 0};
  });
}

void Ich9Lpc::follow_routes() {
  for (unsigned pirq = 0; pirq < kPirqCount; ++pirq) {
    pirqs_[pirq]->choose(routed_irq(config_value(pirq_register(pirq), 1)));
  }
  sci_->choose(sci_gsi(config_value(kAcpiControl, 1)));
}

void Ich9Lpc::on_config_write(unsigned offset, unsigned size) {
  if (touches(offset, size, kPmBase, kAcpiControl) || touches(offset, size, kRcba, kRcba + 3)) {
    follow_blocks();
  }
  if (touches(offset, size, kAcpiControl, kAcpiControl) || touches(offset, size, kPirqA, kPirqE + 3)) {
    follow_routes();
  }
  if (touches(offset, size, kGeneralPmConfig1, kGeneralPmConfig1 + 1)) {
    // SMI_LOCK stays until a platform reset.
    const std::uint32_t value = config_value(kGeneralPmConfig1, 2);
    if ((value & kSmiLock) != 0) {
      set_register(kGeneralPmConfig1, 2, value, 0x06bf & ~kSmiLock);
    }
  }
}

void Ich9Lpc::on_reset() {
  set_register(kGeneralPmConfig1, 2, 0, 0x06bf);  // The lock changed what it resets to, too.
  chipset_block_->reset();
  follow_blocks();
  follow_routes();
}

}  // namespace saffron::pci
