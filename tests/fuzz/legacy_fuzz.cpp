// SPDX-License-Identifier: Apache-2.0
// Drives every legacy device except fw_cfg, together on a port bus, from both sides: guest accesses, and keys, motion,
// serial bytes, buttons and time from outside. The input is a script of operations.
#include <cstdlib>

#include "devices/legacy/acpi_pm.h"
#include "devices/legacy/apm_port.h"
#include "devices/legacy/debugcon.h"
#include "devices/legacy/i8042.h"
#include "devices/legacy/port92.h"
#include "devices/legacy/post_port.h"
#include "devices/legacy/ps2_keyboard.h"
#include "devices/legacy/ps2_mouse.h"
#include "devices/legacy/pvpanic.h"
#include "devices/legacy/reset_port.h"
#include "devices/legacy/rtc_cmos.h"
#include "devices/legacy/serial_16550.h"
#include "tests/fakes/fake_character_backend.h"
#include "tests/fakes/fake_irq.h"
#include "tests/fakes/manual_clock.h"

using namespace saffron;

namespace {

constexpr std::uint16_t kPorts[] = {0x60,  0x64,  0x70,  0x71,  0x72,  0x73,  0x80,  0x92,  0xb2,  0xb3,  0x3f8,
                                    0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff, 0x402, 0x505, 0x600, 0x602,
                                    0x604, 0x608, 0x620, 0x628, 0x62c, 0x630, 0x634, 0x660, 0x67e, 0xcf9};

class Script {
 public:
  Script(const std::uint8_t* data, std::size_t size) : left_(data, size) {}
  bool done() const { return left_.empty(); }
  std::uint8_t byte() {
    if (left_.empty()) {
      return 0;
    }
    const std::uint8_t value = left_[0];
    left_ = left_.subspan(1);
    return value;
  }
  std::int32_t word() { return static_cast<std::int16_t>(byte() | byte() << 8); }

 private:
  std::span<const std::uint8_t> left_;
};

struct Board {
  Board() {
    line.space = 0;
    place(0x60, 1, keyboard_controller);
    place(0x64, 1, keyboard_controller, legacy::I8042::kCommandOffset);
    place(0x70, 4, rtc);
    place(0x80, 1, post);
    place(0x92, 1, port92);
    place(0xb2, 2, apm);
    place(0x3f8, 8, serial);
    place(0x402, 1, debugcon);
    place(0x505, 1, pvpanic);
    place(0x600, legacy::AcpiPm::kBlockSize, pm);
    place(0xcf9, 1, reset_port);
  }
  void place(std::uint64_t base, std::uint64_t size, core::BusDevice& device, std::uint64_t offset = 0) {
    if (!bus.insert({base, size, offset}, device).ok()) {
      std::abort();
    }
  }
  void reset() {
    keyboard.reset();
    mouse.reset();
    keyboard_controller.reset();
    rtc.reset();
    serial.reset();
    pm.reset();
    apm.reset();
    port92.reset();
    reset_port.reset();
    if (irq1.level() || irq12.level() || irq8.level() || irq4.level() || sci.level()) {
      std::abort();  // A reset leaves no interrupt behind.
    }
  }

  fakes::ManualClock clock;
  core::Bus bus{"ports", 16};
  fakes::FakeIrqLine irq1, irq4, irq8, irq12, sci;
  fakes::FakeCharacterBackend line;
  legacy::Ps2Keyboard keyboard{clock};
  legacy::Ps2Mouse mouse;
  legacy::I8042 keyboard_controller{keyboard, mouse, irq1, irq12, {[] {}, [](bool) {}}};
  legacy::Rtc rtc{irq8, clock};
  legacy::Serial16550A serial{"com1", irq4, clock, &line};
  legacy::AcpiPm pm{sci, clock, [] {}};
  legacy::ApmPort apm{[this](bool acpi) { pm.set_acpi_mode(acpi); }};
  legacy::DebugCon debugcon;
  legacy::PvPanic pvpanic{[](std::uint8_t) {}};
  legacy::Port92 port92{[] {}, [](bool) {}};
  legacy::PostPort post;
  legacy::ResetPort reset_port{[] {}};
};

void access(Board& board, unsigned operation, Script& script) {
  const std::uint8_t where = script.byte();
  const std::uint16_t port = kPorts[where % std::size(kPorts)];
  const unsigned width = where < 0xe0 ? 1 : 1U << (where & 3);
  std::uint64_t value = script.byte();
  if (width > 1) {
    value |= std::uint64_t{script.byte()} << 8 | std::uint64_t{script.byte()} << 24;
  }
  if ((operation & 1) != 0) {
    board.bus.write(port, width, value);
  } else {
    board.bus.read(port, width, value);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Board board;
  Script script(data, size);
  while (!script.done()) {
    const std::uint8_t operation = script.byte();
    switch (operation >> 4) {
      case 0:
        // Up to half a second, so that the fastest periodic interrupt stays cheap.
        board.clock.advance(std::int64_t{1} << (operation % 16 + 14));
        break;
      case 1:
        board.keyboard.key(script.byte(), (operation & 1) != 0);
        break;
      case 2: {
        const std::int32_t dx = script.word();
        board.mouse.move(dx, script.word(), static_cast<std::int8_t>(script.byte()));
        break;
      }
      case 3:
        board.mouse.button(static_cast<ports::PointerButton>(operation % 5), (operation & 8) != 0);
        break;
      case 4:
        board.line.offer(std::string(script.byte(), 'x'));
        break;
      case 5:
        board.line.make_space(operation & 15);
        break;
      case 6:
        board.pm.press_power_button();
        board.pm.raise_gpe(script.byte());
        break;
      case 7:
        board.reset();
        break;
      default:
        access(board, operation, script);
        break;
    }
  }
  board.reset();
  return 0;
}
