// SPDX-License-Identifier: Apache-2.0
// The MSI capability: one vector, 64-bit address, mask and pending bit (PCI 3.0, 6.8.1). Its registers live in
// configuration space; this knows their places and meaning. While bus mastering is off the vector counts as masked.
#pragma once

#include <cstdint>
#include <memory>

#include "devices/pci/message_vectors.h"
#include "devices/pci/pci_config_space.h"

namespace saffron::pci {

class MsiCapability {
 public:
  /// Appends the capability to `config`.
  MsiCapability(PciConfigSpace& config, std::unique_ptr<core::MsiVector> vector);

  MessageVectors& vectors() { return vectors_; }
  const MessageVectors& vectors() const { return vectors_; }
  bool enabled() const { return vectors_.enabled(); }

  /// Takes over what the registers say. The configuration lock is held; vectors().sync_all() is due.
  void load(const PciConfigSpace& config);
  /// Shows the pending bit in its register. The configuration lock is held.
  void show_pending(PciConfigSpace& config) const;

 private:
  unsigned offset_;
  MessageVectors vectors_;
};

}  // namespace saffron::pci
