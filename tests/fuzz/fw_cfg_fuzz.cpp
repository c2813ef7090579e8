// SPDX-License-Identifier: Apache-2.0
// Drives fw_cfg through its ports, on a bus, with requests in guest memory. The input is a script: an operation byte
// and its operands; what is missing at the end reads as zero.
#include <array>
#include <cstdlib>

#include "devices/legacy/fw_cfg.h"

using namespace saffron;

namespace {

constexpr std::uint64_t kRam = 0x4000;
constexpr std::uint64_t kRequest = 0x1000;

class Script {
 public:
  Script(const std::uint8_t* data, std::size_t size) : left_(data, size) {}
  bool done() const { return left_.empty(); }
  std::uint64_t take(unsigned bytes) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bytes && !left_.empty(); ++i) {
      value |= std::uint64_t{left_[0]} << (8 * i);
      left_ = left_.subspan(1);
    }
    return value;
  }

 private:
  std::span<const std::uint8_t> left_;
};

core::GuestMemory& ram() {
  static const auto memory = [] {
    const std::array<core::GuestRegion, 1> regions = {{{core::GuestAddress{0}, kRam, 0}}};
    return std::move(core::GuestMemory::create(regions)).value();
  }();
  return *memory;
}

void fill(legacy::FwCfg& device, std::size_t& written) {
  device.add_u16(5, 4);
  device.add_u64(3, kRam);
  (void)device.add_file("bootorder", {1, 2, 3});
  (void)device.add_file("made", 16, [] { return legacy::FwCfg::Bytes(40); });
  (void)device.add_writable_file("pointer", legacy::FwCfg::Bytes(8),
                                 [&written](std::span<const std::uint8_t> bytes) { written = bytes.size(); });
}

void run_dma(core::Bus& bus, Script& script) {
  const auto swap = [](std::uint64_t value) { return __builtin_bswap32(static_cast<std::uint32_t>(value)); };
  const std::array<std::uint32_t, 4> request = {swap(script.take(4)), swap(script.take(4)), swap(script.take(1)),
                                                swap(script.take(4))};
  (void)ram().write_object(core::GuestAddress{kRequest}, request);
  bus.write(0x518, 4, swap(kRequest));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::size_t written = 8;
  legacy::FwCfg device(ram());
  fill(device, written);
  core::Bus bus("ports", 16);
  if (!bus.insert({0x510, 12, 0}, device).ok()) {
    std::abort();
  }
  Script script(data, size);
  while (!script.done()) {
    const auto operation = static_cast<unsigned>(script.take(1));
    const std::uint64_t port = 0x510 + (operation >> 4);
    const unsigned width = 1U << (operation >> 2 & 3);
    switch (operation & 3) {
      case 0: {
        std::uint64_t value = 0;
        bus.read(port, width, value);
        break;
      }
      case 1:
        bus.write(port, width, script.take(width));
        break;
      case 2:
        bus.write(0x510, 2, script.take(2));
        break;
      default:
        run_dma(bus, script);
        break;
    }
    if (written != 8) {
      std::abort();  // A file never changes its size.
    }
  }
  device.reset();
  return 0;
}
