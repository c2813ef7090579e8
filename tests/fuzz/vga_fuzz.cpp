// SPDX-License-Identifier: Apache-2.0
// A VGA under a hostile guest: ports, dispi registers, the register window, the legacy window, direct writes to video
// memory, in any order with refreshes and captures. Checks that the sink's contract holds, and that what the sink was
// sent as damage is what a capture of the whole screen sees.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "devices/display/vga_handlers.h"
#include "tests/fakes/fake_memory_slot.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/recording_sink.h"
#include "tests/fakes/vga_guest.h"

namespace {

using namespace saffron;

constexpr std::size_t kVideoMemory = 1 << 20;
constexpr unsigned kMaxOperations = 400;
constexpr unsigned kMaxLooks = 6;  // Drawing a large screen is what takes time.

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return position_ >= size_; }
  std::uint8_t byte() { return empty() ? std::uint8_t{0} : data_[position_++]; }
  std::uint16_t word() { return static_cast<std::uint16_t>(byte() | (byte() << 8)); }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t position_ = 0;
};

// Video memory is kept between inputs, and zeroed: making a memfd each time would take most of the time.
core::SharedMemory& video_memory() {
  static const std::unique_ptr<core::SharedMemory> memory =
      std::move(core::SharedMemory::create("vga-fuzz", kVideoMemory)).value();
  return *memory;
}

class Board {
 public:
  explicit Board(Input& input) : input_(input) {
    std::fill(video_memory().bytes().begin(), video_memory().bytes().end(), std::uint8_t{0});
    (void)slot_.map({0xe0000000});
    require(io_.insert({0x3b0, 0x0c, 0}, ports_).ok());
    require(io_.insert({0x3c0, 0x20, 0x10}, ports_).ok());
    require(io_.insert({0x1ce, 4, 0}, dispi_ports_).ok());
    require(memory_.insert({0xa0000, 0x20000, 0}, window_).ok());
    require(memory_.insert({0xf0000400, MappedPortsHandler::kSize, 0}, mapped_ports_).ok());
    require(memory_.insert({0xf0000500, MappedDispiHandler::kSize, 0}, mapped_dispi_).ok());
    adapter_.set_sink(&sink_);
  }

  void step() {
    constexpr std::array<unsigned, 4> kSizes = {1, 2, 4, 8};
    const unsigned operation = input_.byte();
    const unsigned size = kSizes[operation >> 6];
    const std::uint64_t value = input_.word() * 0x0001000100010001u;
    switch (operation & 0x0f) {
      case 0:
      case 1:
        io_.write(0x3b0 + (input_.byte() & 0x2f), size == 8 ? 4 : size, value);
        break;
      case 2:
        io_.read(0x3b0 + (input_.byte() & 0x2f), size == 8 ? 4 : size, result_);
        break;
      case 3:
        adapter_.write_dispi(input_.byte() & 0x0f, static_cast<std::uint16_t>(value));
        break;
      case 4:
        io_.write(0x1ce + (input_.byte() & 3), size == 8 ? 4 : size, value);
        io_.read(0x1ce + (input_.byte() & 3), size == 8 ? 4 : size, result_);
        break;
      case 5:
      case 6:
        memory_.write(0xa0000 + input_.word() * 2u, size, value);
        break;
      case 7:
        memory_.read(0xa0000 + input_.word() * 2u, size, result_);
        break;
      case 8:
        memory_.write(0xf0000400 + input_.word() % 0x120, size, value);
        break;
      case 9:
        memory_.read(0xf0000400 + input_.word() % 0x120, size, result_);
        break;
      case 10:
        draw(input_.word() * 16u, input_.byte(), static_cast<std::uint8_t>(value));
        break;
      case 11:
        guest_.set_mode(static_cast<unsigned>(value & 0x1f));
        break;
      case 12:
        guest_.crtc(static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8));
        break;
      default:
        control(operation, value);
        break;
    }
  }

  // All that was drawn has reached the sink when the refresh timer has had its time.
  void check() {
    constexpr std::int64_t kLitPhase = 2'000'000'000;
    clock_.advance(3 * kLitPhase - clock_.now_ns() % kLitPhase + 20'000'000);
    require(sink_.error.empty());
    const ports::Frame frame = adapter_.capture();
    if (frame.width != 0) {
      require(frame.width == sink_.picture.width && frame.height == sink_.picture.height);
      require(frame.pixels == sink_.picture.pixels);
    }
  }

 private:
  using MappedPortsHandler = display::MappedPortsHandler;
  using MappedDispiHandler = display::MappedDispiHandler;

  // As the guest does through its mapping.
  void draw(std::uint64_t offset, unsigned length, std::uint8_t value) {
    for (std::uint64_t i = offset; i < std::min<std::uint64_t>(offset + length, kVideoMemory); ++i) {
      video_memory().bytes()[i] = static_cast<std::uint8_t>(value + i);
      slot_.dirty_pages.push_back(i / 4096);
    }
  }

  void control(unsigned operation, std::uint64_t value) {
    if (looks_ == kMaxLooks) {
      return;
    }
    ++looks_;
    switch ((operation >> 4) & 7) {
      case 0:
        adapter_.refresh_all();
        break;
      case 1:
        adapter_.wake();
        break;
      case 2:
        require(adapter_.capture().width <= 8192);
        break;
      case 3:
        sink_.viewers = (value & 1) != 0;
        if (sink_.viewers) {
          adapter_.refresh_all();
        }
        break;
      case 4:
        adapter_.reset();
        break;
      case 5:
        adapter_.invalidate();
        break;
      default:
        clock_.advance(static_cast<std::int64_t>(value & 0xff) * 1'000'000);
        break;
    }
  }

  Input& input_;
  fakes::ManualClock clock_;
  fakes::FakeMemorySlot slot_{video_memory()};
  fakes::RecordingSink sink_;
  display::VgaAdapter adapter_{video_memory().bytes(), &slot_, clock_};
  fakes::VgaGuest guest_{adapter_};
  display::LegacyPortsHandler ports_{adapter_};
  display::DispiPortsHandler dispi_ports_{adapter_};
  display::LegacyWindowHandler window_{adapter_};
  display::MappedPortsHandler mapped_ports_{adapter_};
  display::MappedDispiHandler mapped_dispi_{adapter_};
  core::Bus io_{"io", 16};
  core::Bus memory_{"memory"};
  unsigned looks_ = 0;
  std::uint64_t result_ = 0;

 public:
  void bring_viewers() {
    if (!sink_.viewers) {
      sink_.viewers = true;
      adapter_.refresh_all();
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Board board(input);
  for (unsigned i = 0; i < kMaxOperations && !input.empty(); ++i) {
    board.step();
  }
  board.bring_viewers();
  board.check();
  return 0;
}
