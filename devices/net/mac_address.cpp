// SPDX-License-Identifier: Apache-2.0
#include "devices/net/mac_address.h"

#include <charconv>
#include <string>

namespace saffron::net {

core::Result<MacAddress> MacAddress::parse(std::string_view text) {
  const core::Error error{core::ErrorCode::kInvalidArgument, "A MAC address looks like 52:54:00:12:34:56.",
                          std::string(text)};
  MacAddress address;
  if (text.size() != 17) {
    return error;
  }
  for (std::size_t i = 0; i < address.bytes.size(); ++i) {
    const std::string_view part = text.substr(3 * i, 2);
    const auto [end, code] = std::from_chars(part.begin(), part.end(), address.bytes[i], 16);
    if (code != std::errc() || end != part.end() || (i != 5 && text[3 * i + 2] != ':')) {
      return error;
    }
  }
  return address;
}

}  // namespace saffron::net
