// SPDX-License-Identifier: Apache-2.0
#include "display/draw_queue.h"

#include <cstring>

#include "display/damage_region.h"

namespace saffron::spice {

namespace {

/// A QXL address of our one memory slot (slot 0, generation 0, no offset) is the pointer itself.
QXLPHYSICAL address_of(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

constexpr std::size_t kPixelBytes = 4;

}  // namespace

struct DrawQueue::Command {
  QXLDrawable drawable{};
  QXLImage image{};
  std::unique_ptr<std::uint8_t[]> pixels;
  std::size_t bytes = 0;
  ports::Rect rect;
};

DrawQueue::DrawQueue() = default;
DrawQueue::~DrawQueue() {
  for (Command* command : taken_) {
    delete command;
  }
}

void DrawQueue::set_byte_limit(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  byte_limit_ = bytes;
}

void DrawQueue::set_open(bool open) {
  const std::lock_guard lock(mutex_);
  open_ = open;
}

void DrawQueue::purge() {
  std::deque<std::unique_ptr<Command>> dropped;  // Freed after the lock.
  const std::lock_guard lock(mutex_);
  dropped.swap(queued_);
  for (const auto& command : dropped) {
    bytes_ -= command->bytes;
    --commands_;
  }
}

bool DrawQueue::fits(std::size_t bytes) const {
  return commands_ < kMaxCommands && bytes_ + bytes <= byte_limit_;
}

bool DrawQueue::has_room(const ports::Rect& rect) const {
  const std::lock_guard lock(mutex_);
  return fits(static_cast<std::size_t>(rect.width) * static_cast<std::size_t>(rect.height) * kPixelBytes);
}

std::size_t DrawQueue::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

/// The QXL command for the pixels that `command` has: a copy of a bitmap to the primary surface.
void DrawQueue::describe(Command& command, std::uint32_t image_number) {
  const auto width = static_cast<std::uint32_t>(command.rect.width);
  const auto height = static_cast<std::uint32_t>(command.rect.height);
  QXLImage& image = command.image;
  QXL_SET_IMAGE_ID(&image, QXL_IMAGE_GROUP_DEVICE, image_number);
  image.descriptor.type = SPICE_IMAGE_TYPE_BITMAP;
  image.descriptor.width = width;
  image.descriptor.height = height;
  image.bitmap.format = SPICE_BITMAP_FMT_32BIT;
  image.bitmap.flags = QXL_BITMAP_DIRECT | QXL_BITMAP_TOP_DOWN;
  image.bitmap.x = width;
  image.bitmap.y = height;
  image.bitmap.stride = width * 4;
  image.bitmap.data = address_of(command.pixels.get());

  QXLDrawable& drawable = command.drawable;
  drawable.release_info.id = reinterpret_cast<std::uintptr_t>(&command);
  drawable.surface_id = 0;
  drawable.effect = QXL_EFFECT_OPAQUE;
  drawable.type = QXL_DRAW_COPY;
  drawable.bbox = QXLRect{command.rect.y, command.rect.x, command.rect.y + command.rect.height,
                          command.rect.x + command.rect.width};
  drawable.clip.type = SPICE_CLIP_TYPE_NONE;
  drawable.surfaces_dest[0] = drawable.surfaces_dest[1] = drawable.surfaces_dest[2] = -1;
  drawable.u.copy.src_bitmap = address_of(&image);
  drawable.u.copy.src_area = QXLRect{0, 0, command.rect.height, command.rect.width};
  drawable.u.copy.rop_descriptor = SPICE_ROPD_OP_PUT;
}

bool DrawQueue::push(const ports::SurfaceView& surface, const ports::Rect& rect) {
  const auto width = static_cast<std::size_t>(rect.width);
  const auto height = static_cast<std::size_t>(rect.height);
  const std::size_t row_bytes = width * kPixelBytes;
  auto command = std::make_unique<Command>();
  command->bytes = row_bytes * height;
  command->rect = rect;
  std::uint32_t image_number = 0;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(queued_, [&](const std::unique_ptr<Command>& old) {
      const bool covered = contains(rect, old->rect);
      if (covered) {
        bytes_ -= old->bytes;
        --commands_;
      }
      return covered;
    });
    if (!fits(command->bytes)) {
      return false;
    }
    bytes_ += command->bytes;
    ++commands_;
    image_number = next_image_++;
  }

  // for_overwrite: each byte is written just below. The copy is outside the lock; the worker never waits for it.
  command->pixels = std::make_unique_for_overwrite<std::uint8_t[]>(command->bytes);
  const std::uint8_t* source =
      surface.bytes.data() + static_cast<std::size_t>(rect.y) * surface.stride + static_cast<std::size_t>(rect.x) * 4;
  if (row_bytes == surface.stride) {
    std::memcpy(command->pixels.get(), source, command->bytes);
  } else {
    for (std::size_t row = 0; row < height; ++row) {
      std::memcpy(command->pixels.get() + row * row_bytes, source + row * surface.stride, row_bytes);
    }
  }

  describe(*command, image_number);
  const std::lock_guard lock(mutex_);
  queued_.push_back(std::move(command));
  return true;
}

bool DrawQueue::pop(QXLCommandExt* out) {
  const std::lock_guard lock(mutex_);
  if (!open_ || queued_.empty()) {
    return false;
  }
  Command* command = queued_.front().release();  // The worker's, until release().
  queued_.pop_front();
  taken_.insert(command);
  *out = QXLCommandExt{};
  out->cmd.type = QXL_CMD_DRAW;
  out->cmd.data = address_of(&command->drawable);
  return true;
}

bool DrawQueue::empty() const {
  const std::lock_guard lock(mutex_);
  return !open_ || queued_.empty();
}

void DrawQueue::release(QXLReleaseInfo* info) {
  // The id is the pointer that push() put there; the memory was ours and private all the time.
  const std::unique_ptr<Command> command(reinterpret_cast<Command*>(static_cast<std::uintptr_t>(info->id)));
  const std::lock_guard lock(mutex_);
  taken_.erase(command.get());
  bytes_ -= command->bytes;
  --commands_;
}

}  // namespace saffron::spice
