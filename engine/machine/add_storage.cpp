// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>

#include "devices/storage/ahci_cdrom.h"
#include "devices/storage/raw_file_backend.h"
#include "devices/storage/virtio_blk.h"
#include "devices/virtio/virtio_pci.h"
#include "engine/machine/error_about.h"
#include "engine/machine/storage_set.h"

namespace saffron::machine {

namespace {

constexpr unsigned kSataSlot = 31;
constexpr unsigned kSataFunction = 2;

core::Result<std::unique_ptr<ports::BlockBackend>> open_medium(const std::string& path) {
  storage::RawFileOptions options;
  options.kind = storage::ImageKind::kCdrom;
  options.read_only = true;
  return std::unique_ptr<ports::BlockBackend>(SAFFRON_TRY(storage::RawFileBackend::open(path, options)));
}

std::string sata_boot_path(unsigned port) {
  return fmt::format("/pci@i0cf8/pci8086,2922@{:x},{}/drive@{:x}/disk@0", kSataSlot, kSataFunction, port);
}

}  // namespace

core::Result<void> StorageSet::add(Platform& platform, Request request) {
  directory_ = request.directory;
  disk_full_ = std::move(request.disk_full);
  media_changed_ = std::move(request.media_changed);
  tray_moved_ = [this, &control = platform.control](const std::string& id, bool open) {
    control.post([this, id, open] { guest_moved_tray(id, open); });
  };
  const api::MachineConfig& config = request.config;
  for (std::size_t i = 0; i < config.disks.size(); ++i) {
    SAFFRON_TRY(open_disk(config.disks[i], i));
  }
  for (std::size_t i = 0; i < config.disks.size(); ++i) {
    if (config.disks[i].bus == api::DiskBus::kVirtio) {
      SAFFRON_TRY(plug_virtio(platform, config.disks[i], *disks_[i]));
    }
  }
  return add_sata(platform, config);
}

core::Result<void> StorageSet::open_disk(const api::DiskConfig& config, std::size_t index) {
  auto disk = std::make_unique<Disk>();
  disk->id = config.id;
  disk->path = api::resolve_path(directory_, config.path);
  disk->read_only = config.read_only;
  storage::RawFileOptions options;
  options.read_only = config.read_only;
  options.allow_discard = config.discard;
  auto file = storage::RawFileBackend::open(disk->path, options);
  if (!file.ok()) {
    return about(std::move(file).error(), fmt::format("disks[{}].path", index));
  }
  disk->backend = std::make_unique<storage::HoldingBackend>(std::move(file).value(),
                                                            [this, id = config.id](int) { disk_full_(id); });
  disks_.push_back(std::move(disk));
  return {};
}

core::Result<void> StorageSet::plug_virtio(Platform& platform, const api::DiskConfig& config, Disk& disk) {
  std::vector<core::EventLoop*> loops;
  for (unsigned i = 0; i < config.queues; ++i) {
    const std::string name = config.queues == 1 ? config.id : fmt::format("{}-{}", config.id, i);
    disk.threads.push_back(SAFFRON_TRY(core::LoopThread::start(name)));
    loops.push_back(&disk.threads.back()->loop());
  }
  const std::string& serial = config.serial.empty() ? config.id : config.serial;
  auto device = std::make_unique<storage::VirtioBlk>(config.id, serial, *disk.backend, std::move(loops));
  auto transport = SAFFRON_TRY(
      virtio::VirtioPciTransport::create(std::move(device), *platform.ram, *platform.vm, *platform.interrupts));
  const unsigned slot = SAFFRON_TRY(platform.plug(std::move(transport)));
  disk.boot_path = fmt::format("/pci@i0cf8/scsi@{:x}/disk@0,0", slot);
  return {};
}

core::Result<void> StorageSet::add_sata(Platform& platform, const api::MachineConfig& config) {
  const auto is_sata = [](const api::DiskConfig& disk) { return disk.bus == api::DiskBus::kSata; };
  const auto sata_disks = static_cast<std::size_t>(std::count_if(config.disks.begin(), config.disks.end(), is_sata));
  if (sata_disks + config.cdroms.size() == 0) {
    return {};
  }
  if (sata_disks + config.cdroms.size() > storage::AhciController::kPorts) {
    return core::Error{
        core::ErrorCode::kOutOfRange,
        fmt::format("SATA disks and CD-ROM drives together can be at most {}", storage::AhciController::kPorts),
        config.cdroms.empty() ? "disks" : "cdroms"};
  }
  sata_thread_ = SAFFRON_TRY(core::LoopThread::start("sata"));
  auto msi = SAFFRON_TRY(platform.interrupts->allocate("sata"));
  auto controller =
      std::make_unique<storage::AhciController>("sata", *platform.ram, sata_thread_->loop(), std::move(msi));
  unsigned port = 0;
  for (std::size_t i = 0; i < config.disks.size(); ++i) {
    if (!is_sata(config.disks[i])) {
      continue;
    }
    storage::AhciDiskOptions options;
    options.serial = config.disks[i].serial.empty() ? config.disks[i].id : config.disks[i].serial;
    SAFFRON_TRY(controller->attach_disk(port, options, *disks_[i]->backend));
    disks_[i]->boot_path = sata_boot_path(port++);
  }
  for (std::size_t i = 0; i < config.cdroms.size(); ++i) {
    SAFFRON_TRY(plug_drive(*controller, config.cdroms[i], i, port++));
  }
  return platform.pci->add(kSataSlot, kSataFunction, std::move(controller));
}

core::Result<void> StorageSet::plug_drive(storage::AhciController& controller, const api::CdromConfig& config,
                                          std::size_t index, unsigned port) {
  auto drive = std::make_unique<Drive>();
  drive->id = config.id;
  drive->boot_path = sata_boot_path(port);
  std::unique_ptr<ports::BlockBackend> medium;
  if (config.path) {
    drive->path = api::resolve_path(directory_, *config.path);
    auto opened = open_medium(*drive->path);
    if (!opened.ok()) {
      return about(std::move(opened).error(), fmt::format("cdroms[{}].path", index));
    }
    medium = std::move(opened).value();
  }
  storage::AhciCdromOptions options;
  options.serial = config.id;
  options.tray_moved = [this, id = config.id](bool open) { tray_moved_(id, open); };
  drive->cdrom = SAFFRON_TRY(controller.attach_cdrom(port, options, std::move(medium)));
  drives_.push_back(std::move(drive));
  return {};
}

std::vector<std::string> StorageSet::boot_paths(const std::vector<api::BootDevice>& order) const {
  std::vector<std::string> paths;
  for (const api::BootDevice device : order) {
    if (device == api::BootDevice::kDisk) {
      for (const auto& disk : disks_) {
        paths.push_back(disk->boot_path);
      }
    } else if (device == api::BootDevice::kCdrom) {
      for (const auto& drive : drives_) {
        paths.push_back(drive->boot_path);
      }
    }
  }
  return paths;
}

api::MediaInfo StorageSet::info(const Drive& drive) const {
  return {drive.id, true, drive.path, true, drive.cdrom->locked()};
}

std::vector<api::MediaInfo> StorageSet::media() const {
  std::vector<api::MediaInfo> list;
  for (const auto& disk : disks_) {
    list.push_back({disk->id, false, disk->path, disk->read_only, false});
  }
  for (const auto& drive : drives_) {
    list.push_back(info(*drive));
  }
  return list;
}

std::string StorageSet::path_of(const std::string& id) const {
  for (const auto& disk : disks_) {
    if (disk->id == id) {
      return disk->path;
    }
  }
  return {};
}

core::Result<StorageSet::Drive*> StorageSet::find_drive(const std::string& id) {
  for (const auto& drive : drives_) {
    if (drive->id == id) {
      return drive.get();
    }
  }
  return core::Error{core::ErrorCode::kNotFound, fmt::format("the machine has no CD-ROM drive '{}'", id), "id"};
}

core::Result<void> StorageSet::insert(const std::string& id, const std::string& path) {
  Drive& drive = *SAFFRON_TRY(find_drive(id));
  auto opened = open_medium(path);
  if (!opened.ok()) {
    return about(std::move(opened).error(), "path");
  }
  SAFFRON_TRY(drive.cdrom->insert(std::move(opened).value()));
  drive.path = path;
  media_changed_(info(drive));
  return {};
}

core::Result<void> StorageSet::eject(const std::string& id, bool force) {
  Drive& drive = *SAFFRON_TRY(find_drive(id));
  SAFFRON_TRY(drive.cdrom->eject(force));
  drive.path.reset();
  media_changed_(info(drive));
  return {};
}

void StorageSet::guest_moved_tray(const std::string& id, bool open) {
  const auto drive = find_drive(id);
  if (open && drive.ok() && drive.value()->path && drive.value()->cdrom->tray_open()) {
    // A guest that opens the tray wants the medium out, as a person would take it.
    (void)eject(id, true);
  }
}

void StorageSet::retry() {
  for (const auto& disk : disks_) {
    disk->backend->retry();
  }
}

}  // namespace saffron::machine
