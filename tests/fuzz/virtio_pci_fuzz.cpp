// SPDX-License-Identifier: Apache-2.0
// The registers of the virtio transport, with real devices behind: the input picks the device, and is a script of what
// a hostile guest writes to configuration space, BAR and memory, while the host types and the loop runs.
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "devices/virtio/virtio_keyboard.h"
#include "devices/virtio/virtio_pci.h"
#include "devices/virtio/virtio_rng.h"
#include "devices/virtio/virtio_tablet.h"
#include "tests/fakes/fake_irq.h"
#include "tests/fakes/fake_memory_slot.h"
#include "tests/fakes/virtio_pci_driver.h"
#include "tests/fuzz/virtio_fuzz_input.h"

namespace {

using saffron::core::GuestAddress;
using namespace saffron::virtio;

constexpr std::uint64_t kMemorySize = 64 * 1024;
constexpr unsigned kMaxOperations = 200;

VirtqueueLayout layout_for(std::uint16_t queue) {
  VirtqueueLayout layout;
  layout.size = 16;
  layout.descriptors = GuestAddress{0x1000ULL + 0x1000ULL * queue};
  layout.driver_area = layout.descriptors + 0x400;
  layout.device_area = layout.descriptors + 0x800;
  return layout;
}

/// The host's side: keys, movements, whatever the device is.
class Host {
 public:
  Host(saffron::core::EventLoop& loop, std::uint8_t kind) {
    if (kind % 3 == 0) {
      device_ = std::make_unique<VirtioRng>("rng0", loop);
    } else if (kind % 3 == 1) {
      auto keyboard = std::make_unique<VirtioKeyboard>("keyboard0", loop);
      keyboard_ = keyboard.get();
      device_ = std::move(keyboard);
    } else {
      auto tablet = std::make_unique<VirtioTablet>("tablet0", loop);
      tablet_ = tablet.get();
      device_ = std::move(tablet);
    }
  }
  std::unique_ptr<VirtioDevice> take_device() { return std::move(device_); }
  void act(saffron::fuzz::Input& input) {
    const std::uint8_t what = input.byte();
    if (keyboard_ != nullptr) {
      keyboard_->key(what, (input.byte() & 1) != 0);
    } else if (tablet_ != nullptr && what < 128) {
      tablet_->position(input.u16(), input.u16());
    } else if (tablet_ != nullptr && what < 200) {
      tablet_->button(static_cast<saffron::ports::PointerButton>(what % 6), (input.byte() & 1) != 0);
    } else if (tablet_ != nullptr) {
      tablet_->wheel(static_cast<std::int32_t>(input.u32()));
    }
  }

 private:
  std::unique_ptr<VirtioDevice> device_;
  VirtioKeyboard* keyboard_ = nullptr;
  VirtioTablet* tablet_ = nullptr;
};

void write_ring(const saffron::core::GuestMemory& memory, saffron::fuzz::Input& input) {
  const std::uint8_t what = input.byte();
  const VirtqueueLayout layout = layout_for(what & 1);
  if (what < 128) {
    RingDescriptor descriptor;
    descriptor.address = input.u16();
    descriptor.length = what < 8 ? input.u32() : input.byte();
    descriptor.flags = input.byte() & 7;
    descriptor.next = input.byte() & 31;
    (void)memory.write_object(layout.descriptors + 16ULL * (input.byte() & 15), descriptor);
  } else if (what < 240) {
    const std::uint16_t index = memory.load_acquire_u16(available_index(layout)).value();
    (void)memory.write_object(available_entry(layout, index), std::uint16_t{input.byte()});
    (void)memory.store_release_u16(available_index(layout), static_cast<std::uint16_t>(index + 1));
  } else {
    (void)memory.write_object(GuestAddress{input.u16()}, input.u16());
  }
}

void run_ready(saffron::core::EventLoop& loop) {
  loop.post([&loop] { loop.post([&loop] { loop.stop(); }); });
  loop.run();
}

/// The orderly steps of a driver, so that the fuzzer does not have to find them bit by bit.
void drive(saffron::fakes::VirtioPciDriver& driver, std::uint8_t what) {
  constexpr std::uint64_t kFeatures = kFeatureVersion1 | kFeatureIndirectDescriptors;
  if (what < 64) {
    (void)driver.negotiate((what & 1) != 0 ? kFeatures | kFeatureEventIndex : kFeatures);
  } else if (what < 128) {
    driver.set_up_queue(what & 1, layout_for(what & 1), what & 3);
  } else if (what < 192) {
    driver.add_status(kStatusDriverOk);
  } else {
    driver.kick(what & 3);
  }
}

}  // namespace

/// Each input makes a device, which complains once: not a line each for thousands of inputs.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  return ::setenv("SAFFRON_LOG", "error", 0);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto memory = saffron::fakes::make_guest_memory(kMemorySize);
  (void)memory->fill(GuestAddress{0}, 0, kMemorySize);
  saffron::fuzz::Input input(data, size);
  auto loop = saffron::core::EventLoop::create();
  saffron::fakes::require(loop.ok());
  saffron::fakes::FakeDoorbellBinder doorbells;
  saffron::fakes::FakeMsiController interrupts;
  Host host(**loop, input.byte());
  auto transport = VirtioPciTransport::create(host.take_device(), *memory, doorbells, interrupts);
  saffron::fakes::require(transport.ok());
  VirtioPciTransport& device = **transport;
  saffron::fakes::VirtioPciDriver driver(device);
  for (unsigned i = 0; i < kMaxOperations && !input.empty(); ++i) {
    const std::uint8_t operation = input.byte();
    const unsigned width = 1U << operation / 16 % 3;
    switch (operation % 16) {
      case 0:
        (void)device.read_config(input.u16() & 0xffcU, 4);
        break;
      case 1:
        device.write_config((input.byte() & 0xffU) / width * width, width, input.u32());
        break;
      case 2:
        (void)driver.read(input.u16() & 0x3fffU, width);
        break;
      case 3:
      case 4:
        driver.write(input.byte() & 0x3fU, width, operation < 128 ? input.byte() : input.u32());
        break;
      case 5:
        driver.write(input.u16() & 0x3fffU, width, input.u32());
        break;
      case 6:
        driver.write(kDeviceOffset, 2, input.u16());
        break;
      case 7:
        (operation & 64) != 0 ? driver.enable_msix(3) : driver.place_bars(std::uint64_t{input.byte()} << 32);
        break;
      case 8:
        host.act(input);
        break;
      case 9:
      case 10:
        run_ready(**loop);
        break;
      case 11:
        operation == 11 ? device.reset() : driver.write_indirect(input.u16(), input.byte() & 7U, input.u32());
        break;
      case 12:
        drive(driver, input.byte());
        break;
      default:
        write_ring(*memory, input);
        break;
    }
  }
  run_ready(**loop);
  transport.value().reset();
  saffron::fakes::require(doorbells.bindings.empty());
  return 0;
}
