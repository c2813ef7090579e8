// SPDX-License-Identifier: Apache-2.0
// AhciPort: one port of an AHCI controller (AHCI 1.3.1, 3.3, 5 and 6): its registers, command list, received FISes,
// resets and errors. What the drive does is AtaDevice's. See ahci.h for what is missing.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "devices/storage/ahci_registers.h"
#include "devices/storage/ata_device.h"
#include "engine/core/event_loop.h"
#include "engine/core/log.h"

namespace saffron::storage {

/// What ports share.
struct AhciShared {
  const core::GuestMemory& memory;
  core::EventLoop& loop;
  std::string_view name;
  /// Any thread, no lock held.
  std::function<bool()> bus_master_enabled;
  std::function<void()> interrupts_changed;
  /// Guards the registers of all ports and the controller. Never held while a device works or an interrupt is raised.
  std::mutex mutex;
  core::LogOnce complaint;
};

class AhciPort final : private AtaHost {
 public:
  explicit AhciPort(AhciShared& shared);
  ~AhciPort() override;  // Loop thread, or while it does not run.

  /// Loop thread, or while it does not run: plugs a drive in.
  void attach(std::unique_ptr<AtaDevice> device);
  /// The same threads: drops what is under way, and the drive.
  void unplug();
  AtaDevice* device() const { return device_.get(); }

  // vCPU threads, with AhciShared::mutex held. `mask` has a one for each bit that is written.
  std::uint32_t read(std::uint32_t offset) const;
  void write(std::uint32_t offset, std::uint32_t value, std::uint32_t mask);
  bool interrupt_pending() const { return (interrupt_status() & interrupt_enable_) != 0; }
  /// Registers as after power-on but for the lists' addresses, which the host's reset leaves alone (10.4.3); in-flight
  /// work is dropped, and the drive resets on the loop. `done` runs there.
  void host_reset(std::function<void()> done);
  /// The addresses as well, after host_reset().
  void forget_lists();

  /// Any thread, no lock held: look for commands (bus mastering was enabled).
  void kick();

 private:
  void finished(AtaCommand& command, const AtaReply& reply) override;
  std::uint32_t interrupt_status() const;
  void write_command(std::uint32_t value, std::uint32_t mask);
  void write_control(std::uint32_t value, std::uint32_t mask);
  void stop();
  void reset_drive(std::function<void()> done);
  void finish_reset();
  void post(void (AhciPort::*work)());
  void post_run();

  // Loop thread.
  void run();
  void settle();
  AtaCommand* pick();
  std::optional<unsigned> next_slot() const;
  AtaCommand* load(unsigned slot);
  void control_fis(unsigned slot, const ahci::CommandHeader& header, std::uint8_t control);
  void complete(AtaCommand& command, const AtaReply& reply);
  void complete_queued(AtaCommand& command, const AtaReply& reply);
  void halt(std::uint32_t cause);

  // Received FISes, with the mutex held.
  void send_signature();
  void receive(std::uint64_t area, std::span<const std::uint8_t> fis);
  void receive_register_fis(const AtaReply& reply, bool interrupt);
  void receive_pio_setup(const AtaReply& reply, std::uint64_t bytes);

  AhciShared& shared_;
  std::unique_ptr<AtaDevice> device_;
  std::array<AtaCommand, 32> commands_;  // Loop thread.
  std::shared_ptr<AhciPort*> self_;      // For posted work; null once this is gone.
  bool in_run_ = false;                  // Loop thread.

  // Guarded by AhciShared::mutex.
  std::uint64_t command_list_ = 0;
  std::uint64_t received_fis_ = 0;
  std::uint32_t latched_ = 0;  // PxIS but for the bits that mirror PxSERR.
  std::uint32_t interrupt_enable_ = 0;
  std::uint32_t command_ = 0;  // The writable bits of PxCMD.
  std::uint32_t task_file_ = 0x7f;
  std::uint32_t signature_ = 0xffffffff;
  std::uint32_t sata_status_ = 0;
  std::uint32_t sata_control_ = 0;
  std::uint32_t sata_error_ = 0;
  std::uint32_t active_ = 0;        // PxSACT.
  std::uint32_t issued_ = 0;        // PxCI.
  unsigned current_slot_ = 0;       // PxCMD.CCS.
  unsigned search_from_ = 0;        // Where to look for the next command.
  bool signature_pending_ = false;  // Waits for FRE (5.1).
  bool halted_ = false;             // After an error, until ST is cleared (6.2.2).
  bool stopping_ = false;           // ST is clear, and commands are still under way: CR stays set.
  unsigned resets_ = 0;             // Drive resets that wait for the loop.
  bool soft_reset_ = false;         // Between the two control FISes of a software reset.
  bool plain_reset_waits_ = false;  // A COMRESET or soft reset is posted and has not begun.
  bool run_posted_ = false;
  bool exclusive_ = false;     // A command that is not queued is under way.
  std::uint32_t running_ = 0;  // Slots that the drive works on.
  std::uint32_t aborted_ = 0;  // Of those, the ones whose end nobody wants to hear of.
};

}  // namespace saffron::storage
