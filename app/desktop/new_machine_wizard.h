// SPDX-License-Identifier: Apache-2.0
// NewMachineWizard: from a CD image, a disk image or a Linux kernel to a machine. The machine is made in a worker,
// whole or not at all. GUI thread only.
#pragma once

#include <QtCore/QTimer>
#include <QtWidgets/QCheckBox>
#include <QtWidgets/QLabel>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QProgressBar>
#include <QtWidgets/QRadioButton>
#include <QtWidgets/QVBoxLayout>
#include <QtWidgets/QWizard>

#include "app/desktop/config_form.h"
#include "app/desktop/library_model.h"

namespace saffron::desktop {

enum class MachineSource { kCdImage, kDiskImage, kKernel, kNothing };

/// What it starts from.
class SourcePage final : public QWizardPage {
  Q_OBJECT
 public:
  explicit SourcePage(QWidget* parent = nullptr);
  bool isComplete() const override;
  MachineSource source() const;
  void choose(MachineSource source);
  /// Starts from that file: a CD image, or a disk image if its name says so.
  void use_file(const QString& path);
  /// A name for the machine, from the file's; may be empty.
  QString suggested_name() const;
  void fill(api::MachineConfig& config) const;
  bool show_error(const QString& subject, const QString& text);

 private:
  void source_changed();
  void check_soon();
  void check();
  void take_check(int round, const core::Result<void>& result);
  QRadioButton* add_choice(QVBoxLayout* column, MachineSource source, const QString& title, const QString& text);

  std::map<MachineSource, QRadioButton*> choices_;
  ConfigForm* form_;
  FilePicker* iso_;
  FilePicker* disk_;
  FilePicker* kernel_;
  FilePicker* initrd_;
  QLineEdit* command_line_;
  QTimer check_timer_;
  int round_ = 0;         // Of the check under way: an older one's answer does not count.
  bool checked_ = false;  // The files as they stand are good.
};

/// How much of the host it gets.
class ResourcesPage final : public QWizardPage {
  Q_OBJECT
 public:
  ResourcesPage(const LibraryModel& library, QWidget* parent = nullptr);
  void initializePage() override;
  bool isComplete() const override;
  void fill(api::MachineConfig& config, api::CreateOptions& options) const;
  bool show_error(const QString& subject, const QString& text);

 private:
  const SourcePage& source_page() const;
  void check();
  void learn_free_space();

  const LibraryModel& library_;
  ConfigForm* form_;
  QLineEdit* name_;
  AmountEdit* memory_;
  AmountEdit* cpus_;
  QCheckBox* new_disk_;
  AmountEdit* disk_gib_;
  QCheckBox* network_;
  QLabel* free_space_;
  QString suggested_;
  bool good_ = false;
};

/// What will be made.
class SummaryPage final : public QWizardPage {
  Q_OBJECT
 public:
  explicit SummaryPage(QWidget* parent = nullptr);
  void initializePage() override;
  bool start_now() const { return start_->isChecked(); }
  void show_error(const QString& text);
  void set_busy(bool busy);

 private:
  QLabel* summary_;
  QLabel* command_;
  QLabel* error_;
  QProgressBar* progress_;
  QCheckBox* start_;
};

class NewMachineWizard final : public QWizard {
  Q_OBJECT
 public:
  NewMachineWizard(LibraryModel& library, QWidget* parent = nullptr);
  api::MachineConfig config(api::CreateOptions& options) const;
  SourcePage& source_page() const { return *source_; }

  void accept() override;
  void reject() override;

 signals:
  void created(const QString& name, bool start);

 private:
  void take(const core::Result<api::MachineConfig>& result);

  LibraryModel& library_;
  SourcePage* source_;
  ResourcesPage* resources_;
  SummaryPage* summary_;
  bool busy_ = false;
};

/// The saffronctl command that makes the same machine.
QString create_command(const api::MachineConfig& config, const api::CreateOptions& options);

}  // namespace saffron::desktop
