// SPDX-License-Identifier: Apache-2.0
// The machine's ACPI tables: FACS, DSDT (from resources/acpi), SSDT, FADT, MADT, MCFG, WAET, XSDT, RSDT and RSDP.
// Source: ACPI 6.4, chapter 5.2; PCI Firmware 3.2, 4.1.2 (MCFG); Microsoft, Windows ACPI Emulated devices Table.
#pragma once

#include "engine/machine/memory_layout.h"
#include "engine/machine/table_loader.h"

namespace saffron::machine {

inline constexpr const char* kAcpiTablesFile = "etc/acpi/tables";
inline constexpr const char* kAcpiRsdpFile = "etc/acpi/rsdp";

/// Adds both files to `loader`; the RSDP is the last. Sizes, and with them the loader's script, do not depend on
/// `ecam`.
void add_acpi_tables(TableLoader& loader, const MemoryLayout& layout, unsigned cpu_count, const EcamPlace& ecam);

}  // namespace saffron::machine
