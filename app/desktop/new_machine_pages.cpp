// SPDX-License-Identifier: Apache-2.0
// NewMachineWizard: the pages that ask.
#include <QtCore/QFileInfo>
#include <QtCore/QRegularExpression>
#include <QtCore/QStorageInfo>
#include <QtWidgets/QVBoxLayout>

#include "app/desktop/async.h"
#include "app/desktop/new_machine_wizard.h"
#include "app/desktop/texts.h"

namespace saffron::desktop {

namespace {

constexpr int kCheckMilliseconds = 200;
constexpr int kMemoryStepMib = 256;
constexpr int kDefaultDiskGib = 20;
constexpr int kDiskSliderGib = 512;
constexpr int kMaxDiskGib = 65536;  // kMaxDiskBytes

QString unused_name(const QString& base, const QStringList& taken) {
  QString name = base;
  for (int number = 2; taken.contains(name); ++number) {
    name = QString("%1-%2").arg(base).arg(number);
  }
  return name;
}

int default_memory_mib(std::uint64_t host_mib) {
  // Half of a small host, at most 4 GiB: a desktop installs well in that.
  const auto half = static_cast<int>(std::min<std::uint64_t>(host_mib / 2, 4096));
  return std::max(half / kMemoryStepMib * kMemoryStepMib, kMemoryStepMib);
}

}  // namespace

SourcePage::SourcePage(QWidget* parent)
    : QWizardPage(parent),
      form_(new ConfigForm),
      iso_(new FilePicker("iso", tr("Choose a CD Image"), tr("CD images (*.iso *.img);;All files (*)"))),
      disk_(new FilePicker("disk", tr("Choose a Disk Image"), tr("Raw disk images (*.raw *.img);;All files (*)"))),
      kernel_(new FilePicker("kernel", tr("Choose a Kernel"), tr("All files (*)"))),
      initrd_(new FilePicker("kernel", tr("Choose an Initial RAM Disk"), tr("All files (*)"))),
      command_line_(new QLineEdit) {
  setTitle(tr("What does the machine start from?"));
  setSubTitle(tr("A machine is a computer of its own. It needs something to start."));
  auto* column = new QVBoxLayout(this);
  column->setSpacing(4);
  add_choice(column, MachineSource::kCdImage, tr("&CD image"), tr("Install an operating system, or try a live one"));
  add_choice(column, MachineSource::kDiskImage, tr("Existing &disk image"), tr("It stays where it is"));
  add_choice(column, MachineSource::kKernel, tr("Linux &kernel (advanced)"), tr("Start a kernel directly"));
  add_choice(column, MachineSource::kNothing, tr("N&othing yet"), tr("Insert a CD or add a disk later"));
  column->addSpacing(14);
  iso_->setObjectName("iso");
  disk_->setObjectName("disk");
  form_->add_row("cdroms", iso_, tr("&File"));
  form_->add_row("disks", disk_, tr("&File"));
  form_->add_row("boot.kernel", kernel_);
  form_->add_row("boot.initrd", initrd_);
  form_->add_row("boot.command_line", command_line_);
  command_line_->setText("console=ttyS0");
  form_->add_stretch();
  column->addWidget(form_, 1);
  for (FilePicker* picker : {iso_, disk_, kernel_, initrd_}) {
    connect(picker, &FilePicker::changed, this, &SourcePage::check_soon);
  }
  connect(command_line_, &QLineEdit::textChanged, this, &SourcePage::check_soon);
  check_timer_.setSingleShot(true);
  check_timer_.setInterval(kCheckMilliseconds);
  connect(&check_timer_, &QTimer::timeout, this, &SourcePage::check);
  choose(MachineSource::kCdImage);
}

QRadioButton* SourcePage::add_choice(QVBoxLayout* column, MachineSource source, const QString& title,
                                     const QString& text) {
  auto* button = new QRadioButton(title);
  button->setAccessibleDescription(text);
  auto* note = new QLabel(text);
  note->setIndent(26);
  QFont small = note->font();
  small.setPointSizeF(small.pointSizeF() * 0.92);
  note->setFont(small);
  column->addWidget(button);
  column->addWidget(note);
  column->addSpacing(4);
  connect(button, &QRadioButton::toggled, this, [this](bool on) {
    if (on) {
      source_changed();
    }
  });
  choices_[source] = button;
  return button;
}

MachineSource SourcePage::source() const {
  for (const auto& [source, button] : choices_) {
    if (button->isChecked()) {
      return source;
    }
  }
  return MachineSource::kNothing;
}

void SourcePage::choose(MachineSource source) {
  choices_.at(source)->setChecked(true);
}

void SourcePage::use_file(const QString& path) {
  const bool disk = path.endsWith(".raw", Qt::CaseInsensitive);
  choose(disk ? MachineSource::kDiskImage : MachineSource::kCdImage);
  (disk ? disk_ : iso_)->set_path(QFileInfo(path).absoluteFilePath());
}

void SourcePage::source_changed() {
  const MachineSource chosen = source();
  form_->set_row_visible("cdroms", chosen == MachineSource::kCdImage);
  form_->set_row_visible("disks", chosen == MachineSource::kDiskImage);
  for (const char* path : {"boot.kernel", "boot.initrd", "boot.command_line"}) {
    form_->set_row_visible(path, chosen == MachineSource::kKernel);
  }
  check_soon();
}

QString SourcePage::suggested_name() const {
  const MachineSource chosen = source();
  const QString file = chosen == MachineSource::kCdImage     ? iso_->path()
                       : chosen == MachineSource::kDiskImage ? disk_->path()
                       : chosen == MachineSource::kKernel    ? QString("linux")
                                                             : QString();
  QString name = QFileInfo(file).completeBaseName().left(40);
  static const QRegularExpression odd("[^\\w.+-]+", QRegularExpression::UseUnicodePropertiesOption);
  name.replace(odd, "-");
  while (name.startsWith('.') || name.startsWith('-')) {
    name.remove(0, 1);
  }
  return name.isEmpty() ? tr("machine") : name;
}

void SourcePage::fill(api::MachineConfig& config) const {
  api::CdromConfig drive;
  drive.id = "cd0";
  switch (source()) {
    case MachineSource::kCdImage:
      drive.path = iso_->path().toStdString();
      break;
    case MachineSource::kDiskImage: {
      api::DiskConfig disk;
      disk.id = "disk0";
      disk.path = disk_->path().toStdString();
      config.disks.push_back(disk);
      break;
    }
    case MachineSource::kKernel:
      config.boot.kernel = kernel_->path().toStdString();
      if (!initrd_->path().isEmpty()) {
        config.boot.initrd = initrd_->path().toStdString();
      }
      config.boot.command_line = command_line_->text().toStdString();
      break;
    case MachineSource::kNothing:
      break;
  }
  config.cdroms.push_back(drive);
}

bool SourcePage::isComplete() const {
  return checked_ && !check_timer_.isActive();
}

void SourcePage::check_soon() {
  form_->clear_errors();
  checked_ = false;
  ++round_;
  check_timer_.start();
  emit completeChanged();
}

void SourcePage::check() {
  api::MachineConfig config;
  config.name = "check";
  config.uuid = "00000000-0000-4000-8000-000000000000";
  fill(config);
  const MachineSource chosen = source();
  const QString needed = chosen == MachineSource::kCdImage     ? iso_->path()
                         : chosen == MachineSource::kDiskImage ? disk_->path()
                         : chosen == MachineSource::kKernel    ? kernel_->path()
                                                               : QString("-");
  if (needed.isEmpty()) {
    emit completeChanged();
    return;  // Nothing chosen yet is no error to shout about.
  }
  run_async(
      this,
      [config]() -> core::Result<void> {
        for (const auto& path :
             {config.cdroms[0].path, config.boot.kernel, config.boot.initrd,
              config.disks.empty() ? std::optional<std::string>() : std::optional(config.disks[0].path)}) {
          if (path && !path->starts_with('/')) {
            const bool kernel = path == config.boot.kernel;
            return core::Error{core::ErrorCode::kInvalidArgument, "The path must be absolute",
                               kernel                       ? "boot.kernel"
                               : path == config.boot.initrd ? "boot.initrd"
                               : config.disks.empty()       ? "cdroms[0].path"
                                                            : "disks[0].path"};
          }
        }
        SAFFRON_TRY(api::validate_machine_config(config));
        return api::check_machine_files(config, "/");
      },
      [this, round = round_](const core::Result<void>& result) { take_check(round, result); });
}

void SourcePage::take_check(int round, const core::Result<void>& result) {
  if (round != round_) {
    return;
  }
  checked_ = result.ok();
  if (!result.ok()) {
    form_->show_error(QString::fromStdString(result.error().subject), engine_text(result.error().message));
  }
  emit completeChanged();
}

bool SourcePage::show_error(const QString& subject, const QString& text) {
  return form_->show_error(subject, text);
}

ResourcesPage::ResourcesPage(const LibraryModel& library, QWidget* parent)
    : QWizardPage(parent),
      library_(library),
      form_(new ConfigForm),
      name_(new QLineEdit),
      new_disk_(new QCheckBox),
      network_(new QCheckBox) {
  setTitle(tr("How much of this host does it get?"));
  const api::HostLimits limits = api::host_limits();
  setSubTitle(tr("This host has %1 of memory and %2.").arg(memory_text(limits.memory_mib), cpus_text(limits.cpus)));
  memory_ =
      new AmountEdit(64, static_cast<int>(std::min<std::uint64_t>(limits.memory_mib, 1 << 24)), kMemoryStepMib, " MiB");
  cpus_ = new AmountEdit(1, static_cast<int>(std::min(limits.cpus, 254u)), 1, {});
  disk_gib_ = new AmountEdit(1, kMaxDiskGib, 1, " GiB");
  memory_->set_value(default_memory_mib(limits.memory_mib));
  cpus_->set_value(static_cast<int>(std::min(limits.cpus, 2u)));
  disk_gib_->set_slider_maximum(kDiskSliderGib);
  disk_gib_->set_value(kDefaultDiskGib);
  new_disk_->setChecked(true);
  network_->setChecked(true);
  form_->add_row("name", name_);
  form_->add_row("memory_mib", memory_);
  form_->add_row("cpus", cpus_);
  form_->add_row("disks", new_disk_, tr("Make a new &disk"));
  form_->add_row("new_disk", disk_gib_, tr("Disk &size"));
  free_space_ = form_->add_note(tr("The disk takes space on the host only as it fills."));
  form_->add_row("networks", network_, tr("&Network through the host"));
  auto* column = new QVBoxLayout(this);
  column->addWidget(form_);
  column->addStretch(1);
  connect(name_, &QLineEdit::textChanged, this, &ResourcesPage::check);
  connect(new_disk_, &QCheckBox::toggled, disk_gib_, &QWidget::setEnabled);
}

const SourcePage& ResourcesPage::source_page() const {
  return qobject_cast<NewMachineWizard*>(wizard())->source_page();
}

void ResourcesPage::initializePage() {
  const SourcePage& source = source_page();
  if (name_->text().isEmpty() || name_->text() == suggested_) {
    suggested_ = unused_name(source.suggested_name(), library_.names());
    name_->setText(suggested_);
  }
  new_disk_->setChecked(source.source() == MachineSource::kCdImage || source.source() == MachineSource::kNothing);
  disk_gib_->setEnabled(new_disk_->isChecked());
  learn_free_space();
  check();
  name_->setFocus();
  name_->selectAll();
}

void ResourcesPage::learn_free_space() {
  const QString folder = QString::fromStdString(library_.library().base().machines);
  run_async(
      this, [folder] { return QStorageInfo(folder).bytesAvailable(); },
      [this](qint64 bytes) {
        if (bytes > 0) {
          free_space_->setText(tr("The disk takes space on the host only as it fills; %1 are free.")
                                   .arg(size_text(static_cast<std::uint64_t>(bytes))));
        }
      });
}

void ResourcesPage::check() {
  form_->clear_errors();
  const QString name = name_->text().trimmed();
  const auto result = api::check_machine_name(name.toStdString());
  good_ = result.ok() && !library_.names().contains(name);
  if (!result.ok() && !name.isEmpty()) {
    form_->show_error("name", engine_text(result.error().message));
  } else if (!good_ && !name.isEmpty()) {
    form_->show_error("name", tr("There is already a machine with that name."));
  }
  emit completeChanged();
}

bool ResourcesPage::isComplete() const {
  return good_;
}

bool ResourcesPage::show_error(const QString& subject, const QString& text) {
  // The files belong to the first page.
  return !subject.endsWith(".path") && form_->show_error(subject, text);
}

void ResourcesPage::fill(api::MachineConfig& config, api::CreateOptions& options) const {
  config.name = name_->text().trimmed().toStdString();
  config.memory_mib = static_cast<std::uint64_t>(memory_->value());
  config.cpus = static_cast<std::uint32_t>(cpus_->value());
  if (network_->isChecked()) {
    api::NetworkConfig network;
    network.id = "net0";
    config.networks.push_back(network);
  }
  if (new_disk_->isChecked()) {
    options.new_disk_bytes = static_cast<std::uint64_t>(disk_gib_->value()) << 30;
  }
}

}  // namespace saffron::desktop
