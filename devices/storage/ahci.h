// SPDX-License-Identifier: Apache-2.0
// AhciController: the SATA controller of an ICH9 (8086:2922, 00:1f.2), six ports, in AHCI mode.
// Models: AHCI 1.3.1 with 64-bit addresses, 32 slots, native command queuing, command list override, COMRESET and
// software reset, error recovery, INTx and one MSI vector; the index/data pair in I/O space (10.14; ICH9 14.1.34).
// Missing: port multipliers, FIS-based switching, hot plug of drives, aggressive and DevSleep power states, enclosure
// management, command completion coalescing, asynchronous notification, the IDE mode that a real ICH9 also has.
// PIO data goes through the descriptor table in one piece, with one PIO Setup FIS for a command.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "devices/pci/pci_device.h"
#include "devices/storage/ahci_cdrom.h"
#include "devices/storage/ahci_disk.h"
#include "devices/storage/ahci_port.h"

namespace saffron::storage {

/// Register accesses come on vCPU threads and do register work only; commands run on `io_loop`.
class AhciController final : public pci::PciDevice {
 public:
  static constexpr unsigned kPorts = 6;

  /// `memory` and `io_loop` outlive it. Destroy it while vCPUs are stopped.
  AhciController(std::string name, const core::GuestMemory& memory, core::EventLoop& io_loop,
                 std::unique_ptr<core::MsiVector> msi);
  ~AhciController() override;

  // Control thread, before vCPUs run. kInvalidArgument: no such port; kAlreadyExists: it has a drive.
  core::Result<void> attach_disk(unsigned port, const AhciDiskOptions& options, ports::BlockBackend& backend);
  /// Returns the drive, to insert and eject media with. It lives as long as the controller.
  core::Result<AhciCdrom*> attach_cdrom(unsigned port, const AhciCdromOptions& options,
                                        std::unique_ptr<ports::BlockBackend> medium);

 private:
  /// The registers of BAR 5.
  class Registers final : public core::BusDevice {
   public:
    explicit Registers(AhciController& owner) : owner_(owner) {}
    std::string_view name() const override { return owner_.name(); }
    core::AccessSizes access_sizes() const override { return {1, 2, 4}; }
    std::uint64_t read(std::uint64_t offset, unsigned size) override;
    void write(std::uint64_t offset, unsigned size, std::uint64_t value) override;

   private:
    AhciController& owner_;
  };
  /// BAR 4: an index and a data register, the way to the same registers for real-mode code.
  class IndexData final : public core::BusDevice {
   public:
    explicit IndexData(AhciController& owner) : owner_(owner) {}
    std::string_view name() const override { return owner_.name(); }
    core::AccessSizes access_sizes() const override { return {4}; }
    std::uint64_t read(std::uint64_t offset, unsigned size) override;
    void write(std::uint64_t offset, unsigned size, std::uint64_t value) override;

   private:
    AhciController& owner_;
    std::atomic<std::uint32_t> index_{0};
  };

  std::uint32_t read_register(std::uint32_t offset);
  void write_register(std::uint32_t offset, std::uint32_t value, std::uint32_t mask);
  void write_host_control(std::uint32_t value, std::uint32_t mask);
  void collect_pending();
  /// Brings the interrupt to what the registers say. Any thread, no lock held; one thread at a time delivers.
  void update_interrupt();
  core::Result<AhciPort*> free_port(unsigned port);
  void add_configuration(std::unique_ptr<core::MsiVector> msi);

  void on_config_write(unsigned offset, unsigned size) override;
  void on_reset() override;

  AhciShared shared_;
  std::array<std::unique_ptr<AhciPort>, kPorts> ports_;
  Registers registers_{*this};
  IndexData index_data_{*this};

  // Guarded by AhciShared::mutex.
  std::uint32_t interrupt_status_ = 0;
  bool interrupt_enable_ = false;
  unsigned resetting_ports_ = 0;  // GHC.HR reads 1 until they are done.
  bool delivering_ = false;       // A thread is in update_interrupt().
  bool asserted_ = false;         // What was delivered last.
  bool signal_again_ = false;     // A message even if the state is as before (10.6.2).
  bool line_again_ = false;       // The line as well: its path may have changed.
};

}  // namespace saffron::storage
