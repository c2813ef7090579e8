// SPDX-License-Identifier: Apache-2.0
// machine.json: whatever the text, parsing ends with a config or an error that has a message; a config survives
// writing and reading; and setting a field from the text's first line keeps the config valid.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/api/config_fields.h"
#include "engine/api/machine_config.h"

namespace {

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

/// "path=value" on the first line of the input.
void set_field(saffron::api::MachineConfig config, std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) {
    return;
  }
  const saffron::api::MachineConfig before = config;
  const auto set = saffron::api::set_config_field(config, line.substr(0, equals), line.substr(equals + 1));
  require(set.ok() || config == before);
  require(saffron::api::validate_machine_config(config).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = saffron::api::parse_machine_config(text);
  if (config.ok()) {
    const auto again = saffron::api::parse_machine_config(saffron::api::serialize_machine_config(*config));
    require(again.ok() && *again == *config);
    require(saffron::api::validate_machine_config(*config).ok());
  } else {
    require(!config.error().message.empty());
  }
  saffron::api::MachineConfig base;
  base.name = "fuzz";
  base.uuid = "01234567-89ab-4def-8123-456789abcdef";
  base.cdroms = {{"cd0", std::nullopt}};
  set_field(base, text.substr(0, text.find('\n')));
  return 0;
}
