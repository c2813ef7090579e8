// SPDX-License-Identifier: Apache-2.0
#include "devices/net/virtio_net.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace saffron::net {
namespace {

using virtio::ChainReader;
using virtio::ChainWriter;
using virtio::DescriptorChain;
using virtio::LoopWorker;
using virtio::VirtioActivation;
using virtio::Virtqueue;

// Feature bits (5.1.3).
constexpr std::uint64_t kFeatureMtu = 1ULL << 3;
constexpr std::uint64_t kFeatureMac = 1ULL << 5;
constexpr std::uint64_t kFeatureMergeable = 1ULL << 15;
constexpr std::uint64_t kFeatureStatus = 1ULL << 16;
constexpr std::uint64_t kFeatureControlQueue = 1ULL << 17;
constexpr std::uint64_t kFeatureControlReceive = 1ULL << 18;
constexpr std::uint64_t kFeatureControlReceiveExtra = 1ULL << 20;
constexpr std::uint64_t kFeatureControlMac = 1ULL << 23;

constexpr unsigned kReceiveQueue = 0;
constexpr unsigned kTransmitQueue = 1;
constexpr unsigned kControlQueue = 2;  // Without VIRTIO_NET_F_MQ (5.1.2).

/// struct virtio_net_hdr with num_buffers, which version 1 always has (5.1.6).
struct PacketHeader {
  std::uint8_t flags = 0;
  std::uint8_t gso_type = 0;
  std::uint16_t header_length = 0;
  std::uint16_t gso_size = 0;
  std::uint16_t checksum_start = 0;
  std::uint16_t checksum_offset = 0;
  std::uint16_t buffer_count = 0;
};
static_assert(sizeof(PacketHeader) == 12);

/// struct virtio_net_config, as far as features need it (5.1.4).
struct Config {
  std::uint8_t mac[6];
  std::uint16_t status;
  std::uint16_t max_queue_pairs;
  std::uint16_t mtu;
};
static_assert(sizeof(Config) == 12);
constexpr std::uint16_t kStatusLinkUp = 1;

// Control commands (5.1.6.5).
constexpr std::uint8_t kClassReceive = 0;
constexpr std::uint8_t kClassMac = 1;
constexpr std::uint8_t kMacTableSet = 0;
constexpr std::uint8_t kMacAddressSet = 1;
constexpr std::uint8_t kAcknowledgeOk = 0;
constexpr std::uint8_t kAcknowledgeError = 1;

// Frames and rounds in one turn of the loop, so that sending does not keep receiving waiting.
constexpr int kWorkPerTurn = 64;
// Far above what a driver sends between two kicks; a guest that feeds commands as fast as they are served is cut off.
constexpr int kCommandsPerTurn = 64;

/// One of the two lists of VIRTIO_NET_CTRL_MAC_TABLE_SET. False: the command is too short for what it says.
bool read_table(ChainReader& reader, std::vector<MacAddress>& table, bool& overflow) {
  std::uint32_t count = 0;  // Little-endian, as we are.
  if (!reader.read_object(count) || std::uint64_t{count} * sizeof(MacAddress) > reader.remaining()) {
    return false;
  }
  overflow = count > ReceiveFilter::kMaxTable;
  if (overflow) {
    return reader.skip(std::uint64_t{count} * sizeof(MacAddress));
  }
  table.resize(count);
  for (MacAddress& address : table) {
    if (!reader.read_object(address)) {
      return false;
    }
  }
  return true;
}

}  // namespace

VirtioNet::VirtioNet(std::string name, MacAddress mac, std::unique_ptr<ports::NetBackend> backend,
                     core::EventLoop& loop, VirtioNetOptions options)
    : name_(std::move(name)),
      own_mac_(mac),
      options_(options),
      loop_(loop),
      mac_(mac),
      backend_(std::move(backend)),
      worker_(std::make_unique<LoopWorker>(
          loop, [this](unsigned queue) { work(queue); }, [this](bool running) { driver_changed(running); })) {}

VirtioNet::~VirtioNet() {
  loop_.run_sync([this] {
    backend_->detach();
    backend_.reset();
    worker_.reset();
  });
}

core::Result<void> VirtioNet::connect() {
  core::Result<void> result;
  loop_.run_sync([&] { result = attach(); });
  return result;
}

core::Result<void> VirtioNet::attach() {
  if (attached_) {
    return {};
  }
  SAFFRON_TRY(backend_->attach(
      loop_, {.can_receive = [this] { return waiting_.empty(); },
              .receive = [this](std::span<const std::uint8_t> frame) { receive(frame); },
              .link_changed = [this](bool up) { set_link(up); },
              .writable = [this] { worker_->run([this](const VirtioActivation&) { work(kTransmitQueue); }); }}));
  attached_ = true;
  set_link(backend_->link_up());
  return {};
}

std::uint64_t VirtioNet::device_features() const {
  return kFeatureMac | kFeatureMergeable | kFeatureStatus | kFeatureControlQueue | kFeatureControlReceive |
         kFeatureControlReceiveExtra | kFeatureControlMac | (options_.mtu != 0 ? kFeatureMtu : 0);
}

void VirtioNet::read_config(std::uint64_t offset, std::span<std::uint8_t> to) {
  Config config{};
  {
    const std::lock_guard lock(mac_mutex_);
    std::memcpy(config.mac, mac_.bytes.data(), sizeof config.mac);
  }
  config.status = link_up_ ? kStatusLinkUp : 0;
  config.max_queue_pairs = 1;
  config.mtu = options_.mtu;
  const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(&config), sizeof config);
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i] = offset < bytes.size() && i < bytes.size() - offset ? bytes[offset + i] : 0;
  }
}

core::Result<void> VirtioNet::activate(VirtioActivation activation) {
  worker_->start(std::move(activation));
  return {};
}

void VirtioNet::deactivate() {
  worker_->stop();
  const std::lock_guard lock(mac_mutex_);
  mac_ = own_mac_;
}

// Loop thread. A new driver finds everything as after a reset; without one, frames are taken and thrown away, since
// nobody wants them later.
void VirtioNet::driver_changed(bool running) {
  filter_.reset();
  waiting_.clear();
  if (!running) {
    if (attached_) {
      backend_->resume_receive();
    }
    return;
  }
  if (const auto result = attach(); !result.ok()) {
    no_backend_.warning("net", "{}: no network: {}", name_, result.error().message);
  }
  worker_->run(
      [this](const VirtioActivation& activation) { mergeable_ = (activation.features & kFeatureMergeable) != 0; });
}

void VirtioNet::set_link(bool up) {
  if (link_up_.exchange(up) == up) {
    return;
  }
  core::log_info("net", "{}: link {}", name_, up ? "up" : "down");
  worker_->run([](const VirtioActivation& activation) {
    if ((activation.features & kFeatureStatus) != 0) {
      activation.config_changed();
    }
  });
}

void VirtioNet::work(unsigned index) {
  worker_->run([this, index](const VirtioActivation& activation) {
    Virtqueue* const queue = activation.queues[index];
    if (queue == nullptr) {
      return;
    }
    if (index == kReceiveQueue) {
      serve_receive(*queue);
    } else if (index == kTransmitQueue) {
      serve_transmit(*queue);
    } else if (index == kControlQueue && (activation.features & kFeatureControlQueue) != 0) {
      serve_control(*queue);
    }
  });
}

void VirtioNet::receive(std::span<const std::uint8_t> frame) {
  // Without a driver it does not run, and the frame is gone.
  worker_->run([this, &frame](const VirtioActivation& activation) {
    Virtqueue* const queue = activation.queues[kReceiveQueue];
    if (queue == nullptr || queue->broken() || !filter_.passes(frame, mac_)) {
      return;
    }
    if (deliver(*queue, frame) == Delivery::kNoBuffers) {
      waiting_.assign(frame.begin(), frame.end());  // At most a frame's size, by the backend's contract.
    }
    queue->notify();
  });
}

// The driver has added buffers, which it was asked to tell only because a frame waits.
void VirtioNet::serve_receive(Virtqueue& queue) {
  queue.disable_kicks();
  if (waiting_.empty()) {
    return;
  }
  const Delivery delivery = deliver(queue, waiting_);
  queue.notify();
  if (delivery == Delivery::kDone) {
    waiting_.clear();
    backend_->resume_receive();
  }
}

VirtioNet::Delivery VirtioNet::deliver(Virtqueue& queue, std::span<const std::uint8_t> frame) {
  const std::uint64_t wanted = sizeof(PacketHeader) + frame.size();
  // A driver that adds buffers while we look gets a second look, not an endless one.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (collect(queue, wanted)) {
      fill(queue, frame);
      return Delivery::kDone;
    }
    const bool too_small = !mergeable_ && !chains_.empty();
    put_back(queue);
    if (too_small || queue.broken()) {
      if (too_small) {
        small_buffer_.warning("net", "{}: the guest's buffers are too small for a frame of {} bytes", name_,
                              frame.size());
      }
      return Delivery::kDone;  // Dropped.
    }
    if (!queue.enable_kicks()) {
      return Delivery::kNoBuffers;
    }
    queue.disable_kicks();
  }
  return Delivery::kDone;  // Dropped: what it adds is too little each time.
}

// Pops chains until they hold `wanted` bytes. Without mergeable buffers, one chain must do (5.1.6.3.1).
bool VirtioNet::collect(Virtqueue& queue, std::uint64_t wanted) {
  std::uint64_t capacity = 0;
  while (capacity < wanted) {
    if (!mergeable_ && !chains_.empty()) {
      return false;
    }
    auto chain = queue.pop();
    if (!chain) {
      return false;
    }
    capacity += chain->writable_size();
    chains_.push_back(std::move(*chain));
  }
  return true;
}

void VirtioNet::put_back(Virtqueue& queue) {
  while (!chains_.empty()) {
    queue.undo_pop(std::move(chains_.back()));
    chains_.pop_back();
  }
}

void VirtioNet::fill(Virtqueue& queue, std::span<const std::uint8_t> frame) {
  PacketHeader header;
  header.buffer_count = static_cast<std::uint16_t>(chains_.size());  // 1 without mergeable buffers (5.1.6.4.1).
  std::span<const std::uint8_t> head(reinterpret_cast<const std::uint8_t*>(&header), sizeof header);
  for (DescriptorChain& chain : chains_) {
    ChainWriter writer(chain);
    for (std::span<const std::uint8_t>* part : {&head, &frame}) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(writer.remaining(), part->size()));
      (void)writer.write(part->first(count));
      *part = part->subspan(count);
    }
    queue.push(std::move(chain), writer.written());
  }
  chains_.clear();
}

void VirtioNet::serve_transmit(Virtqueue& queue) {
  int work = 0;  // Frames, and rounds: a guest may announce chains that are gone when they are looked for.
  do {
    queue.disable_kicks();
    while (auto chain = queue.pop()) {
      if (!transmit(queue, std::move(*chain))) {
        queue.notify();
        return;  // The backend says when it has room; no kick is needed meanwhile.
      }
      if (++work >= kWorkPerTurn) {
        break;
      }
    }
    queue.notify();
    if (++work > kWorkPerTurn) {
      LoopWorker::again(queue);
      return;
    }
  } while (queue.enable_kicks());
}

// False: the backend is full, and the chain is back in the queue.
bool VirtioNet::transmit(Virtqueue& queue, DescriptorChain chain) {
  ChainReader reader(chain);
  pieces_.clear();
  // A chain without a frame is nonsense, and is returned like any other.
  if (reader.skip(sizeof(PacketHeader)) && reader.take(reader.remaining(), pieces_) && attached_ &&
      !backend_->send(pieces_)) {
    queue.undo_pop(std::move(chain));
    return false;
  }
  queue.push(std::move(chain), 0);
  return true;
}

void VirtioNet::serve_control(Virtqueue& queue) {
  int commands = 0;
  while (auto chain = queue.pop()) {
    ChainReader reader(*chain);
    const bool done = handle_control(reader);
    if (!done) {
      bad_control_.warning("net", "{}: the guest sent a control command that is unknown or wrong", name_);
    }
    ChainWriter writer(*chain);
    (void)writer.write_object(done ? kAcknowledgeOk : kAcknowledgeError);
    queue.push(std::move(*chain), writer.written());
    if (++commands == kCommandsPerTurn) {
      LoopWorker::again(queue);
      break;
    }
  }
  queue.notify();
}

bool VirtioNet::handle_control(ChainReader& reader) {
  std::uint8_t kind = 0;
  std::uint8_t command = 0;
  if (!reader.read_object(kind) || !reader.read_object(command)) {
    return false;
  }
  switch (kind) {
    case kClassReceive:
      return handle_mode(reader, command);
    case kClassMac:
      return handle_address(reader, command);
    default:
      return false;  // Not offered.
  }
}

// 5.1.6.5.1: the commands are the modes, in order.
bool VirtioNet::handle_mode(ChainReader& reader, std::uint8_t command) {
  std::uint8_t on = 0;
  if (command > static_cast<std::uint8_t>(ReceiveFilter::Mode::kNoBroadcast) || !reader.read_object(on)) {
    return false;
  }
  filter_.set_mode(static_cast<ReceiveFilter::Mode>(command), on != 0);
  return true;
}

// 5.1.6.5.2.
bool VirtioNet::handle_address(ChainReader& reader, std::uint8_t command) {
  if (command == kMacAddressSet) {
    MacAddress address;
    if (!reader.read_object(address)) {
      return false;
    }
    const std::lock_guard lock(mac_mutex_);
    mac_ = address;
    return true;
  }
  std::vector<MacAddress> unicast;
  std::vector<MacAddress> multicast;
  bool unicast_overflow = false;
  bool multicast_overflow = false;
  if (command != kMacTableSet || !read_table(reader, unicast, unicast_overflow) ||
      !read_table(reader, multicast, multicast_overflow)) {
    return false;
  }
  filter_.set_table(std::move(unicast), unicast_overflow, std::move(multicast), multicast_overflow);
  return true;
}

}  // namespace saffron::net
