// SPDX-License-Identifier: Apache-2.0
#include "devices/virtio/virtio_input.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace saffron::virtio {
namespace {

constexpr unsigned kEventQueue = 0;  // 5.8.2.
constexpr unsigned kStatusQueue = 1;

/// virtio_input_config (5.8.4): select, subsel, size, five reserved bytes, and up to 128 bytes of what was selected.
constexpr std::size_t kSelectOffset = 0;
constexpr std::size_t kSubselectOffset = 1;
constexpr std::size_t kSizeOffset = 2;
constexpr std::size_t kDataOffset = 8;
constexpr std::size_t kMaxData = 128;

constexpr std::uint8_t kSelectName = 0x01;
constexpr std::uint8_t kSelectSerial = 0x02;
constexpr std::uint8_t kSelectIds = 0x03;
constexpr std::uint8_t kSelectProperties = 0x10;
constexpr std::uint8_t kSelectEvents = 0x11;
constexpr std::uint8_t kSelectAxis = 0x12;

/// virtio_input_devids (5.8.4).
struct Ids {
  std::uint16_t bus = 0x06;  // BUS_VIRTUAL of Linux's input.h.
  std::uint16_t vendor = 0x1af4;
  std::uint16_t product = 0;
  std::uint16_t version = 1;
};
static_assert(sizeof(Ids) == 8);

template <typename T>
std::vector<std::uint8_t> bytes_of(const T& object) {
  std::vector<std::uint8_t> bytes(sizeof object);
  std::memcpy(bytes.data(), &object, sizeof object);
  return bytes;
}

}  // namespace

void set_bit(std::vector<std::uint8_t>& bitmap, unsigned code) {
  if (bitmap.size() <= code / 8) {
    bitmap.resize(code / 8 + 1);
  }
  bitmap[code / 8] = static_cast<std::uint8_t>(bitmap[code / 8] | 1U << code % 8);
}

VirtioInput::VirtioInput(std::string name, InputDescription description, core::EventLoop& loop)
    : name_(std::move(name)),
      description_(std::move(description)),
      worker_(
          loop, [this](unsigned queue) { serve(queue); },
          [this](bool listens) {
            waiting_.clear();
            on_driver(listens);
          }) {}

VirtioInput::~VirtioInput() = default;

/// 5.8.5.1: what select and subsel name, or nothing.
std::vector<std::uint8_t> VirtioInput::selected() const {
  const auto text = [this](const std::string& value) {
    return subselect_ == 0 ? std::vector<std::uint8_t>(value.begin(), value.end()) : std::vector<std::uint8_t>();
  };
  switch (select_) {
    case kSelectName:
      return text(description_.name);
    case kSelectSerial:
      return text(description_.serial);
    case kSelectIds:
      if (subselect_ == 0) {
        Ids ids;
        ids.product = description_.product;
        return bytes_of(ids);
      }
      break;
    case kSelectProperties:
      if (subselect_ == 0) {
        return description_.properties;
      }
      break;
    case kSelectEvents:
      if (const auto found = description_.events.find(subselect_); found != description_.events.end()) {
        return found->second;
      }
      break;
    case kSelectAxis:
      if (const auto found = description_.axes.find(subselect_); found != description_.axes.end()) {
        return bytes_of(found->second);
      }
      break;
    default:
      break;
  }
  return {};
}

void VirtioInput::read_config(std::uint64_t offset, std::span<std::uint8_t> to) {
  const std::vector<std::uint8_t> data = selected();
  const std::size_t size = std::min(data.size(), kMaxData);
  std::array<std::uint8_t, kDataOffset + kMaxData> config{};
  config[kSelectOffset] = select_;
  config[kSubselectOffset] = subselect_;
  config[kSizeOffset] = static_cast<std::uint8_t>(size);
  std::copy_n(data.begin(), size, config.begin() + kDataOffset);
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i] = offset < config.size() - std::min(i, config.size()) ? config[offset + i] : std::uint8_t{0};
  }
}

void VirtioInput::write_config(std::uint64_t offset, std::span<const std::uint8_t> from) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (offset + i == kSelectOffset) {
      select_ = from[i];
    } else if (offset + i == kSubselectOffset) {
      subselect_ = from[i];
    }
  }
}

core::Result<void> VirtioInput::activate(VirtioActivation activation) {
  worker_.start(std::move(activation));
  return {};
}

void VirtioInput::deactivate() {
  worker_.stop();
  select_ = 0;
  subselect_ = 0;
}

bool VirtioInput::send(std::span<const InputEvent> events) {
  if (waiting_.size() + events.size() + 1 > kMaxWaiting) {
    return false;
  }
  return worker_.run([&](const VirtioActivation& activation) {
    waiting_.insert(waiting_.end(), events.begin(), events.end());
    waiting_.push_back({EV_SYN, SYN_REPORT, 0});
    deliver(activation);
  });
}

void VirtioInput::serve(unsigned queue) {
  worker_.run([&](const VirtioActivation& activation) {
    if (queue == kStatusQueue) {
      receive(activation);
    } else {
      deliver(activation);
      catch_up();
    }
  });
}

/// 5.8.6.2: each event into a buffer of its own.
void VirtioInput::deliver(const VirtioActivation& activation) {
  Virtqueue* const queue = activation.queues[kEventQueue];
  if (queue == nullptr) {
    waiting_.clear();
    return;
  }
  while (!waiting_.empty()) {
    auto chain = queue->pop();
    if (!chain) {
      break;
    }
    ChainWriter writer(*chain);
    if (!writer.write_object(waiting_.front())) {
      queue->push(std::move(*chain), 0);
      waiting_.clear();
      activation.needs_reset("a buffer of the event queue is smaller than an event");
      return;
    }
    queue->push(std::move(*chain), writer.written());
    waiting_.pop_front();
  }
  queue->notify();
}

void VirtioInput::receive(const VirtioActivation& activation) {
  Virtqueue* const queue = activation.queues[kStatusQueue];
  if (queue == nullptr) {
    return;
  }
  unsigned turn = queue->size();  // A guest that never stops sending must not keep the thread from others.
  for (; turn != 0; --turn) {
    auto chain = queue->pop();
    if (!chain) {
      break;
    }
    ChainReader reader(*chain);
    InputEvent event;
    if (reader.read_object(event)) {  // A shorter one says nothing.
      on_status(event);
    }
    queue->push(std::move(*chain), 0);
  }
  queue->notify();
  if (turn == 0) {
    LoopWorker::again(*queue);
  }
}

}  // namespace saffron::virtio
