// SPDX-License-Identifier: Apache-2.0
#include "engine/kvm/irq_chip.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <vector>

#include "engine/core/log.h"

namespace saffron::kvm {

namespace {

kvm_irq_routing_entry wire_entry(unsigned gsi, unsigned chip, unsigned pin) {
  kvm_irq_routing_entry entry{};
  entry.gsi = gsi;
  entry.type = KVM_IRQ_ROUTING_IRQCHIP;
  entry.u.irqchip.irqchip = chip;
  entry.u.irqchip.pin = pin;
  return entry;
}

/// The fixed wires. ISA interrupt 0 goes to IOAPIC pin 2 (the MADT's override), and pin 0 has none.
std::vector<kvm_irq_routing_entry> wire_entries() {
  std::vector<kvm_irq_routing_entry> entries;
  for (unsigned gsi = 0; gsi < 16; ++gsi) {
    if (gsi != 2) {  // The cascade.
      entries.push_back(wire_entry(gsi, gsi < 8 ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE, gsi % 8));
    }
  }
  for (unsigned gsi = 0; gsi < IrqChip::kWires; ++gsi) {
    if (gsi != 2) {
      entries.push_back(wire_entry(gsi, KVM_IRQCHIP_IOAPIC, gsi == 0 ? 2 : gsi));
    }
  }
  return entries;
}

}  // namespace

class IrqChip::Wire final : public core::IrqLine {
 public:
  Wire(const KvmFd& vm, unsigned gsi) : vm_(vm), gsi_(gsi) {}
  void set_level(bool asserted) override {
    kvm_irq_level request{};
    request.irq = gsi_;
    request.level = asserted ? 1 : 0;
    vm_.raw(KVM_IRQ_LINE, &request);
  }

 private:
  const KvmFd& vm_;
  unsigned gsi_;
};

class IrqChip::Vector final : public core::MsiVector {
 public:
  Vector(IrqChip& chip, unsigned gsi, core::UniqueFd event) : chip_(chip), gsi_(gsi), event_(std::move(event)) {}
  ~Vector() override {
    disconnect();
    chip_.release(gsi_);
  }

  void configure(const core::MsiMessage& message) override {
    const std::lock_guard lock(mutex_);
    if (message_ == message && attached_) {
      return;
    }
    const auto result = chip_.route(gsi_, message);
    if (!result.ok()) {
      // KVM refuses messages that no LAPIC could take (api.rst: reserved bits). They go nowhere, as on hardware.
      refused_.warning("kvm", "an MSI message was refused: {}", result.error().message);
      detach();
      message_.reset();
      return;
    }
    message_ = message;
    attach();
  }
  void disconnect() override {
    const std::lock_guard lock(mutex_);
    detach();
    message_.reset();
  }
  void signal() override {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof(one));
  }
  int event_fd() const override { return event_.get(); }

 private:
  void attach() {
    if (!attached_) {
      attached_ = bind(0);
    }
  }
  void detach() {
    if (attached_) {
      bind(KVM_IRQFD_FLAG_DEASSIGN);
      attached_ = false;
    }
  }
  bool bind(std::uint32_t flags) {
    kvm_irqfd request{};
    request.fd = static_cast<std::uint32_t>(event_.get());
    request.gsi = gsi_;
    request.flags = flags;
    const int result = chip_.vm_.fd().raw(KVM_IRQFD, &request);
    if (result < 0) {
      refused_.warning("kvm", "cannot bind an interrupt's eventfd: errno {}", -result);
    }
    return result >= 0;
  }

  IrqChip& chip_;
  unsigned gsi_;
  core::UniqueFd event_;
  std::mutex mutex_;  // Taken before IrqChip::mutex_.
  std::optional<core::MsiMessage> message_;
  bool attached_ = false;
  core::LogOnce refused_;
};

core::Result<std::unique_ptr<IrqChip>> IrqChip::create(Vm& vm) {
  auto chip = std::unique_ptr<IrqChip>(new IrqChip(vm));
  const std::lock_guard lock(chip->mutex_);
  SAFFRON_TRY(chip->commit_routes());
  return chip;
}

IrqChip::IrqChip(Vm& vm) : vm_(vm) {
  for (unsigned gsi = 0; gsi < kWires; ++gsi) {
    wires_[gsi] = std::make_unique<Wire>(vm.fd(), gsi);
  }
}

IrqChip::~IrqChip() = default;

core::Result<std::unique_ptr<core::MsiVector>> IrqChip::allocate(std::string_view name) {
  core::UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) {
    return core::Error::from_errno(errno, "cannot create an interrupt", std::string(name));
  }
  const std::lock_guard lock(mutex_);
  for (unsigned gsi = kWires; gsi < kWires + kMaxMsi; ++gsi) {
    if (messages_.try_emplace(gsi).second) {
      return std::unique_ptr<core::MsiVector>(std::make_unique<Vector>(*this, gsi, std::move(event)));
    }
  }
  return core::Error{core::ErrorCode::kExhausted, "the machine has too many interrupt vectors", std::string(name)};
}

core::Result<void> IrqChip::route(unsigned gsi, const core::MsiMessage& message) {
  const std::lock_guard lock(mutex_);
  const auto previous = std::exchange(messages_[gsi], message);
  auto result = commit_routes();
  if (!result.ok()) {
    messages_[gsi] = previous;
  }
  return result;
}

void IrqChip::release(unsigned gsi) {
  const std::lock_guard lock(mutex_);
  messages_.erase(gsi);  // Its route stays in the kernel's table until the next change; nothing signals it.
}

core::Result<void> IrqChip::commit_routes() {
  std::vector<kvm_irq_routing_entry> entries = wire_entries();
  for (const auto& [gsi, message] : messages_) {
    if (!message) {
      continue;
    }
    kvm_irq_routing_entry entry{};
    entry.gsi = gsi;
    entry.type = KVM_IRQ_ROUTING_MSI;
    entry.u.msi.address_lo = static_cast<std::uint32_t>(message->address);
    entry.u.msi.address_hi = static_cast<std::uint32_t>(message->address >> 32);
    entry.u.msi.data = message->data;
    entries.push_back(entry);
  }
  std::vector<std::uint64_t> buffer((sizeof(kvm_irq_routing) + entries.size() * sizeof(entries[0])) / 8 + 1);
  kvm_irq_routing header{};
  header.nr = static_cast<std::uint32_t>(entries.size());
  std::memcpy(buffer.data(), &header, sizeof(header));
  std::memcpy(reinterpret_cast<std::uint8_t*>(buffer.data()) + sizeof(header), entries.data(),
              entries.size() * sizeof(entries[0]));
  SAFFRON_TRY(vm_.fd().call(KVM_SET_GSI_ROUTING, static_cast<void*>(buffer.data()), "cannot route interrupts"));
  return {};
}

}  // namespace saffron::kvm
