// SPDX-License-Identifier: Apache-2.0
// FwCfg: the firmware configuration device, ports 0x510 to 0x51b.
// Models: the traditional interface (select, read bytes), the DMA interface (select, read, write, skip), numbered
// items, the file directory, files that the guest may write. Missing: writing through the data register, which the
// specification has removed; the MMIO variant.
// Source: "QEMU Firmware Configuration (fw_cfg) Device" (docs/specs/fw_cfg). ACPI: QEMU0002.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "engine/core/bus.h"
#include "engine/core/guest_memory.h"
#include "engine/core/log.h"
#include "engine/core/result.h"

namespace saffron::legacy {

/// Place it at port 0x510, 12 bytes. Items are added before the machine runs; the guest's accesses: any thread.
/// Keys 0 (signature), 1 (features) and 0x19 (directory) are the device's own.
class FwCfg final : public core::BusDevice {
 public:
  static constexpr std::uint16_t kFirstFileKey = 0x20;
  static constexpr std::size_t kMaxFiles = 256;
  static constexpr std::size_t kMaxFileName = 55;  // And a terminating zero.

  using Bytes = std::vector<std::uint8_t>;
  /// Makes an item's bytes each time that the guest selects it. On a vCPU thread, without a lock. Must not fail, and
  /// for a file must give the size that the directory says (it is cut or filled with zeroes to that).
  using Provider = std::function<Bytes()>;
  /// Called after the guest has written to a file, with its whole new content. On a vCPU thread, without a lock.
  using WriteListener = std::function<void(std::span<const std::uint8_t>)>;

  explicit FwCfg(const core::GuestMemory& memory);

  /// Numbered items; adding one again replaces it. `key` may have bit 15 (architecture specific) and is below 0x20
  /// otherwise. Numbers are little-endian.
  void add_item(std::uint16_t key, Bytes bytes);
  void add_u16(std::uint16_t key, std::uint16_t value);
  void add_u32(std::uint16_t key, std::uint32_t value);
  void add_u64(std::uint16_t key, std::uint64_t value);

  /// Files; the directory has them sorted by name. Errors: kInvalidArgument (empty or too long a name, 4 GiB or more),
  /// kAlreadyExists, kExhausted.
  core::Result<void> add_file(std::string name, Bytes bytes);
  core::Result<void> add_file(std::string name, std::uint32_t size, Provider provider);
  core::Result<void> add_writable_file(std::string name, Bytes initial, WriteListener listener);
  /// Any thread: changes a file that is not writable (before a reset, e.g. another boot order). kNotFound.
  core::Result<void> replace_file(const std::string& name, Bytes bytes);

  std::string_view name() const override { return "fw_cfg"; }
  core::AccessSizes access_sizes() const override { return {1, 2, 4}; }
  std::uint64_t read(std::uint64_t offset, unsigned size) override;
  void write(std::uint64_t offset, unsigned size, std::uint64_t value) override;
  void reset();

 private:
  struct Item {
    std::shared_ptr<const Bytes> bytes;  // Never null; replaced, never changed, so that readers need no lock.
    Provider provider;
    WriteListener listener;
    bool writable = false;
  };
  struct Selection {
    std::uint16_t key = 0;
    std::uint64_t offset = 0;
    std::shared_ptr<const Bytes> bytes;
  };
  struct DmaRequest;

  core::Result<void> insert_file(std::string name, Item item);
  void rebuild_directory();
  void select(std::uint16_t key);
  std::uint8_t read_data();
  void run_dma(core::GuestAddress request_address);
  bool dma_read(const DmaRequest& request);
  bool dma_write(const DmaRequest& request);

  const core::GuestMemory& memory_;
  std::mutex mutex_;  // Guards what follows. No provider or listener runs under it.
  std::map<std::uint16_t, Item> items_;
  std::map<std::string, std::uint16_t> files_;  // Name to key.
  Selection selection_;
  std::uint32_t dma_high_ = 0;
  core::LogOnce bad_dma_;
};

}  // namespace saffron::legacy
