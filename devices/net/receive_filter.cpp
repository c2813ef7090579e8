// SPDX-License-Identifier: Apache-2.0
#include "devices/net/receive_filter.h"

#include <algorithm>
#include <utility>

namespace saffron::net {
namespace {

bool contains(const std::vector<MacAddress>& table, const MacAddress& address) {
  return std::find(table.begin(), table.end(), address) != table.end();
}

}  // namespace

void ReceiveFilter::set_mode(Mode mode, bool on) {
  const unsigned bit = 1U << static_cast<unsigned>(mode);
  modes_ = on ? modes_ | bit : modes_ & ~bit;
}

void ReceiveFilter::set_table(std::vector<MacAddress> unicast, bool unicast_overflow, std::vector<MacAddress> multicast,
                              bool multicast_overflow) {
  unicast_ = std::move(unicast);
  multicast_ = std::move(multicast);
  unicast_overflow_ = unicast_overflow;
  multicast_overflow_ = multicast_overflow;
}

bool ReceiveFilter::passes(std::span<const std::uint8_t> frame, const MacAddress& own) const {
  MacAddress to;
  if (frame.size() < to.bytes.size()) {
    return false;
  }
  std::copy_n(frame.begin(), to.bytes.size(), to.bytes.begin());
  if (mode(Mode::kPromiscuous)) {
    return true;
  }
  if (to.broadcast()) {
    return !mode(Mode::kNoBroadcast);
  }
  if (to.multicast()) {
    return !mode(Mode::kNoMulticast) && (mode(Mode::kAllMulticast) || multicast_overflow_ || contains(multicast_, to));
  }
  return !mode(Mode::kNoUnicast) &&
         (mode(Mode::kAllUnicast) || unicast_overflow_ || to == own || contains(unicast_, to));
}

}  // namespace saffron::net
