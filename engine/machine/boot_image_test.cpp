// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/boot_image.h"

#include <QtTest/QtTest>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/machine/file_bytes.h"
#include "tests/fakes/kernel_images.h"

using namespace saffron;
using namespace saffron::machine;

namespace {

constexpr std::uint64_t kRamSize = 16 * kMiB;

struct Files {
  std::string path(const char* name) const { return folder.filePath(name).toStdString(); }
  std::string with(const char* name, const fakes::FileBytes& bytes) const {
    fakes::write_file(path(name), bytes);
    return path(name);
  }
  QTemporaryDir folder;
};

std::unique_ptr<core::GuestMemory> make_ram() {
  const core::GuestRegion region{{0}, kRamSize};
  return core::GuestMemory::create({&region, 1}).value();
}

}  // namespace

class BootImageTest : public QObject {
  Q_OBJECT
 private slots:
  void bad_files_are_named_data();
  void bad_files_are_named();
  void an_unreadable_file_is_named();
  void pieces_end_where_the_file_does();
  void loading_is_bounded_by_the_file_and_by_ram();
  void the_initrd_goes_as_high_as_it_may_data();
  void the_initrd_goes_as_high_as_it_may();
  void no_initrd_is_no_error();
  void the_command_line_has_an_end_and_a_limit();
  void whole_files_have_a_limit();
};

void BootImageTest::bad_files_are_named_data() {
  QTest::addColumn<QString>("kind");
  QTest::addColumn<int>("code");
  QTest::newRow("missing") << "missing" << static_cast<int>(core::ErrorCode::kNotFound);
  QTest::newRow("a directory") << "directory" << static_cast<int>(core::ErrorCode::kInvalidArgument);
  QTest::newRow("empty") << "empty" << static_cast<int>(core::ErrorCode::kInvalidArgument);
  QTest::newRow("a pipe that nobody writes") << "pipe" << static_cast<int>(core::ErrorCode::kInvalidArgument);
  QTest::newRow("a device") << "device" << static_cast<int>(core::ErrorCode::kInvalidArgument);
}

void BootImageTest::bad_files_are_named() {
  QFETCH(QString, kind);
  QFETCH(int, code);
  const Files files;
  std::string path = files.path("kernel");
  if (kind == "directory") {
    path = files.folder.path().toStdString();
  } else if (kind == "empty") {
    fakes::write_file(path, {});
  } else if (kind == "pipe") {
    QCOMPARE(::mkfifo(path.c_str(), 0600), 0);
  } else if (kind == "device") {
    path = "/dev/null";
  }

  const auto file = BootFile::open(path, "boot.kernel");

  QVERIFY(!file.ok());
  QCOMPARE(static_cast<int>(file.error().code), code);
  QCOMPARE(file.error().subject, std::string("boot.kernel"));
  QVERIFY2(file.error().message.find(path) != std::string::npos, file.error().message.c_str());
}

void BootImageTest::an_unreadable_file_is_named() {
  if (::geteuid() == 0) {
    QSKIP("root may read everything");
  }
  const Files files;
  const std::string path = files.with("kernel", {1});
  QCOMPARE(::chmod(path.c_str(), 0), 0);

  QCOMPARE(BootFile::open(path, "boot.kernel").error().code, core::ErrorCode::kPermissionDenied);
}

void BootImageTest::pieces_end_where_the_file_does() {
  const Files files;
  const auto file = BootFile::open(files.with("file", {1, 2, 3, 4, 5}), "f").value();

  QCOMPARE(file.size(), std::uint64_t{5});
  QCOMPARE(file.head(3).value(), (std::vector<std::uint8_t>{1, 2, 3}));
  QCOMPARE(file.head(1000).value().size(), std::size_t{5});
  QCOMPARE(file.piece(3, 100).value(), (std::vector<std::uint8_t>{4, 5}));
  QVERIFY(file.piece(5, 1).value().empty());
  QVERIFY(file.piece(~std::uint64_t{0}, 1).value().empty());
}

void BootImageTest::loading_is_bounded_by_the_file_and_by_ram() {
  const Files files;
  const auto ram = make_ram();
  const auto file = BootFile::open(files.with("file", {1, 2, 3, 4, 5}), "f").value();

  QVERIFY(file.load(1, 4, *ram, {kRamSize - 4}).ok());
  QCOMPARE(ram->read_object<std::uint32_t>({kRamSize - 4}).value(), 0x05040302U);
  QCOMPARE(file.load(1, 5, *ram, {0}).error().code, core::ErrorCode::kInvalidArgument);
  QCOMPARE(file.load(6, 0, *ram, {0}).error().code, core::ErrorCode::kInvalidArgument);
  QCOMPARE(file.load(2, ~std::uint64_t{0}, *ram, {0}).error().code, core::ErrorCode::kInvalidArgument);
  QCOMPARE(file.load(0, 5, *ram, {kRamSize - 4}).error().code, core::ErrorCode::kOutOfRange);
  QCOMPARE(file.load(0, 5, *ram, {~std::uint64_t{0} - 1}).error().code, core::ErrorCode::kOutOfRange);
}

void BootImageTest::the_initrd_goes_as_high_as_it_may_data() {
  QTest::addColumn<quint64>("size");
  QTest::addColumn<quint64>("floor");
  QTest::addColumn<quint64>("limit");
  QTest::addColumn<quint64>("address");  // 0: it does not fit.
  QTest::newRow("under the end of RAM") << quint64{5000} << quint64{kMiB} << quint64{4 * kGiB}
                                        << quint64{kRamSize - 8192};
  QTest::newRow("under the kernel's limit")
      << quint64{4096} << quint64{kMiB} << quint64{8 * kMiB} << quint64{8 * kMiB - 4096};
  QTest::newRow("exactly above the kernel")
      << quint64{4096} << quint64{kRamSize - 4096} << quint64{4 * kGiB} << quint64{kRamSize - 4096};
  QTest::newRow("into the kernel") << quint64{4097} << quint64{kRamSize - 4096} << quint64{4 * kGiB} << quint64{0};
  QTest::newRow("larger than its limit") << quint64{8192} << quint64{0} << quint64{4096} << quint64{0};
}

void BootImageTest::the_initrd_goes_as_high_as_it_may() {
  QFETCH(quint64, size);
  QFETCH(quint64, floor);
  QFETCH(quint64, limit);
  QFETCH(quint64, address);
  const Files files;
  const auto ram = make_ram();
  const std::string path = files.with("initrd", fakes::FileBytes(size, 0x77));

  const auto initrd = load_initrd(path, *ram, MemoryLayout::of(kRamSize, 40), floor, limit);

  QCOMPARE(initrd.ok(), address != 0);
  if (address == 0) {
    QCOMPARE(initrd.error().code, core::ErrorCode::kOutOfRange);
    QCOMPARE(initrd.error().subject, std::string("boot.initrd"));
  } else {
    QCOMPARE(quint64{initrd->address}, address);
    QCOMPARE(quint64{initrd->size}, size);
    QCOMPARE(int{ram->read_object<std::uint8_t>({address + size - 1}).value()}, 0x77);
    QCOMPARE(int{ram->read_object<std::uint8_t>({address - 1}).value()}, 0);
  }
}

void BootImageTest::no_initrd_is_no_error() {
  const auto ram = make_ram();

  const auto initrd = load_initrd(std::nullopt, *ram, MemoryLayout::of(kRamSize, 40), kMiB, kGiB);

  QVERIFY(initrd.ok());
  QCOMPARE(initrd->size, std::uint64_t{0});
}

void BootImageTest::the_command_line_has_an_end_and_a_limit() {
  const auto ram = make_ram();
  ram->fill(kCommandLine, 0xff, kCommandLineRoom).value();

  QVERIFY(write_command_line("quiet", 6, *ram).ok());
  std::array<std::uint8_t, 7> bytes{};
  ram->read(kCommandLine, bytes).value();
  QCOMPARE(QByteArray(reinterpret_cast<const char*>(bytes.data()), 7), QByteArray("quiet\0\xff", 7));
  const auto one_too_many = write_command_line("quiet!", 6, *ram);
  QCOMPARE(one_too_many.error().code, core::ErrorCode::kOutOfRange);
  QCOMPARE(one_too_many.error().subject, std::string("boot.command_line"));
  // A kernel may claim to take 4 GiB; there is room for 64 KiB.
  QVERIFY(!write_command_line(std::string(kCommandLineRoom, 'x'), ~std::uint64_t{0}, *ram).ok());
}

void BootImageTest::whole_files_have_a_limit() {
  const Files files;
  const std::string path = files.with("bios", fakes::FileBytes(1000, 1));

  QCOMPARE(read_file_bytes(path, 1000, "firmware.path").value().size(), std::size_t{1000});
  const auto too_large = read_file_bytes(path, 999, "firmware.path");
  QCOMPARE(too_large.error().code, core::ErrorCode::kOutOfRange);
  QCOMPARE(too_large.error().subject, std::string("firmware.path"));
}

QTEST_APPLESS_MAIN(BootImageTest)
#include "boot_image_test.moc"
