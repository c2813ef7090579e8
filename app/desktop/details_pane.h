// SPDX-License-Identifier: Apache-2.0
// DetailsPane: the selected machine at large: its screen, what it has, how it does, and the actions. GUI thread only.
#pragma once

#include <QtCore/QPointer>
#include <QtCore/QTimer>
#include <QtWidgets/QGridLayout>
#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QLabel>
#include <QtWidgets/QProgressBar>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QScrollArea>

#include "app/desktop/image_sizes.h"
#include "app/desktop/machine_actions.h"
#include "app/desktop/machine_session.h"
#include "app/desktop/screen_painter.h"

namespace saffron::desktop {

/// A state with its dot.
class StateBadge final : public QWidget {
  Q_OBJECT
 public:
  using QWidget::QWidget;
  void set_state(const QString& text, Phase phase);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString text_;
  Phase phase_ = Phase::kStopped;
};

class DetailsPane final : public QScrollArea {
  Q_OBJECT
 public:
  explicit DetailsPane(MachineActions& actions, QWidget* parent = nullptr);
  void set_session(MachineSession* session);

 signals:
  void session_changed();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void build_facts(QGridLayout* grid);
  QLabel* add_fact(QGridLayout* grid, const char* icon, const QString& name);
  void add_button(QHBoxLayout* row, QAction* action);
  void update_all();
  void update_facts();
  void update_time();
  QString disks_text();
  void set_fact(QLabel* label, const QString& text);

  MachineActions& actions_;
  QPointer<MachineSession> session_;
  QTimer clock_;
  ImageSizes sizes_;
  QWidget* content_;
  QLabel* name_;
  StateBadge* badge_;
  QProgressBar* progress_;
  ScreenPreview* preview_;
  QLabel* problem_;
  QWidget* facts_;
  QLabel* memory_;
  QLabel* cpus_;
  QLabel* disks_;
  QLabel* cdroms_;
  QLabel* network_;
  QLabel* display_;
  QLabel* console_;
  QLabel* uptime_;
  QLabel* location_;
  std::vector<std::pair<QLabel*, const char*>> icons_;
};

}  // namespace saffron::desktop
