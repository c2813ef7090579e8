// SPDX-License-Identifier: Apache-2.0
#include "devices/virtio/virtio_rng.h"

#include <QtTest/QtTest>
#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "tests/fakes/fake_virtio_host.h"

using saffron::core::EventLoop;
using saffron::core::GuestAddress;
using saffron::fakes::FakeVirtioHost;
using saffron::virtio::VirtioRng;

namespace {

struct Bench {
  Bench() : memory(saffron::fakes::make_guest_memory(8 << 20)) {
    auto created = EventLoop::create();
    saffron::fakes::require(created.ok());
    loop = std::move(created).value();
    rng = std::make_unique<VirtioRng>("rng0", *loop);
    host = std::make_unique<FakeVirtioHost>(*rng, *memory);
  }
  /// Runs the loop until `done` says so.
  void run_until(const std::function<bool()>& done) {
    std::function<void()> check = [&] { done() ? loop->stop() : loop->post(check); };
    loop->post(check);
    loop->run();
  }
  /// Runs what is ready now.
  void run_ready() {
    loop->post([this] { loop->post([this] { loop->post([this] { loop->stop(); }); }); });
    loop->run();
  }
  bool all_zero(GuestAddress address, std::size_t size) const {
    const auto bytes = memory->span(address, size);
    return std::all_of(bytes->begin(), bytes->end(), [](std::uint8_t byte) { return byte == 0; });
  }

  std::unique_ptr<saffron::core::GuestMemory> memory;
  std::unique_ptr<EventLoop> loop;
  std::unique_ptr<VirtioRng> rng;
  std::unique_ptr<FakeVirtioHost> host;
};

}  // namespace

class VirtioRngTest : public QObject {
  Q_OBJECT
 private slots:
  void has_no_configuration();
  void fills_a_request();
  void serves_what_waited_before_activation();
  void caps_a_long_request();
  void answers_an_empty_request();
  void fills_scattered_buffers();
  void serves_more_than_a_period_gives();
  void stops_when_deactivated();
  void works_after_reactivation();
  void survives_a_broken_queue();
};

void VirtioRngTest::has_no_configuration() {
  Bench bench;
  std::array<std::uint8_t, 4> bytes{1, 2, 3, 4};
  bench.rng->read_config(0, bytes);
  QCOMPARE(bytes, (std::array<std::uint8_t, 4>{}));
  QCOMPARE(bench.rng->queue_sizes().size(), std::size_t{1});
}

void VirtioRngTest::fills_a_request() {
  Bench bench;
  bench.host->activate();
  const auto buffer = bench.host->arena().allocate(64);
  bench.host->driver(0).add({{buffer, 64, true}});
  bench.host->kick(0);
  bench.run_until([&] { return bench.host->driver(0).used_index() == 1; });

  QCOMPARE(bench.host->driver(0).take_used()->written, 64U);
  QVERIFY(!bench.all_zero(buffer, 64));
  QVERIFY(bench.host->interrupts(0) >= 1);
}

void VirtioRngTest::serves_what_waited_before_activation() {
  Bench bench;
  bench.host->activate();
  bench.host->driver(0).add({{bench.host->arena().allocate(8), 8, true}});
  bench.run_until([&] { return bench.host->driver(0).used_index() == 1; });  // Without a kick.
  QCOMPARE(bench.host->driver(0).take_used()->written, 8U);
}

void VirtioRngTest::caps_a_long_request() {
  Bench bench;
  bench.host->activate();
  const std::uint32_t length = 3 * VirtioRng::kMaxRequestBytes;
  const auto buffer = bench.host->arena().allocate(length);
  bench.host->driver(0).add({{buffer, length, true}});
  bench.run_until([&] { return bench.host->driver(0).used_index() == 1; });

  QCOMPARE(bench.host->driver(0).take_used()->written, VirtioRng::kMaxRequestBytes);
  QVERIFY(bench.all_zero(buffer + VirtioRng::kMaxRequestBytes, length - VirtioRng::kMaxRequestBytes));
}

void VirtioRngTest::answers_an_empty_request() {
  Bench bench;
  bench.host->activate();
  bench.host->driver(0).add({{bench.host->arena().allocate(8), 8, false}});
  bench.run_until([&] { return bench.host->driver(0).used_index() == 1; });
  QCOMPARE(bench.host->driver(0).take_used()->written, 0U);
  QVERIFY(bench.host->broken_reason().empty());
}

void VirtioRngTest::fills_scattered_buffers() {
  Bench bench;
  bench.host->activate();
  const auto first = bench.host->arena().allocate(32);
  const auto second = bench.host->arena().allocate(32);
  bench.host->driver(0).add({{first, 32, true}, {second, 32, true}});
  bench.run_until([&] { return bench.host->driver(0).used_index() == 1; });
  QCOMPARE(bench.host->driver(0).take_used()->written, 64U);
  QVERIFY(!bench.all_zero(first, 32));
  QVERIFY(!bench.all_zero(second, 32));
}

void VirtioRngTest::serves_more_than_a_period_gives() {
  Bench bench;
  bench.host->activate();
  const unsigned requests = 3 * VirtioRng::kBytesPerPeriod / VirtioRng::kMaxRequestBytes;
  const auto buffer = bench.host->arena().allocate(VirtioRng::kMaxRequestBytes);
  unsigned sent = 0;
  unsigned done = 0;
  bench.run_until([&] {
    auto& driver = bench.host->driver(0);
    for (; driver.take_used(); ++done) {
    }
    bool added = false;
    for (; sent < requests && driver.free_descriptors() != 0; ++sent, added = true) {
      driver.add({{buffer, VirtioRng::kMaxRequestBytes, true}});
    }
    if (added) {
      bench.host->kick(0);
    }
    return done == requests;
  });
  QCOMPARE(done, requests);
}

void VirtioRngTest::stops_when_deactivated() {
  Bench bench;
  bench.host->activate();
  bench.run_ready();
  bench.host->driver(0).add({{bench.host->arena().allocate(8), 8, true}});
  bench.host->kick(0);
  bench.rng->deactivate();
  bench.run_ready();
  QCOMPARE(bench.host->driver(0).used_index(), std::uint16_t{0});
}

void VirtioRngTest::works_after_reactivation() {
  Bench bench;
  for (unsigned round = 0; round < 3; ++round) {
    bench.host->activate();
    bench.host->driver(0).add({{bench.host->arena().allocate(8), 8, true}});
    bench.host->kick(0);
    bench.run_until([&] { return bench.host->driver(0).used_index() == 1; });
    bench.host->deactivate();
    if (round == 1) {
      bench.host->activate();  // And gone again before the loop has seen it.
      bench.host->deactivate();
    }
  }
  bench.run_ready();
}

void VirtioRngTest::survives_a_broken_queue() {
  Bench bench;
  bench.host->activate();
  bench.host->driver(0).set_available_index(999);
  bench.host->kick(0);
  bench.run_until([&] { return !bench.host->broken_reason().empty(); });
  bench.host->kick(0);
  bench.run_ready();
  bench.host->deactivate();
  bench.host->activate();
  bench.host->driver(0).add({{bench.host->arena().allocate(8), 8, true}});
  bench.run_until([&] { return bench.host->driver(0).used_index() == 1; });
}

QTEST_APPLESS_MAIN(VirtioRngTest)
#include "virtio_rng_test.moc"
