// SPDX-License-Identifier: Apache-2.0
// The settings' pages of the screen and of the small devices: keyboard, pointer, serial port.
#pragma once

#include "app/desktop/settings_page.h"

namespace saffron::desktop {

class DisplayPage final : public SettingsPage {
  Q_OBJECT
 public:
  DisplayPage();
  void load(const api::MachineConfig& config) override;
  void store(api::MachineConfig& config) const override;

 private:
  void update_enabled();

  QComboBox* device_;
  QComboBox* memory_;
  QSpinBox* width_;
  QSpinBox* height_;
  QCheckBox* tcp_;
  QLineEdit* address_;
  QSpinBox* port_;
  QLineEdit* ticket_;
};

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
