// SPDX-License-Identifier: Apache-2.0
// The adapter while clients stay connected: changes of picture and size, several clients, one that does not read,
// keys, pointers and LEDs. The client is spice-client-glib, on Qt's GLib event dispatcher.
#include <linux/input-event-codes.h>
#undef signals  // Qt's word; GLib has a structure member of that name.
#include <spice-client.h>

#include <QtCore/QTemporaryDir>
#include <QtTest/QtTest>

#include "display/spice_loader.h"
#include "tests/fakes/fake_display_source.h"
#include "tests/fakes/fake_input.h"

using namespace saffron;
using ports::PointerButton;
using KeyLog = std::vector<std::pair<std::uint16_t, bool>>;
using ButtonLog = std::vector<std::pair<PointerButton, bool>>;

namespace {

class Host {
 public:
  Host(std::uint32_t width, std::uint32_t height) : source(width, height) {
    loop_thread = core::LoopThread::start("control").value();
    spice::SpiceRequest request;
    request.options.unix_socket_path = folder.filePath("spice.sock").toStdString();
    request.loop = &loop_thread->loop();
    request.inputs = {&keyboard, &mouse, &tablet};
    request.source = &source;
    run([&] { server = spice::load_spice_server(request).value(); });
  }
  ~Host() {
    run([&] { server.reset(); });
  }
  void run(const std::function<void()>& task) { loop_thread->loop().run_sync(task); }
  template <typename T>
  T get(const T& value) {
    T copy{};
    run([&] { copy = value; });
    return copy;
  }
  ports::Frame frame() {
    ports::Frame copy;
    run([&] { copy = source.capture(); });
    return copy;
  }
  QString uri() const { return "spice+unix://" + folder.filePath("spice.sock"); }

  QTemporaryDir folder;
  std::unique_ptr<core::LoopThread> loop_thread;
  fakes::FakeDisplaySource source;
  fakes::FakeKeyboard keyboard;
  fakes::FakeMouse mouse;
  fakes::FakeTablet tablet;
  std::unique_ptr<spice::SpiceServer> server;
};

/// A client that keeps the picture it was sent.
class Client {
 public:
  explicit Client(const Host& host, bool with_display = true) : with_display_(with_display) {
    session_ = spice_session_new();
    g_object_set(session_, "uri", host.uri().toUtf8().constData(), nullptr);
    g_signal_connect(session_, "channel-new", G_CALLBACK(&Client::channel_new), this);
    spice_session_connect(session_);
  }
  ~Client() {
    g_signal_handlers_disconnect_by_data(session_, this);
    for (SpiceChannel* channel : channels_) {
      g_signal_handlers_disconnect_by_data(channel, this);
    }
    spice_session_disconnect(session_);
    g_object_unref(session_);
  }

  ports::Frame frame() const {
    ports::Frame copy;
    if (pixels_ != nullptr) {
      copy.width = static_cast<std::uint32_t>(width_);
      copy.height = static_cast<std::uint32_t>(height_);
      for (int y = 0; y < height_; ++y) {
        const auto* row = reinterpret_cast<const std::uint32_t*>(static_cast<const std::uint8_t*>(pixels_) +
                                                                 static_cast<std::ptrdiff_t>(y) * stride_);
        for (int x = 0; x < width_; ++x) {
          copy.pixels.push_back(row[x] & 0xffffff);
        }
      }
    }
    return copy;
  }
  bool shows(const ports::Frame& wanted) const {
    const ports::Frame mine = frame();
    return mine.width == wanted.width && mine.height == wanted.height && mine.pixels == wanted.pixels;
  }

  SpiceInputsChannel* inputs = nullptr;
  SpiceMainChannel* main = nullptr;
  SpiceDisplayChannel* display = nullptr;
  bool opened = false;
  int invalidations = 0;
  std::int64_t invalid_pixels = 0;

 private:
  static void channel_new(SpiceSession*, SpiceChannel* channel, Client* self) {
    self->channels_.push_back(channel);
    if (SPICE_IS_MAIN_CHANNEL(channel)) {
      self->main = SPICE_MAIN_CHANNEL(channel);
    } else if (SPICE_IS_INPUTS_CHANNEL(channel)) {
      g_signal_connect(channel, "channel-event", G_CALLBACK(&Client::inputs_event), self);
      self->inputs = SPICE_INPUTS_CHANNEL(channel);
      spice_channel_connect(channel);
    } else if (SPICE_IS_DISPLAY_CHANNEL(channel)) {
      self->display = SPICE_DISPLAY_CHANNEL(channel);
      g_signal_connect(channel, "display-primary-create", G_CALLBACK(&Client::primary_create), self);
      g_signal_connect(channel, "display-primary-destroy", G_CALLBACK(&Client::primary_destroy), self);
      g_signal_connect(channel, "display-invalidate", G_CALLBACK(&Client::invalidate), self);
      if (self->with_display_) {
        spice_channel_connect(channel);
      }
    }
  }
  static void inputs_event(SpiceChannel*, SpiceChannelEvent event, Client* self) {
    self->opened = event == SPICE_CHANNEL_OPENED;
  }
  static void primary_create(SpiceChannel*, int, int width, int height, int stride, int, void* pixels, Client* self) {
    self->width_ = width;
    self->height_ = height;
    self->stride_ = stride;
    self->pixels_ = pixels;
  }
  static void primary_destroy(SpiceChannel*, Client* self) { self->pixels_ = nullptr; }
  static void invalidate(SpiceChannel*, int, int, int width, int height, Client* self) {
    ++self->invalidations;
    self->invalid_pixels += std::int64_t{width} * height;
  }

  bool with_display_;
  SpiceSession* session_ = nullptr;
  std::vector<SpiceChannel*> channels_;
  int width_ = 0;
  int height_ = 0;
  int stride_ = 0;
  const void* pixels_ = nullptr;
};

}  // namespace

class SpiceClientTest : public QObject {
  Q_OBJECT
 private slots:
  void changes_reach_every_client() {
    Host host(320, 200);
    Client first(host);
    Client second(host);
    host.run([&] { host.source.paint_pattern(1); });
    QTRY_VERIFY(first.shows(host.frame()));
    QTRY_VERIFY(second.shows(host.frame()));
    host.run([&] {
      host.source.fill({10, 20, 30, 40}, 0x00ff8000);
      host.source.fill({300, 190, 20, 10}, 0x00123456);
    });
    QTRY_VERIFY(first.shows(host.frame()));
    QTRY_VERIFY(second.shows(host.frame()));
  }

  void only_damage_is_sent_and_nothing_when_nothing_changed() {
    Host host(320, 200);
    Client client(host);
    host.run([&] { host.source.paint_pattern(1); });
    QTRY_VERIFY(client.shows(host.frame()));
    client.invalid_pixels = 0;
    host.run([&] { host.source.fill({100, 100, 16, 8}, 0x00abcdef); });
    QTRY_VERIFY(client.shows(host.frame()));
    QCOMPARE(client.invalid_pixels, std::int64_t{16 * 8});
  }

  void a_new_size_while_connected() {
    Host host(320, 200);
    Client client(host);
    host.run([&] { host.source.paint_pattern(1); });
    QTRY_VERIFY(client.shows(host.frame()));
    for (const std::uint32_t step : {1u, 2u, 3u}) {
      host.run([&] {
        host.source.set_mode(200 + step * 131, 100 + step * 77);
        host.source.paint_pattern(step);
      });
      QTRY_VERIFY(client.shows(host.frame()));
    }
    // In a row, faster than the worker follows; painted at once and once more.
    host.run([&] {
      for (std::uint32_t i = 1; i < 20; ++i) {
        host.source.set_mode(64 * i, 48 * i);
        host.source.paint_pattern(i);
      }
    });
    QTRY_VERIFY(client.shows(host.frame()));
    host.run([&] { host.source.fill({0, 0, 5, 5}, 0x00ffffff); });
    QTRY_VERIFY(client.shows(host.frame()));
  }

  void a_storm_of_updates_ends_in_the_right_picture() {
    Host host(640, 480);
    Client client(host);
    QTRY_VERIFY(client.shows(host.frame()));
    std::uint32_t state = 1;
    for (int round = 0; round < 30; ++round) {
      host.run([&] {
        for (int i = 0; i < 100; ++i) {
          state = state * 1664525u + 1013904223u;
          const auto x = static_cast<std::int32_t>((state >> 8) % 600);
          const auto y = static_cast<std::int32_t>((state >> 16) % 440);
          host.source.fill({x, y, 40, 40}, state & 0xffffff);
        }
        host.source.paint_pattern(static_cast<std::uint32_t>(round));
        host.source.fill({5, 5, 50, 50}, state & 0xffffff);
      });
    }
    QTRY_VERIFY(client.shows(host.frame()));
  }

  void a_client_that_does_not_read_costs_bounded_memory() {
    Host host(1024, 768);
    // This client's GLib loop does not run while the test holds the thread: it reads nothing.
    Client client(host);
    QTRY_VERIFY(client.shows(host.frame()));
    const auto resident_kib = [] {
      QFile file("/proc/self/status");
      if (!file.open(QIODevice::ReadOnly)) {
        return 0;
      }
      const QByteArray text = file.readAll();
      const qsizetype at = text.indexOf("RssAnon:") + 8;
      return text.mid(at, text.indexOf("kB", at) - at).trimmed().toInt();
    };
    const int before = resident_kib();
    for (std::uint32_t i = 0; i < 200; ++i) {
      host.run([&] { host.source.paint_pattern(i); });
    }
    // 200 frames are 600 MiB; two frames may wait here, the library and the sockets hold some.
    QVERIFY2(resident_kib() - before < 40 * 1024, qPrintable(QString::number(resident_kib() - before)));
    // It reads again: it gets the newest picture.
    QTRY_VERIFY_WITH_TIMEOUT(client.shows(host.frame()), 20'000);
  }

  void a_server_that_ends_takes_its_clients_along() {
    Host host(320, 200);
    Client client(host);
    QTRY_VERIFY(client.shows(host.frame()));
    bool closed = false;
    g_signal_connect(client.main, "channel-event", G_CALLBACK(+[](SpiceChannel*, SpiceChannelEvent event, bool* flag) {
                       *flag = *flag || event == SPICE_CHANNEL_CLOSED || event == SPICE_CHANNEL_ERROR_IO;
                     }),
                     &closed);
    host.run([&] { host.server.reset(); });
    QTRY_VERIFY(closed);
    g_signal_handlers_disconnect_by_data(client.main, &closed);
    // The device goes on without a sink.
    host.run([&] { host.source.paint_pattern(2); });
  }

  void keys_arrive_and_leds_come_back() {
    Host host(64, 48);
    Client client(host, false);
    QTRY_VERIFY(client.opened);
    spice_inputs_channel_key_press(client.inputs, 0x1e);
    spice_inputs_channel_key_release(client.inputs, 0x1e);
    spice_inputs_channel_key_press(client.inputs, 0x100 | 0x48);
    spice_inputs_channel_key_release(client.inputs, 0x100 | 0x48);
    QTRY_COMPARE(host.get(host.keyboard.keys),
                 (KeyLog{{KEY_A, true}, {KEY_A, false}, {KEY_UP, true}, {KEY_UP, false}}));
    QVERIFY(host.get(host.source.wakes) > 0);
    host.run([&] { host.keyboard.led_listener({.scroll_lock = false, .num_lock = true, .caps_lock = true}); });
    const auto modifiers = [&] {
      int value = 0;
      g_object_get(client.inputs, "key-modifiers", &value, nullptr);
      return value;
    };
    QTRY_COMPARE(modifiers(), SPICE_INPUTS_NUM_LOCK | SPICE_INPUTS_CAPS_LOCK);
  }

  void keys_held_by_a_client_that_dies_are_released() {
    Host host(64, 48);
    {
      Client client(host, false);
      QTRY_VERIFY(client.opened);
      spice_inputs_channel_key_press(client.inputs, 0x2a);
      QTRY_COMPARE(host.get(host.keyboard.keys), (KeyLog{{KEY_LEFTSHIFT, true}}));
    }
    QTRY_COMPARE(host.get(host.keyboard.keys).back(), (KeyLog::value_type{KEY_LEFTSHIFT, false}));
  }

  void the_mouse_has_motion_five_buttons_and_a_wheel() {
    Host host(64, 48);
    Client client(host, false);
    QTRY_VERIFY(client.opened);
    spice_inputs_channel_motion(client.inputs, 5, -7, 0);
    QTRY_COMPARE(host.get(host.mouse.x), 5);
    QCOMPARE(host.get(host.mouse.y), -7);
    ButtonLog wanted;
    int held = 0;
    for (const auto& [spice_button, mask, button] : kButtons) {
      held |= mask;
      spice_inputs_channel_button_press(client.inputs, spice_button, held);
      wanted.emplace_back(button, true);
      held &= ~mask;
      spice_inputs_channel_button_release(client.inputs, spice_button, held);
      wanted.emplace_back(button, false);
    }
    QTRY_COMPARE(host.get(host.mouse.buttons), wanted);
    spice_inputs_channel_button_press(client.inputs, SPICE_MOUSE_BUTTON_UP, 0);
    spice_inputs_channel_button_release(client.inputs, SPICE_MOUSE_BUTTON_UP, 0);
    QTRY_COMPARE(host.get(host.mouse.wheel), 1);
    spice_inputs_channel_button_press(client.inputs, SPICE_MOUSE_BUTTON_DOWN, 0);
    spice_inputs_channel_button_release(client.inputs, SPICE_MOUSE_BUTTON_DOWN, 0);
    QTRY_COMPARE(host.get(host.mouse.wheel), 0);
  }

  void the_tablet_takes_over_while_the_guest_listens_to_it() {
    Host host(640, 480);
    Client client(host);
    QTRY_VERIFY(client.opened);
    QTRY_VERIFY(client.shows(host.frame()));
    const auto mouse_mode = [&] {
      int value = 0;
      g_object_get(client.main, "mouse-mode", &value, nullptr);
      return value;
    };
    QTRY_COMPARE(mouse_mode(), static_cast<int>(SPICE_MOUSE_MODE_SERVER));
    host.run([&] { host.tablet.set_active(true); });
    QTRY_COMPARE(mouse_mode(), static_cast<int>(SPICE_MOUSE_MODE_CLIENT));

    spice_inputs_channel_position(client.inputs, 0, 0, 0, 0);
    QTRY_COMPARE(host.get(host.tablet.positions).size(), std::size_t{1});
    spice_inputs_channel_position(client.inputs, 639, 479, 0, 0);
    QTRY_COMPARE(host.get(host.tablet.positions).size(), std::size_t{2});
    const auto positions = host.get(host.tablet.positions);
    QVERIFY(positions[0].first < 32 && positions[0].second < 40);
    QVERIFY(positions[1].first > 32767 - 32 && positions[1].second > 32767 - 40);

    ButtonLog wanted;
    for (const auto& [spice_button, mask, button] : kButtons) {
      spice_inputs_channel_button_press(client.inputs, spice_button, mask);
      wanted.emplace_back(button, true);
      spice_inputs_channel_button_release(client.inputs, spice_button, 0);
      wanted.emplace_back(button, false);
    }
    QTRY_COMPARE(host.get(host.tablet.buttons), wanted);
    spice_inputs_channel_button_press(client.inputs, SPICE_MOUSE_BUTTON_DOWN, 0);
    spice_inputs_channel_button_release(client.inputs, SPICE_MOUSE_BUTTON_DOWN, 0);
    QTRY_COMPARE(host.get(host.tablet.wheel_detents), -1);
    QVERIFY(host.get(host.mouse.buttons).empty());

    spice_inputs_channel_button_press(client.inputs, SPICE_MOUSE_BUTTON_LEFT, SPICE_MOUSE_BUTTON_MASK_LEFT);
    QTRY_COMPARE(host.get(host.tablet.buttons).back(), (ButtonLog::value_type{PointerButton::kLeft, true}));
    host.run([&] { host.tablet.set_active(false); });
    QTRY_COMPARE(mouse_mode(), static_cast<int>(SPICE_MOUSE_MODE_SERVER));
    QCOMPARE(host.get(host.tablet.buttons).back(), (ButtonLog::value_type{PointerButton::kLeft, false}));
  }

 private:
  struct Button {
    int spice_button;
    int mask;
    PointerButton button;
  };
  const std::vector<Button> kButtons{
      {SPICE_MOUSE_BUTTON_LEFT, SPICE_MOUSE_BUTTON_MASK_LEFT, PointerButton::kLeft},
      {SPICE_MOUSE_BUTTON_MIDDLE, SPICE_MOUSE_BUTTON_MASK_MIDDLE, PointerButton::kMiddle},
      {SPICE_MOUSE_BUTTON_RIGHT, SPICE_MOUSE_BUTTON_MASK_RIGHT, PointerButton::kRight},
      {SPICE_MOUSE_BUTTON_SIDE, SPICE_MOUSE_BUTTON_MASK_SIDE, PointerButton::kSide},
      {SPICE_MOUSE_BUTTON_EXTRA, SPICE_MOUSE_BUTTON_MASK_EXTRA, PointerButton::kExtra},
  };
};

QTEST_GUILESS_MAIN(SpiceClientTest)
#include "spice_client_test.moc"
