// SPDX-License-Identifier: Apache-2.0
// StorageSet: a machine's disks and CD-ROM drives: images, I/O threads, media.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "devices/storage/ahci.h"
#include "devices/storage/holding_queue.h"
#include "engine/api/machine_config.h"
#include "engine/api/machine_status.h"
#include "engine/core/event_loop.h"
#include "engine/machine/platform.h"

namespace saffron::machine {

/// Control thread.
class StorageSet {
 public:
  struct Request {
    const api::MachineConfig& config;
    std::string directory;                              // Relative paths are relative to it.
    std::function<void(std::string id)> disk_full;      // Any thread.
    std::function<void(api::MediaInfo)> media_changed;  // Control thread.
  };

  /// Opens all images and plugs their controllers. The error's subject is the field ("disks[0].path").
  core::Result<void> add(Platform& platform, Request request);

  /// Firmware's names of the bootable devices, best first.
  std::vector<std::string> boot_paths(const std::vector<api::BootDevice>& order) const;
  /// In the order of machine.json: disks, then drives.
  std::vector<api::MediaInfo> media() const;
  std::string path_of(const std::string& id) const;
  core::Result<void> insert(const std::string& id, const std::string& path);
  core::Result<void> eject(const std::string& id, bool force);
  /// The host has room again: held writes go on.
  void retry();

 private:
  struct Disk {
    std::string id;
    std::string path;
    bool read_only = false;
    std::string boot_path;
    std::vector<std::unique_ptr<core::LoopThread>> threads;
    std::unique_ptr<storage::HoldingBackend> backend;
  };
  struct Drive {
    std::string id;
    std::optional<std::string> path;
    std::string boot_path;
    storage::AhciCdrom* cdrom = nullptr;
  };

  core::Result<void> open_disk(const api::DiskConfig& config, std::size_t index);
  core::Result<void> plug_virtio(Platform& platform, const api::DiskConfig& config, Disk& disk);
  core::Result<void> add_sata(Platform& platform, const api::MachineConfig& config);
  core::Result<void> plug_drive(storage::AhciController& controller, const api::CdromConfig& config, std::size_t index,
                                unsigned port);
  core::Result<Drive*> find_drive(const std::string& id);
  void guest_moved_tray(const std::string& id, bool open);
  api::MediaInfo info(const Drive& drive) const;

  std::string directory_;
  std::function<void(std::string)> disk_full_;
  std::function<void(api::MediaInfo)> media_changed_;
  std::function<void(const std::string& id, bool open)> tray_moved_;  // Any thread.
  std::unique_ptr<core::LoopThread> sata_thread_;
  std::vector<std::unique_ptr<Disk>> disks_;
  std::vector<std::unique_ptr<Drive>> drives_;
};

}  // namespace saffron::machine
