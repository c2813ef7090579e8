// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/fw_cfg.h"

#include <QtTest/QtTest>

using namespace saffron;
using core::GuestAddress;
using legacy::FwCfg;

namespace {

constexpr std::uint64_t kRam = 0x10000;

std::unique_ptr<core::GuestMemory> make_memory() {
  const std::vector<core::GuestRegion> regions = {{GuestAddress{0}, kRam, 0}};
  return std::move(core::GuestMemory::create(regions)).value();
}

struct Fixture {
  void select(std::uint16_t key) { device.write(0, 2, key); }
  std::string read(std::size_t count) {
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) {
      bytes.push_back(static_cast<char>(device.read(1, 1)));
    }
    return bytes;
  }
  /// Runs a DMA request that lies at 0x100; returns the control word that the device leaves.
  std::uint32_t dma(std::uint32_t control, std::uint32_t length, std::uint64_t address) {
    const std::array<std::uint32_t, 4> request = {__builtin_bswap32(control), __builtin_bswap32(length),
                                                  __builtin_bswap32(static_cast<std::uint32_t>(address >> 32)),
                                                  __builtin_bswap32(static_cast<std::uint32_t>(address))};
    (void)memory->write_object(GuestAddress{0x100}, request);
    device.write(4, 4, 0);
    device.write(8, 4, __builtin_bswap32(0x100));
    return __builtin_bswap32(memory->read_object<std::uint32_t>(GuestAddress{0x100}).value());
  }
  std::string ram(std::uint64_t address, std::size_t count) {
    std::string bytes(count, '?');
    (void)memory->read(GuestAddress{address}, {reinterpret_cast<std::uint8_t*>(bytes.data()), count});
    return bytes;
  }

  std::unique_ptr<core::GuestMemory> memory = make_memory();
  FwCfg device{*memory};
};

FwCfg::Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}
constexpr std::uint32_t kError = 1, kRead = 2, kSkip = 4, kSelect = 8, kWrite = 16;
constexpr std::uint32_t kFile0 = FwCfg::kFirstFileKey;

}  // namespace

class FwCfgTest : public QObject {
  Q_OBJECT
 private slots:
  void signature_and_features();
  void numbers_are_little_endian();
  void past_the_end_reads_zero();
  void directory_is_sorted_and_big_endian();
  void file_rules();
  void provider_runs_at_each_selection();
  void replaced_file_changes_the_directory();
  void dma_register_reads_as_signature();
  void dma_select_and_read();
  void dma_read_pads_with_zeroes();
  void dma_skip();
  void dma_outside_memory_is_an_error();
  void dma_request_outside_memory_is_ignored();
  void dma_high_half_counts_once();
  void dma_write_only_where_allowed();
  void legacy_write_bit_is_ignored();
};

void FwCfgTest::signature_and_features() {
  Fixture f;
  f.select(0);
  QCOMPARE(f.read(4), std::string("QEMU"));
  f.select(1);
  QCOMPARE(f.read(4), std::string("\x03\0\0\0", 4));
}

void FwCfgTest::numbers_are_little_endian() {
  Fixture f;
  f.device.add_u16(5, 0x0102);
  f.device.add_u64(3, 0x0102030405060708);
  f.device.add_u32(0x8002, 0x11223344);
  f.select(5);
  QCOMPARE(f.read(2), std::string("\x02\x01"));
  f.select(3);
  QCOMPARE(f.read(8), std::string("\x08\x07\x06\x05\x04\x03\x02\x01"));
  f.select(0x8002);
  QCOMPARE(f.read(4), std::string("\x44\x33\x22\x11"));
}

void FwCfgTest::past_the_end_reads_zero() {
  Fixture f;
  f.select(0);
  QCOMPARE(f.read(6), std::string("QEMU\0\0", 6));
  f.select(0x3fff);
  QCOMPARE(f.read(2), std::string(2, '\0'));
}

void FwCfgTest::directory_is_sorted_and_big_endian() {
  Fixture f;
  QVERIFY(f.device.add_file("etc/zebra", bytes_of("zz")).ok());
  QVERIFY(f.device.add_file("bootorder", bytes_of("abc")).ok());
  f.select(0x19);
  std::string expected("\0\0\0\x02", 4);
  expected.append(std::string_view("\0\0\0\x03\0\x21\0\0bootorder", 17)).append(47, '\0');
  expected.append(std::string_view("\0\0\0\x02\0\x20\0\0etc/zebra", 17)).append(47, '\0');
  QCOMPARE(f.read(expected.size()), expected);
  f.select(0x21);
  QCOMPARE(f.read(3), std::string("abc"));
}

void FwCfgTest::file_rules() {
  Fixture f;
  QVERIFY(f.device.add_file("a", {}).ok());
  QCOMPARE(f.device.add_file("a", {}).error().code, core::ErrorCode::kAlreadyExists);
  QCOMPARE(f.device.add_file("", {}).error().code, core::ErrorCode::kInvalidArgument);
  QVERIFY(f.device.add_file(std::string(55, 'x'), {}).ok());
  QCOMPARE(f.device.add_file(std::string(56, 'x'), {}).error().code, core::ErrorCode::kInvalidArgument);
  for (std::size_t i = 2; i < FwCfg::kMaxFiles; ++i) {
    QVERIFY(f.device.add_file("file" + std::to_string(i), {}).ok());
  }
  QCOMPARE(f.device.add_file("one more", {}).error().code, core::ErrorCode::kExhausted);
}

void FwCfgTest::provider_runs_at_each_selection() {
  Fixture f;
  int calls = 0;
  QVERIFY(f.device.add_file("x", 3, [&] { return bytes_of(++calls == 1 ? "one" : "twelve"); }).ok());
  f.select(kFile0);
  QCOMPARE(f.read(4), std::string("one\0", 4));
  f.select(kFile0);
  QCOMPARE(f.read(4), std::string("twe\0", 4));
}

void FwCfgTest::replaced_file_changes_the_directory() {
  Fixture f;
  QVERIFY(f.device.add_file("bootorder", bytes_of("a")).ok());
  QVERIFY(f.device.replace_file("bootorder", bytes_of("longer")).ok());
  QCOMPARE(f.device.replace_file("nothing", {}).error().code, core::ErrorCode::kNotFound);
  f.select(0x19);
  QCOMPARE(f.read(8), std::string("\0\0\0\x01\0\0\0\x06", 8));
  f.select(kFile0);
  QCOMPARE(f.read(6), std::string("longer"));
}

void FwCfgTest::dma_register_reads_as_signature() {
  Fixture f;
  QCOMPARE(__builtin_bswap32(static_cast<std::uint32_t>(f.device.read(4, 4))), 0x51454d55U);
  QCOMPARE(__builtin_bswap32(static_cast<std::uint32_t>(f.device.read(8, 4))), 0x20434647U);
}

void FwCfgTest::dma_select_and_read() {
  Fixture f;
  QVERIFY(f.device.add_file("x", bytes_of("content")).ok());
  QCOMPARE(f.dma(kFile0 << 16 | kSelect | kRead, 4, 0x200), 0U);
  QCOMPARE(f.ram(0x200, 4), std::string("cont"));
  QCOMPARE(f.dma(kRead, 3, 0x300), 0U);
  QCOMPARE(f.ram(0x300, 3), std::string("ent"));
}

void FwCfgTest::dma_read_pads_with_zeroes() {
  Fixture f;
  (void)f.memory->fill(GuestAddress{0x200}, 0xff, 16);
  QCOMPARE(f.dma(0 << 16 | kSelect | kRead, 8, 0x200), 0U);
  QCOMPARE(f.ram(0x200, 9), std::string("QEMU\0\0\0\0\xff", 9));
}

void FwCfgTest::dma_skip() {
  Fixture f;
  QCOMPARE(f.dma(kSelect | kSkip, 2, 0), 0U);
  QCOMPARE(f.read(2), std::string("MU"));
  QCOMPARE(f.dma(kSkip, UINT32_MAX, 0), 0U);
  QCOMPARE(f.read(1), std::string(1, '\0'));
}

void FwCfgTest::dma_outside_memory_is_an_error() {
  Fixture f;
  QCOMPARE(f.dma(kSelect | kRead, 4, kRam - 2), kError);
  QCOMPARE(f.dma(kSelect | kRead, UINT32_MAX, 0x200), kError);
  QCOMPARE(f.dma(kSelect | kRead, 4, UINT64_MAX - 1), kError);
}

void FwCfgTest::dma_request_outside_memory_is_ignored() {
  Fixture f;
  f.device.write(4, 4, __builtin_bswap32(0xffffffff));
  f.device.write(8, 4, __builtin_bswap32(0xfffffffc));
  f.device.write(8, 4, __builtin_bswap32(kRam - 4));
  f.select(0);
  QCOMPARE(f.read(4), std::string("QEMU"));
}

void FwCfgTest::dma_high_half_counts_once() {
  Fixture f;
  f.device.write(4, 4, __builtin_bswap32(7));
  f.device.write(8, 4, __builtin_bswap32(0x100));  // Far outside; but the next request has no high half.
  const std::array<std::uint32_t, 4> request = {__builtin_bswap32(kSelect | kRead), __builtin_bswap32(4), 0,
                                                __builtin_bswap32(0x200)};
  (void)f.memory->write_object(GuestAddress{0x100}, request);
  f.device.write(8, 4, __builtin_bswap32(0x100));
  QCOMPARE(f.ram(0x200, 4), std::string("QEMU"));
}

void FwCfgTest::dma_write_only_where_allowed() {
  Fixture f;
  std::vector<std::string> written;
  QVERIFY(
      f.device
          .add_writable_file("w", bytes_of("12345678"),
                             [&](std::span<const std::uint8_t> now) { written.emplace_back(now.begin(), now.end()); })
          .ok());
  QVERIFY(f.device.add_file("r", bytes_of("12345678")).ok());
  (void)f.memory->write(GuestAddress{0x200}, bytes_of("abcdefghij"));
  QCOMPARE(f.dma((kFile0 + 1) << 16 | kSelect | kWrite, 4, 0x200), kError);
  QCOMPARE(f.dma(kFile0 << 16 | kSelect | kWrite, 9, 0x200), kError);
  QCOMPARE(f.dma(kFile0 << 16 | kSelect | kWrite, 8, kRam), kError);
  QVERIFY(written.empty());
  QCOMPARE(f.dma(kFile0 << 16 | kSelect | kSkip, 2, 0), 0U);
  QCOMPARE(f.dma(kWrite, 4, 0x200), 0U);
  QCOMPARE(written, (std::vector<std::string>{"12abcd78"}));
  QCOMPARE(f.read(2), std::string("78"));
  f.select(kFile0);
  QCOMPARE(f.read(8), std::string("12abcd78"));
}

void FwCfgTest::legacy_write_bit_is_ignored() {
  Fixture f;
  f.select(0x4000);
  f.device.write(1, 1, 'x');
  QCOMPARE(f.read(4), std::string("QEMU"));
}

QTEST_APPLESS_MAIN(FwCfgTest)
#include "fw_cfg_test.moc"
