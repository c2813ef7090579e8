// SPDX-License-Identifier: Apache-2.0
// Shows a console's screen and sends it what the user does.
//
// Keyboard: goes to the guest while the widget has the focus, all keys of it. A click also grabs it from the window
// manager (where the window system lets us), until the release key is pressed or the focus goes.
// Pointer: absolute positions when the guest takes them; else a click grabs the pointer, which is hidden and kept in
// the middle, and its motion is sent.
#pragma once

#include <QtWidgets/QWidget>
#include <cstdint>
#include <set>

#include "app/viewer/release_key.h"
#include "app/viewer/spice_console.h"
#include "app/viewer/view_geometry.h"

namespace saffron::viewer {

class ConsoleWidget final : public QWidget {
  Q_OBJECT
 public:
  explicit ConsoleWidget(SpiceConsole& console, QWidget* parent = nullptr);

  const View& view() const { return view_; }
  void set_view(const View& view);
  void set_release_key(const ReleaseKey& key);
  const ReleaseKey& release_key() const { return release_key_; }

  bool keyboard_grabbed() const { return keyboard_grabbed_; }
  bool pointer_grabbed() const { return pointer_grabbed_; }
  void grab_all();
  void release_all();

  /// Presses and lets go; for menus.
  void send_combination(const std::vector<std::uint16_t>& evdev_codes);

  QSize sizeHint() const override;

 signals:
  void grab_changed();
  /// The pointer, not grabbed, is at (or has left) the upper edge.
  void at_upper_edge(bool there);

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void keyReleaseEvent(QKeyEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override { mousePressEvent(event); }
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  bool focusNextPrevChild(bool) override { return false; }  // Tab is the guest's.

 private:
  QRect screen_in_widget() const;
  void adapt_size();
  void update_cursor();
  void key_event(QKeyEvent* event, bool pressed);
  void forward_key(KeyStroke stroke);
  void release_keys_and_buttons();
  void center_pointer();

  SpiceConsole& console_;
  View view_;
  ReleaseKey release_key_;
  bool keyboard_grabbed_ = false;
  bool pointer_grabbed_ = false;
  bool upper_edge_ = false;
  std::set<std::uint16_t> pressed_keys_;
  std::set<MouseButton> pressed_buttons_;
  QPoint motion_origin_;  // Where the grabbed pointer's next motion starts.
  int wheel_angle_ = 0;   // What is left of a detent, in eighths of a degree.
};

}  // namespace saffron::viewer
