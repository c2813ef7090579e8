// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/settings_page.h"

#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QVBoxLayout>

#include "app/common/icons.h"
#include "app/desktop/settings_page_devices.h"
#include "app/desktop/texts.h"
#include "engine/api/config_fields.h"
#include "engine/api/config_file.h"

namespace saffron::desktop {

namespace {

constexpr int kMemoryStepMib = 256;

/// A spin box with the field's limits.
QSpinBox* spin_for(const char* path, const QString& suffix = {}) {
  auto* spin = new QSpinBox;
  const auto info = api::config_field(path);
  if (info.ok()) {
    spin->setRange(static_cast<int>(info->minimum), static_cast<int>(info->maximum));
  }
  spin->setSuffix(suffix);
  return spin;
}

void set_length_limit(QLineEdit* edit, const char* path) {
  const auto info = api::config_field(path);
  if (info.ok() && info->maximum > 0) {
    edit->setMaxLength(static_cast<int>(info->maximum));
  }
}

std::optional<std::string> optional_text(const QString& text) {
  return text.isEmpty() ? std::nullopt : std::optional(text.toStdString());
}

}  // namespace

SettingsPage::SettingsPage(QWidget* parent) : QScrollArea(parent), form_(new ConfigForm) {
  setWidgetResizable(true);
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::NoFocus);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* content = new QWidget;
  auto* column = new QVBoxLayout(content);
  column->setContentsMargins(8, 8, 16, 8);
  column->addWidget(form_);
  setWidget(content);
}

void SettingsPage::watch(QLineEdit* edit) {
  connect(edit, &QLineEdit::textChanged, this, &SettingsPage::edited);
}
void SettingsPage::watch(QCheckBox* box) {
  connect(box, &QCheckBox::toggled, this, &SettingsPage::edited);
}
void SettingsPage::watch(QComboBox* combo) {
  connect(combo, &QComboBox::currentIndexChanged, this, &SettingsPage::edited);
}
void SettingsPage::watch(QSpinBox* spin) {
  connect(spin, &QSpinBox::valueChanged, this, &SettingsPage::edited);
}

GeneralPage::GeneralPage() : name_(new QLineEdit), panic_(new QComboBox), rng_(new QCheckBox) {
  // The sliders end where this host does; a machine file from a larger one keeps its value and its error.
  const api::HostLimits limits = api::host_limits();
  memory_ =
      new AmountEdit(16, static_cast<int>(std::min<std::uint64_t>(limits.memory_mib, 1 << 24)), kMemoryStepMib, " MiB");
  cpus_ = new AmountEdit(1, static_cast<int>(std::min(limits.cpus, 254u)), 1, {});
  for (const auto action : {api::PanicAction::kPause, api::PanicAction::kReset, api::PanicAction::kStop}) {
    panic_->addItem(panic_action_text(action));
  }
  form_->add_row("name", name_);
  form_->add_row("memory_mib", memory_);
  form_->add_row("cpus", cpus_);
  form_->add_row("panic_action", panic_);
  form_->add_row("rng", rng_);
  form_->add_stretch();
  watch(name_);
  watch(panic_);
  watch(rng_);
  connect(memory_, &AmountEdit::changed, this, &SettingsPage::edited);
  connect(cpus_, &AmountEdit::changed, this, &SettingsPage::edited);
}

void GeneralPage::load(const api::MachineConfig& config) {
  name_->setText(QString::fromStdString(config.name));
  for (const auto& [edit, value] :
       {std::pair(memory_, config.memory_mib), std::pair(cpus_, std::uint64_t{config.cpus})}) {
    edit->spin()->setMaximum(std::max(edit->spin()->maximum(), static_cast<int>(value)));
    edit->set_value(static_cast<int>(value));
  }
  panic_->setCurrentIndex(static_cast<int>(config.panic_action));
  rng_->setChecked(config.rng);
}

void GeneralPage::store(api::MachineConfig& config) const {
  config.name = name_->text().trimmed().toStdString();
  config.memory_mib = static_cast<std::uint64_t>(memory_->value());
  config.cpus = static_cast<std::uint32_t>(cpus_->value());
  config.panic_action = static_cast<api::PanicAction>(panic_->currentIndex());
  config.rng = rng_->isChecked();
}

BootPage::BootPage()
    : order_(new QListWidget),
      menu_(new QCheckBox),
      firmware_(new QComboBox),
      firmware_path_(new FilePicker("kernel", tr("Choose a Firmware Image"), tr("All files (*)"))),
      kernel_(new FilePicker("kernel", tr("Choose a Kernel"), tr("All files (*)"))),
      initrd_(new FilePicker("kernel", tr("Choose an Initial RAM Disk"), tr("All files (*)"))),
      command_line_(new QLineEdit) {
  firmware_->addItem(tr("BIOS (SeaBIOS)"));
  firmware_path_->edit()->setPlaceholderText(tr("the system's own"));
  order_->setMaximumHeight(92);
  auto* up = new QPushButton(common::own_icon("go-up"), tr("Move &Up"));
  auto* down = new QPushButton(common::own_icon("go-down"), tr("Move Do&wn"));
  connect(up, &QPushButton::clicked, this, [this] { move(-1); });
  connect(down, &QPushButton::clicked, this, [this] { move(1); });
  auto* buttons = new QVBoxLayout;
  for (QPushButton* button : {up, down}) {
    button->setAutoDefault(false);
    buttons->addWidget(button);
  }
  buttons->addStretch(1);
  auto* row = new QWidget;
  auto* columns = new QHBoxLayout(row);
  columns->setContentsMargins(0, 0, 0, 0);
  columns->addWidget(order_, 1);
  columns->addLayout(buttons);
  row->setFocusProxy(order_);
  form_->add_row("boot.order", row);
  form_->add_row("boot.menu", menu_);
  form_->add_row("firmware", firmware_);
  form_->add_row("firmware.path", firmware_path_);
  form_->add_title(tr("Direct start of Linux"));
  form_->add_row("boot.kernel", kernel_);
  form_->add_row("boot.initrd", initrd_);
  form_->add_row("boot.command_line", command_line_);
  form_->add_stretch();
  set_length_limit(command_line_, "boot.command_line");
  watch(menu_);
  watch(command_line_);
  for (FilePicker* picker : {firmware_path_, kernel_, initrd_}) {
    connect(picker, &FilePicker::changed, this, &SettingsPage::edited);
  }
  connect(order_, &QListWidget::itemChanged, this, &SettingsPage::edited);
}

void BootPage::move(int by) {
  const int row = order_->currentRow();
  if (row < 0 || row + by < 0 || row + by >= order_->count()) {
    return;
  }
  order_->insertItem(row + by, order_->takeItem(row));
  order_->setCurrentRow(row + by);
  emit edited();
}

void BootPage::load(const api::MachineConfig& config) {
  order_->clear();
  std::vector<api::BootDevice> devices = config.boot.order;
  const std::size_t used = devices.size();
  for (const auto device : {api::BootDevice::kDisk, api::BootDevice::kCdrom, api::BootDevice::kNetwork}) {
    if (std::find(devices.begin(), devices.end(), device) == devices.end()) {
      devices.push_back(device);
    }
  }
  for (std::size_t index = 0; index < devices.size(); ++index) {
    auto* item = new QListWidgetItem(boot_device_text(devices[index]), order_);
    item->setData(Qt::UserRole, static_cast<int>(devices[index]));
    item->setCheckState(index < used ? Qt::Checked : Qt::Unchecked);
  }
  order_->setCurrentRow(0);
  menu_->setChecked(config.boot.menu);
  firmware_path_->set_path(QString::fromStdString(config.firmware.path.value_or("")));
  kernel_->set_path(QString::fromStdString(config.boot.kernel.value_or("")));
  initrd_->set_path(QString::fromStdString(config.boot.initrd.value_or("")));
  command_line_->setText(QString::fromStdString(config.boot.command_line));
}

void BootPage::store(api::MachineConfig& config) const {
  config.boot.order.clear();
  for (int row = 0; row < order_->count(); ++row) {
    if (order_->item(row)->checkState() == Qt::Checked) {
      config.boot.order.push_back(static_cast<api::BootDevice>(order_->item(row)->data(Qt::UserRole).toInt()));
    }
  }
  config.boot.menu = menu_->isChecked();
  config.firmware.path = optional_text(firmware_path_->path());
  config.boot.kernel = optional_text(kernel_->path());
  config.boot.initrd = optional_text(initrd_->path());
  config.boot.command_line = command_line_->text().toStdString();
}

DisplayPage::DisplayPage()
    : device_(new QComboBox),
      memory_(new QComboBox),
      width_(spin_for("display.width")),
      height_(spin_for("display.height")),
      tcp_(new QCheckBox),
      address_(new QLineEdit),
      port_(spin_for("display.spice.tcp.port")),
      ticket_(new QLineEdit) {
  device_->addItems({tr("VGA"), tr("none")});
  for (int mib = 1; mib <= 256; mib *= 2) {
    memory_->addItem(memory_text(static_cast<std::uint64_t>(mib)), mib);
  }
  auto* size = new QWidget;
  auto* row = new QHBoxLayout(size);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(width_);
  row->addWidget(new QLabel("×"));
  row->addWidget(height_);
  row->addStretch(1);
  size->setFocusProxy(width_);
  width_->setAccessibleName(tr("Preferred width"));
  height_->setAccessibleName(tr("Preferred height"));
  set_length_limit(ticket_, "display.spice.ticket");
  ticket_->setEchoMode(QLineEdit::PasswordEchoOnEdit);
  ticket_->setPlaceholderText(tr("none"));
  form_->add_row("display.device", device_);
  form_->add_row("display.video_memory_mib", memory_);
  form_->add_row("display.width", size);
  form_->add_title(tr("Viewers"));
  form_->add_row("display.spice.tcp", tcp_);
  form_->add_row("display.spice.tcp.address", address_);
  form_->add_row("display.spice.tcp.port", port_);
  form_->add_row("display.spice.ticket", ticket_);
  form_->add_note(tr("Without encryption. Keep 127.0.0.1 unless you trust the network."));
  form_->add_stretch();
  for (QComboBox* combo : {device_, memory_}) {
    watch(combo);
  }
  for (QSpinBox* spin : {width_, height_, port_}) {
    watch(spin);
  }
  watch(tcp_);
  watch(address_);
  watch(ticket_);
  connect(tcp_, &QCheckBox::toggled, this, &DisplayPage::update_enabled);
}

void DisplayPage::update_enabled() {
  for (QWidget* widget : std::initializer_list<QWidget*>{address_, port_, ticket_}) {
    widget->setEnabled(tcp_->isChecked());
  }
}

void DisplayPage::load(const api::MachineConfig& config) {
  const api::DisplayConfig& display = config.display;
  const api::SpiceTcpConfig tcp = display.spice.tcp.value_or(api::SpiceTcpConfig{});
  device_->setCurrentIndex(static_cast<int>(display.device));
  memory_->setCurrentIndex(std::max(memory_->findData(static_cast<int>(display.video_memory_mib)), 0));
  width_->setValue(static_cast<int>(display.width));
  height_->setValue(static_cast<int>(display.height));
  tcp_->setChecked(display.spice.tcp.has_value());
  address_->setText(QString::fromStdString(tcp.address));
  port_->setValue(static_cast<int>(tcp.port));
  ticket_->setText(QString::fromStdString(display.spice.ticket.value_or("")));
  update_enabled();
}

void DisplayPage::store(api::MachineConfig& config) const {
  api::DisplayConfig& display = config.display;
  display.device = static_cast<api::DisplayDevice>(device_->currentIndex());
  display.video_memory_mib = memory_->currentData().toUInt();
  display.width = static_cast<std::uint32_t>(width_->value());
  display.height = static_cast<std::uint32_t>(height_->value());
  display.spice.tcp.reset();
  if (tcp_->isChecked()) {
    display.spice.tcp =
        api::SpiceTcpConfig{address_->text().trimmed().toStdString(), static_cast<std::uint32_t>(port_->value())};
  }
  display.spice.ticket = optional_text(ticket_->text());
}

DevicesPage::DevicesPage() : keyboard_(new QComboBox), tablet_(new QCheckBox), serial_log_(new QCheckBox) {
  keyboard_->addItems({tr("PS/2"), tr("PS/2 and virtio")});
  form_->add_row("input.keyboard", keyboard_);
  form_->add_row("input.tablet", tablet_);
  form_->add_row("serial.log", serial_log_);
  form_->add_stretch();
  watch(keyboard_);
  watch(tablet_);
  watch(serial_log_);
}

void DevicesPage::load(const api::MachineConfig& config) {
  keyboard_->setCurrentIndex(static_cast<int>(config.input.keyboard));
  tablet_->setChecked(config.input.tablet);
  serial_log_->setChecked(config.serial.log);
}

void DevicesPage::store(api::MachineConfig& config) const {
  config.input.keyboard = static_cast<api::KeyboardKind>(keyboard_->currentIndex());
  config.input.tablet = tablet_->isChecked();
  config.serial.log = serial_log_->isChecked();
}

}  // namespace saffron::desktop
