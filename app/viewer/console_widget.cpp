// SPDX-License-Identifier: Apache-2.0
#include "app/viewer/console_widget.h"

#include <QtGui/QCursor>
#include <QtGui/QGuiApplication>
#include <QtGui/QKeyEvent>
#include <QtGui/QMouseEvent>
#include <QtGui/QPainter>
#include <QtGui/QWheelEvent>
#include <cmath>
#include <optional>
#include <utility>

#include "app/viewer/host_locks.h"
#include "app/viewer/scan_codes.h"

namespace saffron::viewer {

namespace {

/// QWheelEvent: 120 eighths of a degree are one detent of a usual wheel.
constexpr int kDetentAngle = 120;

std::optional<MouseButton> button_of(Qt::MouseButton button) {
  switch (button) {
    case Qt::LeftButton:
      return MouseButton::kLeft;
    case Qt::MiddleButton:
      return MouseButton::kMiddle;
    case Qt::RightButton:
      return MouseButton::kRight;
    case Qt::BackButton:
      return MouseButton::kSide;
    case Qt::ForwardButton:
      return MouseButton::kExtra;
    default:
      return std::nullopt;
  }
}

/// Wayland lets no program move the pointer; motion is then what there is within the window.
bool can_warp() {
  return !QGuiApplication::platformName().startsWith("wayland");
}

/// A guest without pointer pictures of its own draws the pointer into its screen, a moment later than ours moves. So
/// ours is a dot: enough to see where one is while the guest draws nothing yet.
QCursor dot_cursor() {
  QPixmap pixmap(5, 5);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.fillRect(QRect(0, 1, 5, 3), Qt::white);
  painter.fillRect(QRect(1, 0, 3, 5), Qt::white);
  painter.fillRect(QRect(1, 1, 3, 3), Qt::black);
  painter.end();
  return QCursor(pixmap, 2, 2);
}

}  // namespace

ConsoleWidget::ConsoleWidget(SpiceConsole& console, QWidget* parent) : QWidget(parent), console_(console) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAttribute(Qt::WA_OpaquePaintEvent);
  // Keys are the guest's: no composing on the way.
  setAttribute(Qt::WA_InputMethodEnabled, false);
  setAccessibleName(tr("Guest screen"));
  connect(&console_, &SpiceConsole::screen_resized, this, [this] {
    adapt_size();
    update();
  });
  connect(&console_, &SpiceConsole::screen_changed, this, [this](const QRect& area) {
    update(widget_area(area, devicePixelRatioF(), screen_in_widget(), console_.screen().size()));
  });
  connect(&console_, &SpiceConsole::cursor_changed, this, &ConsoleWidget::update_cursor);
  connect(&console_, &SpiceConsole::pointer_mode_changed, this, [this] {
    if (pointer_grabbed_ && console_.absolute_pointer()) {
      pointer_grabbed_ = false;
      releaseMouse();
      emit grab_changed();
    }
    update_cursor();
  });
  connect(&console_, &SpiceConsole::opened, this, &ConsoleWidget::update_cursor);
  connect(&console_, &SpiceConsole::inputs_opened, this, [this] {
    if (hasFocus()) {
      focusInEvent(nullptr);
    }
  });
  connect(&console_, &SpiceConsole::ended, this, [this] { release_all(); });
}

void ConsoleWidget::set_view(const View& view) {
  view_ = view;
  adapt_size();
  update_cursor();
  update();
}

void ConsoleWidget::set_release_key(const ReleaseKey& key) {
  release_key_ = key;
  emit grab_changed();
}

QSize ConsoleWidget::sizeHint() const {
  const QSize guest = console_.screen().size();
  return guest.isEmpty() ? QSize(720, 400)
                         : widget_size_for(guest, View{ViewMode::kActualSize, 1.0}, devicePixelRatioF());
}

/// At its actual size the widget may be larger than what its scroll area shows.
void ConsoleWidget::adapt_size() {
  const QSize guest = console_.screen().size();
  setMinimumSize(view_.mode == ViewMode::kScaled || guest.isEmpty()
                     ? QSize(0, 0)
                     : widget_size_for(guest, view_, devicePixelRatioF()));
  updateGeometry();
}

QRect ConsoleWidget::screen_in_widget() const {
  return screen_rect(physical_size(size(), devicePixelRatioF()), console_.screen().size(), view_);
}

void ConsoleWidget::resizeEvent(QResizeEvent*) {
  update_cursor();
}

void ConsoleWidget::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const QImage& screen = console_.screen();
  painter.fillRect(rect(), Qt::black);
  if (screen.isNull()) {
    return;
  }
  const double ratio = devicePixelRatioF();
  // Paint in physical pixels. With a fractional ratio the widget itself may begin between two of them.
  const QPointF origin = QPointF(mapTo(window(), QPoint(0, 0))) * ratio;
  painter.scale(1 / ratio, 1 / ratio);
  painter.translate(std::round(origin.x()) - origin.x(), std::round(origin.y()) - origin.y());
  const QRect target = screen_in_widget();
  if (target.size() == screen.size()) {
    painter.drawImage(target.topLeft(), screen);
    return;
  }
  const bool whole_multiple = target.width() % screen.width() == 0 && target.height() % screen.height() == 0;
  painter.setRenderHint(QPainter::SmoothPixmapTransform, !whole_multiple);
  painter.drawImage(target, screen);
}

void ConsoleWidget::update_cursor() {
  if (!console_.is_open()) {
    unsetCursor();
    return;
  }
  if (pointer_grabbed_ || (console_.cursor_hidden() && console_.absolute_pointer())) {
    setCursor(Qt::BlankCursor);
    return;
  }
  if (!console_.absolute_pointer()) {
    setCursor(Qt::ArrowCursor);  // Not in the guest yet: a click takes it there.
    return;
  }
  const std::optional<CursorShape>& shape = console_.cursor();
  if (!shape) {
    setCursor(dot_cursor());
    return;
  }
  // As large as the screen around it.
  const QSize guest = console_.screen().size();
  const double scale = guest.isEmpty() ? 1.0 : static_cast<double>(screen_in_widget().width()) / guest.width();
  const double ratio = devicePixelRatioF();
  const QSize size(std::max(1, static_cast<int>(std::lround(shape->image.width() * scale))),
                   std::max(1, static_cast<int>(std::lround(shape->image.height() * scale))));
  QPixmap pixmap = QPixmap::fromImage(shape->image.size() == size
                                          ? shape->image
                                          : shape->image.scaled(size, Qt::IgnoreAspectRatio, Qt::SmoothTransformation));
  pixmap.setDevicePixelRatio(ratio);
  setCursor(QCursor(pixmap, static_cast<int>(shape->hot_spot.x() * scale / ratio),
                    static_cast<int>(shape->hot_spot.y() * scale / ratio)));
}

bool ConsoleWidget::event(QEvent* event) {
  if (event->type() == QEvent::ShortcutOverride) {
    event->accept();  // The guest's, not the menus'.
    return true;
  }
  return QWidget::event(event);
}

void ConsoleWidget::keyPressEvent(QKeyEvent* event) {
  key_event(event, true);
}

void ConsoleWidget::keyReleaseEvent(QKeyEvent* event) {
  // X11 repeats a held key as releases and presses. The guest gets repeated presses, as from a real keyboard.
  if (!event->isAutoRepeat()) {
    key_event(event, false);
  }
}

void ConsoleWidget::key_event(QKeyEvent* event, bool pressed) {
  event->accept();
  std::uint16_t code = evdev_from_native(event->nativeScanCode());
  if (code == 0) {
    code = evdev_from_qt(event->key(), event->modifiers());
  }
  if (code == 0) {
    return;
  }
  const ReleaseKey::Outcome outcome = release_key_.feed({code, pressed});
  for (const KeyStroke& stroke : outcome.forward) {
    forward_key(stroke);
  }
  if (outcome.release) {
    release_all();
  }
}

void ConsoleWidget::forward_key(KeyStroke stroke) {
  if (stroke.pressed) {
    pressed_keys_.insert(stroke.evdev_code);
  } else if (pressed_keys_.erase(stroke.evdev_code) == 0) {
    return;  // Pressed elsewhere; the guest has never heard of it.
  }
  console_.key(stroke.evdev_code, stroke.pressed);
}

void ConsoleWidget::send_combination(const std::vector<std::uint16_t>& evdev_codes) {
  for (const std::uint16_t code : evdev_codes) {
    console_.key(code, true);
  }
  for (auto code = evdev_codes.rbegin(); code != evdev_codes.rend(); ++code) {
    console_.key(*code, false);
  }
}

void ConsoleWidget::mousePressEvent(QMouseEvent* event) {
  if (!console_.is_open()) {
    return;
  }
  const bool enters = !console_.absolute_pointer() && !pointer_grabbed_;
  grab_all();
  const std::optional<MouseButton> button = button_of(event->button());
  if (enters || !button) {
    return;  // The click that takes the pointer into the guest is not the guest's.
  }
  if (console_.absolute_pointer()) {
    console_.move_to(
        guest_position(event->position(), devicePixelRatioF(), screen_in_widget(), console_.screen().size()));
  }
  pressed_buttons_.insert(*button);
  console_.button(*button, true);
}

void ConsoleWidget::mouseReleaseEvent(QMouseEvent* event) {
  const std::optional<MouseButton> button = button_of(event->button());
  if (button && pressed_buttons_.erase(*button) != 0) {
    console_.button(*button, false);
  }
}

void ConsoleWidget::mouseMoveEvent(QMouseEvent* event) {
  const bool edge = !pointer_grabbed_ && event->position().y() < 2;
  if (std::exchange(upper_edge_, edge) != edge) {
    emit at_upper_edge(edge);
  }
  if (!console_.is_open()) {
    return;
  }
  if (console_.absolute_pointer()) {
    console_.move_to(
        guest_position(event->position(), devicePixelRatioF(), screen_in_widget(), console_.screen().size()));
    return;
  }
  if (pointer_grabbed_) {
    const QPoint position = event->position().toPoint();
    const QPoint delta = position - motion_origin_;
    if (!delta.isNull()) {
      console_.move_by(delta);
      motion_origin_ = position;
      center_pointer();
    }
  }
}

void ConsoleWidget::wheelEvent(QWheelEvent* event) {
  event->accept();
  if (!console_.is_open() || (!console_.absolute_pointer() && !pointer_grabbed_)) {
    return;
  }
  wheel_angle_ += event->angleDelta().y();
  console_.wheel(wheel_angle_ / kDetentAngle);
  wheel_angle_ %= kDetentAngle;
}

/// Keeps it from an edge, where it would stop. Its echo, a move to the very middle, is no motion.
void ConsoleWidget::center_pointer() {
  if (can_warp()) {
    motion_origin_ = rect().center();
    QCursor::setPos(mapToGlobal(motion_origin_));
  }
}

void ConsoleWidget::grab_all() {
  setFocus();
  const bool before = keyboard_grabbed_ || pointer_grabbed_;
  if (!keyboard_grabbed_) {
    keyboard_grabbed_ = true;
    grabKeyboard();
  }
  if (!pointer_grabbed_ && console_.is_open() && !console_.absolute_pointer()) {
    pointer_grabbed_ = true;
    grabMouse();
    update_cursor();
    motion_origin_ = mapFromGlobal(QCursor::pos());
    center_pointer();
  }
  if (!before || pointer_grabbed_) {
    emit grab_changed();
  }
}

void ConsoleWidget::release_all() {
  release_keys_and_buttons();
  if (std::exchange(keyboard_grabbed_, false)) {
    releaseKeyboard();
  }
  if (std::exchange(pointer_grabbed_, false)) {
    releaseMouse();
  }
  update_cursor();
  emit grab_changed();
}

void ConsoleWidget::release_keys_and_buttons() {
  release_key_.reset();
  for (const std::uint16_t code : std::exchange(pressed_keys_, {})) {
    console_.key(code, false);
  }
  for (const MouseButton button : std::exchange(pressed_buttons_, {})) {
    console_.button(button, false);
  }
}

void ConsoleWidget::focusInEvent(QFocusEvent*) {
  // Caps Lock may have been pressed in another window.
  if (const auto locks = host_locks(); locks && console_.takes_input()) {
    console_.set_locks(*locks);
  }
}

void ConsoleWidget::focusOutEvent(QFocusEvent*) {
  // Alt+Tab: the guest must not go on holding Alt.
  release_all();
}

}  // namespace saffron::viewer
