// SPDX-License-Identifier: Apache-2.0
#include "devices/virtio/virtio_tablet.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace saffron::virtio {
namespace {

/// In the order of ports::PointerButton.
constexpr std::array<std::uint16_t, 5> kButtonCodes{BTN_LEFT, BTN_MIDDLE, BTN_RIGHT, BTN_SIDE, BTN_EXTRA};

InputDescription describe() {
  InputDescription description;
  description.name = "Saffron Tablet";
  description.product = 2;
  for (const std::uint16_t code : kButtonCodes) {
    set_bit(description.events[EV_KEY], code);
  }
  set_bit(description.events[EV_REL], REL_WHEEL);
  for (const std::uint8_t axis : {ABS_X, ABS_Y}) {
    set_bit(description.events[EV_ABS], axis);
    description.axes[axis].max = VirtioTablet::kMaxPosition;
  }
  return description;
}

}  // namespace

VirtioTablet::VirtioTablet(std::string name, core::EventLoop& loop) : VirtioInput(std::move(name), describe(), loop) {}

void VirtioTablet::position(std::uint16_t x, std::uint16_t y) {
  if (active()) {
    state_.position = Position{std::min(x, kMaxPosition), std::min(y, kMaxPosition)};
    catch_up();
  }
}

void VirtioTablet::wheel(std::int32_t detents) {
  if (active()) {
    wheel_ = std::clamp(wheel_ + std::clamp(detents, -kMaxWheel, kMaxWheel), -kMaxWheel, kMaxWheel);
    catch_up();
  }
}

void VirtioTablet::button(ports::PointerButton button, bool pressed) {
  const auto index = static_cast<std::size_t>(button);
  if (active() && index < kButtons) {
    state_.buttons[index] = pressed;
    catch_up();
  }
}

/// A movement alone waits until the guest has taken all there is, as only the last one matters then. Clicks and the
/// wheel take their place in the line, with the position that they belong to.
void VirtioTablet::catch_up() {
  if (nothing_waits() || state_.buttons != told_.buttons || wheel_ != 0) {
    tell();
  }
}

void VirtioTablet::tell() {
  std::vector<InputEvent> packet;
  if (state_.position && state_.position != told_.position) {
    packet.push_back({EV_ABS, ABS_X, state_.position->x});
    packet.push_back({EV_ABS, ABS_Y, state_.position->y});
  }
  for (std::size_t i = 0; i < kButtons; ++i) {
    if (state_.buttons[i] != told_.buttons[i]) {
      packet.push_back({EV_KEY, kButtonCodes[i], state_.buttons[i] ? 1U : 0U});
    }
  }
  if (wheel_ != 0) {
    packet.push_back({EV_REL, REL_WHEEL, static_cast<std::uint32_t>(wheel_)});
  }
  if (!packet.empty() && send(packet)) {
    told_ = state_;
    wheel_ = 0;
  }
}

void VirtioTablet::on_driver(bool listens) {
  state_ = {};
  told_ = {};
  wheel_ = 0;
  if (std::exchange(listened_, listens) != listens && active_listener_) {
    active_listener_(listens);
  }
}

void VirtioTablet::set_active_listener(std::function<void(bool)> listener) {
  active_listener_ = std::move(listener);
}

}  // namespace saffron::virtio
