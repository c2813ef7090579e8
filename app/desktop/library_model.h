// SPDX-License-Identifier: Apache-2.0
// LibraryModel: the user's machines as rows, always as they are now: watches the library's directory and the engines'.
// GUI thread only; the disk is read in a worker.
#pragma once

#include <QtCore/QAbstractListModel>
#include <QtCore/QFileSystemWatcher>
#include <QtCore/QSortFilterProxyModel>
#include <QtCore/QTimer>
#include <memory>
#include <vector>

#include "app/desktop/machine_session.h"
#include "app/desktop/notice.h"
#include "engine/api/machine_library.h"

namespace saffron::desktop {

class LibraryModel final : public QAbstractListModel {
  Q_OBJECT
 public:
  enum Role { kSessionRole = Qt::UserRole + 1, kPhaseRole };

  explicit LibraryModel(api::MachineLibrary library, QObject* parent = nullptr);
  ~LibraryModel() override;

  const api::MachineLibrary& library() const { return library_; }
  /// Whether the first look is over.
  bool loaded() const { return loaded_; }
  /// Null if there is none. Sessions live until their row is removed.
  MachineSession* find(const QString& name) const;
  QStringList names() const;
  int row_of(const MachineSession* session) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

  /// Looks again, soon; many wishes are one look.
  void refresh();

  static MachineSession* session_at(const QModelIndex& index);

 signals:
  void loaded_changed();
  void noticed(const saffron::desktop::Notice& notice);

 private:
  void look();
  void take(core::Result<std::vector<api::MachineEntry>> entries);
  void insert_row(std::size_t row, api::MachineEntry entry);
  bool watch_paths();  // Whether there is something new to watch.

  api::MachineLibrary library_;
  std::vector<std::unique_ptr<MachineSession>> sessions_;  // Sorted by name, as the library lists them.
  QFileSystemWatcher watcher_;
  QTimer settle_;
  bool looking_ = false;
  bool look_again_ = false;
  bool loaded_ = false;
};

/// What the list shows: those whose name has the search text, in the chosen order.
class LibraryFilter final : public QSortFilterProxyModel {
  Q_OBJECT
 public:
  enum class Order { kName, kState };

  explicit LibraryFilter(QObject* parent = nullptr);
  void set_order(Order order);
  Order order() const { return order_; }

 protected:
  bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

 private:
  Order order_ = Order::kName;
};

}  // namespace saffron::desktop
