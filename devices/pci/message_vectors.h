// SPDX-License-Identifier: Apache-2.0
// MessageVectors: the message-signalled interrupts of a device, behind either an MSI or an MSI-X capability. Keeps
// what the guest wants apart from what is routed, so that no interrupt is lost while a route changes: it stays pending
// until the route stands (PCI 3.0, 6.8.1.7 and 6.8.2.9: mask and pending bits).
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/core/irq.h"

namespace saffron::pci {

/// Any thread. `want` and `set_enabled` only note; `sync` acts, and must follow them without any lock held.
class MessageVectors {
 public:
  explicit MessageVectors(std::vector<std::unique_ptr<core::MsiVector>> vectors);

  unsigned size() const { return static_cast<unsigned>(vectors_.size()); }

  /// Disabled: signals go nowhere, and what was pending is forgotten.
  void set_enabled(bool enabled);
  bool enabled() const;
  /// The message that vector `index` shall send; none: it is masked.
  void want(unsigned index, const std::optional<core::MsiMessage>& message);
  /// Makes routes as wanted, and sends what is pending on vectors that can send now.
  void sync(unsigned first, unsigned count);
  void sync_all() { sync(0, size()); }

  /// Sends vector `index`, or sets its pending bit while it is masked. Out of range: nothing.
  void signal(unsigned index);
  bool pending(unsigned index) const;
  /// The eventfd of a vector that can send now; -1 otherwise.
  int event_fd(unsigned index) const;

 private:
  struct State {
    std::optional<core::MsiMessage> wanted;
    std::optional<core::MsiMessage> routed;
    std::uint32_t generation = 0;  // Of the route.
    bool pending = false;
  };

  /// Returns whether the vector is to be signalled. routes_ is held.
  bool sync_one(unsigned index);

  const std::vector<std::unique_ptr<core::MsiVector>> vectors_;
  std::mutex routes_;         // Held around configure() and disconnect() so that they come in order; before mutex_.
  mutable std::mutex mutex_;  // Leaf lock; guards what follows.
  std::vector<State> states_;
  bool enabled_ = false;
};

}  // namespace saffron::pci
