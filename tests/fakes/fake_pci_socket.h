// SPDX-License-Identifier: Apache-2.0
// A slot of its own: two address spaces and one wire for all pins.
#pragma once

#include "devices/pci/pci_device.h"
#include "engine/core/bus.h"
#include "tests/fakes/fake_irq.h"

namespace saffron::fakes {

class FakePciSocket final : public pci::PciSocket {
 public:
  core::Bus& io_bus() override { return io; }
  core::Bus& memory_bus() override { return memory; }
  core::IrqLine& interrupt_line(std::uint8_t) override { return line; }

  core::Bus io{"io", 16};
  core::Bus memory{"memory"};
  FakeIrqLine line;
};

}  // namespace saffron::fakes
