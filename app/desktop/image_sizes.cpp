// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/image_sizes.h"

#include <sys/stat.h>

#include <cerrno>

#include "app/desktop/async.h"
#include "app/desktop/texts.h"

namespace saffron::desktop {

namespace {

constexpr qint64 kFreshMs = 5000;
constexpr std::uint64_t kBlockSize = 512;  // stat(2): st_blocks.

}  // namespace

void ImageSizes::look_at(const QStringList& paths) {
  wanted_ = paths;
  if (looking_ || (wanted_ == known_ && (wanted_.isEmpty() || !looked_.hasExpired(kFreshMs)))) {
    return;
  }
  looking_ = true;
  const auto work = [paths = wanted_] {
    QHash<QString, QString> texts;
    for (const QString& path : paths) {
      struct stat info {};
      if (::stat(path.toUtf8().constData(), &info) != 0) {
        texts[path] = errno == ENOENT ? tr("missing") : QString();
      } else if (S_ISREG(info.st_mode)) {
        texts[path] = tr("%1, %2 used")
                          .arg(size_text(static_cast<std::uint64_t>(info.st_size)),
                               size_text(static_cast<std::uint64_t>(info.st_blocks) * kBlockSize));
      }
    }
    return texts;
  };
  run_async(this, work, [this, paths = wanted_](const QHash<QString, QString>& texts) {
    looking_ = false;
    known_ = paths;
    looked_.start();
    if (texts != texts_) {
      texts_ = texts;
      emit changed();
    }
    if (wanted_ != known_) {
      look_at(QStringList(wanted_));
    }
  });
}

}  // namespace saffron::desktop
