// SPDX-License-Identifier: Apache-2.0
// A disk in memory, with faults on demand. Completions come from the loop (or from drain), never from inside submit().
#pragma once

#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "devices/ports/block_backend.h"
#include "tests/fakes/block_rules.h"

namespace saffron::fakes {

/// Single-threaded: the loop's thread. Outlives its queues.
class MemoryBlockBackend final : public ports::BlockBackend {
 public:
  explicit MemoryBlockBackend(std::uint64_t size, std::uint32_t block_size = 512) : bytes(size) {
    layout.size = size;
    layout.block_size = block_size;
    layout.can_discard = true;
    layout.can_write_zeroes = true;
  }

  ports::BlockGeometry geometry() const override { return layout; }
  core::Result<std::unique_ptr<ports::BlockQueue>> open_queue(core::EventLoop& loop) override {
    return std::unique_ptr<ports::BlockQueue>(std::make_unique<Queue>(*this, loop));
  }

  /// One past operation, as it reached the backend.
  struct Record {
    ports::BlockOperation operation;
    std::uint64_t offset;
    std::uint64_t length;
    bool may_unmap;
    bool operator==(const Record&) const = default;
  };

  std::vector<std::uint8_t> bytes;
  ports::BlockGeometry layout;
  std::vector<Record> log;
  bool keep_log = true;
  /// While true, committed requests stay under way until it is false and release() (or drain) is called.
  bool stalled = false;
  /// Operations of this kind fail with this errno while it is here.
  std::map<ports::BlockOperation, int> faults;
  unsigned drains = 0;
  /// Requests outside BlockRequest's rules: a device that sends one has a defect.
  unsigned illegal_requests = 0;

  /// Lets stalled requests complete on the loop.
  void release() {
    stalled = false;
    for (Queue* queue : queues_) {
      queue->commit();
    }
  }
  std::size_t under_way() const {
    std::size_t total = 0;
    for (const Queue* queue : queues_) {
      total += queue->committed.size();
    }
    return total;
  }

 private:
  struct Queue final : ports::BlockQueue {
    Queue(MemoryBlockBackend& owner, core::EventLoop& event_loop)
        : backend(owner), loop(event_loop), self(std::make_shared<Queue*>(this)) {
      backend.queues_.push_back(this);
    }
    ~Queue() override {
      drain();
      *self = nullptr;
      std::erase(backend.queues_, this);
    }
    void submit(ports::BlockRequest request) override { staged.push_back(std::move(request)); }
    void commit() override {
      while (!staged.empty()) {
        committed.push_back(std::move(staged.front()));
        staged.pop_front();
      }
      if (!committed.empty() && !backend.stalled && !posted) {
        posted = true;
        loop.post([alive = self] {
          if (*alive != nullptr) {
            (*alive)->posted = false;
            (*alive)->complete_all();
          }
        });
      }
    }
    void drain() override {
      ++backend.drains;
      const bool was_stalled = std::exchange(backend.stalled, false);
      while (!staged.empty() || !committed.empty()) {
        commit();
        complete_all();
      }
      backend.stalled = was_stalled;
    }
    void complete_all() {
      while (!committed.empty() && !backend.stalled) {
        ports::BlockRequest request = std::move(committed.front());
        committed.pop_front();
        const int error = backend.perform(request);
        request.done(error);
      }
    }

    MemoryBlockBackend& backend;
    core::EventLoop& loop;
    std::shared_ptr<Queue*> self;
    std::deque<ports::BlockRequest> staged;
    std::deque<ports::BlockRequest> committed;
    bool posted = false;
  };

  int perform(const ports::BlockRequest& request) {
    if (keep_log) {
      log.push_back({request.operation, request.offset, request.length, request.may_unmap});
    }
    if (!follows_rules(request, layout)) {
      ++illegal_requests;
      return EINVAL;
    }
    if (const auto fault = faults.find(request.operation); fault != faults.end()) {
      return fault->second;
    }
    std::uint64_t position = request.offset;
    for (const iovec& buffer : request.buffers) {
      if (request.operation == ports::BlockOperation::kRead) {
        std::memcpy(buffer.iov_base, bytes.data() + position, buffer.iov_len);
      } else {
        std::memcpy(bytes.data() + position, buffer.iov_base, buffer.iov_len);
      }
      position += buffer.iov_len;
    }
    if (request.buffers.empty()) {  // Zeroes, or a discard. (A flush has a length of 0.)
      std::memset(bytes.data() + request.offset, 0, request.length);
    }
    return 0;
  }

  std::vector<Queue*> queues_;
};

}  // namespace saffron::fakes
