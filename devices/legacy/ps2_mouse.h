// SPDX-License-Identifier: Apache-2.0
// Ps2Mouse: a PS/2 mouse behind the controller.
// Models: the standard mouse, IntelliMouse (wheel, id 3) and IntelliMouse Explorer (wheel and five buttons, id 4) by
// their sample rate sequences; stream, remote and wrap modes, scaling, status, resend, reset with its self test.
// Resolution and sample rate are kept and reported, but motion is passed on as it comes: the pointer's owner has
// scaled it already, and the host's reading sets the pace. Missing: touchpad extensions.
// Sources: IBM PS/2 Technical Reference "Mouse"; Microsoft "Intellimouse" PS/2 protocol notes.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

#include "devices/legacy/ps2_device.h"
#include "devices/ports/input.h"

namespace saffron::legacy {

/// Ps2Device calls come on vCPU threads, MousePort calls on the control thread.
///
/// Motion that the guest has not taken is added up; clicks are kept apart, up to kMaxPending of them, after which they
/// merge into the last, so that the buttons' final state always arrives.
class Ps2Mouse final : public Ps2Device, public ports::MousePort {
 public:
  static constexpr std::size_t kMaxPending = 16;
  static constexpr std::int32_t kMaxMotion = 4096;  // Counts that pile up while nobody reads.

  void receive(std::uint8_t byte) override;
  std::optional<std::uint8_t> take() override;
  void set_output_listener(std::function<void()> listener) override;

  bool active() const override;
  void move(std::int32_t dx, std::int32_t dy, std::int32_t wheel) override;
  void button(ports::PointerButton button, bool pressed) override;

  /// Any thread. As at power on, but without the self test's answer.
  void reset();

 private:
  enum class Mode : std::uint8_t { kStream, kRemote };
  /// Motion since the last packet, and the buttons as they are after it. Positive is right, down, scroll up.
  struct Motion {
    std::int32_t dx = 0;
    std::int32_t dy = 0;
    std::int32_t wheel = 0;
    std::uint8_t buttons = 0;  // Bit n: PointerButton n.
    bool still() const { return dx == 0 && dy == 0 && wheel == 0; }
  };

  bool answer_query(std::uint8_t command);
  void handle_command(std::uint8_t command);
  void handle_parameter(std::uint8_t command, std::uint8_t value);
  void refuse();
  void note_rate(std::uint8_t rate);
  void respond(std::uint8_t byte);
  void respond_status();
  void set_defaults();
  void clear_motion();
  void add(std::int32_t dx, std::int32_t dy, std::int32_t wheel);
  void make_packet(std::deque<std::uint8_t>& to, bool scale);
  bool streams() const;

  std::function<void()> output_listener_;
  mutable std::mutex mutex_;  // Guards what follows. No listener runs under it.
  std::deque<std::uint8_t> responses_;
  std::deque<std::uint8_t> packet_;  // What is left of the packet under way.
  std::deque<Motion> pending_;
  std::uint8_t buttons_ = 0;       // As they are now.
  std::uint8_t sent_buttons_ = 0;  // As the last packet said.
  std::array<std::uint8_t, 3> last_rates_{};
  std::uint8_t pending_command_ = 0;
  std::uint8_t last_sent_ = 0;
  std::uint8_t device_id_ = 0;
  std::uint8_t resolution_ = 2;
  std::uint8_t sample_rate_ = 100;
  Mode mode_ = Mode::kStream;
  bool wrap_ = false;
  bool reporting_ = false;
  bool double_scaling_ = false;
  bool refused_ = false;  // The last byte was answered with FE.
};

}  // namespace saffron::legacy
