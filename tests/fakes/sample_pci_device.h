// SPDX-License-Identifier: Apache-2.0
// A PCI function for tests: some BARs, MSI or MSI-X, and a record of the hooks that ran.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "devices/pci/pci_device.h"
#include "tests/fakes/fake_irq.h"

namespace saffron::fakes {

/// A handler that answers with where it was asked: offset | 0xab000000.
class EchoHandler final : public core::BusDevice {
 public:
  std::string_view name() const override { return "echo"; }
  core::AccessSizes access_sizes() const override { return {1, 2, 4, 8}; }
  std::uint64_t read(std::uint64_t offset, unsigned) override { return offset | 0xab000000; }
  void write(std::uint64_t offset, unsigned, std::uint64_t value) override { writes.emplace_back(offset, value); }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> writes;
};

class SamplePciDevice final : public pci::PciDevice {
 public:
  static constexpr pci::PciIdentity kIdentity{.vendor = 0x1234,
                                              .device = 0x5678,
                                              .subsystem_vendor = 0x1af4,
                                              .subsystem = 0x1100,
                                              .class_code = 0xff0000,
                                              .revision = 3,
                                              .interrupt_pin = 1,
                                              .multifunction = false};

  explicit SamplePciDevice(const std::string& name = "sample", const pci::PciIdentity& identity = kIdentity)
      : pci::PciDevice(name, identity) {}

  void on_bar_changed(unsigned index, std::optional<std::uint64_t> address) override {
    bar_changes.emplace_back(index, address);
  }
  void on_config_write(unsigned offset, unsigned) override { config_writes.push_back(offset); }
  void on_reset() override { ++resets; }

  pci::PciBarSpec plain_bar(unsigned index, pci::PciBarKind kind, std::uint64_t size) {
    return {.index = index,
            .kind = kind,
            .prefetchable = false,
            .size = size,
            .windows = {{.offset = 0, .size = size, .handler = &echo}}};
  }
  /// MSI-X with `count` vectors in a 32-bit BAR of 4 KiB: table at 0, pending bits at 0x800.
  void add_sample_msix(unsigned bar, unsigned count) {
    add_bar({.index = bar, .kind = pci::PciBarKind::kMemory32, .prefetchable = false, .size = 0x1000, .windows = {}});
    std::vector<std::unique_ptr<core::MsiVector>> vectors;
    for (unsigned i = 0; i < count; ++i) {
      vectors.push_back(std::move(controller.allocate("sample").value()));
    }
    add_msix(bar, 0, 0x800, std::move(vectors));
  }
  void add_sample_msi() { add_msi(std::move(controller.allocate("sample").value())); }

  using PciDevice::add_bar;
  using PciDevice::add_capability;
  using PciDevice::add_express_endpoint_capability;
  using PciDevice::bus_master_enabled;
  using PciDevice::msi_enabled;
  using PciDevice::msix_enabled;
  using PciDevice::set_config;
  using PciDevice::set_intx;
  using PciDevice::signal_msi;
  using PciDevice::signal_msix;

  EchoHandler echo;
  FakeMsiController controller;
  std::vector<std::pair<unsigned, std::optional<std::uint64_t>>> bar_changes;
  std::vector<unsigned> config_writes;
  unsigned resets = 0;
};

/// Where capability `id` is, by the walk that software does; 0 if there is none.
inline unsigned find_capability(pci::PciDevice& device, unsigned id) {
  unsigned offset = device.read_config(0x34, 1);
  for (unsigned step = 0; offset != 0 && step < 48; ++step) {
    if (device.read_config(offset, 1) == id) {
      return offset;
    }
    offset = device.read_config(offset + 1, 1);
  }
  return 0;
}

}  // namespace saffron::fakes
