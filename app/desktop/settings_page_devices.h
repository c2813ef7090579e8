// SPDX-License-Identifier: Apache-2.0
// The settings' page of the small devices: keyboard, pointer, serial port.
#pragma once

#include "app/desktop/settings_page.h"

namespace saffron::desktop {

class DevicesPage final : public SettingsPage {
  Q_OBJECT
 public:
  DevicesPage();
  void load(const api::MachineConfig& config) override;
  void store(api::MachineConfig& config) const override;

 private:
  QComboBox* keyboard_;
  QCheckBox* tablet_;
  QCheckBox* serial_log_;
};

}  // namespace saffron::desktop
