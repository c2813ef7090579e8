// SPDX-License-Identifier: Apache-2.0
#include "display/draw_queue.h"

#include <QtTest/QtTest>

using saffron::ports::Rect;
using saffron::ports::SurfaceView;
using saffron::spice::DrawQueue;

namespace {

/// 16 x 8 pixels with two pixels of padding in each row; each pixel holds its own number.
struct Surface {
  Surface() {
    for (std::uint32_t i = 0; i < pixels.size(); ++i) {
      pixels[i] = i;
    }
  }
  SurfaceView view() const {
    return {16, 8, 18 * 4, std::span(reinterpret_cast<const std::uint8_t*>(pixels.data()), pixels.size() * 4)};
  }
  std::vector<std::uint32_t> pixels = std::vector<std::uint32_t>(18 * 8);
};

QXLDrawable* drawable_of(const QXLCommandExt& command) {
  return reinterpret_cast<QXLDrawable*>(static_cast<std::uintptr_t>(command.cmd.data));
}

std::vector<std::uint32_t> pixels_of(const QXLCommandExt& command) {
  const auto* image =
      reinterpret_cast<const QXLImage*>(static_cast<std::uintptr_t>(drawable_of(command)->u.copy.src_bitmap));
  const auto* data = reinterpret_cast<const std::uint32_t*>(static_cast<std::uintptr_t>(image->bitmap.data));
  return {data, data + image->bitmap.x * image->bitmap.y};
}

}  // namespace

class DrawQueueTest : public QObject {
  Q_OBJECT
 private slots:
  void init() {
    queue = std::make_unique<DrawQueue>();
    queue->set_byte_limit(1000);
    queue->set_open(true);
  }

  void a_command_has_the_rectangles_pixels() {
    QVERIFY(queue->push(surface.view(), Rect{3, 2, 2, 3}));
    QXLCommandExt command{};
    QVERIFY(queue->pop(&command));
    QCOMPARE(command.cmd.type, std::uint32_t{QXL_CMD_DRAW});
    QCOMPARE(pixels_of(command), (std::vector<std::uint32_t>{39, 40, 57, 58, 75, 76}));
    const QXLDrawable* drawable = drawable_of(command);
    QCOMPARE(static_cast<int>(drawable->bbox.left), 3);
    QCOMPARE(static_cast<int>(drawable->bbox.top), 2);
    QCOMPARE(static_cast<int>(drawable->bbox.right), 5);
    QCOMPARE(static_cast<int>(drawable->bbox.bottom), 5);
    queue->release(&drawable_of(command)->release_info);
  }

  void pixels_do_not_change_after_the_push() {
    queue->push(surface.view(), Rect{0, 0, 1, 1});
    surface.pixels[0] = 0xdead;
    QXLCommandExt command{};
    queue->pop(&command);
    surface.pixels[0] = 0;
    QCOMPARE(pixels_of(command), (std::vector<std::uint32_t>{0}));
    queue->release(&drawable_of(command)->release_info);
  }

  void full_until_the_worker_gives_back() {
    queue->set_byte_limit(4 * 10);
    QVERIFY(queue->push(surface.view(), Rect{0, 0, 10, 1}));
    QXLCommandExt command{};
    QVERIFY(queue->pop(&command));
    QVERIFY(!queue->push(surface.view(), Rect{0, 1, 1, 1}));
    QVERIFY(!queue->has_room(Rect{0, 1, 1, 1}));
    queue->release(&drawable_of(command)->release_info);
    QCOMPARE(queue->bytes(), std::size_t{0});
    QVERIFY(queue->push(surface.view(), Rect{0, 1, 1, 1}));
  }

  void the_number_of_commands_is_bounded_too() {
    queue->set_byte_limit(1 << 20);
    std::size_t pushed = 0;
    QXLCommandExt command{};
    while (queue->push(surface.view(), Rect{0, 0, 1, 1})) {
      ++pushed;
      queue->pop(&command);  // The worker holds it.
      QVERIFY(pushed <= DrawQueue::kMaxCommands);
    }
    QCOMPARE(pushed, DrawQueue::kMaxCommands);
  }

  void a_newer_cover_replaces_what_the_worker_has_not_taken() {
    queue->push(surface.view(), Rect{2, 2, 2, 2});
    queue->push(surface.view(), Rect{10, 2, 2, 2});
    queue->push(surface.view(), Rect{0, 0, 5, 5});
    QCOMPARE(queue->bytes(), std::size_t{4 * (4 + 25)});
    QXLCommandExt command{};
    QVERIFY(queue->pop(&command));
    QCOMPARE(static_cast<int>(drawable_of(command)->bbox.left), 10);
    QVERIFY(queue->pop(&command));
    QVERIFY(!queue->pop(&command));
  }

  void closed_or_purged_the_worker_gets_nothing() {
    queue->push(surface.view(), Rect{2, 2, 2, 2});
    queue->set_open(false);
    QXLCommandExt command{};
    QVERIFY(!queue->pop(&command));
    QVERIFY(queue->empty());
    queue->purge();
    queue->set_open(true);
    QVERIFY(!queue->pop(&command));
    QCOMPARE(queue->bytes(), std::size_t{0});
  }

 private:
  Surface surface;
  std::unique_ptr<DrawQueue> queue;
};

QTEST_APPLESS_MAIN(DrawQueueTest)
#include "draw_queue_test.moc"
