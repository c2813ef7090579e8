// SPDX-License-Identifier: Apache-2.0
// PostPort: the diagnostic port 0x80, which kernels also write to gain a little time (and 0xED likewise).
// Models: a byte that reads back. Missing: a display of it. Source: IBM PC/AT Technical Reference, "I/O address map".
#pragma once

#include <atomic>

#include "engine/core/bus.h"

namespace saffron::legacy {

/// Place it at port 0x80, 1 byte. Any thread.
class PostPort final : public core::BusDevice {
 public:
  std::string_view name() const override { return "post-port"; }
  core::AccessSizes access_sizes() const override { return {1}; }
  std::uint64_t read(std::uint64_t, unsigned) override { return code_; }
  void write(std::uint64_t, unsigned, std::uint64_t value) override { code_ = static_cast<std::uint8_t>(value); }

  /// The last code that was written: where firmware got to.
  std::uint8_t code() const { return code_; }

 private:
  std::atomic<std::uint8_t> code_{0};
};

}  // namespace saffron::legacy
