// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/raw_file_backend.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QtTest/QtTest>

#include <array>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>

#include "engine/core/event_loop.h"

using namespace saffron;
using ports::BlockOperation;
using storage::ImageKind;
using storage::IoEngine;
using storage::RawFileBackend;
using storage::RawFileOptions;

namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

struct Lane {
  explicit Lane(const std::string& path, RawFileOptions options = {}) {
    loop = core::EventLoop::create().value();
    backend = RawFileBackend::open(path, options).value();
    queue = backend->open_queue(*loop).value();
  }

  /// Submits, commits, and runs the loop until it is done.
  int run(BlockOperation operation, std::uint64_t offset, std::vector<iovec> buffers, std::uint64_t length = 0,
          bool may_unmap = false) {
    for (const iovec& buffer : buffers) {
      length += buffer.iov_len;
    }
    int result = -1;
    queue->submit({operation, offset, length, std::move(buffers), may_unmap, [&](int error) {
                     result = error;
                     loop->stop();
                   }});
    if (result != -1) {
      return -2;  // Completed from inside submit().
    }
    loop->post([this] { queue->commit(); });
    loop->run();
    return result;
  }

  std::unique_ptr<core::EventLoop> loop;
  std::unique_ptr<RawFileBackend> backend;
  std::unique_ptr<ports::BlockQueue> queue;
};

iovec view(std::vector<std::uint8_t>& bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace

class RawFileBackendTest : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir directory_;

  std::string make_file(const char* name, std::uint64_t size) {
    const std::string path = directory_.filePath(name).toStdString();
    std::ofstream(path, std::ios::binary).put('\0');
    if (::truncate(path.c_str(), static_cast<off_t>(size)) != 0) {
      qFatal("truncate failed");
    }
    return path;
  }

  static void engines() {
    QTest::addColumn<int>("engine");
    QTest::newRow("io_uring") << static_cast<int>(IoEngine::kUring);
    QTest::newRow("threads") << static_cast<int>(IoEngine::kThreads);
  }
  static int row_engine() {
    QFETCH(int, engine);
    return engine;
  }

 private slots:
  void refuses_what_is_no_image_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<bool>("cdrom");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("says");
    const auto at = [this](const char* name) { return directory_.filePath(name); };
    const int invalid = static_cast<int>(core::ErrorCode::kInvalidArgument);
    make_file("empty", 0);
    make_file("odd", 1000);
    make_file("short", 512);
    make_file("qcow2", 4096);
    QFile qcow2(at("qcow2"));
    QVERIFY(qcow2.open(QFile::ReadWrite));
    qcow2.write("QFI\xfb");
    qcow2.close();
    QTest::newRow("qcow2") << at("qcow2") << false << static_cast<int>(core::ErrorCode::kUnsupported) << "qcow2";
    ::mkfifo(at("fifo").toStdString().c_str(), 0600);
    QTest::newRow("missing") << at("nothing") << false << static_cast<int>(core::ErrorCode::kNotFound) << "no such";
    QTest::newRow("under a file") << at("odd/x") << false << static_cast<int>(core::ErrorCode::kNotFound) << "no such";
    QTest::newRow("directory") << directory_.path() << false << invalid << "directory";
    QTest::newRow("directory as CD") << directory_.path() << true << invalid << "directory";
    QTest::newRow("empty disk") << at("empty") << false << invalid << "disk image is empty";
    QTest::newRow("empty CD") << at("empty") << true << invalid << "CD image is empty";
    QTest::newRow("odd size") << at("odd") << false << invalid << "multiple of 512";
    QTest::newRow("short CD") << at("short") << true << invalid << "too short";
    QTest::newRow("fifo") << at("fifo") << true << invalid << "neither";
    QTest::newRow("device") << QString("/dev/null") << false << invalid << "neither";
  }
  void refuses_what_is_no_image() {
    QFETCH(QString, path);
    QFETCH(bool, cdrom);
    QFETCH(int, code);
    QFETCH(QString, says);

    const auto result =
        RawFileBackend::open(path.toStdString(), {cdrom ? ImageKind::kCdrom : ImageKind::kDisk, false, {}});

    QVERIFY(!result.ok());
    QCOMPARE(static_cast<int>(result.error().code), code);
    QCOMPARE(QString::fromStdString(result.error().subject), path);
    QVERIFY2(result.error().message.find(says.toStdString()) != std::string::npos, result.error().message.c_str());
    QVERIFY(result.error().message.find(path.toStdString()) != std::string::npos);
  }

  void refuses_an_unreadable_file() {
    if (::geteuid() == 0) {
      QSKIP("root may read everything");
    }
    const std::string path = make_file("secret", kMiB);
    ::chmod(path.c_str(), 0);
    const auto result = RawFileBackend::open(path, {});
    QVERIFY(!result.ok());
    QCOMPARE(result.error().code, core::ErrorCode::kPermissionDenied);
  }

  void a_writer_excludes_everybody_and_readers_share() {
    const std::string path = make_file("locked", kMiB);
    {
      const auto writer = RawFileBackend::open(path, {});
      QVERIFY(writer.ok());
      const auto second = RawFileBackend::open(path, {});
      QVERIFY(!second.ok());
      QCOMPARE(second.error().code, core::ErrorCode::kBusy);
      QVERIFY(second.error().message.find("in use by a running machine") != std::string::npos);
      QVERIFY(!RawFileBackend::open(path, {ImageKind::kDisk, true, {}}).ok());
    }
    const auto reader = RawFileBackend::open(path, {ImageKind::kDisk, true, {}});
    QVERIFY(reader.ok());
    QVERIFY(RawFileBackend::open(path, {ImageKind::kCdrom, true, {}}).ok());
    QVERIFY(!RawFileBackend::open(path, {}).ok());
  }

  void geometry_follows_the_kind() {
    const std::string path = make_file("kinds", 5 * 512);
    const auto disk = RawFileBackend::open(path, {ImageKind::kDisk, true, {}});
    QCOMPARE(disk.value()->geometry().size, std::uint64_t{5 * 512});
    QCOMPARE(disk.value()->geometry().block_size, 512u);
    QVERIFY(!disk.value()->geometry().can_discard);
    const auto cdrom = RawFileBackend::open(path, {ImageKind::kCdrom, false, {}});
    QCOMPARE(cdrom.value()->geometry().size, std::uint64_t{4096});
    QCOMPARE(cdrom.value()->geometry().block_size, 2048u);
    QVERIFY(cdrom.value()->geometry().read_only);
  }

  void discard_is_offered_only_where_it_is_allowed() {
    const std::string path = make_file("discard", 5 * 512);
    QVERIFY(RawFileBackend::open(path, {}).value()->geometry().can_discard);
    RawFileOptions options;
    options.allow_discard = false;
    const auto disk = RawFileBackend::open(path, options);
    QVERIFY(!disk.value()->geometry().can_discard);
    QVERIFY(disk.value()->geometry().can_write_zeroes);
  }

  void what_is_written_is_read_and_reaches_the_file_data() { engines(); }
  void what_is_written_is_read_and_reaches_the_file() {
    const std::string path = make_file("data", kMiB);
    Lane lane(path, {ImageKind::kDisk, false, static_cast<IoEngine>(row_engine())});
    std::vector<std::uint8_t> first(512, 0xa5);
    std::vector<std::uint8_t> second(1024, 0x5a);

    QCOMPARE(lane.run(BlockOperation::kWrite, 4096, {view(first), view(second)}), 0);
    QCOMPARE(lane.run(BlockOperation::kFlush, 0, {}), 0);
    std::vector<std::uint8_t> back(2048, 1);
    QCOMPARE(lane.run(BlockOperation::kRead, 4096, {view(back)}), 0);

    std::vector<std::uint8_t> expected(2048, 0);
    std::fill_n(expected.begin(), 512, 0xa5);
    std::fill_n(expected.begin() + 512, 1024, 0x5a);
    QCOMPARE(back, expected);
    std::ifstream file(path, std::ios::binary);
    file.seekg(4096 + 512);
    QCOMPARE(file.get(), 0x5a);
  }

  void discard_and_write_zeroes_leave_zeroes_data() { engines(); }
  void discard_and_write_zeroes_leave_zeroes() {
    Lane lane(make_file("zero", kMiB), {ImageKind::kDisk, false, static_cast<IoEngine>(row_engine())});
    std::vector<std::uint8_t> full(kMiB, 0xff);
    QCOMPARE(lane.run(BlockOperation::kWrite, 0, {view(full)}), 0);

    QCOMPARE(lane.run(BlockOperation::kWriteZeroes, 512, {}, 1024), 0);
    QCOMPARE(lane.run(BlockOperation::kWriteZeroes, 65536, {}, 65536, true), 0);
    QCOMPARE(lane.run(BlockOperation::kDiscard, 4 * 65536, {}, 65536), 0);

    std::vector<std::uint8_t> back(kMiB, 1);
    QCOMPARE(lane.run(BlockOperation::kRead, 0, {view(back)}), 0);
    std::vector<std::uint8_t> expected(kMiB, 0xff);
    std::fill_n(expected.begin() + 512, 1024, 0);
    std::fill_n(expected.begin() + 65536, 65536, 0);
    std::fill_n(expected.begin() + 4 * 65536, 65536, 0);
    QVERIFY(back == expected);
  }

  void requests_outside_the_rules_fail_alone_data() { engines(); }
  void requests_outside_the_rules_fail_alone() {
    Lane lane(make_file("rules", kMiB), {ImageKind::kDisk, false, static_cast<IoEngine>(row_engine())});
    std::vector<std::uint8_t> block(512);
    QCOMPARE(lane.run(BlockOperation::kRead, kMiB, {view(block)}), EINVAL);
    QCOMPARE(lane.run(BlockOperation::kRead, 100, {view(block)}), EINVAL);
    QCOMPARE(lane.run(BlockOperation::kWriteZeroes, kMiB - 512, {}, 1024), EINVAL);
    QCOMPARE(lane.run(BlockOperation::kRead, ~std::uint64_t{511}, {view(block)}), EINVAL);
    QCOMPARE(lane.run(BlockOperation::kRead, 0, {view(block), view(block)}, std::uint64_t(-512)), EINVAL);
    QCOMPARE(lane.run(BlockOperation::kRead, kMiB - 512, {view(block)}), 0);
  }

  void a_read_only_disk_takes_no_writes_data() { engines(); }
  void a_read_only_disk_takes_no_writes() {
    Lane lane(make_file("ro", kMiB), {ImageKind::kDisk, true, static_cast<IoEngine>(row_engine())});
    std::vector<std::uint8_t> block(512);
    QCOMPARE(lane.run(BlockOperation::kWrite, 0, {view(block)}), EINVAL);
    QCOMPARE(lane.run(BlockOperation::kRead, 0, {view(block)}), 0);
  }

  void a_partial_last_cd_sector_ends_in_zeroes_data() { engines(); }
  void a_partial_last_cd_sector_ends_in_zeroes() {
    const std::string path = make_file("partial.iso", 2048 + 512);
    {
      std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
      file.seekp(2048);
      file << std::string(512, 'x');
    }
    Lane lane(path, {ImageKind::kCdrom, true, static_cast<IoEngine>(row_engine())});
    std::vector<std::uint8_t> sector(2048, 1);
    QCOMPARE(lane.run(BlockOperation::kRead, 2048, {view(sector)}), 0);
    std::vector<std::uint8_t> expected(2048, 0);
    std::fill_n(expected.begin(), 512, 'x');
    QCOMPARE(sector, expected);
  }

  void a_file_that_shrank_gives_an_error_data() { engines(); }
  void a_file_that_shrank_gives_an_error() {
    const std::string path = make_file("shrinks", kMiB);
    Lane lane(path, {ImageKind::kDisk, false, static_cast<IoEngine>(row_engine())});
    QCOMPARE(::truncate(path.c_str(), 4096), 0);
    std::vector<std::uint8_t> bytes(8192);
    QCOMPARE(lane.run(BlockOperation::kRead, 0, {view(bytes)}), EIO);
  }

  void more_requests_than_the_ring_holds_all_complete_data() { engines(); }
  void more_requests_than_the_ring_holds_all_complete() {
    Lane lane(make_file("many", kMiB), {ImageKind::kDisk, false, static_cast<IoEngine>(row_engine())});
    constexpr unsigned kRequests = 1000;
    std::vector<std::uint8_t> bytes(kMiB);
    unsigned done = 0;
    unsigned errors = 0;
    for (unsigned index = 0; index < kRequests; ++index) {
      lane.queue->submit(
          {BlockOperation::kWrite, index * 512ull, 512, {{bytes.data() + index * 512, 512}}, false, [&](int error) {
             ++done;
             errors += error != 0;
           }});
    }
    lane.queue->drain();
    QCOMPARE(done, kRequests);
    QCOMPARE(errors, 0u);
  }

  void callbacks_may_submit_more_data() { engines(); }
  void callbacks_may_submit_more() {
    Lane lane(make_file("chain", kMiB), {ImageKind::kDisk, false, static_cast<IoEngine>(row_engine())});
    std::vector<std::uint8_t> block(512);
    unsigned left = 300;
    std::function<void(int)> next = [&](int error) {
      if (error == 0 && --left != 0) {
        lane.queue->submit({BlockOperation::kRead, 0, 512, {view(block)}, false, next});
        lane.queue->commit();
      } else {
        lane.loop->stop();
      }
    };
    lane.loop->post([&] {
      lane.queue->submit({BlockOperation::kRead, 0, 512, {view(block)}, false, next});
      lane.queue->commit();
    });
    lane.loop->run();
    QCOMPARE(left, 0u);
  }

  void many_small_buffers_are_one_request_data() { engines(); }
  void many_small_buffers_are_one_request() {
    Lane lane(make_file("vectors", kMiB), {ImageKind::kDisk, false, static_cast<IoEngine>(row_engine())});
    std::vector<std::uint8_t> bytes(4096 * 16, 7);
    std::vector<iovec> buffers;
    for (std::size_t at = 0; at < bytes.size(); at += 16) {
      buffers.push_back({bytes.data() + at, 16});  // 4096 of them: more than the kernel takes at once.
    }
    QCOMPARE(lane.run(BlockOperation::kWrite, 512, buffers), 0);
    std::vector<std::uint8_t> back(bytes.size());
    QCOMPARE(lane.run(BlockOperation::kRead, 512, {view(back)}), 0);
    QVERIFY(back == bytes);
  }

  void a_queue_moves_to_the_thread_that_uses_it_data() { engines(); }
  void a_queue_moves_to_the_thread_that_uses_it() {
    Lane lane(make_file("moves", kMiB), {ImageKind::kDisk, false, static_cast<IoEngine>(row_engine())});
    std::vector<std::uint8_t> block(512, 3);
    QCOMPARE(lane.run(BlockOperation::kWrite, 0, {view(block)}), 0);
    int result = -1;
    std::thread other([&] { result = lane.run(BlockOperation::kRead, 0, {view(block)}); });
    other.join();
    QCOMPARE(result, 0);
    QCOMPARE(lane.run(BlockOperation::kFlush, 0, {}), 0);
  }

  void a_full_file_system_is_told_as_such_data() { engines(); }
  void a_full_file_system_is_told_as_such() {
    // RLIMIT_FSIZE stands in for a full disk where mounting is not possible: the error must come through as it is.
    const std::string path = make_file("limits", kMiB);
    Lane lane(path, {ImageKind::kDisk, false, static_cast<IoEngine>(row_engine())});
    QCOMPARE(::truncate(path.c_str(), 0), 0);
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    ::getrlimit(RLIMIT_FSIZE, &old);
    const rlimit small{4096, old.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    std::vector<std::uint8_t> block(8192);
    const int error = lane.run(BlockOperation::kWrite, 0, {view(block)});
    ::setrlimit(RLIMIT_FSIZE, &old);
    QCOMPARE(error, EFBIG);
  }
};

QTEST_APPLESS_MAIN(RawFileBackendTest)
#include "raw_file_backend_test.moc"
