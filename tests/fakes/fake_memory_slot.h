// SPDX-License-Identifier: Apache-2.0
// Memory slots and doorbells that only remember.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "engine/core/memory_slot.h"

namespace saffron::fakes {

class FakeMemorySlot final : public core::MemorySlot {
 public:
  explicit FakeMemorySlot(core::SharedMemory& shared) : memory(shared) {}
  core::Result<void> map(core::GuestAddress address) override {
    base = address;
    return {};
  }
  void unmap() override { base.reset(); }
  bool mapped() const override { return base.has_value(); }
  bool collect_dirty(std::span<std::uint64_t> bitmap) override {
    bool any = false;
    for (std::uint64_t page : dirty_pages) {
      if (page / 64 < bitmap.size()) {
        bitmap[page / 64] |= std::uint64_t{1} << (page % 64);
        any = true;
      }
    }
    dirty_pages.clear();
    ++collections;
    return any;
  }

  core::SharedMemory& memory;
  std::optional<core::GuestAddress> base;
  std::vector<std::uint64_t> dirty_pages;  // What the test says the guest wrote.
  unsigned collections = 0;
};

class FakeMemorySlotFactory final : public core::MemorySlotFactory {
 public:
  core::Result<std::unique_ptr<core::MemorySlot>> create_slot(std::string_view, core::SharedMemory& memory,
                                                              const core::MemorySlotOptions&) override {
    auto slot = std::make_unique<FakeMemorySlot>(memory);
    created.push_back(slot.get());
    return std::unique_ptr<core::MemorySlot>(std::move(slot));
  }
  std::vector<FakeMemorySlot*> created;  // Not "slots": Qt makes that a macro.
};

class FakeDoorbellBinder final : public core::DoorbellBinder {
 public:
  core::Result<void> bind(core::GuestAddress address, unsigned, int event_fd) override {
    bindings[address.value] = event_fd;
    return {};
  }
  void unbind(core::GuestAddress address, unsigned, int) override { bindings.erase(address.value); }
  std::map<std::uint64_t, int> bindings;
};

}  // namespace saffron::fakes
