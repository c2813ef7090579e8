// SPDX-License-Identifier: Apache-2.0
// ApmPort: the APM control and status ports 0xB2 and 0xB3, through which software asks firmware's SMM for things.
// Models: both bytes read back; the two commands that switch between ACPI and legacy mode call `set_acpi_mode`.
// Missing: SMM, so a command raises no SMI. Without SMM the FADT's SMI_CMD should be 0, and nobody then writes here.
// Source: Intel I/O Controller Hub 9 datasheet, 13.7.3 and 13.7.4 (APM_CNT, APM_STS).
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "engine/core/bus.h"

namespace saffron::legacy {

/// Place it at port 0xB2, 2 bytes. Any thread.
class ApmPort final : public core::BusDevice {
 public:
  static constexpr std::uint8_t kAcpiEnable = 0x02;   // FADT ACPI_ENABLE, where SMI_CMD is 0xB2.
  static constexpr std::uint8_t kAcpiDisable = 0x03;  // FADT ACPI_DISABLE.

  /// Called on a vCPU thread, without a lock: AcpiPm::set_acpi_mode is meant.
  explicit ApmPort(std::function<void(bool)> set_acpi_mode) : set_acpi_mode_(std::move(set_acpi_mode)) {}

  std::string_view name() const override { return "apm"; }
  core::AccessSizes access_sizes() const override { return {1}; }
  std::uint64_t read(std::uint64_t offset, unsigned) override { return offset == 0 ? control_ : status_; }
  void write(std::uint64_t offset, unsigned, std::uint64_t value) override {
    const auto byte = static_cast<std::uint8_t>(value);
    if (offset != 0) {
      status_ = byte;
      return;
    }
    control_ = byte;
    if ((byte == kAcpiEnable || byte == kAcpiDisable) && set_acpi_mode_) {
      set_acpi_mode_(byte == kAcpiEnable);
    }
  }
  void reset() {
    control_ = 0;
    status_ = 0;
  }

 private:
  std::function<void(bool)> set_acpi_mode_;
  std::atomic<std::uint8_t> control_{0};
  std::atomic<std::uint8_t> status_{0};
};

}  // namespace saffron::legacy
