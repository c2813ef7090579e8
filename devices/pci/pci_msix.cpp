// SPDX-License-Identifier: Apache-2.0
#include "devices/pci/pci_msix.h"

namespace saffron::pci {

namespace {

constexpr unsigned kVectorControl = 3;
constexpr std::uint32_t kVectorMasked = 1;

}  // namespace

MsixTable::MsixTable(std::string_view device_name, std::vector<std::unique_ptr<core::MsiVector>> vectors)
    : vectors_(std::move(vectors)),
      table_window_(*this, std::string(device_name) + "-msix-table"),
      pending_window_(*this, std::string(device_name) + "-msix-pending"),
      entries_(vectors_.size(), Entry{0, 0, 0, kVectorMasked}) {}

bool MsixTable::set_control(bool enabled, bool function_masked, bool bus_master) {
  const std::lock_guard lock(mutex_);
  if (enabled == enabled_ && function_masked == function_masked_ && bus_master == bus_master_) {
    return false;
  }
  enabled_ = enabled;
  function_masked_ = function_masked;
  bus_master_ = bus_master;
  vectors_.set_enabled(enabled);
  for (unsigned index = 0; index < entries_.size(); ++index) {
    note(index);
  }
  return true;
}

void MsixTable::reset() {
  const std::lock_guard lock(mutex_);
  enabled_ = function_masked_ = bus_master_ = false;
  vectors_.set_enabled(false);
  for (unsigned index = 0; index < entries_.size(); ++index) {
    entries_[index] = Entry{0, 0, 0, kVectorMasked};
    note(index);
  }
}

void MsixTable::note(unsigned index) {
  const Entry& entry = entries_[index];
  if (!enabled_ || function_masked_ || !bus_master_ || (entry[kVectorControl] & kVectorMasked) != 0) {
    vectors_.want(index, std::nullopt);
    return;
  }
  vectors_.want(index, core::MsiMessage{entry[0] | std::uint64_t{entry[1]} << 32, entry[2]});
}

std::uint64_t MsixTable::read_table(std::uint64_t offset, unsigned size) const {
  const std::lock_guard lock(mutex_);
  std::uint64_t value = 0;
  for (unsigned part = 0; part < size / 4; ++part) {
    const std::uint64_t dword = offset / 4 + part;
    if (dword / 4 < entries_.size()) {
      value |= std::uint64_t{entries_[dword / 4][dword % 4]} << (32 * part);
    }
  }
  return value;
}

void MsixTable::write_table(std::uint64_t offset, unsigned size, std::uint64_t value) {
  const std::uint64_t first = offset / 4;
  const unsigned count = size / 4;
  {
    const std::lock_guard lock(mutex_);
    for (unsigned part = 0; part < count; ++part) {
      write_dword(first + part, static_cast<std::uint32_t>(value >> (32 * part)));
    }
  }
  // A quad-word that is not aligned to an entry may touch two.
  const auto first_entry = static_cast<unsigned>(first / 4);
  const auto last_entry = static_cast<unsigned>((first + count - 1) / 4);
  vectors_.sync(first_entry, last_entry - first_entry + 1);
}

void MsixTable::write_dword(std::uint64_t index, std::uint32_t value) {
  if (index / 4 >= entries_.size()) {
    return;
  }
  // Address bits 1:0 must be 0 (6.8.2.6); only the mask bit of vector control is ours (6.8.2.9).
  constexpr Entry kWritable = {0xfffffffc, 0xffffffff, 0xffffffff, kVectorMasked};
  entries_[index / 4][index % 4] = value & kWritable[index % 4];
  note(static_cast<unsigned>(index / 4));
}

std::uint64_t MsixTable::read_pending(std::uint64_t offset, unsigned size) const {
  std::uint64_t value = 0;
  for (unsigned bit = 0; bit < size * 8; ++bit) {
    const std::uint64_t index = offset * 8 + bit;
    if (index < vectors_.size() && vectors_.pending(static_cast<unsigned>(index))) {
      value |= std::uint64_t{1} << bit;
    }
  }
  return value;
}

}  // namespace saffron::pci
