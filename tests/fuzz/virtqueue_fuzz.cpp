// SPDX-License-Identifier: Apache-2.0
// The walk over a virtqueue in hostile memory: the input is the rings' layout, then operations of a device mixed with
// writes of a guest.
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <numeric>
#include <vector>

#include "devices/virtio/split_ring.h"
#include "devices/virtio/virtqueue.h"
#include "tests/fakes/guest_arena.h"
#include "tests/fuzz/virtio_fuzz_input.h"

namespace {

using saffron::core::GuestAddress;
using saffron::virtio::DescriptorChain;
using saffron::virtio::RingDescriptor;

constexpr std::uint64_t kMemorySize = 64 * 1024;
constexpr unsigned kMaxOperations = 400;

/// Reads and writes all of a chain, and aborts if it promises what it has not.
void touch(const DescriptorChain& chain, saffron::fuzz::Input& input) {
  std::uint64_t readable = 0;
  std::uint64_t writable = 0;
  for (const iovec& view : chain.readable()) {
    readable += view.iov_len;
  }
  for (const iovec& view : chain.writable()) {
    writable += view.iov_len;
  }
  saffron::fakes::require(readable == chain.readable_size() && writable == chain.writable_size());
  saffron::virtio::ChainReader reader(chain);
  saffron::virtio::ChainWriter writer(chain);
  std::vector<std::uint8_t> bytes(1 + input.byte());
  while (reader.read(bytes)) {
  }
  std::vector<iovec> views;
  saffron::fakes::require(reader.take(reader.remaining(), views) && reader.remaining() == 0 && !reader.skip(1));
  unsigned writes = 0;
  while (writes < 64 && writer.write(bytes)) {
    ++writes;
  }
  saffron::fakes::require(writer.take(writer.remaining(), views) && writer.written() == writable);
}

class Guest {
 public:
  explicit Guest(const saffron::core::GuestMemory& memory) : memory_(memory) {}

  saffron::virtio::VirtqueueLayout layout(saffron::fuzz::Input& input) {
    const std::uint8_t flags = input.byte();
    saffron::virtio::VirtqueueLayout layout;
    layout.size = (flags & 0x80) != 0 ? input.u16() : static_cast<std::uint16_t>(1U << (flags & 7));
    layout.event_index = (flags & 0x08) != 0;
    layout.indirect = (flags & 0x10) != 0;
    const bool wild = (flags & 0x20) != 0;
    layout.descriptors = GuestAddress{wild ? input.u64() : 0x1000ULL};
    layout.driver_area = GuestAddress{wild ? input.u64() : 0x3000ULL};
    layout.device_area = GuestAddress{wild ? input.u64() : 0x4000ULL};
    layout_ = layout;
    return layout;
  }
  void write(saffron::fuzz::Input& input) {
    const std::uint8_t kind = input.byte();
    if (kind < 128) {
      RingDescriptor descriptor;
      descriptor.address = kind % 8 == 0 ? input.u64() : input.u16();
      descriptor.length = kind % 16 == 1 ? input.u32() : input.u16();
      descriptor.flags = static_cast<std::uint16_t>(input.byte() & 7);
      descriptor.next = input.byte();
      const GuestAddress table = kind % 4 == 0 ? GuestAddress{input.u16() * 16ULL} : layout_.descriptors;
      (void)memory_.write_object(table + 16ULL * input.byte(), descriptor);
    } else if (kind < 240 && layout_.size != 0) {
      const std::uint16_t head = input.byte();
      (void)memory_.write_object(saffron::virtio::available_entry(layout_, index_), head);
      (void)memory_.write_object(saffron::virtio::available_index(layout_), ++index_);
    } else {
      (void)memory_.write_object(GuestAddress{input.u16()}, input.u16());
    }
  }

 private:
  const saffron::core::GuestMemory& memory_;
  saffron::virtio::VirtqueueLayout layout_;
  std::uint16_t index_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto memory = saffron::fakes::make_guest_memory(kMemorySize);
  (void)memory->fill(GuestAddress{0}, 0, kMemorySize);
  saffron::fuzz::Input input(data, size);
  Guest guest(*memory);
  unsigned reports = 0;
  unsigned interrupts = 0;
  saffron::virtio::Virtqueue queue(
      *memory, guest.layout(input), -1, [&] { ++interrupts; }, [&](std::string_view) { ++reports; });
  std::deque<DescriptorChain> chains;
  for (unsigned i = 0; i < kMaxOperations && !input.empty(); ++i) {
    switch (input.byte() % 8) {
      case 0:
      case 1:
      case 2:
        guest.write(input);
        break;
      case 3:
      case 4:
        if (auto chain = queue.pop()) {
          touch(*chain, input);
          chains.push_back(std::move(*chain));
        }
        break;
      case 5:
        if (!chains.empty()) {
          const std::uint64_t written = std::min<std::uint64_t>(input.u16(), chains.front().writable_size());
          queue.push(std::move(chains.front()), static_cast<std::uint32_t>(written));
          chains.pop_front();
        }
        break;
      case 6:
        if (!chains.empty()) {
          queue.undo_pop(std::move(chains.back()));
          chains.pop_back();
        }
        break;
      default:
        (input.byte() & 1) != 0 ? queue.disable_kicks() : static_cast<void>(queue.enable_kicks());
        queue.notify();
        break;
    }
    saffron::fakes::require(chains.size() <= queue.size() && reports == (queue.broken() ? 1U : 0U));
  }
  for (DescriptorChain& chain : chains) {
    queue.push(std::move(chain), 0);
  }
  return 0;
}
