// SPDX-License-Identifier: Apache-2.0
// MachineDelegate: a machine in the list, as a row or as a tile.
#pragma once

#include <QtWidgets/QStyledItemDelegate>

namespace saffron::desktop {

class MachineDelegate final : public QStyledItemDelegate {
  Q_OBJECT
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void set_tiles(bool tiles) { tiles_ = tiles; }

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  void paint_words(QPainter& painter, const QRectF& place, const QStyleOptionViewItem& option,
                   const class MachineSession& session) const;

  bool tiles_ = false;
};

}  // namespace saffron::desktop
