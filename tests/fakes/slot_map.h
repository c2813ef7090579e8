// SPDX-License-Identifier: Apache-2.0
// SlotMap: memory slots as a guest would see them: what is mapped where, read-only or not, and what is read there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/memory_slot.h"

namespace saffron::fakes {

/// Single-threaded. Overlapping mappings and misaligned addresses are remembered in `error` (the first one), as KVM
/// would refuse them.
class SlotMap final : public core::MemorySlotFactory {
 public:
  struct Mapping {
    std::uint64_t base = 0;
    std::uint64_t size = 0;
    std::uint64_t offset = 0;
    bool writable = true;
    core::SharedMemory* memory = nullptr;
    const void* owner = nullptr;
  };

  core::Result<std::unique_ptr<core::MemorySlot>> create_slot(std::string_view name, core::SharedMemory& memory,
                                                              const core::MemorySlotOptions& options) override {
    Mapping shape;
    shape.offset = options.offset;
    shape.size = options.size != 0 ? options.size : memory.size() - options.offset;
    shape.writable = options.access == core::SlotAccess::kReadWrite;
    shape.memory = &memory;
    if (shape.offset % 4096 != 0 || shape.size % 4096 != 0 || shape.offset + shape.size > memory.size()) {
      complain("slot outside of its memory: " + std::string(name));
    }
    return std::unique_ptr<core::MemorySlot>(std::make_unique<Slot>(*this, shape));
  }

  /// What is mapped at `address`; nullptr: an access there leaves the guest.
  const Mapping* at(std::uint64_t address) const {
    for (const Mapping& mapping : mappings) {
      if (address >= mapping.base && address - mapping.base < mapping.size) {
        return &mapping;
      }
    }
    return nullptr;
  }
  /// The byte that a guest reads at `address` without leaving.
  std::optional<std::uint8_t> byte(std::uint64_t address) const {
    const Mapping* mapping = at(address);
    if (mapping == nullptr) {
      return std::nullopt;
    }
    return mapping->memory->bytes()[mapping->offset + (address - mapping->base)];
  }

  std::vector<Mapping> mappings;
  std::string error;

 private:
  class Slot final : public core::MemorySlot {
   public:
    Slot(SlotMap& map, const Mapping& shape) : map_(map), shape_(shape) { shape_.owner = this; }
    ~Slot() override { unmap(); }
    core::Result<void> map(core::GuestAddress base) override {
      unmap();
      shape_.base = base.value;
      map_.add(shape_);
      return {};
    }
    void unmap() override {
      std::erase_if(map_.mappings, [this](const Mapping& mapping) { return mapping.owner == this; });
    }
    bool mapped() const override {
      for (const Mapping& mapping : map_.mappings) {
        if (mapping.owner == this) {
          return true;
        }
      }
      return false;
    }
    bool collect_dirty(std::span<std::uint64_t>) override { return false; }

   private:
    SlotMap& map_;
    Mapping shape_;
  };

  void add(const Mapping& added) {
    if (added.base % 4096 != 0) {
      complain("mapping is not page aligned");
    }
    for (const Mapping& mapping : mappings) {
      if (added.base < mapping.base + mapping.size && mapping.base < added.base + added.size) {
        complain("mappings overlap");
      }
    }
    mappings.push_back(added);
  }
  void complain(const std::string& what) {
    if (error.empty()) {
      error = what;
    }
  }
};

}  // namespace saffron::fakes
