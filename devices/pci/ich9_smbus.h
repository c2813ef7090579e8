// SPDX-License-Identifier: Apache-2.0
// Ich9Smbus: the SMBus host controller of ICH9, device 00:1f.3, on a bus without any slave.
// Models: the I/O and memory register blocks, the host status and control handshake, semaphore (INUSE_STS), interrupt.
// Every transaction ends at once with DEV_ERR: nobody acknowledged the address. Missing: slaves, host notify, SMI#,
// TCO slave port.
// Follows: Intel I/O Controller Hub 9 datasheet (316972), SMBus controller registers (D31:F3).
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "devices/pci/pci_device.h"

namespace saffron::pci {

class Ich9Smbus final : public PciDevice {
 public:
  static constexpr std::uint64_t kBlockSize = 32;

  Ich9Smbus();

 protected:
  void on_config_write(unsigned offset, unsigned size) override;
  void on_reset() override;

 private:
  class Registers final : public core::BusDevice {
   public:
    explicit Registers(Ich9Smbus& owner) : owner_(owner) {}
    std::string_view name() const override { return "smbus"; }
    core::AccessSizes access_sizes() const override { return {1}; }
    std::uint64_t read(std::uint64_t offset, unsigned size) override;
    void write(std::uint64_t offset, unsigned size, std::uint64_t value) override;

   private:
    Ich9Smbus& owner_;
  };

  void reset_registers();                              // mutex_ is held.
  void write_control(std::uint8_t value);              // mutex_ is held.
  std::uint8_t* plain_register(std::uint64_t offset);  // mutex_ is held.
  bool interrupt_level();
  void update_interrupt();

  Registers registers_{*this};
  std::mutex mutex_;  // Guards what follows.
  std::array<std::uint8_t, kBlockSize> bytes_{};
  bool host_enabled_ = false;
  unsigned block_index_ = 0;
  std::array<std::uint8_t, 32> block_{};  // Host block data: one SMBus block is at most 32 bytes.
};

}  // namespace saffron::pci
