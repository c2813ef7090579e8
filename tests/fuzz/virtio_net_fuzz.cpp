// SPDX-License-Identifier: Apache-2.0
// The network card between a hostile driver and a link: descriptors and kicks of all three queues, control commands,
// frames from outside, a link that fills up and comes and goes, resets. The input is a script of operations.
#include <memory>

#include "devices/net/virtio_net.h"
#include "tests/fakes/fake_net_backend.h"
#include "tests/fakes/fake_virtio_host.h"
#include "tests/fuzz/virtio_fuzz_input.h"

using namespace saffron;

namespace {

constexpr std::uint64_t kMemorySize = 256 * 1024;
constexpr std::uint64_t kRings = 64 * 1024;  // Buffers are below, and may reach into them.
constexpr std::uint16_t kQueueSize = 16;
constexpr unsigned kMaxOperations = 200;

struct Bench {
  explicit Bench(const core::GuestMemory& guest_memory, core::EventLoop& event_loop)
      : memory(guest_memory), loop(event_loop) {
    auto link = std::make_unique<fakes::FakeNetBackend>(record);
    backend = link.get();
    card = std::make_unique<net::VirtioNet>("net0", net::MacAddress{{2, 0, 0, 0, 0, 1}}, std::move(link), loop);
    fakes::require(card->connect().ok());
  }
  void start(fuzz::Input& input) {
    host.reset();
    host = std::make_unique<fakes::FakeVirtioHost>(*card, memory, core::GuestAddress{kRings}, kMemorySize - kRings);
    const std::uint8_t choice = input.byte();
    host->activate({.features = std::uint64_t{choice} << 12, .queue_size = kQueueSize, .event_index = choice % 2 != 0});
    run();
  }
  void run() {
    loop.post([this] { loop.post([this] { loop.stop(); }); });
    loop.run();
  }
  void add(unsigned queue, fuzz::Input& input) {
    const std::uint8_t kind = input.byte();
    const auto index = static_cast<std::uint16_t>(kind % kQueueSize);
    virtio::RingDescriptor descriptor;
    descriptor.address = (kind & 0x80) != 0 ? input.u32() : input.u16();
    descriptor.length = (kind & 0x40) != 0 ? input.u32() : input.u16() % 4096;
    descriptor.flags = static_cast<std::uint16_t>(input.byte() & 7);
    descriptor.next = static_cast<std::uint16_t>(input.byte() % (kQueueSize + 1));
    host->driver(queue).set_descriptor(index, descriptor);
    if ((kind & 0x20) == 0) {
      host->driver(queue).make_available(index);
    }
  }
  void command(fuzz::Input& input) {
    std::array<std::uint8_t, 24> bytes;
    for (std::uint8_t& byte : bytes) {
      byte = input.byte();
    }
    (void)memory.write(core::GuestAddress{0x100}, bytes);
    host->driver(2).set_descriptor(0, {0x100, bytes.size(), virtio::kDescriptorNext, 1});
    host->driver(2).set_descriptor(1, {0x200, 1, virtio::kDescriptorWrite, 0});
    host->driver(2).make_available(0);
    host->kick(2);
    run();
  }

  const core::GuestMemory& memory;
  core::EventLoop& loop;
  fakes::FakeNetBackend::Record record;
  fakes::FakeNetBackend* backend = nullptr;
  std::unique_ptr<net::VirtioNet> card;
  std::unique_ptr<fakes::FakeVirtioHost> host;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto memory = fakes::make_guest_memory(kMemorySize);
  static const auto loop = std::move(core::EventLoop::create()).value();
  (void)memory->fill({0}, 0, kRings);
  fuzz::Input input(data, size);
  Bench bench(*memory, *loop);
  bench.start(input);
  for (unsigned i = 0; i < kMaxOperations && !input.empty(); ++i) {
    const std::uint8_t operation = input.byte();
    switch (operation % 8) {
      case 0:
      case 1:
      case 2:
        bench.add(operation % 8, input);
        break;
      case 3:
        bench.host->kick(operation / 8 % 3);
        bench.run();
        break;
      case 4:
        bench.backend->arrive(fakes::FakeNetBackend::Frame(14 + input.u16(), operation));
        break;
      case 5:
        bench.backend->make_room(operation / 8 % 8);
        break;
      case 6:
        bench.command(input);
        break;
      default:
        operation < 128 ? bench.backend->set_link(operation % 16 < 8) : bench.start(input);
        break;
    }
    fakes::require(bench.record.sent.size() <= kMaxOperations * kQueueSize * 8);
  }
  bench.host.reset();
  bench.run();
  fakes::require(bench.backend->waiting() == 0);  // Without a driver nothing is kept.
  return 0;
}
