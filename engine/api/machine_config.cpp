// SPDX-License-Identifier: Apache-2.0
#include "engine/api/machine_config.h"

#include <arpa/inet.h>
#include <sys/random.h>

#include <bit>
#include <set>
#include <tuple>

#include <fmt/core.h>
#include "engine/api/machine_config_fields.h"

namespace saffron::api {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

Error invalid(std::string message, std::string subject = {}) {
  return Error{ErrorCode::kInvalidArgument, std::move(message), std::move(subject)};
}

bool is_control(unsigned char byte) {
  return byte < 0x20 || byte == 0x7f;
}

/// Decodes one code point at `at` and moves past it; -1 if the bytes there are not UTF-8 (RFC 3629).
std::int32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned lead = byte(at);
  if (lead < 0x80) {
    ++at;
    return static_cast<std::int32_t>(lead);
  }
  const unsigned length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + length > text.size()) {
    return -1;
  }
  std::int32_t point = static_cast<std::int32_t>(lead & (0xffU >> (length + 1)));
  for (unsigned index = 1; index < length; ++index) {
    if ((byte(at + index) & 0xc0) != 0x80) {
      return -1;
    }
    point = (point << 6) | (byte(at + index) & 0x3f);
  }
  constexpr std::int32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kLeast[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
    return -1;
  }
  at += length;
  return point;
}

bool is_loopback(const std::string& address) {
  in_addr four{};
  if (inet_pton(AF_INET, address.c_str(), &four) == 1) {
    return (ntohl(four.s_addr) >> 24) == 127;
  }
  in6_addr six{};
  return inet_pton(AF_INET6, address.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

Result<void> check_ids(const MachineConfig& config) {
  std::set<std::string_view> ids;
  const auto add = [&ids](const auto& list, const char* name) -> Result<void> {
    for (std::size_t index = 0; index < list.size(); ++index) {
      if (!ids.insert(list[index].id).second) {
        return Error{ErrorCode::kAlreadyExists, fmt::format("Another device has the id \"{}\"", list[index].id),
                     fmt::format("{}[{}].id", name, index)};
      }
    }
    return {};
  };
  SAFFRON_TRY(add(config.disks, "disks"));
  SAFFRON_TRY(add(config.cdroms, "cdroms"));
  return add(config.networks, "networks");
}

Result<void> check_boot(const BootConfig& boot) {
  std::set<BootDevice> seen;
  for (std::size_t index = 0; index < boot.order.size(); ++index) {
    if (!seen.insert(boot.order[index]).second) {
      return invalid("The boot order names this twice", fmt::format("boot.order[{}]", index));
    }
  }
  if (!boot.kernel && boot.initrd) {
    return invalid("An initial RAM disk needs a kernel in boot.kernel", "boot.initrd");
  }
  if (!boot.kernel && !boot.command_line.empty()) {
    return invalid("A command line needs a kernel in boot.kernel", "boot.command_line");
  }
  return {};
}

Result<void> check_storage(const MachineConfig& config) {
  std::size_t sata = config.cdroms.size();
  for (std::size_t index = 0; index < config.disks.size(); ++index) {
    const DiskConfig& disk = config.disks[index];
    if (disk.bus == DiskBus::kSata && disk.queues != 1) {
      return invalid("Only a virtio disk has more than one queue", fmt::format("disks[{}].queues", index));
    }
    sata += disk.bus == DiskBus::kSata ? 1 : 0;
    if (sata > kSataPorts) {
      return Error{ErrorCode::kExhausted,
                   fmt::format("There are {} SATA ports for CD-ROM drives and sata disks together", kSataPorts),
                   fmt::format("disks[{}].bus", index)};
    }
  }
  return {};
}

Result<void> check_networks(const MachineConfig& config) {
  std::set<std::tuple<ForwardProtocol, std::string, std::uint32_t>> listened;
  for (std::size_t index = 0; index < config.networks.size(); ++index) {
    const NetworkConfig& network = config.networks[index];
    if (network.mode == NetworkMode::kNone && !network.forwards.empty()) {
      return invalid("A network card without a network forwards nothing", fmt::format("networks[{}].forwards", index));
    }
    for (std::size_t which = 0; which < network.forwards.size(); ++which) {
      const ForwardConfig& forward = network.forwards[which];
      if (!listened.emplace(forward.protocol, forward.host_address, forward.host_port).second) {
        return Error{ErrorCode::kAlreadyExists, "Another forward has this port of the host",
                     fmt::format("networks[{}].forwards[{}].host_port", index, which)};
      }
    }
  }
  return {};
}

Result<void> check_display(const DisplayConfig& display) {
  if (!std::has_single_bit(display.video_memory_mib)) {
    return invalid("The video memory must be a power of two", "display.video_memory_mib");
  }
  if (std::uint64_t{display.width} * display.height * 4 > std::uint64_t{display.video_memory_mib} << 20) {
    return invalid("The preferred size does not fit the video memory", "display.width");
  }
  if (display.spice.tcp && !display.spice.ticket && !is_loopback(display.spice.tcp->address)) {
    return invalid("A ticket is needed when viewers on other hosts may connect", "display.spice.ticket");
  }
  return {};
}

Result<void> check_meaning(const MachineConfig& config) {
  SAFFRON_TRY(check_ids(config));
  SAFFRON_TRY(check_boot(config.boot));
  SAFFRON_TRY(check_storage(config));
  SAFFRON_TRY(check_networks(config));
  return check_display(config.display);
}

}  // namespace

Result<void> check_identifier(std::string_view text) {
  for (std::size_t index = 0; index < text.size(); ++index) {
    const char c = text[index];
    const bool inner = index > 0 && (c == '-' || c == '_');
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || inner)) {
      return invalid("An id has only a to z, 0 to 9, and inside also \"-\" and \"_\"");
    }
  }
  return {};
}

Result<void> check_path(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {
    return invalid("A path cannot hold a zero character");
  }
  return {};
}

Result<void> check_absolute_path(std::string_view text) {
  if (!text.starts_with('/')) {
    return invalid("The path must be absolute");
  }
  return check_path(text);
}

Result<void> check_uuid(std::string_view text) {
  bool right = text.size() == 36;
  for (std::size_t index = 0; right && index < text.size(); ++index) {
    const char c = text[index];
    const bool dash = index == 8 || index == 13 || index == 18 || index == 23;
    right = dash ? c == '-' : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  }
  return right ? Result<void>() : invalid("A UUID is lower-case hexadecimal, as 8-4-4-4-12 digits");
}

Result<void> check_mac(std::string_view text) {
  bool right = text.size() == 17;
  for (std::size_t index = 0; right && index < text.size(); ++index) {
    const char c = text[index];
    right = index % 3 == 2 ? c == ':' : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }
  if (!right) {
    return invalid("A MAC address is six pairs of hexadecimal digits with colons");
  }
  // The lowest bit of the first octet marks a group address (IEEE 802).
  if (std::string_view("13579bdfBDF").find(text[1]) != std::string_view::npos) {
    return invalid("A network card's MAC address cannot be a multicast address");
  }
  if (text == "00:00:00:00:00:00") {
    return invalid("A network card's MAC address cannot be all zeros");
  }
  return {};
}

Result<void> check_ip_address(std::string_view text) {
  const std::string address(text);
  in6_addr buffer{};
  if (text.find('\0') != std::string_view::npos ||
      (inet_pton(AF_INET, address.c_str(), &buffer) != 1 && inet_pton(AF_INET6, address.c_str(), &buffer) != 1)) {
    return invalid("The value must be a numeric IPv4 or IPv6 address");
  }
  return {};
}

Result<void> check_printable_ascii(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e) {
      return invalid("The text may hold printable ASCII characters only");
    }
  }
  return {};
}

Result<void> check_one_line(std::string_view text) {
  for (const char c : text) {
    if (is_control(static_cast<unsigned char>(c))) {
      return invalid("The text cannot hold line ends and other control characters");
    }
  }
  return {};
}

Result<void> check_machine_name(std::string_view name) {
  const auto wrong = [](const char* message) { return invalid(message, "name"); };
  if (name.empty()) {
    return wrong("A machine's name must not be empty");
  }
  if (name.size() > 64) {
    return Error{ErrorCode::kOutOfRange, "A machine's name has at most 64 bytes", "name"};
  }
  if (name.find('/') != std::string_view::npos) {
    return wrong("A machine's name cannot hold a slash");
  }
  if (name.starts_with('.')) {
    return wrong("A machine's name cannot begin with a dot");
  }
  if (name.starts_with(' ') || name.ends_with(' ')) {
    return wrong("A machine's name cannot begin or end with a space");
  }
  for (std::size_t at = 0; at < name.size();) {
    const std::int32_t point = next_code_point(name, at);
    if (point < 0) {
      return wrong("A machine's name must be UTF-8");
    }
    // C0 and C1 controls, and the characters that reorder or hide text (a name must read as what it is).
    if (point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x200b && point <= 0x200f) ||
        (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) || point == 0xfeff) {
      return wrong("A machine's name cannot hold control characters");
    }
  }
  return {};
}

Result<MachineConfig> parse_machine_config(std::string_view json) {
  const Json document = SAFFRON_TRY(parse_json(json));
  // A newer format may have fields that we don't know: say that it is newer, not that they are wrong.
  if (document.is_object() && document.contains("format")) {
    const Json& format = document["format"];
    if (format.is_number_integer() && format != MachineConfig::kFormat) {
      return Error{ErrorCode::kUnsupported,
                   fmt::format("This machine file has a format that this version of Saffron does not know (known: {})",
                               MachineConfig::kFormat),
                   "format"};
    }
  }
  MachineFile file;
  SAFFRON_TRY(JsonReader(true).read(document, file));
  SAFFRON_TRY(check_meaning(file.config));
  return std::move(file.config);
}

std::string serialize_machine_config(const MachineConfig& config) {
  const Json document = JsonWriter::write(MachineFile{MachineConfig::kFormat, config});
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<void> validate_machine_config(const MachineConfig& config) {
  // Through the document, so that there is one set of rules; but invalid UTF-8 would be repaired on the way.
  SAFFRON_TRY(check_machine_name(config.name));
  const MachineConfig read = SAFFRON_TRY(parse_machine_config(serialize_machine_config(config)));
  if (read != config) {
    return invalid("A text is not UTF-8");
  }
  return {};
}

std::string random_uuid() {
  unsigned char bytes[16] = {};
  if (getentropy(bytes, sizeof(bytes)) != 0) {
    return {};  // Fails only where there is no getrandom at all; an empty UUID does not validate.
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);  // Version 4 (RFC 4122, 4.4).
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);  // Variant.
  std::string text;
  for (std::size_t index = 0; index < sizeof(bytes); ++index) {
    text += fmt::format("{}{:02x}", index == 4 || index == 6 || index == 8 || index == 10 ? "-" : "", bytes[index]);
  }
  return text;
}

std::string effective_mac(const MachineConfig& config, const NetworkConfig& network) {
  if (network.mac) {
    return *network.mac;
  }
  // FNV-1a over uuid and id. 52:54:00 is the locally administered prefix that virtual machines commonly use.
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : config.uuid + "/" + network.id) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return fmt::format("52:54:00:{:02x}:{:02x}:{:02x}", (hash >> 40) & 0xff, (hash >> 24) & 0xff, (hash >> 8) & 0xff);
}

std::string resolve_path(std::string_view directory, std::string_view path) {
  return path.starts_with('/') ? std::string(path) : fmt::format("{}/{}", directory, path);
}

}  // namespace saffron::api
