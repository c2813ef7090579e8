// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/firmware_tables.h"

#include <algorithm>

#include "engine/machine/acpi_tables.h"
#include "engine/machine/byte_writer.h"

namespace saffron::machine {

namespace {

// Numbered fw_cfg items.
constexpr std::uint16_t kUuid = 0x02;
constexpr std::uint16_t kRamSize = 0x03;
constexpr std::uint16_t kNoGraphics = 0x04;
constexpr std::uint16_t kCpuCount = 0x05;
constexpr std::uint16_t kNuma = 0x0d;
constexpr std::uint16_t kBootMenu = 0x0e;
constexpr std::uint16_t kMaxCpus = 0x0f;
constexpr std::uint16_t kIrq0Override = 0x8002;

constexpr core::GuestAddress kTablesBase{0xe0000};
constexpr core::GuestAddress kSmbiosBase{0xf0000};
constexpr core::GuestAddress kTablesEnd{0x100000};

void set_cmos(const FirmwareFacts& facts, legacy::Rtc& rtc) {
  const MemoryLayout& memory = facts.identity.memory;
  const auto set_u16 = [&](std::uint8_t index, std::uint64_t value) {
    rtc.set_byte(index, static_cast<std::uint8_t>(value));
    rtc.set_byte(static_cast<std::uint8_t>(index + 1), static_cast<std::uint8_t>(value >> 8));
  };
  set_u16(0x15, 640);  // KiB of base memory
  const std::uint64_t extended = std::min<std::uint64_t>((memory.low_size - kMiB) / 1024, 0xffff);
  set_u16(0x17, extended);  // KiB above 1 MiB
  set_u16(0x30, extended);
  const std::uint64_t above_16 = memory.low_size > 16 * kMiB ? (memory.low_size - 16 * kMiB) / 65536 : 0;
  set_u16(0x34, std::min<std::uint64_t>(above_16, 0xffff));  // 64 KiB units above 16 MiB
  set_u16(0x5b, memory.high_size / 65536);                   // The same above 4 GiB
  rtc.set_byte(0x5d, static_cast<std::uint8_t>(memory.high_size / 65536 >> 16));
  rtc.set_byte(0x5f, static_cast<std::uint8_t>(facts.identity.cpu_count - 1));
  rtc.set_byte(0x0f, 0);     // A cold start.
  rtc.set_byte(0x10, 0);     // No floppy drive.
  rtc.set_byte(0x14, 0x06);  // Coprocessor, PS/2 mouse.
  rtc.set_byte(0x3d, 0x32);  // Boot: disk, then CD-ROM;
  rtc.set_byte(0x38, 0x40);  // then network.
}

legacy::FwCfg::Bytes memory_map_bytes(const MemoryLayout& layout) {
  ByteWriter writer;
  for (const E820Entry& entry : firmware_memory_map(layout)) {
    writer.u64(entry.address).u64(entry.size).u32(entry.type);
  }
  return writer.bytes();
}

legacy::FwCfg::Bytes boot_order_bytes(const std::vector<std::string>& order) {
  ByteWriter writer;
  for (const std::string& path : order) {
    writer.text(path, path.size()).u8('\n');
  }
  return writer.u8(0).bytes();
}

legacy::FwCfg::Bytes acpi_tables_bytes(const MemoryLayout& memory, unsigned cpu_count, const EcamPlace& ecam) {
  TableLoader loader;
  add_acpi_tables(loader, memory, cpu_count, ecam);
  return loader.files().front().content;
}

core::Result<void> add_files(const FirmwareFacts& facts, legacy::FwCfg& fw_cfg) {
  const MemoryLayout& memory = facts.identity.memory;
  const unsigned cpu_count = facts.identity.cpu_count;
  TableLoader loader;
  add_acpi_tables(loader, memory, cpu_count, {});
  for (const TableFile& file : loader.files()) {
    if (file.name == kAcpiTablesFile) {
      // Made when firmware reads them, which is after it has placed the ECAM.
      SAFFRON_TRY(fw_cfg.add_file(file.name, static_cast<std::uint32_t>(file.content.size()),
                                  [memory, cpu_count, ecam = facts.ecam] {
                                    return acpi_tables_bytes(memory, cpu_count, ecam ? ecam() : EcamPlace{});
                                  }));
    } else {
      SAFFRON_TRY(fw_cfg.add_file(file.name, file.content));
    }
  }
  SAFFRON_TRY(fw_cfg.add_file("etc/table-loader", loader.script()));
  SAFFRON_TRY(fw_cfg.add_file("etc/e820", memory_map_bytes(facts.identity.memory)));
  const SmbiosTables smbios = make_smbios(facts.identity);
  SAFFRON_TRY(fw_cfg.add_file("etc/smbios/smbios-anchor", smbios.anchor));
  SAFFRON_TRY(fw_cfg.add_file("etc/smbios/smbios-tables", smbios.structures));
  SAFFRON_TRY(fw_cfg.add_file("bootorder", boot_order_bytes(facts.boot_order)));
  // Where nothing boots, say so and stay: a person is reading.
  SAFFRON_TRY(fw_cfg.add_file("etc/boot-fail-wait", ByteWriter().u32(0xffffffff).bytes()));
  if (facts.has_vmx) {
    // For firmware to lock on all processors (Intel SDM 3C, 24.7): bits 0, locked, and 2, VMX outside of SMX.
    SAFFRON_TRY(fw_cfg.add_file("etc/msr_feature_control", ByteWriter().u64(0x5).bytes()));
  }
  // S3 and S4 are not there; S5 has sleep type 0.
  return fw_cfg.add_file("etc/system-states", legacy::FwCfg::Bytes{128, 0, 0, 1, 0, 128});
}

}  // namespace

core::Result<void> publish_to_firmware(const FirmwareFacts& facts, legacy::FwCfg& fw_cfg, legacy::Rtc& rtc) {
  const MemoryLayout& memory = facts.identity.memory;
  fw_cfg.add_item(kUuid, make_smbios_uuid(facts.identity.uuid));
  fw_cfg.add_u64(kRamSize, memory.low_size + memory.high_size);
  fw_cfg.add_u16(kNoGraphics, facts.has_display ? 0 : 1);
  fw_cfg.add_u16(kCpuCount, static_cast<std::uint16_t>(facts.identity.cpu_count));
  fw_cfg.add_u16(kMaxCpus, static_cast<std::uint16_t>(facts.identity.cpu_count));
  fw_cfg.add_item(kNuma, ByteWriter().zeros(8 + facts.identity.cpu_count * 8).bytes());
  fw_cfg.add_u16(kBootMenu, facts.boot_menu ? 1 : 0);
  fw_cfg.add_u32(kIrq0Override, 1);
  set_cmos(facts, rtc);
  return add_files(facts, fw_cfg);
}

core::Result<core::GuestAddress> place_tables(const FirmwareFacts& facts, const core::GuestMemory& memory) {
  TableLoader loader;
  add_acpi_tables(loader, facts.identity.memory, facts.identity.cpu_count, {});
  const core::GuestAddress rsdp = SAFFRON_TRY(loader.place(memory, kTablesBase, kSmbiosBase));
  SmbiosTables smbios = make_smbios(facts.identity);
  const core::GuestAddress structures = kSmbiosBase + 32;
  if (smbios.structures.size() > kTablesEnd.value - structures.value) {
    return core::Error{core::ErrorCode::kExhausted, "the SMBIOS tables do not fit into their memory", "name"};
  }
  set_smbios_address(smbios.anchor, static_cast<std::uint32_t>(structures.value));
  SAFFRON_TRY(memory.write(kSmbiosBase, smbios.anchor));
  SAFFRON_TRY(memory.write(structures, smbios.structures));
  return rsdp;
}

}  // namespace saffron::machine
