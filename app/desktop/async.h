// SPDX-License-Identifier: Apache-2.0
// Work off the GUI thread. Nothing that may wait for a disk or an engine runs on it.
#pragma once

#include <QtConcurrent/QtConcurrentRun>
#include <QtCore/QFutureWatcher>
#include <QtCore/QObject>
#include <memory>
#include <optional>
#include <utility>

namespace saffron::desktop {

/// Runs `work` in a worker thread, then `done(result)` in `context`'s thread. `done` does not run if `context` has been
/// destroyed meanwhile; the work is finished nevertheless.
template <typename Work, typename Done>
void run_async(QObject* context, Work work, Done done) {
  using Result = std::invoke_result_t<Work&>;
  const auto box = std::make_shared<std::optional<Result>>();
  auto* watcher = new QFutureWatcher<void>(context);
  QObject::connect(watcher, &QFutureWatcher<void>::finished, context, [box, watcher, done = std::move(done)]() mutable {
    watcher->deleteLater();
    done(std::move(**box));
  });
  watcher->setFuture(QtConcurrent::run([box, work = std::move(work)]() mutable { box->emplace(work()); }));
}

}  // namespace saffron::desktop
