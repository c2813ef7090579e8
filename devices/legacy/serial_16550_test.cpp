// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/serial_16550.h"

#include <QtTest/QtTest>
#include <atomic>
#include <mutex>
#include <thread>

#include "tests/fakes/fake_character_backend.h"
#include "tests/fakes/fake_irq.h"
#include "tests/fakes/manual_clock.h"

using namespace saffron;

namespace {

enum Register { kData = 0, kEnable = 1, kId = 2, kLineControl = 3, kModemControl = 4, kLine = 5, kModem = 6 };

struct Fixture {
  std::uint8_t get(unsigned offset) { return static_cast<std::uint8_t>(serial.read(offset, 1)); }
  void put(unsigned offset, std::uint8_t value) { serial.write(offset, 1, value); }
  void open_gate() { put(kModemControl, 0x0b); }  // DTR, RTS, OUT2.

  fakes::ManualClock clock;
  fakes::FakeIrqLine irq;
  fakes::FakeCharacterBackend line;
  legacy::Serial16550A serial{"com1", irq, clock, &line};
};

}  // namespace

class Serial16550Test : public QObject {
  Q_OBJECT
 private slots:
  void idle_registers();
  void divisor_latch_hides_data();
  void output_reaches_the_line();
  void slow_reader_holds_the_transmitter();
  void slow_reader_loses_nothing_in_fifo_mode();
  void transmit_interrupt_life();
  void receive_interrupt_and_trigger();
  void character_timeout();
  void room_is_offered_again();
  void without_fifo_one_byte_at_a_time();
  void loopback_data_and_overrun();
  void loopback_modem_lines();
  void interrupt_priorities();
  void out2_gates_the_interrupt();
  void fifo_clears();
  void no_backend_swallows_output();
  void slow_reader_on_another_thread();
};

void Serial16550Test::idle_registers() {
  Fixture f;
  QCOMPARE(f.get(kLine), std::uint8_t{0x60});
  QCOMPARE(f.get(kId), std::uint8_t{0x01});
  QCOMPARE(f.get(kModem), std::uint8_t{0xb0});
  f.put(7, 0x5a);
  QCOMPARE(f.get(7), std::uint8_t{0x5a});
  f.put(kId, 0x01);
  QCOMPARE(f.get(kId), std::uint8_t{0xc1});  // How drivers tell a 16550A.
}

void Serial16550Test::divisor_latch_hides_data() {
  Fixture f;
  f.put(kLineControl, 0x83);
  f.put(0, 0x34);
  f.put(1, 0x12);
  QCOMPARE(f.get(0), std::uint8_t{0x34});
  QCOMPARE(f.get(1), std::uint8_t{0x12});
  f.put(kLineControl, 0x03);
  QCOMPARE(f.get(1), std::uint8_t{0});
  QVERIFY(f.line.output.empty());
}

void Serial16550Test::output_reaches_the_line() {
  Fixture f;
  for (char letter : std::string("hello")) {
    f.put(kData, static_cast<std::uint8_t>(letter));
    QCOMPARE(f.get(kLine), std::uint8_t{0x60});
  }
  QCOMPARE(f.line.output, std::string("hello"));
}

void Serial16550Test::slow_reader_holds_the_transmitter() {
  Fixture f;
  f.line.space = 0;
  f.put(kData, 'x');
  QCOMPARE(f.get(kLine), std::uint8_t{0});
  f.line.make_space(1);
  QCOMPARE(f.get(kLine), std::uint8_t{0x60});
  QCOMPARE(f.line.output, std::string("x"));
}

void Serial16550Test::slow_reader_loses_nothing_in_fifo_mode() {
  Fixture f;
  f.put(kId, 0x01);
  f.line.space = 3;
  std::string sent;
  for (int round = 0; round < 40; ++round) {
    if ((f.get(kLine) & 0x20) != 0) {
      for (int i = 0; i < 16; ++i) {
        const auto letter = static_cast<char>('a' + (round + i) % 26);
        f.put(kData, static_cast<std::uint8_t>(letter));
        sent.push_back(letter);
      }
    }
    f.line.make_space(5);
  }
  f.line.make_space(100);
  QVERIFY(sent.size() > 100);
  QCOMPARE(f.line.output, sent);
}

void Serial16550Test::transmit_interrupt_life() {
  Fixture f;
  f.open_gate();
  f.put(kEnable, 0x02);
  QVERIFY(f.irq.level());  // Enabling it while empty raises it.
  QCOMPARE(f.get(kId), std::uint8_t{0x02});
  QVERIFY(!f.irq.level());  // Reading the cause clears it.
  QCOMPARE(f.get(kId), std::uint8_t{0x01});
  f.line.space = 0;
  f.put(kData, 'x');
  QVERIFY(!f.irq.level());
  f.line.make_space(10);
  QVERIFY(f.irq.level());
}

void Serial16550Test::receive_interrupt_and_trigger() {
  Fixture f;
  f.open_gate();
  f.put(kId, 0x41);  // FIFOs on, trigger at 4.
  f.put(kEnable, 0x01);
  f.line.offer("abc");
  QVERIFY(!f.irq.level());
  f.line.offer("d");
  QVERIFY(f.irq.level());
  QCOMPARE(f.get(kId), std::uint8_t{0xc4});
  QCOMPARE(f.get(kLine) & 1, 1);
  QCOMPARE(f.get(kData), std::uint8_t{'a'});
  QVERIFY(!f.irq.level());
  QCOMPARE(f.get(kData), std::uint8_t{'b'});
}

void Serial16550Test::character_timeout() {
  Fixture f;
  f.open_gate();
  f.put(kId, 0xc1);  // Trigger at 14.
  f.put(kLineControl, 0x83);
  f.put(0, 1);  // 115200 baud.
  f.put(1, 0);
  f.put(kLineControl, 0x03);
  QCOMPARE(f.clock.armed_timers(), 0U);
  f.put(kEnable, 0x01);
  f.line.offer("x");
  f.clock.advance(340'000);
  QVERIFY(!f.irq.level());
  f.clock.advance(10'000);  // Four characters of ten bits: 347 us.
  QVERIFY(f.irq.level());
  QCOMPARE(f.get(kId), std::uint8_t{0xcc});
  QCOMPARE(f.get(kData), std::uint8_t{'x'});
  QVERIFY(!f.irq.level());
  QCOMPARE(f.clock.armed_timers(), 0U);
}

void Serial16550Test::room_is_offered_again() {
  Fixture f;
  f.put(kId, 0x01);
  const std::string rest = f.line.offer("0123456789abcdefXYZ");
  QCOMPARE(rest, std::string("XYZ"));
  QCOMPARE(f.line.offer(rest), rest);
  QCOMPARE(f.line.resumes, 0U);
  for (int i = 0; i < 8; ++i) {
    (void)f.get(kData);
  }
  QCOMPARE(f.line.resumes, 1U);
  QCOMPARE(f.line.offer(rest), std::string());
}

void Serial16550Test::without_fifo_one_byte_at_a_time() {
  Fixture f;
  QCOMPARE(f.line.offer("ab"), std::string("b"));
  QCOMPARE(f.line.offer("b"), std::string("b"));
  QCOMPARE(f.get(kData), std::uint8_t{'a'});
  QCOMPARE(f.line.resumes, 1U);
  QCOMPARE(f.line.offer("b"), std::string());
}

void Serial16550Test::loopback_data_and_overrun() {
  Fixture f;
  f.put(kModemControl, 0x10);
  f.put(kData, 0x11);
  QCOMPARE(f.get(kLine) & 3, 1);
  f.put(kData, 0x22);
  QCOMPARE(f.get(kLine) & 3, 3);
  QCOMPARE(f.get(kLine) & 2, 0);  // Reading the status cleared the error.
  QCOMPARE(f.get(kData), std::uint8_t{0x22});
  QVERIFY(f.line.output.empty());
  QCOMPARE(f.line.offer("x"), std::string("x"));  // What comes from outside waits.
  f.put(kModemControl, 0x00);
  QCOMPARE(f.line.resumes, 1U);
}

void Serial16550Test::loopback_modem_lines() {
  Fixture f;
  f.put(kModemControl, 0x10);
  (void)f.get(kModem);
  f.put(kModemControl, 0x1f);
  QCOMPARE(f.get(kModem), std::uint8_t{0xfb});  // All lines; ring has begun, which is no delta.
  f.put(kModemControl, 0x1b);
  QCOMPARE(f.get(kModem), std::uint8_t{0xb4});  // Ring has ended.
  QCOMPARE(f.get(kModem), std::uint8_t{0xb0});
}

void Serial16550Test::interrupt_priorities() {
  Fixture f;
  f.put(kModemControl, 0x10);
  f.put(kEnable, 0x0f);
  f.put(kModemControl, 0x11);  // Modem status changes.
  QCOMPARE(f.get(kId), std::uint8_t{0x02});
  QCOMPARE(f.get(kId), std::uint8_t{0x00});
  f.put(kData, 1);
  QCOMPARE(f.get(kId), std::uint8_t{0x04});
  f.put(kData, 2);
  QCOMPARE(f.get(kId), std::uint8_t{0x06});
  (void)f.get(kLine);
  QCOMPARE(f.get(kId), std::uint8_t{0x04});
  (void)f.get(kData);
  QCOMPARE(f.get(kId), std::uint8_t{0x02});
  (void)f.get(kModem);
  QCOMPARE(f.get(kId), std::uint8_t{0x01});
}

void Serial16550Test::out2_gates_the_interrupt() {
  Fixture f;
  f.put(kEnable, 0x02);
  QVERIFY(!f.irq.level());
  f.put(kModemControl, 0x08);
  QVERIFY(f.irq.level());
  f.put(kModemControl, 0x00);
  QVERIFY(!f.irq.level());
}

void Serial16550Test::fifo_clears() {
  Fixture f;
  f.put(kId, 0x01);
  f.line.offer("abc");
  f.line.space = 0;
  f.put(kData, 'x');
  f.put(kId, 0x07);
  QCOMPARE(f.get(kLine), std::uint8_t{0x60});
  f.line.make_space(10);
  QVERIFY(f.line.output.empty());
  f.put(kData, 'y');
  QCOMPARE(f.line.output, std::string("y"));
}

void Serial16550Test::no_backend_swallows_output() {
  fakes::ManualClock clock;
  fakes::FakeIrqLine irq;
  legacy::Serial16550A serial("com2", irq, clock, nullptr);
  serial.write(kData, 1, 'x');
  QCOMPARE(serial.read(kLine, 1), std::uint64_t{0x60});
  QCOMPARE(serial.read(kModem, 1), std::uint64_t{0});
}

// The backend takes bytes on the vCPU's thread and makes room on its own; a guest that waits for an empty register
// loses nothing.
void Serial16550Test::slow_reader_on_another_thread() {
  struct Pipe final : ports::CharacterBackend {
    void attach(Callbacks new_callbacks) override { callbacks = std::move(new_callbacks); }
    std::size_t write(std::span<const std::uint8_t> bytes) override {
      const std::lock_guard lock(mutex);
      const std::size_t taken = std::min(bytes.size(), space);
      space -= taken;
      output.append(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
      return taken;
    }
    void resume_receive() override {}
    void drain() {
      {
        const std::lock_guard lock(mutex);
        space = 5;
      }
      callbacks.writable();
    }
    Callbacks callbacks;
    std::mutex mutex;
    std::size_t space = 0;
    std::string output;
  };
  fakes::ManualClock clock;
  fakes::FakeIrqLine irq;
  Pipe pipe;
  legacy::Serial16550A serial("com1", irq, clock, &pipe);
  std::atomic<bool> finished{false};
  std::thread reader([&] {
    while (!finished) {
      pipe.drain();
    }
  });
  serial.write(kId, 1, 0x01);
  std::string sent;
  for (int i = 0; i < 500; ++i) {
    while ((serial.read(kLine, 1) & 0x20) == 0) {
      std::this_thread::yield();
    }
    sent.push_back(static_cast<char>('a' + i % 26));
    serial.write(kData, 1, static_cast<std::uint8_t>(sent.back()));
  }
  while ((serial.read(kLine, 1) & 0x20) == 0) {
    std::this_thread::yield();
  }
  finished = true;
  reader.join();
  QCOMPARE(pipe.output, sent);
}

QTEST_APPLESS_MAIN(Serial16550Test)
#include "serial_16550_test.moc"
