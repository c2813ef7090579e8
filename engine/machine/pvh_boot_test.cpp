// SPDX-License-Identifier: Apache-2.0
#include <QtTest/QtTest>

#include <unistd.h>

#include "engine/machine/boot_image.h"
#include "tests/fakes/kernel_images.h"

using namespace saffron;
using namespace saffron::machine;

namespace {

constexpr core::GuestAddress kRsdp{0xe1230};

struct Machine {
  Machine() : layout(MemoryLayout::of(64 * kMiB, 40)) {
    ram = core::GuestMemory::create(layout.regions()).value();
    ram->fill({0x1000000}, 0xee, 0x4000).value();  // What was there before.
    files.kernel = folder.filePath("kernel").toStdString();
  }
  core::Result<kvm::VcpuEntry> boot(const fakes::FileBytes& kernel) {
    fakes::write_file(files.kernel, kernel);
    return load_direct_boot(files, *ram, layout, kRsdp);
  }
  template <typename T>
  T value(std::uint64_t address) const {
    return ram->read_object<T>({address}).value();
  }

  QTemporaryDir folder;
  MemoryLayout layout;
  std::unique_ptr<core::GuestMemory> ram;
  DirectBootFiles files;
};

void add_row(const char* name, const fakes::FileBytes& file, core::ErrorCode code) {
  QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(file.data()), static_cast<int>(file.size()))
                      << static_cast<int>(code);
}

}  // namespace

class PvhBootTest : public QObject {
  Q_OBJECT
 private slots:
  void segments_are_loaded_and_the_rest_is_zero();
  void a_32_bit_kernel_starts_the_same_way();
  void the_start_info_is_whole();
  void an_initrd_is_the_first_module();
  void a_note_at_the_end_of_a_huge_file_costs_no_memory();
  void malformed_kernels_data();
  void malformed_kernels();
};

void PvhBootTest::segments_are_loaded_and_the_rest_is_zero() {
  Machine machine;

  const auto entry = machine.boot(fakes::ElfKernel().bytes());

  QVERIFY2(entry.ok(), entry.ok() ? "" : entry.error().message.c_str());
  QVERIFY(!entry->long_mode);
  QVERIFY(entry->argument_in_rbx);
  QCOMPARE(quint64{entry->instruction}, quint64{0x1000040});
  QCOMPARE(int{machine.value<std::uint8_t>(0x1000000)}, 0xcc);
  QCOMPARE(int{machine.value<std::uint8_t>(0x1000fff)}, 0xcc);
  QCOMPARE(int{machine.value<std::uint8_t>(0x1001000)}, 0);
  QCOMPARE(int{machine.value<std::uint8_t>(0x1002fff)}, 0);
  QCOMPARE(int{machine.value<std::uint8_t>(0x1003000)}, 0xee);
}

void PvhBootTest::a_32_bit_kernel_starts_the_same_way() {
  Machine machine;

  const auto entry = machine.boot(fakes::ElfKernel::of_32_bits().bytes());

  QVERIFY2(entry.ok(), entry.ok() ? "" : entry.error().message.c_str());
  QVERIFY(!entry->long_mode);
  QCOMPARE(quint64{entry->instruction}, quint64{0x1000040});
  QCOMPARE(int{machine.value<std::uint8_t>(0x1000fff)}, 0xcc);
  QCOMPARE(int{machine.value<std::uint8_t>(0x1002fff)}, 0);
  QCOMPARE(int{machine.value<std::uint8_t>(0x1003000)}, 0xee);
}

void PvhBootTest::the_start_info_is_whole() {
  Machine machine;
  machine.files.command_line = "root=/dev/vda";

  const std::uint64_t info = machine.boot(fakes::ElfKernel().bytes()).value().argument;

  QCOMPARE(machine.value<std::uint32_t>(info), 0x336ec578U);
  QCOMPARE(machine.value<std::uint32_t>(info + 4), 1U);   // Version
  QCOMPARE(machine.value<std::uint32_t>(info + 12), 0U);  // Modules
  QCOMPARE(quint64{machine.value<std::uint64_t>(info + 32)}, quint64{kRsdp.value});
  const auto line = machine.value<std::uint64_t>(info + 24);
  std::array<char, 14> text{};
  machine.ram->read({line}, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}).value();
  QCOMPARE(QByteArray(text.data(), 14), QByteArray("root=/dev/vda\0", 14));
  const auto map = machine.value<std::uint64_t>(info + 40);
  const auto expected = direct_boot_memory_map(machine.layout);
  QCOMPARE(std::size_t{machine.value<std::uint32_t>(info + 48)}, expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    QCOMPARE(machine.value<std::uint64_t>(map + i * 24), std::uint64_t{expected[i].address});
    QCOMPARE(machine.value<std::uint64_t>(map + i * 24 + 8), std::uint64_t{expected[i].size});
    QCOMPARE(machine.value<std::uint32_t>(map + i * 24 + 16), std::uint32_t{expected[i].type});
  }
}

void PvhBootTest::an_initrd_is_the_first_module() {
  Machine machine;
  machine.files.initrd = machine.folder.filePath("initrd").toStdString();
  fakes::write_file(*machine.files.initrd, fakes::FileBytes(100, 0x42));

  const std::uint64_t info = machine.boot(fakes::ElfKernel().bytes()).value().argument;

  QCOMPARE(machine.value<std::uint32_t>(info + 12), 1U);
  const auto modules = machine.value<std::uint64_t>(info + 16);
  QCOMPARE(quint64{machine.value<std::uint64_t>(modules)}, quint64{64 * kMiB - 4096});
  QCOMPARE(machine.value<std::uint64_t>(modules + 8), std::uint64_t{100});
}

void PvhBootTest::a_note_at_the_end_of_a_huge_file_costs_no_memory() {
  Machine machine;
  fakes::ElfKernel kernel;
  const std::uint64_t end = std::uint64_t{1} << 42;  // 4 TiB of nothing, as far as file systems go.
  kernel.note_offset = end;
  auto bytes = kernel.bytes();
  fakes::write_file(machine.files.kernel, bytes);
  if (::truncate(machine.files.kernel.c_str(), static_cast<off_t>(end)) != 0) {
    QSKIP("this file system has no files of 4 TiB");
  }
  std::fstream file(machine.files.kernel, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(end));
  file.write(reinterpret_cast<const char*>(bytes.data() + 0x800), 20);
  file.close();

  const auto entry = load_direct_boot(machine.files, *machine.ram, machine.layout, kRsdp);

  QVERIFY2(entry.ok(), entry.ok() ? "" : entry.error().message.c_str());
  QCOMPARE(quint64{entry->instruction}, quint64{0x1000040});
}

void PvhBootTest::malformed_kernels_data() {
  QTest::addColumn<QByteArray>("file");
  QTest::addColumn<int>("code");
  const auto row = [](const char* name, auto&& change, core::ErrorCode code) {
    fakes::ElfKernel kernel;
    change(kernel);
    add_row(name, kernel.bytes(), code);
  };
  using core::ErrorCode;
  auto low = fakes::ElfKernel::of_32_bits();
  low.address = 0xfffff000;
  add_row("a 32-bit segment that wraps", low.bytes(), ErrorCode::kOutOfRange);
  auto mixed = fakes::ElfKernel::of_32_bits();
  mixed.machine = EM_X86_64;
  add_row("32-bit for a 64-bit processor", mixed.bytes(), ErrorCode::kUnsupported);
  row(
      "big-endian", [](auto& k) { k.encoding = ELFDATA2MSB; }, ErrorCode::kUnsupported);
  row(
      "of another processor", [](auto& k) { k.machine = EM_AARCH64; }, ErrorCode::kUnsupported);
  row(
      "program headers of another size", [](auto& k) { k.program_header_size = 32; }, ErrorCode::kUnsupported);
  row(
      "no program headers", [](auto& k) { k.program_headers = 0; }, ErrorCode::kInvalidArgument);
  row(
      "too many program headers", [](auto& k) { k.program_headers = 0xffff; }, ErrorCode::kInvalidArgument);
  row(
      "program headers outside", [](auto& k) { k.program_header_offset = ~std::uint64_t{0} - 8; },
      ErrorCode::kInvalidArgument);
  row(
      "a segment above memory", [](auto& k) { k.address = 64 * kMiB; }, ErrorCode::kOutOfRange);
  row(
      "a segment that wraps", [](auto& k) { k.address = ~std::uint64_t{0} - 0xfff; }, ErrorCode::kOutOfRange);
  row(
      "a segment without end", [](auto& k) { k.memory_size = ~std::uint64_t{0}; }, ErrorCode::kOutOfRange);
  row(
      "more in the file than in memory", [](auto& k) { k.file_size = 0x4000; }, ErrorCode::kOutOfRange);
  row(
      "a segment past the file", [](auto& k) { k.offset = 0x1800; }, ErrorCode::kInvalidArgument);
  row(
      "a segment far past the file", [](auto& k) { k.offset = ~std::uint64_t{0}; }, ErrorCode::kInvalidArgument);
  row(
      "another's note", [](auto& k) { k.note_name = "GNU"; }, ErrorCode::kUnsupported);
  row(
      "another note of Xen's", [](auto& k) { k.note_type = 1; }, ErrorCode::kUnsupported);
  row(
      "a short note", [](auto& k) { k.note_description_size = 2; }, ErrorCode::kUnsupported);
  row(
      "a note longer than its segment", [](auto& k) { k.note_description_size = ~0U; }, ErrorCode::kUnsupported);
  row(
      "notes past the file", [](auto& k) { k.note_offset = ~std::uint64_t{0}; }, ErrorCode::kUnsupported);
  row(
      "notes without end", [](auto& k) { k.note_size = ~std::uint64_t{0}; }, ErrorCode::kUnsupported);
  row(
      "no notes", [](auto& k) { k.program_headers = 1; }, ErrorCode::kUnsupported);
  QTest::newRow("cut short") << QByteArray(
                                    "\x7f"
                                    "ELF\2\1\1")
                             << static_cast<int>(ErrorCode::kInvalidArgument);
}

void PvhBootTest::malformed_kernels() {
  QFETCH(QByteArray, file);
  QFETCH(int, code);
  Machine machine;

  const auto entry = machine.boot(fakes::FileBytes(file.begin(), file.end()));

  QVERIFY(!entry.ok());
  QCOMPARE(static_cast<int>(entry.error().code), code);
  QCOMPARE(entry.error().subject, std::string("boot.kernel"));
}

QTEST_APPLESS_MAIN(PvhBootTest)
#include "pvh_boot_test.moc"
