// SPDX-License-Identifier: Apache-2.0
// The settings' page of disks and CD-ROM drives.
#include <QtCore/QDir>
#include <QtCore/QFileInfo>
#include <QtWidgets/QFileDialog>
#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QHeaderView>
#include <QtWidgets/QInputDialog>
#include <QtWidgets/QVBoxLayout>
#include <algorithm>

#include "app/common/icons.h"
#include "app/desktop/async.h"
#include "app/desktop/programs.h"
#include "app/desktop/settings_page.h"
#include "app/desktop/texts.h"
#include "engine/api/machine_library.h"

namespace saffron::desktop {

namespace {

QTreeWidget* make_list(const QStringList& columns) {
  auto* list = new QTreeWidget;
  list->setHeaderLabels(columns);
  list->setRootIsDecorated(false);
  list->setUniformRowHeights(true);
  list->setMaximumHeight(112);
  list->header()->setSectionResizeMode(1, QHeaderView::Stretch);
  list->header()->setStretchLastSection(false);
  return list;
}

QPushButton* make_button(QHBoxLayout* row, const char* icon, const QString& text) {
  auto* button = new QPushButton(common::own_icon(icon), text);
  button->setAutoDefault(false);
  row->addWidget(button);
  return button;
}

/// A list with buttons below.
QWidget* stack(QTreeWidget* list, QHBoxLayout* buttons) {
  auto* widget = new QWidget;
  auto* column = new QVBoxLayout(widget);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(list);
  buttons->addStretch(1);
  column->addLayout(buttons);
  widget->setFocusProxy(list);
  return widget;
}

}  // namespace

StoragePage::StoragePage(QString directory)
    : directory_(std::move(directory)), bus_(new QComboBox), read_only_(new QCheckBox) {
  build_disks();
  connect(&sizes_, &ImageSizes::changed, this, &StoragePage::show_sizes);
  build_drives();
  form_->add_stretch();
}

StoragePage::~StoragePage() {
  // The dialog was cancelled: what it made goes with it. No machine ever had these.
  for (const QString& image : new_images_) {
    QFile::remove(image);
  }
}

void StoragePage::build_disks() {
  disk_list_ = make_list({tr("Id"), tr("Image"), tr("Bus"), tr("Size")});
  disk_list_->setObjectName("disk_list");
  disk_list_->setAccessibleName(tr("Disks"));
  auto* buttons = new QHBoxLayout;
  connect(make_button(buttons, "list-add", tr("New D&isk…")), &QPushButton::clicked, this, &StoragePage::add_new);
  connect(make_button(buttons, "document-open", tr("Add &Existing…")), &QPushButton::clicked, this,
          &StoragePage::add_existing);
  remove_disk_ = make_button(buttons, "list-remove", tr("Remo&ve"));
  remove_disk_->setToolTip(tr("The image itself stays"));
  connect(remove_disk_, &QPushButton::clicked, this, &StoragePage::remove_disk);
  form_->add_wide("disks", stack(disk_list_, buttons));
  for (const api::DiskBus bus : {api::DiskBus::kVirtio, api::DiskBus::kSata}) {
    bus_->addItem(disk_bus_text(bus));
  }
  form_->add_row("disks[].bus", bus_);
  form_->add_row("disks[].read_only", read_only_);
  connect(disk_list_, &QTreeWidget::currentItemChanged, this, &StoragePage::show_disk);
  const auto changed = [this] {
    const int row = current_disk();
    if (showing_ || row < 0) {
      return;
    }
    api::DiskConfig& disk = disks_[static_cast<std::size_t>(row)];
    disk.bus = static_cast<api::DiskBus>(bus_->currentIndex());
    disk.queues = disk.bus == api::DiskBus::kSata ? 1 : disk.queues;
    disk.read_only = read_only_->isChecked();
    disk_list_->topLevelItem(row)->setText(2, QString::fromUtf8(name_of(disk.bus)));
    emit edited();
  };
  connect(bus_, &QComboBox::currentIndexChanged, this, changed);
  connect(read_only_, &QCheckBox::toggled, this, changed);
}

void StoragePage::show_sizes() {
  for (int row = 0; row < disk_list_->topLevelItemCount(); ++row) {
    disk_list_->topLevelItem(row)->setText(3, sizes_.text(full_path(disks_[static_cast<std::size_t>(row)])));
  }
  disk_list_->resizeColumnToContents(3);
}

QString StoragePage::full_path(const api::DiskConfig& disk) const {
  return QString::fromStdString(api::resolve_path(directory_.toStdString(), disk.path));
}

void StoragePage::build_drives() {
  drive_list_ = make_list({tr("Id"), tr("CD image")});
  drive_list_->setObjectName("drive_list");
  drive_list_->setAccessibleName(tr("CD-ROM drives"));
  auto* buttons = new QHBoxLayout;
  insert_ = make_button(buttons, "media-optical", tr("I&nsert Image…"));
  eject_ = make_button(buttons, "media-eject", tr("E&ject"));
  QPushButton* add = make_button(buttons, "list-add", tr("Add Dr&ive"));
  remove_drive_ = make_button(buttons, "list-remove", tr("Remove Drive"));
  form_->add_wide("cdroms", stack(drive_list_, buttons));
  connect(insert_, &QPushButton::clicked, this, [this] {
    auto* dialog = new QFileDialog(window(), tr("Insert a CD Image"), last_directory("iso"),
                                   tr("CD images (*.iso *.img);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
      remember_directory("iso", file);
      change_drive(file);
    });
    dialog->open();
  });
  connect(eject_, &QPushButton::clicked, this, [this] { change_drive({}); });
  connect(add, &QPushButton::clicked, this, [this] {
    drives_.push_back({unused_id("cd"), std::nullopt});
    show_lists();
    emit edited();
  });
  connect(remove_drive_, &QPushButton::clicked, this, [this] {
    if (const int row = current_drive(); row >= 0) {
      drives_.erase(drives_.begin() + row);
      show_lists();
      emit edited();
    }
  });
  connect(drive_list_, &QTreeWidget::currentItemChanged, this, &StoragePage::show_disk);
}

void StoragePage::load(const api::MachineConfig& config) {
  disks_ = config.disks;
  drives_ = config.cdroms;
  other_ids_.clear();
  for (const api::NetworkConfig& network : config.networks) {
    other_ids_.push_back(network.id);
  }
  show_lists();
}

void StoragePage::store(api::MachineConfig& config) const {
  config.disks = disks_;
  config.cdroms = drives_;
}

void StoragePage::show_lists() {
  const int disk = std::max(current_disk(), 0);
  const int drive = std::max(current_drive(), 0);
  disk_list_->clear();
  QStringList paths;
  for (const api::DiskConfig& entry : disks_) {
    paths += full_path(entry);
    new QTreeWidgetItem(disk_list_, {QString::fromStdString(entry.id), QString::fromStdString(entry.path),
                                     QString::fromUtf8(name_of(entry.bus))});
  }
  sizes_.look_at(paths);
  show_sizes();
  drive_list_->clear();
  for (const api::CdromConfig& entry : drives_) {
    new QTreeWidgetItem(drive_list_, {QString::fromStdString(entry.id),
                                      entry.path ? QString::fromStdString(*entry.path) : tr("empty")});
  }
  const auto restore = [](QTreeWidget* list, int row) {
    list->setCurrentItem(list->topLevelItem(std::min(row, list->topLevelItemCount() - 1)));
  };
  restore(disk_list_, disk);
  restore(drive_list_, drive);
  show_disk();
}

void StoragePage::show_disk() {
  showing_ = true;
  const int row = current_disk();
  const bool any = row >= 0;
  if (any) {
    bus_->setCurrentIndex(static_cast<int>(disks_[static_cast<std::size_t>(row)].bus));
    read_only_->setChecked(disks_[static_cast<std::size_t>(row)].read_only);
  }
  bus_->setEnabled(any);
  read_only_->setEnabled(any);
  remove_disk_->setEnabled(any);
  const int drive = current_drive();
  insert_->setEnabled(drive >= 0);
  remove_drive_->setEnabled(drive >= 0);
  eject_->setEnabled(drive >= 0 && drives_[static_cast<std::size_t>(drive)].path.has_value());
  showing_ = false;
}

int StoragePage::current_disk() const {
  const int row = disk_list_->indexOfTopLevelItem(disk_list_->currentItem());
  return row < static_cast<int>(disks_.size()) ? row : -1;
}

int StoragePage::current_drive() const {
  const int row = drive_list_->indexOfTopLevelItem(drive_list_->currentItem());
  return row < static_cast<int>(drives_.size()) ? row : -1;
}

std::string StoragePage::unused_id(const char* prefix) const {
  const auto taken = [this](const std::string& id) {
    const auto same = [&id](const auto& entry) { return entry.id == id; };
    return std::any_of(disks_.begin(), disks_.end(), same) || std::any_of(drives_.begin(), drives_.end(), same) ||
           std::find(other_ids_.begin(), other_ids_.end(), id) != other_ids_.end();
  };
  for (int number = 0;; ++number) {
    const std::string id = prefix + std::to_string(number);
    if (!taken(id)) {
      return id;
    }
  }
}

void StoragePage::add_existing() {
  auto* dialog = new QFileDialog(window(), tr("Add a Disk Image"), last_directory("disk"),
                                 tr("Raw disk images (*.raw *.img);;All files (*)"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
    remember_directory("disk", file);
    add_disk(file);
  });
  dialog->open();
}

void StoragePage::add_new() {
  auto* dialog = new QInputDialog(window());
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setObjectName("new_disk_dialog");
  dialog->setWindowTitle(tr("New Disk"));
  dialog->setLabelText(tr("Size in GiB. It takes space on the host only as it fills."));
  dialog->setInputMode(QInputDialog::IntInput);
  dialog->setIntRange(1, 65536);
  dialog->setIntValue(20);
  connect(dialog, &QInputDialog::intValueSelected, this, &StoragePage::make_image);
  dialog->open();
}

void StoragePage::make_image(int gib) {
  QString file = "disk.raw";
  for (int number = 2; QFileInfo::exists(directory_ + "/" + file); ++number) {
    file = QString("disk%1.raw").arg(number);
  }
  const QString path = directory_ + "/" + file;
  const auto work = [path = path.toStdString(), gib] {
    return api::create_disk_image(path, static_cast<std::uint64_t>(gib) << 30, "disks");
  };
  run_async(this, work, [this, file, path](const core::Result<void>& result) {
    if (!result.ok()) {
      form_->show_error("disks", engine_text(result.error().message));
      return;
    }
    new_images_ += path;
    add_disk(file);
  });
}

void StoragePage::add_disk(const QString& path) {
  api::DiskConfig disk;
  disk.id = unused_id("disk");
  disk.path = path.toStdString();
  disks_.push_back(disk);
  show_lists();
  disk_list_->setCurrentItem(disk_list_->topLevelItem(static_cast<int>(disks_.size()) - 1));
  emit edited();
}

void StoragePage::remove_disk() {
  if (const int row = current_disk(); row >= 0) {
    disks_.erase(disks_.begin() + row);
    show_lists();
    emit edited();
  }
}

void StoragePage::change_drive(const QString& path) {
  if (const int row = current_drive(); row >= 0) {
    drives_[static_cast<std::size_t>(row)].path = path.isEmpty() ? std::nullopt : std::optional(path.toStdString());
    show_lists();
    emit edited();
  }
}

}  // namespace saffron::desktop
