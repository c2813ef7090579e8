// SPDX-License-Identifier: Apache-2.0
// The settings' page of the network card. It edits the first card; a machine file may have more.
#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QHeaderView>
#include <QtWidgets/QVBoxLayout>

#include "app/common/icons.h"
#include "app/desktop/settings_page.h"
#include "app/desktop/texts.h"

namespace saffron::desktop {

namespace {

enum Column { kProtocol, kHostAddress, kHostPort, kGuestPort, kColumns };

}  // namespace

NetworkPage::NetworkPage()
    : card_(new QCheckBox),
      mode_(new QComboBox),
      mac_(new QLineEdit),
      forwards_(new QTableWidget(0, kColumns)),
      add_(new QPushButton(common::own_icon("list-add"), tr("Add &Port"))),
      remove_(new QPushButton(common::own_icon("list-remove"), tr("&Remove Port"))) {
  mode_->addItems({tr("Through the host (passt)"), tr("No cable")});
  forwards_->setHorizontalHeaderLabels({tr("Protocol"), tr("Host address"), tr("Host port"), tr("Guest port")});
  forwards_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
  forwards_->verticalHeader()->hide();
  forwards_->setSelectionBehavior(QAbstractItemView::SelectRows);
  forwards_->setSelectionMode(QAbstractItemView::SingleSelection);
  forwards_->setMinimumHeight(150);
  forwards_->setAccessibleName(tr("Forwarded ports"));
  auto* table = new QWidget;
  auto* column = new QVBoxLayout(table);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(forwards_);
  auto* buttons = new QHBoxLayout;
  for (QPushButton* button : {add_, remove_}) {
    button->setAutoDefault(false);
    buttons->addWidget(button);
  }
  buttons->addStretch(1);
  column->addLayout(buttons);
  table->setFocusProxy(forwards_);
  form_->add_row("networks", card_, tr("The machine has a &network card"));
  form_->add_row("networks[].mode", mode_, tr("&Connection"));
  form_->add_row("networks[].mac", mac_);
  form_->add_wide("networks[].forwards", table);
  form_->add_stretch();
  watch(card_);
  watch(mode_);
  watch(mac_);
  connect(card_, &QCheckBox::toggled, this, &NetworkPage::update_enabled);
  connect(mode_, &QComboBox::currentIndexChanged, this, &NetworkPage::update_enabled);
  connect(forwards_, &QTableWidget::cellChanged, this, &SettingsPage::edited);
  connect(add_, &QPushButton::clicked, this, [this] {
    api::ForwardConfig forward;
    forward.host_port = 2222;
    forward.guest_port = 22;
    add_forward(forward);
    emit edited();
  });
  connect(remove_, &QPushButton::clicked, this, [this] {
    forwards_->removeRow(forwards_->currentRow());
    emit edited();
  });
}

void NetworkPage::add_forward(const api::ForwardConfig& forward) {
  const QSignalBlocker blocker(forwards_);
  const int row = forwards_->rowCount();
  forwards_->insertRow(row);
  auto* protocol = new QComboBox;
  protocol->addItems({"TCP", "UDP"});
  protocol->setFrame(false);
  protocol->setCurrentIndex(static_cast<int>(forward.protocol));
  watch(protocol);
  forwards_->setCellWidget(row, kProtocol, protocol);
  forwards_->setItem(row, kHostAddress, new QTableWidgetItem(QString::fromStdString(forward.host_address)));
  forwards_->setItem(row, kHostPort, new QTableWidgetItem(QString::number(forward.host_port)));
  forwards_->setItem(row, kGuestPort, new QTableWidgetItem(QString::number(forward.guest_port)));
  forwards_->setCurrentCell(row, kHostPort);
}

void NetworkPage::update_enabled() {
  const bool on = card_->isChecked();
  mode_->setEnabled(on);
  mac_->setEnabled(on);
  const bool forwards = on && mode_->currentIndex() == static_cast<int>(api::NetworkMode::kUser);
  for (QWidget* widget : std::initializer_list<QWidget*>{forwards_, add_, remove_}) {
    widget->setEnabled(forwards);
  }
}

void NetworkPage::load(const api::MachineConfig& config) {
  network_ = config.networks.empty() ? api::NetworkConfig{} : config.networks.front();
  if (network_.id.empty()) {
    network_.id = "net0";
  }
  card_->setChecked(!config.networks.empty());
  mode_->setCurrentIndex(static_cast<int>(network_.mode));
  mac_->setText(QString::fromStdString(network_.mac.value_or("")));
  mac_->setPlaceholderText(QString::fromStdString(effective_mac(config, network_)));
  forwards_->setRowCount(0);
  for (const api::ForwardConfig& forward : network_.forwards) {
    add_forward(forward);
  }
  update_enabled();
}

void NetworkPage::store(api::MachineConfig& config) const {
  if (!card_->isChecked()) {
    if (!config.networks.empty()) {
      config.networks.erase(config.networks.begin());
    }
    return;
  }
  api::NetworkConfig network = network_;
  network.mode = static_cast<api::NetworkMode>(mode_->currentIndex());
  const QString mac = mac_->text().trimmed();
  network.mac = mac.isEmpty() ? std::nullopt : std::optional(mac.toStdString());
  network.forwards.clear();
  for (int row = 0; row < forwards_->rowCount() && network.mode == api::NetworkMode::kUser; ++row) {
    api::ForwardConfig forward;
    const auto* protocol = static_cast<QComboBox*>(forwards_->cellWidget(row, kProtocol));
    forward.protocol = static_cast<api::ForwardProtocol>(protocol->currentIndex());
    forward.host_address = forwards_->item(row, kHostAddress)->text().trimmed().toStdString();
    // What is no number is 0, which the check refuses beside the field.
    forward.host_port = forwards_->item(row, kHostPort)->text().toUInt();
    forward.guest_port = forwards_->item(row, kGuestPort)->text().toUInt();
    network.forwards.push_back(forward);
  }
  if (config.networks.empty()) {
    config.networks.push_back(network);
  } else {
    config.networks.front() = network;
  }
}

}  // namespace saffron::desktop
