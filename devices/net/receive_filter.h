// SPDX-License-Identifier: Apache-2.0
// ReceiveFilter: which frames a network card hands to its driver (virtio 1.2, 5.1.6.5.1 and 5.1.6.5.2).
// Models: all of the filtering modes, and the table of addresses. Missing: VLAN filtering (not offered).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "devices/net/mac_address.h"

namespace saffron::net {

/// One thread.
class ReceiveFilter {
 public:
  /// Of each of the two lists. A driver with more is served as if it had asked for all of the kind, as the
  /// specification allows; a guest must not size our memory.
  static constexpr std::size_t kMaxTable = 64;

  enum class Mode : std::uint8_t { kPromiscuous, kAllMulticast, kAllUnicast, kNoMulticast, kNoUnicast, kNoBroadcast };

  /// Everything passes, until the driver chooses.
  void reset() { *this = {}; }
  void set_mode(Mode mode, bool on);
  /// Replaces both lists. `unicast_overflow` and `multicast_overflow`: the driver had more than kMaxTable.
  void set_table(std::vector<MacAddress> unicast, bool unicast_overflow, std::vector<MacAddress> multicast,
                 bool multicast_overflow);
  /// `own` is the card's address. Frames shorter than an address do not pass.
  bool passes(std::span<const std::uint8_t> frame, const MacAddress& own) const;

 private:
  bool mode(Mode which) const { return (modes_ >> static_cast<unsigned>(which) & 1) != 0; }

  unsigned modes_ = 1U << static_cast<unsigned>(Mode::kPromiscuous);
  std::vector<MacAddress> unicast_;
  std::vector<MacAddress> multicast_;
  bool unicast_overflow_ = false;
  bool multicast_overflow_ = false;
};

}  // namespace saffron::net
