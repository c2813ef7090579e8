// SPDX-License-Identifier: Apache-2.0
// MacAddress: the 48 bits of an Ethernet address.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/core/result.h"

namespace saffron::net {

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};

  bool operator==(const MacAddress&) const = default;
  /// Group addresses, broadcast among them (IEEE 802, 8.2).
  bool multicast() const { return (bytes[0] & 1) != 0; }
  bool broadcast() const { return *this == MacAddress{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}; }

  /// "52:54:00:12:34:56", either case. kInvalidArgument.
  static core::Result<MacAddress> parse(std::string_view text);
};

}  // namespace saffron::net
