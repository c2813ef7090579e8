// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: the fields of machine.json that describe devices; see machine_config_fields.h.
#pragma once

#include "engine/api/json_fields.h"
#include "engine/api/machine_config.h"
#include "engine/core/result.h"

namespace saffron::api {

// Rules for texts, in machine_config.cpp.
core::Result<void> check_identifier(std::string_view text);
core::Result<void> check_path(std::string_view text);
core::Result<void> check_absolute_path(std::string_view text);
core::Result<void> check_uuid(std::string_view text);
core::Result<void> check_mac(std::string_view text);
core::Result<void> check_ip_address(std::string_view text);
core::Result<void> check_printable_ascii(std::string_view text);
core::Result<void> check_one_line(std::string_view text);

inline constexpr std::int64_t kMaxPathBytes = 4095;

template <typename Visitor>
void describe(Visitor& field, DiskConfig& disk) {
  field("id", disk.id,
        {.required = true, .minimum = 1, .maximum = 32, .help = "The disk's name", .check = check_identifier});
  field("path", disk.path,
        {.required = true,
         .minimum = 1,
         .maximum = kMaxPathBytes,
         .help = "A raw image or block device; relative to the machine's directory",
         .check = check_path});
  field("bus", disk.bus, {.help = "How the disk is attached: virtio is faster, sata needs no driver"});
  field("read_only", disk.read_only, {.help = "The guest cannot write to the disk"});
  field("discard", disk.discard, {.help = "Space that the guest frees is freed on the host"});
  field("queues", disk.queues, {.minimum = 1, .maximum = 16, .help = "Request queues of a virtio disk"});
  // ATA holds 20 characters, and so does virtio-blk (1.2, 5.2.6).
  field(
      "serial", disk.serial,
      {.maximum = 20, .help = "The serial number that the guest sees; empty: the id", .check = check_printable_ascii});
}

template <typename Visitor>
void describe(Visitor& field, CdromConfig& cdrom) {
  field("id", cdrom.id,
        {.required = true, .minimum = 1, .maximum = 32, .help = "The drive's name", .check = check_identifier});
  field("path", cdrom.path,
        {.minimum = 1, .maximum = kMaxPathBytes, .help = "The CD image in the drive, or nothing", .check = check_path});
}

template <typename Visitor>
void describe(Visitor& field, ForwardConfig& forward) {
  field("protocol", forward.protocol, {.help = "TCP or UDP"});
  field("host_address", forward.host_address,
        {.minimum = 1, .maximum = 45, .help = "The host's address to listen on", .check = check_ip_address});
  field("host_port", forward.host_port,
        {.required = true, .minimum = 1, .maximum = 65535, .help = "The host's port to listen on"});
  field("guest_port", forward.guest_port,
        {.required = true, .minimum = 1, .maximum = 65535, .help = "The guest's port that is reached"});
}

template <typename Visitor>
void describe(Visitor& field, NetworkConfig& network) {
  field("id", network.id,
        {.required = true, .minimum = 1, .maximum = 32, .help = "The network card's name", .check = check_identifier});
  field("mode", network.mode, {.help = "user: the host's network through passt; none: no cable"});
  field("mac", network.mac,
        {.minimum = 17, .maximum = 17, .help = "The card's address; nothing: made from the uuid", .check = check_mac});
  field("forwards", network.forwards, {.maximum = 64, .help = "Ports of the host that lead to the guest"});
}

template <typename Visitor>
void describe(Visitor& field, SpiceTcpConfig& tcp) {
  field("address", tcp.address,
        {.minimum = 1, .maximum = 45, .help = "The address to listen on", .check = check_ip_address});
  field("port", tcp.port, {.minimum = 1, .maximum = 65535, .help = "The TCP port to listen on"});
}

template <typename Visitor>
void describe(Visitor& field, SpiceConfig& spice) {
  field("tcp", spice.tcp, {.help = "Where viewers may connect over the network; nothing: only this user, here"});
  // SPICE_MAX_PASSWORD_LENGTH is 60.
  field("ticket", spice.ticket,
        {.minimum = 1, .maximum = 60, .help = "The password for network viewers", .check = check_printable_ascii});
}

template <typename Visitor>
void describe(Visitor& field, DisplayConfig& display) {
  field("device", display.device, {.help = "The graphics card"});
  field("video_memory_mib", display.video_memory_mib,
        {.minimum = 1, .maximum = 256, .unit = "MiB", .help = "The graphics card's memory, a power of two"});
  field("width", display.width, {.minimum = 640, .maximum = 3840, .unit = "pixels", .help = "The preferred width"});
  field("height", display.height, {.minimum = 480, .maximum = 2160, .unit = "pixels", .help = "The preferred height"});
  field("spice", display.spice, {.help = "How viewers connect"});
}

template <typename Visitor>
void describe(Visitor& field, InputConfig& input) {
  field("keyboard", input.keyboard, {.help = "ps2: works everywhere; virtio: one more, with a driver"});
  field("tablet", input.tablet, {.help = "A pointer that follows the viewer's without a grab"});
}

template <typename Visitor>
void describe(Visitor& field, SerialConfig& serial) {
  field("log", serial.log, {.help = "Keep what the first serial port prints"});
}

}  // namespace saffron::api
