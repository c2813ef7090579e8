// SPDX-License-Identifier: Apache-2.0
#include "devices/net/virtio_net.h"

#include <QtTest/QtTest>
#include <numeric>

#include "tests/fakes/fake_net_backend.h"
#include "tests/fakes/fake_virtio_host.h"

using namespace saffron;
using core::GuestAddress;
using fakes::FakeNetBackend;
using Frame = FakeNetBackend::Frame;

namespace {

constexpr net::MacAddress kMac{{0x52, 0x54, 0, 1, 2, 3}};
constexpr std::uint64_t kMergeable = 1ULL << 15;
constexpr std::uint64_t kStatus = 1ULL << 16;
constexpr std::uint64_t kControl = 1ULL << 17;
constexpr std::size_t kHeader = 12;

Frame make_frame(std::size_t size, std::uint8_t seed = 0) {
  Frame frame(size);
  std::iota(frame.begin(), frame.end(), seed);
  std::copy(kMac.bytes.begin(), kMac.bytes.end(), frame.begin());
  return frame;
}

struct Bench {
  explicit Bench(net::VirtioNetOptions options = {})
      : memory(fakes::make_guest_memory(8 << 20)), loop(std::move(core::EventLoop::create()).value()) {
    auto link = std::make_unique<FakeNetBackend>(record);
    backend = link.get();
    card = std::make_unique<net::VirtioNet>("net0", kMac, std::move(link), *loop, options);
    host = std::make_unique<fakes::FakeVirtioHost>(*card, *memory);
  }
  void start(std::uint64_t features = kMergeable | kStatus | kControl, std::uint16_t queue_size = 0) {
    host->activate({.features = features, .queue_size = queue_size});
    run();
  }
  /// Runs what is ready now.
  void run() {
    loop->post([this] { loop->post([this] { loop->post([this] { loop->stop(); }); }); });
    loop->run();
  }
  GuestAddress add_receive(std::uint32_t size) {
    const GuestAddress buffer = host->arena().allocate(size);
    host->driver(0).add({{buffer, size, true}});
    return buffer;
  }
  void add_transmit(const Frame& frame) {
    Frame bytes(kHeader);
    bytes.insert(bytes.end(), frame.begin(), frame.end());
    const auto length = static_cast<std::uint32_t>(bytes.size());
    host->driver(1).add({{host->arena().place(bytes), length, false}});
  }
  int control(const Frame& command) {
    const GuestAddress answer = host->arena().allocate(1);
    const auto length = static_cast<std::uint32_t>(command.size());
    host->driver(2).add({{host->arena().place(command), length, false}, {answer, 1, true}});
    host->kick(2);
    run();
    return memory->read_object<std::uint8_t>(answer).value();
  }
  Frame bytes_at(GuestAddress address, std::size_t size) const {
    Frame bytes(size);
    (void)memory->read(address, bytes);
    return bytes;
  }
  Frame config(std::uint64_t offset, std::size_t size) const {
    Frame bytes(size, 0xee);
    card->read_config(offset, bytes);
    return bytes;
  }

  FakeNetBackend::Record record;
  std::unique_ptr<core::GuestMemory> memory;
  std::unique_ptr<core::EventLoop> loop;
  FakeNetBackend* backend = nullptr;
  std::unique_ptr<net::VirtioNet> card;
  std::unique_ptr<fakes::FakeVirtioHost> host;
};

}  // namespace

class VirtioNetTest : public QObject {
  Q_OBJECT
 private slots:
  void configuration();
  void mtu_is_optional();
  void connect_reports_failure();
  void attaches_with_the_first_driver();
  void sends_frames_without_header();
  void sends_more_than_a_turn();
  void full_backend_keeps_order();
  void nonsense_transmit_chains_come_back();
  void receives_into_one_buffer();
  void merges_buffers();
  void without_merging_a_small_buffer_drops();
  void frame_waits_for_buffers();
  void frame_without_driver_is_dropped();
  void filters_by_address();
  void control_sets_the_address();
  void control_refuses_nonsense();
  void huge_table_is_not_stored();
  void link_changes_tell_the_driver();
  void reset_forgets_the_drivers_settings();
  void idle_card_asks_for_no_receive_kicks();
  void destruction_detaches();
  void broken_queue_is_survived();
  void resets_while_frames_flow();
};

void VirtioNetTest::configuration() {
  Bench bench;
  QVERIFY(bench.card->connect().ok());
  const Frame expected = {0x52, 0x54, 0, 1, 2, 3, 1, 0, 1, 0, 0, 0, 0, 0};
  QCOMPARE(bench.config(0, 14), expected);
  QCOMPARE(bench.config(4, 4), (Frame{2, 3, 1, 0}));
  QCOMPARE(bench.config(UINT64_MAX, 2), (Frame{0, 0}));
}

void VirtioNetTest::mtu_is_optional() {
  QVERIFY((Bench().card->device_features() & 1 << 3) == 0);
  Bench bench({.mtu = 9000});
  QVERIFY((bench.card->device_features() & 1 << 3) != 0);
  QCOMPARE(bench.config(10, 2), (Frame{0x28, 0x23}));
}

void VirtioNetTest::connect_reports_failure() {
  Bench bench;
  bench.backend->attach_error = core::Error{core::ErrorCode::kNotFound, "no passt", {}};
  QCOMPARE(bench.card->connect().error().code, core::ErrorCode::kNotFound);
  bench.start();
  bench.add_transmit(make_frame(60));
  bench.host->kick(1);
  bench.run();
  QCOMPARE(bench.host->driver(1).used_index(), std::uint16_t{1});  // Thrown away: there is no cable.
  QCOMPARE(bench.config(6, 1), (Frame{0}));
}

void VirtioNetTest::attaches_with_the_first_driver() {
  Bench bench;
  bench.start();
  QCOMPARE(bench.record.attached, 1U);
  bench.host->deactivate();
  bench.start();
  QCOMPARE(bench.record.attached, 1U);
}

void VirtioNetTest::sends_frames_without_header() {
  Bench bench;
  bench.start();
  bench.add_transmit(make_frame(60));
  bench.add_transmit(make_frame(1514, 7));
  bench.host->kick(1);
  bench.run();
  QCOMPARE(bench.record.sent, (std::vector<Frame>{make_frame(60), make_frame(1514, 7)}));
  QCOMPARE(bench.host->driver(1).take_used()->written, 0U);
  QVERIFY(bench.host->interrupts(1) >= 1);
}

void VirtioNetTest::sends_more_than_a_turn() {
  Bench bench;
  bench.start();
  for (int i = 0; i < 200; ++i) {
    bench.add_transmit(make_frame(60, static_cast<std::uint8_t>(i)));
  }
  bench.host->kick(1);
  for (int i = 0; i < 10; ++i) {
    bench.run();
  }
  QCOMPARE(bench.record.sent.size(), std::size_t{200});
  QCOMPARE(bench.record.sent[199], make_frame(60, 199));
}

void VirtioNetTest::full_backend_keeps_order() {
  Bench bench;
  bench.start();
  bench.backend->room = 1;
  for (std::uint8_t i = 0; i < 3; ++i) {
    bench.add_transmit(make_frame(60, i));
  }
  bench.host->kick(1);
  bench.run();
  QCOMPARE(bench.record.sent.size(), std::size_t{1});
  QCOMPARE(bench.host->driver(1).used_index(), std::uint16_t{1});
  bench.backend->make_room(10);
  QCOMPARE(bench.record.sent, (std::vector<Frame>{make_frame(60, 0), make_frame(60, 1), make_frame(60, 2)}));
  bench.add_transmit(make_frame(60, 9));
  bench.host->kick(1);
  bench.run();
  QCOMPARE(bench.record.sent.size(), std::size_t{4});
}

void VirtioNetTest::nonsense_transmit_chains_come_back() {
  Bench bench;
  bench.start();
  bench.host->driver(1).add({{bench.host->arena().allocate(16), 5, false}});
  bench.host->driver(1).add({{bench.host->arena().allocate(16), 16, true}});
  bench.add_transmit(make_frame(60));
  bench.host->kick(1);
  bench.run();
  QCOMPARE(bench.host->driver(1).used_index(), std::uint16_t{3});
  QCOMPARE(bench.record.sent.back(), make_frame(60));
}

void VirtioNetTest::receives_into_one_buffer() {
  Bench bench;
  bench.start();
  const GuestAddress buffer = bench.add_receive(2048);
  bench.backend->arrive(make_frame(100));
  QCOMPARE(bench.bytes_at(buffer, kHeader), (Frame{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0}));
  QCOMPARE(bench.bytes_at(buffer + kHeader, 100), make_frame(100));
  QCOMPARE(bench.host->driver(0).take_used()->written, 112U);
  QCOMPARE(bench.host->interrupts(0), 1U);
}

void VirtioNetTest::merges_buffers() {
  Bench bench;
  bench.start();
  std::vector<GuestAddress> buffers;
  for (int i = 0; i < 4; ++i) {
    buffers.push_back(bench.add_receive(512));
  }
  bench.backend->arrive(make_frame(1200));
  QCOMPARE(bench.bytes_at(buffers[0] + 10, 2), (Frame{3, 0}));
  Frame whole = bench.bytes_at(buffers[0] + kHeader, 500);
  for (const auto& [index, size] : std::vector<std::pair<std::size_t, std::size_t>>{{1, 512}, {2, 188}}) {
    const Frame part = bench.bytes_at(buffers[index], size);
    whole.insert(whole.end(), part.begin(), part.end());
  }
  QCOMPARE(whole, make_frame(1200));
  for (unsigned written : {512U, 512U, 188U}) {
    QCOMPARE(bench.host->driver(0).take_used()->written, written);
  }
  QVERIFY(!bench.host->driver(0).take_used().has_value());
}

void VirtioNetTest::without_merging_a_small_buffer_drops() {
  Bench bench;
  bench.start(kStatus);
  const GuestAddress buffer = bench.add_receive(256);
  bench.add_receive(256);
  bench.backend->arrive(make_frame(400));
  QCOMPARE(bench.host->driver(0).used_index(), std::uint16_t{0});
  bench.backend->arrive(make_frame(200));  // The same buffer is still there for the next.
  QCOMPARE(bench.host->driver(0).take_used()->written, 212U);
  QCOMPARE(bench.bytes_at(buffer + kHeader, 200), make_frame(200));
}

void VirtioNetTest::frame_waits_for_buffers() {
  Bench bench;
  bench.start();
  const GuestAddress first = bench.add_receive(512);
  bench.backend->arrive(make_frame(1000, 1));
  bench.backend->arrive(make_frame(60, 2));
  QCOMPARE(bench.host->driver(0).used_index(), std::uint16_t{0});
  QCOMPARE(bench.backend->waiting(), std::size_t{1});
  const GuestAddress second = bench.add_receive(512);
  const GuestAddress third = bench.add_receive(512);
  bench.host->kick(0);
  bench.run();
  QCOMPARE(bench.host->driver(0).used_index(), std::uint16_t{3});
  QCOMPARE(bench.bytes_at(first + 10, 2), (Frame{2, 0}));
  const Frame expected = make_frame(1000, 1);
  QCOMPARE(bench.bytes_at(second, 500), Frame(expected.begin() + 500, expected.end()));
  QCOMPARE(bench.bytes_at(third + kHeader, 60), make_frame(60, 2));
  QCOMPARE(bench.backend->waiting(), std::size_t{0});
}

void VirtioNetTest::frame_without_driver_is_dropped() {
  Bench bench;
  QVERIFY(bench.card->connect().ok());
  bench.backend->arrive(make_frame(60, 1));
  QCOMPARE(bench.backend->waiting(), std::size_t{0});
  bench.start();
  bench.backend->arrive(make_frame(60, 2));  // Waits for buffers.
  bench.backend->arrive(make_frame(60, 3));
  bench.host->deactivate();
  bench.run();
  QCOMPARE(bench.backend->waiting(), std::size_t{0});
  bench.start();
  bench.add_receive(512);
  bench.host->kick(0);
  bench.run();
  QCOMPARE(bench.host->driver(0).used_index(), std::uint16_t{0});
}

void VirtioNetTest::filters_by_address() {
  Bench bench;
  bench.start();
  bench.add_receive(512);
  bench.add_receive(512);
  Frame other = make_frame(60);
  other[5] = 0x77;
  QCOMPARE(bench.control({0, 0, 0}), 0);  // Promiscuous off.
  bench.backend->arrive(other);
  QCOMPARE(bench.host->driver(0).used_index(), std::uint16_t{0});
  bench.backend->arrive(make_frame(60));
  QCOMPARE(bench.host->driver(0).used_index(), std::uint16_t{1});
  QCOMPARE(bench.control({1, 0, 1, 0, 0, 0, 0x52, 0x54, 0, 1, 2, 0x77, 0, 0, 0, 0}), 0);
  bench.backend->arrive(other);
  QCOMPARE(bench.host->driver(0).used_index(), std::uint16_t{2});
}

void VirtioNetTest::control_sets_the_address() {
  Bench bench;
  bench.start();
  QCOMPARE(bench.control({1, 1, 2, 4, 6, 8, 10, 12}), 0);
  QCOMPARE(bench.config(0, 6), (Frame{2, 4, 6, 8, 10, 12}));
}

void VirtioNetTest::control_refuses_nonsense() {
  Bench bench;
  bench.start();
  for (const Frame& command : std::vector<Frame>{{0},
                                                 {0, 0},
                                                 {0, 6, 1},
                                                 {1, 1, 1, 2, 3},
                                                 {1, 0, 1, 0, 0, 0, 1, 2, 3},
                                                 {1, 0, 0xff, 0xff, 0xff, 0xff},
                                                 {1, 0, 0, 0, 0, 0},
                                                 {4, 0, 1, 0},
                                                 {9, 9, 9}}) {
    QCOMPARE(bench.control(command), 1);
  }
  QCOMPARE(bench.config(0, 6), (Frame{0x52, 0x54, 0, 1, 2, 3}));
}

void VirtioNetTest::huge_table_is_not_stored() {
  Bench bench;
  bench.start();
  bench.add_receive(512);
  Frame command = {1, 0, 0, 0, 0, 0, 0xe8, 3, 0, 0};  // 1000 group addresses.
  command.resize(command.size() + 6000);
  QCOMPARE(bench.control(command), 0);
  QCOMPARE(bench.control({0, 0, 0}), 0);
  Frame group = make_frame(60);
  group[0] = 0x33;
  bench.backend->arrive(group);  // Too many to know: all group addresses pass.
  QCOMPARE(bench.host->driver(0).used_index(), std::uint16_t{1});
}

void VirtioNetTest::link_changes_tell_the_driver() {
  Bench bench;
  bench.start();
  const unsigned before = bench.host->config_changes();
  bench.backend->set_link(false);
  bench.backend->set_link(false);
  QCOMPARE(bench.host->config_changes(), before + 1);
  QCOMPARE(bench.config(6, 2), (Frame{0, 0}));
  bench.backend->set_link(true);
  QCOMPARE(bench.config(6, 2), (Frame{1, 0}));
}

void VirtioNetTest::reset_forgets_the_drivers_settings() {
  Bench bench;
  bench.start();
  QCOMPARE(bench.control({1, 1, 2, 4, 6, 8, 10, 12}), 0);
  QCOMPARE(bench.control({0, 0, 0}), 0);
  bench.host->deactivate();
  QCOMPARE(bench.config(0, 6), (Frame{0x52, 0x54, 0, 1, 2, 3}));
  bench.start();
  bench.add_receive(512);
  Frame other = make_frame(60);
  other[5] = 0x77;
  bench.backend->arrive(other);  // Promiscuous again.
  QCOMPARE(bench.host->driver(0).used_index(), std::uint16_t{1});
}

void VirtioNetTest::idle_card_asks_for_no_receive_kicks() {
  Bench bench;
  bench.start(kMergeable);
  for (int i = 0; i < 3; ++i) {
    bench.add_receive(512);
    const auto index = static_cast<std::uint16_t>(bench.host->driver(0).available_index() - 1);
    QVERIFY(!bench.host->driver(0).kick_wanted(index));
  }
}

void VirtioNetTest::destruction_detaches() {
  FakeNetBackend::Record record;
  auto loop = std::move(core::EventLoop::create()).value();
  { net::VirtioNet card("net0", kMac, std::make_unique<FakeNetBackend>(record), *loop); }
  QCOMPARE(record.detached, 1U);
}

void VirtioNetTest::broken_queue_is_survived() {
  Bench bench;
  bench.start();
  bench.host->driver(1).set_available_index(5000);
  bench.host->driver(0).set_available_index(5000);
  bench.host->kick(1);
  bench.host->kick(0);
  bench.run();
  bench.backend->arrive(make_frame(60));
  bench.backend->arrive(make_frame(60));
  QVERIFY(!bench.host->broken_reason().empty());
  QCOMPARE(bench.backend->waiting(), std::size_t{0});
}

// The driver's calls come on another thread than the card's work, here as in a machine.
void VirtioNetTest::resets_while_frames_flow() {
  const auto memory = fakes::make_guest_memory(8 << 20);
  auto thread = std::move(core::LoopThread::start("net0")).value();
  FakeNetBackend::Record record;
  auto link = std::make_unique<FakeNetBackend>(record);
  FakeNetBackend* const backend = link.get();
  net::VirtioNet card("net0", kMac, std::move(link), thread->loop());
  QVERIFY(card.connect().ok());
  for (int round = 0; round < 50; ++round) {
    fakes::FakeVirtioHost host(card, *memory);
    host.activate({.features = kMergeable | kStatus});
    for (int i = 0; i < 8; ++i) {
      host.driver(0).add({{host.arena().allocate(512), 512, true}});
      host.driver(1).add({{host.arena().allocate(512), 512, false}});
      thread->loop().post([backend, i] {
        backend->arrive(make_frame(700));
        backend->set_link(i % 2 == 0);
      });
      host.kick(1);
      host.kick(0);
      Frame config(8);
      card.read_config(0, config);
      QCOMPARE(config[0], std::uint8_t{0x52});
    }
  }
  std::size_t left = 1;
  thread->loop().run_sync([&] { left = backend->waiting(); });
  QCOMPARE(left, std::size_t{0});
}

QTEST_APPLESS_MAIN(VirtioNetTest)
#include "virtio_net_test.moc"
