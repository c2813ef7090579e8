// SPDX-License-Identifier: Apache-2.0
#include "devices/virtio/virtio_pci.h"

#include <QtTest/QtTest>
#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include <poll.h>

#include "devices/virtio/virtio_rng.h"
#include "tests/fakes/fake_irq.h"
#include "tests/fakes/fake_memory_slot.h"
#include "tests/fakes/virtio_pci_driver.h"
#include "tests/fakes/virtqueue_driver.h"

using namespace saffron::virtio;
using saffron::core::GuestAddress;
using saffron::fakes::VirtioPciDriver;
using saffron::fakes::VirtqueueDriver;

namespace {

constexpr std::uint64_t kOwnFeature = 1ULL << 5;
constexpr std::uint64_t kHighFeature = 1ULL << 51;
constexpr std::uint64_t kBasic = kFeatureVersion1 | kFeatureEventIndex | kFeatureIndirectDescriptors;

/// Remembers what the transport did to it; works on nothing by itself.
class SampleDevice final : public VirtioDevice {
 public:
  std::string_view name() const override { return "sample"; }
  VirtioType type() const override { return VirtioType::kBlock; }
  std::uint64_t device_features() const override { return kOwnFeature | kHighFeature | 1ULL << 40; }
  std::vector<std::uint16_t> queue_sizes() const override { return sizes; }
  void read_config(std::uint64_t offset, std::span<std::uint8_t> to) override {
    for (std::size_t i = 0; i < to.size(); ++i) {
      to[i] = offset + i < config.size() ? config[offset + i] : std::uint8_t{0};
    }
  }
  void write_config(std::uint64_t offset, std::span<const std::uint8_t> from) override {
    if (offset + from.size() <= config.size()) {
      std::copy(from.begin(), from.end(), config.begin() + static_cast<std::ptrdiff_t>(offset));
    }
  }
  saffron::core::Result<void> activate(VirtioActivation new_activation) override {
    activation = std::move(new_activation);
    ++activations;
    return activation_result;
  }
  void deactivate() override {
    ++deactivations;
    if (on_deactivate) {
      on_deactivate();
    }
    activation = {};
  }

  std::vector<std::uint16_t> sizes{16, 8};
  std::vector<std::uint8_t> config{1, 2, 3, 4, 5, 6, 7, 8};
  VirtioActivation activation;
  saffron::core::Result<void> activation_result;
  unsigned activations = 0;
  unsigned deactivations = 0;
  std::function<void()> on_deactivate;
};

bool readable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, 0) == 1;
}

/// A plugged device, its guest's driver, and two queues in memory.
struct Bench {
  Bench()
      : memory(saffron::fakes::make_guest_memory(1 << 20)),
        arena(*memory, GuestAddress{0}, 1 << 20),
        first(*memory, arena, 16),
        second(*memory, arena, 8) {
    auto owned = std::make_unique<SampleDevice>();
    device = owned.get();
    auto created = VirtioPciTransport::create(std::move(owned), *memory, doorbells, controller);
    saffron::fakes::require(created.ok());
    transport = std::move(created).value();
    driver = std::make_unique<VirtioPciDriver>(*transport);
  }
  ~Bench() { transport.reset(); }  // Before the driver, in which it is plugged.

  void start(std::uint64_t features = kBasic) {
    saffron::fakes::require(driver->negotiate(features));
    driver->set_up_queue(0, first.layout(), 1);
    driver->set_up_queue(1, second.layout(), 2);
    driver->add_status(kStatusDriverOk);
  }
  /// Lets the device answer one request on queue 0, and interrupt.
  void serve_one() {
    first.add({{arena.allocate(4), 4, true}});
    Virtqueue& queue = *device->activation.queues[0];
    auto chain = queue.pop();
    saffron::fakes::require(chain.has_value());
    queue.push(std::move(*chain), 4);
    queue.notify();
  }
  std::uint32_t common(std::size_t field, unsigned size) { return driver->common(field, size); }
  std::uint8_t isr() { return static_cast<std::uint8_t>(driver->read(kIsrOffset, 1)); }

  std::unique_ptr<saffron::core::GuestMemory> memory;
  saffron::fakes::GuestArena arena;
  VirtqueueDriver first;
  VirtqueueDriver second;
  saffron::fakes::FakeDoorbellBinder doorbells;
  saffron::fakes::FakeMsiController controller;
  SampleDevice* device = nullptr;
  std::unique_ptr<VirtioPciTransport> transport;
  std::unique_ptr<VirtioPciDriver> driver;
};

}  // namespace

#define FIELD(name) offsetof(CommonConfig, name), sizeof(CommonConfig::name)

class VirtioPciTest : public QObject {
  Q_OBJECT
 private slots:
  void identifies_itself();
  void capabilities_describe_the_bar();
  void refuses_illegal_queues();
  void offers_features();
  void accepts_features_data();
  void accepts_features();
  void features_are_fixed_after_features_ok();
  void driver_ok_needs_features_ok();
  void activates_with_what_was_negotiated();
  void queue_registers_read_back();
  void unavailable_queue_reads_as_zero();
  void refuses_bad_queue_sizes();
  void queue_is_fixed_once_enabled();
  void queue_is_fixed_after_driver_ok();
  void partial_accesses_read_parts_and_write_nothing();
  void device_config_is_passed_on();
  void config_change_moves_generation_and_interrupts();
  void kick_reaches_the_queue();
  void doorbells_follow_bar_and_life();
  void unbound_doorbell_works_by_register();
  void intx_and_isr();
  void msix_vectors();
  void vector_out_of_range_reads_back_as_none();
  void no_vector_means_no_interrupt();
  void broken_queue_needs_reset();
  void a_device_that_cannot_start_needs_reset();
  void needs_reset_is_cleared_by_reset_only();
  void reset_is_synchronous_and_complete();
  void reset_clears_pending_kicks();
  void machine_reset_deactivates();
  void destruction_deactivates();
  void status_bits_are_only_added();
  void config_access_capability();
  void config_access_capability_refuses_nonsense();
  void interrupts_race_with_isr_reads();
  void a_real_device_works_through_registers();
};

void VirtioPciTest::identifies_itself() {
  Bench bench;
  QCOMPARE(bench.transport->read_config(0, 4), 0x10421af4U);
  QCOMPARE(bench.transport->read_config(8, 4), 0x01000001U);
  QCOMPARE(bench.transport->read_config(0x2c, 4), 0x11001af4U);
  QCOMPARE(bench.transport->read_config(0x3d, 1), 1U);
  QCOMPARE(pci_class_code(VirtioType::kNet), 0x020000U);
  QCOMPARE(pci_class_code(VirtioType::kEntropy), 0x00ff00U);
  QCOMPARE(pci_class_code(VirtioType::kInput), 0x098000U);
}

void VirtioPciTest::capabilities_describe_the_bar() {
  Bench bench;
  const auto check = [&](PciCapabilityType type, std::uint32_t length, std::uint32_t offset, std::uint32_t size) {
    const unsigned at = bench.driver->capability(type);
    return at != 0 && bench.transport->read_config(at + 2, 1) == length &&
           bench.transport->read_config(at + 4, 1) == kBarIndex && bench.transport->read_config(at + 8, 4) == offset &&
           bench.transport->read_config(at + 12, 4) == size;
  };
  QVERIFY(check(PciCapabilityType::kCommon, 16, kCommonOffset, sizeof(CommonConfig)));
  QVERIFY(check(PciCapabilityType::kIsr, 16, kIsrOffset, 1));
  QVERIFY(check(PciCapabilityType::kDevice, 16, kDeviceOffset, 4096));
  QVERIFY(check(PciCapabilityType::kNotify, 20, kNotifyOffset, 8));
  const unsigned notify = bench.driver->capability(PciCapabilityType::kNotify);
  QCOMPARE(bench.transport->read_config(notify + 16, 4), 4U);
  const unsigned access = bench.driver->capability(PciCapabilityType::kPciAccess);
  QVERIFY(access != 0);
  QCOMPARE(bench.transport->read_config(access + 2, 1), 20U);
  bench.transport->write_config(notify + 8, 4, 0x1234);  // Read only, all but the access capability.
  QCOMPARE(bench.transport->read_config(notify + 8, 4), static_cast<std::uint32_t>(kNotifyOffset));
}

void VirtioPciTest::refuses_illegal_queues() {
  Bench bench;
  for (const std::vector<std::uint16_t>& sizes :
       {std::vector<std::uint16_t>{}, {7}, {0}, {2048}, std::vector<std::uint16_t>(65, 8)}) {
    auto device = std::make_unique<SampleDevice>();
    device->sizes = sizes;
    QVERIFY(!VirtioPciTransport::create(std::move(device), *bench.memory, bench.doorbells, bench.controller).ok());
  }
}

void VirtioPciTest::offers_features() {
  Bench bench;  // The device's bit 40 is the transport's to offer, so it is not.
  QCOMPARE(bench.driver->device_features(), kBasic | kOwnFeature | kHighFeature);
  bench.driver->set_common(FIELD(device_feature_select), 2);
  QCOMPARE(bench.common(FIELD(device_feature)), 0U);
}

void VirtioPciTest::accepts_features_data() {
  QTest::addColumn<quint64>("features");
  QTest::addColumn<bool>("accepted");
  QTest::newRow("version 1") << quint64{kFeatureVersion1} << true;
  QTest::newRow("all") << quint64{kBasic | kOwnFeature | kHighFeature} << true;
  QTest::newRow("legacy") << quint64{kOwnFeature} << false;
  QTest::newRow("not offered") << quint64{kFeatureVersion1 | 1ULL << 34} << false;
  QTest::newRow("none") << quint64{0} << false;
}

void VirtioPciTest::accepts_features() {
  QFETCH(quint64, features);
  QFETCH(bool, accepted);
  Bench bench;
  QCOMPARE(bench.driver->negotiate(features), accepted);
}

void VirtioPciTest::features_are_fixed_after_features_ok() {
  Bench bench;
  QVERIFY(bench.driver->negotiate(kFeatureVersion1));
  bench.driver->set_features(kBasic | kOwnFeature);
  bench.driver->add_status(kStatusDriverOk);
  QCOMPARE(bench.device->activation.features, std::uint64_t{kFeatureVersion1});
}

void VirtioPciTest::driver_ok_needs_features_ok() {
  Bench bench;
  QVERIFY(!bench.driver->negotiate(kOwnFeature));
  bench.driver->add_status(kStatusDriverOk);
  QCOMPARE(bench.device->activations, 0U);
  QCOMPARE(bench.driver->status(), std::uint8_t{kStatusAcknowledge | kStatusDriver});
}

void VirtioPciTest::activates_with_what_was_negotiated() {
  Bench bench;
  QVERIFY(bench.driver->negotiate(kBasic | kOwnFeature));
  bench.driver->set_up_queue(1, bench.second.layout());
  bench.driver->add_status(kStatusDriverOk);

  QCOMPARE(bench.device->activations, 1U);
  QCOMPARE(bench.device->activation.features, kBasic | kOwnFeature);
  QCOMPARE(bench.device->activation.queues.size(), std::size_t{2});
  QVERIFY(bench.device->activation.queues[0] == nullptr);
  QCOMPARE(bench.device->activation.queues[1]->size(), std::uint16_t{8});
  bench.driver->add_status(kStatusDriverOk);
  QCOMPARE(bench.device->activations, 1U);
}

void VirtioPciTest::queue_registers_read_back() {
  Bench bench;
  QCOMPARE(bench.common(FIELD(num_queues)), 2U);
  bench.driver->set_common(FIELD(queue_select), 1);
  QCOMPARE(bench.common(FIELD(queue_size)), 8U);
  QCOMPARE(bench.common(FIELD(queue_notify_off)), 1U);
  QCOMPARE(bench.common(FIELD(queue_enable)), 0U);
  QCOMPARE(bench.common(FIELD(queue_msix_vector)), std::uint32_t{kNoVector});
  bench.driver->set_common(FIELD(queue_size), 4);
  bench.driver->set_address(offsetof(CommonConfig, queue_desc), GuestAddress{0x1122334455667788});
  bench.driver->set_address(offsetof(CommonConfig, queue_device), GuestAddress{0x99aabbccddeeff00});
  QCOMPARE(bench.common(FIELD(queue_size)), 4U);
  QCOMPARE(bench.common(offsetof(CommonConfig, queue_desc), 4), 0x55667788U);
  QCOMPARE(bench.common(offsetof(CommonConfig, queue_desc) + 4, 4), 0x11223344U);
  QCOMPARE(bench.common(offsetof(CommonConfig, queue_device) + 4, 4), 0x99aabbccU);
  QCOMPARE(bench.common(offsetof(CommonConfig, queue_driver), 4), 0U);
}

void VirtioPciTest::unavailable_queue_reads_as_zero() {
  Bench bench;
  bench.driver->set_common(FIELD(queue_select), 2);
  bench.driver->set_common(FIELD(queue_size), 4);
  bench.driver->set_common(FIELD(queue_enable), 1);
  QCOMPARE(bench.common(FIELD(queue_select)), 2U);
  QCOMPARE(bench.common(FIELD(queue_size)), 0U);
  QCOMPARE(bench.common(FIELD(queue_enable)), 0U);
}

void VirtioPciTest::refuses_bad_queue_sizes() {
  Bench bench;
  for (const std::uint32_t size : {0U, 3U, 15U, 32U, 0xffffU}) {
    bench.driver->set_common(FIELD(queue_size), size);
    QCOMPARE(bench.common(FIELD(queue_size)), 16U);
  }
}

void VirtioPciTest::queue_is_fixed_once_enabled() {
  Bench bench;
  QVERIFY(bench.driver->negotiate(kBasic));
  bench.driver->set_up_queue(0, bench.first.layout());
  const std::uint32_t before = bench.common(offsetof(CommonConfig, queue_driver), 4);
  bench.driver->set_address(offsetof(CommonConfig, queue_driver), GuestAddress{0xdead0000});
  bench.driver->set_common(FIELD(queue_size), 2);
  bench.driver->set_common(FIELD(queue_enable), 0);
  QCOMPARE(bench.common(offsetof(CommonConfig, queue_driver), 4), before);
  QCOMPARE(bench.common(FIELD(queue_size)), 16U);
  QCOMPARE(bench.common(FIELD(queue_enable)), 1U);
}

void VirtioPciTest::queue_is_fixed_after_driver_ok() {
  Bench bench;
  QVERIFY(bench.driver->negotiate(kBasic));
  bench.driver->set_up_queue(0, bench.first.layout());
  bench.driver->add_status(kStatusDriverOk);
  bench.driver->set_up_queue(1, bench.second.layout());
  QCOMPARE(bench.common(FIELD(queue_enable)), 0U);
  bench.driver->kick(1);
  QVERIFY(bench.device->activation.queues[1] == nullptr);
}

void VirtioPciTest::partial_accesses_read_parts_and_write_nothing() {
  Bench bench;
  bench.driver->set_common(FIELD(driver_feature_select), 0x11223344);
  QCOMPARE(bench.common(offsetof(CommonConfig, driver_feature_select) + 1, 1), 0x33U);
  QCOMPARE(bench.common(offsetof(CommonConfig, driver_feature_select) + 2, 2), 0x1122U);
  bench.driver->set_common(offsetof(CommonConfig, driver_feature_select), 1, 0);
  bench.driver->set_common(offsetof(CommonConfig, driver_feature_select) + 2, 2, 0);
  QCOMPARE(bench.common(FIELD(driver_feature_select)), 0x11223344U);
  QCOMPARE(bench.driver->read(kCommonOffset + sizeof(CommonConfig), 4), 0U);
  bench.driver->set_common(sizeof(CommonConfig), 4, ~0U);
  QCOMPARE(bench.driver->read(0xffc, 4), 0U);
}

void VirtioPciTest::device_config_is_passed_on() {
  Bench bench;
  QCOMPARE(bench.driver->read(kDeviceOffset + 4, 4), 0x08070605U);
  QCOMPARE(bench.driver->read(kDeviceOffset + 6, 1), 7U);
  QCOMPARE(bench.driver->read(kDeviceOffset + 0xffc, 4), 0U);
  bench.driver->write(kDeviceOffset + 2, 2, 0xaabb);
  QCOMPARE(bench.driver->read(kDeviceOffset, 4), 0xaabb0201U);
}

void VirtioPciTest::config_change_moves_generation_and_interrupts() {
  Bench bench;
  bench.start();
  const std::uint32_t before = bench.common(FIELD(config_generation));
  bench.device->activation.config_changed();
  QVERIFY(bench.common(FIELD(config_generation)) != before);
  QVERIFY(bench.driver->socket().line.level());
  QCOMPARE(bench.isr(), std::uint8_t{kIsrConfig});
  QVERIFY(!bench.driver->socket().line.level());
}

void VirtioPciTest::kick_reaches_the_queue() {
  Bench bench;
  bench.start();
  const int fd = bench.device->activation.queues[1]->kick_fd();
  QVERIFY(!readable(fd));
  bench.driver->kick(1);
  QVERIFY(readable(fd));
  QVERIFY(!readable(bench.device->activation.queues[0]->kick_fd()));
  bench.driver->write(kNotifyOffset + 8, 2, 2);  // No such queue: nothing happens.
  QCOMPARE(bench.driver->read(kNotifyOffset, 4), 0U);
}

void VirtioPciTest::doorbells_follow_bar_and_life() {
  Bench bench;
  QVERIFY(bench.doorbells.bindings.empty());
  bench.start();
  const auto expect_at = [&](std::uint64_t base) {
    const auto& queues = bench.device->activation.queues;
    return bench.doorbells.bindings == std::map<std::uint64_t, int>{{base + kNotifyOffset, queues[0]->kick_fd()},
                                                                    {base + kNotifyOffset + 4, queues[1]->kick_fd()}};
  };
  QVERIFY(expect_at(VirtioPciDriver::kBarBase));
  bench.driver->place_bars(0x9'0000'0000);
  QVERIFY(expect_at(0x9'0000'0000));
  bench.transport->write_config(4, 2, 0);
  QVERIFY(bench.doorbells.bindings.empty());
  bench.transport->write_config(4, 2, 6);
  QVERIFY(expect_at(0x9'0000'0000));
  bench.driver->set_status(0);
  QVERIFY(bench.doorbells.bindings.empty());
  bench.driver->place_bars(VirtioPciDriver::kBarBase);
  QVERIFY(bench.doorbells.bindings.empty());
}

void VirtioPciTest::unbound_doorbell_works_by_register() {
  Bench bench;
  bench.start();
  for (const unsigned size : {1U, 2U, 4U}) {
    bench.driver->write(kNotifyOffset, size, 0);
    const int fd = bench.device->activation.queues[0]->kick_fd();
    QVERIFY(readable(fd));
    std::uint64_t count = 0;
    QCOMPARE(::read(fd, &count, sizeof count), ssize_t{sizeof count});
  }
}

void VirtioPciTest::intx_and_isr() {
  Bench bench;
  bench.start(kFeatureVersion1);
  QVERIFY(!bench.driver->socket().line.level());
  bench.serve_one();
  QVERIFY(bench.driver->socket().line.level());
  QCOMPARE(bench.isr(), std::uint8_t{kIsrQueue});
  QVERIFY(!bench.driver->socket().line.level());
  QCOMPARE(bench.isr(), std::uint8_t{0});
  bench.serve_one();
  bench.device->activation.config_changed();
  QCOMPARE(bench.isr(), std::uint8_t{kIsrQueue | kIsrConfig});
}

void VirtioPciTest::msix_vectors() {
  Bench bench;
  bench.driver->enable_msix(3);
  bench.start(kFeatureVersion1);
  bench.driver->set_common(FIELD(config_msix_vector), 0);
  bench.serve_one();
  QCOMPARE(bench.controller.vectors[1]->signal_count.load(), 1U);
  bench.device->activation.config_changed();
  QCOMPARE(bench.controller.vectors[0]->signal_count.load(), 1U);
  QCOMPARE(bench.controller.vectors[2]->signal_count.load(), 0U);
  QVERIFY(!bench.driver->socket().line.level());
}

void VirtioPciTest::vector_out_of_range_reads_back_as_none() {
  Bench bench;
  bench.driver->set_common(FIELD(config_msix_vector), 2);
  QCOMPARE(bench.common(FIELD(config_msix_vector)), 2U);
  bench.driver->set_common(FIELD(config_msix_vector), 3);
  QCOMPARE(bench.common(FIELD(config_msix_vector)), std::uint32_t{kNoVector});
  bench.driver->set_common(FIELD(queue_msix_vector), 1);
  QCOMPARE(bench.common(FIELD(queue_msix_vector)), 1U);
  bench.driver->set_common(FIELD(queue_msix_vector), 0x8000);
  QCOMPARE(bench.common(FIELD(queue_msix_vector)), std::uint32_t{kNoVector});
}

void VirtioPciTest::no_vector_means_no_interrupt() {
  Bench bench;
  bench.driver->enable_msix(3);
  QVERIFY(bench.driver->negotiate(kFeatureVersion1));
  bench.driver->set_up_queue(0, bench.first.layout());
  bench.driver->add_status(kStatusDriverOk);
  bench.serve_one();
  for (const auto* vector : bench.controller.vectors) {
    QCOMPARE(vector->signal_count.load(), 0U);
  }
  QVERIFY(!bench.driver->socket().line.level());
}

void VirtioPciTest::broken_queue_needs_reset() {
  Bench bench;
  bench.start();
  bench.first.set_available_index(1000);
  QVERIFY(!bench.device->activation.queues[0]->pop().has_value());
  QVERIFY((bench.driver->status() & kStatusNeedsReset) != 0);
  QVERIFY(bench.driver->socket().line.level());
  QCOMPARE(bench.isr(), std::uint8_t{kIsrConfig});
  bench.device->activation.needs_reset("again");
  QVERIFY2(!bench.driver->socket().line.level(), "it is told once");
}

void VirtioPciTest::a_device_that_cannot_start_needs_reset() {
  Bench bench;
  bench.device->activation_result = saffron::core::Error{saffron::core::ErrorCode::kIo, "the disk has gone", {}};
  bench.start();
  QVERIFY((bench.driver->status() & kStatusNeedsReset) != 0);
  QVERIFY(bench.driver->socket().line.level());
  QCOMPARE(bench.isr(), std::uint8_t{kIsrConfig});
  bench.device->activation_result = {};
  bench.driver->set_status(0);
  QCOMPARE(bench.device->deactivations, 1U);
  bench.start();
  QCOMPARE(bench.driver->status() & kStatusNeedsReset, 0);
}

void VirtioPciTest::needs_reset_is_cleared_by_reset_only() {
  Bench bench;
  bench.start();
  bench.device->activation.needs_reset("test");
  bench.driver->set_status(kStatusAcknowledge);
  QVERIFY((bench.driver->status() & kStatusNeedsReset) != 0);
  bench.driver->set_status(0);
  QCOMPARE(bench.driver->status(), std::uint8_t{0});
  bench.driver->set_status(kStatusNeedsReset);  // Not the driver's to set.
  QCOMPARE(bench.driver->status(), std::uint8_t{0});
}

void VirtioPciTest::reset_is_synchronous_and_complete() {
  bool queues_alive = false;
  Bench bench;
  bench.start();
  bench.device->activation.config_changed();
  bench.driver->set_common(FIELD(config_msix_vector), 1);
  bench.device->on_deactivate = [&] { queues_alive = bench.device->activation.queues[0]->size() == 16; };
  bench.driver->set_status(0);

  QVERIFY(queues_alive);
  QCOMPARE(bench.device->deactivations, 1U);
  QVERIFY(!bench.driver->socket().line.level());
  QCOMPARE(bench.driver->status(), std::uint8_t{0});
  QCOMPARE(bench.isr(), std::uint8_t{0});
  QCOMPARE(bench.common(FIELD(config_msix_vector)), std::uint32_t{kNoVector});
  QCOMPARE(bench.common(FIELD(queue_enable)), 0U);
  QCOMPARE(bench.common(FIELD(queue_msix_vector)), std::uint32_t{kNoVector});
  QCOMPARE(bench.common(offsetof(CommonConfig, queue_desc), 4), 0U);
  bench.driver->set_status(0);
  QCOMPARE(bench.device->deactivations, 1U);
  bench.start();
  QCOMPARE(bench.device->activations, 2U);
}

void VirtioPciTest::reset_clears_pending_kicks() {
  Bench bench;
  bench.start();
  bench.driver->kick(0);
  bench.driver->set_status(0);
  bench.start();
  QVERIFY(!readable(bench.device->activation.queues[0]->kick_fd()));
}

void VirtioPciTest::machine_reset_deactivates() {
  Bench bench;
  bench.start();
  bench.device->activation.config_changed();
  bench.transport->reset();
  QCOMPARE(bench.device->deactivations, 1U);
  QVERIFY(bench.doorbells.bindings.empty());
  QVERIFY(!bench.driver->socket().line.level());
  bench.driver->place_bars(VirtioPciDriver::kBarBase);
  QCOMPARE(bench.driver->status(), std::uint8_t{0});
}

void VirtioPciTest::destruction_deactivates() {
  bool deactivated = false;
  Bench bench;
  bench.start();
  bench.device->on_deactivate = [&] { deactivated = true; };
  bench.transport.reset();
  QVERIFY(deactivated);
  QVERIFY(bench.doorbells.bindings.empty());
}

void VirtioPciTest::status_bits_are_only_added() {
  Bench bench;
  bench.start();
  bench.driver->set_status(kStatusFailed);
  QCOMPARE(bench.driver->status(),
           std::uint8_t{kStatusAcknowledge | kStatusDriver | kStatusFeaturesOk | kStatusDriverOk | kStatusFailed});
  QCOMPARE(bench.device->deactivations, 0U);
}

void VirtioPciTest::config_access_capability() {
  Bench bench;
  bench.transport->write_config(4, 2, 0);  // As firmware does before it has placed the BAR.
  bench.driver->write_indirect(offsetof(CommonConfig, device_status), 1, 0xffffff01);
  QCOMPARE(bench.driver->read_indirect(offsetof(CommonConfig, device_status), 1), 1U);
  bench.driver->write_indirect(offsetof(CommonConfig, queue_select), 2, 1);
  QCOMPARE(bench.driver->read_indirect(offsetof(CommonConfig, queue_size), 2), 8U);
  bench.driver->write_indirect(offsetof(CommonConfig, queue_desc), 4, 0x12345678);
  QCOMPARE(bench.driver->read_indirect(offsetof(CommonConfig, queue_desc), 4), 0x12345678U);
  QCOMPARE(bench.driver->read_indirect(kDeviceOffset + 4, 4), 0x08070605U);
}

void VirtioPciTest::config_access_capability_refuses_nonsense() {
  Bench bench;
  bench.driver->write_indirect(0, 3, 1);  // No such length.
  bench.driver->write_indirect(0, 0xffffffff, 1);
  bench.driver->write_indirect(2, 4, 1);         // Not a multiple.
  bench.driver->write_indirect(kBarSize, 4, 1);  // Outside.
  bench.driver->write_indirect(0xfffffffc, 4, 1);
  const unsigned at = bench.driver->capability(PciCapabilityType::kPciAccess);
  bench.transport->write_config(at + 8, 4, 0);
  bench.transport->write_config(at + 12, 4, 4);
  bench.transport->write_config(at + 4, 1, 0);  // Another BAR.
  bench.transport->write_config(at + 16, 4, 1);
  QCOMPARE(bench.common(FIELD(device_feature_select)), 0U);
}

// The device interrupts from its thread while the driver reads the ISR: whenever the register says that something is
// there, the wire must be up.
void VirtioPciTest::interrupts_race_with_isr_reads() {
  Bench bench;
  bench.start(kFeatureVersion1);
  constexpr unsigned kRounds = 3000;
  std::atomic<unsigned> seen{0};
  std::thread device([&] {
    for (unsigned i = 0; i < kRounds; ++i) {
      bench.device->activation.config_changed();
      while (seen.load() <= i) {
        std::this_thread::yield();
      }
    }
  });
  for (unsigned i = 0; i < kRounds;) {
    if (!bench.driver->socket().line.level()) {
      std::this_thread::yield();
      continue;
    }
    if ((bench.isr() & kIsrConfig) != 0) {
      seen.store(++i);
    }
  }
  device.join();
  QCOMPARE(bench.isr(), std::uint8_t{0});
  QVERIFY(!bench.driver->socket().line.level());
}

void VirtioPciTest::a_real_device_works_through_registers() {
  auto loop = saffron::core::EventLoop::create();
  QVERIFY(loop.ok());
  const auto memory = saffron::fakes::make_guest_memory(1 << 20);
  saffron::fakes::GuestArena arena(*memory, GuestAddress{0}, 1 << 20);
  VirtqueueDriver queue(*memory, arena, 8, true);
  saffron::fakes::FakeDoorbellBinder doorbells;
  saffron::fakes::FakeMsiController controller;
  auto created =
      VirtioPciTransport::create(std::make_unique<VirtioRng>("rng0", **loop), *memory, doorbells, controller);
  QVERIFY(created.ok());
  VirtioPciDriver driver(**created);
  const auto run_ready = [&] {
    (*loop)->post([&] { (*loop)->post([&] { (*loop)->stop(); }); });
    (*loop)->run();
  };

  driver.enable_msix(2);
  QVERIFY(driver.negotiate(kBasic));
  driver.set_up_queue(0, queue.layout(), 1);
  driver.add_status(kStatusDriverOk);
  run_ready();
  queue.add_indirect(arena, {{arena.allocate(100), 100, true}});
  driver.kick(0);
  run_ready();

  QCOMPARE(queue.take_used()->written, 100U);
  QCOMPARE(controller.vectors[1]->signal_count.load(), 1U);
  created.value().reset();
}

QTEST_APPLESS_MAIN(VirtioPciTest)
#include "virtio_pci_test.moc"
