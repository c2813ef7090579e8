// SPDX-License-Identifier: Apache-2.0
// A whole board of PCI functions (chipset, and samples with BARs, MSI and MSI-X) under hostile configuration cycles,
// port and memory accesses, device interrupts and resets. Checks what must hold after each of them: ports and ECAM
// agree, identities stay, a BAR that claims an address is the one that answers there.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "devices/pci/ich9_lpc.h"
#include "devices/pci/ich9_smbus.h"
#include "devices/pci/pci_root.h"
#include "devices/pci/pcie_root_port.h"
#include "devices/pci/q35_mch.h"
#include "tests/fakes/fake_irq.h"
#include "tests/fakes/sample_pci_device.h"

namespace {

using namespace saffron;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return position_ >= size_; }
  std::uint8_t byte() { return empty() ? std::uint8_t{0} : data_[position_++]; }
  std::uint64_t integer(unsigned bytes) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) {
      value |= std::uint64_t{byte()} << (8 * i);
    }
    return value;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t position_ = 0;
};

class CheckingPamListener final : public pci::PamListener {
 public:
  void pam_changed(std::span<const pci::PamRegion> regions) override {
    require(!regions.empty());
    for (const pci::PamRegion& region : regions) {
      require(region.base >= 0xc0000 && region.base + region.size <= 0x100000);
    }
  }
};

struct Board {
  core::Bus io{"io", 16};
  core::Bus memory{"memory", 64};
  std::array<fakes::FakeIrqLine, 24> gsis;
  fakes::EchoHandler acpi;
  CheckingPamListener pam;
  pci::Ich9Lpc lpc{io, memory, lines()};
  pci::PciRoot root{io, memory, lpc.pirq_lines()};
  pci::Q35Mch mch{memory, root.ecam(), pam, {.low_ram_size = 1u << 30, .high_ram_size = 0}};
  pci::Ich9Smbus smbus;
  fakes::SamplePciDevice msix{"msix"};
  fakes::SamplePciDevice msi{"msi"};
  pci::PcieRootPort port{"port", 1, io, memory};
  fakes::SamplePciDevice leaf{"leaf"};

  Board() {
    lpc.connect_acpi_block(acpi);
    require(root.connect_config_ports(nullptr).ok());
    msix.add_sample_msix(1, 70);
    msix.add_bar(msix.plain_bar(2, pci::PciBarKind::kMemory64, 0x4000));
    msix.add_bar(msix.plain_bar(4, pci::PciBarKind::kIo, 0x40));
    msix.add_express_endpoint_capability();
    msi.add_sample_msi();
    msi.add_bar(msi.plain_bar(0, pci::PciBarKind::kMemory32, 0x1000));
    msi.add_bar(msi.plain_bar(6, pci::PciBarKind::kMemory32, 0x800));
    leaf.add_bar(leaf.plain_bar(0, pci::PciBarKind::kMemory32, 0x1000));
    leaf.add_express_endpoint_capability();
    require(root.add(2, 0, port).ok() && port.add(0, leaf).ok());
    require(root.add(0, 0, mch).ok() && root.add(31, 0, lpc).ok() && root.add(31, 3, smbus).ok() &&
            root.add(1, 0, msix).ok() && root.add(5, 0, msi).ok());
  }
  std::array<core::IrqLine*, 24> lines() {
    std::array<core::IrqLine*, 24> pointers;
    for (unsigned i = 0; i < 24; ++i) {
      pointers[i] = &gsis[i];
    }
    return pointers;
  }
};

constexpr std::uint8_t kPlaces[] = {0x00, 0xf8, 0xfb, 0x08, 0x28, 0x10};

void configure(Board& board, Input& input, unsigned kind, unsigned size, std::uint8_t place) {
  switch (kind) {
    case 4:
      board.root.write_config(0, place, static_cast<unsigned>(input.integer(2) & 0xfff), size,
                              static_cast<std::uint32_t>(input.integer(4)));
      break;
    case 5: {
      const std::uint8_t bus = input.byte();
      const std::uint8_t device_function = input.byte();
      const auto offset = static_cast<unsigned>(input.integer(2) & 0xfff);
      (void)board.root.read_config(bus, device_function, offset, size);
      if (bus != 0) {
        board.root.write_config(bus, 0, offset, size, static_cast<std::uint32_t>(input.integer(4)));
      }
      break;
    }
    default:
      board.root.write_config(0, place, static_cast<unsigned>(input.integer(1)), size,
                              static_cast<std::uint32_t>(input.integer(4)));
      break;
  }
}

void access_buses(Board& board, Input& input, unsigned kind, unsigned size, bool other) {
  std::uint64_t value = 0;
  switch (kind) {
    case 6:
      board.io.write(0xcf8 + input.byte() % 8, size, input.integer(4));
      break;
    case 7:
      board.io.read(0xcf8 + input.byte() % 8, size, value);
      break;
    case 8:
      board.io.write(input.integer(2), size, input.integer(4));
      break;
    case 9:
      board.memory.write(input.integer(4), size, input.integer(4));
      break;
    default: {
      // Inside a BAR that is decoded, else such addresses are never found.
      pci::PciDevice& device = other ? board.msi : board.msix;
      const auto base = device.bar_address(input.byte() % 7);
      if (base.has_value()) {
        const std::uint64_t address = *base + (input.integer(2) & 0xfff);
        board.memory.write(address, size, input.integer(8));
        board.io.write(address, size, input.integer(1));
        board.memory.read(address, size, value);
      }
      break;
    }
  }
}

void one_operation(Board& board, Input& input) {
  const std::uint8_t choice = input.byte();
  const unsigned kind = choice & 0xf;
  const unsigned size = std::min(1u << (choice >> 4 & 3), 4u);
  const bool other = (choice & 0x80) != 0;
  const std::uint8_t place = kPlaces[input.byte() % sizeof kPlaces];
  if (kind < 6) {
    configure(board, input, kind, size, place);
  } else if (kind < 11) {
    access_buses(board, input, kind, size, other);
  } else if (kind == 11) {
    board.msix.signal_msix(input.byte());
  } else if (kind == 12) {
    board.msi.signal_msi();
  } else if (kind == 13) {
    board.msi.set_intx(other);
  } else if (kind == 14) {
    board.msix.set_intx(other);
    board.leaf.set_intx((choice & 0x40) != 0);
  } else {
    board.root.reset();
  }
}

void check(Board& board) {
  require(board.root.read_config(0, 0x00, 0, 4) == 0x29c08086);
  require(board.root.read_config(0, 0xf8, 0, 4) == 0x29188086);
  require(board.root.read_config(0, 0x08, 0, 4) == 0x56781234);
  // A message is only ever routed where the guest enabled it.
  require(board.msix.msix_enabled() || !board.msix.controller.vectors[0]->message.has_value());
  require(board.msi.msi_enabled() || !board.msi.controller.vectors[0]->message.has_value());
  for (unsigned index : {2u, 4u}) {
    const auto base = board.msix.bar_address(index);
    std::uint64_t value = 0;
    if (base.has_value()) {
      const core::Bus& bus = index == 4 ? board.io : board.memory;
      require(bus.read(*base + 8, 4, value) && value == 0xab000008);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A board is cheap, yet an input of megabytes would only repeat itself.
  constexpr std::size_t kMostBytes = 4096;
  Board board;
  Input input(data, size < kMostBytes ? size : kMostBytes);
  while (!input.empty()) {
    one_operation(board, input);
    check(board);
    // Keep the recording fakes from growing with the input.
    board.msix.bar_changes.clear();
    board.msi.bar_changes.clear();
    board.msix.config_writes.clear();
    board.msi.config_writes.clear();
    board.msix.echo.writes.clear();
    board.msi.echo.writes.clear();
    board.leaf.bar_changes.clear();
    board.leaf.config_writes.clear();
    board.leaf.echo.writes.clear();
    board.acpi.writes.clear();
  }
  return 0;
}
