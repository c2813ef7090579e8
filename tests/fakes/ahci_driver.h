// SPDX-License-Identifier: Apache-2.0
// A guest's AHCI driver: brings a port up and issues commands as operating systems do, through bus and guest memory.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "devices/storage/ahci.h"
#include "tests/fakes/ahci_command.h"
#include "tests/fakes/fake_irq.h"
#include "tests/fakes/fake_pci_socket.h"

namespace saffron::fakes {

/// A controller in a machine with 16 MiB of RAM. Single-threaded, run() lets the I/O loop work; unless it is given the
/// loop of another thread.
class AhciDriver {
 public:
  static constexpr std::uint32_t kBar = 0xf0000000;
  static constexpr std::uint16_t kIoBar = 0xc000;
  static constexpr std::uint64_t kRamSize = 16 << 20;
  // Guest memory: per port 64 KiB from here: list at 0, FISes at 0x400, command tables at 0x1000 (1 KiB each).
  static constexpr std::uint64_t kPortMemory = 0x10000;
  static constexpr std::uint64_t kTableSize = 0x400;
  static constexpr std::uint64_t kData = 0x100000;

  explicit AhciDriver(core::EventLoop* other_thread = nullptr) {
    loop = core::EventLoop::create().value();
    const core::GuestRegion region{{0}, kRamSize, 0};
    memory = core::GuestMemory::create({&region, 1}).value();
    auto vector = std::make_unique<FakeMsiVector>();
    msi = vector.get();
    controller = std::make_unique<storage::AhciController>(
        "ahci", *memory, other_thread != nullptr ? *other_thread : *loop, std::move(vector));
    controller->plug(socket);
    controller->write_config(0x20, 4, kIoBar);
    controller->write_config(0x24, 4, kBar);
    controller->write_config(0x04, 2, 0x7);
  }

  std::uint32_t read(std::uint32_t offset) {
    std::uint64_t value = 0;
    socket.memory_bus().read(kBar + offset, 4, value);
    return static_cast<std::uint32_t>(value);
  }
  void write(std::uint32_t offset, std::uint32_t value) { socket.memory_bus().write(kBar + offset, 4, value); }
  std::uint32_t port_read(unsigned port, std::uint32_t offset) { return read(0x100 + port * 0x80 + offset); }
  void port_write(unsigned port, std::uint32_t offset, std::uint32_t value) {
    write(0x100 + port * 0x80 + offset, value);
  }

  /// Lets the loop do what it has to do, and what that posts.
  void run(unsigned rounds = 8) {
    const std::function<void()> step = [&] {
      if (rounds-- == 0) {
        loop->stop();
      } else {
        loop->post(step);
      }
    };
    loop->post(step);
    loop->run();
  }

  std::uint64_t list(unsigned port) const { return kPortMemory + port * 0x10000; }
  std::uint64_t fises(unsigned port) const { return list(port) + 0x400; }
  std::uint64_t table(unsigned port, unsigned slot) const { return list(port) + 0x1000 + slot * kTableSize; }

  /// AHCI 1.3.1, 10.1.2.
  void start(unsigned port) {
    write(0x04, 0x80000002);
    port_write(port, storage::ahci::kPxClb, static_cast<std::uint32_t>(list(port)));
    port_write(port, storage::ahci::kPxFb, static_cast<std::uint32_t>(fises(port)));
    port_write(port, storage::ahci::kPxSerr, 0xffffffff);
    port_write(port, storage::ahci::kPxCmd, 0x10);
    run();
    port_write(port, storage::ahci::kPxIs, 0xffffffff);
    port_write(port, storage::ahci::kPxIe, 0x7dc0007f);
    port_write(port, storage::ahci::kPxCmd, 0x11);
  }

  using Segment = AhciSegment;
  using Command = AhciCommand;

  /// Builds the header, the table and the FIS of `slot`.
  void prepare(unsigned port, unsigned slot, const Command& command) {
    write_ahci_command(*memory, list(port) + slot * 32, table(port, slot), command);
  }
  void issue(unsigned port, std::uint32_t mask) { port_write(port, storage::ahci::kPxCi, mask); }

  /// One command in slot 0, to its end.
  void execute(unsigned port, const Command& command) {
    prepare(port, 0, command);
    issue(port, 1);
    run();
  }
  /// A packet command with one buffer of `bytes` at kData, by DMA.
  void packet(unsigned port, std::vector<std::uint8_t> cdb, std::uint32_t bytes = 0) {
    Command command;
    command.command = 0xa0;
    command.features = 1;
    command.device = 0;
    command.packet = std::move(cdb);
    if (bytes != 0) {
      command.data = {{kData, bytes}};
    }
    execute(port, command);
  }
  /// After an error: AHCI 1.3.1, 6.2.2.1.
  void recover(unsigned port) {
    port_write(port, storage::ahci::kPxCmd, 0x10);
    run();
    port_write(port, storage::ahci::kPxSerr, 0xffffffff);
    port_write(port, storage::ahci::kPxIs, 0xffffffff);
    port_write(port, storage::ahci::kPxCmd, 0x11);
  }

  std::vector<std::uint8_t> bytes(std::uint64_t address, std::size_t count) {
    std::vector<std::uint8_t> result(count);
    static_cast<void>(memory->read({address}, result).ok());
    return result;
  }
  std::vector<std::uint8_t> fis(unsigned port, std::uint64_t offset, std::size_t count = 20) {
    return bytes(fises(port) + offset, count);
  }
  std::uint8_t status(unsigned port) { return static_cast<std::uint8_t>(port_read(port, storage::ahci::kPxTfd)); }
  template <typename T>
  void put(std::uint64_t address, const T& object) {
    static_cast<void>(memory->write_object({address}, object).ok());
  }
  void fill(std::uint64_t address, std::uint8_t value, std::uint64_t count) {
    static_cast<void>(memory->fill({address}, value, count).ok());
  }

  std::unique_ptr<core::EventLoop> loop;
  std::unique_ptr<core::GuestMemory> memory;
  FakePciSocket socket;
  FakeMsiVector* msi = nullptr;
  std::unique_ptr<storage::AhciController> controller;
};

}  // namespace saffron::fakes
