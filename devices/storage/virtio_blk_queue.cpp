// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/virtio_blk_queue.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace saffron::storage {

using ports::BlockOperation;

namespace {

constexpr std::uint64_t kSector = 512;
// How long to look before sleeping, in ticks of the TSC (some 2 to 5 in a nanosecond). Waking a thread costs some 5 to
// 50 us, so a wait shorter than this is cheaper awake. Not the loop's clock: a host without a usable TSC reads its
// clock from a device, and each request would pay for that twice.
constexpr std::uint64_t kMaxPollTicks = 100'000;
constexpr std::uint64_t kFirstPollTicks = 12'000;
/// Chains before completions are looked for and told.
constexpr unsigned kBatch = 64;
/// Chains and rounds before others on the loop have their turn.
constexpr unsigned kWorkPerVisit = 16 * kBatch;
// What takes long to copy is told at once, so that the guest works on it meanwhile.
constexpr std::uint64_t kUntoldBytes = 256 << 10;

void signal_event(int fd) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof one);
}

void relax() {
  __builtin_ia32_pause();
}

/// Differences may be wrong when the thread changes its CPU; then a wait is a little too long or too short, once.
std::uint64_t ticks() {
  return __builtin_ia32_rdtsc();
}

}  // namespace

VirtioBlkQueue::VirtioBlkQueue(VirtioBlkShared& shared, core::EventLoop& loop, std::uint16_t size)
    : shared_(shared), loop_(loop), requests_(size) {
  for (unsigned slot = size; slot-- > 0;) {
    free_requests_.push_back(slot);
  }
}

VirtioBlkQueue::~VirtioBlkQueue() {
  stop();
}

core::Result<void> VirtioBlkQueue::start(virtio::Virtqueue& queue, std::function<void(std::string_view)> needs_reset) {
  if (!lane_) {
    lane_ = SAFFRON_TRY(shared_.backend.open_queue(loop_));
  }
  // Edge triggered: the eventfd need not be read, which spares a system call for each kick.
  watch_ = SAFFRON_TRY(loop_.watch(queue.kick_fd(), EPOLLIN | EPOLLET, [this](auto) { on_kick(); }));
  queue_ = &queue;
  needs_reset_ = std::move(needs_reset);
  poll_ticks_ = 0;
  idle_since_ = 0;
  signal_event(queue.kick_fd());  // What the driver made available before it said DRIVER_OK.
  return {};
}

void VirtioBlkQueue::stop() {
  if (queue_ == nullptr) {
    return;
  }
  watch_.reset();
  processing_ = true;  // The driver gets no interrupts from here on.
  lane_->drain();
  processing_ = false;
  queue_ = nullptr;
  needs_reset_ = nullptr;
}

void VirtioBlkQueue::on_kick() {
  adapt_polling(ticks() - idle_since_);
  process();
}

void VirtioBlkQueue::process() {
  processing_ = true;
  queue_->disable_kicks();
  visit_work_ = 0;
  do {
    ++visit_work_;  // A guest may announce chains that are gone when they are looked for.
    take_available();
  } while (visit_work_ < kWorkPerVisit && (poll_briefly() || queue_->enable_kicks()));
  queue_->notify();
  processing_ = false;
  idle_since_ = ticks();
  if (visit_work_ >= kWorkPerVisit) {
    signal_event(queue_->kick_fd());  // A guest that never stops asking must not keep a reset waiting.
  }
}

void VirtioBlkQueue::take_available() {
  unsigned untold = 0;
  std::uint64_t told_bytes = bytes_;
  unsigned count = 0;
  do {
    for (count = 0; count < kBatch; ++count) {
      auto chain = queue_->pop();
      if (!chain) {
        break;
      }
      begin(std::move(*chain));
    }
    visit_work_ += count;
    untold += count;
    lane_->commit();  // What the page cache has completes here...
    if (count == 0 || untold >= kBatch || bytes_ - told_bytes >= kUntoldBytes) {
      queue_->notify();  // ... with one interrupt for all, also for those that came meanwhile.
      untold = 0;
      told_bytes = bytes_;
    }
  } while (count != 0 && visit_work_ < kWorkPerVisit);
}

bool VirtioBlkQueue::poll_briefly() {
  if (poll_ticks_ == 0) {
    return false;
  }
  const std::uint64_t start = ticks();
  do {
    const std::uint64_t before = completed_;
    auto chain = queue_->pop();
    if (chain) {
      ++visit_work_;
      begin(std::move(*chain));
      return true;
    }
    lane_->commit();
    if (completed_ != before) {
      queue_->notify();
      return true;
    }
    relax();
  } while (ticks() - start < poll_ticks_);
  return false;
}

void VirtioBlkQueue::adapt_polling(std::uint64_t slept) {
  if (slept > kMaxPollTicks) {
    poll_ticks_ = 0;  // Polling would not have helped.
  } else if (slept > poll_ticks_) {
    poll_ticks_ = std::clamp(poll_ticks_ * 2, kFirstPollTicks, kMaxPollTicks);
  }
}

void VirtioBlkQueue::begin(virtio::DescriptorChain chain) {
  virtio::ChainReader reader(chain);
  VirtioBlkHeader header{};
  if (!reader.read_object(header) || chain.writable_size() == 0) {
    // 5.2.6: without a header or a status byte there is nothing to answer.
    queue_->push(std::move(chain), 0);
    needs_reset_("a block request without its header or its status byte");
    return;
  }
  const unsigned slot = free_requests_.back();  // There are as many as chains can be under way.
  free_requests_.pop_back();
  Request& request = requests_[slot];
  const iovec& last = chain.writable().back();
  request.status = static_cast<std::uint8_t*>(last.iov_base) + last.iov_len - 1;
  request.type = header.type;
  request.error = 0;
  request.chain.emplace(std::move(chain));
  switch (header.type) {
    case kBlkIn:
    case kBlkOut:
      return read_or_write(slot, header, reader);
    case kBlkFlushRequest: {
      ports::BlockRequest flush;
      flush.operation = BlockOperation::kFlush;
      return send(slot, std::move(flush));
    }
    case kBlkGetId:
      return get_id(slot);
    case kBlkDiscardRequest:
    case kBlkWriteZeroesRequest:
      return change_ranges(slot, reader);
    default:
      return complete(slot, kBlkUnsupported);
  }
}

bool VirtioBlkQueue::range_inside(std::uint64_t sector, std::uint64_t bytes) const {
  const std::uint64_t size = shared_.geometry.size;
  const std::uint64_t block = shared_.geometry.block_size;
  return sector <= size / kSector && bytes <= size - sector * kSector && sector * kSector % block == 0 &&
         bytes % block == 0;
}

void VirtioBlkQueue::read_or_write(unsigned slot, const VirtioBlkHeader& header, virtio::ChainReader& reader) {
  const bool reading = header.type == kBlkIn;
  virtio::ChainWriter writer(*requests_[slot].chain);
  ports::BlockRequest request;
  request.operation = reading ? BlockOperation::kRead : BlockOperation::kWrite;
  request.length = reading ? writer.remaining() - 1 : reader.remaining();
  request.offset = header.sector * kSector;
  if (!range_inside(header.sector, request.length) || (!reading && shared_.geometry.read_only)) {
    return complete(slot, kBlkIoError);  // 5.2.6.2
  }
  if (request.length == 0) {
    return complete(slot, kBlkOk);
  }
  reading ? writer.take(request.length, request.buffers) : reader.take(request.length, request.buffers);
  send(slot, std::move(request));
}

void VirtioBlkQueue::change_ranges(unsigned slot, virtio::ChainReader& reader) {
  const bool discard = requests_[slot].type == kBlkDiscardRequest;
  const ports::BlockGeometry& geometry = shared_.geometry;
  std::array<VirtioBlkRange, kMaxDiscardRanges> ranges{};
  const std::uint64_t count = reader.remaining() / sizeof(VirtioBlkRange);
  if (!(discard ? geometry.can_discard : geometry.can_write_zeroes) || geometry.read_only) {
    return complete(slot, kBlkUnsupported);
  }
  if (count == 0 || reader.remaining() % sizeof(VirtioBlkRange) != 0 ||
      count > (discard ? kMaxDiscardRanges : kMaxWriteZeroesRanges)) {
    return complete(slot, kBlkIoError);
  }
  // All are checked before any is carried out. Each is read once: the guest may change it meanwhile.
  for (std::uint64_t index = 0; index < count; ++index) {
    VirtioBlkRange& range = ranges[index];
    reader.read_object(range);
    if ((range.flags & ~kBlkUnmapFlag) != 0 || (discard && range.flags != 0)) {
      return complete(slot, kBlkUnsupported);  // 5.2.6.2
    }
    if (range.count > kMaxRangeSectors || !range_inside(range.sector, range.count * kSector)) {
      return complete(slot, kBlkIoError);
    }
  }
  ++requests_[slot].pieces;  // So that it does not end before all are sent.
  for (std::uint64_t index = 0; index < count; ++index) {
    if (ranges[index].count != 0) {
      ports::BlockRequest request;
      request.operation = discard ? BlockOperation::kDiscard : BlockOperation::kWriteZeroes;
      request.offset = ranges[index].sector * kSector;
      request.length = ranges[index].count * kSector;
      request.may_unmap = (ranges[index].flags & kBlkUnmapFlag) != 0;
      send(slot, std::move(request));
    }
  }
  piece_done(slot, 0);
}

void VirtioBlkQueue::get_id(unsigned slot) {
  virtio::ChainWriter writer(*requests_[slot].chain);
  std::array<std::uint8_t, kBlkIdSize> id{};
  std::copy_n(shared_.serial.begin(), std::min(shared_.serial.size(), id.size()), id.begin());
  const std::uint64_t room = std::min<std::uint64_t>(writer.remaining() - 1, id.size());
  writer.write(std::span(id).first(room));
  complete(slot, kBlkOk);
}

void VirtioBlkQueue::send(unsigned slot, ports::BlockRequest request) {
  ++requests_[slot].pieces;
  bytes_ += request.length;
  request.done = [this, slot](int error) { piece_done(slot, error); };
  lane_->submit(std::move(request));
}

void VirtioBlkQueue::piece_done(unsigned slot, int error) {
  Request& request = requests_[slot];
  request.error = request.error != 0 ? request.error : error;
  if (--request.pieces != 0) {
    return;
  }
  const bool writes = request.type == kBlkOut || request.type == kBlkWriteZeroesRequest;
  if (writes && request.error == 0 && !shared_.writeback) {
    request.type = kBlkFlushRequest;  // 5.2.6.2: without a write cache it ends when the data is safe.
    ports::BlockRequest flush;
    flush.operation = BlockOperation::kFlush;
    send(slot, std::move(flush));
    lane_->commit();
    return;
  }
  complete(slot, request.error == 0 ? kBlkOk : kBlkIoError);
}

void VirtioBlkQueue::complete(unsigned slot, std::uint8_t status) {
  Request& request = requests_[slot];
  *request.status = status;
  ++completed_;
  // The status is the last byte, so that all before it counts as written.
  const auto written = static_cast<std::uint32_t>(request.chain->writable_size());
  queue_->push(std::move(*request.chain), written);
  request.chain.reset();
  free_requests_.push_back(slot);
  if (!processing_) {
    queue_->notify();
  }
}

}  // namespace saffron::storage
