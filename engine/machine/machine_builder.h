// SPDX-License-Identifier: Apache-2.0
// MachineBuilder: the only place that knows all device families. MachineConfig in, Machine out.
#pragma once

#include <memory>

#include "devices/virtio/virtio_device.h"
#include "engine/machine/machine.h"

namespace saffron::machine {

struct BuildOptions {
  bool headless = false;  // No display server, whatever the configuration says.
};

/// Control thread, before its loop runs.
class MachineBuilder {
 public:
  /// A machine that is ready to start. On an error nothing is left behind; the subject is the field of machine.json.
  static core::Result<std::unique_ptr<Machine>> build(const api::MachineConfig& config, const api::MachinePaths& paths,
                                                      core::EventLoop& control, const BuildOptions& options);

 private:
  explicit MachineBuilder(Machine& machine) : machine_(machine) {}
  core::Result<void> add_everything(const BuildOptions& options);
  core::Result<void> add_platform();
  core::Result<void> add_legacy();
  core::Result<void> add_display();
  core::Result<void> add_network();
  core::Result<void> add_storage();
  core::Result<void> add_small_virtio();
  core::Result<void> add_spice();
  core::Result<void> add_firmware_facts();
  core::Result<void> add_vcpus();
  core::Result<unsigned> plug_virtio(std::unique_ptr<virtio::VirtioDevice> device);

  Machine& machine_;
};

}  // namespace saffron::machine
