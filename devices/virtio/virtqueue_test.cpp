// SPDX-License-Identifier: Apache-2.0
#include "devices/virtio/virtqueue.h"

#include <QtTest/QtTest>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/fakes/virtqueue_driver.h"

using saffron::core::GuestAddress;
using saffron::core::GuestMemory;
using saffron::core::GuestRegion;
using saffron::fakes::GuestArena;
using saffron::fakes::VirtqueueDriver;
using saffron::virtio::ChainReader;
using saffron::virtio::ChainWriter;
using saffron::virtio::DescriptorChain;
using saffron::virtio::RingDescriptor;
using saffron::virtio::Virtqueue;
using saffron::virtio::VirtqueueLayout;

namespace {

constexpr std::uint64_t kMemorySize = 1 << 20;
constexpr std::uint16_t kNext = saffron::virtio::kDescriptorNext;
constexpr std::uint16_t kWrite = saffron::virtio::kDescriptorWrite;
constexpr std::uint16_t kIndirect = saffron::virtio::kDescriptorIndirect;

/// Both ends of a queue.
struct Bench {
  explicit Bench(std::uint16_t size = 8, bool event_index = false, bool indirect = true)
      : memory(saffron::fakes::make_guest_memory(kMemorySize)),
        arena(*memory, GuestAddress{0}, kMemorySize),
        driver(*memory, arena, size, event_index, indirect),
        queue(
            *memory, driver.layout(), -1, [this] { ++interrupts; },
            [this](std::string_view reason) { reasons.emplace_back(reason); }) {}

  VirtqueueDriver::Buffer readable(std::uint32_t length) { return {arena.allocate(length), length, false}; }
  VirtqueueDriver::Buffer writable(std::uint32_t length) { return {arena.allocate(length), length, true}; }
  VirtqueueDriver::Buffer text(const std::string& bytes) {
    const auto address = arena.place({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    return {address, static_cast<std::uint32_t>(bytes.size()), false};
  }
  /// Makes the chain at descriptor 0 available and says whether the device refuses it.
  bool refused() {
    driver.make_available(0);
    auto chain = queue.pop();
    if (chain) {
      queue.push(std::move(*chain), 0);
      return false;
    }
    return queue.broken() && reasons.size() == 1;
  }
  void serve_all() {
    while (auto chain = queue.pop()) {
      queue.push(std::move(*chain), 0);
    }
  }

  std::unique_ptr<GuestMemory> memory;
  GuestArena arena;
  VirtqueueDriver driver;
  unsigned interrupts = 0;
  std::vector<std::string> reasons;
  Virtqueue queue;
};

}  // namespace

class VirtqueueTest : public QObject {
  Q_OBJECT
 private slots:
  void carries_data_both_ways();
  void reader_and_writer_cross_buffers();
  void take_gives_views();
  void indirect_table_is_followed();
  void direct_then_indirect_is_followed();
  void wraps_around_many_times();
  void wraps_around_indices_with_event_index();
  void zero_length_descriptor_is_skipped();
  void buffer_may_cross_adjacent_regions();
  void refuses_malformed_data();
  void refuses_malformed();
  void refuses_malformed_indirect_data();
  void refuses_malformed_indirect();
  void refuses_too_much_available();
  void refuses_reuse_of_what_is_under_way();
  void refuses_rings_outside_memory_data();
  void refuses_rings_outside_memory();
  void stays_broken_and_reports_once();
  void push_after_broken_writes_nothing();
  void undo_pop_gives_the_same_chain_again();
  void no_interrupt_flag_is_honoured();
  void nothing_pushed_means_no_interrupt();
  void event_index_interrupts_exactly_when_asked();
  void event_index_after_65536_pushes();
  void kick_flag_follows();
  void event_index_asks_for_next_kick();
  void enable_kicks_reports_late_chains();
  void enable_kicks_ignores_what_was_put_back();
  void two_threads_lose_nothing_data();
  void two_threads_lose_nothing();
};

void VirtqueueTest::carries_data_both_ways() {
  Bench bench;
  const auto answer = bench.writable(16);
  const auto head = bench.driver.add({bench.text("question"), answer});

  auto chain = bench.queue.pop();
  QVERIFY(chain.has_value());
  QCOMPARE(chain->readable_size(), 8ULL);
  QCOMPARE(chain->writable_size(), 16ULL);
  ChainReader reader(*chain);
  std::array<std::uint8_t, 8> question{};
  QVERIFY(reader.read(question));
  QCOMPARE(std::string(question.begin(), question.end()), std::string("question"));
  ChainWriter writer(*chain);
  QVERIFY(writer.write_object(std::uint32_t{0x12345678}));
  bench.queue.push(std::move(*chain), writer.written());
  bench.queue.notify();

  const auto used = bench.driver.take_used();
  QVERIFY(used.has_value());
  QCOMPARE(used->head, head);
  QCOMPARE(used->written, 4U);
  QCOMPARE(bench.memory->read_object<std::uint32_t>(answer.address).value(), 0x12345678U);
  QCOMPARE(bench.interrupts, 1U);
  QVERIFY(!bench.queue.pop().has_value());
}

void VirtqueueTest::reader_and_writer_cross_buffers() {
  Bench bench;
  const auto first = bench.writable(3);
  const auto second = bench.writable(5);
  bench.driver.add({bench.text("ab"), bench.text("cde"), bench.text("fgh"), first, second});

  auto chain = bench.queue.pop();
  ChainReader reader(*chain);
  QVERIFY(reader.skip(1));
  std::array<std::uint8_t, 5> middle{};
  QVERIFY(reader.read(middle));
  QCOMPARE(std::string(middle.begin(), middle.end()), std::string("bcdef"));
  QCOMPARE(reader.remaining(), 2ULL);
  std::array<std::uint8_t, 3> too_much{};
  QVERIFY(!reader.read(too_much));
  QVERIFY(!reader.skip(3));
  QCOMPARE(reader.remaining(), 2ULL);

  ChainWriter writer(*chain);
  const std::array<std::uint8_t, 6> data{1, 2, 3, 4, 5, 6};
  QVERIFY(writer.write(data));
  QVERIFY(!writer.write(data));
  QCOMPARE(writer.remaining(), 2ULL);
  QCOMPARE(writer.written(), 6U);
  bench.queue.push(std::move(*chain), writer.written());
  QCOMPARE(bench.memory->read_object<std::uint8_t>(first.address + 2).value(), std::uint8_t{3});
  QCOMPARE(bench.memory->read_object<std::uint8_t>(second.address + 2).value(), std::uint8_t{6});
}

void VirtqueueTest::take_gives_views() {
  Bench bench;
  bench.driver.add({bench.text("abcd"), bench.text("efgh"), bench.writable(4), bench.writable(4)});

  auto chain = bench.queue.pop();
  ChainReader reader(*chain);
  std::vector<iovec> views;
  QVERIFY(reader.skip(2));
  QVERIFY(reader.take(3, views));
  QCOMPARE(views.size(), std::size_t{2});
  QCOMPARE(std::string(static_cast<const char*>(views[0].iov_base), views[0].iov_len), std::string("cd"));
  QCOMPARE(std::string(static_cast<const char*>(views[1].iov_base), views[1].iov_len), std::string("e"));
  QVERIFY(!reader.take(4, views));
  QCOMPARE(views.size(), std::size_t{2});
  ChainWriter writer(*chain);
  std::vector<iovec> targets;
  QVERIFY(writer.take(8, targets));
  QCOMPARE(targets.size(), std::size_t{2});
  QCOMPARE(writer.written(), 8U);
  QVERIFY(!writer.take(1, targets));
  bench.queue.push(std::move(*chain), 8);
}

void VirtqueueTest::indirect_table_is_followed() {
  Bench bench;
  bench.driver.add_indirect(bench.arena, {bench.text("abc"), bench.text("de"), bench.writable(7)});

  auto chain = bench.queue.pop();
  QVERIFY(chain.has_value());
  QCOMPARE(chain->readable().size(), std::size_t{2});
  QCOMPARE(chain->readable_size(), 5ULL);
  QCOMPARE(chain->writable_size(), 7ULL);
  bench.queue.push(std::move(*chain), 7);
  QCOMPARE(bench.driver.take_used()->written, 7U);
  QCOMPARE(bench.driver.free_descriptors(), std::size_t{8});
}

void VirtqueueTest::direct_then_indirect_is_followed() {
  Bench bench;  // 2.7.5.3.2: direct descriptors, then one indirect, whose write flag is ignored.
  const auto table = bench.arena.allocate(16);
  const auto data = bench.arena.allocate(64);
  QVERIFY(bench.memory->write_object(table, RingDescriptor{data.value, 9, kWrite, 0}).ok());
  bench.driver.set_descriptor(0, {data.value + 16, 4, kNext, 3});
  bench.driver.set_descriptor(3, {table.value, 16, kIndirect | kWrite, 0});
  bench.driver.make_available(0);

  auto chain = bench.queue.pop();
  QVERIFY(chain.has_value());
  QCOMPARE(chain->readable_size(), 4ULL);
  QCOMPARE(chain->writable_size(), 9ULL);
  bench.queue.push(std::move(*chain), 0);
}

void VirtqueueTest::wraps_around_many_times() {
  Bench bench(4);
  const auto buffer = bench.writable(4);
  for (unsigned i = 0; i < 70000; ++i) {
    bench.driver.add({buffer});
    auto chain = bench.queue.pop();
    QVERIFY(chain.has_value());
    bench.queue.push(std::move(*chain), i % 5);
    const auto used = bench.driver.take_used();
    QVERIFY(used.has_value());
    QCOMPARE(used->written, i % 5);
  }
  QVERIFY(!bench.queue.broken());
}

void VirtqueueTest::wraps_around_indices_with_event_index() {
  Bench bench(4, true);
  const auto buffer = bench.writable(4);
  for (unsigned i = 0; i < 70000; ++i) {
    const auto before = bench.driver.available_index();
    bench.driver.set_used_event(bench.driver.used_index());
    bench.driver.add({buffer});
    QVERIFY2(bench.driver.kick_wanted(before), "an idle queue wants each kick");
    bench.serve_all();
    bench.queue.notify();
    QCOMPARE(bench.interrupts, i + 1);
    QVERIFY(bench.driver.take_used().has_value());
  }
}

void VirtqueueTest::zero_length_descriptor_is_skipped() {
  Bench bench;
  bench.driver.set_descriptor(0, {~0ULL, 0, kNext, 1});
  bench.driver.set_descriptor(1, {4096, 8, 0, 0});
  bench.driver.make_available(0);

  auto chain = bench.queue.pop();
  QVERIFY(chain.has_value());
  QCOMPARE(chain->readable().size(), std::size_t{1});
  QCOMPARE(chain->readable_size(), 8ULL);
  bench.queue.push(std::move(*chain), 0);
}

void VirtqueueTest::buffer_may_cross_adjacent_regions() {
  const std::array regions{GuestRegion{GuestAddress{0}, 0x10000, 0}, GuestRegion{GuestAddress{0x10000}, 0x10000, 0},
                           GuestRegion{GuestAddress{0x40000}, 0x10000, 0}};
  auto memory = GuestMemory::create(regions);
  QVERIFY(memory.ok());
  GuestArena arena(**memory, GuestAddress{0}, 0x4000);
  VirtqueueDriver driver(**memory, arena, 8);
  bool broken = false;
  Virtqueue queue(
      **memory, driver.layout(), -1, [] {}, [&broken](std::string_view) { broken = true; });

  driver.add({{GuestAddress{0xf000}, 0x2000, true}});
  auto chain = queue.pop();
  QVERIFY(chain.has_value());
  QCOMPARE(chain->writable_size(), 0x2000ULL);
  std::uint64_t total = 0;
  for (const iovec& view : chain->writable()) {
    total += view.iov_len;
  }
  QCOMPARE(total, std::uint64_t{0x2000});
  queue.push(std::move(*chain), 0);

  driver.add({{GuestAddress{0x1f000}, 0x2000, true}});  // Into the hole.
  QVERIFY(!queue.pop().has_value());
  QVERIFY(broken);
}

void VirtqueueTest::refuses_malformed_data() {
  QTest::addColumn<std::vector<RingDescriptor>>("table");
  const auto row = [](const char* name, std::vector<RingDescriptor> table) { QTest::newRow(name) << table; };
  row("outside memory", {{kMemorySize, 1, 0, 0}});
  row("across the end", {{kMemorySize - 4, 8, 0, 0}});
  row("address overflows", {{~0ULL - 3, 16, kWrite, 0}});
  row("next beyond the table", {{4096, 4, kNext, 8}});
  row("loop to itself", {{4096, 4, kNext, 0}});
  row("loop of two", {{4096, 4, kNext, 1}, {4096, 4, kNext, 0}});
  row("loop of empty ones", {{4096, 0, kNext, 1}, {4096, 0, kNext, 0}});
  row("readable after writable", {{4096, 4, kNext | kWrite, 1}, {4096, 4, 0, 0}});
  row("indirect with next", {{4096, 16, kIndirect | kNext, 1}, {4096, 4, 0, 0}});
  row("indirect of odd length", {{4096, 24, kIndirect, 0}});
  row("indirect of no length", {{4096, 0, kIndirect, 0}});
  row("indirect outside memory", {{kMemorySize - 16, 32, kIndirect, 0}});
  row("indirect address overflows", {{~0ULL - 15, 32, kIndirect, 0}});
}

void VirtqueueTest::refuses_malformed() {
  QFETCH(std::vector<RingDescriptor>, table);
  Bench bench;
  for (std::size_t i = 0; i < table.size(); ++i) {
    bench.driver.set_descriptor(static_cast<std::uint16_t>(i), table[i]);
  }
  QVERIFY(bench.refused());
}

void VirtqueueTest::refuses_malformed_indirect_data() {
  QTest::addColumn<std::vector<RingDescriptor>>("table");
  const auto row = [](const char* name, std::vector<RingDescriptor> table) { QTest::newRow(name) << table; };
  row("nested", {{4096, 16, kIndirect, 0}});
  row("next beyond the table", {{4096, 4, kNext, 1}});
  row("loop", {{4096, 4, kNext, 1}, {4096, 4, kNext, 0}});
  row("longer than the queue", std::vector<RingDescriptor>(9, RingDescriptor{4096, 4, kNext, 0}));
  row("outside memory", {{kMemorySize, 4, 0, 0}});
}

void VirtqueueTest::refuses_malformed_indirect() {
  QFETCH(std::vector<RingDescriptor>, table);
  Bench bench;
  const auto address = bench.arena.allocate(16 * table.size());
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table.size() == 9) {
      table[i].next = static_cast<std::uint16_t>(i + 1);
      table[i].flags = i == 8 ? 0 : kNext;
    }
    QVERIFY(bench.memory->write_object(address + 16 * i, table[i]).ok());
  }
  const auto length = static_cast<std::uint32_t>(16 * table.size());
  bench.driver.set_descriptor(0, {address.value, length, kIndirect, 0});
  QVERIFY(bench.refused());

  Bench without(8, false, false);  // And all of them, if it was not negotiated.
  without.driver.set_descriptor(0, {4096, 16, kIndirect, 0});
  QVERIFY(without.refused());
}

void VirtqueueTest::refuses_too_much_available() {
  Bench bench(8);
  bench.driver.set_available_index(9);
  QVERIFY(!bench.queue.pop().has_value());
  QVERIFY(bench.queue.broken());

  Bench head(8);
  head.driver.make_available(8);  // Not a descriptor.
  QVERIFY(!head.queue.pop().has_value());
  QVERIFY(head.queue.broken());
}

void VirtqueueTest::refuses_reuse_of_what_is_under_way() {
  Bench bench(4);
  const auto buffer = bench.writable(4);
  std::vector<DescriptorChain> under_way;
  for (unsigned i = 0; i < 4; ++i) {
    bench.driver.add({buffer});
    under_way.push_back(*bench.queue.pop());
  }
  bench.driver.make_available(0);

  QVERIFY(!bench.queue.pop().has_value());
  QVERIFY(bench.queue.broken());
  for (DescriptorChain& chain : under_way) {
    bench.queue.push(std::move(chain), 0);
  }
}

void VirtqueueTest::refuses_rings_outside_memory_data() {
  QTest::addColumn<int>("size");
  QTest::addColumn<quint64>("descriptors");
  QTest::addColumn<quint64>("driver_area");
  QTest::addColumn<quint64>("device_area");
  QTest::newRow("descriptors outside") << 8 << quint64{kMemorySize - 64} << quint64{4096} << quint64{8192};
  QTest::newRow("driver area outside") << 8 << quint64{0} << quint64{kMemorySize} << quint64{8192};
  QTest::newRow("device area outside") << 8 << quint64{0} << quint64{4096} << quint64{kMemorySize - 32};
  QTest::newRow("overflow") << 8 << ~quint64{15} << ~quint64{1} << ~quint64{3};
  QTest::newRow("descriptors misaligned") << 8 << quint64{8} << quint64{4096} << quint64{8192};
  QTest::newRow("driver area misaligned") << 8 << quint64{0} << quint64{4097} << quint64{8192};
  QTest::newRow("device area misaligned") << 8 << quint64{0} << quint64{4096} << quint64{8194};
  QTest::newRow("no size") << 0 << quint64{0} << quint64{4096} << quint64{8192};
  QTest::newRow("odd size") << 7 << quint64{0} << quint64{4096} << quint64{8192};
}

void VirtqueueTest::refuses_rings_outside_memory() {
  QFETCH(int, size);
  QFETCH(quint64, descriptors);
  QFETCH(quint64, driver_area);
  QFETCH(quint64, device_area);
  const auto memory = saffron::fakes::make_guest_memory(kMemorySize);
  VirtqueueLayout layout;
  layout.size = static_cast<std::uint16_t>(size);
  layout.descriptors = GuestAddress{descriptors};
  layout.driver_area = GuestAddress{driver_area};
  layout.device_area = GuestAddress{device_area};
  for (const bool event_index : {false, true}) {
    layout.event_index = event_index;
    unsigned reports = 0;
    Virtqueue queue(
        *memory, layout, -1, [] {}, [&reports](std::string_view) { ++reports; });
    queue.disable_kicks();
    (void)queue.enable_kicks();
    queue.notify();
    QVERIFY(!queue.pop().has_value());
    QVERIFY(queue.broken());
    QCOMPARE(reports, 1U);
  }
}

void VirtqueueTest::stays_broken_and_reports_once() {
  Bench bench;
  bench.driver.set_descriptor(0, {~0ULL, 4, 0, 0});
  QVERIFY(bench.refused());
  bench.driver.set_descriptor(0, {4096, 4, 0, 0});
  bench.driver.make_available(0);
  QVERIFY(!bench.queue.pop().has_value());
  QVERIFY(!bench.queue.enable_kicks());
  QCOMPARE(bench.reasons.size(), std::size_t{1});
}

void VirtqueueTest::push_after_broken_writes_nothing() {
  Bench bench;
  bench.driver.add({bench.writable(4)});
  auto chain = bench.queue.pop();
  bench.driver.set_available_index(1000);
  QVERIFY(!bench.queue.pop().has_value());

  bench.queue.push(std::move(*chain), 4);
  bench.queue.notify();
  QCOMPARE(bench.driver.used_index(), std::uint16_t{0});
  QCOMPARE(bench.interrupts, 0U);
}

void VirtqueueTest::undo_pop_gives_the_same_chain_again() {
  Bench bench;
  bench.driver.add({bench.writable(1)});
  bench.driver.add({bench.writable(2)});
  auto first = bench.queue.pop();
  auto second = bench.queue.pop();
  bench.queue.undo_pop(std::move(*second));
  bench.queue.undo_pop(std::move(*first));

  for (std::uint64_t size = 1; size <= 2; ++size) {
    auto chain = bench.queue.pop();
    QVERIFY(chain.has_value());
    QCOMPARE(chain->writable_size(), size);
    bench.queue.push(std::move(*chain), 0);
  }
  QCOMPARE(bench.driver.used_index(), std::uint16_t{2});
}

void VirtqueueTest::no_interrupt_flag_is_honoured() {
  Bench bench;
  bench.driver.set_no_interrupt(true);
  bench.driver.add({bench.writable(1)});
  bench.serve_all();
  bench.queue.notify();
  QCOMPARE(bench.interrupts, 0U);

  bench.driver.set_no_interrupt(false);
  bench.driver.add({bench.writable(1)});
  bench.serve_all();
  bench.queue.notify();
  QCOMPARE(bench.interrupts, 1U);
}

void VirtqueueTest::nothing_pushed_means_no_interrupt() {
  Bench bench;
  bench.queue.notify();
  QCOMPARE(bench.interrupts, 0U);
  bench.driver.add({bench.writable(1)});
  bench.serve_all();
  bench.queue.notify();
  bench.queue.notify();
  QCOMPARE(bench.interrupts, 1U);
}

void VirtqueueTest::event_index_interrupts_exactly_when_asked() {
  Bench bench(8, true);
  const auto buffer = bench.writable(1);
  bench.driver.set_used_event(2);  // When the third element is used.
  std::vector<unsigned> seen;
  for (unsigned i = 0; i < 5; ++i) {
    bench.driver.add({buffer});
    bench.serve_all();
    bench.queue.notify();
    seen.push_back(bench.interrupts);
    (void)bench.driver.take_used();
  }
  QCOMPARE(seen, (std::vector<unsigned>{0, 0, 1, 1, 1}));

  bench.driver.set_used_event(6);  // Inside a batch of elements 5 to 8.
  for (unsigned i = 0; i < 4; ++i) {
    bench.driver.add({buffer});
  }
  bench.serve_all();
  bench.queue.notify();
  QCOMPARE(bench.interrupts, 2U);
  bench.driver.set_no_interrupt(true);  // The flag means nothing with event indices.
  bench.driver.set_used_event(9);
  while (bench.driver.take_used()) {
  }
  bench.driver.add({buffer});
  bench.serve_all();
  bench.queue.notify();
  QCOMPARE(bench.interrupts, 3U);
}

void VirtqueueTest::event_index_after_65536_pushes() {
  Bench bench(4, true);
  const auto buffer = bench.writable(1);
  bench.driver.set_used_event(100);
  for (unsigned i = 0; i < 65536; ++i) {
    bench.driver.add({buffer});
    bench.serve_all();
    (void)bench.driver.take_used();
  }
  bench.queue.notify();
  QCOMPARE(bench.interrupts, 1U);
}

void VirtqueueTest::kick_flag_follows() {
  Bench bench;
  QVERIFY(bench.driver.kick_wanted(0));
  bench.queue.disable_kicks();
  QVERIFY(!bench.driver.kick_wanted(0));
  QVERIFY(!bench.queue.enable_kicks());
  QVERIFY(bench.driver.kick_wanted(0));
}

void VirtqueueTest::event_index_asks_for_next_kick() {
  Bench bench(8, true);
  bench.driver.add({bench.writable(1)});
  QVERIFY(bench.driver.kick_wanted(0));
  bench.queue.disable_kicks();
  bench.serve_all();
  bench.driver.add({bench.writable(1)});
  QVERIFY2(!bench.driver.kick_wanted(1), "while the device polls");
  bench.serve_all();
  QVERIFY(!bench.queue.enable_kicks());
  bench.driver.add({bench.writable(1)});
  QVERIFY(bench.driver.kick_wanted(2));
  QCOMPARE(bench.driver.used_flags(), std::uint16_t{0});  // 2.7.10: the flag stays 0.
}

void VirtqueueTest::enable_kicks_reports_late_chains() {
  for (const bool event_index : {false, true}) {
    Bench bench(8, event_index);
    bench.queue.disable_kicks();
    bench.driver.add({bench.writable(1)});
    QVERIFY(bench.queue.enable_kicks());
    bench.serve_all();
    QVERIFY(!bench.queue.enable_kicks());
  }
}

void VirtqueueTest::enable_kicks_ignores_what_was_put_back() {
  Bench bench(8, true);
  bench.driver.add({bench.writable(1)});
  bench.queue.undo_pop(*bench.queue.pop());
  QVERIFY2(!bench.queue.enable_kicks(), "a device that waits for room must not spin");
  bench.driver.add({bench.writable(1)});
  QVERIFY2(bench.driver.kick_wanted(1), "but be told of more");
  QVERIFY(bench.queue.enable_kicks());
}

void VirtqueueTest::two_threads_lose_nothing_data() {
  QTest::addColumn<bool>("event_index");
  QTest::newRow("flags") << false;
  QTest::newRow("event index") << true;
}

/// The device's side of the test below: answers `requests` numbers with their squares.
static void answer_squares(Virtqueue& queue, const std::atomic<unsigned>& kicks, const std::atomic<bool>& failed,
                           unsigned requests) {
  unsigned served = 0;
  while (served < requests && !failed) {
    const unsigned seen = kicks.load();
    while (auto chain = queue.pop()) {
      std::uint32_t number = 0;
      ChainReader(*chain).read_object(number);
      ChainWriter writer(*chain);
      writer.write_object(number * number);
      queue.push(std::move(*chain), writer.written());
      queue.notify();
      ++served;
    }
    if (served < requests && !failed) {
      kicks.wait(seen);
    }
  }
}

// The driver sends numbers and sleeps (on an atomic) until it is interrupted; the device answers their squares and
// sleeps until it is kicked. A lost kick or interrupt would stop both for ever.
void VirtqueueTest::two_threads_lose_nothing() {
  QFETCH(bool, event_index);
  constexpr unsigned kRequests = 20000;
  const auto memory = saffron::fakes::make_guest_memory(kMemorySize);
  GuestArena arena(*memory, GuestAddress{0}, kMemorySize);
  VirtqueueDriver driver(*memory, arena, 16, event_index);
  std::atomic<unsigned> interrupts{0};
  std::atomic<unsigned> kicks{0};
  std::atomic<bool> device_failed{false};
  const auto signal = [](std::atomic<unsigned>& counter) {
    ++counter;
    counter.notify_all();
  };
  Virtqueue queue(
      *memory, driver.layout(), -1, [&] { signal(interrupts); }, [&](std::string_view) { device_failed = true; });
  std::thread device([&] { answer_squares(queue, kicks, device_failed, kRequests); });

  std::array<VirtqueueDriver::Buffer, 8> questions;
  std::array<VirtqueueDriver::Buffer, 8> answers;
  for (unsigned i = 0; i < 8; ++i) {
    questions[i] = {arena.allocate(4), 4, false};
    answers[i] = {arena.allocate(4), 4, true};
  }
  unsigned sent = 0;
  unsigned wrong = 0;
  for (unsigned done = 0; done < kRequests;) {
    const unsigned seen = interrupts.load();
    const auto before = driver.available_index();
    for (; sent < kRequests && sent - done < 8; ++sent) {
      (void)memory->write_object(questions[sent % 8].address, sent);
      driver.add({questions[sent % 8], answers[sent % 8]});
    }
    if (driver.available_index() != before && driver.kick_wanted(before)) {
      signal(kicks);
    }
    driver.set_used_event(static_cast<std::uint16_t>(done));
    std::atomic_thread_fence(std::memory_order_seq_cst);
    unsigned taken = 0;
    for (; driver.take_used(); ++done, ++taken) {
      wrong += memory->read_object<std::uint32_t>(answers[done % 8].address).value() != done * done ? 1 : 0;
    }
    if (taken == 0 && done < kRequests) {
      interrupts.wait(seen);
    }
  }
  device.join();
  QCOMPARE(wrong, 0U);
  QVERIFY(!device_failed);
}

QTEST_APPLESS_MAIN(VirtqueueTest)
#include "virtqueue_test.moc"
