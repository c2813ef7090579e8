// SPDX-License-Identifier: Apache-2.0
// Field-level access to a MachineConfig, for the settings page and `saffronctl set`: what fields there are, their
// limits and defaults, and reading and changing one by its path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/machine_config.h"
#include "engine/core/result.h"

namespace saffron::api {

enum class FieldType { kBoolean, kInteger, kText, kChoice, kObject, kList };

struct FieldInfo {
  std::string path;  // "memory_mib", "display.spice.tcp.port", "disks[].path" ([]: any element).
  FieldType type = FieldType::kText;
  bool required = false;     // Must stand in the file.
  bool nullable = false;     // May be null.
  std::int64_t minimum = 0;  // Integers: value; texts: bytes; lists: elements. Both inclusive.
  std::int64_t maximum = 0;
  std::vector<std::string> choices;  // kChoice; and lists of choices.
  std::string default_value;         // As JSON; empty if required.
  std::string unit;                  // "MiB", "pixels"; may be empty.
  std::string help;                  // One English sentence without the final point.
};

/// Every field of machine.json, in the file's order. Any thread.
std::vector<FieldInfo> config_fields();
/// The field with that path; indices count as "[]". kNotFound.
core::Result<FieldInfo> config_field(std::string_view path);

/// The value at `path` ("disks[0].path"), as JSON text. kNotFound.
core::Result<std::string> get_config_field(const MachineConfig& config, std::string_view path);

/// Sets one field from what a person types. Texts and choices stand as they are; integers in decimal, and MiB fields
/// also with a K, M, G or T suffix; booleans as true/false, yes/no, on/off; "null" (or nothing) for a nullable field;
/// objects and lists as JSON. "disks[1]" just past a list's end appends; short names: memory, cpu.
/// The whole config is validated; on error it is unchanged and the error's subject is the field.
core::Result<void> set_config_field(MachineConfig& config, std::string_view path, std::string_view value);

/// Bytes from "10G", "512M", "4096": suffix K, M, G or T (1024-based, optional "iB" or "B"); a bare number counts
/// `default_unit` bytes. kInvalidArgument; kOutOfRange above 2^63 - 1.
core::Result<std::uint64_t> parse_size(std::string_view text, std::uint64_t default_unit);

}  // namespace saffron::api
