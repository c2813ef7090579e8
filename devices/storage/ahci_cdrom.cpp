// SPDX-License-Identifier: Apache-2.0
#include "devices/storage/ahci_cdrom.h"

#include <algorithm>
#include <utility>

namespace saffron::storage {

using atapi::Sense;

namespace {

/// Interrupt reason in the count register of a packet command that has ended (ACS-2, 7.18.5).
constexpr std::uint16_t kReasonDone = 0x03;
constexpr std::uint8_t kDmaFeature = 0x01;

// Media events (MMC-6, 6.7.2.5).
constexpr std::uint8_t kEjectRequest = 1;
constexpr std::uint8_t kNewMedia = 2;
constexpr std::uint8_t kMediaRemoval = 3;

}  // namespace

core::Result<void> AhciCdrom::check_medium(const ports::BlockBackend& medium) {
  const ports::BlockGeometry geometry = medium.geometry();
  const std::uint64_t sectors = geometry.size / atapi::kSectorSize;
  if (geometry.size % atapi::kSectorSize != 0 || sectors == 0 || sectors > 0xffffffff ||
      atapi::kSectorSize % geometry.block_size != 0) {
    return core::Error{core::ErrorCode::kInvalidArgument, "a CD image must be whole sectors of 2048 bytes", "cdrom"};
  }
  return {};
}

core::Result<std::unique_ptr<AhciCdrom>> AhciCdrom::create(const AhciCdromOptions& options,
                                                           std::unique_ptr<ports::BlockBackend> medium,
                                                           core::EventLoop& loop) {
  std::unique_ptr<AhciCdrom> drive(new AhciCdrom(options, loop));
  if (medium) {
    SAFFRON_TRY(check_medium(*medium));
    SAFFRON_TRY(drive->load(std::move(medium)));
  }
  drive->reset();
  return drive;
}

AhciCdrom::AhciCdrom(const AhciCdromOptions& options, core::EventLoop& loop) : options_(options), loop_(loop) {}

AhciCdrom::~AhciCdrom() = default;

core::Result<void> AhciCdrom::load(std::unique_ptr<ports::BlockBackend> medium) {
  auto queue = SAFFRON_TRY(medium->open_queue(loop_));
  unload();
  medium_ = std::move(medium);
  queue_ = std::move(queue);
  return {};
}

void AhciCdrom::unload() {
  drain();  // While reads under way, and what they ask for next, find their queue.
  queue_.reset();
  medium_.reset();
}

core::Result<void> AhciCdrom::insert(std::unique_ptr<ports::BlockBackend> medium) {
  SAFFRON_TRY(check_medium(*medium));
  core::Result<void> result;
  loop_.run_sync([&] {
    result = load(std::move(medium));
    if (!result.ok()) {
      return;
    }
    tray_open_ = false;
    media_event_ = kNewMedia;
    std::erase(attentions_, atapi::kMediumChanged);
    attentions_.push_back(atapi::kMediumChanged);
  });
  return result;
}

core::Result<void> AhciCdrom::eject(bool force) {
  core::Result<void> result;
  loop_.run_sync([&] {
    if (locked_ && !force) {
      media_event_ = kEjectRequest;  // As if somebody had pressed the button: the guest may unlock and eject.
      result =
          core::Error{core::ErrorCode::kBusy, "the guest has locked its CD drive; it was asked to let go", "cdrom"};
      return;
    }
    const bool had_medium = medium_ != nullptr;
    unload();
    locked_ = false;
    tray_open_ = true;
    if (had_medium) {
      media_event_ = kMediaRemoval;
      std::erase(attentions_, atapi::kMediumChanged);
    }
  });
  return result;
}

bool AhciCdrom::tray_open() const {
  bool open = false;
  loop_.run_sync([&] { open = tray_open_; });
  return open;
}

bool AhciCdrom::locked() const {
  bool locked = false;
  loop_.run_sync([&] { locked = locked_; });
  return locked;
}

void AhciCdrom::commit() {
  if (queue_) {
    queue_->commit();
  }
}

void AhciCdrom::drain() {
  if (queue_) {
    queue_->drain();
  }
}

void AhciCdrom::reset() {
  sense_ = atapi::kNoSense;
  locked_ = false;
  std::erase(attentions_, atapi::kPowerOn);
  attentions_.push_front(atapi::kPowerOn);
}

atapi::DriveFacts AhciCdrom::facts() const {
  atapi::DriveFacts facts;
  facts.sectors = readable() ? static_cast<std::uint32_t>(medium_->geometry().size / atapi::kSectorSize) : 0;
  facts.tray_open = tray_open_;
  facts.locked = locked_;
  return facts;
}

void AhciCdrom::execute(AtaCommand& command) {
  switch (command.registers.command) {
    case 0xa0:
      return execute_packet(command);
    case 0xa1:
      return identify(command);
    case 0x08: {  // DEVICE RESET: the signature, and status 0 (ACS-2, 7.7).
      AtaReply reply = command.reply();
      reply.status = 0;
      reply.error = 1;
      reply.count = 1;
      reply.lba = signature() >> 8;
      return command.finish(reply);
    }
    case 0xef:
      return set_features(command);
    case 0xe5: {  // CHECK POWER MODE: active.
      AtaReply reply = command.reply();
      reply.count = 0xff;
      return command.finish(reply);
    }
    case 0xe0:  // The STANDBY and IDLE family, SLEEP, FLUSH CACHE.
    case 0xe1:
    case 0xe2:
    case 0xe3:
    case 0xe6:
    case 0xe7:
      return command.finish(command.reply());
    case 0x20:  // READ SECTORS and IDENTIFY DEVICE tell what this is (ACS-2, 7.16.4 and 7.30.4).
    case 0xec: {
      AtaReply reply = command.reply();
      reply.status = kAtaReady | kAtaError;
      reply.error = kAtaAbort;
      reply.count = 1;
      reply.lba = signature() >> 8;
      return command.finish(reply);
    }
    default:
      return abort(command);
  }
}

void AhciCdrom::identify(AtaCommand& command) {
  IdentifyData data;
  data.set(0, 0x85c0);  // A packet device: CD-ROM, removable, 12-byte packets, asks for data within 50 us.
  data.set_string(10, 10, options_.serial);
  data.set_string(23, 4, "1.0");
  data.set_string(27, 20, options_.model);
  data.set_transfer_modes(ultra_dma_mode_);
  data.set(76, 0x000e);  // 1.5, 3 and 6 Gbit/s.
  data.set(80, 0x01f0);  // ATA/ATAPI-4 to ATA8-ACS.
  data.set(82, 0x4218);  // NOP, DEVICE RESET, PACKET, power management.
  data.set(83, 0x4000);
  data.set(84, 0x4000);
  data.set(85, 0x4218);
  data.set(87, 0x4000);
  const auto bytes = data.seal();
  AtaReply reply = command.reply();
  reply.transfer = AtaTransfer::kPioIn;
  reply.overflow = command.data.copy_to_guest(bytes) != bytes.size();
  command.finish(reply);
}

void AhciCdrom::set_features(AtaCommand& command) {
  const unsigned count = command.registers.count & 0xff;
  const unsigned feature = command.registers.features & 0xff;
  if (feature == 0x03 && (count >> 3) == 8 && (count & 7) <= 6) {
    ultra_dma_mode_ = count & 7;
  } else if (feature != 0x66 && feature != 0xcc && (feature != 0x03 || (count >> 3) > 4)) {
    return abort(command);
  }
  command.finish(command.reply());
}

void AhciCdrom::execute_packet(AtaCommand& command) {
  const PacketEntry* entry = find_packet(command.packet[0]);
  if (command.packet[0] != 0x03) {
    sense_ = atapi::kNoSense;  // SPC-3, 4.5.1: sense data lives until the next command.
  }
  if (entry == nullptr) {
    return fail(command, atapi::kInvalidOpcode);
  }
  if (!entry->ignores_attention && !attentions_.empty()) {
    const Sense attention = attentions_.front();
    attentions_.pop_front();
    return fail(command, attention);
  }
  if (entry->needs_medium && !readable()) {
    return fail(command, tray_open_ ? atapi::kTrayOpen : atapi::kTrayClosedEmpty);
  }
  (this->*entry->handler)(command);
}

void AhciCdrom::succeed(AtaCommand& command, AtaTransfer transfer) {
  AtaReply reply = command.reply();
  reply.count = kReasonDone;
  const bool dma = (command.registers.features & kDmaFeature) != 0;
  reply.transfer = transfer == AtaTransfer::kNone || !dma ? transfer : AtaTransfer::kDma;
  // The byte count of the last piece of a PIO transfer (ACS-2, 7.18.5).
  if (reply.transfer == AtaTransfer::kPioIn || reply.transfer == AtaTransfer::kPioOut) {
    const std::uint64_t bytes = std::min<std::uint64_t>(command.data.transferred(), 0xfffe);
    reply.lba = (reply.lba & ~std::uint64_t{0xffff00}) | (bytes << 8);
  }
  command.finish(reply);
}

void AhciCdrom::fail(AtaCommand& command, const Sense& sense) {
  sense_ = sense;
  AtaReply reply = command.reply();
  reply.status = kAtaReady | kAtaSeekComplete | kAtaError;
  reply.error = static_cast<std::uint8_t>((sense.key << 4) | (sense.key == 5 || sense.key == 4 ? kAtaAbort : 0));
  reply.count = kReasonDone;
  command.finish(reply);
}

void AhciCdrom::abort(AtaCommand& command) {
  AtaReply reply = command.reply();
  reply.status = kAtaReady | kAtaError;
  reply.error = kAtaAbort;
  command.finish(reply);
}

void AhciCdrom::send(AtaCommand& command, const atapi::Bytes& bytes, std::size_t allocation) {
  const std::span<const std::uint8_t> all(bytes);
  // A table with less room than the guest's own allocation length gets what fits.
  command.data.copy_to_guest(all.first(std::min(all.size(), allocation)));
  succeed(command, AtaTransfer::kPioIn);
}

}  // namespace saffron::storage
