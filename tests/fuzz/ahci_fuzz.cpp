// SPDX-License-Identifier: Apache-2.0
// A guest that drives the SATA controller with a disk and a CD drive behind it: registers, commands, packets, memory
// and media, in any order and of any value. Aborts if the controller asks its host for something illegal.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "devices/storage/ahci.h"
#include "tests/fakes/ahci_driver.h"
#include "tests/fakes/memory_block_backend.h"
#include "tests/fuzz/virtio_fuzz_input.h"

namespace {

using saffron::fakes::AhciDriver;
using saffron::fakes::MemoryBlockBackend;

constexpr unsigned kMaxOperations = 200;
constexpr unsigned kDiskPort = 0;
constexpr unsigned kCdromPort = 1;
// What drivers send; a byte of the input picks one, or says another.
constexpr std::array<std::uint8_t, 40> kCommands{0x00, 0x06, 0x08, 0x10, 0x20, 0x24, 0x25, 0x27, 0x29, 0x2f,
                                                 0x30, 0x34, 0x35, 0x39, 0x3d, 0x40, 0x42, 0x60, 0x61, 0x63,
                                                 0x70, 0x90, 0x91, 0xa0, 0xa0, 0xa0, 0xa1, 0xb0, 0xc4, 0xc5,
                                                 0xc6, 0xc8, 0xca, 0xe0, 0xe5, 0xe7, 0xea, 0xec, 0xef, 0xf8};

std::unique_ptr<MemoryBlockBackend> make_disc(std::uint32_t sectors) {
  auto medium = std::make_unique<MemoryBlockBackend>(sectors * 2048ull, 2048);
  medium->layout.read_only = true;
  medium->keep_log = false;
  return medium;
}

class Guest {
 public:
  Guest(const std::uint8_t* data, std::size_t size) : input_(data, size), disk_(256 * 1024) {
    disk_.keep_log = false;
    if (!driver_.controller->attach_disk(kDiskPort, {}, disk_).ok()) {
      std::abort();
    }
    drive_ = driver_.controller->attach_cdrom(kCdromPort, {}, make_disc(64)).value();
    driver_.start(kDiskPort);
    driver_.start(kCdromPort);
  }

  void play() {
    for (unsigned count = 0; count < kMaxOperations && !input_.empty(); ++count) {
      step();
    }
    disk_.release();
    driver_.run();
    if (disk_.illegal_requests != 0) {
      std::abort();
    }
  }

 private:
  void step() {
    switch (input_.byte() % 12) {
      case 0:
        return driver_.write((input_.u16() & 0x3fc), input_.u32());
      case 1:
        return driver_.port_write(port(), input_.byte() & 0x3c, input_.u32());
      case 2:
        static_cast<void>(driver_.read(input_.u16() & 0xfff));
        return;
      case 3: {  // Any access, anywhere in the BARs.
        const std::uint64_t value = input_.u64();
        const unsigned size = 1u << (input_.byte() & 3);
        driver_.socket.memory_bus().write(AhciDriver::kBar + (input_.u16() & 0xfff), size, value);
        driver_.socket.io_bus().write(AhciDriver::kIoBar + (input_.byte() & 0x1f), size & 7, value);
        return;
      }
      case 4:
        return driver_.controller->write_config(input_.byte() & 0xfc, 4, input_.u32());
      case 5:
        driver_.put(input_.u32() % (AhciDriver::kRamSize + 4096), input_.u64());
        return;
      case 6:
        return media();
      case 7:
        disk_.stalled = (input_.byte() & 1) != 0;
        return disk_.stalled ? void() : disk_.release();
      case 8:
        return restart();
      default:
        return command();
    }
  }

  unsigned port() { return input_.byte() & 1; }

  void command() {
    const unsigned target = port();
    const unsigned slot = input_.byte() % 32;
    const std::uint8_t pick = input_.byte();
    AhciDriver::Command command;
    command.command = pick < kCommands.size() ? kCommands[pick] : pick;
    command.features = input_.u16();
    command.count = input_.byte();
    command.lba = input_.u16();
    command.device = input_.byte();
    if ((command.device & 0x0f) == 0x0f) {
      command.lba |= input_.u64() << 16;
      command.count = input_.u16();
    }
    if (command.command == 0x60 || command.command == 0x61) {
      command.count = static_cast<std::uint16_t>(slot << 3);
      command.features &= 0x3f;
    }
    const unsigned segments = input_.byte() % 20;
    for (unsigned index = 0; index < segments; ++index) {
      const std::uint8_t kind = input_.byte();
      const std::uint64_t address = kind == 0 ? input_.u64() : AhciDriver::kData + input_.u16();
      const std::uint32_t bytes = kind < 8 ? input_.u32() & 0x3fffff : (kind & 0x1f) * 512u;
      command.data.push_back({address, bytes + 1});
    }
    if (command.command == 0xa0) {
      command.packet.resize(12);
      for (std::uint8_t& byte : command.packet) {
        byte = input_.byte();
      }
    }
    driver_.prepare(target, slot, command);
    if ((pick & 0x80) == 0) {
      driver_.port_write(target, saffron::storage::ahci::kPxSact, 1u << slot);
    }
    driver_.issue(target, 1u << slot);
    if ((command.features & 1) == 0) {
      driver_.run(2);
    }
  }

  void restart() {
    driver_.controller->write_config(0x20, 4, AhciDriver::kIoBar);
    driver_.controller->write_config(0x24, 4, AhciDriver::kBar);
    driver_.controller->write_config(0x04, 2, 0x7);
    const unsigned target = port();
    if ((input_.byte() & 1) != 0) {
      driver_.controller->reset();
    } else {
      driver_.recover(target);
    }
    driver_.run(2);
  }

  void media() {
    switch (input_.byte() % 3) {
      case 0:
        static_cast<void>(drive_->eject((input_.byte() & 1) != 0).ok());
        return;
      case 1:
        static_cast<void>(drive_->insert(make_disc(1 + input_.byte() % 128)).ok());
        return;
      default:
        disk_.faults[static_cast<saffron::ports::BlockOperation>(input_.byte() % 5)] = EIO;
        if ((input_.byte() & 1) != 0) {
          disk_.faults.clear();
        }
    }
  }

  saffron::fuzz::Input input_;
  MemoryBlockBackend disk_;
  AhciDriver driver_;
  saffron::storage::AhciCdrom* drive_ = nullptr;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Guest guest(data, size);
  guest.play();
  return 0;
}
