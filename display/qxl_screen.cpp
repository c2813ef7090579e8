// SPDX-License-Identifier: Apache-2.0
#include "display/qxl_screen.h"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <utility>

namespace saffron::spice {

using core::Error;
using core::ErrorCode;
using core::Result;

namespace {

constexpr std::uint32_t kPixelBytes = 4;
/// What may be alive beyond two screens' worth: small screens still get some slack for many small commands.
constexpr std::size_t kQueueSlackBytes = std::size_t{2} << 20;

}  // namespace

class QxlScreen::SurfaceMemory {
 public:
  static std::unique_ptr<SurfaceMemory> create(std::size_t size) {
    void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) {
      return nullptr;
    }
    return std::unique_ptr<SurfaceMemory>(new SurfaceMemory(address, size));
  }
  ~SurfaceMemory() { ::munmap(address_, size_); }
  SurfaceMemory(const SurfaceMemory&) = delete;
  SurfaceMemory& operator=(const SurfaceMemory&) = delete;

  void* address() const { return address_; }
  /// Gives the pages back; it reads as black.
  void forget() { ::madvise(address_, size_, MADV_DONTNEED); }

 private:
  SurfaceMemory(void* address, std::size_t size) : address_(address), size_(size) {}
  void* address_;
  std::size_t size_;
};

QXLInterface QxlScreen::make_interface() {
  QXLInterface interface {};
  interface.base.type = SPICE_INTERFACE_QXL;
  interface.base.description = "saffron";
  interface.base.major_version = SPICE_INTERFACE_QXL_MAJOR;
  interface.base.minor_version = SPICE_INTERFACE_QXL_MINOR;
  // Control thread, or the worker: facts only.
  interface.attached_worker = [](QXLInstance*) {};
  interface.set_compression_level = [](QXLInstance*, int) {};
  interface.get_init_info = [](QXLInstance*, QXLDevInitInfo* info) {
    *info = QXLDevInitInfo{};
    info->num_memslots_groups = 1;
    info->num_memslots = 1;
    // With these widths slot 0, generation 0 leaves user-space pointers as they are (they have 47 bits).
    info->memslot_gen_bits = 8;
    info->memslot_id_bits = 1;
    info->n_surfaces = 1;
  };
  // The worker's thread from here on.
  interface.get_command = [](QXLInstance* instance, QXLCommandExt* command) -> int {
    return screen_of(instance)->queue_.pop(command) ? 1 : 0;
  };
  // 1: "wake me when there is more". Each update() does, so there is nothing to remember.
  interface.req_cmd_notification = [](QXLInstance* instance) -> int {
    return screen_of(instance)->queue_.empty() ? 1 : 0;
  };
  interface.release_resource = [](QXLInstance* instance, QXLReleaseInfoExt release_info) {
    QxlScreen* screen = screen_of(instance);
    screen->queue_.release(release_info.info);
    screen->on_release();
  };
  interface.get_cursor_command = [](QXLInstance*, QXLCommandExt*) -> int { return 0; };
  interface.req_cursor_notification = [](QXLInstance*) -> int { return 1; };
  interface.notify_update = [](QXLInstance*, std::uint32_t) {};
  interface.flush_resources = [](QXLInstance*) -> int { return 0; };
  interface.async_complete = [](QXLInstance* instance, std::uint64_t cookie) {
    QxlScreen* screen = screen_of(instance);
    screen->post([screen, cookie] { screen->surface_done(cookie); });
  };
  interface.update_area_complete = [](QXLInstance*, std::uint32_t, QXLRect*, std::uint32_t) {};
  interface.set_client_capabilities = [](QXLInstance*, std::uint8_t, std::uint8_t*) {};
  // Control thread. 0: this head cannot follow the client's window size (that comes with the guest agent).
  interface.client_monitors_config = [](QXLInstance*, VDAgentMonitorsConfig*) -> int { return 0; };
  return interface;
}

QxlScreen::QxlScreen(core::EventLoop& loop, SpiceCore& spice_core, ports::DisplaySource& source)
    : loop_(loop), spice_core_(spice_core), source_(source), interface_(make_interface()) {
  instance_.base.sif = &interface_.base;
  instance_.id = 0;
  instance_.screen = this;
}

QxlScreen::~QxlScreen() = default;

Result<void> QxlScreen::attach(::SpiceServer* server) {
  const SpiceCore::Scope scope(spice_core_);
  if (spice_server_add_interface(server, &instance_.base) != 0) {
    return Error{ErrorCode::kInternal, "the SPICE library refused the display", {}};
  }
  QXLDevMemSlot slot{};
  slot.virt_end = ~std::uintptr_t{0};
  spice_qxl_add_memslot(&instance_, &slot);
  spice_qxl_set_device_info(&instance_, "pci/0000/01.0", 0, 1);
  attached_ = true;
  source_.set_sink(this);
  return {};
}

void QxlScreen::detach() {
  if (attached_) {
    attached_ = false;
    viewers_ = 0;
    source_.set_sink(nullptr);
    queue_.set_open(false);
    queue_.purge();
    alive_.reset();
  }
}

template <typename Task>
void QxlScreen::post(Task task) {
  loop_.post([alive = std::weak_ptr<int>(alive_watch_), task = std::move(task)] {
    if (!alive.expired()) {
      task();
    }
  });
}

QXLRect QxlScreen::whole_screen() const {
  return QXLRect{0, 0, static_cast<std::int32_t>(height_), static_cast<std::int32_t>(width_)};
}

void QxlScreen::resize(std::uint32_t width, std::uint32_t height) {
  if (width == 0 || height == 0 || width > kMaxSize || height > kMaxSize) {
    bad_update_.warning("spice", "a screen of {} x {} pixels cannot be shown", width, height);
    return;
  }
  if (refilling_ && width == width_ && height == height_) {
    return;  // A part of the refresh that we asked for; only the pending pixels of it are wanted.
  }
  width_ = width;
  height_ = height;
  pending_.clear();
  pending_.add(ports::Rect{0, 0, static_cast<std::int32_t>(width), static_cast<std::int32_t>(height)}, width, height);
  if (surface_state_ == SurfaceState::kReady && width == surface_width_ && height == surface_height_) {
    return;
  }
  queue_.set_open(false);
  queue_.purge();
  if (surface_state_ == SurfaceState::kNone) {
    create_surface();
  } else if (surface_state_ == SurfaceState::kReady) {
    destroy_surface();
  }
  // Otherwise the worker is on its way from one size to another, and surface_done looks at the newest one.
}

/// The asynchronous calls: the worker may wait for slow clients, and this thread must not.
void QxlScreen::create_surface() {
  const std::size_t size = std::size_t{width_} * height_ * kPixelBytes;
  memory_ = SurfaceMemory::create(size);
  if (memory_ == nullptr) {
    bad_update_.warning("spice", "no memory for a screen of {} x {} pixels", width_, height_);
    surface_state_ = SurfaceState::kNone;
    return;
  }
  surface_width_ = width_;
  surface_height_ = height_;
  queue_.set_byte_limit(2 * size + kQueueSlackBytes);
  QXLDevSurfaceCreate create{};
  create.width = width_;
  create.height = height_;
  create.stride = -static_cast<std::int32_t>(width_ * kPixelBytes);
  create.format = SPICE_SURFACE_FMT_32_xRGB;
  create.mouse_mode = 1;
  create.type = QXL_SURF_TYPE_PRIMARY;
  // "Keep the data": the memory is black already, and clearing it would make its pages real with nobody looking.
  create.flags = viewers_ > 0 ? 0 : QXL_SURF_FLAG_KEEP_DATA;
  create.mem = reinterpret_cast<std::uintptr_t>(memory_->address());
  surface_state_ = SurfaceState::kCreating;
  spice_qxl_create_primary_surface_async(&instance_, 0, &create, kCreated);
}

void QxlScreen::destroy_surface() {
  surface_state_ = SurfaceState::kDestroying;
  spice_qxl_destroy_primary_surface_async(&instance_, 0, kDestroyed);
}

void QxlScreen::surface_done(std::uint64_t cookie) {
  switch (cookie) {
    case kDestroyed:
      memory_.reset();
      create_surface();
      return;
    case kCreated:
      surface_state_ = SurfaceState::kReady;
      if (width_ != surface_width_ || height_ != surface_height_) {
        destroy_surface();
        return;
      }
      queue_.set_open(true);
      if (viewers_ > 0) {
        refill();
        flush_to_surface();
      }
      return;
    case kFlushed:
      // What the worker still had is on the surface now. Nobody looks: neither need stay.
      if (viewers_ == 0 && surface_state_ == SurfaceState::kReady) {
        memory_->forget();
        ::malloc_trim(0);
      }
      return;
    default:
      return;
  }
}

void QxlScreen::update(const ports::SurfaceView& surface, std::span<const ports::Rect> damage) {
  if (surface.width != width_ || surface.height != height_ || surface.stride / kPixelBytes < width_ ||
      surface.bytes.size() < std::size_t{height_ - 1} * surface.stride + std::size_t{width_} * kPixelBytes) {
    bad_update_.warning("spice", "an update does not fit the screen's size of {} x {}", width_, height_);
    return;
  }
  if (viewers_ == 0) {
    return;  // The first viewer gets all.
  }
  if (!refilling_) {
    for (const ports::Rect& rect : damage) {
      pending_.add(rect, width_, height_);
    }
  }
  if (surface_state_ == SurfaceState::kReady && width_ == surface_width_ && height_ == surface_height_) {
    send_pending(surface);
  }
}

void QxlScreen::send_pending(const ports::SurfaceView& surface) {
  bool pushed = false;
  // Before the attempt: a release that comes in between must see it.
  starved_.store(false);
  for (const ports::Rect& rect : pending_.take()) {
    if (queue_.push(surface, rect)) {
      pushed = true;
    } else {
      pending_.add(rect, width_, height_);
    }
  }
  if (pushed) {
    spice_qxl_wakeup(&instance_);
  }
  if (!pending_.empty()) {
    starved_.store(true);
    if (queue_.has_room(pending_.rects().front())) {
      on_release();  // What was released just before the flag stood.
      return;
    }
    // Pixels that no client needs are still held while they are visible; this draws the oldest on the surface.
    spice_qxl_oom(&instance_);
  }
}

/// Worker thread (or ours, inside of a call to the library).
void QxlScreen::on_release() {
  if (starved_.load() && !refill_posted_.exchange(true)) {
    post([this] { retry(); });
  }
}

void QxlScreen::retry() {
  refill_posted_.store(false);
  if (pending_.empty() || surface_state_ != SurfaceState::kReady) {
    return;
  }
  if (queue_.has_room(pending_.rects().front())) {
    refill();
  } else {
    // One call frees a bounded number of commands. This cannot go on for ever: each retry follows a release.
    spice_qxl_oom(&instance_);
  }
}

/// Has the device send everything, of which we take what is pending.
void QxlScreen::refill() {
  if (pending_.empty() || viewers_ == 0 || surface_state_ != SurfaceState::kReady) {
    return;
  }
  refilling_ = true;
  source_.refresh_all();
  refilling_ = false;
}

/// In order with the worker's other messages: a display channel that is linked later starts from this picture.
void QxlScreen::flush_to_surface() {
  QXLRect area = whole_screen();
  spice_qxl_update_area_async(&instance_, 0, &area, 1, kFlushed);
}

void QxlScreen::set_viewers(unsigned viewers) {
  const unsigned before = std::exchange(viewers_, viewers);
  if (before == 0 && viewers > 0) {
    source_.refresh_all();
    if (surface_state_ == SurfaceState::kReady) {
      flush_to_surface();
    }
  } else if (before > 0 && viewers == 0) {
    queue_.purge();
    pending_.clear();
    starved_.store(false);
    if (surface_state_ == SurfaceState::kReady) {
      flush_to_surface();
    }
  }
}

}  // namespace saffron::spice
