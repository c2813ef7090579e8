// SPDX-License-Identifier: Apache-2.0
// The MSI-X table and pending bit array of a device (PCI 3.0, 6.8.2; PCIe 4.0, 6.1.4 and 7.7.2).
// Models: table entries with their mask bits, function mask, pending bits, delivery on unmasking. While bus mastering
// is off no message can leave (PCIe 4.0, 7.5.1.1.3), so vectors count as masked. Missing: steering tags.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "devices/pci/message_vectors.h"
#include "engine/core/bus.h"

namespace saffron::pci {

class MsixTable {
 public:
  static constexpr unsigned kEntrySize = 16;
  static constexpr unsigned kMaxVectors = 2048;

  MsixTable(std::string_view device_name, std::vector<std::unique_ptr<core::MsiVector>> vectors);

  MessageVectors& vectors() { return vectors_; }
  const MessageVectors& vectors() const { return vectors_; }
  core::BusDevice& table_window() { return table_window_; }
  core::BusDevice& pending_window() { return pending_window_; }
  std::uint64_t table_size() const { return std::uint64_t{vectors_.size()} * kEntrySize; }
  std::uint64_t pending_size() const { return (std::uint64_t{vectors_.size()} + 63) / 64 * 8; }

  /// Message control and bus mastering changed. Returns whether vectors().sync_all() is due.
  bool set_control(bool enabled, bool function_masked, bool bus_master);
  /// The table as after power-on: all entries masked. sync_all() is due.
  void reset();

 private:
  class TableWindow final : public core::BusDevice {
   public:
    TableWindow(MsixTable& owner, std::string name) : owner_(owner), name_(std::move(name)) {}
    std::string_view name() const override { return name_; }
    core::AccessSizes access_sizes() const override { return {4, 8}; }
    std::uint64_t read(std::uint64_t offset, unsigned size) override { return owner_.read_table(offset, size); }
    void write(std::uint64_t offset, unsigned size, std::uint64_t value) override {
      owner_.write_table(offset, size, value);
    }

   private:
    MsixTable& owner_;
    std::string name_;
  };
  class PendingWindow final : public core::BusDevice {
   public:
    PendingWindow(MsixTable& owner, std::string name) : owner_(owner), name_(std::move(name)) {}
    std::string_view name() const override { return name_; }
    core::AccessSizes access_sizes() const override { return {4, 8}; }
    std::uint64_t read(std::uint64_t offset, unsigned size) override { return owner_.read_pending(offset, size); }
    void write(std::uint64_t, unsigned, std::uint64_t) override {}  // Read only (6.8.2.10).

   private:
    MsixTable& owner_;
    std::string name_;
  };
  using Entry = std::array<std::uint32_t, 4>;  // Address, upper address, data, vector control.

  std::uint64_t read_table(std::uint64_t offset, unsigned size) const;
  void write_table(std::uint64_t offset, unsigned size, std::uint64_t value);
  std::uint64_t read_pending(std::uint64_t offset, unsigned size) const;
  void write_dword(std::uint64_t index, std::uint32_t value);  // mutex_ is held.
  void note(unsigned index);                                   // mutex_ is held.

  MessageVectors vectors_;
  TableWindow table_window_;
  PendingWindow pending_window_;
  mutable std::mutex mutex_;  // After the device's configuration lock, before those of vectors_. Guards what follows.
  std::vector<Entry> entries_;
  bool enabled_ = false;
  bool function_masked_ = false;
  bool bus_master_ = false;
};

}  // namespace saffron::pci
