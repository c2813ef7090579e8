// SPDX-License-Identifier: Apache-2.0
// On this host's /dev/kvm, with a few bytes of real-mode code. Skipped, with the reason, where there is none.
#include "engine/kvm/vcpu_set.h"

#include <QtTest/QtTest>

#include <algorithm>
#include <array>
#include <numeric>

#include "engine/kvm/cpuid.h"
#include "engine/kvm/irq_chip.h"

using namespace saffron;

namespace {

/// Remembers what the guest wrote to its port, and tells.
class Port final : public core::BusDevice {
 public:
  std::string_view name() const override { return "port"; }
  core::AccessSizes access_sizes() const override { return {1, 2, 4}; }
  std::uint64_t read(std::uint64_t, unsigned) override { return 0x41; }
  void write(std::uint64_t, unsigned, std::uint64_t value) override {
    written.push_back(static_cast<std::uint8_t>(value));
    if (on_write) {
      on_write();
    }
  }
  std::vector<std::uint8_t> written;
  std::function<void()> on_write;
};

/// A VM whose reset vector runs `code` from a read-only page below 4 GiB.
struct Guest {
  explicit Guest(std::span<const std::uint8_t> code, unsigned cpus = 1) {
    system = kvm::System::open().value();
    vm = kvm::Vm::create(*system).value();
    rom = core::SharedMemory::create("rom", 4096).value();
    std::copy(code.begin(), code.end(), rom->bytes().begin() + 0xff0);
    rom_slot = vm->create_slot("rom", *rom, {core::SlotAccess::kReadOnly}).value();
    rom_slot->map({0xfffff000}).value();
    loop = core::EventLoop::create().value();
    io.insert({0x10, 1}, port).value();
    std::vector<std::unique_ptr<kvm::Vcpu>> list;
    for (unsigned i = 0; i < cpus; ++i) {
      auto cpuid = kvm::make_cpuid(system->supported_cpuid(), {i, cpus, false, 0});
      list.push_back(kvm::Vcpu::create(*vm, i, std::move(cpuid), io, memory).value());
    }
    kvm::VcpuListener listener;
    listener.reset_requested = [this] {
      ++resets;
      stop();
    };
    listener.power_off_requested = [this] { stop(); };
    listener.failed = [this](std::string text) {
      failure = std::move(text);
      stop();
    };
    vcpus = kvm::VcpuSet::create(std::move(list), *loop, std::move(listener)).value();
  }
  void stop() {
    vcpus->pause([this] { loop->stop(); });
  }
  /// Runs until a guest write (of any value), a reset or a failure stops the loop.
  void run() {
    vcpus->resume();
    loop->run();
  }

  core::Bus io{"io", 16};
  core::Bus memory{"memory"};
  Port port;
  std::unique_ptr<kvm::System> system;
  std::unique_ptr<kvm::Vm> vm;
  std::unique_ptr<core::SharedMemory> rom;
  std::unique_ptr<core::MemorySlot> rom_slot;
  std::unique_ptr<core::EventLoop> loop;
  std::unique_ptr<kvm::VcpuSet> vcpus;
  unsigned resets = 0;
  std::string failure;
};

}  // namespace

class VmTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    const auto system = kvm::System::open();
    if (!system.ok()) {
      QSKIP(system.error().message.c_str());
    }
  }
  void port_accesses_reach_the_device_and_pause_stops_at_once() {
    // in al,0x10; inc al; out 0x10,al; back to the in.
    constexpr std::array<std::uint8_t, 8> kCode{0xe4, 0x10, 0xfe, 0xc0, 0xe6, 0x10, 0xeb, 0xf8};
    Guest guest(kCode);
    guest.port.on_write = [&] { guest.stop(); };
    guest.run();
    QCOMPARE(guest.port.written, (std::vector<std::uint8_t>{0x42}));
    guest.run();
    QCOMPARE(guest.port.written, (std::vector<std::uint8_t>{0x42, 0x42}));
  }
  void reset_starts_from_the_reset_vector_again() {
    // out 0x10,al; inc al; jmp back to the out: al is 0 at power-on.
    constexpr std::array<std::uint8_t, 6> kCode{0xe6, 0x10, 0xfe, 0xc0, 0xeb, 0xfa};
    Guest guest(kCode);
    unsigned left = 3;
    guest.port.on_write = [&] {
      if (--left == 0) {
        guest.stop();
      }
    };
    guest.run();
    QVERIFY(guest.vcpus->reset().ok());
    left = 2;
    guest.run();
    QCOMPARE(guest.port.written, (std::vector<std::uint8_t>{0, 1, 2, 0, 1}));
  }
  void a_processor_starts_before_any_local_apic_was_touched() {
    // Protected mode: mov dword [ICR high],1<<24; INIT; start-up at page 8; jmp to itself
    constexpr std::array<std::uint8_t, 32> kBoot{0xc7, 0x05, 0x10, 0x03, 0xe0, 0xfe, 0x00, 0x00, 0x00, 0x01, 0xc7,
                                                 0x05, 0x00, 0x03, 0xe0, 0xfe, 0x00, 0xc5, 0x00, 0x00, 0xc7, 0x05,
                                                 0x00, 0x03, 0xe0, 0xfe, 0x08, 0x46, 0x00, 0x00, 0xeb, 0xfe};
    // mov al,0x77; out 0x10,al; hlt
    constexpr std::array<std::uint8_t, 5> kOther{0xb0, 0x77, 0xe6, 0x10, 0xf4};
    Guest guest(std::array<std::uint8_t, 1>{0xf4}, 2);
    auto ram = core::SharedMemory::create("ram", 0x2000).value();
    auto slot = guest.vm->create_slot("ram", *ram, {core::SlotAccess::kReadWrite}).value();
    slot->map({0x8000}).value();
    std::copy(kOther.begin(), kOther.end(), ram->bytes().begin());
    std::copy(kBoot.begin(), kBoot.end(), ram->bytes().begin() + 0x1000);
    kvm::VcpuEntry entry;
    entry.instruction = 0x9000;
    QVERIFY(guest.vcpus->set_boot_entry(entry).ok());
    guest.port.on_write = [&] { guest.stop(); };
    guest.run();
    QCOMPARE(guest.failure, std::string());
    QCOMPARE(guest.port.written, (std::vector<std::uint8_t>{0x77}));
  }
  void posted_writes_come_all_and_before_the_next_access() {
    // 400 times, more than the kernel keeps: out 0x11,al; inc al. Then out 0x10,al; hlt
    constexpr std::array<std::uint8_t, 12> kCode{0xb9, 0x90, 0x01, 0xe6, 0x11, 0xfe,
                                                 0xc0, 0xe2, 0xfa, 0xe6, 0x10, 0xf4};
    Guest guest(kCode);
    Port posted;
    guest.io.insert({0x11, 1}, posted).value();
    guest.vm->post_writes(0x11, 1);
    std::vector<std::uint8_t> seen;
    guest.port.on_write = [&] {
      seen = posted.written;
      guest.stop();
    };
    guest.run();
    std::vector<std::uint8_t> expected(400);
    std::iota(expected.begin(), expected.end(), std::uint8_t{0});
    QCOMPARE(seen, expected);
    QCOMPARE(posted.written, expected);
  }
  void posted_writes_come_when_the_guest_is_paused() {
    // out 0x11,al; out 0x10,al; inc al; out 0x11,al; jmp to itself
    constexpr std::array<std::uint8_t, 10> kCode{0xe6, 0x11, 0xe6, 0x10, 0xfe, 0xc0, 0xe6, 0x11, 0xeb, 0xfe};
    Guest guest(kCode);
    Port posted;
    guest.io.insert({0x11, 1}, posted).value();
    guest.vm->post_writes(0x11, 1);
    auto timer = guest.loop->create_timer([&] { guest.stop(); });
    guest.port.on_write = [&] { guest.loop->post([&] { timer->arm(guest.loop->clock().now_ns() + 50'000'000); }); };
    guest.run();
    QCOMPARE(posted.written, (std::vector<std::uint8_t>{0, 1}));
  }
  void pausing_a_busy_loop_needs_no_exit() {
    constexpr std::array<std::uint8_t, 2> kCode{0xeb, 0xfe};
    Guest guest(kCode);
    guest.vcpus->resume();
    guest.stop();
    guest.loop->run();
    QVERIFY(guest.vcpus->parked());
  }
  void a_set_that_has_ended_may_still_be_asked_to_pause() {
    constexpr std::array<std::uint8_t, 2> kCode{0xeb, 0xfe};
    Guest guest(kCode);
    guest.vcpus->resume();
    guest.vcpus->end();
    QVERIFY(guest.vcpus->parked());
    guest.vcpus->request_pause();  // As an I/O thread does that finds the host's disk full.
    guest.vcpus->end();
    QVERIFY(guest.vcpus->parked());
  }
  void slots_log_what_the_guest_writes() {
    // mov ax,0x1000; mov ds,ax; mov [0x5000],al; out 0x10,al; hlt
    constexpr std::array<std::uint8_t, 11> kCode{0xb8, 0x00, 0x10, 0x8e, 0xd8, 0xa2, 0x00, 0x50, 0xe6, 0x10, 0xf4};
    Guest guest(kCode);
    auto ram = core::SharedMemory::create("ram", 0x10000).value();
    auto slot = guest.vm->create_slot("ram", *ram, {core::SlotAccess::kReadWrite, true}).value();
    QVERIFY(slot->map({0x10000}).ok());
    guest.port.on_write = [&] { guest.stop(); };
    guest.run();
    std::array<std::uint64_t, 1> dirty{};
    QVERIFY(slot->collect_dirty(dirty));
    QCOMPARE(dirty[0], std::uint64_t{1} << 5);
    QVERIFY(!slot->collect_dirty(dirty));
  }
  void vectors_take_any_message() {
    Guest guest(std::array<std::uint8_t, 1>{0xf4});
    auto chip = kvm::IrqChip::create(*guest.vm).value();
    auto vector = chip->allocate("test").value();
    vector->configure({0xfee00000, 0x4031});
    vector->configure({0xdeadbeefdeadbeef, 0xffffffff});
    vector->signal();
    vector->disconnect();
    vector->signal();
    QVERIFY(vector->event_fd() >= 0);
  }
  void slots_refuse_what_is_not_whole_pages() {
    Guest guest(std::array<std::uint8_t, 1>{0xf4});
    auto ram = core::SharedMemory::create("ram", 0x2000).value();
    QVERIFY(!guest.vm->create_slot("x", *ram, {core::SlotAccess::kReadWrite, false, 0x1000, 0x2000}).ok());
    QVERIFY(!guest.vm->create_slot("x", *ram, {core::SlotAccess::kReadWrite, false, 0x800, 0x1000}).ok());
    auto slot = guest.vm->create_slot("x", *ram, {core::SlotAccess::kReadWrite, false, 0x1000}).value();
    QVERIFY(!slot->map({0x123}).ok());
    QVERIFY(slot->map({0x10000}).ok());
    QVERIFY(slot->map({0x20000}).ok());
  }
};

QTEST_APPLESS_MAIN(VmTest)
#include "vm_test.moc"
