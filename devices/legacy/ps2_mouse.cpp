// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/ps2_mouse.h"

#include <algorithm>
#include <cstdlib>

namespace saffron::legacy {
namespace {

// Answers.
constexpr std::uint8_t kAcknowledge = 0xfa;
constexpr std::uint8_t kError = 0xfc;
constexpr std::uint8_t kResend = 0xfe;
constexpr std::uint8_t kSelfTestPassed = 0xaa;

// Commands.
constexpr std::uint8_t kScaling1To1 = 0xe6;
constexpr std::uint8_t kScaling2To1 = 0xe7;
constexpr std::uint8_t kSetResolution = 0xe8;
constexpr std::uint8_t kStatusRequest = 0xe9;
constexpr std::uint8_t kStreamMode = 0xea;
constexpr std::uint8_t kReadData = 0xeb;
constexpr std::uint8_t kEndWrap = 0xec;
constexpr std::uint8_t kWrap = 0xee;
constexpr std::uint8_t kRemoteMode = 0xf0;
constexpr std::uint8_t kIdentify = 0xf2;
constexpr std::uint8_t kSetSampleRate = 0xf3;
constexpr std::uint8_t kEnable = 0xf4;
constexpr std::uint8_t kDisable = 0xf5;
constexpr std::uint8_t kDefaults = 0xf6;
constexpr std::uint8_t kReset = 0xff;

constexpr std::uint8_t kStandardId = 0;
constexpr std::uint8_t kWheelId = 3;
constexpr std::uint8_t kExplorerId = 4;

// First byte of a packet.
constexpr std::uint8_t kAlwaysSet = 1 << 3;
constexpr std::uint8_t kNegativeX = 1 << 4;
constexpr std::uint8_t kNegativeY = 1 << 5;

constexpr std::uint8_t kPacketButtons = 0x07;  // Left, right, middle.
constexpr std::int32_t kMaxPerPacket = 255;    // Nine bits with sign; -256 is left unused for symmetry.
constexpr std::int32_t kMaxWheelPerPacket = 7;

// A host that never reads gets no more than this. The longest answer, to E9, is four bytes.
constexpr std::size_t kMaxResponses = 16;

// PointerButton order (left, middle, right) to packet order (left, right, middle).
std::uint8_t packet_buttons(std::uint8_t buttons) {
  return static_cast<std::uint8_t>((buttons & 1) | (buttons & 4) >> 1 | (buttons & 2) << 1);
}

// Scaling 2:1 (IBM, "Set Scaling 2:1"): small motions shrink, large ones double.
std::int32_t scaled(std::int32_t counts) {
  constexpr std::int32_t kTable[] = {0, 1, 1, 3, 6, 9};
  const std::int32_t size = std::abs(counts);
  const std::int32_t result = size < 6 ? kTable[size] : std::min(size * 2, kMaxPerPacket);
  return counts < 0 ? -result : result;
}

}  // namespace

void Ps2Mouse::set_output_listener(std::function<void()> listener) {
  output_listener_ = std::move(listener);
}

bool Ps2Mouse::active() const {
  std::lock_guard lock(mutex_);
  return reporting_ || mode_ == Mode::kRemote;
}

bool Ps2Mouse::streams() const {
  return reporting_ && mode_ == Mode::kStream && !wrap_;
}

void Ps2Mouse::move(std::int32_t dx, std::int32_t dy, std::int32_t wheel) {
  bool ready = false;
  {
    std::lock_guard lock(mutex_);
    add(dx, dy, wheel);
    ready = streams();
  }
  if (ready && output_listener_) {
    output_listener_();
  }
}

void Ps2Mouse::button(ports::PointerButton button, bool pressed) {
  bool ready = false;
  {
    std::lock_guard lock(mutex_);
    const auto bit = static_cast<std::uint8_t>(1 << (static_cast<unsigned>(button) & 7));
    buttons_ = static_cast<std::uint8_t>(pressed ? buttons_ | bit : buttons_ & ~bit);
    add(0, 0, 0);
    ready = streams();
  }
  if (ready && output_listener_) {
    output_listener_();
  }
}

void Ps2Mouse::add(std::int32_t dx, std::int32_t dy, std::int32_t wheel) {
  if (!reporting_ && mode_ == Mode::kStream) {
    return;  // The counters stand still while reporting is off.
  }
  const std::uint8_t latest = pending_.empty() ? sent_buttons_ : pending_.back().buttons;
  const bool clicked = latest != buttons_;
  if (!clicked && dx == 0 && dy == 0 && wheel == 0) {
    return;
  }
  if (pending_.empty() || (clicked && pending_.size() < kMaxPending)) {
    pending_.push_back({0, 0, 0, buttons_});
  }
  Motion& motion = pending_.back();
  motion.dx = std::clamp(motion.dx + std::clamp(dx, -kMaxMotion, kMaxMotion), -kMaxMotion, kMaxMotion);
  motion.dy = std::clamp(motion.dy + std::clamp(dy, -kMaxMotion, kMaxMotion), -kMaxMotion, kMaxMotion);
  motion.wheel = std::clamp(motion.wheel + std::clamp(wheel, -kMaxMotion, kMaxMotion), -kMaxMotion, kMaxMotion);
  motion.buttons = buttons_;
}

// One packet of what is pending; a motion too large for one stays for the next.
void Ps2Mouse::make_packet(std::deque<std::uint8_t>& to, bool scale) {
  Motion rest{0, 0, 0, buttons_};
  if (!pending_.empty()) {
    rest = pending_.front();
    pending_.pop_front();
  }
  std::int32_t dx = std::clamp(rest.dx, -kMaxPerPacket, kMaxPerPacket);
  std::int32_t dy = std::clamp(rest.dy, -kMaxPerPacket, kMaxPerPacket);
  const std::int32_t wheel = std::clamp(rest.wheel, -kMaxWheelPerPacket, kMaxWheelPerPacket);
  rest.dx -= dx;
  rest.dy -= dy;
  rest.wheel = device_id_ == kStandardId ? 0 : rest.wheel - wheel;
  if (!rest.still()) {
    pending_.push_front(rest);
  }
  if (scale && double_scaling_) {
    dx = scaled(dx);
    dy = scaled(dy);
  }
  const std::int32_t up = -dy;
  to.push_back(static_cast<std::uint8_t>(kAlwaysSet | packet_buttons(rest.buttons) | (dx < 0 ? kNegativeX : 0) |
                                         (up < 0 ? kNegativeY : 0)));
  to.push_back(static_cast<std::uint8_t>(dx));
  to.push_back(static_cast<std::uint8_t>(up));
  if (device_id_ == kWheelId) {
    to.push_back(static_cast<std::uint8_t>(-wheel));
  } else if (device_id_ == kExplorerId) {
    const unsigned side_buttons = (rest.buttons >> 3 & 3U) << 4;
    to.push_back(static_cast<std::uint8_t>((static_cast<unsigned>(-wheel) & 0x0fU) | side_buttons));
  }
  sent_buttons_ = rest.buttons;
}

std::optional<std::uint8_t> Ps2Mouse::take() {
  std::lock_guard lock(mutex_);
  // An answer goes before motion, but not into the middle of a packet.
  std::deque<std::uint8_t>* from = &packet_;
  if (packet_.empty()) {
    if (!responses_.empty()) {
      from = &responses_;
    } else if (streams() && pending_command_ == 0 && !pending_.empty()) {
      make_packet(packet_, true);
    } else {
      return std::nullopt;
    }
  }
  last_sent_ = from->front();
  from->pop_front();
  return last_sent_;
}

void Ps2Mouse::receive(std::uint8_t byte) {
  std::lock_guard lock(mutex_);
  if (byte != kResend) {
    responses_.clear();
    packet_.clear();  // A byte from the host ends what the mouse was saying.
  }
  if (wrap_ && byte != kReset && byte != kEndWrap) {
    respond(byte);
    return;
  }
  const std::uint8_t command = pending_command_;
  pending_command_ = 0;
  if (command != 0 && byte < kScaling1To1) {
    handle_parameter(command, byte);
  } else {
    handle_command(byte);
  }
}

void Ps2Mouse::handle_parameter(std::uint8_t command, std::uint8_t value) {
  if (command == kSetResolution) {
    if (value > 3) {
      pending_command_ = command;  // It waits for a better value ("Set Resolution").
      refuse();
      return;
    }
    resolution_ = value;
  } else {
    // Mice know 10, 20, 40, 60, 80, 100 and 200; drivers probe with others, and want an acknowledge.
    sample_rate_ = value;
    note_rate(value);
  }
  refused_ = false;
  respond(kAcknowledge);
}

// The first bad byte is answered with "resend", the second in a row with "error".
void Ps2Mouse::refuse() {
  respond(refused_ ? kError : kResend);
  refused_ = !refused_;
}

// 200, 100, 80 turns the wheel on; 200, 200, 80 the side buttons too.
void Ps2Mouse::note_rate(std::uint8_t rate) {
  last_rates_ = {last_rates_[1], last_rates_[2], rate};
  if (last_rates_ == std::array<std::uint8_t, 3>{200, 100, 80} && device_id_ == kStandardId) {
    device_id_ = kWheelId;
  } else if (last_rates_ == std::array<std::uint8_t, 3>{200, 200, 80}) {
    device_id_ = kExplorerId;
  }
}

// The commands that answer with more than an acknowledgement; false: another one.
bool Ps2Mouse::answer_query(std::uint8_t command) {
  switch (command) {
    case kStatusRequest:
      respond_status();
      break;
    case kReadData:
      respond(kAcknowledge);
      make_packet(responses_, false);
      break;
    case kIdentify:
      respond(kAcknowledge);
      respond(device_id_);
      break;
    case kReset:
      set_defaults();
      device_id_ = kStandardId;
      respond(kAcknowledge);
      respond(kSelfTestPassed);
      respond(kStandardId);
      break;
    default:
      return false;
  }
  refused_ = false;
  return true;
}

void Ps2Mouse::handle_command(std::uint8_t command) {
  if (command == kResend) {
    if (responses_.empty()) {
      respond(last_sent_);
    }
    return;
  }
  if (command != kSetSampleRate && command != kIdentify) {
    last_rates_ = {};  // The sequences are of nothing but rates.
  }
  if (answer_query(command)) {
    return;
  }
  switch (command) {
    case kScaling1To1:
    case kScaling2To1:
      double_scaling_ = command == kScaling2To1;
      break;
    case kSetResolution:
    case kSetSampleRate:
      pending_command_ = command;
      break;
    case kStreamMode:
      mode_ = Mode::kStream;
      clear_motion();
      break;
    case kRemoteMode:
      mode_ = Mode::kRemote;
      clear_motion();
      break;
    case kEndWrap:
    case kWrap:
      wrap_ = command == kWrap;
      clear_motion();
      break;
    case kEnable:
    case kDisable:
      reporting_ = command == kEnable;
      clear_motion();
      break;
    case kDefaults:
      set_defaults();
      break;
    default:
      refuse();
      return;
  }
  refused_ = false;
  respond(kAcknowledge);
}

void Ps2Mouse::respond(std::uint8_t byte) {
  if (responses_.size() < kMaxResponses) {
    responses_.push_back(byte);
  }
}

void Ps2Mouse::respond_status() {
  const std::uint8_t buttons = packet_buttons(buttons_) & kPacketButtons;
  // Here the order is right, middle, left, from bit 0.
  const auto swapped = static_cast<std::uint8_t>((buttons & 1) << 2 | (buttons & 4) >> 1 | (buttons & 2) >> 1);
  respond(kAcknowledge);
  respond(static_cast<std::uint8_t>(swapped | (double_scaling_ ? 1 << 4 : 0) | (reporting_ ? 1 << 5 : 0) |
                                    (mode_ == Mode::kRemote ? 1 << 6 : 0)));
  respond(resolution_);
  respond(sample_rate_);
}

void Ps2Mouse::set_defaults() {
  sample_rate_ = 100;
  resolution_ = 2;
  double_scaling_ = false;
  mode_ = Mode::kStream;
  wrap_ = false;
  reporting_ = false;
  clear_motion();
}

void Ps2Mouse::clear_motion() {
  packet_.clear();
  pending_.clear();
  sent_buttons_ = buttons_;
}

void Ps2Mouse::reset() {
  std::lock_guard lock(mutex_);
  set_defaults();
  responses_.clear();
  last_rates_ = {};
  pending_command_ = 0;
  device_id_ = kStandardId;
  refused_ = false;
}

}  // namespace saffron::legacy
