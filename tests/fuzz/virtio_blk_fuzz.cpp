// SPDX-License-Identifier: Apache-2.0
// A guest that feeds the virtio block device chains of its own making. Aborts if the device asks its host for
// something illegal, or keeps a chain after its reset.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "devices/storage/virtio_blk.h"
#include "tests/fakes/fake_virtio_host.h"
#include "tests/fakes/memory_block_backend.h"
#include "tests/fuzz/virtio_fuzz_input.h"

namespace {

using saffron::core::GuestAddress;
using saffron::fakes::FakeVirtioHost;
using saffron::fakes::VirtqueueDriver;

constexpr unsigned kMaxOperations = 100;
constexpr std::uint64_t kMemory = 1 << 20;
constexpr std::uint64_t kBuffers = 0x80000;  // Above what the host's queues take.
constexpr std::array<std::uint32_t, 6> kTypes{0, 1, 4, 8, 11, 13};

class Guest {
 public:
  Guest(const std::uint8_t* data, std::size_t size) : input_(data, size), disk_(64 * 1024) {
    disk_.keep_log = false;
    const std::uint8_t shape = input_.byte();
    disk_.layout.read_only = (shape & 1) != 0;
    disk_.layout.can_discard = (shape & 2) == 0;
    loop_ = saffron::core::EventLoop::create().value();
    const saffron::core::GuestRegion region{{0}, kMemory, 0};
    memory_ = saffron::core::GuestMemory::create({&region, 1}).value();
    device_ = std::make_unique<saffron::storage::VirtioBlk>("disk0", "serial", disk_, std::vector{loop_.get()}, 2);
    host_ = std::make_unique<FakeVirtioHost>(*device_, *memory_, GuestAddress{0}, kBuffers);
    FakeVirtioHost::Options options;
    options.features = device_->device_features() & (0xff00u | input_.byte());
    options.queue_size = static_cast<std::uint16_t>(4u << (shape >> 6));
    options.event_index = (shape & 4) != 0;
    host_->activate(options);
  }

  void play() {
    for (unsigned count = 0; count < kMaxOperations && !input_.empty(); ++count) {
      step();
    }
    host_->deactivate();
    if (disk_.illegal_requests != 0 || disk_.under_way() != 0) {
      std::abort();
    }
  }

 private:
  void step() {
    const std::uint8_t operation = input_.byte();
    const unsigned queue = operation >> 7;
    switch (operation % 8) {
      case 0:
        host_->kick(queue);
        return run();
      case 1:
        disk_.stalled = (input_.byte() & 1) != 0;
        return disk_.stalled ? void() : disk_.release();
      case 2: {
        const std::array<std::uint8_t, 4> bytes{input_.byte(), input_.byte(), input_.byte(), input_.byte()};
        device_->write_config(input_.byte(), bytes);
        std::array<std::uint8_t, 16> config{};
        device_->read_config(input_.byte(), config);
        return;
      }
      case 3:
        static_cast<void>(
            memory_->write_object({kBuffers + input_.u16() * 8ull % (kMemory - kBuffers)}, input_.u64()).ok());
        return;
      case 4:
        disk_.faults[static_cast<saffron::ports::BlockOperation>(input_.byte() % 5)] = EIO;
        return;
      default:
        return add(queue);
    }
  }

  void run() {
    loop_->post([this] { loop_->post([this] { loop_->stop(); }); });
    loop_->run();
    for (unsigned queue = 0; queue < 2; ++queue) {
      while (host_->driver(queue).take_used()) {
      }
    }
  }

  void add(unsigned queue) {
    const std::uint8_t shape = input_.byte();
    const std::size_t count = 1 + shape % 4;
    if (host_->driver(queue).free_descriptors() < count + 2) {
      return;
    }
    saffron::storage::VirtioBlkHeader header{};
    header.type = (shape & 0x80) != 0 ? input_.byte() : kTypes[input_.byte() % kTypes.size()];
    header.sector = (shape & 0x40) != 0 ? input_.u64() : input_.byte();
    const GuestAddress at{kBuffers + (input_.byte() & 0x3f) * 64ull};
    static_cast<void>(memory_->write_object(at, header).ok());
    std::vector<VirtqueueDriver::Buffer> buffers{{at, (shape & 0x20) != 0 ? input_.byte() : 16u, false}};
    bool writable = false;
    for (std::size_t index = 0; index < count; ++index) {
      const std::uint8_t kind = input_.byte();
      writable |= (kind & 1) != 0;
      const std::uint32_t length = (kind & 2) != 0 ? (kind >> 2) * 512u : kind >> 2;
      buffers.push_back({{kBuffers + 0x2000 + input_.u16()}, length, writable});
    }
    buffers.push_back({{kBuffers + 0x1000 + input_.byte()}, 1, true});
    host_->driver(queue).add(buffers);
  }

  saffron::fuzz::Input input_;
  saffron::fakes::MemoryBlockBackend disk_;
  std::unique_ptr<saffron::core::EventLoop> loop_;
  std::unique_ptr<saffron::core::GuestMemory> memory_;
  std::unique_ptr<saffron::storage::VirtioBlk> device_;
  std::unique_ptr<FakeVirtioHost> host_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Guest guest(data, size);
  guest.play();
  return 0;
}
