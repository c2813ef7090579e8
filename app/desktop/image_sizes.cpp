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

struct Look {
  int error = 0;
  struct stat info {};
};

QString text_of(const Look& look) {
  if (look.error == ENOENT) {
    return ImageSizes::tr("missing");
  }
  if (look.error != 0 || !S_ISREG(look.info.st_mode)) {
    return {};
  }
  return ImageSizes::tr("%1, %2 used")
      .arg(size_text(static_cast<std::uint64_t>(look.info.st_size)),
           size_text(static_cast<std::uint64_t>(look.info.st_blocks) * kBlockSize));
}

}  // namespace

void ImageSizes::look_at(const QStringList& paths) {
  wanted_ = paths;
  if (looking_ || (wanted_ == known_ && (wanted_.isEmpty() || !looked_.hasExpired(kFreshMs)))) {
    return;
  }
  looking_ = true;
  const auto work = [paths = wanted_] {
    QHash<QString, Look> looks;
    for (const QString& path : paths) {
      Look& look = looks[path];
      look.error = ::stat(path.toUtf8().constData(), &look.info) == 0 ? 0 : errno;
    }
    return looks;
  };
  run_async(this, work, [this, paths = wanted_](const QHash<QString, Look>& looks) {
    looking_ = false;
    known_ = paths;
    looked_.start();
    QHash<QString, QString> texts;
    for (const QString& path : paths) {
      texts[path] = text_of(looks[path]);
    }
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
