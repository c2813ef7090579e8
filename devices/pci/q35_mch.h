// SPDX-License-Identifier: Apache-2.0
// Q35Mch: the memory controller hub of the Q35 chipset, device 00:00.0, as far as software on a PC looks at it.
// Models: PCIEXBAR (ECAM), PAM0..PAM6 (what C0000..FFFFF reads and writes), the registers that tell where RAM ends
// (TOLUD, TOUUD, TOM, stolen memory), SMRAM and ESMRAMC with their lock. Missing: SMM itself (the SMRAM registers have
// no effect), MCHBAR, DMIBAR and EPBAR blocks (their registers are storage), the memory hole of LAC, remapping (the
// machine places RAM above 4 GiB by itself), integrated graphics, CAPID0.
// Follows: Intel 3 Series Express Chipset Family datasheet (316966), 5.1 (host bridge, device 0).
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "devices/pci/movable_range.h"
#include "devices/pci/pci_device.h"

namespace saffron::pci {

/// What a part of C0000..FFFFF does. Reads go to RAM if `read_enable`, else to what is on the bus
/// behind (option ROMs, firmware flash); writes go to RAM if `write_enable`, else to the bus.
struct PamRegion {
  std::uint64_t base = 0;
  std::uint64_t size = 0;
  bool read_enable = false;
  bool write_enable = false;
  bool operator==(const PamRegion&) const = default;
};

/// The machine's side of the PAM registers.
class PamListener {
 public:
  virtual ~PamListener() = default;
  /// The regions that changed, in address order, at least one. At the start all are disabled both ways. Called on
  /// vCPU threads, one call at a time, in order; and on the control thread by a machine reset. No device lock is held.
  virtual void pam_changed(std::span<const PamRegion> regions) = 0;
};

struct Q35MchOptions {
  std::uint64_t low_ram_size = 0;   // Bytes of RAM from 0 up, below 4 GiB; a multiple of 1 MiB.
  std::uint64_t high_ram_size = 0;  // Bytes of RAM from 4 GiB up.
};

class Q35Mch final : public PciDevice {
 public:
  static constexpr unsigned kPamRegionCount = 13;
  /// Register PCIEXBAR, for a boot without firmware: write base | 1 to it (`PciRoot::write_config`).
  static constexpr unsigned kPciexbar = 0x60;

  /// `ecam`: PciRoot::ecam(), mapped on `memory_bus` where PCIEXBAR says. All must outlive the vCPUs.
  Q35Mch(core::Bus& memory_bus, core::BusDevice& ecam, PamListener& pam_listener, const Q35MchOptions& options);

  /// Any thread. All regions, in address order.
  std::array<PamRegion, kPamRegionCount> pam_regions() const;
  /// Any thread. Where PCIEXBAR has put the ECAM; empty while it is off.
  std::optional<core::BusRange> ecam_range() const;

 protected:
  void on_config_write(unsigned offset, unsigned size) override;
  void on_reset() override;

 private:
  void define_memory_registers();
  void define_smram_registers();
  void follow_ecam();
  void follow_pam();
  void lock_smram();

  const Q35MchOptions options_;
  PamListener& pam_listener_;
  MovableRange ecam_;
  std::mutex mutex_;  // Guards what follows; never held while the listener is called.
  std::array<PamRegion, kPamRegionCount> reported_;
  bool reporting_ = false;
};

}  // namespace saffron::pci
