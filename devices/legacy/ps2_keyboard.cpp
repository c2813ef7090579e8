// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/ps2_keyboard.h"

#include <linux/input-event-codes.h>

namespace saffron::legacy {
namespace {

// Answers.
constexpr std::uint8_t kAcknowledge = 0xfa;
constexpr std::uint8_t kResend = 0xfe;
constexpr std::uint8_t kSelfTestPassed = 0xaa;

// Commands.
constexpr std::uint8_t kSetLeds = 0xed;
constexpr std::uint8_t kEcho = 0xee;
constexpr std::uint8_t kScanCodeSet = 0xf0;
constexpr std::uint8_t kIdentify = 0xf2;
constexpr std::uint8_t kTypematic = 0xf3;
constexpr std::uint8_t kEnable = 0xf4;
constexpr std::uint8_t kDisable = 0xf5;
constexpr std::uint8_t kDefaults = 0xf6;
constexpr std::uint8_t kAllRepeat = 0xf7;
constexpr std::uint8_t kAllMakeBreak = 0xf8;
constexpr std::uint8_t kAllMake = 0xf9;
constexpr std::uint8_t kAllRepeatMakeBreak = 0xfa;
constexpr std::uint8_t kKeyRepeat = 0xfb;
constexpr std::uint8_t kKeyMakeBreak = 0xfc;
constexpr std::uint8_t kKeyMake = 0xfd;
constexpr std::uint8_t kReset = 0xff;

// The longest answer is two bytes; a host that never reads gets no more than this.
constexpr std::size_t kMaxResponses = 16;
// A real keyboard needs about a millisecond for each byte. This gap after a full FIFO lets a driver that empties the
// keyboard see it empty.
constexpr std::int64_t kRefillDelayNs = 2'000'000;

}  // namespace

Ps2Keyboard::Ps2Keyboard(core::TimerService& control_timers)
    : clock_(control_timers.clock()),
      refill_timer_(control_timers.create_timer([this] { refill(); })),
      led_timer_(control_timers.create_timer([this] { tell_leds(); })) {}

Ps2Keyboard::~Ps2Keyboard() = default;

void Ps2Keyboard::set_output_listener(std::function<void()> listener) {
  output_listener_ = std::move(listener);
}

void Ps2Keyboard::set_led_listener(std::function<void(ports::KeyboardLeds)> listener) {
  led_listener_ = std::move(listener);
}

bool Ps2Keyboard::active() const {
  std::lock_guard lock(mutex_);
  return scanning_;
}

void Ps2Keyboard::key(std::uint16_t evdev_code, bool pressed) {
  {
    std::lock_guard lock(mutex_);
    note_modifier(evdev_code, pressed);  // Also while nobody scans: what is held stays held.
    const Event event{evdev_code, pressed, modifiers_};
    if (!scanning_) {
      return;
    }
    if (!backlog_.empty() || !move_to_fifo(event)) {
      if (backlog_.size() < kMaxBacklog) {
        backlog_.push_back(event);
      }
      return;  // The FIFO is full: the host has been told before, and take() arms the timer once it is empty.
    }
  }
  if (output_listener_) {
    output_listener_();
  }
}

void Ps2Keyboard::note_modifier(std::uint16_t code, bool pressed) {
  switch (code) {
    case KEY_LEFTSHIFT:
    case KEY_RIGHTSHIFT:
      modifiers_.shift = pressed;
      break;
    case KEY_LEFTCTRL:
    case KEY_RIGHTCTRL:
      modifiers_.control = pressed;
      break;
    case KEY_LEFTALT:
    case KEY_RIGHTALT:
      modifiers_.alt = pressed;
      break;
    default:
      break;
  }
}

// False if the whole event does not fit. An event that sends nothing always fits.
bool Ps2Keyboard::move_to_fifo(const Event& event) {
  if (scan_set_ == 3 && !event.pressed && make_only_[set3_code(event.code)]) {
    return true;
  }
  const ScanSequence sequence = scan_sequence(event.code, event.pressed, scan_set_, event.modifiers);
  const auto bytes = sequence.bytes();
  if (fifo_.size() + bytes.size() > kFifoBytes) {
    return false;
  }
  if (!bytes.empty()) {
    fifo_.insert(fifo_.end(), bytes.begin(), bytes.end());
    event_sizes_.push_back(static_cast<std::uint8_t>(bytes.size()));
  }
  return true;
}

std::optional<std::uint8_t> Ps2Keyboard::take() {
  std::lock_guard lock(mutex_);
  // An answer goes before keys, but not into the middle of one.
  if (event_bytes_left_ == 0 && !responses_.empty()) {
    last_sent_ = responses_.front();
    responses_.pop_front();
    return last_sent_;
  }
  // Once a command waits for its parameter, the keyboard sends no keys.
  if (fifo_.empty() || (event_bytes_left_ == 0 && pending_command_ != 0)) {
    return std::nullopt;
  }
  if (event_bytes_left_ == 0) {
    event_bytes_left_ = event_sizes_.front();
    event_sizes_.pop_front();
  }
  --event_bytes_left_;
  last_sent_ = fifo_.front();
  fifo_.pop_front();
  if (fifo_.empty() && !backlog_.empty()) {
    refill_timer_->arm(clock_.now_ns() + kRefillDelayNs);
  }
  return last_sent_;
}

void Ps2Keyboard::refill() {
  {
    std::lock_guard lock(mutex_);
    while (!backlog_.empty() && move_to_fifo(backlog_.front())) {
      backlog_.pop_front();
    }
  }
  if (output_listener_) {
    output_listener_();
  }
}

void Ps2Keyboard::receive(std::uint8_t byte) {
  std::lock_guard lock(mutex_);
  // A byte from the host ends what the keyboard was saying.
  if (byte != kResend) {
    responses_.clear();
  }
  // FB to FD take set 3 codes until the next command; other parameters are below 0x80.
  const std::uint8_t command = pending_command_;
  const bool key_list = command >= kKeyRepeat && command <= kKeyMake;
  if (command != 0 && (byte < 0x80 || (key_list && byte < kSetLeds))) {
    handle_parameter(command, byte);
    return;
  }
  pending_command_ = 0;
  handle_command(byte);
}

void Ps2Keyboard::handle_command(std::uint8_t command) {
  switch (command) {
    case kEcho:
      respond(kEcho);
      return;
    case kResend:
      if (responses_.empty()) {
        respond(last_sent_);
      }
      return;
    case kSetLeds:
    case kScanCodeSet:
    case kTypematic:
    case kKeyRepeat:
    case kKeyMakeBreak:
    case kKeyMake:
      pending_command_ = command;
      respond(kAcknowledge);
      return;
    case kIdentify:
      respond(kAcknowledge);
      respond(0xab);
      respond(0x83);
      return;
    case kEnable:
      clear_keys();
      scanning_ = true;
      break;
    case kDisable:
      set_defaults();
      scanning_ = false;
      break;
    case kDefaults:
      set_defaults();
      break;
    case kAllRepeat:
    case kAllMake:
      make_only_.set();
      break;
    case kAllMakeBreak:
    case kAllRepeatMakeBreak:
      make_only_.reset();
      break;
    case kReset:
      set_defaults();
      scan_set_ = 2;
      scanning_ = true;
      set_leds(0);
      respond(kAcknowledge);
      respond(kSelfTestPassed);
      return;
    default:
      respond(kResend);
      return;
  }
  respond(kAcknowledge);
}

void Ps2Keyboard::handle_parameter(std::uint8_t command, std::uint8_t value) {
  switch (command) {
    case kSetLeds:
      set_leds(value);
      break;
    case kScanCodeSet:
      if (value > 3) {
        pending_command_ = 0;
        respond(kResend);
        return;
      }
      respond(kAcknowledge);
      pending_command_ = 0;
      if (value == 0) {
        respond(scan_set_);
      } else {
        clear_keys();
        scan_set_ = value;
      }
      return;
    case kKeyRepeat:
    case kKeyMake:
      make_only_[value] = true;
      respond(kAcknowledge);
      return;  // More keys may follow.
    case kKeyMakeBreak:
      make_only_[value] = false;
      respond(kAcknowledge);
      return;
    default:  // Typematic rate: see the header.
      break;
  }
  pending_command_ = 0;
  respond(kAcknowledge);
}

void Ps2Keyboard::respond(std::uint8_t byte) {
  if (responses_.size() < kMaxResponses) {
    responses_.push_back(byte);
  }
}

void Ps2Keyboard::set_defaults() {
  clear_keys();
  // Set 3 starts with break codes for the shifting keys only; every driver of it sends F8 or FA first. Sending all
  // breaks loses nobody a release.
  make_only_.reset();
}

void Ps2Keyboard::clear_keys() {
  fifo_.clear();
  event_sizes_.clear();
  event_bytes_left_ = 0;
  backlog_.clear();
  refill_timer_->cancel();
}

void Ps2Keyboard::set_leds(std::uint8_t bits) {
  const ports::KeyboardLeds leds{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
  if (leds != leds_) {
    leds_ = leds;
    led_timer_->arm(clock_.now_ns());
  }
}

void Ps2Keyboard::tell_leds() {
  ports::KeyboardLeds leds;
  {
    std::lock_guard lock(mutex_);
    leds = leds_;
  }
  if (leds != told_leds_ && led_listener_) {
    told_leds_ = leds;
    led_listener_(leds);
  }
}

void Ps2Keyboard::reset() {
  std::lock_guard lock(mutex_);
  set_defaults();
  responses_.clear();
  pending_command_ = 0;
  scan_set_ = 2;
  scanning_ = true;
  set_leds(0);
}

}  // namespace saffron::legacy
