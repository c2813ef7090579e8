// SPDX-License-Identifier: Apache-2.0
// The one symbol that saffron-spice.so exports.
#include <fmt/format.h>

#include "display/spice_server_impl.h"

extern "C" __attribute__((visibility("default"))) void saffron_spice_create(
    std::uint32_t version, const saffron::spice::SpiceRequest* request,
    saffron::core::Result<std::unique_ptr<saffron::spice::SpiceServer>>* result) {
  using namespace saffron;
  if (version != spice::kModuleVersion) {
    *result =
        core::Error{core::ErrorCode::kUnsupported,
                    fmt::format("the SPICE module has version {}, the engine wants {}", spice::kModuleVersion, version),
                    {}};
    return;
  }
  *result = spice::SpiceServerImpl::create(*request);
}
