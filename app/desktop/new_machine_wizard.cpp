// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/new_machine_wizard.h"

#include <QtGui/QClipboard>
#include <QtGui/QGuiApplication>
#include <QtWidgets/QAbstractButton>
#include <QtWidgets/QFrame>
#include <QtWidgets/QVBoxLayout>

#include "app/common/icons.h"
#include "app/desktop/async.h"
#include "app/desktop/colors.h"
#include "app/desktop/texts.h"

namespace saffron::desktop {

namespace {

QString table_row(const QString& name, const QString& value) {
  return QString("<tr><td style='padding:3px 18px 3px 0'>%1</td><td style='padding:3px 0'><b>%2</b></td></tr>")
      .arg(name.toHtmlEscaped(), value.toHtmlEscaped());
}

}  // namespace

QString create_command(const api::MachineConfig& config, const api::CreateOptions& options) {
  QStringList words{"saffronctl", "create", QString::fromStdString(config.name)};
  const auto add = [&words](const char* option, const QString& value) { words << option << value; };
  add("--memory", QString("%1M").arg(config.memory_mib));
  add("--cpus", QString::number(config.cpus));
  for (const api::CdromConfig& drive : config.cdroms) {
    if (drive.path) {
      add("--cdrom", QString::fromStdString(*drive.path));
    }
  }
  for (const api::DiskConfig& disk : config.disks) {
    add("--disk", QString::fromStdString(disk.path));
  }
  if (options.new_disk_bytes) {
    add("--disk-size", QString("%1G").arg(*options.new_disk_bytes >> 30));
  } else if (config.disks.empty()) {
    words << "--no-disk";
  }
  if (config.networks.empty()) {
    words << "--no-network";
  }
  if (config.boot.kernel) {
    add("--kernel", QString::fromStdString(*config.boot.kernel));
  }
  if (config.boot.initrd) {
    add("--initrd", QString::fromStdString(*config.boot.initrd));
  }
  if (!config.boot.command_line.empty()) {
    add("--append", QString::fromStdString(config.boot.command_line));
  }
  QStringList quoted;
  for (const QString& word : words) {
    quoted += shell_quoted(word);
  }
  return quoted.join(' ');
}

SummaryPage::SummaryPage(QWidget* parent)
    : QWizardPage(parent),
      summary_(new QLabel),
      command_(new QLabel),
      error_(new QLabel),
      progress_(new QProgressBar),
      start_(new QCheckBox(tr("&Start the machine at once"))) {
  setTitle(tr("Ready"));
  setSubTitle(tr("This machine will be made. Everything can be changed later."));
  summary_->setTextFormat(Qt::RichText);
  summary_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  start_->setObjectName("start_now");
  start_->setChecked(true);
  error_->setObjectName("create_error");
  error_->setWordWrap(true);
  error_->setTextFormat(Qt::PlainText);
  QPalette red = error_->palette();
  red.setColor(QPalette::WindowText, colors::kRed);
  error_->setPalette(red);
  error_->hide();
  progress_->setRange(0, 0);
  progress_->setTextVisible(false);
  progress_->setMaximumHeight(6);
  progress_->hide();
  command_->setTextFormat(Qt::PlainText);
  command_->setWordWrap(true);
  command_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  command_->setFont(colors::monospace_font());
  auto* copy = new QPushButton(common::own_icon("edit-copy"), tr("Copy as Co&mmand"));
  copy->setAutoDefault(false);
  connect(copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(command_->text()); });
  auto* column = new QVBoxLayout(this);
  column->setSpacing(12);
  column->addWidget(summary_);
  column->addWidget(start_);
  column->addWidget(progress_);
  column->addWidget(error_);
  column->addStretch(1);
  column->addWidget(command_);
  column->addWidget(copy, 0, Qt::AlignLeft);
}

void SummaryPage::initializePage() {
  error_->hide();
  api::CreateOptions options;
  const api::MachineConfig config = qobject_cast<NewMachineWizard*>(wizard())->config(options);
  QString rows = table_row(tr("Name"), QString::fromStdString(config.name)) +
                 table_row(tr("Memory"), memory_text(config.memory_mib)) +
                 table_row(tr("CPUs"), QString::number(config.cpus));
  if (options.new_disk_bytes) {
    rows += table_row(tr("New disk"), size_text(*options.new_disk_bytes));
  }
  for (const api::DiskConfig& disk : config.disks) {
    rows += table_row(tr("Disk"), QString::fromStdString(disk.path));
  }
  for (const api::CdromConfig& drive : config.cdroms) {
    rows += table_row(tr("CD-ROM"), drive.path ? QString::fromStdString(*drive.path) : tr("empty"));
  }
  if (config.boot.kernel) {
    rows += table_row(tr("Kernel"), QString::fromStdString(*config.boot.kernel));
  }
  rows += table_row(tr("Network"), config.networks.empty() ? tr("none") : tr("through the host"));
  summary_->setText("<table>" + rows + "</table>");
  command_->setText(create_command(config, options));
}

void SummaryPage::show_error(const QString& text) {
  error_->setText(text);
  error_->setVisible(!text.isEmpty());
}

void SummaryPage::set_busy(bool busy) {
  progress_->setVisible(busy);
  start_->setEnabled(!busy);
}

NewMachineWizard::NewMachineWizard(LibraryModel& library, QWidget* parent)
    : QWizard(parent),
      library_(library),
      source_(new SourcePage),
      resources_(new ResourcesPage(library)),
      summary_(new SummaryPage) {
  setWindowTitle(tr("New Machine"));
  setObjectName("new_machine_wizard");
  setWizardStyle(QWizard::ModernStyle);
  setOption(QWizard::NoBackButtonOnStartPage);
  setOption(QWizard::NoDefaultButton, false);
  setPixmap(QWizard::LogoPixmap, QIcon(":/icons/saffron.svg").pixmap(48, 48));
  setButtonText(QWizard::FinishButton, tr("&Create"));
  setButtonText(QWizard::NextButton, tr("&Next >"));
  setButtonText(QWizard::BackButton, tr("< &Back"));
  setButtonText(QWizard::CancelButton, tr("Cancel"));
  addPage(source_);
  addPage(resources_);
  addPage(summary_);
  resize(720, 600);
}

api::MachineConfig NewMachineWizard::config(api::CreateOptions& options) const {
  api::MachineConfig config;
  source_->fill(config);
  resources_->fill(config, options);
  return config;
}

void NewMachineWizard::accept() {
  if (busy_) {
    return;
  }
  api::CreateOptions options;
  const api::MachineConfig wanted = config(options);
  busy_ = true;
  summary_->show_error({});
  summary_->set_busy(true);
  for (const WizardButton which : {BackButton, FinishButton, CancelButton}) {
    button(which)->setEnabled(false);
  }
  run_async(
      this,
      [library = library_.library(), wanted, options] { return library.create(wanted, options, api::host_limits()); },
      [this](const core::Result<api::MachineConfig>& result) { take(result); });
}

void NewMachineWizard::take(const core::Result<api::MachineConfig>& result) {
  busy_ = false;
  summary_->set_busy(false);
  for (const WizardButton which : {BackButton, FinishButton, CancelButton}) {
    button(which)->setEnabled(true);
  }
  if (result.ok()) {
    emit created(QString::fromStdString(result->name), summary_->start_now());
    QWizard::accept();
    return;
  }
  // Back to the page with the field that is wrong.
  const QString subject = QString::fromStdString(result.error().subject);
  const QString text = error_text(result.error());
  if (resources_->show_error(subject, text)) {
    back();
  } else if (source_->show_error(subject, text)) {
    back();
    back();
  } else {
    summary_->show_error(text);
  }
}

void NewMachineWizard::reject() {
  if (!busy_) {
    QWizard::reject();
  }
}

}  // namespace saffron::desktop
