// SPDX-License-Identifier: Apache-2.0
// The pages of the settings. Each shows a part of a config and writes it back.
#pragma once

#include <QtWidgets/QCheckBox>
#include <QtWidgets/QComboBox>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QListWidget>
#include <QtWidgets/QScrollArea>
#include <QtWidgets/QSpinBox>
#include <QtWidgets/QTableWidget>
#include <QtWidgets/QTreeWidget>

#include "app/desktop/config_form.h"
#include "app/desktop/image_sizes.h"
#include "engine/api/machine_config.h"

namespace saffron::desktop {

class SettingsPage : public QScrollArea {
  Q_OBJECT
 public:
  explicit SettingsPage(QWidget* parent = nullptr);
  virtual void load(const api::MachineConfig& config) = 0;
  virtual void store(api::MachineConfig& config) const = 0;
  ConfigForm& form() { return *form_; }

 signals:
  void edited();

 protected:
  /// Any change of these is an edit.
  void watch(QLineEdit* edit);
  void watch(QCheckBox* box);
  void watch(QComboBox* combo);
  void watch(QSpinBox* spin);

  ConfigForm* form_;
};

class GeneralPage final : public SettingsPage {
  Q_OBJECT
 public:
  GeneralPage();
  void load(const api::MachineConfig& config) override;
  void store(api::MachineConfig& config) const override;
  void set_name_enabled(bool enabled) { name_->setEnabled(enabled); }

 private:
  QLineEdit* name_;
  AmountEdit* memory_;
  AmountEdit* cpus_;
  QComboBox* panic_;
  QCheckBox* rng_;
};

class BootPage final : public SettingsPage {
  Q_OBJECT
 public:
  BootPage();
  void load(const api::MachineConfig& config) override;
  void store(api::MachineConfig& config) const override;

 private:
  void move(int by);

  QListWidget* order_;
  QCheckBox* menu_;
  QComboBox* firmware_;
  FilePicker* firmware_path_;
  FilePicker* kernel_;
  FilePicker* initrd_;
  QLineEdit* command_line_;
};

class StoragePage final : public SettingsPage {
  Q_OBJECT
 public:
  explicit StoragePage(QString directory);
  ~StoragePage() override;
  void load(const api::MachineConfig& config) override;
  void store(api::MachineConfig& config) const override;
  /// The images made here belong to the machine from now on.
  void keep_new_images() { new_images_.clear(); }

 private:
  void build_disks();
  void build_drives();
  void show_lists();
  void show_sizes();
  QString full_path(const api::DiskConfig& disk) const;
  void show_disk();
  void add_existing();
  void add_new();
  void make_image(int gib);
  void add_disk(const QString& path);
  void remove_disk();
  void change_drive(const QString& path);
  std::string unused_id(const char* prefix) const;
  int current_disk() const;
  int current_drive() const;

  QString directory_;
  ImageSizes sizes_;
  std::vector<api::DiskConfig> disks_;
  std::vector<api::CdromConfig> drives_;
  std::vector<std::string> other_ids_;
  QStringList new_images_;  // Made in this dialog; removed with it unless it is saved.
  QTreeWidget* disk_list_;
  QTreeWidget* drive_list_;
  QPushButton* remove_disk_;
  QPushButton* insert_;
  QPushButton* eject_;
  QPushButton* remove_drive_;
  QComboBox* bus_;
  QCheckBox* read_only_;
  bool showing_ = false;
};

class NetworkPage final : public SettingsPage {
  Q_OBJECT
 public:
  NetworkPage();
  void load(const api::MachineConfig& config) override;
  void store(api::MachineConfig& config) const override;

 private:
  void add_forward(const api::ForwardConfig& forward);
  void update_enabled();

  QCheckBox* card_;
  QComboBox* mode_;
  QLineEdit* mac_;
  QTableWidget* forwards_;
  QPushButton* add_;
  QPushButton* remove_;
  api::NetworkConfig network_;
};

}  // namespace saffron::desktop
