// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/log_window.h"

#include <QtCore/QFile>
#include <QtCore/QRegularExpression>
#include <QtGui/QClipboard>
#include <QtGui/QGuiApplication>
#include <QtGui/QShortcut>
#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QScrollBar>
#include <QtWidgets/QVBoxLayout>

#include "app/common/icons.h"
#include "app/desktop/async.h"
#include "app/desktop/colors.h"

namespace saffron::desktop {

namespace {

/// A guest may print for ever; this much is readable and quick to show.
constexpr qint64 kShownBytes = 1 << 20;
constexpr int kMaxLines = 20000;
constexpr int kLookMilliseconds = 700;

struct Piece {
  qint64 offset = 0;
  qint64 size = 0;  // Of the whole file.
  QByteArray text;
};

/// Worker thread.
Piece read_piece(const QString& path, qint64 from) {
  QFile file(path);
  Piece piece;
  if (!file.open(QIODevice::ReadOnly)) {
    return piece;
  }
  piece.size = file.size();
  // Shorter than before: another file, from its beginning.
  piece.offset = from > piece.size ? 0 : from;
  piece.offset = std::max(piece.offset, piece.size - kShownBytes);
  file.seek(piece.offset);
  piece.text = file.read(kShownBytes);
  return piece;
}

/// What a serial console prints for terminals, made readable.
QString readable(const QByteArray& bytes) {
  QString text = QString::fromUtf8(bytes);
  static const QRegularExpression escapes("\\x1b\\[[0-9;?]*[ -/]*[@-~]|\\x1b[()][A-Z0-9]|\\x1b[=>78cDEHM]");
  static const QRegularExpression controls("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]");
  text.remove(escapes);
  text.replace("\r\n", "\n");
  text.replace('\r', '\n');
  return text.remove(controls);
}

}  // namespace

LogView::LogView(QString file, QWidget* parent) : QPlainTextEdit(parent), file_(std::move(file)) {
  setReadOnly(true);
  setLineWrapMode(QPlainTextEdit::NoWrap);
  setMaximumBlockCount(kMaxLines);
  setFont(colors::monospace_font());
  setFrameShape(QFrame::NoFrame);
  setPlaceholderText(tr("Nothing has been written yet."));
}

void LogView::set_follow(bool follow) {
  follow_ = follow;
  if (follow) {
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
  }
}

void LogView::update_text() {
  if (reading_) {
    return;
  }
  reading_ = true;
  run_async(
      this, [file = file_, from = read_] { return read_piece(file, from); },
      [this](const Piece& piece) {
        reading_ = false;
        take(piece.offset, piece.size, piece.text);
      });
}

void LogView::take(qint64 offset, qint64 size, const QByteArray& text) {
  if (size < read_) {
    clear();
  }
  read_ = offset + text.size();
  if (text.isEmpty()) {
    return;
  }
  QTextCursor cursor(document());
  cursor.movePosition(QTextCursor::End);
  cursor.insertText(readable(text));
  set_follow(follow_);
}

LogWindow::LogWindow(const api::MachinePaths& paths, QWidget* parent)
    : QWidget(parent, Qt::Window),
      machine_(QString::fromStdString(paths.name)),
      tabs_(new QTabWidget),
      follow_(new QCheckBox(tr("&Follow"))) {
  setWindowTitle(tr("Log of %1").arg(machine_));
  setObjectName("log_window");
  resize(860, 560);
  auto* engine = new LogView(QString::fromStdString(paths.log_file));
  engine->setObjectName("engine_log");
  engine->setAccessibleName(tr("Engine log"));
  auto* serial = new LogView(QString::fromStdString(paths.serial_log));
  serial->setObjectName("serial_log");
  serial->setAccessibleName(tr("Serial port log"));
  tabs_->addTab(engine, tr("&Engine"));
  tabs_->addTab(serial, tr("&Serial Port"));
  tabs_->setDocumentMode(true);
  follow_->setChecked(true);
  connect(follow_, &QCheckBox::toggled, engine, &LogView::set_follow);
  connect(follow_, &QCheckBox::toggled, serial, &LogView::set_follow);
  auto* copy = new QPushButton(common::own_icon("edit-copy"), tr("&Copy All"));
  connect(copy, &QPushButton::clicked, this,
          [this] { QGuiApplication::clipboard()->setText(current()->toPlainText()); });
  auto* close = new QPushButton(tr("C&lose"));
  connect(close, &QPushButton::clicked, this, &QWidget::close);
  auto* escape = new QShortcut(QKeySequence::Cancel, this);
  connect(escape, &QShortcut::activated, this, &QWidget::close);
  auto* row = new QHBoxLayout;
  row->setContentsMargins(12, 4, 12, 12);
  row->addWidget(follow_);
  row->addStretch(1);
  row->addWidget(copy);
  row->addWidget(close);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(tabs_, 1);
  column->addLayout(row);
  timer_.setInterval(kLookMilliseconds);
  connect(&timer_, &QTimer::timeout, this, [this] { current()->update_text(); });
  connect(tabs_, &QTabWidget::currentChanged, this, [this] { current()->update_text(); });
}

LogView* LogWindow::current() const {
  return static_cast<LogView*>(tabs_->currentWidget());
}

void LogWindow::showEvent(QShowEvent* event) {
  current()->update_text();
  timer_.start();
  QWidget::showEvent(event);
}

void LogWindow::hideEvent(QHideEvent* event) {
  timer_.stop();
  QWidget::hideEvent(event);
}

}  // namespace saffron::desktop
