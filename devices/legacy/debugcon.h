// SPDX-License-Identifier: Apache-2.0
// DebugCon: the debug console at port 0x402 that SeaBIOS and OVMF write their log to.
// Models: the presence byte 0xE9, and output. Missing: input (there is none).
// Source: the device's only contract is its users': SeaBIOS src/hw/serialio.c and OVMF's PlatformDebugLibIoPort.
#pragma once

#include <mutex>
#include <string>

#include "engine/core/bus.h"

namespace saffron::legacy {

/// Place it at port 0x402, 1 byte. Any thread. Complete lines go to the log at debug level.
class DebugCon final : public core::BusDevice {
 public:
  /// A longer line is logged in pieces: the guest must not size our memory.
  static constexpr std::size_t kMaxLine = 1024;

  /// `component` names the lines' source in the log.
  explicit DebugCon(std::string component = "firmware") : component_(std::move(component)) {}

  std::string_view name() const override { return "debugcon"; }
  core::AccessSizes access_sizes() const override { return {1}; }
  std::uint64_t read(std::uint64_t, unsigned) override { return 0xe9; }
  void write(std::uint64_t, unsigned, std::uint64_t value) override;

  /// What came since the last line end.
  std::string partial_line() const;

 private:
  const std::string component_;
  mutable std::mutex mutex_;
  std::string line_;
};

}  // namespace saffron::legacy
