// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/acpi_tables.h"

#include <fmt/core.h>

#include <array>

#include "devices/legacy/acpi_pm.h"
#include "devices/legacy/reset_port.h"
#include "devices/legacy/rtc_cmos.h"
#include "engine/machine/aml.h"
#include "engine/machine/byte_writer.h"
#include "engine/machine/dsdt.h"

namespace saffron::machine {

namespace {

constexpr std::size_t kChecksumOffset = 9;
constexpr std::uint16_t kPmBase = 0x600;
constexpr std::uint8_t kSciInterrupt = 9;

/// The tables file, as it grows. Offsets of pointers are remembered for the loader.
class Tables {
 public:
  explicit Tables(TableLoader& loader) : loader_(loader) {}

  ByteWriter& writer() { return writer_; }

  /// Starts a table; end() gives it its length and checksum.
  std::uint32_t begin(std::string_view signature, std::uint8_t revision) {
    writer_.align(8);
    start_ = writer_.size();
    writer_.text(signature, 4).u32(0).u8(revision).u8(0);
    writer_.text("SAFFRN", 6).text("SAFFRNPC", 8).u32(1).text("SAFF", 4).u32(1);
    return static_cast<std::uint32_t>(start_);
  }
  void end() {
    writer_.patch_u32(start_ + 4, static_cast<std::uint32_t>(writer_.size() - start_));
    checksum(start_ + kChecksumOffset, start_, writer_.size() - start_);
  }
  /// A ready table (from the ASL compiler).
  std::uint32_t add_whole(std::span<const std::uint8_t> table) {
    writer_.align(8);
    const std::size_t start = writer_.size();
    writer_.raw(table);
    return static_cast<std::uint32_t>(start);
  }
  /// A pointer to `target`, an offset in this file.
  void pointer32(std::uint32_t target) {
    pointers_.push_back({static_cast<std::uint32_t>(writer_.size()), 4});
    writer_.u32(target);
  }
  void pointer64(std::uint32_t target) {
    pointers_.push_back({static_cast<std::uint32_t>(writer_.size()), 8});
    writer_.u64(target);
  }
  /// Hands everything to the loader: the file, its pointers, then its checksums.
  void finish() {
    loader_.add_file({kAcpiTablesFile, writer_.bytes(), 64, TableZone::kHigh});
    for (const auto& [offset, size] : pointers_) {
      loader_.add_pointer(kAcpiTablesFile, offset, size, kAcpiTablesFile);
    }
    for (const auto& sum : checksums_) {
      loader_.add_checksum(kAcpiTablesFile, sum[0], sum[1], sum[2]);
    }
  }

 private:
  void checksum(std::size_t offset, std::size_t start, std::size_t length) {
    checksums_.push_back(
        {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(length)});
  }

  TableLoader& loader_;
  ByteWriter writer_;
  std::size_t start_ = 0;
  std::vector<std::pair<std::uint32_t, std::uint8_t>> pointers_;
  std::vector<std::array<std::uint32_t, 3>> checksums_;
};

std::uint32_t add_facs(Tables& tables) {
  // 64 bytes, 64-byte aligned: the file's first (5.2.10).
  tables.writer().text("FACS", 4).u32(64).zeros(24).u8(1).zeros(31);
  return 0;
}

std::uint32_t add_ssdt(Tables& tables, const MemoryLayout& layout, unsigned cpu_count, const EcamPlace& ecam) {
  const std::uint32_t start = tables.begin("SSDT", 2);
  ByteWriter& writer = tables.writer();
  const std::array<AddressWindow, 2> low = layout.pci_low_windows(ecam);
  writer.raw(aml::name_integer("\\SFM2", low[0].first)).raw(aml::name_integer("\\SFE2", low[0].last));
  writer.raw(aml::name_integer("\\SFM3", low[1].first)).raw(aml::name_integer("\\SFE3", low[1].last));
  writer.raw(aml::name_integer("\\SFEB", ecam.base)).raw(aml::name_integer("\\SFEL", ecam.size));
  writer.raw(aml::name_integer("\\SFM6", layout.pci_high_start)).raw(aml::name_integer("\\SFE6", layout.pci_high_end));
  aml::Bytes processors;
  for (unsigned i = 0; i < cpu_count; ++i) {
    aml::Bytes body = aml::name_string("_HID", "ACPI0007");
    const aml::Bytes uid = aml::name_integer("_UID", i);
    body.insert(body.end(), uid.begin(), uid.end());
    const aml::Bytes processor = aml::device(fmt::format("C{:03X}", i), body);
    processors.insert(processors.end(), processor.begin(), processor.end());
  }
  writer.raw(aml::scope("\\_SB_", processors));
  tables.end();
  return start;
}

/// A Generic Address Structure in I/O space (5.2.3.2). `access`: 1 byte, 2 word, 3 dword.
void put_io_address(ByteWriter& writer, std::uint8_t bits, std::uint8_t access, std::uint64_t port) {
  writer.u8(1).u8(bits).u8(0).u8(access).u64(port);
}

std::uint32_t add_fadt(Tables& tables, std::uint32_t facs, std::uint32_t dsdt) {
  const std::uint32_t start = tables.begin("FACP", 5);
  ByteWriter& writer = tables.writer();
  tables.pointer32(facs);
  tables.pointer32(dsdt);
  writer.u8(0).u8(1);                                 // Reserved; a desktop.
  writer.u16(kSciInterrupt).u32(0);                   // SMI_CMD 0: always in ACPI mode.
  writer.u8(0).u8(0).u8(0).u8(0);                     // ACPI_ENABLE .. PSTATE_CNT
  writer.u32(kPmBase).u32(0);                         // PM1a, PM1b event
  writer.u32(kPmBase + 4).u32(0);                     // PM1a, PM1b control
  writer.u32(0).u32(kPmBase + 8);                     // PM2 control, PM timer
  writer.u32(kPmBase + 0x20).u32(0);                  // GPE0, GPE1
  writer.u8(4).u8(2).u8(0).u8(4).u8(16).u8(0).u8(0);  // Lengths of those; GPE1_BASE
  writer.u8(0).u16(0xfff).u16(0xfff);                 // CST_CNT; C2 and C3 latency: not supported.
  writer.u16(0).u16(0).u8(0).u8(0);                   // Flush size and stride, duty
  writer.u8(0).u8(0).u8(legacy::Rtc::kCenturyIndex);  // Alarm day and month: none
  writer.u16(0x0003);                                 // IAPC_BOOT_ARCH: legacy devices, i8042.
  writer.u8(0);
  // WBINVD, PROC_C1, SLP_BUTTON (none), RESET_REG_SUP. TMR_VAL_EXT stays 0: a 24-bit timer.
  static_assert(legacy::AcpiPm::kTimerBits == 24);
  writer.u32((1U << 0) | (1U << 2) | (1U << 5) | (1U << 10));
  put_io_address(writer, 8, 1, 0xcf9);
  writer.u8(legacy::ResetPort::kAcpiResetValue).u16(0).u8(1);  // ARM_BOOT_ARCH; minor version 1.
  writer.u64(0);                                               // X_FIRMWARE_CTRL: the 32-bit one counts.
  tables.pointer64(dsdt);
  put_io_address(writer, 32, 3, kPmBase);
  put_io_address(writer, 0, 0, 0);
  put_io_address(writer, 16, 2, kPmBase + 4);
  put_io_address(writer, 0, 0, 0);
  put_io_address(writer, 0, 0, 0);
  put_io_address(writer, 32, 3, kPmBase + 8);
  put_io_address(writer, 128, 1, kPmBase + 0x20);
  put_io_address(writer, 0, 0, 0);
  put_io_address(writer, 0, 0, 0);  // SLEEP_CONTROL_REG, SLEEP_STATUS_REG: only for hardware-reduced ACPI.
  put_io_address(writer, 0, 0, 0);
  tables.end();
  return start;
}

std::uint32_t add_madt(Tables& tables, unsigned cpu_count) {
  const std::uint32_t start = tables.begin("APIC", 3);
  ByteWriter& writer = tables.writer();
  writer.u32(0xfee00000).u32(1);  // LAPIC address; PCAT_COMPAT: there are two 8259 too.
  for (unsigned i = 0; i < cpu_count; ++i) {
    if (i < 255) {
      writer.u8(0).u8(8).u8(i).u8(i).u32(1);  // Local APIC, enabled.
    } else {
      writer.u8(9).u8(16).u16(0).u32(i).u32(1).u32(i);  // Local x2APIC
    }
  }
  writer.u8(1).u8(12).u8(0).u8(0).u32(0xfec00000).u32(0);  // IOAPIC 0, from GSI 0.
  const auto override_source = [&](std::uint8_t isa, std::uint32_t gsi, std::uint16_t flags) {
    writer.u8(2).u8(10).u8(0).u8(isa).u32(gsi).u16(flags);
  };
  constexpr std::uint16_t kLevelHigh = 0x000d;
  override_source(0, 2, 0);  // The PIT is on pin 2.
  for (const std::uint8_t isa : {std::uint8_t{5}, kSciInterrupt, std::uint8_t{10}, std::uint8_t{11}}) {
    override_source(isa, isa, kLevelHigh);  // The SCI, and what the PCI links may use.
  }
  writer.u8(4).u8(6).u8(0xff).u16(0).u8(1);  // NMI on LINT1 of all.
  tables.end();
  return start;
}

std::uint32_t add_mcfg(Tables& tables, const EcamPlace& ecam) {
  const std::uint32_t start = tables.begin("MCFG", 1);
  tables.writer().u64(0).u64(ecam.base).u16(0).u8(0).u8(static_cast<std::uint8_t>(ecam.size / kMiB - 1)).u32(0);
  tables.end();
  return start;
}

std::uint32_t add_waet(Tables& tables) {
  const std::uint32_t start = tables.begin("WAET", 1);
  tables.writer().u32(1U << 1);  // The PM timer needs no second read.
  tables.end();
  return start;
}

}  // namespace

void add_acpi_tables(TableLoader& loader, const MemoryLayout& layout, unsigned cpu_count, const EcamPlace& ecam) {
  Tables tables(loader);
  const std::uint32_t facs = add_facs(tables);
  const std::uint32_t dsdt = tables.add_whole(compiled_dsdt());
  const std::array<std::uint32_t, 5> listed{add_fadt(tables, facs, dsdt), add_madt(tables, cpu_count),
                                            add_ssdt(tables, layout, cpu_count, ecam), add_mcfg(tables, ecam),
                                            add_waet(tables)};
  const std::uint32_t rsdt = tables.begin("RSDT", 1);
  for (const std::uint32_t table : listed) {
    tables.pointer32(table);
  }
  tables.end();
  const std::uint32_t xsdt = tables.begin("XSDT", 1);
  for (const std::uint32_t table : listed) {
    tables.pointer64(table);
  }
  tables.end();
  tables.finish();

  ByteWriter rsdp;  // 5.2.5.3
  rsdp.text("RSD PTR ", 8).u8(0).text("SAFFRN", 6).u8(2).u32(rsdt).u32(36).u64(xsdt).u8(0).zeros(3);
  loader.add_file({kAcpiRsdpFile, rsdp.bytes(), 16, TableZone::kFSegment});
  loader.add_pointer(kAcpiRsdpFile, 16, 4, kAcpiTablesFile);
  loader.add_pointer(kAcpiRsdpFile, 24, 8, kAcpiTablesFile);
  loader.add_checksum(kAcpiRsdpFile, 8, 0, 20);
  loader.add_checksum(kAcpiRsdpFile, 32, 0, 36);
}

}  // namespace saffron::machine
