// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/serial_console.h"

#include <QtTest/QtTest>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "engine/api/paths.h"

using namespace saffron;
using namespace saffron::machine;

namespace {

std::span<const std::uint8_t> view(const QByteArray& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.constData()), static_cast<std::size_t>(text.size())};
}

/// A client on a plain socket.
class Client {
 public:
  explicit Client(const std::string& path) : fd_(api::connect_unix(path).value()) {}
  int fd() const { return fd_.get(); }
  void send(const QByteArray& text) { QCOMPARE(::send(fd(), text.data(), text.size(), MSG_NOSIGNAL), text.size()); }
  /// All that is there now.
  QByteArray take() {
    QByteArray all;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::recv(fd(), buffer, sizeof(buffer), MSG_DONTWAIT)) > 0;) {
      all.append(buffer, static_cast<int>(got));
    }
    return all;
  }
  bool closed_by_peer() {
    pollfd look{fd(), POLLRDHUP, 0};
    return ::poll(&look, 1, 0) == 1 && (look.revents & (POLLRDHUP | POLLHUP)) != 0;
  }
  void close() { fd_.reset(); }

 private:
  core::UniqueFd fd_;
};

/// The console with a serial port of which the test is the hardware.
struct Bench {
  explicit Bench(bool log = false) {
    loop = core::EventLoop::create().value();
    options.socket_path = folder.filePath("serial.sock").toStdString();
    if (log) {
      options.log_path = folder.filePath("serial.log").toStdString();
    }
    console = SerialConsole::create(*loop, options).value();
    console->attach({[this] { return room; },
                     [this](std::span<const std::uint8_t> bytes) {
                       too_much = too_much || bytes.size() > room;
                       room -= std::min(room, bytes.size());
                       received.append(reinterpret_cast<const char*>(bytes.data()), static_cast<int>(bytes.size()));
                     },
                     [this] { ++writable; }});
  }
  /// Runs the loop until nothing is left to do: a few rounds, each of which handles what is ready.
  void settle() {
    for (int i = 0; i < 20; ++i) {
      loop->post([] {});  // So that the loop looks at all that is ready before it stops.
      loop->stop();
      loop->run();
    }
  }
  QByteArray log_text() const {
    QFile file(QString::fromStdString(options.log_path));
    return file.open(QFile::ReadOnly) ? file.readAll() : QByteArray();
  }

  QTemporaryDir folder;
  SerialConsoleOptions options;
  std::unique_ptr<core::EventLoop> loop;
  std::unique_ptr<SerialConsole> console;
  std::size_t room = 1 << 20;
  bool too_much = false;
  QByteArray received;
  int writable = 0;
};

}  // namespace

class SerialConsoleTest : public QObject {
  Q_OBJECT
 private slots:
  void bytes_go_both_ways();
  void a_late_client_gets_what_nobody_has_read_once();
  void without_a_client_all_is_taken_and_a_bounded_tail_kept();
  void a_client_that_does_not_read_holds_the_guest_and_loses_nothing();
  void a_client_that_leaves_frees_the_guest();
  void a_device_without_room_holds_the_client();
  void a_second_client_takes_over();
  void a_flood_of_garbage_arrives_in_pieces_that_fit();
  void the_socket_is_private_and_goes_away();
  void the_log_has_everything();
  void a_full_log_starts_anew_and_keeps_one_old();
  void an_impossible_log_does_not_stop_the_machine();
  void a_path_in_use_is_an_error_and_stays();
  void destruction_with_a_stuck_client_does_not_touch_the_device();
  void a_guest_on_its_own_thread_loses_nothing();
};

void SerialConsoleTest::bytes_go_both_ways() {
  Bench bench;
  Client client(bench.options.socket_path);
  bench.settle();

  QCOMPARE(bench.console->write(view("login: ")), std::size_t{7});
  client.send("root\r");
  bench.settle();

  QCOMPARE(client.take(), QByteArray("login: "));
  QCOMPARE(bench.received, QByteArray("root\r"));
}

void SerialConsoleTest::a_late_client_gets_what_nobody_has_read_once() {
  Bench bench;
  bench.console->write(view("early "));
  bench.settle();

  Client first(bench.options.socket_path);
  bench.settle();
  QCOMPARE(first.take(), QByteArray("early "));
  first.close();
  bench.settle();
  bench.console->write(view("later"));
  Client second(bench.options.socket_path);
  bench.settle();

  QCOMPARE(second.take(), QByteArray("later"));
}

void SerialConsoleTest::without_a_client_all_is_taken_and_a_bounded_tail_kept() {
  Bench bench;
  QByteArray all;
  for (int i = 0; i < 3000; ++i) {
    const QByteArray line = QByteArray::number(i).rightJustified(99, '.') + "\n";
    QCOMPARE(bench.console->write(view(line)), static_cast<std::size_t>(line.size()));
    all += line;
  }

  Client client(bench.options.socket_path);
  QByteArray got;
  for (int i = 0; i < 20; ++i) {
    bench.settle();
    got += client.take();
  }

  QCOMPARE(got.size(), static_cast<int>(SerialConsole::kBuffer));
  QCOMPARE(got, all.right(got.size()));
}

void SerialConsoleTest::a_client_that_does_not_read_holds_the_guest_and_loses_nothing() {
  Bench bench;
  Client client(bench.options.socket_path);
  bench.settle();
  const QByteArray block(4096, 'x');

  std::size_t taken = 0;
  std::size_t last = block.size();
  for (int i = 0; i < 1000 && last == static_cast<std::size_t>(block.size()); ++i) {
    last = bench.console->write(view(block));
    taken += last;
    bench.settle();
  }
  QVERIFY(last < static_cast<std::size_t>(block.size()));  // Its buffer and the socket's are full.
  const int told_before = bench.writable;
  QByteArray got;
  for (int i = 0; i < 1000 && static_cast<std::size_t>(got.size()) < taken; ++i) {
    got += client.take();
    bench.settle();
  }

  QCOMPARE(static_cast<std::size_t>(got.size()), taken);
  QVERIFY(bench.writable > told_before);
  QCOMPARE(bench.console->write(view(block)), static_cast<std::size_t>(block.size()));
}

void SerialConsoleTest::a_client_that_leaves_frees_the_guest() {
  Bench bench;
  Client client(bench.options.socket_path);
  bench.settle();
  const QByteArray block(4096, 'x');
  for (int i = 0; i < 1000 && bench.console->write(view(block)) == static_cast<std::size_t>(block.size()); ++i) {
    bench.settle();
  }
  const int told_before = bench.writable;

  client.close();
  bench.settle();

  QVERIFY(bench.writable > told_before);
  QCOMPARE(bench.console->write(view(block)), static_cast<std::size_t>(block.size()));
}

void SerialConsoleTest::a_device_without_room_holds_the_client() {
  Bench bench;
  Client client(bench.options.socket_path);
  bench.settle();
  bench.room = 3;
  client.send("abcdef");
  bench.settle();
  QCOMPARE(bench.received, QByteArray("abc"));

  bench.room = 10;
  bench.console->resume_receive();
  bench.settle();

  QCOMPARE(bench.received, QByteArray("abcdef"));
  QVERIFY(!bench.too_much);
}

void SerialConsoleTest::a_second_client_takes_over() {
  Bench bench;
  Client first(bench.options.socket_path);
  bench.settle();

  Client second(bench.options.socket_path);
  bench.settle();
  bench.console->write(view("hello"));
  second.send("from second");
  bench.settle();

  QVERIFY(first.closed_by_peer());
  QCOMPARE(first.take(), QByteArray());
  QCOMPARE(second.take(), QByteArray("hello"));
  QCOMPARE(bench.received, QByteArray("from second"));
}

void SerialConsoleTest::a_flood_of_garbage_arrives_in_pieces_that_fit() {
  Bench bench;
  Client client(bench.options.socket_path);
  bench.settle();
  QByteArray garbage(20000, '\0');
  for (int i = 0; i < garbage.size(); ++i) {
    garbage[i] = static_cast<char>(i * 167);
  }
  client.send(garbage);

  for (int i = 0; i < 2000 && bench.received.size() < garbage.size(); ++i) {
    bench.room = 16;  // A 16550's FIFO.
    bench.console->resume_receive();
    bench.settle();
  }

  QCOMPARE(bench.received, garbage);
  QVERIFY(!bench.too_much);
}

void SerialConsoleTest::the_socket_is_private_and_goes_away() {
  Bench bench;
  struct stat info {};
  QCOMPARE(::lstat(bench.options.socket_path.c_str(), &info), 0);
  QVERIFY(S_ISSOCK(info.st_mode));
  QCOMPARE(static_cast<int>(info.st_mode & 0777), 0600);

  bench.console.reset();

  QVERIFY(::lstat(bench.options.socket_path.c_str(), &info) != 0);
}

void SerialConsoleTest::the_log_has_everything() {
  Bench bench(true);
  bench.console->write(view("one\n"));
  bench.settle();
  QCOMPARE(bench.log_text(), QByteArray("one\n"));

  bench.console->write(view("last words"));
  bench.console.reset();

  QCOMPARE(bench.log_text(), QByteArray("one\nlast words"));
}

void SerialConsoleTest::a_full_log_starts_anew_and_keeps_one_old() {
  Bench bench(true);
  const QByteArray block(static_cast<int>(SerialConsole::kBuffer) - 1, 'a');
  const std::uint64_t blocks = SerialConsole::kLogLimit / static_cast<std::uint64_t>(block.size()) + 2;
  for (std::uint64_t i = 0; i < blocks; ++i) {
    bench.console->write(view(block));
    bench.settle();
  }
  bench.console->write(view("new"));
  bench.settle();

  const QFileInfo old(QString::fromStdString(bench.options.log_path) + ".old");
  QVERIFY(old.exists());
  QVERIFY(old.size() >= static_cast<qint64>(SerialConsole::kLogLimit));
  QVERIFY(bench.log_text().endsWith("new"));
  QVERIFY(bench.log_text().size() <= block.size() + 3);
}

void SerialConsoleTest::an_impossible_log_does_not_stop_the_machine() {
  Bench bench;
  bench.console.reset();
  bench.options.log_path = bench.folder.path().toStdString();  // A directory.

  auto console = SerialConsole::create(*bench.loop, bench.options);

  QVERIFY(console.ok());
  (*console)->attach({[] { return std::size_t{0}; }, [](auto) {}, [] {}});
  QCOMPARE((*console)->write(view("text")), std::size_t{4});
}

void SerialConsoleTest::a_path_in_use_is_an_error_and_stays() {
  Bench bench;

  const auto second = SerialConsole::create(*bench.loop, bench.options);

  QVERIFY(!second.ok());
  QCOMPARE(second.error().code, core::ErrorCode::kBusy);
  QVERIFY(api::connect_unix(bench.options.socket_path).ok());
}

void SerialConsoleTest::destruction_with_a_stuck_client_does_not_touch_the_device() {
  Bench bench;
  auto client = std::make_unique<Client>(bench.options.socket_path);
  bench.settle();
  const QByteArray block(4096, 'x');
  for (int i = 0; i < 1000 && bench.console->write(view(block)) == static_cast<std::size_t>(block.size()); ++i) {
    bench.settle();
  }
  const int told_before = bench.writable;

  client.reset();  // The next send finds a broken pipe.
  bench.console.reset();

  QCOMPARE(bench.writable, told_before);  // The device has gone before the console does.
}

void SerialConsoleTest::a_guest_on_its_own_thread_loses_nothing() {
  Bench bench(true);
  Client client(bench.options.socket_path);
  bench.settle();
  QByteArray all;
  for (int i = 0; i < 20000; ++i) {
    all += QByteArray::number(i) + "\n";
  }

  std::atomic<bool> done{false};
  std::thread guest([&] {
    for (int at = 0; at < all.size();) {
      at += static_cast<int>(bench.console->write(view(all.mid(at, 100))));
      bench.console->resume_receive();
    }
    done = true;
  });
  QByteArray got;
  while (!done || got.size() < all.size()) {
    bench.settle();
    got += client.take();
  }
  guest.join();
  bench.settle();

  QCOMPARE(got, all);
  QCOMPARE(bench.log_text(), all);
}

QTEST_APPLESS_MAIN(SerialConsoleTest)
#include "serial_console_test.moc"
