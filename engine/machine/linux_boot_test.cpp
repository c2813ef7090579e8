// SPDX-License-Identifier: Apache-2.0
#include <QtTest/QtTest>

#include "engine/machine/boot_image.h"
#include "tests/fakes/kernel_images.h"

using namespace saffron;
using namespace saffron::machine;

namespace {

constexpr core::GuestAddress kRsdp{0xe1230};

struct Machine {
  explicit Machine(std::uint64_t memory = 64 * kMiB) : layout(MemoryLayout::of(memory, 40)) {
    ram = core::GuestMemory::create(layout.regions()).value();
    files.kernel = folder.filePath("kernel").toStdString();
  }
  core::Result<kvm::VcpuEntry> boot(const fakes::FileBytes& kernel) {
    fakes::write_file(files.kernel, kernel);
    return load_direct_boot(files, *ram, layout, kRsdp);
  }
  template <typename T>
  T value(core::GuestAddress address) const {
    return ram->read_object<T>(address).value();
  }
  template <typename T>
  T param(std::uint64_t offset) const {
    return value<T>(kBootParams + offset);
  }

  QTemporaryDir folder;
  MemoryLayout layout;
  std::unique_ptr<core::GuestMemory> ram;
  DirectBootFiles files;
};

}  // namespace

class LinuxBootTest : public QObject {
  Q_OBJECT
 private slots:
  void the_64_bit_entry();
  void the_32_bit_entry();
  void boot_params_answer_the_kernel();
  void a_text_screen_is_told();
  void the_memory_map_is_in_boot_params();
  void the_initrd_obeys_the_kernels_limit_and_room();
  void zero_setup_sectors_mean_four();
  void the_command_line_obeys_the_kernels_limit();
  void malformed_headers_data();
  void malformed_headers();
  void a_kernel_larger_than_memory_is_an_error_not_a_reset_loop();
  void booting_again_gives_the_same();
};

void LinuxBootTest::the_64_bit_entry() {
  Machine machine;
  fakes::BzImage kernel;
  kernel.payload[0x200] = 0xf4;

  const auto entry = machine.boot(kernel.bytes());

  QVERIFY2(entry.ok(), entry.ok() ? "" : entry.error().message.c_str());
  QVERIFY(entry->long_mode);
  QCOMPARE(quint64{entry->instruction}, quint64{0x100200});
  QCOMPARE(int{machine.value<std::uint8_t>({entry->instruction})}, 0xf4);
  QCOMPARE(quint64{entry->argument}, quint64{kBootParams.value});
  // boot.rst, 1.14: identity mapping, __BOOT_CS 0x10 and __BOOT_DS 0x18.
  QCOMPARE(quint64{machine.value<std::uint64_t>({entry->gdt + 0x10})}, quint64{0x00af9b000000ffff});
  QCOMPARE(quint64{machine.value<std::uint64_t>({entry->gdt + 0x18})}, quint64{0x00cf93000000ffff});
  for (const std::uint64_t address : {std::uint64_t{0}, std::uint64_t{0x345678}, 4 * kGiB - 1}) {
    std::uint64_t table = entry->page_table;
    for (const unsigned shift : {39U, 30U}) {
      const auto next = machine.value<std::uint64_t>({table + (address >> shift & 511) * 8});
      QCOMPARE(next & 3, std::uint64_t{3});
      table = next & ~std::uint64_t{0xfff};
    }
    const auto leaf = machine.value<std::uint64_t>({table + (address >> 21 & 511) * 8});
    QCOMPARE(leaf & 0x83, std::uint64_t{0x83});
    QCOMPARE(quint64{leaf & ~std::uint64_t{0x1fffff}}, quint64{address & ~std::uint64_t{0x1fffff}});
  }
}

void LinuxBootTest::the_32_bit_entry() {
  Machine machine;
  fakes::BzImage kernel;
  kernel.xloadflags = 0;

  const auto entry = machine.boot(kernel.bytes());

  QVERIFY(entry.ok());
  QVERIFY(!entry->long_mode);
  QVERIFY(!entry->argument_in_rbx);  // boot.rst, 1.13: %esi.
  QCOMPARE(quint64{entry->instruction}, quint64{0x100000});
  QCOMPARE(quint64{entry->argument}, quint64{kBootParams.value});
  QCOMPARE(quint64{machine.value<std::uint64_t>({entry->gdt + 0x10})}, quint64{0x00cf9b000000ffff});
}

void LinuxBootTest::boot_params_answer_the_kernel() {
  Machine machine;
  machine.files.command_line = "console=ttyS0";
  machine.files.initrd = machine.folder.filePath("initrd").toStdString();
  fakes::write_file(*machine.files.initrd, fakes::FileBytes(10000, 0x42));

  QVERIFY(machine.boot(fakes::BzImage().bytes()).ok());

  QCOMPARE(machine.param<std::uint32_t>(0x202), 0x53726448U);  // The header was copied.
  QCOMPARE(machine.param<std::uint16_t>(0x206), std::uint16_t{0x20f});
  QCOMPARE(machine.param<std::uint32_t>(0x260), 0x100000U);
  QCOMPARE(quint64{machine.param<std::uint64_t>(0x070)}, quint64{kRsdp.value});
  QCOMPARE(int{machine.param<std::uint8_t>(0x210)}, 0xff);  // A loader without a number.
  const auto initrd = machine.param<std::uint32_t>(0x218);
  QCOMPARE(machine.param<std::uint32_t>(0x21c), 10000U);
  QCOMPARE(initrd, static_cast<std::uint32_t>(64 * kMiB - 12288));
  QCOMPARE(int{machine.value<std::uint8_t>({initrd + 9999})}, 0x42);
  QCOMPARE(machine.param<std::uint32_t>(0x228), static_cast<std::uint32_t>(kCommandLine.value));
  std::array<char, 14> line{};
  machine.ram->read(kCommandLine, {reinterpret_cast<std::uint8_t*>(line.data()), line.size()}).value();
  QCOMPARE(QByteArray(line.data(), 14), QByteArray("console=ttyS0\0", 14));
}

void LinuxBootTest::a_text_screen_is_told() {
  Machine machine;
  fakes::BzImage kernel;

  QVERIFY(machine.boot(kernel.bytes()).ok());
  QCOMPARE(int{machine.value<std::uint8_t>(kBootParams + 0x0f)}, 0);  // orig_video_isVGA
  machine.files.text_screen = true;
  QVERIFY(machine.boot(kernel.bytes()).ok());
  QCOMPARE(int{machine.value<std::uint8_t>(kBootParams + 0x06)}, 3);
  QCOMPARE(int{machine.value<std::uint8_t>(kBootParams + 0x07)}, 80);
  QCOMPARE(int{machine.value<std::uint8_t>(kBootParams + 0x0e)}, 25);
  QCOMPARE(int{machine.value<std::uint8_t>(kBootParams + 0x0f)}, 1);
}

void LinuxBootTest::the_memory_map_is_in_boot_params() {
  Machine machine;
  QVERIFY(machine.boot(fakes::BzImage().bytes()).ok());

  const auto expected = direct_boot_memory_map(machine.layout);

  QCOMPARE(std::size_t{machine.param<std::uint8_t>(0x1e8)}, expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto entry = machine.param<E820Entry>(0x2d0 + i * sizeof(E820Entry));
    QCOMPARE(std::uint64_t{entry.address}, std::uint64_t{expected[i].address});
    QCOMPARE(std::uint64_t{entry.size}, std::uint64_t{expected[i].size});
    QCOMPARE(std::uint32_t{entry.type}, std::uint32_t{expected[i].type});
  }
}

void LinuxBootTest::the_initrd_obeys_the_kernels_limit_and_room() {
  Machine machine;
  machine.files.initrd = machine.folder.filePath("initrd").toStdString();
  fakes::write_file(*machine.files.initrd, fakes::FileBytes(4096, 0x42));
  fakes::BzImage kernel;
  kernel.initrd_addr_max = 32 * kMiB - 1;
  QVERIFY(machine.boot(kernel.bytes()).ok());
  QCOMPARE(machine.param<std::uint32_t>(0x218), static_cast<std::uint32_t>(32 * kMiB - 4096));

  // While it unpacks itself the kernel writes up to preferred address + init_size.
  kernel.preferred_address = 16 * kMiB;
  kernel.init_size = 16 * kMiB - 4096;
  QVERIFY(machine.boot(kernel.bytes()).ok());
  kernel.init_size += 1;
  const auto overlapping = machine.boot(kernel.bytes());
  QCOMPARE(overlapping.error().code, core::ErrorCode::kOutOfRange);
  QCOMPARE(overlapping.error().subject, std::string("boot.initrd"));
}

void LinuxBootTest::zero_setup_sectors_mean_four() {
  Machine machine;
  fakes::BzImage kernel;
  kernel.setup_sectors = 0;
  kernel.payload[0] = 0xab;

  QVERIFY(machine.boot(kernel.bytes()).ok());

  QCOMPARE(int{machine.value<std::uint8_t>({0x100000})}, 0xab);
}

void LinuxBootTest::the_command_line_obeys_the_kernels_limit() {
  Machine machine;
  fakes::BzImage kernel;
  kernel.command_line_size = 10;

  machine.files.command_line = "0123456789";
  QVERIFY(machine.boot(kernel.bytes()).ok());
  machine.files.command_line = "0123456789a";
  QCOMPARE(machine.boot(kernel.bytes()).error().subject, std::string("boot.command_line"));
}

void LinuxBootTest::malformed_headers_data() {
  QTest::addColumn<QByteArray>("file");
  QTest::addColumn<int>("code");
  const auto row = [](const char* name, auto&& change, core::ErrorCode code) {
    fakes::BzImage kernel;
    change(kernel);
    const auto bytes = kernel.bytes();
    QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(bytes.data()), static_cast<int>(bytes.size()))
                        << static_cast<int>(code);
  };
  using core::ErrorCode;
  row(
      "no magic", [](auto& k) { k.magic = 0; }, ErrorCode::kUnsupported);
  row(
      "protocol 2.5", [](auto& k) { k.version = 0x205; }, ErrorCode::kUnsupported);
  row(
      "a zImage", [](auto& k) { k.loadflags = 0; }, ErrorCode::kUnsupported);
  row(
      "a 16-bit program dressed as a kernel", [](auto& k) { k.kernel_alignment = 0; }, ErrorCode::kUnsupported);
  row(
      "nothing but setup", [](auto& k) { k.payload.clear(); }, ErrorCode::kInvalidArgument);
  row(
      "an address of no processor", [](auto& k) { k.preferred_address = ~std::uint64_t{0}; },
      ErrorCode::kInvalidArgument);
  row(
      "an address above memory", [](auto& k) { k.preferred_address = std::uint64_t{1} << 51; }, ErrorCode::kOutOfRange);
  row(
      "a size above memory", [](auto& k) { k.init_size = ~0U; }, ErrorCode::kOutOfRange);
  row(
      "larger than memory", [](auto& k) { k.payload.resize(64 * kMiB); }, ErrorCode::kOutOfRange);
  QTest::newRow("cut in the header") << QByteArray(0x230, '\0') << static_cast<int>(ErrorCode::kUnsupported);
  QTest::newRow("one byte") << QByteArray("M") << static_cast<int>(ErrorCode::kUnsupported);
  QTest::newRow("text") << QByteArray("#!/bin/sh\nexit 0\n") << static_cast<int>(ErrorCode::kUnsupported);
}

void LinuxBootTest::malformed_headers() {
  QFETCH(QByteArray, file);
  QFETCH(int, code);
  Machine machine;

  const auto entry = machine.boot(fakes::FileBytes(file.begin(), file.end()));

  QVERIFY(!entry.ok());
  QCOMPARE(static_cast<int>(entry.error().code), code);
  QCOMPARE(entry.error().subject, std::string("boot.kernel"));
}

void LinuxBootTest::a_kernel_larger_than_memory_is_an_error_not_a_reset_loop() {
  Machine small(16 * kMiB);
  fakes::BzImage kernel;
  kernel.preferred_address = 16 * kMiB;
  kernel.init_size = 48 * kMiB;

  const auto entry = small.boot(kernel.bytes());

  QCOMPARE(entry.error().code, core::ErrorCode::kOutOfRange);
  QVERIFY2(entry.error().message.find("at least 64 MiB") != std::string::npos, entry.error().message.c_str());
  Machine enough(64 * kMiB);
  QVERIFY(enough.boot(kernel.bytes()).ok());
}

void LinuxBootTest::booting_again_gives_the_same() {
  Machine machine;
  const auto first = machine.boot(fakes::BzImage().bytes()).value();
  machine.ram->fill({0x500}, 0xee, 0x9f000).value();  // The guest has used its memory.

  const auto second = machine.boot(fakes::BzImage().bytes()).value();

  QCOMPARE(quint64{second.instruction}, quint64{first.instruction});
  QCOMPARE(machine.param<std::uint32_t>(0x202), 0x53726448U);
  QCOMPARE(machine.param<std::uint32_t>(0x21c), 0U);  // No initrd; nothing left of the guest's bytes.
}

QTEST_APPLESS_MAIN(LinuxBootTest)
#include "linux_boot_test.moc"
