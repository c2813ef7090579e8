// SPDX-License-Identifier: Apache-2.0
// PciDevice: a PCI Express function's configuration space, BARs and interrupts (PCI 3.0; PCIe 4.0, 7.5).
// Devices derive from it, describe themselves in their constructor, and never see configuration cycles or addresses.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/bus.h"
#include "engine/core/irq.h"
#include "engine/core/memory_slot.h"

namespace saffron::pci {

struct PciIdentity {
  std::uint16_t vendor = 0;
  std::uint16_t device = 0;
  std::uint16_t subsystem_vendor = 0;
  std::uint16_t subsystem = 0;
  std::uint32_t class_code = 0;  // 24 bits: class, subclass, programming interface.
  std::uint8_t revision = 0;
  std::uint8_t interrupt_pin = 0;  // 0: none, 1..4: INTA..INTD.
  bool multifunction = false;
};

enum class PciBarKind { kIo, kMemory32, kMemory64 };

/// A part of a BAR and what answers there: `handler` (device_offset is added to offsets inside the window) or `slot`
/// (mapped directly; `offset` and size page aligned).
struct PciBarWindow {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  core::BusDevice* handler = nullptr;
  std::uint64_t device_offset = 0;
  core::MemorySlot* slot = nullptr;
};

/// `size` is a power of two: at least 4 (I/O), 16 (memory). Index 6 is the expansion ROM (kMemory32, read only).
struct PciBarSpec {
  unsigned index = 0;
  PciBarKind kind = PciBarKind::kMemory32;
  bool prefetchable = false;
  std::uint64_t size = 0;
  std::vector<PciBarWindow> windows;
};

/// Where a device is plugged: gives it address space and an interrupt wire. PciRoot implements it.
class PciSocket {
 public:
  virtual ~PciSocket() = default;
  virtual core::Bus& io_bus() = 0;
  virtual core::Bus& memory_bus() = 0;
  /// The wire behind INTA..INTD (1..4) of this slot.
  virtual core::IrqLine& interrupt_line(std::uint8_t pin) = 0;
  /// A BAR of the device left its place: BARs of others that found it taken may be decoded now. No lock is held.
  virtual void address_space_freed() {}
  /// Whether the device sits at the end of a PCIe link, below a root port, rather than in the root complex.
  virtual bool on_link() const { return false; }
};

/// Public methods: any thread (configuration cycles come from vCPU threads), unless said otherwise.
class PciDevice {
 public:
  static constexpr unsigned kConfigSize = 4096;
  static constexpr unsigned kBarCount = 7;  // Six and the ROM.

  PciDevice(std::string name, const PciIdentity& identity);
  virtual ~PciDevice();
  PciDevice(const PciDevice&) = delete;
  PciDevice& operator=(const PciDevice&) = delete;

  const std::string& name() const { return name_; }

  /// Configuration cycles: `offset` + `size` (1, 2, 4) inside 4096 bytes, naturally aligned.
  std::uint32_t read_config(unsigned offset, unsigned size);
  void write_config(unsigned offset, unsigned size, std::uint32_t value);

  /// Construction: PciRoot calls it once.
  void plug(PciSocket& socket);
  /// Construction: PciRoot tells function 0 of a slot that has others too (header type, bit 7).
  void set_multifunction();
  /// Address space came free: tries again to decode BARs that found their place taken. PciRoot calls it.
  void retry_decoding();
  /// Machine reset, vCPUs stopped: BARs unmapped, configuration as after construction, then on_reset().
  void reset();

  /// Where BAR `index` is decoded now; empty when it is not (size 0, decoding off, or unassignable).
  std::optional<std::uint64_t> bar_address(unsigned index) const;

 protected:
  // For constructors of derived classes.
  void add_bar(PciBarSpec spec);
  /// Appends a capability (PCI 3.0, 6.7) with `body` after id and next; `write_mask` has a 1 for each bit that the
  /// guest may write, and body's length (or none: read only). Returns its offset.
  std::uint8_t add_capability(std::uint8_t id, std::span<const std::uint8_t> body,
                              std::span<const std::uint8_t> write_mask = {});
  /// A PCIe capability (integrated endpoint, or endpoint if plugged below a port), so that extended space is found.
  void add_express_endpoint_capability();
  /// MSI with one vector (64-bit). The device calls signal_msi when msi_enabled().
  void add_msi(std::unique_ptr<core::MsiVector> vector);
  /// MSI-X with vectors.size() entries (1..2048): table at `table_offset` and pending bits at `pba_offset` of BAR
  /// `bar`; add_bar must have made room, windows are added here.
  void add_msix(unsigned bar, std::uint64_t table_offset, std::uint64_t pba_offset,
                std::vector<std::unique_ptr<core::MsiVector>> vectors);
  /// Sets bytes of configuration space and what the guest may write there (for chipset registers).
  void set_config(unsigned offset, std::span<const std::uint8_t> value, std::span<const std::uint8_t> write_mask = {});
  /// The same for a little-endian register of `size` bytes (1, 2, 4 or 8).
  void set_register(unsigned offset, unsigned size, std::uint64_t value, std::uint64_t write_mask);

  // For running devices. Never with a device lock held.
  /// Drives INTx (PCI 3.0, 6.2.4): respects Interrupt Disable, keeps Interrupt Status; nothing while MSI is on.
  void set_intx(bool asserted);
  bool msi_enabled() const;
  void signal_msi();
  bool msix_enabled() const;
  /// Signals MSI-X vector `index` (out of range: nothing), or sets its pending bit if it is masked.
  void signal_msix(unsigned index);
  /// The eventfd of vector `index` for I/O threads: writing it signals the interrupt while MSI-X is enabled and the
  /// vector unmasked; -1 otherwise (then use signal_msix). May change with each configuration write.
  int msix_event_fd(unsigned index) const;
  bool bus_master_enabled() const;
  bool memory_decoding_enabled() const;
  /// Where the device is plugged; null before that. For bridges.
  PciSocket* socket() const;

  /// After a configuration write took effect; no lock is held. For chipset registers and vendor capabilities.
  virtual void on_config_write(unsigned offset, unsigned size) { (void)offset, (void)size; }
  /// Before a configuration read is answered: capabilities whose registers are windows elsewhere fill them here.
  virtual void on_config_read(unsigned offset, unsigned size) { (void)offset, (void)size; }
  /// A BAR was mapped at `address`, or unmapped (for doorbells). No lock is held.
  virtual void on_bar_changed(unsigned index, std::optional<std::uint64_t> address) { (void)index, (void)address; }
  virtual void on_reset() {}

  /// Raw bytes of configuration space, for on_config_* hooks.
  std::uint32_t config_value(unsigned offset, unsigned size) const;
  void set_config_value(unsigned offset, unsigned size, std::uint32_t value);

 private:
  class Impl;
  std::string name_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saffron::pci
