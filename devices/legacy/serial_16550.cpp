// SPDX-License-Identifier: Apache-2.0
#include "devices/legacy/serial_16550.h"

#include <algorithm>

namespace saffron::legacy {
namespace {

// Interrupt enable (8.7).
constexpr std::uint8_t kEnableData = 1 << 0;
constexpr std::uint8_t kEnableTransmitEmpty = 1 << 1;
constexpr std::uint8_t kEnableLineStatus = 1 << 2;
constexpr std::uint8_t kEnableModemStatus = 1 << 3;
constexpr std::uint8_t kEnableMask = 0x0f;

// FIFO control (8.5).
constexpr std::uint8_t kFifoEnable = 1 << 0;
constexpr std::uint8_t kFifoClearReceive = 1 << 1;
constexpr std::uint8_t kFifoClearTransmit = 1 << 2;
constexpr std::uint8_t kFifoKept = 0xc9;  // Trigger level, DMA mode, enable.

// Line control and status (8.1, 8.4).
constexpr std::uint8_t kTwoStopBits = 1 << 2;
constexpr std::uint8_t kParity = 1 << 3;
constexpr std::uint8_t kDataReady = 1 << 0;
constexpr std::uint8_t kOverrun = 1 << 1;
constexpr std::uint8_t kHoldingEmpty = 1 << 5;
constexpr std::uint8_t kTransmitterEmpty = 1 << 6;

// Modem control and status (8.8).
constexpr std::uint8_t kDtr = 1 << 0;
constexpr std::uint8_t kRts = 1 << 1;
constexpr std::uint8_t kOut1 = 1 << 2;
constexpr std::uint8_t kOut2 = 1 << 3;
constexpr std::uint8_t kLoop = 1 << 4;
constexpr std::uint8_t kModemControlMask = 0x1f;
constexpr std::uint8_t kCts = 1 << 4;
constexpr std::uint8_t kDsr = 1 << 5;
constexpr std::uint8_t kRing = 1 << 6;
constexpr std::uint8_t kCarrier = 1 << 7;

constexpr std::int64_t kClockHertz = 1'843'200;
// 50 baud takes 0.9 s for four characters; a guest may program less, and nobody waits longer than this.
constexpr std::int64_t kMaxTimeoutNs = 1'000'000'000;

}  // namespace

Serial16550A::Serial16550A(std::string name, core::IrqLine& irq, core::TimerService& timers,
                           ports::CharacterBackend* backend)
    : name_(std::move(name)), clock_(timers.clock()), backend_(backend), irq_(irq) {
  timeout_timer_ = timers.create_timer([this] {
    {
      std::lock_guard lock(mutex_);
      timed_out_ = fifo_enabled() && !receive_fifo_.empty();
      update();
    }
    irq_.deliver();
  });
  reset_registers();
  if (backend_ != nullptr) {
    backend_->attach({.room =
                          [this] {
                            std::lock_guard lock(mutex_);
                            const std::size_t free = room();
                            starved_ = free == 0;
                            return free;
                          },
                      .receive = [this](std::span<const std::uint8_t> bytes) { receive(bytes); },
                      .writable =
                          [this] {
                            {
                              std::lock_guard lock(mutex_);
                              blocked_ = false;
                            }
                            pump();
                          }});
  }
}

Serial16550A::~Serial16550A() = default;

std::uint64_t Serial16550A::read(std::uint64_t offset, unsigned) {
  std::uint8_t value = 0;
  bool freed_room = false;
  {
    std::lock_guard lock(mutex_);
    value = read_register(offset, freed_room);
    update();
  }
  irq_.deliver();
  if (freed_room && backend_ != nullptr) {
    backend_->resume_receive();
  }
  return value;
}

void Serial16550A::write(std::uint64_t offset, unsigned, std::uint64_t value) {
  bool send = false;
  bool freed_room = false;
  {
    std::lock_guard lock(mutex_);
    write_register(offset, static_cast<std::uint8_t>(value));
    update();
    send = !transmit_fifo_.empty();
    freed_room = starved_ && room() != 0;
    starved_ = starved_ && !freed_room;
  }
  irq_.deliver();
  if (send) {
    pump();
  }
  if (freed_room && backend_ != nullptr) {
    backend_->resume_receive();
  }
}

void Serial16550A::reset() {
  bool freed_room = false;
  {
    std::lock_guard lock(mutex_);
    reset_registers();
    freed_room = std::exchange(starved_, false);
  }
  irq_.deliver();
  if (freed_room && backend_ != nullptr) {
    backend_->resume_receive();
  }
}

void Serial16550A::reset_registers() {
  receive_fifo_.clear();
  transmit_fifo_.clear();
  ++transmit_clears_;
  divisor_ = 12;  // 9600 baud; the data sheet leaves it undefined.
  interrupt_enable_ = 0;
  fifo_control_ = 0;
  line_control_ = 0;
  modem_control_ = 0;
  modem_deltas_ = 0;
  scratch_ = 0;
  overrun_ = false;
  timed_out_ = false;
  transmit_empty_pending_ = false;
  timeout_timer_->cancel();
  update();
}

bool Serial16550A::loopback() const {
  return (modem_control_ & kLoop) != 0;
}

std::uint8_t Serial16550A::read_register(std::uint64_t offset, bool& freed_room) {
  switch (offset) {
    case 0:
      return divisor_latch() ? static_cast<std::uint8_t>(divisor_) : read_data(freed_room);
    case 1:
      return divisor_latch() ? static_cast<std::uint8_t>(divisor_ >> 8) : interrupt_enable_;
    case 2:
      return read_interrupt_id();
    case 3:
      return line_control_;
    case 4:
      return modem_control_;
    case 5: {
      const std::uint8_t value = line_status();
      overrun_ = false;  // Reading clears the error (8.4).
      return value;
    }
    case 6: {
      const std::uint8_t value = modem_lines() | modem_deltas_;
      modem_deltas_ = 0;
      return value;
    }
    default:
      return scratch_;
  }
}

void Serial16550A::write_register(std::uint64_t offset, std::uint8_t value) {
  switch (offset) {
    case 0:
      if (divisor_latch()) {
        divisor_ = static_cast<std::uint16_t>((divisor_ & 0xff00) | value);
      } else {
        transmit(value);
      }
      break;
    case 1:
      if (divisor_latch()) {
        divisor_ = static_cast<std::uint16_t>((divisor_ & 0x00ff) | value << 8);
        break;
      }
      // Enabling the interrupt while the register is empty raises it at once: drivers start sending so.
      if ((value & kEnableTransmitEmpty) != 0 && (interrupt_enable_ & kEnableTransmitEmpty) == 0 &&
          transmit_fifo_.empty()) {
        transmit_empty_pending_ = true;
      }
      interrupt_enable_ = value & kEnableMask;
      touch_receiver();
      break;
    case 2:
      write_fifo_control(value);
      break;
    case 3:
      line_control_ = value;
      break;
    case 4:
      write_modem_control(value);
      break;
    case 7:
      scratch_ = value;
      break;
    default:  // Line and modem status: writing them is for factory tests (8.4).
      break;
  }
}

std::uint8_t Serial16550A::read_data(bool& freed_room) {
  if (receive_fifo_.empty()) {
    return 0;
  }
  const std::uint8_t byte = receive_fifo_.front();
  receive_fifo_.pop_front();
  timed_out_ = false;
  touch_receiver();
  // A full FIFO is refilled once it is half empty, not byte by byte across threads.
  if (starved_ && receive_fifo_.size() <= kFifoSize / 2 && room() != 0) {
    starved_ = false;
    freed_room = true;
  }
  return byte;
}

// Changing the enable bit clears both FIFOs; the other bits count only together with it (8.5).
void Serial16550A::write_fifo_control(std::uint8_t value) {
  const bool switched = ((value ^ fifo_control_) & kFifoEnable) != 0;
  if ((value & kFifoEnable) == 0) {
    value = 0;
  }
  if (switched || (value & kFifoClearReceive) != 0) {
    receive_fifo_.clear();
    timed_out_ = false;
  }
  if ((switched || (value & kFifoClearTransmit) != 0) && !transmit_fifo_.empty()) {
    transmit_fifo_.clear();
    ++transmit_clears_;
    transmit_empty_pending_ = true;
  }
  fifo_control_ = value & kFifoKept;
  touch_receiver();
}

void Serial16550A::write_modem_control(std::uint8_t value) {
  const std::uint8_t before = modem_lines();
  modem_control_ = value & kModemControlMask;
  const std::uint8_t after = modem_lines();
  const std::uint8_t changed = before ^ after;
  // Deltas are bits 0 to 3 for the lines of bits 4 to 7; the ring indicator's only says that it ended (8.8).
  std::uint8_t deltas = (changed & (kCts | kDsr | kCarrier)) >> 4;
  deltas |= static_cast<std::uint8_t>((changed & before & kRing) >> 4);
  modem_deltas_ |= deltas;
}

std::uint8_t Serial16550A::modem_lines() const {
  if (!loopback()) {
    return backend_ != nullptr ? kCts | kDsr | kCarrier : 0;
  }
  return static_cast<std::uint8_t>(
      ((modem_control_ & kRts) != 0 ? kCts : 0) | ((modem_control_ & kDtr) != 0 ? kDsr : 0) |
      ((modem_control_ & kOut1) != 0 ? kRing : 0) | ((modem_control_ & kOut2) != 0 ? kCarrier : 0));
}

std::uint8_t Serial16550A::line_status() const {
  std::uint8_t value = 0;
  if (!receive_fifo_.empty()) {
    value |= kDataReady;
  }
  if (overrun_) {
    value |= kOverrun;
  }
  if (transmit_fifo_.empty()) {
    value |= kHoldingEmpty | kTransmitterEmpty;
  }
  return value;
}

void Serial16550A::transmit(std::uint8_t byte) {
  transmit_empty_pending_ = false;
  if (loopback()) {
    accept(byte);
    transmit_empty_pending_ = true;
    return;
  }
  if (backend_ == nullptr) {
    transmit_empty_pending_ = true;
    return;
  }
  const std::size_t capacity = fifo_enabled() ? kFifoSize : 1;
  if (transmit_fifo_.size() >= capacity) {
    transmit_fifo_.pop_back();  // Writing into a full register replaces what is there.
  }
  transmit_fifo_.push_back(byte);
}

void Serial16550A::accept(std::uint8_t byte) {
  if (receive_fifo_.size() >= kFifoSize || (!fifo_enabled() && !receive_fifo_.empty())) {
    overrun_ = true;
    if (fifo_enabled()) {
      return;  // The FIFO keeps what it has; the new character is lost (8.4, bit 1).
    }
    receive_fifo_.clear();
  }
  receive_fifo_.push_back(byte);
  touch_receiver();
}

// Hands the transmit FIFO to the backend, outside the lock. One thread at a time does it, so that bytes keep their
// order; others leave theirs to it.
void Serial16550A::pump() {
  std::array<std::uint8_t, kFifoSize> bytes;
  std::unique_lock lock(mutex_);
  if (pumping_) {
    return;
  }
  pumping_ = true;
  while (!blocked_ && !transmit_fifo_.empty()) {
    const std::size_t count = std::min(transmit_fifo_.size(), bytes.size());
    std::copy_n(transmit_fifo_.begin(), count, bytes.begin());
    const unsigned clears = transmit_clears_;
    blocked_ = true;  // Before the call: the backend may say `writable` before we are back.
    lock.unlock();
    const std::size_t taken = std::min(backend_->write({bytes.data(), count}), count);
    lock.lock();
    if (taken == count) {
      blocked_ = false;
    }
    // After a reset or a FIFO clear meanwhile, what is in the FIFO is new.
    const auto gone = clears == transmit_clears_ ? static_cast<std::ptrdiff_t>(taken) : 0;
    transmit_fifo_.erase(transmit_fifo_.begin(), transmit_fifo_.begin() + gone);
    if (gone != 0 && transmit_fifo_.empty()) {
      transmit_empty_pending_ = true;
      update();
    }
  }
  pumping_ = false;
  lock.unlock();
  irq_.deliver();
}

std::size_t Serial16550A::room() const {
  if (loopback()) {
    return 0;  // The line is disconnected; what comes waits outside.
  }
  const std::size_t capacity = fifo_enabled() ? kFifoSize : 1;
  return capacity - std::min(capacity, receive_fifo_.size());
}

void Serial16550A::receive(std::span<const std::uint8_t> bytes) {
  {
    std::lock_guard lock(mutex_);
    for (std::uint8_t byte : bytes) {
      accept(byte);
    }
    update();
  }
  irq_.deliver();
}

std::size_t Serial16550A::trigger_level() const {
  if (!fifo_enabled()) {
    return 1;
  }
  constexpr std::array<std::size_t, 4> kLevels = {1, 4, 8, 14};
  return kLevels[fifo_control_ >> 6];
}

// Four characters' time (8.5, "FIFO interrupt mode operation").
std::int64_t Serial16550A::timeout_ns() const {
  const std::int64_t bits = 2 + 5 + (line_control_ & 3) + ((line_control_ & kTwoStopBits) != 0 ? 1 : 0) +
                            ((line_control_ & kParity) != 0 ? 1 : 0);
  const std::int64_t divisor = std::max<std::int64_t>(divisor_, 1);
  return std::min(4 * bits * divisor * 16 * 1'000'000'000 / kClockHertz, kMaxTimeoutNs);
}

// The receive FIFO was filled or read: the time-out counts from here, where it can matter.
void Serial16550A::touch_receiver() {
  if (fifo_enabled() && !receive_fifo_.empty() && receive_fifo_.size() < trigger_level() && !timed_out_ &&
      (interrupt_enable_ & kEnableData) != 0) {
    timeout_timer_->arm(clock_.now_ns() + timeout_ns());
  } else {
    timeout_timer_->cancel();
  }
}

Serial16550A::Cause Serial16550A::cause() const {
  if ((interrupt_enable_ & kEnableLineStatus) != 0 && overrun_) {
    return Cause::kLineStatus;
  }
  if ((interrupt_enable_ & kEnableData) != 0) {
    if (receive_fifo_.size() >= trigger_level()) {
      return Cause::kData;
    }
    if (timed_out_ && !receive_fifo_.empty()) {
      return Cause::kTimeout;
    }
  }
  if ((interrupt_enable_ & kEnableTransmitEmpty) != 0 && transmit_empty_pending_) {
    return Cause::kTransmitEmpty;
  }
  if ((interrupt_enable_ & kEnableModemStatus) != 0 && modem_deltas_ != 0) {
    return Cause::kModemStatus;
  }
  return Cause::kNone;
}

std::uint8_t Serial16550A::read_interrupt_id() {
  const Cause highest = cause();
  if (highest == Cause::kTransmitEmpty) {
    transmit_empty_pending_ = false;  // Reading it is the acknowledgement, if it is what is shown (table 5).
  }
  constexpr std::array<std::uint8_t, 6> kIds = {0x06, 0x04, 0x0c, 0x02, 0x00, 0x01};
  return static_cast<std::uint8_t>(kIds[static_cast<std::size_t>(highest)] | (fifo_enabled() ? 0xc0 : 0));
}

// On a PC, OUT2 lets the interrupt through to the controller; loopback holds the pin inactive (8.8, bit 4).
void Serial16550A::update() {
  const bool gate = (modem_control_ & kOut2) != 0 && !loopback();
  irq_.set(gate && cause() != Cause::kNone);
}

}  // namespace saffron::legacy
