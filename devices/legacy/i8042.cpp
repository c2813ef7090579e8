// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/i8042.h"

#include "devices/legacy/ps2_scan_codes.h"

namespace saffron::legacy {
namespace {

// Status register.
constexpr std::uint8_t kOutputFull = 1 << 0;
constexpr std::uint8_t kSystemFlag = 1 << 2;
constexpr std::uint8_t kCommandWritten = 1 << 3;
constexpr std::uint8_t kNotInhibited = 1 << 4;
constexpr std::uint8_t kMouseOutputFull = 1 << 5;

// Command byte.
constexpr std::uint8_t kKeyboardInterrupt = 1 << 0;
constexpr std::uint8_t kMouseInterrupt = 1 << 1;
constexpr std::uint8_t kKeyboardDisabled = 1 << 4;
constexpr std::uint8_t kMouseDisabled = 1 << 5;
constexpr std::uint8_t kTranslate = 1 << 6;

// Output port.
constexpr std::uint8_t kPortNotReset = 1 << 0;
constexpr std::uint8_t kPortA20 = 1 << 1;
constexpr std::uint8_t kPortKeyboardFull = 1 << 4;
constexpr std::uint8_t kPortMouseFull = 1 << 5;
constexpr std::uint8_t kPortLines = 0xc0;  // Keyboard clock and data, at rest.

// A guest that sends commands and never reads must not grow the queue; real software has one answer outstanding.
constexpr std::size_t kMaxResponses = 16;

}  // namespace

I8042::I8042(Ps2Device& keyboard, Ps2Device& mouse, core::IrqLine& irq1, core::IrqLine& irq12, Callbacks callbacks)
    : keyboard_(keyboard), mouse_(mouse), callbacks_(std::move(callbacks)), keyboard_irq_(irq1), mouse_irq_(irq12) {
  reset_registers();
  keyboard_.set_output_listener([this] { device_ready(); });
  mouse_.set_output_listener([this] { device_ready(); });
}

std::uint64_t I8042::read(std::uint64_t offset, unsigned) {
  std::uint8_t value = 0;
  {
    std::lock_guard lock(mutex_);
    if (offset == kCommandOffset) {
      return status();
    }
    value = output_ ? output_->byte : last_byte_;
    last_byte_ = value;
    output_.reset();
    update_interrupts();  // The fall, so that the next byte is an edge.
    fill_output();
  }
  finish({});
  return value;
}

void I8042::write(std::uint64_t offset, unsigned, std::uint64_t value) {
  Actions actions;
  {
    std::lock_guard lock(mutex_);
    if (offset == kCommandOffset) {
      last_write_was_command_ = true;
      write_command(static_cast<std::uint8_t>(value), actions);
    } else {
      last_write_was_command_ = false;
      write_data(static_cast<std::uint8_t>(value), actions);
    }
    fill_output();
  }
  finish(actions);
}

void I8042::reset() {
  {
    std::lock_guard lock(mutex_);
    reset_registers();
    update_interrupts();
  }
  finish({});
}

void I8042::reset_registers() {
  ram_.fill(0);
  ram_[0] = kKeyboardInterrupt | kMouseInterrupt;
  responses_.clear();
  output_.reset();
  pending_command_ = 0;
  last_write_was_command_ = true;
  break_prefix_ = false;
  a20_ = true;
}

std::uint8_t I8042::status() const {
  std::uint8_t value = kNotInhibited | (ram_[0] & kSystemFlag);
  if (last_write_was_command_) {
    value |= kCommandWritten;
  }
  if (output_) {
    value |= kOutputFull;
    if (output_->source == Source::kMouse) {
      value |= kMouseOutputFull;
    }
  }
  return value;
}

std::uint8_t I8042::output_port() const {
  std::uint8_t value = kPortLines | kPortNotReset | (a20_ ? kPortA20 : 0);
  if (output_) {
    value |= output_->source == Source::kMouse ? kPortMouseFull : kPortKeyboardFull;
  }
  return value;
}

// The commands that are ranges; false: another one.
bool I8042::write_range_command(std::uint8_t command, Actions& actions) {
  if (command >= 0x20 && command <= 0x3f) {
    respond(ram_[command & 0x1f]);
    return true;
  }
  if (command >= 0x60 && command <= 0x7f) {
    pending_command_ = command;
    return true;
  }
  if (command >= 0xf0) {
    // Pulses the output port bits that are 0 in the command's low half; bit 0 is the processors' reset.
    actions.reset = (command & kPortNotReset) == 0;
    return true;
  }
  return false;
}

void I8042::write_command(std::uint8_t command, Actions& actions) {
  pending_command_ = 0;
  if (write_range_command(command, actions)) {
    return;
  }
  switch (command) {
    case 0xa4:  // Is a password installed?
      respond(0xf1);
      break;
    case 0xa7:
      ram_[0] |= kMouseDisabled;
      break;
    case 0xa8:
      ram_[0] &= static_cast<std::uint8_t>(~kMouseDisabled);
      break;
    case 0xa9:  // Test the mouse interface.
    case 0xab:  // Test the keyboard interface.
      respond(0x00);
      break;
    case 0xaa:  // Self test.
      ram_[0] |= kSystemFlag;
      respond(0x55);
      break;
    case 0xad:
      ram_[0] |= kKeyboardDisabled;
      break;
    case 0xae:
      ram_[0] &= static_cast<std::uint8_t>(~kKeyboardDisabled);
      break;
    case 0xc0:  // Input port: keyboard not locked.
      respond(0x80);
      break;
    case 0xd0:
      respond(output_port());
      break;
    case 0xd1:
    case 0xd2:
    case 0xd3:
    case 0xd4:
      pending_command_ = command;
      break;
    case 0xdd:
    case 0xdf:
      set_a20(command == 0xdf, actions);
      break;
    case 0xe0:  // Test inputs: both clocks low.
      respond(0x00);
      break;
    default:
      unknown_command_.warning(name(), "unknown controller command {:#04x}", command);
      break;
  }
}

void I8042::write_data(std::uint8_t byte, Actions& actions) {
  const std::uint8_t command = pending_command_;
  pending_command_ = 0;
  if (command >= 0x60 && command <= 0x7f) {
    ram_[command & 0x1f] = byte;
    update_interrupts();  // A byte may be waiting for its interrupt to be enabled.
    return;
  }
  switch (command) {
    case 0xd1:
      write_output_port(byte, actions);
      return;
    case 0xd2:
      respond(byte, Source::kKeyboard);
      return;
    case 0xd3:
      respond(byte, Source::kMouse);
      return;
    case 0xd4:
      ram_[0] &= static_cast<std::uint8_t>(~kMouseDisabled);  // Sending enables the interface.
      mouse_.receive(byte);
      return;
    default:
      ram_[0] &= static_cast<std::uint8_t>(~kKeyboardDisabled);
      keyboard_.receive(byte);
      return;
  }
}

void I8042::write_output_port(std::uint8_t value, Actions& actions) {
  set_a20((value & kPortA20) != 0, actions);
  actions.reset = (value & kPortNotReset) == 0;
}

void I8042::set_a20(bool open, Actions& actions) {
  if (open != a20_) {
    a20_ = open;
    actions.a20 = open;
  }
}

void I8042::respond(std::uint8_t byte, Source source) {
  if (responses_.size() < kMaxResponses) {
    responses_.push_back({byte, source});
  }
}

// The next keyboard byte, translated if the command byte says so: a set 2 break prefix and its code become one byte.
std::optional<std::uint8_t> I8042::take_keyboard() {
  while (auto byte = keyboard_.take()) {
    if ((ram_[0] & kTranslate) == 0) {
      break_prefix_ = false;
      return byte;
    }
    if (*byte == 0xf0) {
      break_prefix_ = true;
      continue;
    }
    const std::uint8_t translated = translate_set2(*byte);
    const bool released = std::exchange(break_prefix_, false);
    return static_cast<std::uint8_t>(translated | (released ? 0x80 : 0));
  }
  return std::nullopt;
}

void I8042::fill_output() {
  if (!output_) {
    if (!responses_.empty()) {
      output_ = responses_.front();
      responses_.pop_front();
    } else if (auto key = (ram_[0] & kKeyboardDisabled) == 0 ? take_keyboard() : std::nullopt) {
      output_ = Output{*key, Source::kKeyboard};
    } else if (auto motion = (ram_[0] & kMouseDisabled) == 0 ? mouse_.take() : std::nullopt) {
      output_ = Output{*motion, Source::kMouse};
    }
  }
  update_interrupts();
}

void I8042::update_interrupts() {
  const bool mouse = output_ && output_->source == Source::kMouse;
  const bool keyboard = output_ && !mouse;
  keyboard_irq_.set(keyboard && (ram_[0] & kKeyboardInterrupt) != 0);
  mouse_irq_.set(mouse && (ram_[0] & kMouseInterrupt) != 0);
}

void I8042::device_ready() {
  {
    std::lock_guard lock(mutex_);
    fill_output();
  }
  finish({});
}

void I8042::finish(const Actions& actions) {
  keyboard_irq_.deliver();
  mouse_irq_.deliver();
  if (actions.a20 && callbacks_.set_a20) {
    callbacks_.set_a20(*actions.a20);
  }
  if (actions.reset && callbacks_.reset) {
    callbacks_.reset();
  }
}

}  // namespace saffron::legacy
