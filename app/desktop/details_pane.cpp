// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/details_pane.h"

#include <QtCore/QDir>
#include <QtCore/QEvent>
#include <QtCore/QFileInfo>
#include <QtGui/QPainter>
#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QVBoxLayout>

#include "app/common/icons.h"
#include "app/desktop/colors.h"
#include "app/desktop/texts.h"

namespace saffron::desktop {

namespace {

constexpr int kMaxPreviewWidth = 576;

QString file_text(const std::string& path) {
  return QFileInfo(QString::fromStdString(path)).fileName();
}

QString short_path(const std::string& path) {
  const QString text = QString::fromStdString(path);
  const QString home = QDir::homePath();
  return text.startsWith(home + "/") ? "~" + text.mid(home.size()) : text;
}

QString forwards_text(const api::NetworkConfig& network) {
  QStringList list;
  for (const api::ForwardConfig& forward : network.forwards) {
    list += QString("%1 → %2").arg(forward.host_port).arg(forward.guest_port);
  }
  return list.join(", ");
}

}  // namespace

void StateBadge::set_state(const QString& text, Phase phase) {
  text_ = text;
  phase_ = phase;
  setAccessibleName(text);
  updateGeometry();
  update();
}

QSize StateBadge::sizeHint() const {
  const QFontMetrics metrics(font());
  return {metrics.horizontalAdvance(text_) + 32, metrics.height() + 6};
}

void StateBadge::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setFont(font());
  paint_badge(painter, QPointF(0, height() / 2.0), text_, phase_, palette().color(QPalette::WindowText));
}

DetailsPane::DetailsPane(MachineActions& actions, QWidget* parent)
    : QScrollArea(parent),
      actions_(actions),
      content_(new QWidget),
      name_(new QLabel),
      badge_(new StateBadge),
      progress_(new QProgressBar),
      preview_(new ScreenPreview),
      problem_(new QLabel),
      facts_(new QWidget) {
  setFrameShape(QFrame::NoFrame);
  setWidgetResizable(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setFocusPolicy(Qt::NoFocus);
  auto* column = new QVBoxLayout(content_);
  column->setContentsMargins(24, 18, 24, 20);
  column->setSpacing(14);

  auto* title = new QHBoxLayout;
  QFont large = font();
  large.setPointSizeF(large.pointSizeF() * 1.7);
  large.setBold(true);
  name_->setFont(large);
  name_->setTextFormat(Qt::PlainText);
  name_->setObjectName("details_name");
  badge_->setObjectName("details_state");
  title->addWidget(name_);
  title->addSpacing(8);
  title->addWidget(badge_, 0, Qt::AlignVCenter);
  title->addStretch(1);
  column->addLayout(title);

  progress_->setRange(0, 0);
  progress_->setTextVisible(false);
  progress_->setMaximumHeight(4);
  progress_->setMaximumWidth(kMaxPreviewWidth);
  preview_->setMaximumWidth(kMaxPreviewWidth);
  preview_->setObjectName("preview");
  column->addWidget(progress_);
  column->addWidget(preview_);
  connect(preview_, &ScreenPreview::opened, this,
          [this] { (actions_.console->isEnabled() ? actions_.console : actions_.start)->trigger(); });

  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(8);
  for (QAction* action :
       {actions.start, actions.resume, actions.console, actions.settings, actions.log, actions.open_folder}) {
    add_button(buttons, action);
  }
  buttons->addStretch(1);
  column->addLayout(buttons);

  problem_->setWordWrap(true);
  problem_->setTextFormat(Qt::PlainText);
  problem_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  column->addWidget(problem_);
  auto* grid = new QGridLayout(facts_);
  build_facts(grid);
  column->addWidget(facts_);
  column->addStretch(1);
  setWidget(content_);
  clock_.setInterval(10000);
  connect(&clock_, &QTimer::timeout, this, &DetailsPane::update_time);
  connect(&clock_, &QTimer::timeout, this, &DetailsPane::update_facts);
  connect(&sizes_, &ImageSizes::changed, this, &DetailsPane::update_facts);
  update_all();
}

void DetailsPane::add_button(QHBoxLayout* row, QAction* action) {
  auto* button = new QPushButton(action->icon(), action->text());
  button->setMinimumHeight(34);
  button->setAutoDefault(false);
  button->setObjectName("details_" + action->objectName());
  row->addWidget(button);
  connect(button, &QPushButton::clicked, action, &QAction::trigger);
  // The folder is what helps with a broken machine; else it is in the menu.
  const bool only_broken = action == actions_.open_folder;
  const auto follow = [this, button, action, only_broken] {
    const bool wanted = !only_broken || (session_ != nullptr && session_->phase() == Phase::kBroken);
    button->setVisible(wanted && action->isVisible() && action->isEnabled());
  };
  connect(action, &QAction::changed, button, follow);
  connect(this, &DetailsPane::session_changed, button, follow);
  follow();
}

void DetailsPane::build_facts(QGridLayout* grid) {
  grid->setContentsMargins(0, 4, 0, 0);
  grid->setHorizontalSpacing(10);
  grid->setVerticalSpacing(9);
  grid->setColumnStretch(2, 1);
  memory_ = add_fact(grid, "memory", tr("Memory"));
  cpus_ = add_fact(grid, "cpu", tr("CPUs"));
  disks_ = add_fact(grid, "drive-harddisk", tr("Disks"));
  disks_->setObjectName("details_disks");
  cdroms_ = add_fact(grid, "media-optical", tr("CD-ROM"));
  network_ = add_fact(grid, "network-wired", tr("Network"));
  display_ = add_fact(grid, "video-display", tr("Screen"));
  console_ = add_fact(grid, "computer", tr("Viewers"));
  uptime_ = add_fact(grid, "clock", tr("Running for"));
  location_ = add_fact(grid, "folder", tr("Folder"));
}

QLabel* DetailsPane::add_fact(QGridLayout* grid, const char* icon, const QString& name) {
  const int row = grid->rowCount();
  auto* picture = new QLabel;
  icons_.emplace_back(picture, icon);
  picture->setPixmap(common::own_icon(icon).pixmap(16, 16));
  auto* title = new QLabel(name);
  title->setForegroundRole(QPalette::WindowText);
  auto* value = new QLabel;
  value->setTextFormat(Qt::PlainText);
  value->setWordWrap(true);
  value->setTextInteractionFlags(Qt::TextSelectableByMouse);
  value->setAccessibleName(name);
  grid->addWidget(picture, row, 0, Qt::AlignTop);
  grid->addWidget(title, row, 1, Qt::AlignTop);
  grid->addWidget(value, row, 2, Qt::AlignTop);
  QFont bold = title->font();
  bold.setBold(true);
  title->setFont(bold);
  title->setMinimumWidth(110);
  return value;
}

void DetailsPane::set_session(MachineSession* session) {
  if (session_ != nullptr) {
    session_->disconnect(this);
    session_->disconnect(preview_);
  }
  session_ = session;
  preview_->set_session(session);
  if (session != nullptr) {
    connect(session, &MachineSession::changed, this, &DetailsPane::update_all);
    connect(session, &MachineSession::thumbnail_changed, preview_, qOverload<>(&QWidget::update));
  }
  update_all();
}

void DetailsPane::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange) {
    for (const auto& [label, icon] : icons_) {
      label->setPixmap(common::own_icon(icon).pixmap(16, 16));
    }
  }
  QScrollArea::changeEvent(event);
}

void DetailsPane::update_all() {
  content_->setVisible(session_ != nullptr);
  if (session_ == nullptr) {
    clock_.stop();
    return;
  }
  const Phase phase = session_->phase();
  name_->setText(session_->name());
  badge_->set_state(session_->phase_text(), phase);
  preview_->set_session(session_);
  const bool busy = phase == Phase::kLaunching || phase == Phase::kStarting || phase == Phase::kStopping ||
                    phase == Phase::kConnecting;
  // Keeps its place, so that nothing jumps.
  QSizePolicy keeps = progress_->sizePolicy();
  keeps.setRetainSizeWhenHidden(true);
  progress_->setSizePolicy(keeps);
  progress_->setVisible(busy);
  problem_->setVisible(session_->problem().has_value());
  facts_->setVisible(session_->config().has_value());
  if (session_->problem()) {
    problem_->setText(tr("This machine's file cannot be used. %1").arg(error_text(*session_->problem())) + "\n\n" +
                      QString::fromStdString(session_->paths().directory + "/" + api::kConfigFileName));
  }
  update_facts();
  update_time();
  emit session_changed();
  if (!clock_.isActive()) {
    clock_.start();
  }
}

void DetailsPane::set_fact(QLabel* label, const QString& text) {
  label->setText(text);
  auto* grid = static_cast<QGridLayout*>(facts_->layout());
  int row = 0;
  int column = 0;
  int rows = 0;
  int columns = 0;
  grid->getItemPosition(grid->indexOf(label), &row, &column, &rows, &columns);
  for (int part = 0; part < 3; ++part) {
    grid->itemAtPosition(row, part)->widget()->setVisible(!text.isEmpty());
  }
}

QString DetailsPane::disks_text() {
  QStringList paths;
  QStringList lines;
  for (const api::DiskConfig& disk : session_->config()->disks) {
    paths += QString::fromStdString(api::resolve_path(session_->paths().directory, disk.path));
    QStringList parts{file_text(disk.path), QString::fromUtf8(name_of(disk.bus)), sizes_.text(paths.last())};
    parts.removeAll(QString());
    lines += parts.join(" · ");
  }
  sizes_.look_at(paths);
  return lines.isEmpty() ? tr("none") : lines.join("\n");
}

void DetailsPane::update_facts() {
  if (session_ == nullptr || !session_->config()) {
    return;
  }
  const api::MachineConfig& config = *session_->config();
  const api::MachineStatus& status = session_->status();
  const bool connected = session_->connected();
  memory_->setText(memory_text(session_->memory_mib()));
  cpus_->setText(QString::number(session_->cpus()));
  set_fact(disks_, disks_text());
  QStringList drives;
  for (const api::CdromConfig& drive : config.cdroms) {
    std::optional<std::string> path = drive.path;
    for (const api::MediaInfo& media : status.media) {
      if (connected && media.id == drive.id) {
        path = media.path;
      }
    }
    drives += path ? file_text(*path) : tr("empty");
  }
  set_fact(cdroms_, drives.join("\n"));
  QStringList networks;
  for (const api::NetworkConfig& network : config.networks) {
    const QString ports = forwards_text(network);
    const QString mode = network.mode == api::NetworkMode::kUser ? tr("through the host") : tr("no cable");
    networks += ports.isEmpty() ? mode : tr("%1; ports %2").arg(mode, ports);
  }
  set_fact(network_, networks.isEmpty() ? tr("none") : networks.join("\n"));
  const bool lit = connected && status.display.width != 0;
  set_fact(display_, config.display.device == api::DisplayDevice::kNone ? tr("none")
                     : lit ? QString("%1 × %2").arg(status.display.width).arg(status.display.height)
                           : QString());
  QString viewers = connected ? tr("%n window(s) connected", nullptr, static_cast<int>(status.viewers)) : QString();
  if (connected && status.spice.tcp_port) {
    viewers += " · " + tr("network port %1").arg(*status.spice.tcp_port);
  }
  set_fact(console_, viewers);
  location_->setText(short_path(session_->paths().directory));
}

void DetailsPane::update_time() {
  if (session_ != nullptr && session_->config()) {
    set_fact(uptime_, session_->connected() ? duration_text(session_->uptime_seconds()) : QString());
  }
}

}  // namespace saffron::desktop
