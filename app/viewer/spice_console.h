// SPDX-License-Identifier: Apache-2.0
// One connection to a console through spice-client-glib: the only place of the viewer that sees GLib. It runs on GLib's
// default main context, which Qt's event dispatcher shares; so all is on the GUI thread, and nothing here blocks.
//
// Models: display channel 0, inputs, cursor shapes, mouse modes, tickets.
// Missing: several monitors, audio, clipboard, files, USB, GL scanouts.
#pragma once

#include <QtCore/QObject>
#include <QtCore/QPoint>
#include <QtCore/QRect>
#include <QtGui/QImage>
#include <cstdint>
#include <memory>
#include <optional>

#include "app/viewer/connection_target.h"

namespace saffron::viewer {

enum class MouseButton { kLeft, kMiddle, kRight, kSide, kExtra };

/// Bits of SpiceConsole::locks().
enum KeyLock : unsigned { kScrollLock = 1, kNumLock = 2, kCapsLock = 4 };

struct CursorShape {
  QImage image;
  QPoint hot_spot;
};

class SpiceConsole final : public QObject {
  Q_OBJECT
 public:
  enum class End {
    kClosed,         // The other side has ended it: the machine is off, or another viewer took its place.
    kNoConnection,   // Nobody answers there.
    kTicketRefused,  // A password is needed, or was wrong.
    kFailed,
  };

  explicit SpiceConsole(QObject* parent = nullptr);
  ~SpiceConsole() override;

  /// Ends what there is, and starts to connect; then either opened() or ended() is emitted.
  void open(const ConnectionTarget& target);
  /// Emits nothing.
  void close();
  bool is_open() const;
  /// Keys and pointer reach the guest from inputs_opened() on, a moment after opened().
  bool takes_input() const;

  /// The guest's screen, in its own pixels (RGB32); null if there is none. After the end: the last picture. Shares the
  /// library's memory: copy it to keep it.
  const QImage& screen() const;
  /// Whether the guest takes absolute positions; else relative motion.
  bool absolute_pointer() const;
  /// The guest's own pointer picture; empty if the guest draws it into its screen.
  const std::optional<CursorShape>& cursor() const;
  bool cursor_hidden() const;
  /// KeyLock bits that are lit.
  unsigned locks() const;

  // What the user does. Without a connection nothing happens.
  void key(std::uint16_t evdev_code, bool pressed);
  /// Asks the guest to have these locks: KeyLock bits.
  void set_locks(unsigned locks);
  void move_to(const QPoint& guest_position);
  void move_by(const QPoint& delta);
  void button(MouseButton button, bool pressed);
  /// Detents; positive is away from the user.
  void wheel(int detents);

 signals:
  void opened();
  void inputs_opened();
  void ended(saffron::viewer::SpiceConsole::End why, const QString& detail);
  void screen_resized();
  void screen_changed(const QRect& area);
  void cursor_changed();
  void pointer_mode_changed();
  void locks_changed();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saffron::viewer
