// SPDX-License-Identifier: Apache-2.0
// AhciDisk: a Serial ATA hard disk (ACS-3). Models: PIO, DMA and queued reads and writes with 28-bit and 48-bit
// addresses (and the default CHS translation), FUA, flush, write cache on and off, TRIM, verify, SMART (a healthy drive
// without logs), the NCQ error log, power commands (which take no power away).
// Missing: security, HPA and DCO, streaming, microcode, self-tests, NCQ queue management and NCQ TRIM, APM.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "devices/ports/block_backend.h"
#include "devices/storage/ata_device.h"
#include "devices/storage/ata_identify.h"

namespace saffron::storage {

/// `serial`: at most 20 printable ASCII characters, `model` 40; longer ones are cut.
struct AhciDiskOptions {
  std::string serial = "SAFFRON0001";
  std::string model = "SAFFRON HARDDISK";
};

class AhciDisk final : public AtaDevice {
 public:
  /// On `loop`, or before it runs. `backend` outlives the disk; its block size is at most 512 bytes (kUnsupported).
  static core::Result<std::unique_ptr<AhciDisk>> create(const AhciDiskOptions& options, ports::BlockBackend& backend,
                                                        core::EventLoop& loop);

  std::uint32_t signature() const override { return 0x00000101; }
  std::uint8_t reset_status() const override { return kAtaReady | kAtaSeekComplete; }
  void execute(AtaCommand& command) override;
  void commit() override { queue_->commit(); }
  void drain() override { queue_->drain(); }
  void reset() override;

 private:
  struct Transfer {
    ports::BlockOperation operation = ports::BlockOperation::kRead;
    AtaTransfer kind = AtaTransfer::kDma;
    bool lba48 = false;
    bool force_unit_access = false;
  };
  struct TrimRange {
    std::uint64_t offset = 0;  // Bytes.
    std::uint64_t length = 0;
  };

  AhciDisk(const AhciDiskOptions& options, const ports::BlockGeometry& geometry);

  bool execute_transfer(AtaCommand& command);
  void execute_other(AtaCommand& command);
  void start_transfer(AtaCommand& command, const Transfer& transfer);
  void next_piece(AtaCommand& command);
  void piece_done(AtaCommand& command, int error);
  void transfer_done(AtaCommand& command);
  void fail_transfer(AtaCommand& command, std::uint8_t status, std::uint8_t error);

  void flush(AtaCommand& command, AtaTransfer kind);
  void verify(AtaCommand& command, bool lba48);
  void trim(AtaCommand& command);
  void trim_next(AtaCommand& command);
  void set_features(AtaCommand& command);
  void smart(AtaCommand& command);
  void read_log(AtaCommand& command);
  void clear_error_log();
  void read_native_max(AtaCommand& command, bool lba48);
  void send_identify(AtaCommand& command);
  void send_data(AtaCommand& command, std::span<const std::uint8_t> data);
  void done(AtaCommand& command);
  void abort(AtaCommand& command);

  std::uint64_t sectors() const { return geometry_.size / 512; }
  bool decode_range(const AtaCommand& command, bool lba48, std::uint64_t& lba, std::uint64_t& count) const;
  std::uint64_t chs_to_lba(const AtaRegisters& registers) const;

  const AhciDiskOptions options_;
  const ports::BlockGeometry geometry_;
  std::unique_ptr<ports::BlockQueue> queue_;
  std::array<Transfer, 32> transfers_;         // By slot.
  std::vector<TrimRange> trim_ranges_;         // Of the one TRIM that can be under way: at most 512.
  std::array<std::uint8_t, 512> error_log_{};  // Page 10h.
  unsigned multiple_ = 16;
  unsigned heads_ = 16;
  unsigned track_sectors_ = 63;
  unsigned ultra_dma_mode_ = 6;
  bool write_cache_ = true;
  bool look_ahead_ = true;
  bool smart_enabled_ = true;
};

}  // namespace saffron::storage
