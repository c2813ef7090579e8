// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/smbios.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "engine/machine/byte_writer.h"

namespace saffron::machine {

std::vector<std::uint8_t> make_smbios_uuid(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c != '-'; });
  for (std::size_t i = 0; i + 1 < digits.size() && bytes.size() < 16; i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  }
  bytes.resize(16);
  std::reverse(bytes.begin(), bytes.begin() + 4);
  std::reverse(bytes.begin() + 4, bytes.begin() + 6);
  std::reverse(bytes.begin() + 6, bytes.begin() + 8);
  return bytes;
}

namespace {

/// The structures, one after the other. Strings follow each structure's formatted part (6.1.3).
class Structures {
 public:
  ByteWriter& begin(std::uint8_t type, std::uint16_t handle) {
    start_ = writer_.size();
    strings_.clear();
    return writer_.u8(type).u8(0).u16(handle);
  }
  /// The index of a string of the current structure; 0 for an empty one.
  std::uint8_t string(const std::string& text) {
    if (text.empty()) {
      return 0;
    }
    strings_.push_back(text.substr(0, 64));  // 6.1.3: no more was allowed before 2.7; readers still assume it.
    return static_cast<std::uint8_t>(strings_.size());
  }
  void end() {
    const std::size_t length = writer_.size() - start_;
    writer_.bytes().at(start_ + 1) = static_cast<std::uint8_t>(length);
    for (const std::string& text : strings_) {
      writer_.text(text, text.size() + 1);
    }
    writer_.zeros(strings_.empty() ? 2 : 1);
    largest_ = std::max(largest_, writer_.size() - start_);
    ++count_;
  }
  const std::vector<std::uint8_t>& bytes() const { return writer_.bytes(); }
  std::size_t largest() const { return largest_; }
  std::size_t count() const { return count_; }

 private:
  ByteWriter writer_;
  std::size_t start_ = 0;
  std::size_t largest_ = 0;
  std::size_t count_ = 0;
  std::vector<std::string> strings_;
};

void add_identity(Structures& list, const SmbiosFacts& facts) {
  ByteWriter& bios = list.begin(0, 0x0000);  // 7.1
  bios.u8(list.string("Saffron")).u8(list.string(facts.version)).u16(0xe800).u8(list.string("01/01/2026")).u8(3);
  bios.u64(1U << 3).u8(0).u8(1U << 4);  // Characteristics: not supported; extension 2: a virtual machine.
  bios.u8(0).u8(0).u8(0xff).u8(0xff);
  list.end();

  ByteWriter& system = list.begin(1, 0x0100);  // 7.2
  system.u8(list.string("Saffron")).u8(list.string("Saffron PC")).u8(list.string(facts.version));
  system.u8(list.string(facts.machine_name))
      .raw(make_smbios_uuid(facts.uuid))
      .u8(6)
      .u8(0)
      .u8(list.string("Virtual Machine"));
  list.end();

  ByteWriter& chassis = list.begin(3, 0x0300);  // 7.4
  chassis.u8(list.string("Saffron")).u8(1).u8(list.string(facts.version)).u8(0).u8(0).u8(3).u8(3).u8(3).u8(2);
  chassis.u32(0).u8(0).u8(0).u8(0).u8(0).u8(0);
  list.end();
}

void add_processor(Structures& list, const SmbiosFacts& facts) {
  ByteWriter& processor = list.begin(4, 0x0400);  // 7.5
  processor.u8(list.string("CPU 0")).u8(3).u8(0x01).u8(list.string("Saffron")).u64(0);
  processor.u8(list.string(facts.processor)).u8(0).u16(0).u16(0).u16(0).u8(0x41).u8(0x01);
  processor.u16(0xffff).u16(0xffff).u16(0xffff).u8(0).u8(0).u8(0);
  const auto cores = static_cast<std::uint8_t>(std::min(facts.cpu_count, 255U));
  processor.u8(cores).u8(cores).u8(cores).u16(1U << 2 | 1U << 3).u16(0x01);  // 64-bit, multi-core; family: other.
  processor.u16(facts.cpu_count).u16(facts.cpu_count).u16(facts.cpu_count);
  list.end();
}

void add_memory(Structures& list, const SmbiosFacts& facts) {
  const std::uint64_t total_mib = (facts.memory.low_size + facts.memory.high_size) / kMiB;
  ByteWriter& array = list.begin(16, 0x1000);  // 7.17
  array.u8(1).u8(3).u8(6).u32(0x80000000).u16(0xfffe).u16(1).u64(total_mib * kMiB);
  list.end();

  ByteWriter& module = list.begin(17, 0x1100);  // 7.18
  constexpr std::uint64_t kInExtendedField = 0x7fff;
  module.u16(0x1000).u16(0xfffe).u16(0xffff).u16(0xffff).u16(std::min(total_mib, kInExtendedField));
  module.u8(9).u8(0).u8(list.string("DIMM 0")).u8(0).u8(7).u16(1U << 1).u16(0);
  module.u8(list.string("Saffron")).u8(0).u8(0).u8(0).u8(0);
  module.u32(total_mib >= kInExtendedField ? total_mib : 0).u16(0).u16(0).u16(0).u16(0);
  list.end();

  std::uint16_t handle = 0x1300;
  for (const core::GuestRegion& region : facts.memory.regions()) {
    ByteWriter& range = list.begin(19, handle++);  // 7.20: in KiB, or in bytes where those do not fit.
    const std::uint64_t last = region.base.value + region.size - 1;
    if (last / 1024 < 0xffffffff) {
      range.u32(region.base.value / 1024).u32(last / 1024).u16(0x1000).u8(1).u64(0).u64(0);
    } else {
      range.u32(0xffffffff).u32(0xffffffff).u16(0x1000).u8(1).u64(region.base.value).u64(last);
    }
    list.end();
  }
}

std::uint8_t checksum(const std::vector<std::uint8_t>& bytes, std::size_t start, std::size_t length) {
  const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(start);
  return static_cast<std::uint8_t>(0U - std::accumulate(first, first + static_cast<std::ptrdiff_t>(length), 0U));
}

}  // namespace

SmbiosTables make_smbios(const SmbiosFacts& facts) {
  Structures list;
  add_identity(list, facts);
  add_processor(list, facts);
  add_memory(list, facts);
  list.begin(32, 0x2000).zeros(6).u8(0);  // 7.33: no boot error.
  list.end();
  list.begin(127, 0x7f00);
  list.end();

  ByteWriter anchor;  // 5.2.1
  anchor.text("_SM_", 4).u8(0).u8(31).u8(2).u8(8).u16(list.largest()).u8(0).zeros(5);
  anchor.text("_DMI_", 5).u8(0).u16(list.bytes().size()).u32(0).u16(list.count()).u8(0x28);
  SmbiosTables tables{anchor.bytes(), list.bytes()};
  set_smbios_address(tables.anchor, 0);
  return tables;
}

void set_smbios_address(std::vector<std::uint8_t>& anchor, std::uint32_t address) {
  for (unsigned i = 0; i < 4; ++i) {
    anchor.at(24 + i) = static_cast<std::uint8_t>(address >> (i * 8));
  }
  anchor.at(21) = 0;
  anchor.at(21) = checksum(anchor, 16, 15);  // The intermediate structure, then the whole.
  anchor.at(4) = 0;
  anchor.at(4) = checksum(anchor, 0, 31);
}

}  // namespace saffron::machine
