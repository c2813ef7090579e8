// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/uring_queue.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <utility>

namespace saffron::storage {

using ports::BlockOperation;
using ports::BlockRequest;

namespace {

/// The largest transfer that a Linux system call makes at once (MAX_RW_COUNT); more comes back short.
constexpr std::uint64_t kMaxTransfer = 0x7ffff000;
constexpr std::int64_t kRetryDelayNs = 1'000'000;

bool needs_slow_lane(BlockOperation operation) {
  return operation == BlockOperation::kDiscard || operation == BlockOperation::kWriteZeroes;
}

}  // namespace

core::Result<std::unique_ptr<UringQueue>> UringQueue::create(const FileTarget& target, core::EventLoop& loop) {
  std::unique_ptr<UringQueue> queue(new UringQueue(target, loop));
  SAFFRON_TRY(queue->open_ring());
  queue->slow_lane_ = SAFFRON_TRY(WorkerQueue::create(target, loop));
  return queue;
}

UringQueue::UringQueue(const FileTarget& target, core::EventLoop& loop) : target_(target), loop_(loop), slots_(kDepth) {
  for (unsigned slot = kDepth; slot-- > 0;) {
    free_slots_.push_back(slot);
  }
  retry_timer_ = loop.create_timer([this] { commit(); });
}

UringQueue::~UringQueue() {
  if (slow_lane_) {  // Else create() failed.
    drain();
  }
  if (ring_open_) {
    close_ring();
  }
}

core::Result<void> UringQueue::open_ring() {
  // Best first: completions run when we ask (6.1); on the way into the kernel (5.19); by interrupting us.
  constexpr std::array<unsigned, 3> kFlags{
      IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG, IORING_SETUP_COOP_TASKRUN,
      0};
  int error = -ENOSYS;
  for (const unsigned flags : kFlags) {
    error = io_uring_queue_init(kDepth, &ring_, flags);
    if (error == 0) {
      deferred_work_ = (flags & IORING_SETUP_DEFER_TASKRUN) != 0;
      break;
    }
    if (error != -EINVAL) {
      break;
    }
  }
  if (error != 0) {
    return core::Error::from_errno(-error, "the host refuses io_uring");
  }
  ring_open_ = true;
  owner_ = std::this_thread::get_id();
  fixed_file_ = io_uring_register_files(&ring_, &target_.fd, 1) == 0;
  auto watch = watch_ring();
  if (!watch.ok()) {
    close_ring();
  }
  return watch;
}

core::Result<void> UringQueue::watch_ring() {
  int fd = ring_.ring_fd;
  core::FdEvents events = EPOLLIN;
  if (deferred_work_) {
    // Polling such a ring does not tell about work that waits for us; its eventfd does. Edge triggered, so that it
    // need not be read.
    event_ = core::UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event_ || io_uring_register_eventfd(&ring_, event_.get()) != 0) {
      return core::Error::from_errno(errno, "cannot watch an io_uring");
    }
    fd = event_.get();
    events |= EPOLLET;
  }
  watch_ = SAFFRON_TRY(loop_.watch(fd, events, [this](auto) { commit(); }));
  return {};
}

void UringQueue::close_ring() {
  watch_.reset();
  io_uring_queue_exit(&ring_);
  event_.reset();
  ring_open_ = false;
}

void UringQueue::adopt_thread() {
  if (owner_ == std::this_thread::get_id() || !ring_open_) {
    return;
  }
  wait_for_other_thread();
  again_.insert(again_.end(), prepared_.begin(), prepared_.end());
  prepared_.clear();
  replace_ring();
}

void UringQueue::wait_for_other_thread() {
  // Only the ring's own thread may collect deferred completions. When the loop's thread has ended, the kernel has
  // cancelled or finished its requests and published them.
  while (in_flight_ != 0) {
    if (io_uring_cq_ready(&ring_) == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    } else {
      reap();
    }
  }
}

void UringQueue::submit(BlockRequest request) {
  if (!request_is_legal(request, target_.geometry)) {
    rejected_.push_back(std::move(request.done));
    return;
  }
  if (needs_slow_lane(request.operation)) {
    ++slow_under_way_;
    auto done = std::move(request.done);
    request.done = [this, callback = std::move(done)](int error) {
      --slow_under_way_;
      callback(error);
    };
    slow_lane_->submit(std::move(request));
    return;
  }
  backlog_.push_back(std::move(request));
}

void UringQueue::commit() {
  if (in_callbacks_) {  // Whoever runs the callbacks goes on.
    slow_lane_->commit();
    fill_ring();
    enter();
    return;
  }
  adopt_thread();
  slow_lane_->commit();
  do {
    listen(false);
    do {
      if (failing_ && in_flight_ == 0) {
        replace_ring();
      }
      fill_ring();
      enter();
      deliver_rejected();
      reap();
    } while (can_go_on());
    listen(true);
  } while (completions_wait());
}

/// Whether another turn gets further now. Entries that the kernel did not take yet wait for the retry timer.
bool UringQueue::can_go_on() const {
  if (!rejected_.empty()) {
    return true;
  }
  if (failing_) {
    return in_flight_ == 0;
  }
  return prepared_.empty() && (!again_.empty() || (!backlog_.empty() && !free_slots_.empty()));
}

void UringQueue::listen(bool enable) {
  if (ring_open_ && deferred_work_) {
    // No wake-up for what completes while we look anyway. The fence orders this flag before completions_wait().
    io_uring_cq_eventfd_toggle(&ring_, enable);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
}

bool UringQueue::work_is_deferred() const {
  return deferred_work_ && (std::atomic_ref<unsigned>(*ring_.sq.kflags).load() & IORING_SQ_TASKRUN) != 0;
}

bool UringQueue::completions_wait() const {
  return ring_open_ && (io_uring_cq_ready(&ring_) != 0 || work_is_deferred());
}

void UringQueue::fill_ring() {
  if (!ring_open_) {
    for (const unsigned slot : std::exchange(again_, {})) {
      rejected_.push_back(std::move(slots_[slot].request.done));
      free_slots_.push_back(slot);
    }
    while (!backlog_.empty()) {
      rejected_.push_back(std::move(backlog_.front().done));
      backlog_.pop_front();
    }
    return;
  }
  if (failing_ || owner_ != std::this_thread::get_id()) {
    return;
  }
  while (!again_.empty() && io_uring_sq_space_left(&ring_) != 0) {
    prepare(again_.front());
    again_.pop_front();
  }
  while (!backlog_.empty() && !free_slots_.empty() && io_uring_sq_space_left(&ring_) != 0) {
    const unsigned slot = free_slots_.back();
    free_slots_.pop_back();
    slots_[slot].request = std::move(backlog_.front());
    slots_[slot].progress = 0;
    backlog_.pop_front();
    prepare(slot);
  }
}

void UringQueue::prepare(unsigned slot) {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  BlockRequest& request = slots_[slot].request;
  const int fd = fixed_file_ ? 0 : target_.fd;
  if (request.operation == BlockOperation::kFlush) {
    io_uring_prep_fsync(entry, fd, IORING_FSYNC_DATASYNC);
  } else {
    const std::uint64_t offset = request.offset + slots_[slot].progress;
    const bool reading = request.operation == BlockOperation::kRead;
    if (request.buffers.size() == 1) {  // No vector for the kernel to copy and check.
      const iovec& buffer = request.buffers.front();
      const auto length = static_cast<unsigned>(std::min<std::uint64_t>(buffer.iov_len, kMaxTransfer));
      reading ? io_uring_prep_read(entry, fd, buffer.iov_base, length, offset)
              : io_uring_prep_write(entry, fd, buffer.iov_base, length, offset);
    } else {
      const auto count = static_cast<unsigned>(std::min(request.buffers.size(), kMaxKernelVectors));
      reading ? io_uring_prep_readv(entry, fd, request.buffers.data(), count, offset)
              : io_uring_prep_writev(entry, fd, request.buffers.data(), count, offset);
    }
  }
  if (fixed_file_) {
    io_uring_sqe_set_flags(entry, IOSQE_FIXED_FILE);
  }
  io_uring_sqe_set_data64(entry, slot);
  prepared_.push_back(slot);
}

void UringQueue::enter() {
  if (prepared_.empty() || failing_ || owner_ != std::this_thread::get_id()) {
    return;
  }
  // With deferred work this also publishes what has completed meanwhile.
  const int taken = deferred_work_ ? io_uring_submit_and_get_events(&ring_) : io_uring_submit(&ring_);
  if (taken >= 0) {
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(taken), prepared_.size());
    prepared_.erase(prepared_.begin(), prepared_.begin() + static_cast<std::ptrdiff_t>(count));
    in_flight_ += static_cast<unsigned>(count);
  } else if (taken != -EINTR && taken != -EAGAIN && taken != -EBUSY && taken != -ENOMEM) {
    enter_complaint_.warning("disk", "io_uring_enter fails with errno {}", -taken);
    failing_ = true;
  }
  if (!prepared_.empty()) {
    retry_timer_->arm(loop_.clock().now_ns() + kRetryDelayNs);  // The host is short of memory for a moment.
  }
}

void UringQueue::replace_ring() {
  // The kernel would refuse the same entries again: fail them, and go on with a new ring.
  close_ring();
  failing_ = false;
  for (const unsigned slot : std::exchange(prepared_, {})) {
    rejected_.push_back(std::move(slots_[slot].request.done));
    free_slots_.push_back(slot);
  }
  if (!open_ring().ok()) {
    enter_complaint_.warning("disk", "io_uring stopped working; the disk fails");
  }
}

void UringQueue::reap() {
  if (in_callbacks_ || !ring_open_) {
    return;
  }
  in_callbacks_ = true;
  if (owner_ == std::this_thread::get_id() && work_is_deferred()) {
    io_uring_get_events(&ring_);
  }
  std::array<io_uring_cqe*, 64> entries{};
  while (const unsigned count = io_uring_peek_batch_cqe(&ring_, entries.data(), entries.size())) {
    std::array<std::pair<unsigned, int>, 64> results;
    for (unsigned index = 0; index < count; ++index) {
      results[index] = {static_cast<unsigned>(entries[index]->user_data), entries[index]->res};
    }
    io_uring_cq_advance(&ring_, count);
    in_flight_ -= count;
    for (unsigned index = 0; index < count; ++index) {
      finish(results[index].first, results[index].second);
    }
  }
  in_callbacks_ = false;
}

void UringQueue::finish(unsigned slot, int result) {
  BlockRequest& request = slots_[slot].request;
  if (result == -EINTR || result == -EAGAIN) {
    again_.push_back(slot);
    return;
  }
  if (result < 0 || request.operation == BlockOperation::kFlush) {
    complete(slot, -result);
    return;
  }
  slots_[slot].progress += static_cast<unsigned>(result);
  if (slots_[slot].progress >= request.length) {
    complete(slot, 0);
    return;
  }
  consume_buffers(request.buffers, static_cast<unsigned>(result));
  if (result != 0) {
    again_.push_back(slot);
  } else if (request.operation == BlockOperation::kRead &&
             request.offset + slots_[slot].progress >= target_.file_size) {
    clear_buffers(request.buffers);  // The rest of a CD image's last sector.
    complete(slot, 0);
  } else {
    complete(slot, EIO);  // The file became shorter under us, or takes no more.
  }
}

void UringQueue::complete(unsigned slot, int error) {
  const auto done = std::move(slots_[slot].request.done);
  slots_[slot].request.buffers.clear();
  free_slots_.push_back(slot);
  done(error);
}

void UringQueue::deliver_rejected() {
  in_callbacks_ = true;
  while (!rejected_.empty()) {
    const auto done = std::move(rejected_.front());
    rejected_.pop_front();
    done(EINVAL);
  }
  in_callbacks_ = false;
}

bool UringQueue::idle() const {
  return in_flight_ == 0 && prepared_.empty() && again_.empty() && backlog_.empty() && rejected_.empty() &&
         slow_under_way_ == 0;
}

void UringQueue::drain() {
  commit();
  while (!idle()) {
    if (slow_under_way_ != 0) {
      slow_lane_->drain();
    }
    if (in_flight_ != 0) {
      io_uring_cqe* entry = nullptr;
      io_uring_wait_cqe(&ring_, &entry);
      reap();
    } else if (!prepared_.empty()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    commit();
  }
}

}  // namespace saffron::storage
