// SPDX-License-Identifier: Apache-2.0
// HostWindow: what this host can and cannot do for machines, each with the fix. The checks run in a worker.
#pragma once

#include <QtWidgets/QGridLayout>
#include <QtWidgets/QLabel>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QScrollArea>
#include <QtWidgets/QWidget>
#include <vector>

#include "engine/api/host_checks.h"

namespace saffron::desktop {

class HostWindow final : public QWidget {
  Q_OBJECT
 public:
  explicit HostWindow(QWidget* parent = nullptr);
  void run_checks();
  void show_checks(const std::vector<api::HostCheck>& checks);

 private:
  void add_check(const api::HostCheck& check);

  QLabel* summary_;
  QWidget* list_ = nullptr;
  QScrollArea* scroll_;
  QPushButton* again_;
  std::vector<api::HostCheck> checks_;
};

/// The summary sentence of checks: what a banner says. Empty if machines run well here.
QString host_problem(const std::vector<api::HostCheck>& checks);

}  // namespace saffron::desktop
