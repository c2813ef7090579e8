// SPDX-License-Identifier: Apache-2.0
#include "engine/kvm/cpuid.h"

#include <QtTest/QtTest>

#include <algorithm>

using namespace saffron::kvm;

namespace {

kvm_cpuid_entry2 leaf(std::uint32_t function, std::uint32_t eax = 0, std::uint32_t ebx = 0, std::uint32_t ecx = 0,
                      std::uint32_t edx = 0) {
  kvm_cpuid_entry2 entry{};
  entry.function = function;
  entry.eax = eax;
  entry.ebx = ebx;
  entry.ecx = ecx;
  entry.edx = edx;
  return entry;
}

std::vector<kvm_cpuid_entry2> sample() {
  return {leaf(0, 0xd, 0x68747541, 0x444d4163, 0x69746e65),  // AuthenticAMD
          leaf(1, 0x600f12, 0xff000800, 0x80000000, 0x10000000),
          leaf(0xb),
          leaf(0x1f),
          leaf(0x40000000, 0x40000001),
          leaf(0x80000001, 0, 0, 2),
          leaf(0x80000002, 0x20202020, 0x72756f53, 0x00000079),
          leaf(0x80000008, 0x3028, 0, 0x5007)};
}

const kvm_cpuid_entry2& at(const std::vector<kvm_cpuid_entry2>& table, std::uint32_t function,
                           std::uint32_t index = 0) {
  return *std::find_if(table.begin(), table.end(), [&](const kvm_cpuid_entry2& entry) {
    return entry.function == function && entry.index == index;
  });
}

}  // namespace

class CpuidTest : public QObject {
  Q_OBJECT
 private slots:
  void each_processor_has_its_own_apic_id() {
    const auto table = make_cpuid(sample(), {2, 3, true, 2'000'000});
    QCOMPARE(at(table, 1).ebx, 0x02040800U);  // APIC id 2, four logical ids, CLFLUSH size kept.
    QVERIFY((at(table, 1).ecx & (1U << 24)) != 0);
    QVERIFY((at(table, 1).ecx & (1U << 31)) != 0);
    QCOMPARE(at(table, 0xb, 0).edx, 2U);
    QCOMPARE(at(table, 0xb, 1).ebx, 3U);
    QCOMPARE(at(table, 0xb, 1).eax, 2U);
    QCOMPARE(at(table, 0x80000008).ecx, 0x2002U);
  }
  void one_processor_is_no_multiprocessor() {
    const auto table = make_cpuid(sample(), {0, 1, false, 0});
    QCOMPARE(at(table, 1).edx & (1U << 28), 0U);
    QCOMPARE(at(table, 1).ecx & (1U << 24), 0U);
    QCOMPARE(at(table, 0x80000001).ecx & 2U, 0U);
  }
  void other_vendors_have_no_amd_topology() {
    auto intel = sample();
    intel[0] = leaf(0, 0xd, 0x756e6547, 0x6c65746e, 0x49656e69);  // GenuineIntel
    const auto table = make_cpuid(intel, {2, 3, true, 0});
    QCOMPARE(at(table, 0x80000001).ecx & 2U, 0U);
    QCOMPARE(at(table, 0x80000008).ecx & 0xf0ffU, 0U);
    QCOMPARE(at(table, 0xb, 1).ebx, 3U);
  }
  void timing_leaf_only_when_the_frequency_is_known() {
    QCOMPARE(at(make_cpuid(sample(), {0, 1, false, 1234}), 0x40000010).eax, 1234U);
    QCOMPARE(at(make_cpuid(sample(), {0, 1, false, 1234}), 0x40000000).eax, 0x40000010U);
    const auto without = make_cpuid(sample(), {0, 1, false, 0});
    QVERIFY(std::none_of(without.begin(), without.end(), [](const auto& e) { return e.function == 0x40000010; }));
  }
  void the_other_topology_leaf_is_left_out() {
    const auto table = make_cpuid(sample(), {0, 2, false, 0});
    QVERIFY(std::none_of(table.begin(), table.end(), [](const auto& e) { return e.function == 0x1f; }));
  }
  void reads_address_width_and_name() {
    QCOMPARE(physical_address_bits(sample()), 40U);
    QCOMPARE(physical_address_bits({}), 36U);
    QCOMPARE(processor_name(sample()), std::string("Soury"));
    QCOMPARE(processor_name({}), std::string());
  }
};

QTEST_APPLESS_MAIN(CpuidTest)
#include "cpuid_test.moc"
