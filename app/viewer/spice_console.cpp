// SPDX-License-Identifier: Apache-2.0
#include <spice-client.h>
// GLib first: Qt's macro "signals" is a member's name there.
#include <QtCore/QPointer>
#include <QtCore/QTimer>
#include <cstdlib>
#include <utility>
#include <vector>

#include "app/viewer/scan_codes.h"
#include "app/viewer/spice_console.h"

namespace saffron::viewer {

namespace {

struct ButtonCode {
  int number;
  int mask;
};

ButtonCode code_of(MouseButton button) {
  switch (button) {
    case MouseButton::kLeft:
      return {SPICE_MOUSE_BUTTON_LEFT, SPICE_MOUSE_BUTTON_MASK_LEFT};
    case MouseButton::kMiddle:
      return {SPICE_MOUSE_BUTTON_MIDDLE, SPICE_MOUSE_BUTTON_MASK_MIDDLE};
    case MouseButton::kRight:
      return {SPICE_MOUSE_BUTTON_RIGHT, SPICE_MOUSE_BUTTON_MASK_RIGHT};
    case MouseButton::kSide:
      return {SPICE_MOUSE_BUTTON_SIDE, SPICE_MOUSE_BUTTON_MASK_SIDE};
    case MouseButton::kExtra:
      return {SPICE_MOUSE_BUTTON_EXTRA, SPICE_MOUSE_BUTTON_MASK_EXTRA};
  }
  return {};
}

QImage::Format format_of(int spice_format) {
  switch (spice_format) {
    case SPICE_SURFACE_FMT_32_xRGB:
    case SPICE_SURFACE_FMT_32_ARGB:  // A screen is opaque, whatever its fourth byte says.
      return QImage::Format_RGB32;
    case SPICE_SURFACE_FMT_16_565:
      return QImage::Format_RGB16;
    case SPICE_SURFACE_FMT_16_555:
      return QImage::Format_RGB555;
    default:
      return QImage::Format_Invalid;
  }
}

}  // namespace

class SpiceConsole::Impl {
 public:
  explicit Impl(SpiceConsole& owner) : owner_(owner) {}
  ~Impl() { close(); }

  void open(const ConnectionTarget& target);
  void close();

  SpiceConsole& owner_;
  SpiceSession* session_ = nullptr;
  SpiceMainChannel* main_ = nullptr;
  SpiceInputsChannel* inputs_ = nullptr;
  bool open_ = false;
  bool inputs_open_ = false;
  QImage screen_;
  bool screen_is_borrowed_ = false;
  bool absolute_ = false;
  std::optional<CursorShape> cursor_;
  bool cursor_hidden_ = false;
  unsigned locks_ = 0;
  int buttons_ = 0;

 private:
  static void set_up(SpiceSession* session, const ConnectionTarget& target);
  static void channel_new(SpiceSession* session, SpiceChannel* channel, Impl* self);
  static void disconnected(SpiceSession* session, Impl* self);
  static void main_event(SpiceChannel* channel, SpiceChannelEvent event, Impl* self);
  static void inputs_event(SpiceChannel* channel, SpiceChannelEvent event, Impl* self);
  static void mouse_mode(SpiceChannel* channel, GParamSpec* property, Impl* self);
  static void primary_create(SpiceChannel* channel, int format, int width, int height, int stride, int shared_memory,
                             void* pixels, Impl* self);
  static void primary_destroy(SpiceChannel* channel, Impl* self);
  static void invalidate(SpiceChannel* channel, int x, int y, int width, int height, Impl* self);
  static void modifiers(SpiceChannel* channel, Impl* self);
  static void cursor_set(SpiceChannel* channel, int width, int height, int hot_x, int hot_y, void* rgba, Impl* self);
  static void cursor_hide(SpiceChannel* channel, Impl* self);
  static void cursor_reset(SpiceChannel* channel, Impl* self);

  void hook(void* object, const char* signal, GCallback callback);
  void keep_last_picture();
  void end(End why, const QString& detail);

  std::vector<GObject*> hooked_;  // Each with a reference of ours.
};

void SpiceConsole::Impl::hook(void* object, const char* signal, GCallback callback) {
  g_signal_connect(object, signal, callback, this);
  hooked_.push_back(G_OBJECT(g_object_ref(object)));
}

void SpiceConsole::Impl::set_up(SpiceSession* session, const ConnectionTarget& target) {
  // Each of these opens channels, or starts helpers, that nothing here uses yet.
  g_object_set(session, "enable-audio", FALSE, "enable-usbredir", FALSE, "enable-smartcard", FALSE, nullptr);
  const auto set_text = [&](const char* property, const QString& value) {
    if (!value.isEmpty()) {
      g_object_set(session, property, value.toUtf8().constData(), nullptr);
    }
  };
  set_text("uri", target.uri);
  set_text("host", target.host);
  set_text("port", target.port);
  set_text("tls-port", target.tls_port);
  set_text("password", target.password);
  set_text("cert-subject", target.host_subject);
  set_text("proxy", target.proxy);
  if (!target.ca.isEmpty()) {
    GByteArray* ca = g_byte_array_new();
    g_byte_array_append(ca, reinterpret_cast<const guint8*>(target.ca.constData()),
                        static_cast<guint>(target.ca.size()));
    g_object_set(session, "ca", ca, nullptr);
    g_byte_array_unref(ca);
  }
  if (!target.secure_channels.isEmpty()) {
    std::vector<QByteArray> names;
    std::vector<char*> pointers;
    for (const QString& name : target.secure_channels) {
      names.push_back(name.toUtf8());
    }
    for (QByteArray& name : names) {
      pointers.push_back(name.data());
    }
    pointers.push_back(nullptr);
    g_object_set(session, "secure-channels", pointers.data(), nullptr);
  }
}

void SpiceConsole::Impl::open(const ConnectionTarget& target) {
  close();
  session_ = spice_session_new();
  set_up(session_, target);
  hook(session_, "channel-new", G_CALLBACK(&Impl::channel_new));
  hook(session_, "disconnected", G_CALLBACK(&Impl::disconnected));
  if (!spice_session_connect(session_)) {
    end(End::kNoConnection, {});
  }
}

void SpiceConsole::Impl::close() {
  open_ = false;
  inputs_open_ = false;
  main_ = nullptr;
  inputs_ = nullptr;
  buttons_ = 0;
  keep_last_picture();
  for (GObject* object : std::exchange(hooked_, {})) {
    g_signal_handlers_disconnect_by_data(object, this);
    g_object_unref(object);
  }
  if (SpiceSession* session = std::exchange(session_, nullptr)) {
    spice_session_disconnect(session);
    g_object_unref(session);
  }
}

void SpiceConsole::Impl::keep_last_picture() {
  if (std::exchange(screen_is_borrowed_, false)) {
    screen_ = screen_.copy();
  }
}

void SpiceConsole::Impl::end(End why, const QString& detail) {
  if (session_ == nullptr) {
    return;
  }
  // Inside of a signal of the session: it must not go before that returns. But nothing more of it is heard.
  for (GObject* object : hooked_) {
    g_signal_handlers_disconnect_by_data(object, this);
  }
  open_ = false;
  inputs_open_ = false;
  inputs_ = nullptr;
  keep_last_picture();
  SpiceSession* ended_session = session_;
  QMetaObject::invokeMethod(
      &owner_,
      [this, why, detail, ended_session] {
        if (session_ == ended_session) {
          close();
          emit owner_.ended(why, detail);
        }
      },
      Qt::QueuedConnection);
}

void SpiceConsole::Impl::channel_new(SpiceSession*, SpiceChannel* channel, Impl* self) {
  int id = 0;
  g_object_get(channel, "channel-id", &id, nullptr);
  if (SPICE_IS_MAIN_CHANNEL(channel)) {
    self->main_ = SPICE_MAIN_CHANNEL(channel);
    self->hook(channel, "channel-event", G_CALLBACK(&Impl::main_event));
    self->hook(channel, "notify::mouse-mode", G_CALLBACK(&Impl::mouse_mode));
  } else if (SPICE_IS_DISPLAY_CHANNEL(channel) && id == 0) {
    self->hook(channel, "display-primary-create", G_CALLBACK(&Impl::primary_create));
    self->hook(channel, "display-primary-destroy", G_CALLBACK(&Impl::primary_destroy));
    self->hook(channel, "display-invalidate", G_CALLBACK(&Impl::invalidate));
    spice_channel_connect(channel);
  } else if (SPICE_IS_INPUTS_CHANNEL(channel)) {
    self->inputs_ = SPICE_INPUTS_CHANNEL(channel);
    self->hook(channel, "channel-event", G_CALLBACK(&Impl::inputs_event));
    self->hook(channel, "inputs-modifiers", G_CALLBACK(&Impl::modifiers));
    spice_channel_connect(channel);
  } else if (SPICE_IS_CURSOR_CHANNEL(channel) && id == 0) {
    self->hook(channel, "cursor-set", G_CALLBACK(&Impl::cursor_set));
    self->hook(channel, "cursor-hide", G_CALLBACK(&Impl::cursor_hide));
    self->hook(channel, "cursor-reset", G_CALLBACK(&Impl::cursor_reset));
    spice_channel_connect(channel);
  }
}

void SpiceConsole::Impl::disconnected(SpiceSession*, Impl* self) {
  self->end(End::kClosed, {});
}

void SpiceConsole::Impl::main_event(SpiceChannel* channel, SpiceChannelEvent event, Impl* self) {
  const GError* error = spice_channel_get_error(channel);
  const QString detail = error != nullptr ? QString::fromUtf8(error->message) : QString();
  switch (event) {
    case SPICE_CHANNEL_OPENED:
      self->open_ = true;
      self->cursor_.reset();
      self->cursor_hidden_ = false;
      emit self->owner_.opened();
      return;
    case SPICE_CHANNEL_CLOSED:
      self->end(End::kClosed, {});
      return;
    case SPICE_CHANNEL_ERROR_CONNECT:
      self->end(End::kNoConnection, detail);
      return;
    case SPICE_CHANNEL_ERROR_AUTH:
      self->end(End::kTicketRefused, detail);
      return;
    case SPICE_CHANNEL_ERROR_IO:
      // A server that dies in the middle of a message looks like this.
      self->end(self->open_ ? End::kClosed : End::kFailed, detail);
      return;
    case SPICE_CHANNEL_ERROR_TLS:
    case SPICE_CHANNEL_ERROR_LINK:
      self->end(End::kFailed, detail);
      return;
    default:
      return;
  }
}

void SpiceConsole::Impl::inputs_event(SpiceChannel*, SpiceChannelEvent event, Impl* self) {
  self->inputs_open_ = event == SPICE_CHANNEL_OPENED;
  if (self->inputs_open_) {
    emit self->owner_.inputs_opened();
  }
}

void SpiceConsole::Impl::mouse_mode(SpiceChannel* channel, GParamSpec*, Impl* self) {
  int mode = 0;
  g_object_get(channel, "mouse-mode", &mode, nullptr);
  self->absolute_ = mode == SPICE_MOUSE_MODE_CLIENT;
  emit self->owner_.pointer_mode_changed();
}

void SpiceConsole::Impl::primary_create(SpiceChannel*, int format, int width, int height, int stride, int, void* pixels,
                                        Impl* self) {
  const QImage::Format image_format = format_of(format);
  if (image_format == QImage::Format_Invalid || width <= 0 || height <= 0 || stride <= 0 || pixels == nullptr) {
    self->screen_ = QImage();
    self->screen_is_borrowed_ = false;
  } else {
    self->screen_ = QImage(static_cast<const uchar*>(pixels), width, height, stride, image_format);
    self->screen_is_borrowed_ = true;
  }
  emit self->owner_.screen_resized();
}

void SpiceConsole::Impl::primary_destroy(SpiceChannel*, Impl* self) {
  self->keep_last_picture();
}

void SpiceConsole::Impl::invalidate(SpiceChannel*, int x, int y, int width, int height, Impl* self) {
  emit self->owner_.screen_changed(QRect(x, y, width, height) & self->screen_.rect());
}

void SpiceConsole::Impl::modifiers(SpiceChannel* channel, Impl* self) {
  int lit = 0;
  g_object_get(channel, "key-modifiers", &lit, nullptr);
  self->locks_ = static_cast<unsigned>(lit);
  emit self->owner_.locks_changed();
}

void SpiceConsole::Impl::cursor_set(SpiceChannel*, int width, int height, int hot_x, int hot_y, void* rgba,
                                    Impl* self) {
  // The library has checked the size of what `rgba` points to against width and height.
  if (rgba != nullptr && width > 0 && height > 0) {
    const QImage shared(static_cast<const uchar*>(rgba), width, height, width * 4, QImage::Format_RGBA8888);
    self->cursor_ = CursorShape{shared.copy(), QPoint(hot_x, hot_y)};
    self->cursor_hidden_ = false;
    emit self->owner_.cursor_changed();
  }
}

void SpiceConsole::Impl::cursor_hide(SpiceChannel*, Impl* self) {
  self->cursor_hidden_ = true;
  emit self->owner_.cursor_changed();
}

void SpiceConsole::Impl::cursor_reset(SpiceChannel*, Impl* self) {
  self->cursor_.reset();
  self->cursor_hidden_ = false;
  emit self->owner_.cursor_changed();
}

SpiceConsole::SpiceConsole(QObject* parent) : QObject(parent), impl_(std::make_unique<Impl>(*this)) {}
SpiceConsole::~SpiceConsole() = default;

void SpiceConsole::open(const ConnectionTarget& target) {
  impl_->open(target);
}
void SpiceConsole::close() {
  impl_->close();
}
bool SpiceConsole::is_open() const {
  return impl_->open_;
}
bool SpiceConsole::takes_input() const {
  return impl_->inputs_open_;
}
const QImage& SpiceConsole::screen() const {
  return impl_->screen_;
}
bool SpiceConsole::absolute_pointer() const {
  return impl_->absolute_;
}
const std::optional<CursorShape>& SpiceConsole::cursor() const {
  return impl_->cursor_;
}
bool SpiceConsole::cursor_hidden() const {
  return impl_->cursor_hidden_;
}
unsigned SpiceConsole::locks() const {
  return impl_->locks_;
}

void SpiceConsole::key(std::uint16_t evdev_code, bool pressed) {
  const std::optional<unsigned> code = spice_scan_code(evdev_code);
  if (impl_->inputs_ == nullptr || !code) {
    return;
  }
  if (pressed) {
    spice_inputs_channel_key_press(impl_->inputs_, *code);
  } else {
    spice_inputs_channel_key_release(impl_->inputs_, *code);
  }
}

void SpiceConsole::set_locks(unsigned locks) {
  if (impl_->inputs_ != nullptr) {
    spice_inputs_channel_set_key_locks(impl_->inputs_, locks);
  }
}

void SpiceConsole::move_to(const QPoint& guest_position) {
  if (impl_->inputs_ != nullptr) {
    spice_inputs_channel_position(impl_->inputs_, guest_position.x(), guest_position.y(), 0, impl_->buttons_);
  }
}

void SpiceConsole::move_by(const QPoint& delta) {
  if (impl_->inputs_ != nullptr && !delta.isNull()) {
    spice_inputs_channel_motion(impl_->inputs_, delta.x(), delta.y(), impl_->buttons_);
  }
}

void SpiceConsole::button(MouseButton button, bool pressed) {
  const ButtonCode code = code_of(button);
  if (impl_->inputs_ == nullptr || ((impl_->buttons_ & code.mask) != 0) == pressed) {
    return;
  }
  impl_->buttons_ ^= code.mask;
  if (pressed) {
    spice_inputs_channel_button_press(impl_->inputs_, code.number, impl_->buttons_);
  } else {
    spice_inputs_channel_button_release(impl_->inputs_, code.number, impl_->buttons_);
  }
}

void SpiceConsole::wheel(int detents) {
  const int number = detents > 0 ? SPICE_MOUSE_BUTTON_UP : SPICE_MOUSE_BUTTON_DOWN;
  for (int i = 0; impl_->inputs_ != nullptr && i < std::abs(detents); ++i) {
    spice_inputs_channel_button_press(impl_->inputs_, number, impl_->buttons_);
    spice_inputs_channel_button_release(impl_->inputs_, number, impl_->buttons_);
  }
}

}  // namespace saffron::viewer
