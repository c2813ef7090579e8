// SPDX-License-Identifier: Apache-2.0
// vCPU threads write registers and memory while the control thread draws. Meant for the thread sanitizer; everywhere,
// nothing may crash and the last picture must be complete.
#include <QtTest/QtTest>
#include <atomic>
#include <thread>

#include "devices/display/vga_adapter.h"
#include "engine/core/event_loop.h"
#include "tests/fakes/recording_sink.h"
#include "tests/fakes/vga_guest.h"

using saffron::core::LoopThread;
using saffron::display::VgaAdapter;
using saffron::fakes::RecordingSink;
using saffron::fakes::VgaGuest;

class VgaThreadsTest : public QObject {
  Q_OBJECT

 private slots:
  void guests_may_write_while_the_screen_is_drawn() {
    constexpr std::size_t kBytes = 1 << 20;
    std::vector<std::uint64_t> storage(kBytes / 8);
    auto thread = std::move(LoopThread::start("control")).value();
    RecordingSink sink;
    auto adapter = std::make_unique<VgaAdapter>(
        std::span<std::uint8_t>(reinterpret_cast<std::uint8_t*>(storage.data()), kBytes), nullptr, thread->loop());
    thread->loop().run_sync([&] { adapter->set_sink(&sink); });

    std::atomic<bool> stop{false};
    std::thread painter([&] {
      std::uint8_t value = 0;
      for (std::uint64_t i = 0; !stop; i += 7) {
        adapter->write_window(i % 0x20000, 1, ++value);
        adapter->read_window(i % 0x20000, 1);
      }
    });
    std::thread programmer([&] {
      VgaGuest guest(*adapter);
      constexpr std::array<unsigned, 4> kModes = {0x03, 0x12, 0x13, 0x04};
      for (std::size_t i = 0; i < 40; ++i) {
        guest.set_mode(kModes[i % kModes.size()]);
        guest.set_dispi_mode(320, 200, i % 2 == 0 ? 16 : 8, 0x01);
      }
      guest.set_mode(0x13);
    });
    for (int i = 0; i < 40; ++i) {
      thread->loop().run_sync([&] {
        adapter->refresh_all();
        adapter->capture();
        adapter->wake();
      });
    }
    programmer.join();
    stop = true;
    painter.join();

    thread->loop().run_sync([&] {
      adapter->refresh_all();
      QCOMPARE(sink.error, std::string());
      QCOMPARE(sink.picture.pixels, adapter->capture().pixels);
      adapter.reset();
    });
  }
};

QTEST_APPLESS_MAIN(VgaThreadsTest)
#include "vga_threads_test.moc"
