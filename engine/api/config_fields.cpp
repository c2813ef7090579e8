// SPDX-License-Identifier: Apache-2.0
#include "engine/api/config_fields.h"

#include <cctype>
#include <charconv>

#include "engine/api/machine_config_fields.h"

namespace saffron::api {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

/// Lists the fields of a struct through describe().
class FieldLister {
 public:
  FieldLister(std::string prefix, std::vector<FieldInfo>& to) : prefix_(std::move(prefix)), to_(to) {}

  template <typename T>
  void operator()(const char* name, T& member, const FieldRule& rule = {}) {
    FieldInfo info;
    info.path = prefix_ + name;
    info.required = rule.required;
    info.minimum = rule.minimum;
    info.maximum = rule.maximum;
    info.unit = rule.unit;
    info.help = rule.help;
    if (!rule.required) {
      info.default_value = dump_json(JsonWriter::write(member));
    }
    add(std::move(info), member);
  }

 private:
  template <typename T>
  void add(FieldInfo info, T& member) {
    if constexpr (IsOptional<T>::value) {
      info.nullable = true;
      typename T::value_type inner{};
      add(std::move(info), inner);
    } else if constexpr (IsVector<T>::value) {
      info.type = FieldType::kList;
      typename T::value_type element{};
      const std::string inner = info.path + "[].";
      if constexpr (std::is_enum_v<typename T::value_type>) {
        info.choices = choices_of<typename T::value_type>();
        to_.push_back(std::move(info));
      } else {
        to_.push_back(std::move(info));
        FieldLister lister(inner, to_);
        describe(lister, element);
      }
    } else if constexpr (std::is_enum_v<T>) {
      info.type = FieldType::kChoice;
      info.choices = choices_of<T>();
      to_.push_back(std::move(info));
    } else if constexpr (std::is_same_v<T, bool> || std::is_integral_v<T> || std::is_same_v<T, std::string>) {
      info.type = std::is_same_v<T, bool> ? FieldType::kBoolean
                  : std::is_integral_v<T> ? FieldType::kInteger
                                          : FieldType::kText;
      to_.push_back(std::move(info));
    } else {
      info.type = FieldType::kObject;
      const std::string inner = info.path + ".";
      to_.push_back(std::move(info));
      FieldLister lister(inner, to_);
      describe(lister, member);
    }
  }
  template <typename E>
  static std::vector<std::string> choices_of() {
    return {EnumNames<E>::kNames.begin(), EnumNames<E>::kNames.end()};
  }

  std::string prefix_;
  std::vector<FieldInfo>& to_;
};

/// One step of a path: a member's name, or an index.
struct PathStep {
  std::string name;
  std::size_t index = 0;
  bool is_index = false;
};

Error no_such_field(std::string_view path) {
  return Error{ErrorCode::kNotFound, "There is no such field", std::string(path.substr(0, 128))};
}

Result<std::vector<PathStep>> split_path(std::string_view path) {
  std::vector<PathStep> steps;
  std::size_t at = 0;
  while (at < path.size()) {
    if (path[at] == '[') {
      const std::size_t end = path.find(']', at);
      std::size_t index = 0;
      const char* const first = path.data() + at + 1;
      const char* const last = path.data() + (end == std::string_view::npos ? at + 1 : end);
      const auto [stop, error] = std::from_chars(first, last, index);
      if (error != std::errc() || stop != last || steps.empty()) {
        return no_such_field(path);
      }
      steps.push_back({{}, index, true});
      at = end + 1;
      continue;
    }
    if (!steps.empty()) {
      if (path[at] != '.') {
        return no_such_field(path);
      }
      ++at;
    }
    const std::size_t end = std::min(path.find_first_of(".[", at), path.size());
    if (end == at) {
      return no_such_field(path);
    }
    steps.push_back({std::string(path.substr(at, end - at)), 0, false});
    at = end;
  }
  if (steps.empty()) {
    return no_such_field(path);
  }
  return steps;
}

/// What people write for the two fields they change most.
std::string_view full_path(std::string_view path) {
  if (path == "memory") {
    return "memory_mib";
  }
  return path == "cpu" ? "cpus" : path;
}

std::string pattern_of(const std::vector<PathStep>& steps) {
  std::string pattern;
  for (const PathStep& step : steps) {
    pattern += step.is_index ? "[]" : (pattern.empty() ? "" : ".") + step.name;
  }
  return pattern;
}

/// What is at `steps`; with `make`, missing objects on the way appear, and a list takes one element more.
Json* walk(Json& document, const std::vector<PathStep>& steps, bool make) {
  Json* at = &document;
  for (const PathStep& step : steps) {
    if (step.is_index) {
      if (!at->is_array() || step.index > at->size() || (step.index == at->size() && !make)) {
        return nullptr;
      }
      if (step.index == at->size()) {
        at->push_back(Json::object());
      }
      at = &(*at)[step.index];
      continue;
    }
    if (at->is_null() && make) {
      *at = Json::object();
    }
    if (!at->is_object() || (!at->contains(step.name) && !make)) {
      return nullptr;
    }
    at = &(*at)[step.name];
  }
  return at;
}

Result<Json> boolean_from(std::string_view text) {
  for (std::string_view yes : {"true", "yes", "on", "1"}) {
    if (text == yes) {
      return Json(true);
    }
  }
  for (std::string_view no : {"false", "no", "off", "0"}) {
    if (text == no) {
      return Json(false);
    }
  }
  return Error{ErrorCode::kInvalidArgument, "The value must be true or false", {}};
}

Result<Json> integer_from(std::string_view text, const FieldInfo& info) {
  if (info.unit == "MiB") {
    constexpr std::uint64_t kMib = std::uint64_t{1} << 20;
    const std::uint64_t bytes = SAFFRON_TRY(parse_size(text, kMib));
    if (bytes % kMib != 0) {
      return Error{ErrorCode::kInvalidArgument, "The value must be whole MiB", {}};
    }
    return Json(bytes / kMib);
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Error{ErrorCode::kInvalidArgument, "The value must be an integer", {}};
  }
  return Json(number);
}

Result<Json> value_from(std::string_view text, const FieldInfo& info) {
  if (info.nullable && (text == "null" || text == "none" || text.empty())) {
    return Json(nullptr);
  }
  switch (info.type) {
    case FieldType::kBoolean:
      return boolean_from(text);
    case FieldType::kInteger:
      return integer_from(text, info);
    case FieldType::kText:
    case FieldType::kChoice:
      return Json(std::string(text));
    case FieldType::kObject:
    case FieldType::kList:
      break;
  }
  // A list of choices may also be typed as "cdrom,disk".
  if (!info.choices.empty() && !text.starts_with('[')) {
    Json list = Json::array();
    while (!text.empty()) {
      const std::size_t comma = std::min(text.find(','), text.size());
      list.push_back(std::string(text.substr(0, comma)));
      text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return list;
  }
  return parse_json(text);
}

}  // namespace

std::vector<FieldInfo> config_fields() {
  std::vector<FieldInfo> fields;
  MachineFile file;
  FieldLister lister("", fields);
  describe(lister, file);
  return fields;
}

Result<FieldInfo> config_field(std::string_view path) {
  path = full_path(path);
  std::string pattern(path);
  if (path.find("[]") == std::string_view::npos) {
    pattern = pattern_of(SAFFRON_TRY(split_path(path)));
  }
  // "disks[]" is an element of the list "disks".
  const bool element = pattern.ends_with("[]");
  for (FieldInfo& info : config_fields()) {
    if (info.path == pattern) {
      return std::move(info);
    }
    if (element && info.path + "[]" == pattern) {
      info.path = pattern;
      info.type = info.choices.empty() ? FieldType::kObject : FieldType::kChoice;
      return std::move(info);
    }
  }
  return no_such_field(path);
}

Result<std::string> get_config_field(const MachineConfig& config, std::string_view path) {
  Json document = JsonWriter::write(MachineFile{MachineConfig::kFormat, config});
  const Json* const found = walk(document, SAFFRON_TRY(split_path(full_path(path))), false);
  if (found == nullptr) {
    return no_such_field(path);
  }
  return dump_json(*found);
}

Result<void> set_config_field(MachineConfig& config, std::string_view path, std::string_view value) {
  path = full_path(path);
  const FieldInfo info = SAFFRON_TRY(config_field(path));
  auto parsed = value_from(value, info);
  if (!parsed.ok()) {
    Error error = std::move(parsed).error();
    error.subject = path;
    return error;
  }
  Json document = JsonWriter::write(MachineFile{MachineConfig::kFormat, config});
  Json* const place = walk(document, SAFFRON_TRY(split_path(path)), true);
  if (place == nullptr) {
    return no_such_field(path);
  }
  *place = *std::move(parsed);
  config = SAFFRON_TRY(parse_machine_config(dump_json(document)));
  return {};
}

Result<std::uint64_t> parse_size(std::string_view text, std::uint64_t default_unit) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) {
    return Error{ErrorCode::kOutOfRange, "The size is too large", {}};
  }
  std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  std::uint64_t unit = default_unit;
  if (error == std::errc() && !suffix.empty()) {
    const std::size_t power = std::string_view("KMGT").find(static_cast<char>(std::toupper(suffix[0])));
    const std::string_view rest = suffix.substr(1);
    if (power == std::string_view::npos || !(rest.empty() || rest == "iB" || rest == "B" || rest == "ib")) {
      return Error{ErrorCode::kInvalidArgument, "A size is a number with K, M, G or T, such as 20G", {}};
    }
    unit = std::uint64_t{1} << (10 * (power + 1));
  }
  if (error != std::errc()) {
    return Error{ErrorCode::kInvalidArgument, "A size is a number with K, M, G or T, such as 20G", {}};
  }
  if (number > std::uint64_t{INT64_MAX} / std::max<std::uint64_t>(unit, 1)) {
    return Error{ErrorCode::kOutOfRange, "The size is too large", {}};
  }
  return number * unit;
}

}  // namespace saffron::api
