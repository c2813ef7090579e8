// SPDX-License-Identifier: Apache-2.0
// Where a disk's bytes are. Devices submit asynchronous requests to a queue that lives on one I/O thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <sys/uio.h>

#include "engine/core/event_loop.h"
#include "engine/core/result.h"

namespace saffron::ports {

enum class BlockOperation { kRead, kWrite, kFlush, kDiscard, kWriteZeroes };

/// One request. For read and write, `buffers` total `length` bytes and stay valid until completion; other operations
/// have no buffers. `offset` and `length` are bytes, multiples of the backend's block size, inside its size (flush: 0).
struct BlockRequest {
  BlockOperation operation = BlockOperation::kRead;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::vector<iovec> buffers;
  bool may_unmap = false;  // Write-zeroes: the host may deallocate.
  /// Runs on the queue's loop thread, never from inside submit(). 0, or an errno value.
  std::function<void(int error)> done;
};

/// A lane to the backend. Loop thread only. Destroying it waits for requests that are under way; their `done` runs.
class BlockQueue {
 public:
  virtual ~BlockQueue() = default;
  /// Queues a request; commit() sends what is queued. A request outside the rules completes with EINVAL.
  virtual void submit(BlockRequest request) = 0;
  virtual void commit() = 0;
  /// Waits until nothing is under way (device reset). Every `done` has run when it returns.
  virtual void drain() = 0;
};

struct BlockGeometry {
  std::uint64_t size = 0;  // Bytes.
  std::uint32_t block_size = 512;
  std::uint32_t physical_block_size = 4096;
  bool read_only = false;
  bool can_discard = false;
  bool can_write_zeroes = false;
};

/// A disk image, opened. Any thread.
class BlockBackend {
 public:
  virtual ~BlockBackend() = default;
  virtual BlockGeometry geometry() const = 0;
  /// A new lane whose completions run on `loop`. On the loop's thread, or before it runs.
  virtual core::Result<std::unique_ptr<BlockQueue>> open_queue(core::EventLoop& loop) = 0;
};

}  // namespace saffron::ports
