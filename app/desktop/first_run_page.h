// SPDX-License-Identifier: Apache-2.0
// What an empty library shows.
#pragma once

#include <QtWidgets/QLabel>
#include <QtWidgets/QWidget>

namespace saffron::desktop {

class FirstRunPage final : public QWidget {
  Q_OBJECT
 public:
  explicit FirstRunPage(QWidget* parent = nullptr);

 signals:
  void new_machine_wanted();
  void host_checks_wanted();
};

}  // namespace saffron::desktop
