// SPDX-License-Identifier: Apache-2.0
// ConfigForm: editors of fields of machine.json in rows, each with room for what is wrong with it; and the editors that
// Qt does not have. GUI thread only.
#pragma once

#include <QtWidgets/QCheckBox>
#include <QtWidgets/QGridLayout>
#include <QtWidgets/QLabel>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QSlider>
#include <QtWidgets/QSpinBox>
#include <QtWidgets/QWidget>
#include <map>

#include "engine/core/result.h"

namespace saffron::desktop {

class ConfigForm final : public QWidget {
  Q_OBJECT
 public:
  explicit ConfigForm(QWidget* parent = nullptr);

  /// A row for the field at `path`: its label and help come from the field unless `label` is given. A check box has its
  /// own label.
  void add_row(const char* path, QWidget* editor, const QString& label = {});
  /// A row over the whole width, for lists.
  void add_wide(const char* path, QWidget* editor, const QString& label = {});
  QLabel* add_note(const QString& text);
  void add_title(const QString& text);
  void add_stretch();

  /// Shows an error at the field that its subject names (or at the list that the field is in). False: there is none.
  bool show_error(const QString& subject, const QString& text);
  void clear_errors();
  QString error_at(const char* path) const;
  /// Shows or hides a whole row.
  void set_row_visible(const char* path, bool visible);

 private:
  struct Row {
    QLabel* label = nullptr;  // Null for a check box.
    QWidget* editor = nullptr;
    QLabel* error = nullptr;
  };
  QLabel* make_error(int row, int column);

  QGridLayout* grid_;
  std::map<QString, Row> rows_;
};

/// A path with a button that asks for one.
class FilePicker final : public QWidget {
  Q_OBJECT
 public:
  /// `kind` as in last_directory().
  FilePicker(const char* kind, const QString& title, const QString& filter, QWidget* parent = nullptr);
  QString path() const { return edit_->text().trimmed(); }
  void set_path(const QString& path) { edit_->setText(path); }
  QLineEdit* edit() const { return edit_; }

 signals:
  void changed(const QString& path);

 private:
  void browse();

  const char* kind_;
  QString title_;
  QString filter_;
  QLineEdit* edit_;
};

/// A number with a slider beside it.
class AmountEdit final : public QWidget {
  Q_OBJECT
 public:
  AmountEdit(int minimum, int maximum, int step, const QString& suffix, QWidget* parent = nullptr);
  /// For ranges whose upper end hardly anybody wants: the slider ends earlier.
  void set_slider_maximum(int maximum) { slider_->setMaximum(maximum); }
  int value() const { return spin_->value(); }
  void set_value(int value) { spin_->setValue(value); }
  QSpinBox* spin() const { return spin_; }

 signals:
  void changed(int value);

 private:
  QSpinBox* spin_;
  QSlider* slider_;
};

}  // namespace saffron::desktop
