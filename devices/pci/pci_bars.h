// SPDX-License-Identifier: Apache-2.0
// PciBars: the base address registers of a function, and what they decode (PCI 3.0, 6.2.5).
// Models: I/O, 32- and 64-bit memory BARs and the expansion ROM; sizing; moving with decoding on; placements that
// cannot be decoded (address 0, the all-ones sizing pattern, on top of something else) are tolerated and tried again
// when space comes free. Missing: which of two overlapping devices wins; here the first one does.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "devices/pci/pci_config_space.h"
#include "devices/pci/pci_device.h"
#include "engine/core/log.h"

namespace saffron::pci {

/// Any thread, unless said otherwise.
class PciBars {
 public:
  static constexpr unsigned kCount = PciDevice::kBarCount;
  using Addresses = std::array<std::optional<std::uint64_t>, kCount>;
  using Listener = std::function<void(unsigned index, std::optional<std::uint64_t> address)>;

  explicit PciBars(std::string name) : name_(std::move(name)) {}

  /// Construction only. Lays out the register in `config`. A specification against the rules is our defect: it is
  /// logged, and the BAR left out.
  void add(PciBarSpec spec, PciConfigSpace& config);
  void add_window(unsigned index, const PciBarWindow& window);
  void plug(PciSocket& socket) { socket_ = &socket; }

  /// Where the registers and enable bits say that each BAR is. The configuration lock is held.
  Addresses wanted(const PciConfigSpace& config) const;
  /// Makes what is decoded agree with what `read_wanted` says (it takes the configuration lock). Then tells `listener`
  /// what changed, with no lock held, in order, on this thread or on one that is doing so already.
  /// Returns whether address space came free.
  bool update(const std::function<Addresses()>& read_wanted, const Listener& listener);

  std::optional<std::uint64_t> address(unsigned index) const;
  /// Whether a BAR waits for its place.
  bool blocked() const { return blocked_.load(std::memory_order_relaxed); }

  /// Whether [offset, offset + size) touches a register that decoding depends on.
  static bool concerns(unsigned offset, unsigned size);

 private:
  // No BAR can be there: its last byte would be past the address space.
  static constexpr std::uint64_t kUnmapped = ~std::uint64_t{0};

  std::optional<std::uint64_t> wanted_at(const PciBarSpec& spec, const PciConfigSpace& config) const;
  bool map(const PciBarSpec& spec, std::uint64_t base);
  bool map_window(const PciBarSpec& spec, const PciBarWindow& window, std::uint64_t base);
  void unmap_windows(const PciBarSpec& spec, std::uint64_t base, std::size_t count);
  core::Bus& bus_of(const PciBarSpec& spec) const;
  void report(std::unique_lock<std::mutex>& lock, const Listener& listener);

  const std::string name_;
  PciSocket* socket_ = nullptr;
  std::array<PciBarSpec, kCount> specs_;  // Constant after construction. Size 0: no such BAR.
  std::array<std::atomic<std::uint64_t>, kCount> mapped_{kUnmapped, kUnmapped, kUnmapped, kUnmapped,
                                                         kUnmapped, kUnmapped, kUnmapped};
  std::atomic<bool> blocked_{false};
  core::LogOnce log_blocked_;

  std::mutex mutex_;  // Before the configuration lock; held while mapping. Guards what follows.
  std::array<std::uint64_t, kCount> reported_{kUnmapped, kUnmapped, kUnmapped, kUnmapped,
                                              kUnmapped, kUnmapped, kUnmapped};
  bool reporting_ = false;
};

}  // namespace saffron::pci
