// SPDX-License-Identifier: Apache-2.0
// Interrupt lines and message-signalled vectors, as devices see them. Never call these with a device lock held.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/core/result.h"

namespace saffron::core {

/// A wire to an interrupt controller. Any thread.
class IrqLine {
 public:
  virtual ~IrqLine() = default;
  virtual void set_level(bool asserted) = 0;
  /// An edge: up, then down.
  void pulse() {
    set_level(true);
    set_level(false);
  }
};

/// What an MSI or MSI-X entry holds (PCI 3.0, 6.8).
struct MsiMessage {
  std::uint64_t address = 0;
  std::uint32_t data = 0;
  bool operator==(const MsiMessage&) const = default;
};

/// One MSI vector of a device. signal() may be called on any thread; configure() and mask() on vCPU threads.
class MsiVector {
 public:
  virtual ~MsiVector() = default;
  /// Routes the vector. Errors are logged by the implementation: a guest may write nonsense, which then goes nowhere.
  virtual void configure(const MsiMessage& message) = 0;
  /// Routes to nowhere until the next configure().
  virtual void disconnect() = 0;
  virtual void signal() = 0;
  /// The eventfd that signals this vector when written (irqfd), or -1 where there is none (fakes).
  virtual int event_fd() const = 0;
};

/// Hands out vectors; the machine's interrupt controller implements it.
class MsiController {
 public:
  virtual ~MsiController() = default;
  /// Control thread, at machine construction. `name` is for logs.
  virtual Result<std::unique_ptr<MsiVector>> allocate(std::string_view name) = 0;
};

}  // namespace saffron::core
