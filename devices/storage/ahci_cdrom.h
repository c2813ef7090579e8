// SPDX-License-Identifier: Apache-2.0
// AhciCdrom: a SATA CD/DVD-ROM drive: ATA's packet feature set (ACS-2, 7.18) with the commands of MMC-6 and SPC-3.
// Models: one data track, CD or DVD by size; reading, TOC, mode pages, features, sense with unit attentions, a tray
// that both sides can open, the lock, media events by polling.
// Missing: audio, multi-session discs, writing, DVD keys (CSS), asynchronous notification; raw reads (READ CD of 2352
// bytes) have their sync and header, but zeroes for error correction.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "devices/ports/block_backend.h"
#include "devices/storage/ata_device.h"
#include "devices/storage/ata_identify.h"
#include "devices/storage/atapi_replies.h"

namespace saffron::storage {

struct AhciCdromOptions {
  std::string serial = "SAFFRONCD01";  // At most 20 printable ASCII characters.
  std::string model = "SAFFRON DVD-ROM";
  /// On the I/O loop's thread: the guest opened or closed the tray.
  std::function<void(bool open)> tray_moved;
};

class AhciCdrom final : public AtaDevice {
 public:
  /// On `loop`, or before it runs. `medium` may be null; its size is a multiple of 2048 (kInvalidArgument).
  static core::Result<std::unique_ptr<AhciCdrom>> create(const AhciCdromOptions& options,
                                                         std::unique_ptr<ports::BlockBackend> medium,
                                                         core::EventLoop& loop);
  ~AhciCdrom() override;

  // Control thread (not under locks that I/O callbacks take); they wait for the I/O loop.
  /// Puts a medium in, in place of what is there, and closes the tray.
  core::Result<void> insert(std::unique_ptr<ports::BlockBackend> medium);
  /// Takes the medium out. kBusy if the guest has locked the drive; it is then asked to let go. `force` ignores that.
  core::Result<void> eject(bool force);
  bool tray_open() const;
  bool locked() const;

  std::uint32_t signature() const override { return 0xeb140101; }
  std::uint8_t reset_status() const override { return 0; }  // Packet drives are not "ready" (ACS-2, 9.12).
  void execute(AtaCommand& command) override;
  void commit() override;
  void drain() override;
  void reset() override;

 private:
  using Handler = void (AhciCdrom::*)(AtaCommand&);
  struct PacketEntry {
    std::uint8_t code = 0;
    bool needs_medium = false;
    bool ignores_attention = false;  // SPC-3, 5.3.7: neither reports nor clears a unit attention.
    Handler handler = nullptr;
  };

  AhciCdrom(const AhciCdromOptions& options, core::EventLoop& loop);
  static core::Result<void> check_medium(const ports::BlockBackend& medium);
  core::Result<void> load(std::unique_ptr<ports::BlockBackend> medium);
  void unload();

  void identify(AtaCommand& command);
  void set_features(AtaCommand& command);
  void execute_packet(AtaCommand& command);
  static const PacketEntry* find_packet(std::uint8_t code);
  atapi::DriveFacts facts() const;
  bool readable() const { return medium_ && !tray_open_; }

  void test_unit_ready(AtaCommand& command);
  void request_sense(AtaCommand& command);
  void inquiry(AtaCommand& command);
  void mode_sense(AtaCommand& command);
  void mode_select(AtaCommand& command);
  void start_stop(AtaCommand& command);
  void prevent_removal(AtaCommand& command);
  void read_capacity(AtaCommand& command);
  void read_blocks(AtaCommand& command);
  void read_cd(AtaCommand& command);
  void seek(AtaCommand& command);
  void read_toc(AtaCommand& command);
  void read_subchannel(AtaCommand& command);
  void get_configuration(AtaCommand& command);
  void get_event(AtaCommand& command);
  void read_disc_information(AtaCommand& command);
  void read_track_information(AtaCommand& command);
  void read_dvd_structure(AtaCommand& command);
  void mechanism_status(AtaCommand& command);
  void read_format_capacities(AtaCommand& command);

  void start_read(AtaCommand& command, std::uint64_t lba, std::uint64_t count, bool raw);
  void next_piece(AtaCommand& command);
  void next_raw_piece(AtaCommand& command);
  void piece_done(AtaCommand& command, int error);
  void raw_piece_done(AtaCommand& command, int error);

  void succeed(AtaCommand& command, AtaTransfer transfer);
  void fail(AtaCommand& command, const atapi::Sense& sense);
  void abort(AtaCommand& command);
  /// Sends a reply, cut to what the guest asked for.
  void send(AtaCommand& command, const atapi::Bytes& bytes, std::size_t allocation);

  const AhciCdromOptions options_;
  core::EventLoop& loop_;

  // Loop thread.
  std::unique_ptr<ports::BlockBackend> medium_;
  std::unique_ptr<ports::BlockQueue> queue_;
  bool tray_open_ = false;
  bool locked_ = false;
  atapi::Sense sense_;
  std::deque<atapi::Sense> attentions_;  // At most one of each kind.
  std::uint8_t media_event_ = 0;         // MMC-6, table 283.
  unsigned ultra_dma_mode_ = 6;
  bool raw_ = false;                  // The read under way wants 2352-byte sectors.
  std::vector<std::uint8_t> bounce_;  // For raw reads: at most kRawSectors of them.
};

}  // namespace saffron::storage
