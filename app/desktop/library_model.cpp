// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/library_model.h"

#include <QtCore/QCollator>
#include <QtCore/QFileInfo>
#include <QtCore/QLocale>
#include <algorithm>

#include "app/desktop/async.h"
#include "app/desktop/texts.h"

namespace saffron::desktop {

namespace {

/// Several files change when a machine is made or an engine starts.
constexpr int kSettleMilliseconds = 120;

/// Running ones first, broken ones last.
int rank(Phase phase) {
  switch (phase) {
    case Phase::kBroken:
      return 3;
    case Phase::kStopped:
      return 2;
    case Phase::kPaused:
      return 1;
    default:
      return 0;
  }
}

}  // namespace

LibraryModel::LibraryModel(api::MachineLibrary library, QObject* parent)
    : QAbstractListModel(parent), library_(std::move(library)) {
  settle_.setSingleShot(true);
  settle_.setInterval(kSettleMilliseconds);
  connect(&settle_, &QTimer::timeout, this, &LibraryModel::look);
  connect(&watcher_, &QFileSystemWatcher::directoryChanged, this, &LibraryModel::refresh);
  connect(&watcher_, &QFileSystemWatcher::fileChanged, this, &LibraryModel::refresh);
  look();
}

LibraryModel::~LibraryModel() = default;

MachineSession* LibraryModel::find(const QString& name) const {
  const auto found = std::find_if(sessions_.begin(), sessions_.end(),
                                  [&name](const auto& session) { return session->name() == name; });
  return found == sessions_.end() ? nullptr : found->get();
}

QStringList LibraryModel::names() const {
  QStringList names;
  for (const auto& session : sessions_) {
    names += session->name();
  }
  return names;
}

int LibraryModel::row_of(const MachineSession* session) const {
  const auto found = std::find_if(sessions_.begin(), sessions_.end(),
                                  [session](const auto& candidate) { return candidate.get() == session; });
  return found == sessions_.end() ? -1 : static_cast<int>(found - sessions_.begin());
}

int LibraryModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(sessions_.size());
}

QVariant LibraryModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) {
    return {};
  }
  MachineSession* session = sessions_[static_cast<std::size_t>(index.row())].get();
  switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
      return session->name();
    case Qt::ToolTipRole:
      return session->problem() ? error_text(*session->problem()) : QVariant();
    case Qt::AccessibleTextRole:
      return session->name() + ", " + session->phase_text();
    case Qt::AccessibleDescriptionRole:
      return session->problem() ? error_text(*session->problem()) : QVariant();
    case kSessionRole:
      return QVariant::fromValue<QObject*>(session);
    case kPhaseRole:
      return static_cast<int>(session->phase());
    default:
      return {};
  }
}

MachineSession* LibraryModel::session_at(const QModelIndex& index) {
  return qobject_cast<MachineSession*>(index.data(kSessionRole).value<QObject*>());
}

void LibraryModel::refresh() {
  if (!settle_.isActive()) {
    settle_.start();
  }
}

void LibraryModel::look() {
  if (looking_) {
    look_again_ = true;
    return;
  }
  looking_ = true;
  const auto list = [library = library_] {
    // So that there is something to watch. A failure shows when somebody needs the directory.
    (void)api::make_private_directory(library.base().machines);
    (void)api::prepare_runtime_directory(library.base().runtime);
    return library.list();
  };
  run_async(this, list, [this](core::Result<std::vector<api::MachineEntry>> entries) {
    looking_ = false;
    take(std::move(entries));
    if (std::exchange(look_again_, false)) {
      refresh();
    }
  });
}

void LibraryModel::take(core::Result<std::vector<api::MachineEntry>> entries) {
  if (!entries.ok()) {
    Notice notice = Notice::from_error(tr("The library of machines cannot be read."), entries.error());
    notice.kind = "library";
    emit noticed(notice);
    entries = std::vector<api::MachineEntry>();
  }
  // Both are sorted by name.
  std::size_t row = 0;
  for (api::MachineEntry& entry : *entries) {
    while (row < sessions_.size() && sessions_[row]->paths().name < entry.paths.name) {
      beginRemoveRows({}, static_cast<int>(row), static_cast<int>(row));
      sessions_[row].release()->deleteLater();
      sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(row));
      endRemoveRows();
    }
    if (row < sessions_.size() && sessions_[row]->paths().name == entry.paths.name) {
      sessions_[row]->set_entry(std::move(entry));
    } else {
      insert_row(row, std::move(entry));
    }
    ++row;
  }
  while (sessions_.size() > row) {
    const int last = static_cast<int>(sessions_.size()) - 1;
    beginRemoveRows({}, last, last);
    sessions_.back().release()->deleteLater();
    sessions_.pop_back();
    endRemoveRows();
  }
  if (watch_paths()) {
    refresh();  // For what has changed between the look and the watch.
  }
  if (!std::exchange(loaded_, true)) {
    emit loaded_changed();
  }
}

void LibraryModel::insert_row(std::size_t row, api::MachineEntry entry) {
  auto session = std::make_unique<MachineSession>(std::move(entry));
  MachineSession* raw = session.get();
  connect(raw, &MachineSession::changed, this, [this, raw] {
    const QModelIndex changed = index(row_of(raw));
    emit dataChanged(changed, changed);
  });
  connect(raw, &MachineSession::thumbnail_changed, this, [this, raw] {
    const QModelIndex changed = index(row_of(raw));
    emit dataChanged(changed, changed, {Qt::DecorationRole});
  });
  connect(raw, &MachineSession::noticed, this, &LibraryModel::noticed);
  connect(raw, &MachineSession::refresh_wanted, this, &LibraryModel::refresh);
  beginInsertRows({}, static_cast<int>(row), static_cast<int>(row));
  sessions_.insert(sessions_.begin() + static_cast<std::ptrdiff_t>(row), std::move(session));
  endInsertRows();
}

bool LibraryModel::watch_paths() {
  const auto text = [](const std::string& path) { return QString::fromStdString(path); };
  QStringList wanted{text(library_.base().machines), text(library_.base().runtime)};
  for (const auto& session : sessions_) {
    wanted += text(session->paths().directory);
    wanted += text(session->paths().directory + "/" + api::kConfigFileName);  // Editors write into the file itself.
    wanted += text(session->paths().runtime);
  }
  wanted.removeIf([](const QString& path) { return !QFileInfo::exists(path); });
  const QStringList watched = watcher_.directories() + watcher_.files();
  QStringList stale = watched;
  stale.removeIf([&wanted](const QString& path) { return wanted.contains(path); });
  wanted.removeIf([&watched](const QString& path) { return watched.contains(path); });
  if (!stale.isEmpty()) {
    watcher_.removePaths(stale);
  }
  return !wanted.isEmpty() && watcher_.addPaths(wanted).size() < wanted.size();
}

LibraryFilter::LibraryFilter(QObject* parent) : QSortFilterProxyModel(parent) {
  setFilterCaseSensitivity(Qt::CaseInsensitive);
  setDynamicSortFilter(true);
  setSortRole(LibraryModel::kPhaseRole);
  sort(0);
}

void LibraryFilter::set_order(Order order) {
  order_ = order;
  invalidate();
}

bool LibraryFilter::lessThan(const QModelIndex& left, const QModelIndex& right) const {
  if (order_ == Order::kState) {
    const auto of = [](const QModelIndex& index) {
      return rank(static_cast<Phase>(index.data(LibraryModel::kPhaseRole).toInt()));
    };
    if (of(left) != of(right)) {
      return of(left) < of(right);
    }
  }
  // The C locale knows no numbers in names.
  const QLocale locale;
  QCollator collator(locale.language() == QLocale::C ? QLocale(QLocale::English) : locale);
  collator.setNumericMode(true);
  collator.setCaseSensitivity(Qt::CaseInsensitive);
  return collator.compare(left.data().toString(), right.data().toString()) < 0;
}

}  // namespace saffron::desktop
