// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/settings_dialog.h"

#include <QtGui/QClipboard>
#include <QtGui/QGuiApplication>
#include <QtWidgets/QDialogButtonBox>
#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QVBoxLayout>

#include "app/common/icons.h"
#include "app/desktop/async.h"
#include "app/desktop/colors.h"
#include "app/desktop/settings_page_devices.h"
#include "app/desktop/texts.h"
#include "engine/api/config_fields.h"

namespace saffron::desktop {

namespace {

constexpr int kCheckMilliseconds = 250;

/// Writes `wanted` over `before`, unless somebody else has changed the file meanwhile. Worker thread.
core::Result<void> write_settings(const api::MachineLibrary& library, const api::MachineConfig& before,
                                  const api::MachineConfig& wanted) {
  const api::MachineConfig now = SAFFRON_TRY(library.load(before.name));
  if (!(now == before)) {
    return core::Error{
        core::ErrorCode::kInvalidState,
        SettingsDialog::tr("The settings were changed elsewhere meanwhile. Close this window and open it "
                           "again.")
            .toStdString(),
        {}};
  }
  api::MachineConfig same_name = wanted;
  same_name.name = before.name;
  SAFFRON_TRY(library.update(same_name, api::host_limits()));
  return wanted.name == before.name ? core::Result<void>() : library.rename(before.name, wanted.name);
}

QLabel* make_banner() {
  auto* banner = new QLabel;
  banner->setWordWrap(true);
  banner->setTextFormat(Qt::PlainText);
  banner->setMargin(10);
  return banner;
}

}  // namespace

QString set_command(const api::MachineConfig& from, const api::MachineConfig& to) {
  QStringList words;
  for (const api::FieldInfo& field : api::config_fields()) {
    const bool nullable_object = field.type == api::FieldType::kObject && field.nullable;
    const bool leaf = field.type != api::FieldType::kObject;
    if (field.path.find("[]") != std::string::npos || field.path == "format" || field.path == "name" ||
        !(leaf || nullable_object)) {
      continue;
    }
    const auto before = api::get_config_field(from, field.path);
    const auto after = api::get_config_field(to, field.path);
    if (!after.ok() || (before.ok() && *before == *after) || (nullable_object && *after != "null")) {
      continue;
    }
    QString value = QString::fromStdString(*after);
    if (value.startsWith('"') && value.endsWith('"')) {
      value = value.mid(1, value.size() - 2);
    }
    words += shell_quoted(QString::fromStdString(field.path) + "=" + value);
  }
  return words.isEmpty() ? QString()
                         : "saffronctl set " + shell_quoted(QString::fromStdString(from.name)) + " " + words.join(' ');
}

SettingsDialog::SettingsDialog(LibraryModel& library, MachineSession* session, QWidget* parent)
    : QDialog(parent),
      library_(library),
      session_(session),
      machine_(session->name()),
      original_(*session->config()),
      general_(new GeneralPage),
      storage_(new StoragePage(QString::fromStdString(session->paths().directory))),
      index_(new QListWidget),
      stack_(new QStackedWidget),
      banner_(make_banner()),
      problem_(new QLabel) {
  setWindowTitle(tr("Settings of %1").arg(machine_));
  setObjectName("settings_dialog");
  resize(820, 600);
  index_->setFixedWidth(190);
  index_->setIconSize({20, 20});
  index_->setSpacing(2);
  index_->setAccessibleName(tr("Pages"));
  add_page(general_, "computer", tr("General"));
  add_page(new BootPage, "system-shutdown", tr("Start"));
  add_page(storage_, "drive-harddisk", tr("Storage"));
  add_page(new NetworkPage, "network-wired", tr("Network"));
  add_page(new DisplayPage, "video-display", tr("Screen"));
  add_page(new DevicesPage, "input-keyboard", tr("Devices"));
  connect(index_, &QListWidget::currentRowChanged, stack_, &QStackedWidget::setCurrentIndex);
  index_->setCurrentRow(0);
  problem_->setWordWrap(true);
  problem_->setObjectName("settings_problem");
  QPalette red = problem_->palette();
  red.setColor(QPalette::WindowText, colors::kRed);
  problem_->setPalette(red);
  problem_->hide();
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel);
  save_ = buttons->button(QDialogButtonBox::Save);
  save_->setText(tr("&Save"));
  save_->setIcon({});
  buttons->button(QDialogButtonBox::Cancel)->setIcon({});
  buttons->button(QDialogButtonBox::Cancel)->setText(tr("Cancel"));
  QPushButton* copy = buttons->addButton(tr("Copy as Co&mmand"), QDialogButtonBox::ActionRole);
  copy->setIcon(common::own_icon("utilities-terminal"));
  copy->setAutoDefault(false);
  connect(copy, &QPushButton::clicked, this, &SettingsDialog::copy_command);
  connect(buttons, &QDialogButtonBox::accepted, this, &SettingsDialog::accept);
  connect(buttons, &QDialogButtonBox::rejected, this, &SettingsDialog::reject);
  auto* row = new QHBoxLayout;
  row->setSpacing(14);
  row->addWidget(index_);
  row->addWidget(stack_, 1);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(16, 16, 16, 14);
  column->setSpacing(12);
  column->addWidget(banner_);
  column->addLayout(row, 1);
  column->addWidget(problem_);
  column->addWidget(buttons);
  check_timer_.setSingleShot(true);
  check_timer_.setInterval(kCheckMilliseconds);
  connect(&check_timer_, &QTimer::timeout, this, &SettingsDialog::check);
  connect(session, &MachineSession::changed, this, &SettingsDialog::update_banner);
  for (SettingsPage* page : pages_) {
    page->load(original_);
    connect(page, &SettingsPage::edited, this, &SettingsDialog::edited);
  }
  update_banner();
  check();
}

void SettingsDialog::add_page(SettingsPage* page, const char* icon, const QString& title) {
  pages_.push_back(page);
  stack_->addWidget(page);
  auto* item = new QListWidgetItem(common::own_icon(icon), title, index_);
  item->setSizeHint({160, 34});
}

void SettingsDialog::show_page(int index) {
  index_->setCurrentRow(index);
}

api::MachineConfig SettingsDialog::draft() const {
  api::MachineConfig config = original_;
  for (const SettingsPage* page : pages_) {
    page->store(config);
  }
  return config;
}

void SettingsDialog::update_banner() {
  const bool active = session_ != nullptr && session_->active();
  banner_->setVisible(active);
  banner_->setText(
      tr("The machine is running. A CD is changed at once; everything else takes effect at the next "
         "start."));
  banner_->setStyleSheet(QString("QLabel { background: rgba(%1, %2, %3, 40); border-radius: 8px; }")
                             .arg(colors::kBlue.red())
                             .arg(colors::kBlue.green())
                             .arg(colors::kBlue.blue()));
  general_->set_name_enabled(!active);
}

void SettingsDialog::edited() {
  ++round_;
  check_timer_.start();
}

void SettingsDialog::check() {
  run_async(
      this,
      [config = draft(),
       directory = library_.library().paths(machine_.toStdString()).directory]() -> core::Result<void> {
        SAFFRON_TRY(api::validate_machine_config(config));
        SAFFRON_TRY(api::check_host_limits(config, api::host_limits()));
        return api::check_machine_files(config, directory);
      },
      [this, round = round_](const core::Result<void>& result) {
        if (round == round_) {
          take_check(result);
        }
      });
}

void SettingsDialog::take_check(const core::Result<void>& result) {
  for (SettingsPage* page : pages_) {
    page->form().clear_errors();
  }
  problem_->hide();
  for (int row = 0; row < index_->count(); ++row) {
    index_->item(row)->setForeground(palette().color(QPalette::Text));
  }
  if (!result.ok()) {
    show_error(result.error());
  }
}

bool SettingsDialog::show_error(const core::Error& error) {
  const QString subject = QString::fromStdString(error.subject);
  const QString text = engine_text(error.message);
  for (std::size_t index = 0; index < pages_.size(); ++index) {
    // A path with an index, or the field that stands for any element.
    QString any = subject;
    any.replace(QRegularExpression("\\[\\d+\\]"), "[]");
    if (pages_[index]->form().show_error(any, text)) {
      index_->item(static_cast<int>(index))->setForeground(colors::kRed);
      return true;
    }
  }
  problem_->setText(error_text(error));
  problem_->show();
  return false;
}

void SettingsDialog::accept() {
  if (!saving_) {
    save(draft());
  }
}

void SettingsDialog::save(const api::MachineConfig& wanted) {
  saving_ = true;
  save_->setEnabled(false);
  run_async(
      this,
      [library = library_.library(), before = original_, wanted,
       directory = library_.library().paths(machine_.toStdString()).directory]() -> core::Result<void> {
        SAFFRON_TRY(api::check_machine_files(wanted, directory));
        return write_settings(library, before, wanted);
      },
      [this, wanted](const core::Result<void>& result) {
        saving_ = false;
        save_->setEnabled(true);
        ++round_;
        take_check(result);
        if (result.ok()) {
          saved(wanted);
          return;
        }
        for (int row = 0; row < index_->count(); ++row) {
          if (index_->item(row)->foreground().color() == colors::kRed) {
            show_page(row);
          }
        }
      });
}

void SettingsDialog::saved(const api::MachineConfig& config) {
  storage_->keep_new_images();
  if (session_ != nullptr && session_->connected()) {
    for (const api::CdromConfig& drive : config.cdroms) {
      const auto old = std::find_if(original_.cdroms.begin(), original_.cdroms.end(),
                                    [&drive](const auto& candidate) { return candidate.id == drive.id; });
      if (old == original_.cdroms.end() || old->path == drive.path) {
        continue;
      }
      const auto done = [window = QPointer<LibraryModel>(&library_),
                         name = machine_](const core::Result<void>& result) {
        if (!result.ok() && window != nullptr) {
          emit window->noticed(Notice::from_error(tr("Cannot change the CD of “%1”.").arg(name), result.error(), name));
        }
      };
      if (drive.path) {
        session_->insert_media(drive.id, api::resolve_path(session_->paths().directory, *drive.path), done);
      } else {
        session_->eject_media(drive.id, false, done);
      }
    }
  }
  library_.refresh();
  if (config.name != original_.name) {
    emit renamed(QString::fromStdString(config.name));
  }
  QDialog::accept();
}

void SettingsDialog::reject() {
  if (!saving_) {
    QDialog::reject();
  }
}

void SettingsDialog::copy_command() {
  const QString command = set_command(original_, draft());
  problem_->setVisible(command.isEmpty());
  problem_->setText(tr("Nothing has been changed."));
  if (!command.isEmpty()) {
    QGuiApplication::clipboard()->setText(command);
  }
}

}  // namespace saffron::desktop
