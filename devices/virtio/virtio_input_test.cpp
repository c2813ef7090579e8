// SPDX-License-Identifier: Apache-2.0
#include "devices/virtio/virtio_input.h"

#include <linux/input-event-codes.h>

#include <QtTest/QtTest>
#include <memory>
#include <string>
#include <vector>

#include "devices/virtio/virtio_keyboard.h"
#include "devices/virtio/virtio_tablet.h"
#include "tests/fakes/fake_virtio_host.h"

using saffron::core::EventLoop;
using saffron::fakes::FakeVirtioHost;
using saffron::ports::KeyboardLeds;
using saffron::ports::PointerButton;
using saffron::virtio::InputEvent;
using saffron::virtio::VirtioInput;
using saffron::virtio::VirtioKeyboard;
using saffron::virtio::VirtioTablet;

namespace {

constexpr std::uint8_t kName = 1;
constexpr std::uint8_t kSerial = 2;
constexpr std::uint8_t kIds = 3;
constexpr std::uint8_t kProperties = 0x10;
constexpr std::uint8_t kEvents = 0x11;
constexpr std::uint8_t kAxis = 0x12;
const InputEvent kSync{EV_SYN, SYN_REPORT, 0};

/// A device with a guest that gives buffers for events when told to. Everything is on the test's thread.
template <typename Device>
struct Bench {
  Bench() : memory(saffron::fakes::make_guest_memory(4 << 20)) {
    auto created = EventLoop::create();
    saffron::fakes::require(created.ok());
    loop = std::move(created).value();
    device = std::make_unique<Device>("input0", *loop);
    host = std::make_unique<FakeVirtioHost>(*device, *memory);
  }
  void run_ready() {
    loop->post([this] { loop->post([this] { loop->post([this] { loop->stop(); }); }); });
    loop->run();
  }
  void start(FakeVirtioHost::Options options = {}) {
    host->activate(options);
    run_ready();
  }
  void give_buffers(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      host->driver(0).add({{host->arena().allocate(8), 8, true}});
    }
    host->kick(0);
    run_ready();
  }
  /// What came since the last call. The arena hands out descriptors' buffers in order, as does the device.
  std::vector<InputEvent> events() {
    std::vector<InputEvent> got;
    while (const auto used = host->driver(0).take_used()) {
      const auto descriptor = memory->read_object<saffron::virtio::RingDescriptor>(
          host->driver(0).layout().descriptors + 16ULL * used->head);
      saffron::fakes::require(used->written == 8);
      got.push_back(memory->read_object<InputEvent>({descriptor.value().address}).value());
    }
    return got;
  }
  void send_status(const InputEvent& event) {
    const auto address = host->arena().allocate(8);
    saffron::fakes::require(memory->write_object(address, event).ok());
    host->driver(1).add({{address, 8, false}});
    host->kick(1);
    run_ready();
  }
  /// The configuration's data for (select, subsel), as long as `size` says.
  std::vector<std::uint8_t> config(std::uint8_t select, std::uint8_t subselect) {
    const std::array<std::uint8_t, 2> selection{select, subselect};
    device->write_config(0, selection);
    std::array<std::uint8_t, 136> bytes{};
    device->read_config(0, bytes);
    saffron::fakes::require(bytes[0] == select && bytes[1] == subselect && bytes[2] <= 128);
    return {bytes.begin() + 8, bytes.begin() + 8 + bytes[2]};
  }

  std::unique_ptr<saffron::core::GuestMemory> memory;
  std::unique_ptr<EventLoop> loop;
  std::unique_ptr<Device> device;
  std::unique_ptr<FakeVirtioHost> host;
};

bool has_bit(const std::vector<std::uint8_t>& bitmap, unsigned code) {
  return code / 8 < bitmap.size() && (bitmap[code / 8] >> code % 8 & 1) != 0;
}

}  // namespace

class VirtioInputTest : public QObject {
  Q_OBJECT
 private slots:
  void keyboard_describes_itself();
  void tablet_describes_itself();
  void configuration_is_bounded();
  void keys_arrive_as_packets();
  void repeats_and_unknown_keys_are_dropped();
  void inactive_device_sends_nothing();
  void old_driver_leaves_nothing_to_a_new_one();
  void slow_guest_gets_whole_packets_and_the_truth();
  void leds_are_reported();
  void leds_go_off_with_the_driver();
  void many_status_events_are_all_taken();
  void short_buffers_break_the_device();
  void short_status_is_ignored();
  void missing_event_queue_is_survived();
  void tablet_sends_position_with_buttons();
  void tablet_clamps_positions();
  void movements_are_merged_while_the_guest_is_slow();
  void clicks_are_kept_while_the_guest_is_slow();
  void wheel_adds_up();
  void active_listener_hears_of_drivers();
};

void VirtioInputTest::keyboard_describes_itself() {
  Bench<VirtioKeyboard> bench;
  const auto name = bench.config(kName, 0);
  QCOMPARE(std::string(name.begin(), name.end()), std::string("Saffron Keyboard"));
  QVERIFY(bench.config(kSerial, 0).empty());
  QCOMPARE(bench.config(kIds, 0).size(), std::size_t{8});
  QVERIFY(bench.config(kProperties, 0).empty());
  const auto keys = bench.config(kEvents, EV_KEY);
  QVERIFY(has_bit(keys, KEY_ESC) && has_bit(keys, KEY_A) && has_bit(keys, KEY_RIGHTMETA) && has_bit(keys, 248));
  QVERIFY(!has_bit(keys, 0) && !has_bit(keys, BTN_LEFT));
  const auto leds = bench.config(kEvents, EV_LED);
  QVERIFY(has_bit(leds, LED_NUML) && has_bit(leds, LED_CAPSL) && has_bit(leds, LED_SCROLLL));
  QVERIFY(!bench.config(kEvents, EV_REP).empty());
  QVERIFY(bench.config(kEvents, EV_ABS).empty());
  QVERIFY(bench.config(kAxis, ABS_X).empty());
}

void VirtioInputTest::tablet_describes_itself() {
  Bench<VirtioTablet> bench;
  const auto buttons = bench.config(kEvents, EV_KEY);
  QVERIFY(has_bit(buttons, BTN_LEFT) && has_bit(buttons, BTN_RIGHT) && has_bit(buttons, BTN_MIDDLE));
  QVERIFY(has_bit(bench.config(kEvents, EV_REL), REL_WHEEL));
  const auto axes = bench.config(kEvents, EV_ABS);
  QVERIFY(has_bit(axes, ABS_X) && has_bit(axes, ABS_Y));
  const auto axis = bench.config(kAxis, ABS_Y);
  QCOMPARE(axis, (std::vector<std::uint8_t>{0, 0, 0, 0, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  QVERIFY(bench.config(kAxis, ABS_Z).empty());
  QVERIFY(bench.config(kEvents, EV_LED).empty());
}

void VirtioInputTest::configuration_is_bounded() {
  Bench<VirtioKeyboard> bench;
  for (unsigned select = 0; select < 256; ++select) {
    for (unsigned subselect = 0; subselect < 256; ++subselect) {
      (void)bench.config(static_cast<std::uint8_t>(select), static_cast<std::uint8_t>(subselect));
    }
  }
  QVERIFY(bench.config(kName, 1).empty());
  std::array<std::uint8_t, 4> bytes{1, 1, 1, 1};
  bench.device->read_config(134, bytes);
  QCOMPARE(bytes, (std::array<std::uint8_t, 4>{}));
  bench.device->read_config(~0ULL, bytes);
  bench.device->write_config(~0ULL - 1, bytes);
  QVERIFY(bench.config(0, 0).empty());
}

void VirtioInputTest::keys_arrive_as_packets() {
  Bench<VirtioKeyboard> bench;
  QVERIFY(!bench.device->active());
  bench.start();
  QVERIFY(bench.device->active());
  bench.give_buffers(8);
  bench.device->key(KEY_A, true);
  bench.device->key(KEY_A, false);
  QCOMPARE(bench.events(), (std::vector<InputEvent>{{EV_KEY, KEY_A, 1}, kSync, {EV_KEY, KEY_A, 0}, kSync}));
  QVERIFY(bench.host->interrupts(0) >= 2);
}

void VirtioInputTest::repeats_and_unknown_keys_are_dropped() {
  Bench<VirtioKeyboard> bench;
  bench.start();
  bench.give_buffers(16);
  bench.device->key(KEY_A, true);
  bench.device->key(KEY_A, true);
  bench.device->key(KEY_B, false);
  bench.device->key(0, true);
  bench.device->key(VirtioKeyboard::kLastKey + 1, true);
  bench.device->key(0xffff, true);
  QCOMPARE(bench.events(), (std::vector<InputEvent>{{EV_KEY, KEY_A, 1}, kSync}));
}

void VirtioInputTest::inactive_device_sends_nothing() {
  Bench<VirtioKeyboard> bench;
  bench.device->key(KEY_A, true);
  bench.start();
  bench.give_buffers(8);
  QVERIFY(bench.events().empty());
}

void VirtioInputTest::old_driver_leaves_nothing_to_a_new_one() {
  Bench<VirtioKeyboard> bench;
  bench.start();
  bench.device->key(KEY_A, true);  // Waits, as there are no buffers.
  bench.host->deactivate();
  QVERIFY(!bench.device->active());
  bench.host->activate();
  bench.device->key(KEY_B, true);  // Before the loop has seen the new one.
  bench.run_ready();
  bench.give_buffers(8);
  QVERIFY(bench.events().empty());
  bench.device->key(KEY_C, true);
  QCOMPARE(bench.events(), (std::vector<InputEvent>{{EV_KEY, KEY_C, 1}, kSync}));
}

void VirtioInputTest::slow_guest_gets_whole_packets_and_the_truth() {
  Bench<VirtioKeyboard> bench;
  bench.start();
  bench.device->key(KEY_LEFTSHIFT, true);
  for (unsigned i = 0; i < 1000; ++i) {
    bench.device->key(KEY_A, true);
    bench.device->key(KEY_A, false);
  }
  bench.device->key(KEY_LEFTSHIFT, false);  // There is no room for this any more.

  std::vector<InputEvent> all;
  for (unsigned i = 0; i < 20; ++i) {
    bench.give_buffers(16);
    const auto some = bench.events();
    all.insert(all.end(), some.begin(), some.end());
  }
  QVERIFY(all.size() > 200 && all.size() <= VirtioInput::kMaxWaiting + 4);
  std::array<unsigned, 256> down{};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % 2 == 1) {
      QCOMPARE(all[i], kSync);
    } else {
      QVERIFY2(down[all[i].code] != all[i].value, "each event changes something");
      down[all[i].code] = all[i].value;
    }
  }
  QCOMPARE(down, (std::array<unsigned, 256>{}));
}

void VirtioInputTest::leds_are_reported() {
  Bench<VirtioKeyboard> bench;
  std::vector<KeyboardLeds> reports;
  bench.device->set_led_listener([&](KeyboardLeds leds) { reports.push_back(leds); });
  bench.start();
  bench.send_status({EV_LED, LED_CAPSL, 1});
  bench.send_status({EV_LED, LED_CAPSL, 1});
  bench.send_status({EV_LED, LED_NUML, 1});
  bench.send_status({EV_LED, LED_CAPSL, 0});
  bench.send_status({EV_LED, 12, 1});
  bench.send_status({EV_SND, 0, 1});
  const KeyboardLeds caps{false, false, true};
  const KeyboardLeds both{false, true, true};
  const KeyboardLeds num{false, true, false};
  QCOMPARE(reports, (std::vector<KeyboardLeds>{caps, both, num}));
  QCOMPARE(bench.host->driver(1).used_index(), std::uint16_t{6});
}

void VirtioInputTest::leds_go_off_with_the_driver() {
  Bench<VirtioKeyboard> bench;
  KeyboardLeds last;
  bench.device->set_led_listener([&](KeyboardLeds leds) { last = leds; });
  bench.start();
  bench.send_status({EV_LED, LED_SCROLLL, 1});
  QVERIFY(last.scroll_lock);
  bench.host->deactivate();
  bench.run_ready();
  QCOMPARE(last, KeyboardLeds{});
}

void VirtioInputTest::many_status_events_are_all_taken() {
  Bench<VirtioKeyboard> bench;
  unsigned reports = 0;
  bench.device->set_led_listener([&](KeyboardLeds) { ++reports; });
  bench.start();
  for (std::uint32_t i = 0; i < 64; ++i) {
    const auto address = bench.host->arena().allocate(8);
    QVERIFY(bench.memory->write_object(address, InputEvent{EV_LED, LED_NUML, (i + 1) % 2}).ok());
    bench.host->driver(1).add({{address, 8, false}});
  }
  bench.host->kick(1);
  bench.run_ready();
  QCOMPARE(bench.host->driver(1).used_index(), std::uint16_t{64});
  QCOMPARE(reports, 1U);  // All in one turn: one report of how it ended.
}

void VirtioInputTest::short_buffers_break_the_device() {
  Bench<VirtioKeyboard> bench;
  bench.start();
  bench.host->driver(0).add({{bench.host->arena().allocate(8), 7, true}});
  bench.device->key(KEY_A, true);
  QVERIFY(!bench.host->broken_reason().empty());
  QCOMPARE(bench.host->driver(0).take_used()->written, 0U);
}

void VirtioInputTest::short_status_is_ignored() {
  Bench<VirtioKeyboard> bench;
  bench.start();
  bench.host->driver(1).add({{bench.host->arena().allocate(8), 4, false}});
  bench.host->kick(1);
  bench.run_ready();
  QCOMPARE(bench.host->driver(1).used_index(), std::uint16_t{1});
  QVERIFY(bench.host->broken_reason().empty());
}

void VirtioInputTest::missing_event_queue_is_survived() {
  Bench<VirtioKeyboard> bench;
  FakeVirtioHost::Options options;
  options.enabled = 0;
  bench.start(options);
  for (unsigned i = 0; i < 1000; ++i) {
    bench.device->key(KEY_A, i % 2 == 0);
  }
  QVERIFY(bench.host->broken_reason().empty());
}

void VirtioInputTest::tablet_sends_position_with_buttons() {
  Bench<VirtioTablet> bench;
  bench.start();
  bench.give_buffers(32);
  bench.device->position(100, 200);
  bench.device->button(PointerButton::kLeft, true);
  bench.device->position(100, 200);
  bench.device->button(PointerButton::kLeft, false);
  bench.device->button(PointerButton::kExtra, true);
  QCOMPARE(bench.events(), (std::vector<InputEvent>{{EV_ABS, ABS_X, 100},
                                                    {EV_ABS, ABS_Y, 200},
                                                    kSync,
                                                    {EV_KEY, BTN_LEFT, 1},
                                                    kSync,
                                                    {EV_KEY, BTN_LEFT, 0},
                                                    kSync,
                                                    {EV_KEY, BTN_EXTRA, 1},
                                                    kSync}));
}

void VirtioInputTest::tablet_clamps_positions() {
  Bench<VirtioTablet> bench;
  bench.start();
  bench.give_buffers(8);
  bench.device->position(0xffff, 0);
  QCOMPARE(bench.events(),
           (std::vector<InputEvent>{{EV_ABS, ABS_X, VirtioTablet::kMaxPosition}, {EV_ABS, ABS_Y, 0}, kSync}));
}

void VirtioInputTest::movements_are_merged_while_the_guest_is_slow() {
  Bench<VirtioTablet> bench;
  bench.start();
  for (std::uint16_t i = 1; i <= 1000; ++i) {
    bench.device->position(i, i);
  }
  bench.give_buffers(32);
  bench.give_buffers(1);
  QCOMPARE(bench.events(),
           (std::vector<InputEvent>{
               {EV_ABS, ABS_X, 1}, {EV_ABS, ABS_Y, 1}, kSync, {EV_ABS, ABS_X, 1000}, {EV_ABS, ABS_Y, 1000}, kSync}));
}

void VirtioInputTest::clicks_are_kept_while_the_guest_is_slow() {
  Bench<VirtioTablet> bench;
  bench.start();
  bench.device->position(1, 1);
  bench.device->position(2, 2);
  bench.device->button(PointerButton::kRight, true);
  bench.device->position(3, 3);
  bench.device->button(PointerButton::kRight, false);
  bench.give_buffers(32);
  QCOMPARE(bench.events(), (std::vector<InputEvent>{{EV_ABS, ABS_X, 1},
                                                    {EV_ABS, ABS_Y, 1},
                                                    kSync,
                                                    {EV_ABS, ABS_X, 2},
                                                    {EV_ABS, ABS_Y, 2},
                                                    {EV_KEY, BTN_RIGHT, 1},
                                                    kSync,
                                                    {EV_ABS, ABS_X, 3},
                                                    {EV_ABS, ABS_Y, 3},
                                                    {EV_KEY, BTN_RIGHT, 0},
                                                    kSync}));
}

void VirtioInputTest::wheel_adds_up() {
  Bench<VirtioTablet> bench;
  bench.start();
  bench.give_buffers(8);
  bench.device->wheel(1);
  bench.device->wheel(-2);
  bench.device->wheel(0);
  QCOMPARE(bench.events(), (std::vector<InputEvent>{{EV_REL, REL_WHEEL, 1}, kSync, {EV_REL, REL_WHEEL, -2U}, kSync}));
  bench.device->wheel(INT32_MIN);
  QCOMPARE(bench.events().front(),
           (InputEvent{EV_REL, REL_WHEEL, static_cast<std::uint32_t>(-VirtioTablet::kMaxWheel)}));
}

void VirtioInputTest::active_listener_hears_of_drivers() {
  Bench<VirtioTablet> bench;
  std::vector<bool> heard;
  bench.device->set_active_listener([&](bool active) { heard.push_back(active); });
  bench.start();
  bench.host->deactivate();
  bench.run_ready();
  bench.start();
  QCOMPARE(heard, (std::vector<bool>{true, false, true}));
}

QTEST_APPLESS_MAIN(VirtioInputTest)
#include "virtio_input_test.moc"
