// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/config_form.h"

#include <QtCore/QRegularExpression>
#include <QtCore/QSignalBlocker>
#include <QtWidgets/QFileDialog>
#include <QtWidgets/QHBoxLayout>

#include "app/common/icons.h"
#include "app/desktop/colors.h"
#include "app/desktop/programs.h"
#include "app/desktop/texts.h"

namespace saffron::desktop {

ConfigForm::ConfigForm(QWidget* parent) : QWidget(parent), grid_(new QGridLayout(this)) {
  grid_->setContentsMargins(0, 0, 0, 0);
  grid_->setHorizontalSpacing(14);
  grid_->setVerticalSpacing(4);
  grid_->setColumnStretch(1, 1);
}

QLabel* ConfigForm::make_error(int row, int column) {
  auto* error = new QLabel;
  error->setWordWrap(true);
  error->setTextFormat(Qt::PlainText);
  error->setObjectName("field_error");
  QPalette red = error->palette();
  red.setColor(QPalette::WindowText, colors::kRed);
  error->setPalette(red);
  error->hide();
  grid_->addWidget(error, row, column, 1, 2 - column);
  grid_->setRowMinimumHeight(row + 1, 6);
  return error;
}

void ConfigForm::add_row(const char* path, QWidget* editor, const QString& label) {
  const int row = grid_->rowCount();
  const QString words = label.isEmpty() ? field_label(path) : label;
  Row made;
  made.editor = editor;
  if (auto* box = qobject_cast<QCheckBox*>(editor)) {
    box->setText(words);
    grid_->addWidget(editor, row, 1);
  } else {
    made.label = new QLabel(words);
    made.label->setBuddy(editor->focusProxy() != nullptr ? editor->focusProxy() : editor);
    grid_->addWidget(made.label, row, 0, Qt::AlignRight | Qt::AlignVCenter);
    grid_->addWidget(editor, row, 1);
    QString name = words;
    editor->setAccessibleName(name.remove('&'));
  }
  editor->setToolTip(field_help(path));
  editor->setAccessibleDescription(field_help(path));
  if (editor->objectName().isEmpty()) {
    editor->setObjectName(path);
  }
  made.error = make_error(row + 1, 1);
  rows_[path] = made;
}

void ConfigForm::add_wide(const char* path, QWidget* editor, const QString& label) {
  int row = grid_->rowCount();
  Row made;
  made.editor = editor;
  made.label = new QLabel(label.isEmpty() ? field_label(path) : label);
  made.label->setBuddy(editor->focusProxy() != nullptr ? editor->focusProxy() : editor);
  grid_->addWidget(made.label, row++, 0, 1, 2);
  grid_->addWidget(editor, row++, 0, 1, 2);
  made.error = make_error(row, 0);
  rows_[path] = made;
}

QLabel* ConfigForm::add_note(const QString& text) {
  auto* note = new QLabel(text);
  note->setWordWrap(true);
  note->setTextFormat(Qt::PlainText);
  const int row = grid_->rowCount();
  grid_->addWidget(note, row, 1);
  grid_->setRowMinimumHeight(row + 1, 8);
  grid_->addItem(new QSpacerItem(1, 8), row + 1, 0);
  return note;
}

void ConfigForm::add_title(const QString& text) {
  auto* title = new QLabel(text);
  QFont bold = title->font();
  bold.setBold(true);
  title->setFont(bold);
  title->setContentsMargins(0, 8, 0, 4);
  grid_->addWidget(title, grid_->rowCount(), 0, 1, 2);
}

void ConfigForm::add_stretch() {
  const int row = grid_->rowCount();
  grid_->addItem(new QSpacerItem(1, 1, QSizePolicy::Minimum, QSizePolicy::Expanding), row, 0);
  grid_->setRowStretch(row, 1);
}

bool ConfigForm::show_error(const QString& subject, const QString& text) {
  // "disks[1].path" is a row of the list "disks"; "display.height" has none of its own.
  QString place = subject;
  while (!place.isEmpty()) {
    const auto found = rows_.find(place);
    if (found != rows_.end()) {
      found->second.error->setText(text);
      found->second.error->setVisible(true);
      return true;
    }
    const qsizetype end = std::max(place.lastIndexOf('.'), place.lastIndexOf('['));
    place.truncate(std::max<qsizetype>(end, 0));
  }
  return false;
}

void ConfigForm::clear_errors() {
  for (auto& [path, row] : rows_) {
    row.error->clear();
    row.error->hide();
  }
}

QString ConfigForm::error_at(const char* path) const {
  const auto found = rows_.find(path);
  return found == rows_.end() ? QString() : found->second.error->text();
}

void ConfigForm::set_row_visible(const char* path, bool visible) {
  const Row& row = rows_.at(path);
  row.editor->setVisible(visible);
  if (row.label != nullptr) {
    row.label->setVisible(visible);
  }
  row.error->setVisible(visible && !row.error->text().isEmpty());
}

FilePicker::FilePicker(const char* kind, const QString& title, const QString& filter, QWidget* parent)
    : QWidget(parent), kind_(kind), title_(title), filter_(filter), edit_(new QLineEdit) {
  auto* button = new QPushButton(common::own_icon("document-open"), tr("Browse…"));
  button->setAutoDefault(false);
  button->setAccessibleName(title);
  edit_->setClearButtonEnabled(true);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(edit_, 1);
  row->addWidget(button);
  setFocusProxy(edit_);
  connect(button, &QPushButton::clicked, this, &FilePicker::browse);
  connect(edit_, &QLineEdit::textChanged, this, [this] { emit changed(path()); });
}

void FilePicker::browse() {
  const QString start = path().isEmpty() ? last_directory(kind_) : path();
  auto* dialog = new QFileDialog(window(), title_, start, filter_);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
    remember_directory(kind_, file);
    edit_->setText(file);
  });
  dialog->open();
}

AmountEdit::AmountEdit(int minimum, int maximum, int step, const QString& suffix, QWidget* parent)
    : QWidget(parent), spin_(new QSpinBox), slider_(new QSlider(Qt::Horizontal)) {
  spin_->setRange(minimum, maximum);
  spin_->setSingleStep(step);
  spin_->setSuffix(suffix);
  spin_->setMinimumWidth(120);
  spin_->setKeyboardTracking(true);
  // The slider moves in steps; what is typed may be anything in the range.
  slider_->setRange((minimum + step - 1) / step, maximum / step);
  slider_->setFocusPolicy(Qt::NoFocus);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(12);
  row->addWidget(slider_, 1);
  row->addWidget(spin_);
  setFocusProxy(spin_);
  connect(slider_, &QSlider::valueChanged, this, [this, step](int value) { spin_->setValue(value * step); });
  connect(spin_, &QSpinBox::valueChanged, this, [this, step](int value) {
    const QSignalBlocker blocker(slider_);
    slider_->setValue(value / step);
    emit changed(value);
  });
}

}  // namespace saffron::desktop
