// SPDX-License-Identifier: Apache-2.0
// The machine's DSDT: a Q35/ICH9-compatible PC. What depends on the configuration (processors, address windows) is in an
// SSDT that engine/machine/acpi_tables.cpp makes. Source: ACPI 6.4; PCI Firmware 3.2; ICH9 datasheet, 13.1.16.

// Interrupt pins as PciRoot::pirq_of has them: slots 1..24 swizzle over PIRQE..PIRQH, 25..31 over PIRQA..PIRQD.
#define GSI_A 16
#define GSI_B 17
#define GSI_C 18
#define GSI_D 19
#define GSI_E 20
#define GSI_F 21
#define GSI_G 22
#define GSI_H 23

#define ROUTE_GSI(address, a, b, c, d) \
  Package (4) { address, 0, 0, a }, Package (4) { address, 1, 0, b }, \
  Package (4) { address, 2, 0, c }, Package (4) { address, 3, 0, d },
#define ROUTE_LINK(address, a, b, c, d) \
  Package (4) { address, 0, a, 0 }, Package (4) { address, 1, b, 0 }, \
  Package (4) { address, 2, c, 0 }, Package (4) { address, 3, d, 0 },

DefinitionBlock ("", "DSDT", 2, "SAFFRN", "SAFFRNPC", 0x00000001)
{
  // From the SSDT: the windows that PCI devices may use. Last is 0 where there is no such window.
  External (\SFM2, IntObj) // First address below the ECAM.
  External (\SFE2, IntObj) // Last.
  External (\SFM3, IntObj) // First address between the ECAM and 4 GiB.
  External (\SFE3, IntObj) // Last.
  External (\SFEB, IntObj) // The ECAM.
  External (\SFEL, IntObj) // Its length.
  External (\SFM6, IntObj) // First address above 4 GiB.
  External (\SFE6, IntObj) // Last.

  // 0: PIC; 1: APIC. The operating system says which one it uses.
  Name (PICM, 0)
  Method (_PIC, 1) { PICM = Arg0 }

  // Soft off: SLP_TYP 0 (AcpiPm::kSleepTypeSoftOff). No other sleeping state.
  Name (\_S5, Package (4) { 0, 0, 0, 0 })

  Scope (\_SB)
  {
    Device (PCI0)
    {
      Name (_HID, EisaId ("PNP0A08"))
      Name (_CID, EisaId ("PNP0A03"))
      Name (_UID, 0)
      Name (_BBN, 0)

      // The operating system may have the PCIe capability structures, AER and PME, but not hotplug: no slot has it.
      Method (_OSC, 4)
      {
        CreateDWordField (Arg3, 0, CDW1)
        If (Arg0 == ToUUID ("33db4d5b-1ff7-401c-9657-7441c03dd766"))
        {
          CreateDWordField (Arg3, 8, CDW3)
          Local0 = CDW3 & 0x1C
          If (Arg1 != 1) { CDW1 |= 0x08 }          // Unknown revision.
          If (CDW3 != Local0) { CDW1 |= 0x10 }     // Some control was not granted.
          CDW3 = Local0
        }
        Else
        {
          CDW1 |= 0x04                             // Unknown UUID.
        }
        Return (Arg3)
      }

      Name (CRES, ResourceTemplate ()
      {
        WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, 0x0000, 0x00FF, 0, 0x0100)
        IO (Decode16, 0x0CF8, 0x0CF8, 1, 8)
        WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, 0x0000, 0x0CF7, 0, 0x0CF8)
        WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, 0x0D00, 0xFFFF, 0, 0xF300)
        DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
          0, 0x000A0000, 0x000BFFFF, 0, 0x00020000)
        DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite,
          0, 0xC0000000, 0xFEBFFFFF, 0, 0x3EC00000, , , LOWM)
      })
      Name (CR32, ResourceTemplate ()
      {
        DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite,
          0, 0x80000000, 0x8FFFFFFF, 0, 0x10000000, , , MIDM)
      })
      Name (CR64, ResourceTemplate ()
      {
        QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
          0, 0x8000000000, 0xFFFFFFFFFF, 0, 0x8000000000, , , HIGM)
      })
      Method (_CRS, 0, Serialized)
      {
        CreateDWordField (CRES, ^LOWM._MIN, LMIN)
        CreateDWordField (CRES, ^LOWM._MAX, LMAX)
        CreateDWordField (CRES, ^LOWM._LEN, LLEN)
        LMIN = \SFM3
        LMAX = \SFE3
        LLEN = \SFE3 - \SFM3 + 1
        Local0 = CRES
        If (\SFE2 != 0)
        {
          CreateDWordField (CR32, ^MIDM._MIN, MMIN)
          CreateDWordField (CR32, ^MIDM._MAX, MMAX)
          CreateDWordField (CR32, ^MIDM._LEN, MLEN)
          MMIN = \SFM2
          MMAX = \SFE2
          MLEN = \SFE2 - \SFM2 + 1
          Local0 = ConcatenateResTemplate (Local0, CR32)
        }
        If (\SFE6 == 0) { Return (Local0) }
        CreateQWordField (CR64, ^HIGM._MIN, HMIN)
        CreateQWordField (CR64, ^HIGM._MAX, HMAX)
        CreateQWordField (CR64, ^HIGM._LEN, HLEN)
        HMIN = \SFM6
        HMAX = \SFE6
        HLEN = \SFE6 - \SFM6 + 1
        Return (ConcatenateResTemplate (Local0, CR64))
      }

      Name (PRTA, Package ()
      {
        ROUTE_GSI (0x0001FFFF, GSI_F, GSI_G, GSI_H, GSI_E)
        ROUTE_GSI (0x0002FFFF, GSI_G, GSI_H, GSI_E, GSI_F)
        ROUTE_GSI (0x0003FFFF, GSI_H, GSI_E, GSI_F, GSI_G)
        ROUTE_GSI (0x0004FFFF, GSI_E, GSI_F, GSI_G, GSI_H)
        ROUTE_GSI (0x0005FFFF, GSI_F, GSI_G, GSI_H, GSI_E)
        ROUTE_GSI (0x0006FFFF, GSI_G, GSI_H, GSI_E, GSI_F)
        ROUTE_GSI (0x0007FFFF, GSI_H, GSI_E, GSI_F, GSI_G)
        ROUTE_GSI (0x0008FFFF, GSI_E, GSI_F, GSI_G, GSI_H)
        ROUTE_GSI (0x0009FFFF, GSI_F, GSI_G, GSI_H, GSI_E)
        ROUTE_GSI (0x000AFFFF, GSI_G, GSI_H, GSI_E, GSI_F)
        ROUTE_GSI (0x000BFFFF, GSI_H, GSI_E, GSI_F, GSI_G)
        ROUTE_GSI (0x000CFFFF, GSI_E, GSI_F, GSI_G, GSI_H)
        ROUTE_GSI (0x000DFFFF, GSI_F, GSI_G, GSI_H, GSI_E)
        ROUTE_GSI (0x000EFFFF, GSI_G, GSI_H, GSI_E, GSI_F)
        ROUTE_GSI (0x000FFFFF, GSI_H, GSI_E, GSI_F, GSI_G)
        ROUTE_GSI (0x0010FFFF, GSI_E, GSI_F, GSI_G, GSI_H)
        ROUTE_GSI (0x0011FFFF, GSI_F, GSI_G, GSI_H, GSI_E)
        ROUTE_GSI (0x0012FFFF, GSI_G, GSI_H, GSI_E, GSI_F)
        ROUTE_GSI (0x0013FFFF, GSI_H, GSI_E, GSI_F, GSI_G)
        ROUTE_GSI (0x0014FFFF, GSI_E, GSI_F, GSI_G, GSI_H)
        ROUTE_GSI (0x0015FFFF, GSI_F, GSI_G, GSI_H, GSI_E)
        ROUTE_GSI (0x0016FFFF, GSI_G, GSI_H, GSI_E, GSI_F)
        ROUTE_GSI (0x0017FFFF, GSI_H, GSI_E, GSI_F, GSI_G)
        ROUTE_GSI (0x0018FFFF, GSI_E, GSI_F, GSI_G, GSI_H)
        ROUTE_GSI (0x0019FFFF, GSI_A, GSI_B, GSI_C, GSI_D)
        ROUTE_GSI (0x001AFFFF, GSI_A, GSI_B, GSI_C, GSI_D)
        ROUTE_GSI (0x001BFFFF, GSI_A, GSI_B, GSI_C, GSI_D)
        ROUTE_GSI (0x001CFFFF, GSI_A, GSI_B, GSI_C, GSI_D)
        ROUTE_GSI (0x001DFFFF, GSI_A, GSI_B, GSI_C, GSI_D)
        ROUTE_GSI (0x001EFFFF, GSI_A, GSI_B, GSI_C, GSI_D)
        ROUTE_GSI (0x001FFFFF, GSI_A, GSI_B, GSI_C, GSI_D)
      })
      Name (PRTP, Package ()
      {
        ROUTE_LINK (0x0001FFFF, LNKF, LNKG, LNKH, LNKE)
        ROUTE_LINK (0x0002FFFF, LNKG, LNKH, LNKE, LNKF)
        ROUTE_LINK (0x0003FFFF, LNKH, LNKE, LNKF, LNKG)
        ROUTE_LINK (0x0004FFFF, LNKE, LNKF, LNKG, LNKH)
        ROUTE_LINK (0x0005FFFF, LNKF, LNKG, LNKH, LNKE)
        ROUTE_LINK (0x0006FFFF, LNKG, LNKH, LNKE, LNKF)
        ROUTE_LINK (0x0007FFFF, LNKH, LNKE, LNKF, LNKG)
        ROUTE_LINK (0x0008FFFF, LNKE, LNKF, LNKG, LNKH)
        ROUTE_LINK (0x0009FFFF, LNKF, LNKG, LNKH, LNKE)
        ROUTE_LINK (0x000AFFFF, LNKG, LNKH, LNKE, LNKF)
        ROUTE_LINK (0x000BFFFF, LNKH, LNKE, LNKF, LNKG)
        ROUTE_LINK (0x000CFFFF, LNKE, LNKF, LNKG, LNKH)
        ROUTE_LINK (0x000DFFFF, LNKF, LNKG, LNKH, LNKE)
        ROUTE_LINK (0x000EFFFF, LNKG, LNKH, LNKE, LNKF)
        ROUTE_LINK (0x000FFFFF, LNKH, LNKE, LNKF, LNKG)
        ROUTE_LINK (0x0010FFFF, LNKE, LNKF, LNKG, LNKH)
        ROUTE_LINK (0x0011FFFF, LNKF, LNKG, LNKH, LNKE)
        ROUTE_LINK (0x0012FFFF, LNKG, LNKH, LNKE, LNKF)
        ROUTE_LINK (0x0013FFFF, LNKH, LNKE, LNKF, LNKG)
        ROUTE_LINK (0x0014FFFF, LNKE, LNKF, LNKG, LNKH)
        ROUTE_LINK (0x0015FFFF, LNKF, LNKG, LNKH, LNKE)
        ROUTE_LINK (0x0016FFFF, LNKG, LNKH, LNKE, LNKF)
        ROUTE_LINK (0x0017FFFF, LNKH, LNKE, LNKF, LNKG)
        ROUTE_LINK (0x0018FFFF, LNKE, LNKF, LNKG, LNKH)
        ROUTE_LINK (0x0019FFFF, LNKA, LNKB, LNKC, LNKD)
        ROUTE_LINK (0x001AFFFF, LNKA, LNKB, LNKC, LNKD)
        ROUTE_LINK (0x001BFFFF, LNKA, LNKB, LNKC, LNKD)
        ROUTE_LINK (0x001CFFFF, LNKA, LNKB, LNKC, LNKD)
        ROUTE_LINK (0x001DFFFF, LNKA, LNKB, LNKC, LNKD)
        ROUTE_LINK (0x001EFFFF, LNKA, LNKB, LNKC, LNKD)
        ROUTE_LINK (0x001FFFFF, LNKA, LNKB, LNKC, LNKD)
      })
      Method (_PRT, 0)
      {
        If (PICM) { Return (PRTA) }
        Return (PRTP)
      }

      // The LPC bridge and what is behind it.
      Device (LPC)
      {
        Name (_ADR, 0x001F0000)
        OperationRegion (PIRQ, PCI_Config, 0x60, 0x0C)
        Field (PIRQ, ByteAcc, NoLock, Preserve)
        {
          RTA, 8, RTB, 8, RTC, 8, RTD, 8,
          Offset (0x08),
          RTE, 8, RTF, 8, RTG, 8, RTH, 8
        }

        Device (CLCK)
        {
          Name (_HID, EisaId ("PNP0B00"))
          Name (_CRS, ResourceTemplate () { IO (Decode16, 0x70, 0x70, 1, 8) IRQNoFlags () { 8 } })
        }
        Device (KBD)
        {
          Name (_HID, EisaId ("PNP0303"))
          Name (_CRS, ResourceTemplate ()
          {
            IO (Decode16, 0x60, 0x60, 1, 1)
            IO (Decode16, 0x64, 0x64, 1, 1)
            IRQNoFlags () { 1 }
          })
        }
        Device (MOU)
        {
          Name (_HID, EisaId ("PNP0F13"))
          Name (_CRS, ResourceTemplate () { IRQNoFlags () { 12 } })
        }
        Device (COM1)
        {
          Name (_HID, EisaId ("PNP0501"))
          Name (_UID, 1)
          Name (_CRS, ResourceTemplate () { IO (Decode16, 0x03F8, 0x03F8, 8, 8) IRQNoFlags () { 4 } })
        }
        Device (PVPN)
        {
          Name (_HID, "QEMU0001")
          Name (_CRS, ResourceTemplate () { IO (Decode16, 0x0505, 0x0505, 1, 1) })
        }
        Device (FWCF)
        {
          Name (_HID, "QEMU0002")
          Name (_STA, 0x0B)
          Name (_CRS, ResourceTemplate () { IO (Decode16, 0x0510, 0x0510, 1, 0x0C) })
        }
        // Ports of the chipset that no other device names.
        Device (PMIO)
        {
          Name (_HID, EisaId ("PNP0C02"))
          Name (_UID, 1)
          Name (_CRS, ResourceTemplate ()
          {
            IO (Decode16, 0x0600, 0x0600, 1, 0x80)
            IO (Decode16, 0x0092, 0x0092, 1, 1)
            IO (Decode16, 0x00B2, 0x00B2, 1, 2)
          })
        }
      }
    }

    // PIRQA..PIRQH in PIC mode: which ISA interrupt each reaches (ICH9 datasheet, PIRQ[n]_ROUT). Bit 7: none.
#define LINK(name, number, route) \
    Device (name) \
    { \
      Name (_HID, EisaId ("PNP0C0F")) \
      Name (_UID, number) \
      Name (_PRS, ResourceTemplate () { Interrupt (, Level, ActiveHigh, Shared) { 5, 10, 11 } }) \
      Name (CUR, ResourceTemplate () { Interrupt (, Level, ActiveHigh, Shared) { 0 } }) \
      Method (_STA, 0) { If (\_SB.PCI0.LPC.route & 0x80) { Return (0x09) } Return (0x0B) } \
      Method (_DIS, 0, Serialized) { \_SB.PCI0.LPC.route |= 0x80 } \
      Method (_CRS, 0, Serialized) \
      { \
        CreateDWordField (CUR, 5, NUM) \
        If (\_SB.PCI0.LPC.route & 0x80) { NUM = 0 } Else { NUM = \_SB.PCI0.LPC.route & 0x0F } \
        Return (CUR) \
      } \
      Method (_SRS, 1, Serialized) { CreateDWordField (Arg0, 5, NUM) \_SB.PCI0.LPC.route = NUM } \
    }
      LINK (LNKA, 0, RTA)
      LINK (LNKB, 1, RTB)
      LINK (LNKC, 2, RTC)
      LINK (LNKD, 3, RTD)
      LINK (LNKE, 4, RTE)
      LINK (LNKF, 5, RTF)
      LINK (LNKG, 6, RTG)
      LINK (LNKH, 7, RTH)

    // The ECAM window, and the chip registers below the firmware: nobody may put anything else there.
    Device (MBRD)
    {
      Name (_HID, EisaId ("PNP0C02"))
      Name (_UID, 2)
      Name (TAKN, ResourceTemplate ()
      {
        Memory32Fixed (ReadWrite, 0xB0000000, 0x10000000, ECAM)
        Memory32Fixed (ReadWrite, 0xFEC00000, 0x00001000)
        Memory32Fixed (ReadWrite, 0xFED1C000, 0x00004000)
      })
      Method (_CRS, 0, Serialized)
      {
        CreateDWordField (TAKN, ^ECAM._BAS, EBAS)
        CreateDWordField (TAKN, ^ECAM._LEN, ELEN)
        EBAS = \SFEB
        ELEN = \SFEL
        Return (TAKN)
      }
    }
  }
}
